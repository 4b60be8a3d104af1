import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LedgerMemo, LedgerPayment, LedgerTransaction } from '../../../../lib/ledger/source.ts'
import { formatAmount } from '../../../../lib/stellar/amount.ts'
import {
  expectedPayout,
  expectedReceipt,
  judgeReported,
} from '../../../../lib/updates/payout/reported-payment.ts'
import {
  ANCHOR,
  closed,
  deposit,
  HASH,
  ISSUER,
  MEMO_HASH,
  MEMO_HASH_BASE64,
  MUXED_ID,
  MUXED_USER,
  operation,
  USDC,
  USER,
} from './payout.ts'

const OTHER = ISSUER
const EURC = { kind: 'issued', code: 'EURC', issuer: ISSUER } as const
const FAKE_USDC = { kind: 'issued', code: 'USDC', issuer: ANCHOR } as const

function judge(found: LedgerTransaction | null, fields: Record<string, unknown> = {}) {
  return judgeReported(HASH, found, expectedPayout(deposit(fields)))
}

const reasonOf = (...args: Parameters<typeof judge>) =>
  judge(...args).mismatch?.data?.['reason'] ?? 'ok'

const LARGEST = '922337203685.4775807'
const LAST_ID = '18446744073709551615'
const amountOut = (amount: string, asset = USDC) => ({ amount_out: { amount, asset } })
const HASH_MEMO = { memo: MEMO_HASH_BASE64, memo_type: 'hash' }
const withMemo = (memo: LedgerMemo) => closed([operation()], { memo })
const operations = (count: number, fields: Partial<LedgerPayment> = {}) =>
  Array.from({ length: count }, (_, index) =>
    operation({ operationId: String(4294967297 + index), ...fields }),
  )

describe('a Stellar transaction that pays the deposit is accepted', () => {
  test.each<[string, LedgerTransaction, Record<string, unknown>?]>([
    ['one payment', closed()],
    ['one path payment, by what was received', closed([operation({ kind: 'path_payment' })])],
    ['in two parts', closed(operations(2, { amount: '50' }))],
    ['beside a payment of another deposit', closed(operations(2))],
    ['beside a payment without an amount', closed([operation(), operation({ amount: null })])],
    ['in 100 parts', closed(operations(100, { amount: '1.0000000' }))],
    [
      'among 100 operations to others',
      closed([...operations(99, { to: OTHER }), operation({ operationId: '9' })]),
    ],
    [
      'beside another asset for the account',
      closed([operation({ asset: EURC, amount: '7' }), operation()]),
    ],
    [
      'to a customer',
      closed([operation({ toMuxedId: MUXED_ID })]),
      { destination_account: MUXED_USER },
    ],
    ['from a source that is not shown', closed([operation({ from: null })])],
    [
      'native',
      closed([operation({ asset: { kind: 'native' } })]),
      amountOut('100', 'stellar:native'),
    ],
    ['the smallest amount', closed([operation({ amount: '0.0000001' })]), amountOut('0.00000010')],
    ['the largest amount', closed([operation({ amount: LARGEST })]), amountOut(LARGEST)],
    [
      'a text memo',
      withMemo({ type: 'text', value: ' zwölf ' }),
      { memo: ' zwölf ', memo_type: 'text' },
    ],
    ['an id memo', withMemo({ type: 'id', value: LAST_ID }), { memo: LAST_ID, memo_type: 'id' }],
    ['a hash memo in base64', withMemo({ type: 'hash', value: MEMO_HASH }), HASH_MEMO],
    [
      'a hash memo in hex',
      withMemo({ type: 'hash', value: MEMO_HASH }),
      { ...HASH_MEMO, memo: MEMO_HASH.toUpperCase() },
    ],
    ['a memo that nobody asked for', withMemo({ type: 'text', value: 'thanks' })],
  ])('%s', (_, found, fields) => {
    expect(judge(found, fields).mismatch).toBeNull()
  })
})

type Found = LedgerTransaction | null

/** What was found under the hash, and the fields of the deposit, for each reason of a refusal. */
const REFUSED: Record<string, readonly (readonly [Found, Record<string, unknown>?])[]> = {
  stellar_transaction_not_found: [[null]],
  stellar_transaction_failed: [[closed([operation()], { successful: false })]],
  stellar_destination_mismatch: [
    [closed([])],
    [closed([operation({ to: OTHER })])],
    [closed([operation({ to: null })])],
    [closed(), { destination_account: MUXED_USER }],
    [closed([operation({ toMuxedId: '1' })]), { destination_account: MUXED_USER }],
    [closed([operation({ to: OTHER, toMuxedId: MUXED_ID })]), { destination_account: MUXED_USER }],
    // The account exchanged its own money, so nobody paid it.
    [closed([operation({ from: USER, kind: 'path_payment' })])],
    [closed(), { destination_account: 'nobody' }],
    [closed(), { destination_account: USER.toLowerCase() }],
    [closed([operation({ kind: 'create_account' })])],
    [closed([operation({ kind: 'account_merge' })])],
    [closed([operation({ kind: 'claimable_balance' })])],
    [closed([operation({ kind: 'clawback' })])],
    [closed([operation({ kind: 'contract_transfer' })])],
    [closed([operation({ kind: 'unknown' })])],
  ],
  stellar_asset_mismatch: [
    [closed([operation({ asset: EURC })])],
    [closed([operation({ asset: FAKE_USDC })])],
    [closed([operation({ asset: { kind: 'native' } })])],
    [closed([operation({ asset: null })])],
    [closed([operation({ asset: { kind: 'issued', code: 'usdc', issuer: ISSUER } })])],
    [closed(), { amount_out: { amount: '100', asset: 'iso4217:USD' } }],
  ],
  stellar_amount_mismatch: [
    [closed([operation({ amount: '99.9999999' })])],
    [closed([operation({ amount: '100.0000001' })])],
    [closed([operation({ amount: null })])],
    [closed(operations(2, { amount: '40' }))],
    // The other half went elsewhere, or came in another asset.
    [closed([operation({ amount: '50' }), operation({ amount: '50', to: OTHER })])],
    [closed([operation({ amount: '50' }), operation({ amount: '50', asset: EURC })])],
    [closed(), { amount_out: { amount: '1E+2', asset: USDC } }],
  ],
  stellar_memo_mismatch: [
    [closed(), { memo: '12', memo_type: 'id' }],
    [withMemo({ type: 'text', value: '12' }), { memo: '12', memo_type: 'id' }],
    [withMemo({ type: 'text', value: 'a' }), { memo: 'A', memo_type: 'text' }],
    [withMemo({ type: 'text', value: 'a' }), { memo: 'a ', memo_type: 'text' }],
    [withMemo({ type: 'text', value: MEMO_HASH_BASE64 }), HASH_MEMO],
    [withMemo({ type: 'other', shown: 'return' }), HASH_MEMO],
    [withMemo({ type: 'text', value: 'a' }), { memo: 'a' }],
    [withMemo({ type: 'text', value: 'a' }), { memo: 'a', memo_type: 'return' }],
  ],
}

describe('a Stellar transaction that does not pay the deposit is refused with a reason', () => {
  test.each(Object.entries(REFUSED))('%s', (reason, rows) => {
    for (const [found, fields] of rows) {
      const { mismatch } = judge(found, fields)
      const about = JSON.stringify({ found, fields })
      expect(mismatch?.data, about).toMatchObject({ reason, expected: expect.anything() })
      expect(mismatch?.data, about).toHaveProperty('found')
      expect(mismatch?.code, about).toBe(-32600)
      expect(mismatch?.message, about).toMatch(
        new RegExp(`^stellar_transaction_id refused: ${HASH}, .+; allowed: .+\\.$`),
      )
    }
  })

  test('the refusal shows the expected and the found value', () => {
    const { mismatch } = judge(closed(operations(2, { amount: '99' })))
    expect(mismatch).toEqual({
      code: -32600,
      message: `stellar_transaction_id refused: ${HASH}, which pays the account 198 in 2 operation(s); allowed: exactly 100, in one operation or in all.`,
      data: { reason: 'stellar_amount_mismatch', expected: '100', found: ['198'] },
    })
  })

  test('the size of a refusal is limited, even with 100 operations', () => {
    const accounts = operations(100).map((one, index) => ({ ...one, to: `G${index}` }))
    const { mismatch, evidence } = judge(closed(accounts), { destination_account: 'x'.repeat(999) })
    expect(mismatch?.message.length).toBeLessThan(500)
    expect(JSON.stringify({ ...mismatch?.data, expected: '' }).length).toBeLessThan(500)
    expect(JSON.stringify({ ...evidence, expected: '' }).length).toBeLessThan(5_000)
    expect(evidence['stellarTransaction']).toMatchObject({ count: 100 })
  })
})

describe('a value that the platform does not show is not demanded, and the evidence lists it', () => {
  const nothing = { destination_account: null, amount_out: null }
  test.each<[string, Record<string, unknown>, string[]]>([
    ['no account', { destination_account: '' }, ['account', 'memo']],
    ['no amount', { amount_out: { asset: USDC } }, ['amount', 'memo']],
    [
      'an amount that is not agreed yet',
      { amount_out: { amount: '0.00', asset: USDC } },
      ['amount', 'memo'],
    ],
    ['no asset', { amount_out: { amount: '100' } }, ['asset', 'memo']],
    ['nothing', nothing, ['account', 'asset', 'amount', 'memo']],
    ['a memo', { memo: '', memo_type: 'none' }, ['memo']],
  ])('%s', (_, fields, notSaid) => {
    const { mismatch, evidence } = judge(closed(), fields)
    expect(mismatch).toBeNull()
    expect(evidence).toMatchObject({ notSaid })
  })

  test('the other values are still demanded', () => {
    const everybody = { destination_account: null }
    expect(reasonOf(closed([operation({ asset: EURC })]), everybody)).toBe('stellar_asset_mismatch')
    expect(reasonOf(closed([operation({ amount: '1' })]), everybody)).toBe(
      'stellar_amount_mismatch',
    )
    expect(reasonOf(closed([]), nothing)).toBe('stellar_destination_mismatch')
  })

  test('a sum never mixes assets, accounts or customers of one account', () => {
    const half = { amount: '50' }
    const mixed = closed([operation(half), operation({ ...half, asset: EURC })])
    expect(reasonOf(mixed, { amount_out: { amount: '100' } })).toBe('stellar_amount_mismatch')
    const anybody = { destination_account: null }
    expect(reasonOf(closed([operation(half), operation({ ...half, to: OTHER })]), anybody)).toBe(
      'stellar_amount_mismatch',
    )
    expect(
      reasonOf(closed([operation(half), operation({ ...half, toMuxedId: '1' })]), anybody),
    ).toBe('stellar_amount_mismatch')
  })
})

describe('an update claims the operations that pay it', () => {
  const four = operations(4).map(({ operationId }) => operationId)
  const [a = '', b = '', c = '', d = ''] = four
  const paying = (...amounts: string[]) =>
    closed(amounts.map((amount, index) => operation({ operationId: four[index] ?? '', amount })))
  test.each<[string, LedgerTransaction | null, Record<string, unknown>, string[][]]>([
    ['one operation', paying('100'), {}, [[a]]],
    ['all parts of the amount together', paying('40', '60'), {}, [[a, b]]],
    ['one of several that alone are the amount', paying('100', '100', '7'), {}, [[a], [b]]],
    ['the whole before its single parts', paying('100', '0'), {}, [[a, b], [a]]],
    ['every sum, if no amount is shown', paying('40', '60'), { amount_out: null }, [[a, b]]],
    ['what comes nearest to a wrong amount', paying('40', '50'), {}, [[a, b]]],
    [
      'what comes nearest to another account',
      closed([operation({ operationId: c, to: OTHER }), operation({ operationId: d, to: OTHER })]),
      {},
      [[c, d]],
    ],
    ['the whole Stellar transaction, if it is not known', null, {}, []],
  ])('%s', (_, found, fields, choices) => {
    expect(judge(found, fields).choices).toEqual(choices)
  })
})

const EURC_NAME = `stellar:EURC:${ISSUER}`

describe('a receipt is the payment to the account of the transaction', () => {
  const ID = { memo: MUXED_ID, memo_type: 'id' }
  const SEP31 = { sep: '31', kind: 'receive' }
  const receipt = (fields: Record<string, unknown> = {}, reported?: string) => {
    const shown = { amount_in: { amount: '100', asset: USDC }, amount_out: null, ...fields }
    const params = { transaction_id: 'T', ...(reported && { amount_in: { amount: reported } }) }
    return expectedReceipt(deposit({ kind: 'withdrawal', ...shown }), params)
  }
  const reasonFor = (found: LedgerTransaction | null, ...given: Parameters<typeof receipt>) =>
    judgeReported(HASH, found, receipt(...given)).mismatch?.data?.['reason'] ?? 'ok'
  const paid = (amount: string) => closed([operation({ amount })])
  const muxed = closed([operation({ toMuxedId: MUXED_ID })])

  test.each<[string, LedgerTransaction | null, Record<string, unknown>, string | undefined]>([
    ['ok', paid('100'), {}, undefined],
    ['ok', paid('40'), {}, '40'],
    ['ok', paid('100'), { amount_in: { amount: '0', asset: USDC } }, '100'],
    [
      'ok',
      paid('7'),
      { amount_in: null, amount_expected: { amount: '7', asset: USDC } },
      undefined,
    ],
    ['ok', paid('100'), { withdraw_anchor_account: USER, destination_account: OTHER }, undefined],
    ['ok', muxed, ID, undefined],
    ['ok', muxed, { ...ID, memo: `+00${MUXED_ID}` }, undefined],
    ['ok', closed([operation()], { memo: { type: 'id', value: MUXED_ID } }), ID, undefined],
    ['stellar_transaction_not_found', null, {}, undefined],
    ['stellar_transaction_failed', closed([operation()], { successful: false }), {}, undefined],
    ['stellar_transaction_without_payment', closed([]), {}, undefined],
    ['ok', closed([operation({ kind: 'path_payment' })]), {}, undefined],
    [
      'stellar_path_payment_for_sep31',
      closed([operation({ kind: 'path_payment' })]),
      SEP31,
      undefined,
    ],
    ['ok', closed(), SEP31, undefined],
    ['stellar_destination_mismatch', closed([operation({ to: OTHER })]), {}, undefined],
    ['stellar_asset_mismatch', closed([operation({ asset: EURC })]), {}, undefined],
    ['stellar_amount_mismatch', paid('40'), {}, undefined],
    ['stellar_amount_mismatch', paid('40'), {}, '100'],
    ['stellar_amount_mismatch', paid('100'), {}, '40'],
    ['stellar_memo_mismatch', closed(), ID, undefined],
    ['stellar_memo_mismatch', muxed, { memo: MUXED_ID, memo_type: 'text' }, undefined],
  ])('%s (%#)', (reason, found, fields, reported) => {
    expect(reasonFor(found, fields, reported)).toBe(reason)
  })

  test('without a known account is summed by each account and customer that was paid', () => {
    const found = closed([
      operation({ operationId: '1', amount: '40' }),
      operation({ operationId: '2', amount: '60' }),
      operation({ operationId: '3', amount: '100', toMuxedId: '7' }),
      operation({ operationId: '4', amount: '100', to: OTHER, from: USER }),
      operation({ operationId: '5', amount: null, asset: null }),
    ])
    const { evidence } = judgeReported(HASH, found, receipt({ destination_account: null }))
    expect(evidence['received']).toEqual([
      { account: USER, asset: USDC, amount: '100', operationIds: ['1', '2'] },
      { account: `${USER} (muxed id 7)`, asset: USDC, amount: '100', operationIds: ['3'] },
      { account: OTHER, asset: USDC, amount: '100', operationIds: ['4'] },
    ])
    const unsaid = receipt({ destination_account: null, amount_in: null, amount_expected: null })
    const { evidence: all } = judgeReported(HASH, found, unsaid)
    expect((all['received'] as { amount: string | null }[]).at(-1)).toEqual({
      account: USER,
      asset: null,
      amount: null,
      operationIds: ['5'],
    })
  })

  test.each<[Record<string, unknown>, string | null]>([
    [{ amount_in: { amount: null, asset: USDC }, amount_expected: { asset: EURC_NAME } }, USDC],
    [{ amount_in: null, amount_expected: { asset: USDC } }, USDC],
    [{ amount_in: null, amount_expected: null }, null],
  ])('in the asset that the transaction shows: %j', (fields, asset) => {
    expect(receipt(fields, '5')).toMatchObject({ asset, amount: '5' })
  })
})

test('a Stellar transaction is accepted exactly when it matches every value that the platform shows', () => {
  const assets = { [USDC]: operation().asset, other: FAKE_USDC, unknown: null }
  const payment = fc
    .record({
      kind: fc.constantFrom<LedgerPayment['kind']>(
        'payment',
        'payment',
        'path_payment',
        'create_account',
        'contract_transfer',
      ),
      from: fc.constantFrom(ANCHOR, ANCHOR, USER, null),
      to: fc.constantFrom(USER, USER, USER, OTHER, null),
      toMuxedId: fc.constantFrom(null, MUXED_ID, '1'),
      asset: fc.constantFrom<keyof typeof assets>(USDC, USDC, USDC, 'other', 'unknown'),
      stroops: fc.constantFrom(null, 1n, 500_000_000n, 999_999_999n, 1_000_000_000n),
    })
    .map((drawn) => ({
      ...drawn,
      shown: operation({
        ...drawn,
        asset: assets[drawn.asset] ?? null,
        amount: drawn.stroops === null ? null : formatAmount(drawn.stroops),
      }),
    }))
  const found = fc.record({
    payments: fc.array(payment, { minLength: 1, maxLength: 4 }),
    successful: fc.constantFrom(true, true, true, false),
    memo: fc.constantFrom<LedgerMemo>(
      { type: 'none' },
      { type: 'id', value: '1' },
      { type: 'text', value: '1' },
    ),
  })
  const said = fc.record({
    account: fc.constantFrom(USER, USER, MUXED_USER, OTHER, null),
    asset: fc.constantFrom(USDC, USDC, 'stellar:native', null),
    stroops: fc.constantFrom(500_000_000n, 1_000_000_000n, 2_000_000_000n, null),
    memoType: fc.constantFrom('id', 'text', null),
  })
  let passed = 0
  fc.assert(
    fc.property(
      found,
      said,
      ({ payments, successful, memo }, { account, asset, stroops, memoType }) => {
        const { mismatch } = judge(
          closed(
            payments.map(({ shown }) => shown),
            { successful, memo },
          ),
          {
            destination_account: account,
            amount_out: { amount: stroops === null ? null : formatAmount(stroops), asset },
            memo: memoType === null ? null : '1',
            memo_type: memoType,
          },
        )
        const paid = payments.filter(
          (one) =>
            (one.kind === 'payment' || one.kind === 'path_payment') &&
            one.to !== null &&
            one.from !== one.to &&
            (account === null || one.to === (account === MUXED_USER ? USER : account)) &&
            (account !== MUXED_USER || one.toMuxedId === MUXED_ID) &&
            (asset === null || one.asset === asset),
        )
        const sums = paid.map((one) => {
          const alike = paid.filter(
            (other) =>
              other.asset === one.asset &&
              (account !== null || (other.to === one.to && other.toMuxedId === one.toMuxedId)),
          )
          const isSaid = alike.every((other) => other.stroops !== null)
          if (!isSaid || one.asset === 'unknown') return null
          return alike.reduce((sum, other) => sum + (other.stroops ?? 0n), 0n)
        })
        const isPayout =
          successful &&
          paid.length > 0 &&
          (stroops === null ||
            sums.includes(stroops) ||
            paid.some((one) => one.stroops === stroops && one.asset !== 'unknown')) &&
          (memoType === null || memo.type === memoType)
        if (isPayout) passed += 1
        expect(mismatch === null).toBe(isPayout)
      },
    ),
    { numRuns: 20_000 },
  )
  expect(passed).toBeGreaterThan(500)
})
