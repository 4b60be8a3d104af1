import { expect, test } from 'vitest'
import {
  formatMemo,
  isSameMemo,
  type Memo,
  parseMemo,
  spellingsOfMemo,
} from '../../../lib/stellar/memo.ts'

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
  expect(parseMemo(written, type)).toEqual({ type, value })
  expect(formatMemo({ type, value })).toBe(written)
})

test('a hash without padding is the same hash', () => {
  expect(parseMemo(BASE64.replace('=', ''), 'hash')).toEqual({ type: 'hash', value: HEX })
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
])('a memo of type %j and value %j is refused', (type, value) => {
  expect(parseMemo(value, type)).toBeNull()
})

test('an id and a text of the same letters are different memos', () => {
  const id: Memo = { type: 'id', value: '1' }
  expect(isSameMemo(id, { type: 'text', value: '1' })).toBe(false)
  expect(isSameMemo(id, { ...id })).toBe(true)
})

test.each([HEX, HEX.toUpperCase(), BASE64, BASE64.replace('=', '')])(
  'a hash memo asked for as %s is found in every spelling',
  (text) => {
    const spellings = [BASE64, BASE64.replace('=', ''), HEX, HEX.toUpperCase()]
    expect(spellingsOfMemo(text).sort()).toEqual(spellings.sort())
  },
)

test.each(['12', 'a b ', '', 'AB', HEX.slice(1), 'é'])('%j has one spelling', (text) => {
  expect(spellingsOfMemo(text)).toEqual([text])
})

test('a hash in base64 is found although each + of it became a blank', () => {
  const hex = 'fb'.repeat(32)
  const base64 = Buffer.from(hex, 'hex').toString('base64')
  expect(spellingsOfMemo(base64.replaceAll('+', ' '))).toEqual(
    expect.arrayContaining([base64, hex]),
  )
})
