import { describe, expect, test } from 'vitest'
import type { LedgerPayment, LedgerTransaction } from '../../../../lib/ledger/source.ts'
import { judgeRefund, type RefundedPayment } from '../../../../lib/payments/refund/judge.ts'
import { ACCOUNT, MUXED_ID, OTHER_ACCOUNT, payment, USDC_ASSET, USER } from '../payments.ts'

const HASH = 'f'.repeat(64)
const LATER = '2026-11-22T00:00:00Z'

const paid: RefundedPayment = {
  ...payment({ asset: USDC_ASSET, amount: '100.0000000', closedAt: '2026-11-21T00:00:00Z' }),
  account: ACCOUNT,
}

/** An operation that pays the payer 100 USDC back. */
const back = (change: Partial<LedgerPayment> = {}): LedgerPayment => ({
  ...payment({ closedAt: LATER, transactionHash: HASH, asset: USDC_ASSET }),
  ...{ operationId: '91', from: ACCOUNT, to: USER, toMuxedId: null, amount: '100' },
  ...change,
})

const refund = (
  payments: LedgerPayment[],
  change: Partial<LedgerTransaction> = {},
): LedgerTransaction => ({
  ...{ hash: HASH, successful: true, ledger: 2_000, closedAt: LATER },
  ...{ memo: { type: 'none' } as const, payments },
  ...change,
})

describe('a refund is', () => {
  test.each<[string, LedgerPayment[], string[][]]>([
    ['one operation of the amount', [back()], [['91']]],
    ['an operation among others', [back({ operationId: '90', amount: '7' }), back()], [['91']]],
    [
      'either of two operations of the amount',
      [back(), back({ operationId: '92' })],
      [['91'], ['92']],
    ],
    [
      'all operations to the payer together',
      [back({ amount: '60' }), back({ operationId: '92', amount: '40.0' })],
      [['91', '92']],
    ],
    ['a path payment', [back({ kind: 'path_payment' })], [['91']]],
    [
      'a new account for a payer whose account was merged',
      [back({ kind: 'create_account' })],
      [['91']],
    ],
  ])('%s', (_, payments, choices) => {
    expect(judgeRefund(paid, refund(payments))).toMatchObject({ differences: [], choices })
  })

  test('to the muxed address that paid', () => {
    const muxed = { ...paid, fromMuxedId: MUXED_ID }
    const found = refund([back({ toMuxedId: MUXED_ID })])
    expect(judgeRefund(muxed, found).differences).toEqual([])
    expect(judgeRefund(muxed, refund([back()])).differences).toEqual([
      { part: 'receiver', paid: USER, expected: `${USER} with the muxed id ${MUXED_ID}` },
    ])
    expect(judgeRefund(paid, found).differences).toMatchObject([{ part: 'receiver' }])
  })
})

describe('no refund is', () => {
  test.each<[string, LedgerTransaction | null, string, string, string]>([
    [
      'what the ledger does not have',
      null,
      'transaction',
      'not on the ledger',
      'one that has closed',
    ],
    [
      'a transaction that failed',
      refund([back()], { successful: false }),
      'transaction',
      'failed',
      'one that succeeded',
    ],
    [
      'a transaction from before the payment',
      refund([back()], { closedAt: '2026-11-20T00:00:00Z' }),
      'time',
      '2026-11-20T00:00:00Z',
      'not before 2026-11-21T00:00:00Z',
    ],
    ['a transaction without payments', refund([]), 'sender', 'nobody', ACCOUNT],
    [
      'a payment by another account',
      refund([back({ from: OTHER_ACCOUNT })]),
      'sender',
      OTHER_ACCOUNT,
      ACCOUNT,
    ],
    [
      'a payment to somebody else',
      refund([back({ to: OTHER_ACCOUNT })]),
      'receiver',
      OTHER_ACCOUNT,
      USER,
    ],
    [
      'a payment of another asset',
      refund([back({ asset: { kind: 'native' } })]),
      'asset',
      'stellar:native',
      expect.stringContaining('stellar:USDC:'),
    ],
    ['a stroop less', refund([back({ amount: '99.9999999' })]), 'amount', '99.9999999', '100'],
    ['a stroop more', refund([back({ amount: '100.0000001' })]), 'amount', '100.0000001', '100'],
    [
      'a merge of the account',
      refund([back({ kind: 'account_merge' })]),
      'sender',
      'nobody',
      ACCOUNT,
    ],
  ])('%s', (_, found, part, shown, expected) => {
    expect(judgeRefund(paid, found).differences).toEqual([{ part, paid: shown, expected }])
  })

  test('what is compared with a payment whose payer, asset or amount the source does not show', () => {
    for (const unknown of [{ from: null }, { asset: null }, { amount: null }]) {
      expect(judgeRefund({ ...paid, ...unknown }, refund([back()])).differences).toHaveLength(1)
    }
  })
})

test('another amount names the operations to the payer, for a person who means it', () => {
  const found = refund([back({ amount: '60' }), back({ operationId: '92', amount: '39.5' })])
  expect(judgeRefund(paid, found)).toMatchObject({ choices: [['91', '92']], amount: '99.5' })
})
