import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LedgerPayment } from '../../../../lib/ledger/source.ts'
import type { CandidateTransaction } from '../../../../lib/payments/verdict/codes.ts'
import { differencesOf } from '../../../../lib/payments/verdict/differences.ts'
import { judgePayment } from '../../../../lib/payments/verdict/verdict.ts'
import { ACCOUNT, awaiting, MUXED_ID, OTHER_ACCOUNT, payment, USDC, USER } from '../payments.ts'

const differences = (
  paid: Partial<LedgerPayment>,
  transaction: Partial<CandidateTransaction> = {},
  policy: 'exact' | 'at_least' = 'exact',
) => differencesOf(payment(paid), awaiting(transaction), { account: ACCOUNT, policy })

test.each<[string, Partial<LedgerPayment>, Partial<CandidateTransaction>, string, string, string]>([
  [
    'status',
    {},
    { status: 'on_hold' },
    'on_hold (SEP-24, withdrawal)',
    'pending_user_transfer_start',
    'a status in which it awaits no payment',
  ],
  [
    'status',
    {},
    { creditedBy: '5' },
    'pending_user_transfer_start (SEP-24, withdrawal, paid by operation 5)',
    'pending_user_transfer_start',
    'another payment that was credited',
  ],
  [
    'window',
    { closedAt: '2026-11-21T08:00:00Z' },
    { startedAt: '2026-11-21T09:00:00Z' },
    '2026-11-21T08:00:00Z',
    'from 2026-11-21T09:00:00Z',
    'a start after the payment',
  ],
  [
    'kind',
    { kind: 'account_merge' },
    {},
    'account_merge',
    'payment',
    'a kind that is not credited',
  ],
  [
    'kind',
    { kind: 'path_payment' },
    { sep: '31', kind: 'receive', status: 'pending_sender' },
    'path_payment',
    'payment',
    'a path payment for SEP-31',
  ],
  ['account', {}, { account: OTHER_ACCOUNT }, ACCOUNT, OTHER_ACCOUNT, 'another account'],
  [
    'account',
    { toMuxedId: MUXED_ID },
    { account: OTHER_ACCOUNT },
    `${ACCOUNT} with the muxed id ${MUXED_ID}`,
    OTHER_ACCOUNT,
    'a muxed address of another account',
  ],
  ['memo', { memo: { type: 'none' } }, {}, 'none', 'memo id 7', 'no memo'],
  [
    'memo',
    { memo: { type: 'text', value: '7' } },
    {},
    'memo text 7',
    'memo id 7',
    'a memo of another type',
  ],
  ['asset', { asset: null }, {}, 'not shown', USDC, 'an asset that the ledger does not show'],
  ['asset', {}, { amountInAsset: null }, USDC, 'not said', 'a transaction without an asset'],
  [
    'memo',
    { memo: { type: 'none' } },
    { memo: null, memoType: null },
    'none',
    'the transaction has none',
    'no memo on both sides',
  ],
  [
    'status',
    {},
    { sep: '31', kind: 'receive', status: 'completed' },
    'completed (SEP-31, receive)',
    'pending_sender',
    'a SEP-31 transaction that is over',
  ],
  [
    'window',
    { closedAt: '2026-11-21T08:00:00Z' },
    { endedAt: '2026-11-21T07:30:00Z' },
    '2026-11-21T08:00:00Z',
    'from 2026-11-21T07:00:00.000Z until 2026-11-21T07:30:00Z',
    'an end before the payment',
  ],
  [
    'account',
    { to: OTHER_ACCOUNT },
    { account: null },
    OTHER_ACCOUNT,
    ACCOUNT,
    'a transaction without an account, paid to another than the observed one',
  ],
  ['account', { to: null }, {}, 'not shown', ACCOUNT, 'a receiver that the ledger does not show'],
  ['asset', { asset: { kind: 'native' } }, {}, 'stellar:native', USDC, 'another asset'],
  ['amount', { amount: '99.9999999' }, {}, '99.9999999', '100', 'a stroop too little'],
  ['amount', { amount: null }, {}, 'not shown', '100', 'no amount'],
  [
    'amount',
    {},
    { amountIn: null, amountExpected: null },
    '100',
    'not said',
    'a transaction without an amount',
  ],
])('%s differs, with both values: %#', (part, paid, transaction, shown, expected) => {
  expect(differences(paid, transaction)).toEqual([{ part, paid: shown, expected }])
})

const AWAITS_31 = { sep: '31', kind: 'receive', status: 'pending_sender' }
test.each<[string, Partial<LedgerPayment>, Partial<CandidateTransaction>, 'exact' | 'at_least']>([
  ['every part', {}, {}, 'exact'],
  ['a path payment for a withdrawal', { kind: 'path_payment' }, {}, 'exact'],
  ['a plain payment for SEP-31', {}, AWAITS_31, 'exact'],
  ['more with the policy at_least', { amount: '100.0000001' }, {}, 'at_least'],
])('a payment does not differ in %s', (_case, paid, transaction, policy) => {
  expect(differences(paid, transaction, policy)).toEqual([])
})

test.each<[Partial<LedgerPayment>, Partial<CandidateTransaction>, 'exact' | 'at_least', object]>([
  [{ amount: '100.0000001' }, {}, 'exact', { paid: '100.0000001', expected: '100' }],
  [{ amount: '99.9999999' }, {}, 'at_least', { paid: '99.9999999', expected: '100' }],
  [{ amount: null }, {}, 'at_least', { paid: 'not shown', expected: '100' }],
  [{ amount: null }, { amountIn: null }, 'exact', { paid: 'not shown', expected: 'not said' }],
  [{}, { amountIn: null }, 'at_least', { paid: '100', expected: 'not said' }],
])('an amount %j differs from %j with the policy %s', (paid, transaction, policy, values) => {
  expect(differences(paid, transaction, policy)).toEqual([{ part: 'amount', ...values }])
})

test('names of one side are all shown', () => {
  const paid = { memo: { type: 'text', value: 'x' }, toMuxedId: '5' } as const
  const [difference] = differences(paid, {})
  expect(difference).toEqual({
    part: 'memo',
    paid: 'memo text x or memo id 5 or muxed id 5',
    expected: 'memo id 7',
  })
  const neither = { asset: null, ...{ memo: { type: 'none' } as const } }
  const unsaid = { amountInAsset: null, memo: null, memoType: null }
  expect(differences(neither, unsaid)).toEqual([
    { part: 'memo', paid: 'none', expected: 'the transaction has none' },
    { part: 'asset', paid: 'not shown', expected: 'not said' },
  ])
})

test('a payment without a difference is one that the observer would credit, and the other way round', () => {
  const arbitrary = fc.record({
    policy: fc.constantFrom('exact' as const, 'at_least' as const),
    paid: fc.record({
      kind: fc.constantFrom(
        'payment' as const,
        'path_payment' as const,
        'claimable_balance' as const,
      ),
      amount: fc.constantFrom('100.0000000', '99', '101'),
      asset: fc.constantFrom(payment({}).asset, { kind: 'native' as const }),
      memo: fc.constantFrom(payment({}).memo, { type: 'text' as const, value: '7' }),
    }),
    transaction: fc.record({
      status: fc.constantFrom('pending_user_transfer_start', 'on_hold'),
      account: fc.constantFrom(ACCOUNT, OTHER_ACCOUNT, null),
      amountIn: fc.constantFrom('100', '0', null),
      creditedBy: fc.constantFrom(null, '5'),
    }),
  })
  fc.assert(
    fc.property(arbitrary, ({ policy, paid, transaction }) => {
      const verdict = judgePayment(payment({ from: USER, ...paid }), {
        account: ACCOUNT,
        candidates: [awaiting(transaction)],
        policy,
        isCatchingUp: false,
      })
      const found = differences({ from: USER, ...paid }, transaction, policy)
      expect(found.length === 0).toBe(verdict.code === 'credited')
    }),
  )
})
