import { describe, expect, test } from 'vitest'
import type { PlatformProfile } from '../../../lib/platform/methods.ts'
import type { AttemptState } from '../../../lib/updates/stored-attempt.ts'
import { warningHeader, warningsOf, withWarnings } from '../../../lib/updates/warnings.ts'

const OLD: PlatformProfile = { release: '2.8', custody: false }
const NEW: PlatformProfile = { release: '4.2', custody: false }
const FEE = { amount: '1', asset: 'iso4217:USD' }
const warned = (method: string, params: unknown, profile = OLD) =>
  warningsOf({ method, params }, profile).map(({ param }) => param)

describe('the warnings of an update', () => {
  test('name each param that neither its method nor this service has', () => {
    const params = { transaction_id: 't', external_transaction_id: 'x', amount_inn: 1, zzz: 2 }
    expect(warned('notify_offchain_funds_received', params)).toEqual(['amount_inn', 'zzz'])
  })

  test('leave out what this service takes out of the params', () => {
    const own = { transaction_id: 't', expires_in_seconds: 60, force: true, note: 'x' }
    const hash = { stellar_transaction_id: 'a' }
    expect(warned('notify_onchain_funds_sent', { ...own, ...hash })).toEqual([])
    // Only a method that can be forced has `force` and `note`.
    expect(warned('notify_offchain_funds_received', own)).toEqual(['force', 'note'])
  })

  test.each<[string, unknown]>([
    ['no_such_method', { transaction_id: 't', x: 1 }],
    ['notify_offchain_funds_received', null],
    ['notify_offchain_funds_received', ['x']],
    ['notify_offchain_funds_received', 'x'],
  ])('of %s with %j are none', (method, params) => {
    expect(warned(method, params)).toEqual([])
  })

  test('say that the old form of a fee is sent in the new one', () => {
    const params = { transaction_id: 't', amount_out: { amount: '9' }, amount_fee: FEE, zzz: 1 }
    expect(warningsOf({ method: 'notify_amounts_updated', params }, NEW)).toEqual([
      {
        param: 'amount_fee',
        nearest: 'fee_details',
        message: 'amount_fee is sent as fee_details, the only form of this release',
      },
      expect.objectContaining({ param: 'zzz' }),
    ])
    expect(warned('notify_amounts_updated', params)).toEqual(['zzz'])
  })

  test('say of a fee that is not rewritten that the release does not have it', () => {
    const params = { transaction_id: 't', amount_out: { amount: '9' }, amount_fee: 'free' }
    expect(warned('notify_amounts_updated', params, NEW)).toEqual(['amount_fee'])
    expect(warningsOf({ method: 'notify_amounts_updated', params }, NEW)[0]?.message).not.toContain(
      'is sent as',
    )
  })
})

describe('the warnings of a stored attempt', () => {
  const attempt = (state: AttemptState, params: object) => ({
    method: 'notify_amounts_updated',
    params: { transaction_id: 't', amount_out: { amount: '9' }, ...params },
    state,
  })
  const shown = (state: AttemptState, params: object, profile: PlatformProfile | null = NEW) => {
    const result = withWarnings(attempt(state, params), profile) as {
      warnings?: { param: string }[]
    }
    return result.warnings?.map(({ param }) => param)
  }

  test('are those of a new update while it is not sent', () => {
    expect(shown('READY', { amount_fee: FEE, zzz: 1 })).toEqual(['amount_fee', 'zzz'])
  })

  test('leave out what an earlier release has once it was sent', () => {
    for (const state of ['SENDING', 'APPLIED', 'REJECTED'] as const) {
      expect(shown(state, { amount_fee: FEE, zzz: 1 })).toEqual(['zzz'])
    }
    expect(shown('APPLIED', { amount_fee: FEE })).toBeUndefined()
  })

  test('are none without a param to warn of, or without a known release', () => {
    const clean = attempt('READY', {})
    expect(withWarnings(clean, NEW)).toBe(clean)
    const odd = attempt('READY', { zzz: 1 })
    expect(withWarnings(odd, null)).toBe(odd)
    expect(withWarnings(odd, NEW)).toEqual({ ...odd, warnings: [expect.anything()] })
  })

  test('of a method that earlier releases do not have are kept', () => {
    const odd = { method: 'no_such_method', params: { zzz: 1 }, state: 'APPLIED' as const }
    expect(withWarnings(odd, NEW)).toBe(odd)
    const first = { ...attempt('APPLIED', { amount_fee: FEE, zzz: 1 }) }
    expect(shown('APPLIED', first.params, OLD)).toEqual(['zzz'])
  })
})

describe('the header of warnings', () => {
  const message = (text: string) => ({ param: 'p', nearest: null, message: text })

  test('is absent without warnings', () => {
    expect(warningHeader([])).toEqual({})
    expect(warningHeader([[], []])).toEqual({})
  })

  test('names the place of each update in the request', () => {
    expect(warningHeader([[message('a'), message('b')], [], [message('c')]])).toEqual({
      'x-anchor-ops-warning': 'item 0: a, item 0: b, item 2: c',
    })
  })

  test('has printable ASCII only, and at most 1,000 characters', () => {
    expect(warningHeader([[message('é\n\t~ \u007f')]])).toEqual({
      'x-anchor-ops-warning': 'item 0: ???~ ?',
    })
    const long = warningHeader([[message('x'.repeat(2_000))]])
    expect(long['x-anchor-ops-warning']).toBe(`item 0: ${'x'.repeat(992)}`)
  })
})
