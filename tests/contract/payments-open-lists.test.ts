import { beforeEach, describe, expect, test } from 'vitest'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import { useDatabase } from '../helpers/database.ts'
import { createLedgerStub, type LedgerStub } from '../helpers/ledger-stub.ts'
import { paymentIn } from './observed-payment.ts'
import { BEARER, type Environment, useService } from './service.ts'
import { ANCHOR as ACCOUNT, withdrawal } from './transactions.ts'

const database = useDatabase()
const service = useService({
  database,
  environment: { PAYMENT_OBSERVER_ACCOUNTS: ACCOUNT, PAYMENT_OBSERVER_START: '1' },
})
let ledger: LedgerStub
beforeEach(() => {
  ledger = Object.assign(createLedgerStub(), { pageSize: 200 })
  deploy()
})

const deploy = (environment: Environment = {}) =>
  service.deploy(environment, { ledger: ledger.source })

/** Withdrawals that await 100 USDC each, with their place as memo id, the oldest first. */
const OPEN = Array.from({ length: 1_250 }, (_, index) => {
  const place = index + 2
  return withdrawal(`w${place}`, {
    status: 'pending_user_transfer_start',
    started_at: new Date(Date.parse('2025-01-01T00:00:00Z') + place * 1_000).toISOString(),
    transfer_received_at: undefined,
    to_account: ACCOUNT,
    withdraw_anchor_account: ACCOUNT,
    memo: String(place),
    memo_type: 'id',
  } as Partial<StoredTransaction>)
})
const OLDEST = 2
const MIDDLE = 700

const report = async () =>
  (await service.call({ path: '/api/payments/observe', headers: BEARER })).body.accounts[0]
const has = (held: readonly StoredTransaction[]) => service.platformHas(structuredClone([...held]))

test('with more than 1,000 open transactions a payment for any of them is credited at once', async () => {
  has(OPEN)
  ledger.payments = [OLDEST, MIDDLE, 998].map((place) => paymentIn(ledger, place))
  expect(await report()).toMatchObject({ credited: 3, refused: {} })
})

test('a look at transactions of which none changed stores none', async () => {
  has(OPEN)
  await report()
  service.databaseCalls.length = 0
  expect((await report()).catchingUp).toBeUndefined()
  expect(service.databaseCalls.map(({ name }) => name)).not.toContain('store_transactions')
})

describe('a list that takes several looks', () => {
  /** 400 of the open transactions, the newest of which is paid. */
  const SOME = OPEN.slice(0, 400)
  const NEWEST = 401
  /** Each step of a reading takes a minute, which is more than its share of a look. */
  const slowly = () =>
    service.interceptDatabase(async ({ name }) => {
      if (name === 'find_changed') service.passTime(60_000)
      return undefined
    })
  const observer = async () =>
    (await service.call({ path: '/api/health', headers: BEARER })).body.checks.observer

  test('leaves each verdict by a memo open, whatever restarts, and credits all once it is whole', async () => {
    has(SOME)
    slowly()
    ledger.payments = [OLDEST, NEWEST, 999].map((place) => paymentIn(ledger, place))
    ledger.payments.push(paymentIn(ledger, 800, { memo: { type: 'none' } }))
    const first = await report()
    expect(first).toMatchObject({
      catchingUp: true,
      credited: 0,
      refused: { catching_up: 3, no_memo: 1 },
    })
    expect(await observer()).toMatchObject({
      status: 'warning',
      reason: 'catching_up',
      openLists: [{ sep: '24', listed: 100, wholeAt: null }, { sep: '31' }, { sep: '6' }],
    })
    deploy()
    expect(await report()).toMatchObject({ catchingUp: true, payments: 0 })
    deploy()
    const last = await report()
    expect(last.catchingUp).toBeUndefined()
    expect(last).toMatchObject({ payments: 3, credited: 2, refused: { no_match: 1 } })
    expect((await observer()).reason).not.toBe('catching_up')
  })

  test('misses none that moves to another page because others leave', async () => {
    has(SOME)
    slowly()
    await report()
    // 50 of the first page leave, so that the next 50 stand on it now.
    has(SOME.slice(50))
    await report()
    await report()
    const [stored] = await service.query('select count(*)::int from anchor_ops.transaction')
    expect(stored).toEqual({ count: 400 })
  })

  test('shows the newest transactions at the next look, and finds what vanished once it is whole', async () => {
    has(SOME)
    await report()
    const vanished = {
      ...SOME[7],
      status: 'expired',
      updated_at: '2030-01-01T00:00:00Z',
    } as StoredTransaction
    slowly()
    has(SOME.map((one) => (one.id === vanished.id ? vanished : one)))
    await report()
    has([...SOME.map((one) => (one.id === vanished.id ? vanished : one)), ...OPEN.slice(400, 401)])
    ledger.payments = [paymentIn(ledger, 402)]
    expect(await report()).toMatchObject({ credited: 1, refused: {} })
    await report()
    expect((await service.show(vanished.id)).body.transaction.status).toBe('expired')
  })

  test('begins when the platform answers for the first time', async () => {
    deploy({ ANCHOR_PLATFORM_URL: 'http://127.0.0.1:9' })
    ledger.payments = [paymentIn(ledger, OLDEST)]
    expect(await report()).toMatchObject({ catchingUp: true, refused: { catching_up: 1 } })
    deploy()
    has(SOME)
    expect(await report()).toMatchObject({ credited: 1 })
    deploy({ ANCHOR_PLATFORM_URL: 'http://127.0.0.1:9' })
    expect((await report()).catchingUp).toBeUndefined()
  })
})
