import { describe, expect, test } from 'vitest'
import { parseLosslessJson } from '../../../lib/lossless-json.ts'
import { expiryOf, takeExpiry } from '../../../lib/updates/expiry.ts'

const taken = (json: string) => takeExpiry(parseLosslessJson(json))

describe('expires_in_seconds', () => {
  test.each([
    ['1', 1],
    ['"1"', 1],
    ['900', 900],
    ['2592000', 2_592_000],
    ['"0000900"', 900],
  ])('%s is taken out of the params', (text, seconds) => {
    expect(taken(`{"transaction_id":"t","expires_in_seconds":${text}}`)).toEqual({
      params: { transaction_id: 't' },
      seconds,
    })
  })

  test.each([
    '0',
    '2592001',
    '12345678',
    '"00000900"',
    '-1',
    '1.5',
    '1e3',
    '" 1"',
    '"1 "',
    '"x1"',
    '"1x"',
    '""',
    'true',
    '[1]',
    '{}',
  ])('%s is refused with what is allowed', (text) => {
    const refusal = { code: -32602, message: expect.stringContaining('expires_in_seconds') }
    const result = taken(`{"transaction_id":"t","expires_in_seconds":${text}}`)
    expect(result).toEqual({ refusal: expect.objectContaining(refusal) })
    expect(JSON.stringify(result)).toContain('a whole number of seconds from 1 to 2592000')
  })

  test('of null counts as absent, and is not sent', () => {
    const params = { transaction_id: 't', expires_in_seconds: null }
    expect(takeExpiry(params)).toEqual({ params: { transaction_id: 't' }, seconds: null })
  })

  test.each([{ transaction_id: 't' }, {}, null, 'text', ['a']])(
    'is absent in %j, which stays as it is',
    (params) => {
      const result = takeExpiry(params)
      expect(result).toEqual({ params, seconds: null })
      expect('params' in result && result.params).toBe(params)
    },
  )
})

test.each([
  [null, false, null],
  [60, false, 60],
  // 15 minutes: custody money that could not be sent for longer is not sent without a person.
  [null, true, 900],
  [3_600, true, 3_600],
])('an update with the limit %s and custody %s may be sent for %s s', (seconds, custody, may) => {
  expect(expiryOf(seconds, custody)).toBe(may)
})
