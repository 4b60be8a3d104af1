import { describe, expect, test } from 'vitest'
import type { LedgerPayment } from '../../../../lib/ledger/source.ts'
import type { CandidateTransaction } from '../../../../lib/payments/verdict/codes.ts'
import {
  expectedAsset,
  expectedStroops,
  isPaidTo,
  namesOf,
  shownExpected,
} from '../../../../lib/payments/verdict/expectation.ts'
import {
  type AmountPolicy,
  judgePayment,
  memosOf,
  muxedAddressOf,
} from '../../../../lib/payments/verdict/verdict.ts'
import { ACCOUNT, awaiting, MUXED, MUXED_ID, OTHER_ACCOUNT, payment, USDC } from '../payments.ts'

function judge(
  paid: Partial<LedgerPayment>,
  candidates: readonly CandidateTransaction[],
  policy: AmountPolicy = 'exact',
  isCatchingUp = false,
) {
  const context = { account: ACCOUNT, candidates, policy, isCatchingUp }
  const { sentence, evidence, code } = judgePayment(payment(paid), context)
  const { seen: _, ...compared } = evidence
  return { code, sentence, compared }
}

const PAID_AT = '2026-11-21T08:00:00Z'
const other = (rest: Partial<CandidateTransaction> = {}) => awaiting({ id: 'v', ...rest })

describe('a person is told of a payment that needs no transaction', () => {
  test.each<[Partial<LedgerPayment>, string]>([
    [{ successful: false }, 'Its Stellar transaction failed: nothing was paid.'],
    [{ kind: 'clawback' }, 'The issuer took the asset back (clawback).'],
    [{ from: ACCOUNT }, `It was paid by the observed account ${ACCOUNT}.`],
    [{ to: OTHER_ACCOUNT }, 'The ledger source does not say that the account was paid.'],
    [{ kind: 'create_account' }, 'It came in as a new account, which no machine credits.'],
    [{ kind: 'account_merge' }, 'It came in as a merged account, which no machine credits.'],
    [{ kind: 'claimable_balance' }, 'It came in as a claimable balance, which no machine credits.'],
    [
      { kind: 'unknown' },
      'It came in as an operation of an unknown kind, which no machine credits.',
    ],
    [{ asset: null }, 'The ledger source does not say what was received.'],
    [{ amount: null }, 'The ledger source does not say what was received.'],
    [{ amount: '1e2' }, 'The ledger source does not say what was received.'],
    [
      { kind: 'contract_transfer', amount: null },
      'It came by several transfers of a contract, or the ledger source does not say what was received.',
    ],
    [
      { memo: { type: 'none' } },
      'It carries no memo and no muxed id, so that it names no transaction.',
    ],
    [
      { memo: { type: 'other', shown: 'return' } },
      'It carries a memo of another type and no muxed id, so that it names no transaction.',
    ],
  ])('%j', (paid, sentence) => {
    expect(judge(paid, [awaiting()])).toMatchObject({ sentence, compared: {} })
  })

  test('while the open transactions are not all known', () => {
    expect(judge({}, [awaiting()], 'exact', true)).toEqual({
      code: 'catching_up',
      sentence:
        'The open transactions of the platform were not all read yet. It is judged when they are.',
      compared: {},
    })
  })
})

describe('a person is told of a payment that names no single transaction', () => {
  test.each<[Partial<LedgerPayment>, string]>([
    [{ memo: { type: 'id', value: '9' } }, 'the memo "9" of type id'],
    [{ memo: { type: 'none' }, toMuxedId: '8' }, 'the muxed id 8'],
    [
      { memo: { type: 'text', value: '"' }, toMuxedId: '8' },
      'the memo "\\"" of type text or the muxed id 8',
    ],
  ])('with %j none is known', (paid, memos) => {
    expect(judge(paid, [awaiting()]).sentence).toBe(`No known transaction has ${memos}.`)
  })

  test('when its memo and its muxed id name different ones', () => {
    expect(judge({ toMuxedId: '8' }, [awaiting(), other({ memo: '8' })])).toMatchObject({
      sentence: 'Its memo and its muxed id name different transactions: w, v.',
      compared: { candidates: ['w', 'v'] },
    })
  })

  test('when several await it, of which 5 are named', () => {
    expect(judge({}, [awaiting(), other()])).toMatchObject({
      sentence: '2 transactions await a payment with the memo "7" of type id: w, v.',
      compared: { candidates: ['w', 'v'] },
    })
    const many = ['1', '2', '3', '4', '5', '6'].map((id) => awaiting({ id }))
    const { sentence, compared } = judge({}, many)
    expect(sentence).toMatch(/: 1, 2, 3, 4, 5\.$/)
    expect(compared).toEqual({ candidates: ['1', '2', '3', '4', '5', '6'] })
  })

  test('when one that ended unpaid may have been meant', () => {
    const ended = other({ status: 'expired', endedAt: '2026-11-21T09:00:00.000Z' })
    expect(judge({}, [awaiting(), ended])).toMatchObject({
      code: 'ambiguous',
      sentence: '2 transactions with the memo "7" of type id existed when it was paid: w, v.',
      compared: { candidates: ['w', 'v'] },
    })
  })

  const late = awaiting({ startedAt: '2026-11-21T09:00:00.000Z' })
  const early = other({
    startedAt: '2026-11-21T06:00:00.000Z',
    endedAt: '2026-11-21T07:00:00.000Z',
  })
  test.each<[string, CandidateTransaction[], string]>([
    ['began later', [late], 'transaction w began at 2026-11-21T09:00:00.000Z.'],
    [
      'had ended',
      [early],
      'transaction v lasted from 2026-11-21T06:00:00.000Z to 2026-11-21T07:00:00.000Z.',
    ],
    [
      'and another existed at another time',
      [late, early],
      'transaction w began at 2026-11-21T09:00:00.000Z. 1 more with this memo existed at other times.',
    ],
  ])('when the one that it names %s', (_case, candidates, told) => {
    expect(judge({}, candidates)).toEqual({
      code: 'paid_outside_window',
      sentence: `It was paid at ${PAID_AT}, and ${told}`,
      compared: {
        closedAt: PAID_AT,
        windows: candidates.map(({ id, startedAt, endedAt }) => ({ id, startedAt, endedAt })),
      },
    })
  })

  test('with at most 20 times of others', () => {
    const many = Array.from({ length: 25 }, (_, index) => ({ ...late, id: `w${index}` }))
    expect(judge({}, many).compared['windows']).toHaveLength(20)
    expect(judge({}, many).sentence).toContain(' 24 more with this memo')
  })
})

describe('a person is told of a payment of one transaction', () => {
  const expected = (transaction: CandidateTransaction) => ({
    expected: shownExpected(transaction),
  })

  test.each<[Partial<LedgerPayment>, string]>([
    [{}, ACCOUNT],
    [{ toMuxedId: '7' }, `${ACCOUNT} with the muxed id 7`],
  ])('that went to another account: %j', (paid, to) => {
    const elsewhere = awaiting({ account: OTHER_ACCOUNT })
    expect(judge(paid, [elsewhere])).toMatchObject({
      code: 'wrong_account',
      sentence: `Transaction w expects a payment to ${OTHER_ACCOUNT}, not to ${to}.`,
      compared: expected(elsewhere),
    })
  })

  test.each([
    ['4295004161', 'by this payment'],
    ['5', 'by operation 5'],
  ])('that was paid before by %s', (creditedBy, by) => {
    const paid = awaiting({ creditedBy })
    expect(judge({}, [paid])).toEqual({
      code: 'already_paid',
      sentence: `Transaction w was paid before, ${by}.`,
      compared: expected(paid),
    })
  })

  test('that awaits none, with what it expects', () => {
    const onHold = awaiting({ status: 'on_hold' })
    expect(judge({}, [onHold])).toMatchObject({
      code: 'not_awaiting',
      compared: {
        expected: {
          transactionId: 'w',
          status: 'on_hold',
          account: ACCOUNT,
          memo: '7',
          memoType: 'id',
          asset: USDC,
          amountIn: '100',
          amountExpected: null,
          creditedBy: null,
        },
      },
    })
  })

  test.each<[string, Partial<CandidateTransaction>, string]>([
    ['which asset', { amountInAsset: null }, 'Transaction w does not say which asset it expects.'],
    ['how much', { amountIn: null }, 'Transaction w does not say how much it expects.'],
  ])('that does not say %s it expects', (_case, fields, sentence) => {
    const unclear = awaiting(fields)
    expect(judge({}, [unclear])).toEqual({
      code: 'amount_unknown',
      sentence,
      compared: { ...expected(unclear), policy: 'exact' },
    })
  })

  test.each<[LedgerPayment['kind'], string]>([
    ['path_payment', 'a path payment'],
    ['contract_transfer', 'a transfer of a contract'],
  ])('for SEP-31 that came as %s', (kind, by) => {
    const receive = awaiting({ sep: '31', kind: 'receive', status: 'pending_sender' })
    expect(judge({ kind }, [receive]).sentence).toBe(
      `Pays transaction w as it expects, but by ${by}, of which the Anchor Platform cannot be told for SEP-31.`,
    )
  })

  test.each<[AmountPolicy, string]>([
    ['exact', 'Pays transaction w, which expects 100, and 100 was paid.'],
    ['at_least', 'Pays transaction w, which expects at least 100, and 100 was paid.'],
  ])('that is credited with the policy %s', (policy, sentence) => {
    const transaction = awaiting()
    expect(judge({}, [transaction], policy)).toEqual({
      code: 'credited',
      sentence,
      compared: { ...expected(transaction), policy },
    })
  })

  test('that another operation was credited to without effect', () => {
    const transaction = awaiting({ creditedBy: '5', creditRefused: true })
    expect(judge({}, [transaction])).toEqual({
      code: 'ambiguous',
      sentence:
        'Pays transaction w, which expects 100, and 100 was paid. Operation 5 was credited to it before, but that update ended without effect, so a person decides which of them pays it.',
      compared: { ...expected(transaction), policy: 'exact', creditedBy: '5' },
    })
  })
})

test('a payment is shown with every part that was judged', () => {
  const context = {
    account: ACCOUNT,
    candidates: [],
    policy: 'exact',
    isCatchingUp: false,
  } as const
  const seen = {
    kind: 'payment',
    successful: true,
    from: payment().from,
    fromMuxedId: null,
    to: ACCOUNT,
    toMuxedId: '8',
    asset: USDC,
    amount: '100.0000000',
    memo: { type: 'id', value: '7' },
  }
  expect(judgePayment(payment({ toMuxedId: '8' }), context).evidence).toMatchObject({ seen })
  const without = judgePayment(payment({ asset: null }), context)
  expect(without.evidence).toMatchObject({ seen: { asset: null } })
})

describe('what a transaction expects', () => {
  test.each<[string, Partial<CandidateTransaction>, string | null, bigint | null]>([
    ['amount_in', {}, USDC, 1_000_000_000n],
    [
      'amount_expected while amount_in is 0',
      { amountIn: '0.0', amountExpected: '5', amountExpectedAsset: 'stellar:native' },
      'stellar:native',
      50_000_000n,
    ],
    [
      'the asset of amount_in without an amount',
      { amountIn: null, amountExpected: null, amountExpectedAsset: 'stellar:native' },
      USDC,
      null,
    ],
    [
      'the asset of amount_expected without any other',
      { amountIn: null, amountInAsset: null, amountExpectedAsset: 'stellar:native' },
      'stellar:native',
      null,
    ],
    ['nothing', { amountIn: null, amountInAsset: null }, null, null],
    ['an amount that the ledger cannot hold', { amountIn: '1e2' }, USDC, null],
  ])('is %s', (_case, fields, asset, stroops) => {
    expect(expectedAsset(awaiting(fields))).toBe(asset)
    expect(expectedStroops(awaiting(fields))).toBe(stroops)
  })

  test('is named by its memo and by the id of its muxed account', () => {
    expect(namesOf(awaiting({ account: MUXED }))).toEqual(['memo id 7', `muxed id ${MUXED_ID}`])
    expect(namesOf(awaiting({ memo: null }))).toEqual([])
    expect(namesOf(awaiting({ memo: '', memoType: 'text' }))).toEqual([])
    expect(namesOf(awaiting({ memo: 'x' }))).toEqual([])
  })

  test('is an account, and of a muxed account its id too', () => {
    const paid = (fields: Partial<LedgerPayment>, account: string | null) =>
      isPaidTo(payment(fields), awaiting({ account }), ACCOUNT)
    expect(paid({}, null)).toBe(true)
    expect(paid({ to: OTHER_ACCOUNT }, null)).toBe(false)
    expect(paid({ toMuxedId: MUXED_ID }, MUXED)).toBe(true)
    expect(paid({ toMuxedId: '1' }, MUXED)).toBe(false)
    expect(paid({ toMuxedId: MUXED_ID, to: OTHER_ACCOUNT }, MUXED)).toBe(false)
  })
})

describe('what transactions are looked up by', () => {
  test('is the muxed address that was paid', () => {
    expect(muxedAddressOf({ to: ACCOUNT, toMuxedId: MUXED_ID })).toBe(MUXED)
    expect(muxedAddressOf({ to: ACCOUNT, toMuxedId: null })).toBeNull()
    expect(muxedAddressOf({ to: null, toMuxedId: MUXED_ID })).toBeNull()
  })

  test('has the first and the last time at which a memo was paid, whatever the order', () => {
    const at = (minute: number) => payment({ closedAt: `2026-01-01T00:0${minute}:00.000Z` })
    const times = { from: '2026-01-01T00:01:00.000Z', until: '2026-01-01T00:03:00.000Z' }
    for (const order of [
      [3, 1, 2],
      [1, 2, 3],
      [3, 2, 1],
      [2, 3, 1],
    ]) {
      expect(memosOf(order.map(at))).toEqual([{ type: 'id', value: '7', ...times }])
    }
  })
})
