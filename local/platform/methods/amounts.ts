import { trimEnd } from '../../../lib/trim-end.ts'

/** A decimal of any size: `unscaled` / 10 ** `scale`. */
export interface Decimal {
  unscaled: bigint
  scale: number
}

const DECIMAL = /^([+-]?)(\p{Nd}*)(?:\.(\p{Nd}*))?(?:[eE]([+-]?\p{Nd}+))?$/u

/** A sum has as many digits as the largest exponent. Real amounts stay far below 10,000. */
const MAX_EXPONENT = 10_000n

/** Reads an amount in the grammar of Java's BigDecimal (`10`, `.5`, `10.`, `+1e2`); null for any other text. */
export function parseDecimal(text: string): Decimal | null {
  const match = DECIMAL.exec(text)
  if (match === null) return null
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match
  if (whole === '' && fraction === '') return null
  const exponent = BigInt(asciiDigits(exponentText).replace('+', ''))
  if (exponent > MAX_EXPONENT || exponent < -MAX_EXPONENT) return null
  const digits = BigInt(asciiDigits(whole + fraction))
  return {
    unscaled: sign === '-' ? -digits : digits,
    scale: fraction.length - Number(exponent),
  }
}

const DIGIT = /^\p{Nd}$/u

/** Turns decimal digits of other scripts into ASCII. Each script has its ten digits in a row, zero first. */
function asciiDigits(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (digit) => {
    const code = digit.charCodeAt(0)
    let value = 0
    while (value < 9 && DIGIT.test(String.fromCharCode(code - value - 1))) value++
    return String(value)
  })
}

const tenTo = (power: number): bigint => 10n ** BigInt(power)

function unscaledAt(decimal: Decimal, scale: number): bigint {
  return decimal.unscaled * tenTo(scale - decimal.scale)
}

/** Compares two decimals. @returns -1 if `a` < `b`, 0 if they are the same number, 1 if `a` > `b` */
export function compareDecimals(a: Decimal, b: Decimal): -1 | 0 | 1 {
  const scale = Math.max(a.scale, b.scale)
  const difference = unscaledAt(a, scale) - unscaledAt(b, scale)
  if (difference === 0n) return 0
  return difference < 0n ? -1 : 1
}

/** Adds exactly. The sum has as many fraction digits as the term with the most. */
export function addDecimals(terms: readonly Decimal[]): Decimal {
  const scale = Math.max(0, ...terms.map((term) => term.scale))
  return { unscaled: terms.reduce((sum, term) => sum + unscaledAt(term, scale), 0n), scale }
}

/** Rounds to `scale` fraction digits; exactly half is rounded towards zero. */
export function roundHalfDown(decimal: Decimal, scale: number): Decimal {
  if (decimal.scale <= scale) return { unscaled: unscaledAt(decimal, scale), scale }
  const divisor = tenTo(decimal.scale - scale)
  const quotient = decimal.unscaled / divisor
  const remainder = decimal.unscaled % divisor
  const size = remainder < 0n ? -remainder : remainder
  const away = remainder < 0n ? -1n : 1n
  return { unscaled: size * 2n > divisor ? quotient + away : quotient, scale }
}

/** The number of fraction digits without trailing zeros. */
export function significantDecimals({ unscaled, scale }: Decimal): number {
  if (unscaled === 0n) return 0
  const digits = unscaled.toString()
  return Math.max(0, scale - (digits.length - trimEnd(digits, '0').length))
}

const STORED_FRACTION_DIGITS = 4

/** Prints a refund total with at most 4 fraction digits, rounded half down, without trailing zeros. */
export function formatRefundTotal(decimal: Decimal): string {
  const { unscaled } = roundHalfDown(decimal, STORED_FRACTION_DIGITS)
  const sign = unscaled < 0n ? '-' : ''
  const digits = (unscaled < 0n ? -unscaled : unscaled)
    .toString()
    .padStart(STORED_FRACTION_DIGITS + 1, '0')
  const whole = digits.slice(0, -STORED_FRACTION_DIGITS)
  const fraction = trimEnd(digits.slice(-STORED_FRACTION_DIGITS), '0')
  return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`
}
