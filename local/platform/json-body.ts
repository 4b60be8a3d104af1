/** A number of a JSON body as it was written. A JavaScript number would lose digits of an amount. */
export class JsonNumber {
  readonly source: string
  constructor(source: string) {
    this.source = source
  }
}

export type Json = null | boolean | string | JsonNumber | Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json
}

/** Whether a JSON value is an object; arrays and numbers are not. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof JsonNumber)
  )
}

/** Parses JSON and keeps the source text of numbers. @throws SyntaxError */
export function parseJson(text: string): Json {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    // Java prints half a surrogate pair as a question mark.
    if (typeof value === 'string') return value.replaceAll(/\p{Surrogate}/gu, '?')
    if (typeof value !== 'number') return value
    return new JsonNumber(context?.source ?? String(value))
  }) as Json
}

const rawJson = (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON

/** Prints JSON. Numbers that `parseJson` read are printed as Java prints them. */
export function printJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part instanceof JsonNumber ? rawJson(printedNumber(part.source)) : part,
  )
}

/** A value without the nulls of its objects, which the platform does not print. A null in a list stays. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== null)
      .map(([name, part]) => [name, withoutNulls(part)]),
  )
}

/** Whether a number is too large for a double. */
export const isBeyondDouble = ({ source }: JsonNumber): boolean => !Number.isFinite(Number(source))

const printedNumber = (source: string): string =>
  Number.isFinite(Number(source)) ? javaNumber(source) : source

const LONG_MIN = -(2n ** 63n)
const LONG_MAX = 2n ** 63n - 1n

/** Prints a JSON number as Java does: as a 64-bit integer if it is one, else as a double. */
export function javaNumber(source: string): string {
  if (/^-?\d+$/.test(source)) {
    const whole = BigInt(source)
    if (whole >= LONG_MIN && whole <= LONG_MAX) return whole.toString()
  }
  return javaDouble(Number(source))
}

/** Prints as `Double.toString` does: with a fraction digit, and with an exponent below 1e-3 and from 1e7 on. */
function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Object.is(value, -0)) return '-0.0'
  const size = Math.abs(value)
  if (size === 0 || (size >= 1e-3 && size < 1e7)) return withFraction(String(value))
  const [mantissa = '', exponent = ''] = value.toExponential().split('e')
  return `${withFraction(mantissa)}E${exponent.replace('+', '')}`
}

const withFraction = (digits: string): string => (digits.includes('.') ? digits : `${digits}.0`)
