import { expect, test } from 'vitest'
import {
  formatAmount,
  formatStroops,
  isDecimal,
  isGreaterDecimal,
  isSameDecimal,
  parseAmount,
  sumDecimals,
  withoutExponent,
} from '../../../lib/stellar/amount.ts'

test.each([
  ['0', 0n, '0'],
  ['0.0000001', 1n, '0.0000001'],
  ['1', 10_000_000n, '1'],
  ['10.50', 105_000_000n, '10.5'],
  ['922337203685.4775807', 9_223_372_036_854_775_807n, '922337203685.4775807'],
])('%s is %s stroops, written %s', (text, stroops, written) => {
  expect(parseAmount(text)).toBe(stroops)
  expect(formatAmount(stroops)).toBe(written)
})

test.each([
  '',
  ' 1',
  '1 ',
  '+1',
  '-1',
  '-0',
  '01',
  '.5',
  '1.',
  '1e2',
  '1,5',
  '1_000',
  '0x10',
  '١',
  '１',
  '1.00000000',
  '0.12345678',
  '922337203685.4775808',
  '1000000000000',
  'NaN',
  'Infinity',
  10,
  10n,
  null,
  undefined,
  {},
])('%o is not an amount of a Stellar asset', (value) => {
  expect(parseAmount(value)).toBeNull()
})

test('stroops that the ledger cannot hold are refused', () => {
  for (const stroops of [-1n, 9_223_372_036_854_775_808n]) {
    const message = `Stroops refused: ${stroops}; allowed: 0 to 9223372036854775807`
    expect(() => formatAmount(stroops)).toThrow(new RangeError(message))
  }
})

test('decimals are added exactly, with any number of digits', () => {
  expect(sumDecimals([])).toBe('0')
  expect(sumDecimals(['0.1', '0.2'])).toBe('0.3')
  expect(sumDecimals(['9007199254740993', '0.00000001'])).toBe('9007199254740993.00000001')
  expect(sumDecimals(['0.50', '0.5'])).toBe('1')
  expect(() => sumDecimals(['1', '-1'])).toThrow(RangeError)
})

test('10 and 10.00 are the same decimal, and a text that is not a decimal equals none', () => {
  expect(isSameDecimal('10', '10.00')).toBe(true)
  expect(isSameDecimal('10', '10.01')).toBe(false)
  expect(isSameDecimal('x', 'x')).toBe(false)
  expect(isSameDecimal('1', 'x')).toBe(false)
  expect(isSameDecimal('x', '1')).toBe(false)
  expect(isSameDecimal(undefined, undefined)).toBe(false)
  expect(['1.123456789', '0'].every(isDecimal)).toBe(true)
  expect(['1e2', '+1', '', '1.', 1].some(isDecimal)).toBe(false)
})

test.each([
  ['1e-7', '0.0000001'],
  ['1.2E7', '12000000'],
  ['1e2', '100'],
  ['1.50e1', '15.0'],
  ['1.234e2', '123.4'],
  ['12.5e-3', '0.0125'],
  ['0e5', '0'],
  ['0.001e2', '0.1'],
  ['1.0E+2', '100'],
  ['-1e2', '-100'],
  ['9.223372036854775807e11', '922337203685.4775807'],
  ['1e400', '1e400'],
  ['1e30', '1e30'],
  ['1e-31', '1e-31'],
  ['1e100', '1e100'],
  ['x1e2', 'x1e2'],
  ['01e2', '01e2'],
  ['100', '100'],
  ['1e', '1e'],
])('the number %s without its exponent is %s, exactly', (number, plain) => {
  expect(withoutExponent(number)).toBe(plain)
})

test.each([
  [0n, '0'],
  [-1n, '-0.0000001'],
  [-10_000_000n, '-1'],
  [-10_500_000n, '-1.05'],
  [2n ** 70n, '118059162071741.1303424'],
])('the difference of %s stroops is written %s', (stroops, written) => {
  expect(formatStroops(stroops)).toBe(written)
})

test.each([
  ['10', '9', true],
  ['9', '10', false],
  ['1.5', '1.50', false],
  ['1.50000000000000000001', '1.5', true],
  ['0', '0.1', false],
  ['1.5', '1.25', true],
  ['1.25', '1.5', false],
  ['2', '1.99', true],
])('%s is greater than %s: %s', (one, other, isGreater) => {
  expect(isGreaterDecimal(one, other)).toBe(isGreater)
})

test('a text that is not a decimal is shown by its first 80 characters', () => {
  const message = `Decimal refused: "${'x'.repeat(80)}"`
  expect(() => isGreaterDecimal('x'.repeat(81), '1')).toThrow(new RangeError(message))
})

test.each(['-1', '1e3', '', 'x'])('%j is not compared as a decimal', (text) => {
  const message = `Decimal refused: ${JSON.stringify(text)}`
  expect(() => isGreaterDecimal(text, '1')).toThrow(new RangeError(message))
  expect(() => isGreaterDecimal('1', text)).toThrow(new RangeError(message))
})
