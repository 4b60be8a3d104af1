import { describe, expect, test } from 'vitest'
import { parseLosslessJson } from '../../../lib/lossless-json.ts'
import type { RpcError } from '../../../lib/platform/envelope.ts'
import { type PlatformProfile, resolveMethod } from '../../../lib/platform/methods.ts'
import { refusalOf } from '../../../lib/platform/param-problem.ts'
import { readParams } from '../../../lib/platform/params.ts'
import { localRefusal } from '../../../lib/platform/status-rules.ts'
import {
  type PlatformTransaction,
  readPlatformTransaction,
} from '../../../lib/platform/transaction.ts'

const PROFILE: PlatformProfile = { release: '2.8', custody: false }
const NEWER: PlatformProfile = { release: '4.2', custody: false }
const NOW = new Date('2024-07-01T00:00:00Z')
const USDC = 'stellar:USDC:GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5'
const USD = 'iso4217:USD'
const HASH = 'a6d3819777fc7f4f92b8085d0020951b89014c746418316024786776db100b15'

const paramsOf = (name: string, text: string) =>
  readParams(resolveMethod(name, PROFILE), parseLosslessJson(text))

function transaction(fields: Record<string, unknown>): PlatformTransaction {
  const read = readPlatformTransaction({ id: 'T', ...fields })
  if (read === null) throw new Error('no transaction')
  return read
}

const DEPOSIT = transaction({ sep: '6', kind: 'deposit', status: 'incomplete' })
const FUNDED = transaction({
  sep: '6',
  kind: 'deposit',
  status: 'pending_anchor',
  transfer_received_at: '2024-06-30T00:00:00Z',
  amount_in: { amount: '100', asset: USD },
})

function refusal(
  name: string,
  fields: Record<string, unknown>,
  on: PlatformTransaction | null = DEPOSIT,
  profile = PROFILE,
): RpcError | null {
  const method = resolveMethod(name, profile)
  const { params, problems } = readParams(method, { transaction_id: 'T', ...fields })
  return params === null
    ? refusalOf(problems)
    : localRefusal(method, params, on, { profile, now: NOW })
}

describe('reading the params', () => {
  test('turns numbers into texts with all digits, drops nulls, converts instants to UTC and keeps unknown keys', () => {
    const { params } = paramsOf(
      'notify_offchain_funds_received',
      `{"transaction_id":7,"message":true,"funds_received_at":"2023-07-04T14:34:56.000000001+02:00",
        "amount_in":{"amount":922337203685.4775807,"asset":null},"amount_out":null,"amount_expected":{"amount":1.0}}`,
    )
    expect(JSON.stringify(params)).toBe(
      '{"transaction_id":"7","message":"true","funds_received_at":"2023-07-04T12:34:56.000000001Z",' +
        '"amount_in":{"amount":"922337203685.4775807"},"amount_expected":{"amount":1.0}}',
    )
  })

  test.each([
    ['"true"', true],
    ['"TRUE"', true],
    ['"yes"', false],
    ['false', false],
    ['null', undefined],
  ])('reads the success %s as %s', (text, value) => {
    const { params } = paramsOf('notify_trust_set', `{"transaction_id":"T","success":${text}}`)
    expect(params?.success).toBe(value)
  })

  test.each([
    ['null', 'params refused: missing; allowed: an object with the transaction_id.'],
    ['[]', 'params refused: []; allowed: an object with the transaction_id.'],
    ['{}', 'transactionId is marked non-null but is null'],
    ['{"transaction_id":null}', 'transactionId is marked non-null but is null'],
    ['{"transaction_id":["T"]}', 'transaction_id refused: ["T"]; allowed: a text.'],
    [
      '{"transaction_id":"T","amount_in":"10"}',
      'amount_in refused: "10"; allowed: an object of amount, asset.',
    ],
    [
      '{"transaction_id":"T","amount_in":{"amount":[10]}}',
      'amount_in.amount refused: [10]; allowed: a text.',
    ],
    [
      '{"transaction_id":"T","fee_details":{"details":[null]}}',
      'fee_details.details[0] refused: missing; allowed: an object of name, description, amount.',
    ],
    [
      '{"transaction_id":"T","fee_details":{"details":{}}}',
      'fee_details.details refused: {}; allowed: a list.',
    ],
    [
      '{"transaction_id":"T","instructions":{"bank":"x"}}',
      'instructions.bank refused: "x"; allowed: an object of value, description.',
    ],
  ])('refuses the params %s with -32603', (text, message) => {
    const { problems } = paramsOf('request_offchain_funds', text)
    const [first, ...more] = problems
    if (first === undefined) throw new Error('read')
    expect(refusalOf([first, ...more])).toMatchObject({ code: -32603, message })
  })

  test.each(['', '.', '..', 'x'.repeat(256), 'a\nb', 'a/b', 'a\\b', '/'])(
    'refuses the transaction id %j before a path is built of it',
    (id) => {
      expect(refusal('request_trust', { transaction_id: id }, null)).toMatchObject({
        code: -32600,
        message: `Transaction with id[${id.slice(0, 255)}] is not found`,
      })
    },
  )

  test.each([
    ['tomorrow', 0],
    ['2023-07-04', 10],
    ['2023-07-04T12:34Z', 16],
    ['2023-07-04T12:34:56', 19],
    ['2023-07-04T12:34:56Zx', 20],
    ['2023-07-04 12:34:56Z', 10],
    ['2023-13-04T12:34:56Z', 0],
    ['2023-02-30T12:34:56Z', 0],
    ['1688474096', 0],
    ['0000-01-01T00:00:00Z', 0],
    ['0001-01-01T00:00:00+01:00', 0],
    ['9999-12-31T23:59:59-01:00', 0],
    ['10000-01-01T00:00:00Z', 0],
    ['2023-06-30T23:59:60Z', 0],
    ['2023-06-30T24:00:00Z', 0],
  ])('refuses the time %s at index %s', (text, index) => {
    expect(refusal('request_trust', { user_action_required_by: text }, null)).toMatchObject({
      code: -32603,
      message: `Text '${text}' could not be parsed at index ${index}`,
    })
  })

  test('keeps a param whose name every object inherits, as any unknown param', () => {
    const { params } = readParams(resolveMethod('request_trust', PROFILE), {
      transaction_id: 'T',
      toString: 1,
    })
    expect(params).toEqual({ transaction_id: 'T', toString: 1 })
  })
})

const amounts = (value: string) => ({
  amount_in: { amount: value, asset: USD },
  amount_out: { amount: '9', asset: USDC },
  amount_fee: { amount: '1', asset: USD },
})

describe('amounts', () => {
  // A pattern that could read a digit in two ways took seconds for the last one.
  test.each(['+1', '1e2', '.5', '1.', '01', '1e999999999', '-0', `${'1'.repeat(40_000)}x`])(
    '%s is never sent, although the platform takes it',
    (value) => {
      const error = { code: -32602, message: 'amount_in.amount is invalid' }
      expect(refusal('request_offchain_funds', amounts(value), null)).toMatchObject(error)
      expect(refusal('request_offchain_funds', amounts(value))).toMatchObject(error)
    },
  )

  test.each([
    ['', 'amount_in.amount cannot be empty'],
    [' ', 'amount_in.amount is invalid'],
    ['1,5', 'amount_in.amount is invalid'],
    ['0x10', 'amount_in.amount is invalid'],
    ['NaN', 'amount_in.amount is invalid'],
    ['-1', 'amount_in.amount should be non-negative'],
    ['-1e5', 'amount_in.amount should be non-negative'],
  ])('%j is refused only where the status rules allow the method', (value, message) => {
    expect(refusal('request_offchain_funds', amounts(value))).toMatchObject({
      code: -32602,
      message,
    })
    expect(refusal('request_offchain_funds', amounts(value), FUNDED)).toBeNull()
    expect(refusal('request_offchain_funds', amounts(value), null)).toBeNull()
  })

  test('an amount of the ledger has 7 decimals and a maximum; other amounts have more decimals', () => {
    const out = (value: string) => ({ ...amounts('1'), amount_out: { amount: value, asset: USDC } })
    expect(refusal('request_offchain_funds', out('922337203685.4775807'))).toBeNull()
    for (const value of ['922337203685.4775808', '0.12345678', '1000000000000']) {
      expect(refusal('request_offchain_funds', out(value), null)?.message).toBe(
        'amount_out.amount is invalid',
      )
    }
    expect(refusal('request_offchain_funds', amounts('0.123456789'))).toBeNull()
    expect(refusal('request_offchain_funds', amounts('0'))).toBeNull()
  })

  test('a refusal names field, value and rule of every problem', () => {
    const error = refusal('request_offchain_funds', {
      ...amounts('-1'),
      amount_fee: { amount: 'x', asset: USDC },
    })
    expect(error?.data).toEqual({
      problems: [
        { field: 'amount_in.amount', value: '"-1"', rule: '0 or more' },
        {
          field: 'amount_fee.asset',
          value: `"${USDC}"`,
          rule: 'an asset like iso4217:USD',
        },
        {
          field: 'amount_fee.amount',
          value: '"x"',
          rule: 'digits, at most 30 after a point, without sign or exponent',
        },
      ],
    })
  })

  test.each(['USDC', 'stellar:USDC', 'stellar:USDC:GABC', 'iso4217:usd', 'bitcoin:x'])(
    'the asset %s is refused',
    (asset) => {
      const fields = { ...amounts('1'), amount_in: { amount: '1', asset } }
      expect(refusal('request_offchain_funds', fields)).toMatchObject({ code: -32602 })
    },
  )

  test('a fee is refused unless its parts add up exactly', () => {
    const fee = (...parts: string[]) => ({
      ...amounts('1'),
      amount_fee: undefined,
      fee_details: { total: '0.3', asset: USD, details: parts.map((amount) => ({ amount })) },
    })
    const { amount_fee: _, ...exact } = fee('0.1', '0.2')
    expect(refusal('request_offchain_funds', exact)).toBeNull()
    const { amount_fee: __, ...wrong } = fee('0.1', '0.20000000001')
    expect(refusal('request_offchain_funds', wrong)?.message).toBe(
      'fee_details.total is not equal to the sum of (fee_details.details.amount)',
    )
    const { amount_fee: ___, ...unread } = fee('0.1', '2e-1')
    expect(refusal('request_offchain_funds', unread, null)).toMatchObject({ code: -32602 })
  })
})

describe('the checks of single methods', () => {
  const refund = (amount: unknown, fee: unknown, id: unknown = 'r1') => ({
    refund: { id, amount, amount_fee: fee },
  })
  const usd = (amount: string) => ({ amount, asset: USD })

  test.each([
    ['notify_transaction_error', {}, 'message is required'],
    ['notify_onchain_funds_sent', {}, 'must not be blank'],
    ['notify_onchain_funds_sent', { stellar_transaction_id: ' ' }, 'must not be blank'],
    ['notify_refund_sent', {}, 'refund is required'],
    ['notify_refund_sent', refund(usd('0'), usd('0')), 'refund.amount.amount should be positive'],
    [
      'notify_refund_sent',
      refund(usd('1'), usd('-1')),
      'refund.amountFee.amount should be non-negative',
    ],
    ['notify_refund_sent', refund(usd('1'), usd('0'), ''), /^refund\.id refused: ""/],
    ['notify_refund_sent', refund(usd('0.12345678'), usd('0')), 'refund.amount.amount is invalid'],
    ['notify_refund_pending', {}, 'refund must not be null'],
  ])('%s with %j is refused', (name, fields, message) => {
    const error = refusal(name, fields, FUNDED)
    expect(error?.code).toBe(-32602)
    expect(error?.message).toMatch(message)
  })

  test('a refund without amount is refused even if the legality is unknown, because the platform would fail on it', () => {
    const hidden = transaction({ sep: '24', kind: 'deposit', status: 'pending_anchor' })
    expect(refusal('notify_refund_sent', { refund: { id: 'r' } }, hidden)).toMatchObject({
      code: -32603,
      message: 'refund.amount refused: missing; allowed: an amount with its asset.',
    })
    expect(refusal('notify_refund_sent', {}, hidden)).toBeNull()
  })

  test('a refund in another asset than the one that came in is refused by that asset', () => {
    const asset = (part: string) => `refund.${part}.asset does not match`
    const ofUsd = transaction({
      ...FUNDED.document,
      amount_in: { amount: '10', asset: USD },
      amount_fee: { amount: '1', asset: USD },
    })
    const [one, other] = [usd('1'), { amount: '1', asset: USDC }]
    for (const method of ['notify_refund_sent', 'notify_refund_pending']) {
      expect(refusal(method, refund(one, one), ofUsd)).toBeNull()
      expect(refusal(method, refund(other, one), ofUsd)?.message).toMatch(asset('amount'))
      expect(refusal(method, refund(one, other), ofUsd)?.message).toMatch(asset('amount_fee'))
    }
  })

  test('an id that is longer than the platform stores is refused by its name', () => {
    const id = (length: number) => ({ external_transaction_id: '😀'.repeat(length) })
    expect(refusal('notify_offchain_funds_received', id(255), null)).toBeNull()
    expect(refusal('notify_offchain_funds_received', id(256), null)).toMatchObject({
      code: -32602,
      data: { problems: [{ field: 'external_transaction_id', rule: 'at most 255 characters' }] },
    })
  })

  test.each(['abc', HASH.slice(1), `${HASH}0`, `../${HASH}`])(
    'the hash %s is never sent',
    (hash) => {
      const fields = { stellar_transaction_id: hash }
      expect(refusal('notify_onchain_funds_sent', fields, null)).toMatchObject({ code: -32602 })
    },
  )

  test('a hash in capital letters is sent', () => {
    const fields = { stellar_transaction_id: HASH.toUpperCase() }
    expect(refusal('notify_onchain_funds_sent', fields, FUNDED)).toBeNull()
  })

  test('the refund in a notify_refund_pending of a withdrawal is not checked', () => {
    const withdrawal = transaction({ sep: '6', kind: 'withdrawal', status: 'pending_external' })
    expect(refusal('notify_refund_pending', { refund: { id: '' } }, withdrawal)).toBeNull()
  })

  test.each([
    [{ amount_in: { amount: '1' } }, null],
    [{}, null],
    [{ amount_in: { amount: '0' } }, 'amount_in.amount should be positive'],
    [
      { amount_out: { amount: '1' } },
      'Invalid amounts combination provided: all, none or only amount_in should be set',
    ],
    [
      { amount_in: { amount: '1' }, amount_fee: { amount: '1' } },
      'Invalid amounts combination provided: all, none or only amount_in should be set',
    ],
  ])('a receipt with %j is refused with %j', (fields, message) => {
    const started = transaction({
      sep: '24',
      kind: 'deposit',
      status: 'pending_user_transfer_start',
    })
    const error = refusal('notify_offchain_funds_received', fields, started)
    expect(error?.message ?? null).toBe(message)
  })

  test('a deadline is refused a minute after it passed, and until then left to the clock of the platform', () => {
    const by = (time: string) => refusal('request_trust', { user_action_required_by: time }, FUNDED)
    expect(by('2024-06-30T23:58:00Z')).toMatchObject({
      code: -32602,
      message: 'user_action_required_by can not be in the past',
    })
    expect(by('2024-06-30T23:59:30Z')).toBeNull()
    expect(by('2030-01-01T00:00:00Z')).toBeNull()
  })

  const onchain = (memo: unknown, memo_type: unknown, profile = PROFILE) =>
    refusal(
      'request_onchain_funds',
      {
        amount_in: { amount: '1', asset: USDC },
        amount_out: { amount: '1', asset: USD },
        fee_details: { total: '0', asset: USDC },
        destination_account: USDC.slice(13),
        ...(memo === undefined ? {} : { memo }),
        ...(memo_type === undefined ? {} : { memo_type }),
      },
      transaction({ sep: '24', kind: 'withdrawal', status: 'incomplete' }),
      profile,
    )

  test.each([
    ['12345', 'id'],
    ['9223372036854775807', 'id'],
    ['é'.repeat(14), 'text'],
    [Buffer.alloc(32).toString('base64'), 'hash'],
    [undefined, undefined],
    ['', undefined],
  ])('the memo %j of type %j is left to the platform', (memo, type) => {
    expect(onchain(memo, type)).toBeNull()
  })

  test.each([
    ['12345', undefined],
    ['12345', 'return'],
    ['12345', 'none'],
    ['9223372036854775808', 'id'],
    ['-1', 'id'],
    ['é'.repeat(15), 'text'],
    ['ab'.repeat(32), 'hash'],
  ])('the memo %j of type %j is refused', (memo, type) => {
    expect(onchain(memo, type)).toMatchObject({ code: -32602 })
  })

  test('4.x takes a memo only if it is an id of 64 bits', () => {
    expect(onchain('18446744073709551615', undefined, NEWER)).toBeNull()
    expect(onchain('abc', undefined, NEWER)?.message).toBe(
      'Invalid id memo: Invalid memo abc of type: MEMO_ID',
    )
  })

  test('4.x counts amount_fee as absent', () => {
    expect(refusal('request_offchain_funds', amounts('1'), DEPOSIT, NEWER)?.message).toBe(
      'All (amount_out is optional) or none of the amount_in, amount_out, and fee_details should be set',
    )
    const fee = { amount_in: usd('1'), fee_details: { total: '0', asset: USD }, amount_fee: 5 }
    expect(refusal('request_offchain_funds', fee, DEPOSIT, NEWER)).toBeNull()
  })
})
