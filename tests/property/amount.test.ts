import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  formatAmount,
  isDecimal,
  isSameDecimal,
  MAX_STROOPS,
  parseAmount,
  sumDecimals,
} from '../../lib/stellar/amount.ts'

const RUNS = 100_000
const stroops = fc.bigInt({ min: 0n, max: MAX_STROOPS })
const decimal = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.nat(18))
  .map(([digits, scale]) => ({ digits, scale, text: placePoint(digits, scale) }))

function placePoint(digits: bigint, scale: number): string {
  const text = String(digits).padStart(scale + 1, '0')
  return scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`
}

test('every amount that the ledger can hold is written and read back exactly', () => {
  fc.assert(
    fc.property(stroops, fc.nat(7), (value, padding) => {
      const text = formatAmount(value)
      expect(parseAmount(text)).toBe(value)
      const written = placePoint(value, 7)
      expect(parseAmount(written)).toBe(value)
      expect(written.replace(/\.?0+$/, '') || '0').toBe(text.replace(/(?<!\..*)0+$/, '') || '0')
      if (text.includes('.')) {
        const padded = text.padEnd(Math.min(text.length + padding, text.indexOf('.') + 8), '0')
        expect(parseAmount(padded)).toBe(value)
      }
    }),
    { numRuns: RUNS },
  )
})

test('a text is an amount exactly when it is a plain decimal of at most 7 decimals and the ledger can hold it', () => {
  const characters = fc.constantFrom(...'00123456789..-+e, x١')
  const text = fc.oneof(
    fc.array(characters, { maxLength: 22 }).map((all) => all.join('')),
    decimal.map((one) => one.text),
    fc.string({ unit: 'binary', maxLength: 6 }),
  )
  fc.assert(
    fc.property(text, (value) => {
      const parts = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(value)
      const [, whole = '', fraction = ''] = parts ?? []
      const expected =
        parts === null || fraction.length > 7 || whole.length > 12
          ? null
          : BigInt(whole + fraction.padEnd(7, '0'))
      const isHeld = expected !== null && expected <= MAX_STROOPS
      expect(parseAmount(value)).toBe(isHeld ? expected : null)
    }),
    { numRuns: RUNS },
  )
})

test('sums of decimals are exact in any order', () => {
  const common = 10n ** 18n
  fc.assert(
    fc.property(fc.array(decimal, { maxLength: 6 }), (all) => {
      const texts = all.map(({ text }) => text)
      const sum = sumDecimals(texts)
      const expected = all.reduce(
        (total, { digits, scale }) => total + (digits * common) / 10n ** BigInt(scale),
        0n,
      )
      expect(isDecimal(sum)).toBe(true)
      expect(isSameDecimal(sum, placePoint(expected, 18))).toBe(true)
      expect(sumDecimals(texts.toReversed())).toBe(sum)
    }),
    { numRuns: 20_000 },
  )
})
