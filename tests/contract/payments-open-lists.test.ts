import { beforeEach, expect, test } from 'vitest'
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
