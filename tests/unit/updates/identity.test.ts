import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { resolveMethod } from '../../../lib/platform/methods.ts'
import type { UpdateParams } from '../../../lib/platform/params.ts'
import {
  creditedOperation,
  creditsPayment,
  isCustodyMoney,
  keyOfAgain,
  naturalKey,
  operationKey,
  reportedRefund,
} from '../../../lib/updates/identity.ts'
import { PROFILE } from './machine.ts'

const update = (name: string, params: Partial<UpdateParams> = {}) => ({
  method: resolveMethod(name, PROFILE),
  params: { transaction_id: 't-1', ...params },
})
const SENT = 'notify_onchain_funds_sent'
const REFUND = 'notify_refund_sent'
const HASH = 'AB'.repeat(32)
const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

describe('the natural key of an update', () => {
  test('names its method, its transaction and the Stellar transaction, in lower case', () => {
    expect(naturalKey(update(SENT, { stellar_transaction_id: HASH }))).toBe(
      `["${SENT}","t-1","${HASH.toLowerCase()}"]`,
    )
  })

  test('names a refund', () => {
    const refund = { id: 'R-1', amount: { amount: '1' }, amount_fee: { amount: '0' } }
    expect(naturalKey(update(REFUND, { refund }))).toBe(`["${REFUND}","t-1","R-1"]`)
    expect(naturalKey(update(REFUND, { refund: { id: 'R-1' } }))).toBe(`["${REFUND}","t-1","R-1"]`)
  })

  test.each<[string, string, Partial<UpdateParams>]>([
    ['a payout without its Stellar transaction', SENT, {}],
    ['a refund without params', REFUND, {}],
    ['a refund without an id', REFUND, { refund: { amount: { amount: '1' } } }],
    ['a refund with an empty id', REFUND, { refund: { id: '' } }],
    [
      'a refund whose amount the platform never applies',
      REFUND,
      { refund: { id: 'R', amount: { amount: 'x' } } },
    ],
    [
      'a refund whose fee the platform never applies',
      REFUND,
      { refund: { id: 'R', amount_fee: { amount: 'x' } } },
    ],
    [
      'another method with a Stellar transaction and a refund',
      'notify_transaction_error',
      { stellar_transaction_id: HASH, refund: { id: 'R' } },
    ],
    ['a payout with a refund', SENT, { refund: { id: 'R' } }],
  ])('is missing for %s', (_case, name, params) => {
    expect(naturalKey(update(name, params))).toBeNull()
  })

  test('of more than 512 characters is replaced by its hash', () => {
    const keyOf = (id: string) => naturalKey(update(REFUND, { refund: { id } }))
    const short = keyOf('')?.length ?? 0
    expect(short).toBe(0)
    const empty = `["${REFUND}","t-1",""]`.length
    const longest = 'x'.repeat(512 - empty)
    expect(keyOf(longest)).toBe(`["${REFUND}","t-1","${longest}"]`)
    expect(keyOf(`${longest}x`)).toBe(sha256(`["${REFUND}","t-1","${longest}x"]`))
  })
})

describe('the natural key of an update that is meant again', () => {
  test.each<[string | null, string]>([
    ['2026-02-03T04:05:06Z', '1770091506000000'],
    // The answer to an update has nanoseconds, and a reading of the same transaction has microseconds.
    ['2026-02-03T04:05:06.123456499Z', '1770091506123456'],
    ['2026-02-03T04:05:06.123456500Z', '1770091506123457'],
    ['2026-02-03T04:05:06.123457Z', '1770091506123457'],
    [null, '0'],
    ['now', '0'],
  ])('follows the change of the transaction at %s', (updatedAt, microseconds) => {
    expect(keyOfAgain('k', { status: 'on_hold', updated_at: updatedAt })).toBe(
      `["k","on_hold","${microseconds}"]`,
    )
  })

  test('keeps to 512 characters', () => {
    const key = 'k'.repeat(512)
    expect(keyOfAgain(key, { status: 'on_hold', updated_at: null })).toBe(
      sha256(`["${key}","on_hold","0"]`),
    )
    expect(keyOfAgain(null, { status: 's', updated_at: null })).toBe('[null,"s","0"]')
  })
})

describe('the operation that an update credits', () => {
  test.each(['payment_observer', 'assignment'])(
    'is named by the key of the origin %s',
    (origin) => {
      expect(creditsPayment(origin)).toBe(true)
      const key = operationKey(12, '4294967297')
      expect(key).toBe('operation 4294967297 of epoch 12')
      expect(creditedOperation({ origin, naturalKey: key })).toBe('4294967297')
    },
  )

  test.each(['rpc', 'url', 'replay', ''])('is none for the origin %j', (origin) => {
    expect(creditsPayment(origin)).toBe(false)
    expect(creditedOperation({ origin, naturalKey: operationKey(1, '7') })).toBeNull()
  })

  test.each([
    null,
    '',
    'operation x of epoch 1',
    'operation 7 of epoch x',
    'operation 7 of epoch 12x',
    'an operation 7 of epoch 1',
    'operation  of epoch 1',
    'operation 7 of epoch ',
  ])('is none for the key %j', (key) => {
    expect(creditedOperation({ origin: 'assignment', naturalKey: key })).toBeNull()
  })
})

describe('custody money', () => {
  test.each<[string, Partial<UpdateParams>, boolean, boolean]>([
    ['do_stellar_payment', {}, false, true],
    ['do_stellar_payment', {}, true, true],
    ['do_stellar_refund', {}, true, true],
    ['notify_trust_set', { success: true }, true, true],
    ['notify_trust_set', { success: true }, false, false],
    ['notify_trust_set', { success: false }, true, false],
    ['notify_trust_set', {}, true, false],
    ['notify_offchain_funds_sent', { success: true }, true, false],
  ])('%s with %j and custody %s: %s', (name, params, custody, expected) => {
    expect(isCustodyMoney(update(name, params), { ...PROFILE, custody })).toBe(expected)
  })
})

describe('the refund that an update adds', () => {
  const asset = 'iso4217:USD'
  const whole = { id: 'R', amount: { amount: '1.50', asset }, amount_fee: { amount: '0.5' } }

  test.each([REFUND, 'notify_refund_pending'])('is read from the params of %s', (name) => {
    expect(reportedRefund(update(name, { refund: whole }))).toEqual({
      id: 'R',
      amount: '1.50',
      fee: '0.5',
      asset,
    })
  })

  test.each<[string, Partial<UpdateParams>]>([
    ['no refund', {}],
    ['no id', { refund: { ...whole, id: '' } }],
    ['no amount', { refund: { id: 'R', amount_fee: whole.amount_fee } }],
    ['no text of the amount', { refund: { ...whole, amount: { asset } } }],
    ['no asset', { refund: { ...whole, amount: { amount: '1' } } }],
    ['no fee', { refund: { id: 'R', amount: whole.amount } }],
    ['no text of the fee', { refund: { ...whole, amount_fee: {} } }],
    ['an amount that is not a decimal', { refund: { ...whole, amount: { amount: '1e2', asset } } }],
    ['a fee that is not a decimal', { refund: { ...whole, amount_fee: { amount: 'x' } } }],
  ])('is none with %s', (_case, params) => {
    expect(reportedRefund(update(REFUND, params))).toBeNull()
  })

  test('is none for a method that does not count it', () => {
    expect(reportedRefund(update('do_stellar_refund', { refund: whole }))).toBeNull()
  })
})
