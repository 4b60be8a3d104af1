import { expect, test } from 'vitest'
import { creditOf, judgePage } from '../../../../lib/payments/verdict/judge-page.ts'
import { ACCOUNT, awaiting, MUXED, MUXED_ID, payment } from '../payments.ts'

const settings = { account: ACCOUNT, epoch: 1, policy: 'exact' as const, isCatchingUp: false }

test('a credited payment has the update for the platform, with the operation as natural key', () => {
  const [judged] = judgePage([payment()], [awaiting()], settings)
  expect(judged).toMatchObject({
    verdict: { code: 'credited', transactionId: 'w' },
    update: {
      index: 0,
      transactionId: 'w',
      method: 'notify_onchain_funds_received',
      params: {
        transaction_id: 'w',
        stellar_transaction_id: 'ab'.repeat(32),
        amount_in: { amount: '100' },
      },
      naturalKey: 'operation 4295004161 of epoch 1',
      custody: false,
      origin: 'payment_observer',
      keyName: null,
      refund: null,
      expiresInSeconds: null,
      rpcId: null,
      forced: null,
      replay: null,
    },
    transactionMark: 'mark',
  })
})

test('a credited payment names the state of its transaction by which it was judged', () => {
  const known = [awaiting({ id: 'v', memo: '8', mark: 'of v' }), awaiting({ mark: 'of w' })]
  const [credited, unknown] = judgePage(
    [payment(), payment({ memo: { type: 'id', value: '9' } })],
    known,
    settings,
  )
  expect(credited).toMatchObject({ transactionMark: 'of w' })
  expect(unknown).not.toHaveProperty('transactionMark')
})

test('the state is that of the credited one among several with the same memo', () => {
  const paid = awaiting({ id: 'v', status: 'completed', creditedBy: '1', mark: 'of v' })
  const [judged] = judgePage([payment()], [paid, awaiting({ mark: 'of w' })], settings)
  expect(judged).toMatchObject({
    verdict: { code: 'credited', transactionId: 'w' },
    transactionMark: 'of w',
  })
})

test('a transaction that is known twice is judged once', () => {
  const [judged] = judgePage([payment()], [awaiting(), awaiting()], settings)
  expect(judged?.verdict.code).toBe('credited')
})

test('the second payment of a page for the same transaction is already paid', () => {
  const page = [
    payment(),
    payment({ operationId: '2' }),
    payment({ operationId: '3', memo: { type: 'id', value: '8' } }),
  ]
  const judged = judgePage(page, [awaiting(), awaiting({ id: 'v', memo: '8' })], settings)
  expect(judged.map(({ verdict, update }) => [verdict.code, update?.index])).toEqual([
    ['credited', 0],
    ['already_paid', undefined],
    ['credited', 1],
  ])
})

test('each payment is judged by all transactions that it names', () => {
  const page = [
    payment({ toMuxedId: '8' }),
    payment({ memo: { type: 'none' }, toMuxedId: MUXED_ID }),
    payment({ memo: { type: 'id', value: '9' } }),
  ]
  const known = [
    awaiting(),
    awaiting({ id: 'v', memo: '8' }),
    awaiting({ id: 'm', account: MUXED, memo: null }),
  ]
  expect(judgePage(page, known, settings).map(({ verdict }) => verdict.code)).toEqual([
    'ambiguous',
    'credited',
    'no_match',
  ])
})

test('a payment of an asset that the ledger does not show is of another asset than the one that is awaited', () => {
  const [judged] = judgePage([payment({ asset: null })], [awaiting()], settings)
  expect(judged).toMatchObject({ update: null })
  expect(judged?.verdict.code).not.toBe('credited')
})

test('a payment without an amount is not credited', () => {
  const [judged] = judgePage([payment({ amount: null })], [awaiting()], settings)
  expect(judged?.update).toBeNull()
})

test('a credit needs an amount', () => {
  const context = { epoch: 1, transactionId: 'w', index: 0 }
  expect(() => creditOf(payment({ amount: null }), context)).toThrow(
    new RangeError('Operation 4295004161 is credited without amount'),
  )
})
