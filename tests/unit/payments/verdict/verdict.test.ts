import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LedgerPayment, LedgerPaymentKind } from '../../../../lib/ledger/source.ts'
import type { CandidateTransaction, VerdictCode } from '../../../../lib/payments/verdict/codes.ts'
import {
  type AmountPolicy,
  judgePayment,
  memosOf,
} from '../../../../lib/payments/verdict/verdict.ts'
import { formatAmount, MAX_STROOPS, parseAmount } from '../../../../lib/stellar/amount.ts'
import { formatMuxedAccount } from '../../../../lib/stellar/muxed-account.ts'
import {
  ACCOUNT,
  awaiting,
  ISSUER,
  MUXED,
  MUXED_ID,
  OTHER_ACCOUNT,
  payment,
  USDC,
  USDC_ASSET,
  USER,
} from '../payments.ts'

const HEX = 'c0ffee'.padEnd(64, '0')
const BASE64 = Buffer.from(HEX, 'hex').toString('base64')

function judge(
  paid: Partial<LedgerPayment>,
  transactions: readonly CandidateTransaction[],
  policy: AmountPolicy = 'exact',
  isCatchingUp = false,
) {
  const context = { account: ACCOUNT, candidates: transactions, policy, isCatchingUp }
  return judgePayment(payment(paid), context)
}

describe('while the open transactions are not all known', () => {
  const catchingUp = (paid: Partial<LedgerPayment>) => judge(paid, [awaiting()], 'exact', true)

  test.each<[string, Partial<LedgerPayment>]>([
    ['names a transaction that waits', {}],
    ['names none', { memo: { type: 'id', value: '999' } }],
    ['names one by a muxed id', { memo: { type: 'none' }, toMuxedId: '7' }],
  ])('a payment that %s gets no final verdict', (_case, paid) => {
    expect(catchingUp(paid)).toMatchObject({ code: 'catching_up', transactionId: null })
  })

  test.each<[string, Partial<LedgerPayment>]>([
    ['transaction_failed', { successful: false }],
    ['no_memo', { memo: { type: 'none' } }],
    ['manual_review', { kind: 'account_merge' }],
  ])('a payment that needs no transaction is %s as ever', (code, paid) => {
    expect(catchingUp(paid)).toMatchObject({ code })
  })
})

describe('a payment as expected is credited with', () => {
  test.each<[string, Partial<LedgerPayment>, Partial<CandidateTransaction>]>([
    ['a memo id', {}, {}],
    [
      'a memo id above 2^63',
      { memo: { type: 'id', value: '9223372036854775808' } },
      { memo: '9223372036854775808' },
    ],
    ['a path payment of the received amount', { kind: 'path_payment' }, {}],
    ['SEP-6, for which the platform shows no account', {}, { sep: '6', account: null }],
    ['a SEP-6 exchange', {}, { sep: '6', kind: 'withdrawal-exchange', account: null }],
    ['SEP-31', {}, { sep: '31', kind: 'receive', status: 'pending_sender' }],
    ['a memo text', { memo: { type: 'text', value: ' é ' } }, { memo: ' é ', memoType: 'text' }],
    [
      'a memo hash in base64',
      { memo: { type: 'hash', value: HEX } },
      { memo: BASE64, memoType: 'hash' },
    ],
    ...['07', '+7', '+0000000000000000000007'].map(
      (memo): [string, Partial<LedgerPayment>, Partial<CandidateTransaction>] => [
        `a memo id that the platform shows as ${memo}`,
        {},
        { memo },
      ],
    ),
    ...[HEX.toUpperCase(), BASE64.replace('=', '')].map(
      (memo): [string, Partial<LedgerPayment>, Partial<CandidateTransaction>] => [
        `a memo hash that the platform shows as ${memo}`,
        { memo: { type: 'hash', value: HEX } },
        { memo, memoType: 'hash' },
      ],
    ),
    ['a memo hash in hex', { memo: { type: 'hash', value: HEX } }, { memo: HEX, memoType: 'hash' }],
    ['a transfer by a contract', { kind: 'contract_transfer' }, {}],
    [
      'a transfer by a contract to a muxed id',
      { kind: 'contract_transfer', memo: { type: 'none' }, toMuxedId: '7' },
      {},
    ],
    ['a muxed id in place of the memo id', { memo: { type: 'none' }, toMuxedId: '7' }, {}],
    ['a muxed id beside the same memo id', { toMuxedId: '7' }, {}],
    [
      'a muxed id beside a memo of no transaction',
      { toMuxedId: '7', memo: { type: 'text', value: 'hi' } },
      {},
    ],
    [
      'a muxed id beside a memo of another type',
      { toMuxedId: '7', memo: { type: 'other', shown: 'return' } },
      {},
    ],
    [
      'a muxed address',
      { memo: { type: 'none' }, toMuxedId: MUXED_ID },
      { account: MUXED, memo: null, memoType: null },
    ],
    ['the native asset', { asset: { kind: 'native' } }, { amountInAsset: 'stellar:native' }],
    [
      'more trailing zeros at the platform than a stroop has',
      { amount: '100' },
      { amountIn: '100.000000000' },
    ],
    [
      'amount_expected, without amount_in',
      {},
      { amountIn: null, amountExpected: '100', amountExpectedAsset: USDC },
    ],
    [
      'amount_expected and its asset, with an amount_in of 0 in another asset',
      {},
      {
        amountIn: '0',
        amountInAsset: 'stellar:native',
        amountExpected: '100',
        amountExpectedAsset: USDC,
      },
    ],
    [
      'the asset of amount_expected, without amount_in',
      {},
      { amountIn: null, amountInAsset: null, amountExpected: '100', amountExpectedAsset: USDC },
    ],
    [
      'amount_in before amount_expected',
      {},
      { amountExpected: '99', amountExpectedAsset: 'stellar:native' },
    ],
  ])('%s', (_case, paid, transaction) => {
    expect(judge(paid, [awaiting(transaction)])).toMatchObject({
      code: 'credited',
      transactionId: 'w',
    })
  })

  test('the amounts in its sentence, and the payment and the expectation in its evidence', () => {
    const { sentence, evidence } = judge({ amount: '100.5' }, [awaiting()], 'at_least')
    expect(sentence).toBe('Pays transaction w, which expects at least 100, and 100.5 was paid.')
    expect(evidence).toMatchObject({
      seen: { to: ACCOUNT, asset: USDC, amount: '100.5', memo: { type: 'id', value: '7' } },
      expected: { transactionId: 'w', account: ACCOUNT, asset: USDC, amountIn: '100', memo: '7' },
      policy: 'at_least',
    })
  })
})

describe('a payment that is refused whatever the transactions', () => {
  test.each<[VerdictCode, Partial<LedgerPayment>]>([
    ['transaction_failed', { successful: false }],
    ['transaction_failed', { successful: false, kind: 'account_merge' }],
    ['outgoing', { from: ACCOUNT, to: USER }],
    ['outgoing', { from: ACCOUNT, to: ACCOUNT }],
    ['outgoing', { from: ACCOUNT, to: USER, kind: 'account_merge' }],
    ['manual_review', { kind: 'clawback', from: ACCOUNT, to: ISSUER }],
    ['manual_review', { from: null, to: null, kind: 'unknown' }],
    ['manual_review', { to: OTHER_ACCOUNT }],
    ...(
      [
        'create_account',
        'account_merge',
        'claimable_balance',
        'unknown',
      ] satisfies LedgerPaymentKind[]
    ).map((kind): [VerdictCode, Partial<LedgerPayment>] => ['manual_review', { kind }]),
    ['manual_review', { asset: null }],
    ['manual_review', { amount: null }],
    ['manual_review', { kind: 'contract_transfer', amount: null }],
    ['manual_review', { kind: 'contract_transfer', to: null, amount: null }],
    ['no_memo', { kind: 'contract_transfer', memo: { type: 'other', shown: 'two' } }],
    ['manual_review', { amount: '1e2' }],
    ['manual_review', { amount: '922337203685.4775808' }],
    ['no_memo', { memo: { type: 'none' } }],
    ['no_memo', { memo: { type: 'text', value: '' } }],
    ['no_memo', { memo: { type: 'other', shown: 'return' } }],
  ])('is %s: %j', (code, paid) => {
    expect(
      judge(paid, [awaiting(), awaiting({ id: 'e', memo: '', memoType: 'text' })]),
    ).toMatchObject({ code, transactionId: null })
  })
})

describe('a memo is compared by type and bytes', () => {
  test.each<[LedgerPayment['memo'], string, string]>([
    [{ type: 'text', value: '7' }, '7', 'id'],
    [{ type: 'id', value: '7' }, '7', 'text'],
    [{ type: 'text', value: 'a ' }, 'a', 'text'],
    [{ type: 'text', value: 'A' }, 'a', 'text'],
    [{ type: 'text', value: '\u00e9' }, 'e\u0301', 'text'],
    [{ type: 'text', value: HEX.slice(0, 28) }, HEX, 'hash'],
    [{ type: 'hash', value: HEX.replace('c', 'd') }, HEX, 'hash'],
    [{ type: 'hash', value: HEX }, HEX, 'text'],
    [{ type: 'id', value: '7' }, '0x7', 'id'],
    [{ type: 'id', value: '7' }, '++7', 'id'],
    [{ type: 'id', value: '7' }, ' 7', 'id'],
    [{ type: 'id', value: '7' }, '٧', 'id'],
    [{ type: 'id', value: '7' }, '7', 'return'],
  ])('%j is not %j of type %s', (memo, shown, memoType) => {
    expect(judge({ memo }, [awaiting({ memo: shown, memoType })]).code).toBe('no_match')
  })
})

describe('a payment that is judged by its transactions', () => {
  const other = (rest: Partial<CandidateTransaction> = {}) => awaiting({ id: 'v', ...rest })

  test.each<[VerdictCode, string | null, Partial<LedgerPayment>, CandidateTransaction[]]>([
    ['no_match', null, {}, []],
    ['not_awaiting', 'w', {}, [awaiting({ status: 'on_hold' })]],
    ['not_awaiting', 'w', {}, [awaiting({ status: 'incomplete' })]],
    ['not_awaiting', 'w', {}, [awaiting({ status: 'expired' })]],
    ['not_awaiting', 'w', {}, [awaiting({ kind: 'deposit' })]],
    ['not_awaiting', 'w', {}, [awaiting({ status: 'pending_sender' })]],
    ['not_awaiting', 'w', {}, [awaiting({ sep: '31', kind: 'receive' })]],
    [
      'sep31_path_payment',
      'w',
      { kind: 'path_payment' },
      [awaiting({ sep: '31', kind: 'receive', status: 'pending_sender' })],
    ],
    [
      'sep31_path_payment',
      'w',
      { kind: 'contract_transfer' },
      [awaiting({ sep: '31', kind: 'receive', status: 'pending_sender' })],
    ],
    ['not_awaiting', 'w', {}, [awaiting({ sep: '38' })]],
    ['already_paid', 'w', {}, [awaiting({ creditedBy: '1' })]],
    ['ambiguous', 'w', {}, [awaiting({ creditedBy: '1', creditRefused: true })]],
    [
      'amount_short',
      'w',
      { amount: '40.0000000' },
      [awaiting({ creditedBy: '1', creditRefused: true })],
    ],
    [
      'not_awaiting',
      'w',
      {},
      [awaiting({ status: 'completed', creditedBy: '1', creditRefused: true })],
    ],
    [
      'ambiguous',
      null,
      {},
      [
        awaiting(),
        other({ endedAt: '2027-01-01T00:00:00.000Z', creditedBy: '1', creditRefused: true }),
      ],
    ],
    ['already_paid', 'w', {}, [awaiting({ creditedBy: '4295004161' })]],
    [
      'already_paid',
      'v',
      {},
      [awaiting({ status: 'expired' }), other({ status: 'completed', creditedBy: '1' })],
    ],
    ['ambiguous', null, {}, [awaiting(), other()]],
    ['ambiguous', null, {}, [awaiting(), other({ amountIn: '5' })]],
    ['ambiguous', null, { toMuxedId: '8' }, [awaiting(), other({ memo: '8' })]],
    [
      'ambiguous',
      null,
      { toMuxedId: '8' },
      [awaiting(), other({ memo: '8', status: 'completed' })],
    ],
    ['wrong_account', 'w', {}, [awaiting({ account: OTHER_ACCOUNT })]],
    ['wrong_account', 'w', {}, [awaiting({ account: MUXED })]],
    ['wrong_account', 'w', { toMuxedId: '7' }, [awaiting({ account: MUXED })]],
    ['wrong_account', 'w', {}, [awaiting({ account: 'no account' })]],
    ['wrong_asset', 'w', { asset: { kind: 'native' } }, [awaiting()]],
    ['wrong_asset', 'w', { asset: { ...USDC_ASSET, issuer: USER } as never }, [awaiting()]],
    ['wrong_asset', 'w', { asset: { ...USDC_ASSET, code: 'usdc' } as never }, [awaiting()]],
    ['wrong_asset', 'w', {}, [awaiting({ amountInAsset: 'iso4217:USD' })]],
    ['amount_unknown', 'w', {}, [awaiting({ amountInAsset: null })]],
    ['amount_unknown', 'w', {}, [awaiting({ amountInAsset: 'USDC' })]],
    ['amount_unknown', 'w', {}, [awaiting({ amountIn: null })]],
    ['amount_unknown', 'w', {}, [awaiting({ amountIn: null, amountExpected: '100' })]],
    [
      'wrong_asset',
      'w',
      {},
      [
        awaiting({
          amountIn: '0',
          amountExpected: '100',
          amountExpectedAsset: 'stellar:native',
        }),
      ],
    ],
    ['amount_unknown', 'w', {}, [awaiting({ amountIn: '0', amountExpected: '0.0' })]],
    ['amount_unknown', 'w', {}, [awaiting({ amountIn: '1e2', amountExpected: '100' })]],
    ['amount_short', 'w', { amount: '99.9999999' }, [awaiting()]],
    ['amount_over', 'w', { amount: '100.0000001' }, [awaiting()]],
  ])('is %s (%s): %j of %j', (code, transactionId, paid, transactions) => {
    const verdict = judge(paid, transactions)
    expect(verdict).toMatchObject({ code, transactionId })
    expect(verdict.sentence).toMatch(/^[A-Z0-9].*\.$/)
    expect(verdict.evidence).toHaveProperty('seen')
  })

  /** The payment was made at 08:00:00. A time of a transaction is given as HH:MM:SS of that day. */
  const at = (time: string) => `2026-11-21T${time}.000Z`
  const began = (time: string) => ({ startedAt: at(time) })
  const expired = (time: string, rest: Partial<CandidateTransaction> = {}) =>
    other({ status: 'expired', endedAt: at(time), ...rest })

  const gone = (time: string) => awaiting({ endedAt: at(time) })

  test('one that the platform no longer has is named so', () => {
    expect(judge({}, [gone('08:00:01')]).sentence).toBe(
      'Transaction w (SEP-24, withdrawal) awaited a payment until 2026-11-21T08:00:01.000Z, and the platform no longer has it.',
    )
  })

  test.each<[string, VerdictCode, string | null, CandidateTransaction[]]>([
    ['began as it was paid', 'credited', 'w', [awaiting(began('08:00:00'))]],
    ['began 60 s later, by its clock', 'credited', 'w', [awaiting(began('08:01:00'))]],
    ['began 61 s later', 'paid_outside_window', null, [awaiting(began('08:01:01'))]],
    ['does not say when it began', 'credited', 'w', [awaiting({ startedAt: null })]],
    ['had ended before', 'paid_outside_window', null, [expired('07:59:59')]],
    ['ended at that moment', 'paid_outside_window', null, [expired('08:00:00')]],
    ['ended a second later', 'not_awaiting', 'v', [expired('08:00:01')]],
    ['was gone from the platform before', 'paid_outside_window', null, [gone('07:59:59')]],
    ['was gone from the platform later', 'not_awaiting', 'w', [gone('08:00:01')]],
    [
      'had ended, and the next with its memo waits',
      'credited',
      'w',
      [expired('07:30:00'), awaiting(began('07:40:00'))],
    ],
    [
      'existed, and the next with its memo began later',
      'not_awaiting',
      'v',
      [expired('09:00:00'), awaiting(began('08:30:00'))],
    ],
    [
      'existed unpaid, and the next with its memo waited too',
      'ambiguous',
      null,
      [expired('09:00:00'), awaiting(began('07:40:00'))],
    ],
    [
      'had been paid, and the next with its memo waits',
      'credited',
      'w',
      [expired('09:00:00', { status: 'completed', creditedBy: '1' }), awaiting()],
    ],
    [
      'and the next with its memo both existed at other times',
      'paid_outside_window',
      null,
      [expired('07:30:00'), awaiting(began('09:00:00'))],
    ],
  ])('is judged by the transaction that existed: it %s: %s', (_case, code, id, transactions) => {
    const verdict = judge({}, transactions)
    expect([verdict.code, verdict.transactionId]).toEqual([code, id])
    if (code !== 'paid_outside_window') return
    expect(verdict.sentence).toContain('It was paid at 2026-11-21T08:00:00Z, and transaction')
    expect(verdict.evidence).toMatchObject({
      closedAt: '2026-11-21T08:00:00Z',
      windows: transactions.map(({ id, startedAt, endedAt }) => ({ id, startedAt, endedAt })),
    })
  })

  test('is credited when one transaction waits among others with the same memo', () => {
    const others = [
      other({ status: 'completed' }),
      other({ id: 'u', creditedBy: '1' }),
      other({ id: 't', account: OTHER_ACCOUNT }),
    ]
    expect(judge({}, [...others, awaiting()])).toMatchObject({
      code: 'credited',
      transactionId: 'w',
    })
  })

  test('is credited when its transaction was found under two spellings', () => {
    expect(judge({ toMuxedId: '7' }, [awaiting(), awaiting()]).code).toBe('credited')
  })

  test.each<[Partial<LedgerPayment>, CandidateTransaction, string]>([
    [{ amount: '40' }, awaiting(), 'Transaction w expects 100, and 40 was paid: 60 too little.'],
    [
      { amount: '100.0000001' },
      awaiting(),
      'Transaction w expects 100, and 100.0000001 was paid: 0.0000001 too much.',
    ],
    [
      { asset: { kind: 'native' } },
      awaiting(),
      `Transaction w expects ${USDC}, and stellar:native was paid.`,
    ],
    [
      {},
      awaiting({ status: 'on_hold' }),
      'Transaction w (SEP-24, withdrawal) is on_hold and awaits no payment.',
    ],
    [{}, awaiting({ memo: '8' }), 'No known transaction has the memo "7" of type id.'],
    [{}, awaiting({ creditedBy: '5' }), 'Transaction w was paid before, by operation 5.'],
  ])('has a sentence with its values: %j', (paid, transaction, sentence) => {
    expect(judge(paid, [transaction]).sentence).toBe(sentence)
  })
})

test('with the policy at_least more than the expected amount is credited, and less is not', () => {
  expect(judge({ amount: '100.0000001' }, [awaiting()], 'at_least').code).toBe('credited')
  expect(judge({ amount: '99.9999999' }, [awaiting()], 'at_least').code).toBe('amount_short')
})

test('the memos of a page come once, by value, and leave out payments that cannot be credited', () => {
  const memos = memosOf([
    payment(),
    payment({ toMuxedId: '7' }),
    payment({ toMuxedId: '8', memo: { type: 'none' } }),
    payment({ memo: { type: 'hash', value: HEX } }),
    payment({ memo: { type: 'text', value: '7' } }),
    payment({ memo: { type: 'other', shown: 'return' } }),
    payment({ successful: false, memo: { type: 'id', value: '9' } }),
    payment({ kind: 'account_merge', memo: { type: 'id', value: '9' } }),
    payment({ kind: 'contract_transfer', memo: { type: 'id', value: '10' } }),
  ])
  const named = memos.map(({ type, value }) => ({ type, value }))
  expect(named).toHaveLength(7)
  expect(new Set(named.map((memo) => JSON.stringify(memo)))).toEqual(
    new Set(
      [
        { type: 'id', value: '7' },
        { type: 'id', value: '8' },
        { type: 'hash', value: HEX },
        { type: 'text', value: '7' },
        { type: 'id', value: '10' },
        ...['7', '8'].map((id) => ({
          type: 'muxed_account',
          value: formatMuxedAccount({ account: ACCOUNT, id }),
        })),
      ].map((memo) => JSON.stringify(memo)),
    ),
  )
})

test('a memo of a page is looked up by the first and the last time at which it was paid', () => {
  const at = (minute: number) => payment({ closedAt: `2026-01-01T00:0${minute}:00.000Z` })
  expect(memosOf([at(2), at(1), at(3)])).toMatchObject([
    { from: '2026-01-01T00:01:00.000Z', until: '2026-01-01T00:03:00.000Z' },
  ])
})

describe('any payment with any transactions', () => {
  const oneOf = <T>(...values: T[]) => fc.constantFrom(...values)
  const memo = oneOf<LedgerPayment['memo']>(
    { type: 'id', value: '7' },
    { type: 'text', value: '7' },
    { type: 'hash', value: HEX },
    { type: 'none' },
    { type: 'other', shown: 'return' },
  )
  const amount = fc.bigInt({ min: 999_999_998n, max: 1_000_000_002n }).map(formatAmount)
  const account = oneOf(ACCOUNT, OTHER_ACCOUNT, USER)
  // Up to three fields differ from those of a good payment or transaction.
  const partly = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
    fc
      .record(fields)
      .chain((all) => fc.subarray(Object.entries(all), { maxLength: 3 }))
      .map((some) => Object.fromEntries(some) as Partial<T>)
  const payments = partly({
    successful: oneOf(true, false),
    kind: oneOf<LedgerPaymentKind>('payment', 'contract_transfer', 'unknown', 'clawback'),
    from: oneOf(USER, ACCOUNT, null),
    to: oneOf(ACCOUNT, OTHER_ACCOUNT, null),
    toMuxedId: oneOf(null, '7', MUXED_ID),
    asset: oneOf(USDC_ASSET, { kind: 'native' as const }, null),
    amount: fc.oneof(amount, oneOf('100', null)),
    memo,
  }).map(payment)
  const transactions = fc
    .array(
      partly({
        sep: oneOf('24', '6', '31'),
        kind: oneOf('withdrawal', 'deposit', 'receive'),
        status: oneOf('pending_user_transfer_start', 'pending_sender', 'on_hold'),
        account: fc.oneof(account, oneOf(MUXED, null)),
        memo: oneOf('7', HEX, BASE64, null),
        memoType: oneOf('id', 'text', 'hash', null),
        amountIn: fc.oneof(amount, oneOf('100', '0', null)),
        amountInAsset: oneOf(USDC, 'stellar:native', null),
        amountExpected: oneOf('100', '0', null),
        amountExpectedAsset: oneOf(USDC, null),
        creditedBy: oneOf(null, '1'),
      }).map(awaiting),
      { maxLength: 4 },
    )
    .map((all) => all.map((one, index) => ({ ...one, id: `w${index}` })))

  /** The conditions of a credit, written a second time from the specification. */
  function isPayable(paid: LedgerPayment, one: CandidateTransaction): boolean {
    const awaits =
      one.sep === '31'
        ? one.status === 'pending_sender'
        : one.status === 'pending_user_transfer_start' && one.kind === 'withdrawal'
    const hash = one.memo === BASE64 ? HEX : one.memo
    const sameMemo =
      paid.memo.type === one.memoType &&
      'value' in paid.memo &&
      paid.memo.value === (one.memoType === 'hash' ? hash : one.memo)
    const byMuxedId =
      (one.memoType === 'id' && one.memo === paid.toMuxedId) ||
      (one.account === MUXED && paid.toMuxedId === MUXED_ID)
    const account =
      one.account === MUXED ? paid.toMuxedId === MUXED_ID : (one.account ?? ACCOUNT) === ACCOUNT
    return (
      awaits &&
      one.creditedBy === null &&
      (sameMemo || (paid.toMuxedId !== null && byMuxedId)) &&
      account
    )
  }

  test('is credited only when every condition holds for exactly one transaction', () => {
    let credited = 0
    fc.assert(
      fc.property(
        payments,
        transactions,
        oneOf<AmountPolicy>('exact', 'at_least'),
        (paid, all, policy) => {
          const { code, transactionId } = judge(paid, all, policy)
          if (code !== 'credited') return
          credited += 1
          expect(paid).toMatchObject({ successful: true, to: ACCOUNT })
          expect(paid.from).not.toBe(ACCOUNT)
          expect(['payment', 'contract_transfer']).toContain(paid.kind)
          const payable = all.filter((one) => isPayable(paid, one))
          expect(payable.map(({ id }) => id)).toEqual([transactionId])
          const [one] = payable
          const asset = paid.asset?.kind === 'native' ? 'stellar:native' : USDC
          const isStated = (parseAmount(one?.amountIn) ?? 0n) > 0n
          expect(isStated ? one?.amountInAsset : one?.amountExpectedAsset).toBe(asset)
          const stated = parseAmount(one?.amountIn ?? '0') ?? 0n
          const wanted = stated > 0n ? stated : (parseAmount(one?.amountExpected) ?? 0n)
          const received = parseAmount(paid.amount) ?? 0n
          expect(
            wanted > 0n && (policy === 'exact' ? received === wanted : received >= wanted),
          ).toBe(true)
        },
      ),
      { numRuns: 50_000 },
    )
    expect(credited).toBeGreaterThan(1_000)
  })

  test('is short or over by one stroop, over the whole range of amounts', () => {
    const stroops = fc.bigInt({ min: 2n, max: MAX_STROOPS - 1n })
    fc.assert(
      fc.property(stroops, oneOf(-1n, 0n, 1n), (wanted, difference) => {
        const { code } = judge({ amount: formatAmount(wanted + difference) }, [
          awaiting({ amountIn: formatAmount(wanted) }),
        ])
        expect(code).toBe(
          difference === 0n ? 'credited' : difference < 0n ? 'amount_short' : 'amount_over',
        )
      }),
      { numRuns: 20_000 },
    )
  })
})
