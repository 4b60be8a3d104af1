import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { javaNumber } from '../../../../local/platform/json-body.ts'
import {
  addDecimals,
  compareDecimals,
  type Decimal,
  formatRefundTotal,
  parseDecimal,
  roundHalfDown,
  significantDecimals,
} from '../../../../local/platform/methods/amounts.ts'

const decimal = (text: string): Decimal => {
  const parsed = parseDecimal(text)
  if (parsed === null) throw new Error(`Not a decimal: ${text}`)
  return parsed
}

describe('the grammar of BigDecimal', () => {
  test.each(['10', '10.5', '.5', '10.', '+10', '-1', '1e2', '1E-2', '0', '१०.५'])(
    '%s is read as a decimal',
    (text) => {
      expect(parseDecimal(text)).not.toBeNull()
    },
  )

  test.each([
    '',
    ' ',
    ' 1',
    '1 ',
    '.',
    '+',
    'e1',
    '1e',
    '1,000',
    '0x10',
    'NaN',
    '1_0',
    '1e99999999',
  ])('"%s" is not a decimal', (text) => {
    expect(parseDecimal(text)).toBeNull()
  })

  test.each([
    ['1e2', '100'],
    ['.5', '0.50'],
    ['+10.', '10'],
    ['१०.५', '10.5'],
    ['-0', '0'],
  ])('%s and %s are the same number', (a, b) => {
    expect(compareDecimals(decimal(a), decimal(b))).toBe(0)
  })

  test('whole numbers of any size are added and compared exactly', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), fc.nat(12), (a, b, scale) => {
        const [left, right] = [
          { unscaled: a, scale },
          { unscaled: b, scale },
        ]
        expect(addDecimals([left, right])).toEqual({ unscaled: a + b, scale })
        expect(compareDecimals(left, right)).toBe(a < b ? -1 : a > b ? 1 : 0)
      }),
    )
  })
})

test.each([
  ['1.10', 1],
  ['100', 0],
  ['1e2', 0],
  ['0.000', 0],
  ['1.0000001', 7],
  ['1e-8', 8],
])('%s has %i significant decimals', (text, expected) => {
  expect(significantDecimals(decimal(text))).toBe(expected)
})

test.each([
  ['0.125', 2, '0.12'],
  ['0.1251', 2, '0.13'],
  ['-0.125', 2, '-0.12'],
  ['-0.126', 2, '-0.13'],
  ['0.135', 2, '0.13'],
  ['7', 2, '7'],
])('%s rounded half down to %i places is %s', (text, scale, expected) => {
  expect(compareDecimals(roundHalfDown(decimal(text), scale), decimal(expected))).toBe(0)
})

test.each([
  ['100.00', '100'],
  ['0.50005', '0.5'],
  ['0.500051', '0.5001'],
  ['0', '0'],
  ['-0.25', '-0.25'],
  ['1e3', '1000'],
])('a refund total of %s is printed as %s', (text, expected) => {
  expect(formatRefundTotal(decimal(text))).toBe(expected)
})

test.each([
  ['10', '10'],
  ['-0', '0'],
  ['10.0', '10.0'],
  ['10.50', '10.5'],
  ['1e2', '100.0'],
  ['0.001', '0.001'],
  ['0.0001', '1.0E-4'],
  ['9999999.5', '9999999.5'],
  ['12345678.5', '1.23456785E7'],
  ['9223372036854775808', '9.223372036854776E18'],
])('the JSON number %s becomes %s', (source, printed) => {
  expect(javaNumber(source)).toBe(printed)
})
