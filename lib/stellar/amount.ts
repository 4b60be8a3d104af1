import { trimEnd } from '../trim-end.ts'

const STROOPS_PER_UNIT = 10_000_000n
/** 922337203685.4775807 units: the ledger keeps amounts as signed 64-bit integers. */
export const MAX_STROOPS = 9_223_372_036_854_775_807n

const STELLAR_AMOUNT = /^(?:0|[1-9]\d{0,11})(?:\.\d{1,7})?$/
const DECIMAL = /^(?:0|[1-9]\d{0,29})(?:\.\d{1,30})?$/

/**
 * Reads an amount of a Stellar asset as stroops (1/10,000,000 of a unit); null for every other value. A sign, an exponent,
 * a blank or a separator is refused.
 */
export function parseAmount(value: unknown): bigint | null {
  if (typeof value !== 'string' || !STELLAR_AMOUNT.test(value)) return null
  const [whole = '', fraction = ''] = value.split('.')
  const stroops = BigInt(whole) * STROOPS_PER_UNIT + BigInt(fraction.padEnd(7, '0'))
  return isAmount(stroops) ? stroops : null
}

/** Whether an account can hold this many stroops. */
export function isAmount(stroops: bigint): boolean {
  return stroops >= 0n && stroops <= MAX_STROOPS
}

/** Writes stroops as an amount without trailing zeros. @throws RangeError for stroops that no account can hold */
export function formatAmount(stroops: bigint): string {
  if (!isAmount(stroops)) {
    throw new RangeError(`Stroops refused: ${stroops}; allowed: 0 to ${MAX_STROOPS}`)
  }
  return formatStroops(stroops)
}

/** Writes stroops of any size and sign as units without trailing zeros, for sums and differences. */
export function formatStroops(stroops: bigint): string {
  const size = stroops < 0n ? -stroops : stroops
  const fraction = trimEnd(String(size % STROOPS_PER_UNIT).padStart(7, '0'), '0')
  const whole = `${stroops < 0n ? '-' : ''}${size / STROOPS_PER_UNIT}`
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** Whether a value is a plain decimal text, as amounts of any asset are written: no sign, exponent, blank or separator. */
export function isDecimal(value: unknown): value is string {
  return typeof value === 'string' && DECIMAL.test(value)
}

/** A JSON number with an exponent that leads to at most 31 digits before or after the point. */
const WITH_EXPONENT = /^(-?)(0|[1-9]\d{0,29})(?:\.(\d{1,30}))?[eE]([+-]?\d{1,2})$/

/**
 * Writes a JSON number with an exponent as a plain decimal, exactly: `1e-7` is `0.0000001`, `1.2E7` is `12000000`. Any
 * other text, and a number that would have more than 30 digits before or after the point, is returned as it is.
 */
export function withoutExponent(number: string): string {
  const [, sign, whole = '', fraction = '', exponent] = WITH_EXPONENT.exec(number) ?? []
  if (exponent === undefined) return number
  const point = whole.length + Number(exponent)
  const digits = whole + fraction
  const padded = digits.padEnd(point, '0').padStart(digits.length - Math.min(point, 0), '0')
  const at = Math.max(point, 0)
  const before = padded.slice(0, at).replace(/^0+(?=.)/, '') || '0'
  const plain = padded.length > at ? `${before}.${padded.slice(at)}` : before
  return isDecimal(plain) ? `${sign}${plain}` : number
}

/** The exact sum of plain decimals, without trailing zeros. @throws RangeError for a text that is not a plain decimal */
export function sumDecimals(values: readonly string[]): string {
  requireDecimals(values)
  const decimals = Math.max(0, ...values.map((value) => fractionOf(value).length))
  const sum = values.reduce((total, value) => total + scaled(value, decimals), 0n)
  const digits = String(sum).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = trimEnd(digits.slice(digits.length - decimals), '0')
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** Whether two texts are plain decimals of the same value, as `10` and `10.00` are. */
export function isSameDecimal(one: unknown, other: unknown): boolean {
  return isDecimal(one) && isDecimal(other) && sumDecimals([one]) === sumDecimals([other])
}

/**
 * Whether one plain decimal is greater than another, compared exactly.
 *
 * @throws RangeError for a text that is not a plain decimal
 */
export function isGreaterDecimal(one: string, other: string): boolean {
  requireDecimals([one, other])
  const decimals = Math.max(fractionOf(one).length, fractionOf(other).length)
  return scaled(one, decimals) > scaled(other, decimals)
}

function requireDecimals(values: readonly string[]): void {
  const wrong = values.find((value) => !isDecimal(value))
  if (wrong === undefined) return
  throw new RangeError(`Decimal refused: ${JSON.stringify(String(wrong).slice(0, 80))}`)
}

function fractionOf(value: string): string {
  return value.split('.')[1] ?? ''
}

function scaled(value: string, decimals: number): bigint {
  const [whole = '', fraction = ''] = value.split('.')
  return BigInt(whole + fraction.padEnd(decimals, '0'))
}
