import { expect, test } from 'vitest'
import { readCountryCode } from '../../../../../lib/anchors/check/info/country-code.ts'
import { isCountryCode } from '../../../../../lib/anchors/discovery/country.ts'

test.each([
  ['BR', 'BR'],
  ['br', 'BR'],
  [' US ', 'US'],
  ['BRA', 'BR'],
  ['usa', 'US'],
  ['US-CA', 'US'],
  ['BR-SP', 'BR'],
  ['GB-ENG', 'GB'],
  ['USA-CA', 'US'],
  ['FR-75', 'FR'],
  ['UK', 'GB'],
  ['XK', 'XK'],
  ['ZZ', null],
  ['EU', null],
  ['ZZZ', null],
  ['Brazil', null],
  ['BR-', null],
  ['BR-SPXX', null],
  ['', null],
  ['constructor', null],
])('the country %j is %j', (written, code) => {
  expect(readCountryCode(written)).toBe(code)
})

test('the alpha-2 codes are those that directories may use', () => {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const pairs = letters.flatMap((one) => letters.map((other) => one + other))
  const read = pairs.filter((pair) => readCountryCode(pair) === pair)
  expect(read).toEqual(pairs.filter((pair) => pair !== 'ZZ' && isCountryCode(pair)))
  expect(read).toHaveLength(250)
})
