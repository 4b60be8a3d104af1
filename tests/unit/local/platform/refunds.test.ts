import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PlatformEmulator, startPlatformEmulator } from '../../../../local/platform/server.ts'
import type { StoredTransaction } from '../../../../local/platform/stored-transaction.ts'
import { item, PAID_AT, post, stateWith, transactionOf, USD, USDC } from './fixtures.ts'

let emulator: PlatformEmulator
beforeAll(async () => {
  emulator = await startPlatformEmulator()
})
afterAll(() => emulator.close())

const refund = (id: string | undefined, amount: string, fee: string, asset = USD) => ({
  transaction_id: 'tx-1',
  refund: { id, amount: { amount, asset }, amount_fee: { amount: fee, asset } },
})
const sent = (id: string | undefined, amount: string, fee: string, asset = USD) =>
  item('notify_refund_sent', refund(id, amount, fee, asset))

const depositOf = (columns: Partial<StoredTransaction> = {}) =>
  transactionOf({ sep: '24', kind: 'deposit' }, 'pending_anchor', {
    transfer_received_at: PAID_AT,
    ...columns,
  })

/** The status or the error message of each call. */
async function outcomes(transaction: StoredTransaction, calls: unknown[]): Promise<unknown[]> {
  emulator.setState(stateWith([transaction]))
  const { answers } = await post(emulator.url, calls)
  return answers.map(({ result, error }) => error?.message ?? result?.['status'])
}

const totals = () => {
  const refunds = emulator.state().transactions[0]?.refunds
  return [refunds?.amount_refunded.amount, refunds?.amount_fee.amount]
}

test('a transaction is refunded when its refunds and their fees reach amount_in', async () => {
  const calls = [sent('a', '40', '2'), sent('b', '58.01', '0'), sent('c', '55', '3')]
  expect(await outcomes(depositOf(), calls)).toEqual([
    'pending_anchor',
    'Refund amount exceeds amount_in',
    'refunded',
  ])
  expect(totals()).toEqual(['100', '5'])
})

test('totals are stored with 4 digits, so the exact rest of a finer amount is refused', async () => {
  const calls = [
    sent('a', '0.50005', '0'),
    sent('b', '0.5000501', '0'),
    sent('b', '0.5', '0.0000001'),
  ]
  expect(await outcomes(depositOf({ amount_in: '1.0000001' }), calls)).toEqual([
    'pending_anchor',
    'Refund amount exceeds amount_in',
    'refunded',
  ])
  expect(totals()).toEqual(['1', '0'])
})

test('a repeated id counts twice in pending_anchor and is stored once', async () => {
  const calls = [sent('a', '40', '0'), sent('a', '60', '0')]
  expect(await outcomes(depositOf(), calls)).toEqual(['pending_anchor', 'refunded'])
  expect(totals()).toEqual(['60', '0'])
  expect(emulator.state().transactions[0]?.refunds?.payments).toHaveLength(1)
})

test('amounts are rounded half down to the decimals of the first asset with the code', async () => {
  const jpyc = 'stellar:JPYC:GDQOE23CFSUMSVQK4Y5JHPPYK73VYCNHZHA7ENKCV37P6SUEO6XQBKPP'
  const withdrawal = transactionOf({ sep: '24', kind: 'withdrawal' }, 'pending_anchor', {
    transfer_received_at: PAID_AT,
    amount_in: '1.00005',
    amount_in_asset: jpyc,
    amount_fee_asset: jpyc,
  })
  expect(await outcomes(withdrawal, [sent('a', '1', '0', jpyc)])).toEqual(['refunded'])
})

test('an announced refund is confirmed only by its id or without params', async () => {
  const announced = item('notify_refund_pending', refund('a', '100', '0'))
  expect(
    await outcomes(depositOf(), [announced, sent('b', '100', '0'), sent('a', '10', '0')]),
  ).toEqual(['pending_external', 'Invalid refund id', 'pending_anchor'])
  const confirmed = item('notify_refund_sent', { transaction_id: 'tx-1' })
  expect(await outcomes(depositOf(), [announced, confirmed])).toEqual([
    'pending_external',
    'refunded',
  ])
})

test('a refund without an id is accepted once, and every later refund fails', async () => {
  emulator.setState(stateWith([depositOf()]))
  const { answers } = await post(emulator.url, [sent(undefined, '1', '0'), sent('b', '1', '0')])
  expect(answers[0]?.result?.['status']).toBe('pending_anchor')
  expect(answers[1]?.error?.code).toBe(-32603)
})

test('SEP-31 accepts one refund, even if it is partial', async () => {
  const received = transactionOf({ sep: '31', kind: 'receive' }, 'pending_receiver', {
    transfer_received_at: PAID_AT,
  })
  const calls = [
    sent('a', '10', '1', USDC),
    sent('b', '10', '1', USDC),
    item('notify_transaction_error', { transaction_id: 'tx-1', message: 'stuck' }),
    item('notify_transaction_recovery', { transaction_id: 'tx-1' }),
    sent('b', '10', '1', USDC),
  ]
  expect(await outcomes(received, calls)).toEqual([
    'pending_anchor',
    'RPC method[notify_refund_sent] is not supported. Status[pending_anchor], kind[receive], protocol[31], funds received[true]',
    'error',
    'pending_receiver',
    "Multiple refunds aren't supported for kind[RECEIVE], protocol[31] and action[notify_refund_sent]",
  ])
})

test.each([
  ['6', 'deposit', 'external'],
  ['6', 'withdrawal', 'stellar'],
  ['24', 'deposit', 'stellar'],
] as const)('a SEP-%s %s shows refund payments as %s', async (sep, kind, idType) => {
  const transaction = transactionOf({ sep, kind }, 'pending_anchor', {
    transfer_received_at: PAID_AT,
  })
  emulator.setState(stateWith([transaction]))
  const asset = transaction.amount_in_asset ?? ''
  const { answers } = await post(emulator.url, [sent('a', '10', '1', asset)])
  expect(answers[0]?.result?.['refunds']).toEqual({
    amount_refunded: { amount: '11', asset },
    amount_fee: { amount: '1', asset },
    payments: [
      { id: 'a', id_type: idType, amount: { amount: '10', asset }, fee: { amount: '1', asset } },
    ],
  })
})
