import { expect, test } from 'vitest'
import { formatMemo, isSameMemo, MemoError, parseMemo } from '../../../lib/stellar/memo.ts'

const HEX = '00'.repeat(31).concat('ff')
const BASE64 = Buffer.from(HEX, 'hex').toString('base64')

test.each([
  ['text', 'a b ', 'a b '],
  ['text', 'é'.repeat(14), 'é'.repeat(14)],
  ['text', '', ''],
  ['id', '0', '0'],
  ['id', '18446744073709551615', '18446744073709551615'],
  ['hash', BASE64, HEX],
] as const)('a memo of type %s keeps its bytes: %j', (type, written, value) => {
  const memo = parseMemo(written, type)
  expect(memo).toEqual({ type, value })
  expect(formatMemo(memo)).toBe(written)
})

test('a hash without padding is the same hash', () => {
  const memo = parseMemo(BASE64.replace('=', ''), 'hash')
  expect(isSameMemo(memo, parseMemo(BASE64, 'hash'))).toBe(true)
})

test.each([
  ['text', 'x'.repeat(29)],
  ['text', 'é'.repeat(15)],
  ['text', '\ud800'],
  ['id', '18446744073709551616'],
  ['id', '-1'],
  ['id', '+1'],
  ['id', '007'],
  ['id', ' 1'],
  ['id', '1.0'],
  ['id', '٣'],
  ['id', ''],
  ['hash', HEX],
  ['hash', BASE64.slice(4)],
  ['hash', `${BASE64.slice(0, 42)}9=`],
  ['hash', `${BASE64} `],
  ['hash', BASE64.replaceAll('A', '-')],
  ['hash', ''],
  ['none', ''],
  ['return', BASE64],
  ['TEXT', 'a'],
  ['toString', 'a'],
  [undefined, '1'],
])('no memo of type %j: %j', (type, value) => {
  expect(() => parseMemo(value, type)).toThrow(MemoError)
})

test('an id and a text of the same letters are different memos', () => {
  expect(isSameMemo(parseMemo('1', 'id'), parseMemo('1', 'text'))).toBe(false)
})
