import { beforeEach, describe, expect, test } from 'vitest'
import type { LedgerPayment } from '../../lib/ledger/source.ts'
import { formatMuxedAccount } from '../../lib/stellar/muxed-account.ts'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import { useDatabase } from '../helpers/database.ts'
import { createLedgerStub, type LedgerStub } from '../helpers/ledger-stub.ts'
import { fixtureOf, paymentIn } from './observed-payment.ts'
import { BEARER, EVENT_SECRET, EVENTS, KEY, useService } from './service.ts'
import { ANCHOR as ACCOUNT, USER, withdrawal, XLM } from './transactions.ts'

const database = useDatabase()
const service = useService({
  database,
  environment: { PAYMENT_OBSERVER_ACCOUNTS: ACCOUNT, PAYMENT_OBSERVER_START: '1' },
})
let ledger: LedgerStub
beforeEach(() => {
  ledger = Object.assign(createLedgerStub(), { pageSize: 200 })
  service.deploy(EVENTS, { ledger: ledger.source })
})

/** A withdrawal that awaits 100 USDC with this memo id. */
const awaits = (memo: string, columns: Partial<StoredTransaction> = {}) =>
  withdrawal(`w${memo}`, {
    status: 'pending_user_transfer_start',
    started_at: ledger.closedAt(1),
    transfer_received_at: undefined,
    to_account: ACCOUNT,
    withdraw_anchor_account: ACCOUNT,
    memo,
    memo_type: 'id',
    ...columns,
  } as Partial<StoredTransaction>)

const paid = (inLedger: number, rest: Partial<LedgerPayment> = {}) =>
  paymentIn(ledger, inLedger, rest)
const report = async () =>
  (await service.call({ path: '/api/payments/observe', headers: BEARER })).body.accounts[0]
const list = async () =>
  (await service.call({ path: '/api/payments', query: 'limit=200', headers: KEY })).body.payments
interface LedgerRow {
  ledger: number
  verdict: string
}
let changes = 0
/** The platform shows these transactions, each as changed now. */
const shows = (...held: StoredTransaction[]) => {
  changes += 1
  const updated_at = new Date(Date.parse('2026-11-21T00:00:00Z') + changes * 1_000).toISOString()
  const changed = held.map((one) => ({ ...one, updated_at }))
  service.platformHas(changed, fixtureOf(ledger.payments))
}

test('payments that came before their transactions are credited by the next look, however many', async () => {
  const places = Array.from({ length: 230 }, (_, index) => index + 2)
  ledger.payments = places.map((place) => paid(place))
  expect(await report()).toMatchObject({ credited: 0, refused: { no_match: 230 } })
  shows(...places.map((place) => awaits(String(place))))
  expect(await report()).toMatchObject({ payments: 230, credited: 230, refused: {} })
  expect(new Set(service.sent()).size).toBe(230)
  expect(service.statusAtPlatform('w200')).toBe('pending_anchor')
  expect(await report()).toMatchObject({ payments: 0 })
})

test.each<[string, Partial<StoredTransaction>, string]>([
  ['has amounts', { amount_in: undefined }, 'amount_unknown'],
  ['expects less', { amount_in: '200' }, 'amount_short'],
  ['expects more', { amount_in: '50' }, 'amount_over'],
  ['expects another asset', { amount_in_asset: XLM }, 'wrong_asset'],
  ['expects another account', { to_account: USER, withdraw_anchor_account: USER }, 'wrong_account'],
  ['has another memo', { memo: '8' }, 'no_match'],
])('a payment is credited when its transaction %s now', async (_case, before, verdict) => {
  ledger.payments = [paid(7)]
  shows(awaits('7', before))
  expect(await report()).toMatchObject({ credited: 0, refused: { [verdict]: 1 } })
  shows(awaits('7'))
  expect(await report()).toMatchObject({ credited: 1 })
  expect(await list()).toMatchObject([{ verdict: 'credited', earlier: [{ verdict }] }])
})

test('an event makes the payment be credited that waits for its transaction, without another look', async () => {
  const [own, other] = [paid(7), paid(8)]
  ledger.payments = [own, other]
  expect(await report()).toMatchObject({ credited: 0, refused: { no_match: 2 } })
  shows(awaits('7'))
  const body = { payload: { transaction: { id: 'w7', status: 'completed' } } }
  const headers = { 'x-api-key': EVENT_SECRET }
  const path = '/api/transactions/event'
  expect((await service.call({ method: 'POST', path, headers, body })).status).toBe(200)
  await service.background()
  expect(service.sent()).toEqual(['w7 notify_onchain_funds_received'])
  const verdicts = (await list()).map(({ ledger, verdict }: LedgerRow) => `${ledger} ${verdict}`)
  expect(verdicts.sort()).toEqual(['7 credited', '8 no_match'])
})

test('a payment to a muxed address is credited when the transaction that expects it comes later', async () => {
  const address = formatMuxedAccount({ account: ACCOUNT, id: '9' }) ?? ''
  ledger.payments = [paid(7, { memo: { type: 'none' }, toMuxedId: '9' })]
  expect(await report()).toMatchObject({ refused: { no_match: 1 } })
  shows(
    awaits('7', {
      to_account: address,
      withdraw_anchor_account: address,
      memo: undefined,
      memo_type: undefined,
    }),
  )
  expect(await report()).toMatchObject({ credited: 1 })
})

test('a payment that came while its transaction was not ready is credited when that begins to wait', async () => {
  ledger.payments = [paid(7)]
  shows(awaits('7', { status: 'incomplete' }))
  await service.show('w7', { refresh: 'true' })
  expect(await report()).toMatchObject({ refused: { not_awaiting: 1 } })
  shows(awaits('7'))
  expect(await report()).toMatchObject({ credited: 1 })
})

test('an ambiguous payment is credited when one of the two has another memo', async () => {
  const second = awaits('7', { id: 'second' })
  ledger.payments = [paid(7)]
  shows(awaits('7'), second)
  expect(await report()).toMatchObject({ refused: { ambiguous: 1 } })
  shows(awaits('7'), { ...second, memo: '8' } as StoredTransaction)
  expect(await report()).toMatchObject({ credited: 1 })
  expect(service.statusAtPlatform('w7')).toBe('pending_anchor')
})

test('an ambiguous payment is credited when one of the two is paid by another payment', async () => {
  const second = awaits('7', { id: 'second', amount_in: '50' })
  ledger.payments = [paid(7), paid(9, { memo: { type: 'none' } })]
  shows(awaits('7'), second)
  expect(await report()).toMatchObject({ refused: { ambiguous: 1 } })
  const payment = paid(9, { amount: '50.0000000' })
  const { transactionHash: hash, closedAt, memo } = payment
  const found = { hash, successful: true, ledger: 9, closedAt, memo, payments: [payment] }
  Object.assign(ledger.source, { transaction: async () => found })
  const byHand = { stellar_transaction_id: hash, force: true, note: 'paid in two parts' }
  const { status, body } = await service.update('second', 'notify_onchain_funds_received', byHand)
  expect([status, body.attempt]).toMatchObject([200, {}])
  expect(await report()).toMatchObject({ credited: 1 })
})

test.each(['find_due', 'record_due'])(
  'new payments are read also if %s fails, and the alarm stands until it works again',
  async (failing) => {
    ledger.payments = [paid(7)]
    await report()
    ledger.payments.push(paid(9))
    shows(awaits('7'), awaits('9'))
    service.interceptDatabase(async ({ name }) =>
      name === failing
        ? Response.json({ code: 'XX000', message: 'broken' }, { status: 500 })
        : undefined,
    )
    const broken = await report()
    expect(broken).toMatchObject({ credited: 1, alarm: { code: 'database_unavailable' } })
    expect(service.statusAtPlatform('w9')).toBe('pending_anchor')
    expect(service.statusAtPlatform('w7')).toBe('pending_user_transfer_start')
    service.interceptDatabase(null)
    const mended = await report()
    expect(mended).toMatchObject({ credited: 1 })
    expect(mended.alarm).toBeUndefined()
  },
)

describe('a payment that a person closed', () => {
  test('keeps its verdict when its transaction changes, until it is open again', async () => {
    const decide = (decision: string) =>
      service.call({
        method: 'POST',
        path: `/api/payments/${paid(7).operationId}`,
        body: { decision, note: 'n' },
        headers: KEY,
      })
    const less = awaits('7', { amount_in: '200' })
    ledger.payments = [paid(7)]
    shows(less)
    await report()
    expect((await decide('ignored')).status).toBe(200)
    shows(awaits('7'))
    expect(await report()).toMatchObject({ payments: 0 })
    expect((await decide('reopen')).status).toBe(200)
    expect(await report()).toMatchObject({ credited: 1 })
  })
})
