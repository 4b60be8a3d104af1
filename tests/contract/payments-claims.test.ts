import { beforeEach, expect, test } from 'vitest'
import type { LedgerPayment } from '../../lib/ledger/source.ts'
import type { StoredTransaction } from '../../local/platform/stored-transaction.ts'
import { describeOnReal } from '../helpers/database.ts'
import { createLedgerStub, type LedgerStub, operationId } from '../helpers/ledger-stub.ts'
import { useInstances } from './instances.ts'
import { BEARER, KEY } from './service.ts'
import { ANCHOR, USDC, USER, withdrawal } from './transactions.ts'

const RECEIVED = 'notify_onchain_funds_received'
const HASH = '7'.padStart(64, '0')

const awaits = (id: string, columns: Partial<StoredTransaction>): StoredTransaction =>
  withdrawal(id, {
    status: 'pending_user_transfer_start',
    transfer_received_at: undefined,
    to_account: ANCHOR,
    withdraw_anchor_account: ANCHOR,
    memo: undefined,
    memo_type: undefined,
    ...columns,
  })

describeOnReal('two instances: a payment that was made once is credited once', (kind) => {
  const { a, b } = useInstances(kind, {
    environment: { PAYMENT_OBSERVER_ACCOUNTS: ANCHOR, PAYMENT_OBSERVER_START: '1' },
  })
  let ledger: LedgerStub

  beforeEach(() => {
    ledger = createLedgerStub()
    const payment: LedgerPayment = {
      operationId: operationId(7),
      cursor: operationId(7),
      ledger: 7,
      closedAt: ledger.closedAt(7),
      transactionHash: HASH,
      successful: true,
      kind: 'payment',
      from: USER,
      fromMuxedId: null,
      to: ANCHOR,
      toMuxedId: null,
      asset: { kind: 'issued', code: 'USDC', issuer: USDC.split(':')[2] ?? '' },
      amount: '100.0000000',
      memo: { type: 'id', value: '7' },
    }
    ledger.payments = [payment]
    const { closedAt, memo } = payment
    const found = { hash: HASH, successful: true, ledger: 7, closedAt, memo, payments: [payment] }
    Object.assign(ledger.source, { transaction: async () => found })
    for (const one of [a, b]) one.deploy({}, { ledger: ledger.source })
    const onLedger = {
      type: 'payment',
      created_at: closedAt,
      envelope_xdr: 'AAAA',
      payment_id: payment.operationId,
      from: USER,
      fromMuxedId: null,
      to: ANCHOR,
      amount: '100.0000000',
      asset: USDC.replace('stellar:', ''),
    }
    a.platformHas([awaits('byHand', {}), awaits('byMemo', { memo: '7', memo_type: 'id' })], {
      ledger_fixture: { [HASH]: [onLedger] },
    } as never)
  })

  const byHand = (by: typeof a) => by.update('byHand', RECEIVED, { stellar_transaction_id: HASH })
  const observe = (by: typeof a) => by.call({ path: '/api/payments/observe', headers: BEARER })
  const payments = async () => (await a.call({ path: '/api/payments', headers: KEY })).body.payments

  test('reported by hand first, it is not credited to the transaction of its memo', async () => {
    expect((await byHand(a)).status).toBe(200)
    await observe(b)
    expect(await payments()).toMatchObject([
      {
        attemptState: 'REJECTED',
        sentence:
          'As transaction byMemo expects, but not credited: it was reported before for transaction byHand.',
      },
    ])
    // The money belongs to the transaction that it was reported for.
    expect(await payments()).toMatchObject([{ state: 'reported_by_hand', openSince: null }])
    const { waiting } = (await a.call({ path: '/api/attention', headers: KEY })).body
    expect(waiting).toEqual([])
    expect(a.applied()).toBe(1)
    expect(a.statusAtPlatform('byMemo')).toBe('pending_user_transfer_start')
  })

  test('credited by its memo first, it is refused to a report by hand', async () => {
    await observe(b)
    expect((await byHand(a)).body.data).toMatchObject({
      reason: 'stellar_operation_claimed',
      claimedBy: [{ operationId: operationId(7), transactionId: 'byMemo' }],
    })
    expect(a.applied()).toBe(1)
    expect(await payments()).toMatchObject([{ verdict: 'credited', transactionId: 'byMemo' }])
  })

  test('reported and observed at once, it is credited to one of both', async () => {
    const reported = byHand(a)
    await Promise.all([reported, observe(b)])
    expect(a.applied()).toBe(1)
    const statuses = ['byHand', 'byMemo'].map((id) => a.statusAtPlatform(id))
    expect(statuses.toSorted()).toEqual(['pending_anchor', 'pending_user_transfer_start'])
  })
})
