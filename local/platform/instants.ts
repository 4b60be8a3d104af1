import { trimEnd } from '../../lib/trim-end.ts'

/** The pieces of an ISO-8601 instant. Java's message names the index of the first piece that does not match. */
const PIECES = [
  /\d{4}(?!\d)|\+\d{5,6}|-\d{4,6}/y,
  /-/y,
  /\d\d/y,
  /-/y,
  /\d\d/y,
  /T/iy,
  /\d\d/y,
  /:/y,
  /\d\d/y,
  /:/y,
  /\d\d/y,
  /(?:\.\d{0,9})?/y,
  /Z|[+-]\d\d:\d\d/iy,
]

/**
 * Reads an ISO-8601 instant with seconds and zone.
 *
 * @returns nanoseconds since 1970
 * @throws Error with the message of Java's DateTimeFormatter
 */
export function parseInstant(text: string): bigint {
  const found: string[] = []
  let index = 0
  for (const piece of PIECES) {
    piece.lastIndex = index
    const match = piece.exec(text)
    if (match === null) throw new Error(`Text '${text}' could not be parsed at index ${index}`)
    found.push(match[0])
    index = piece.lastIndex
  }
  if (index < text.length) {
    throw new Error(`Text '${text}' could not be parsed, unparsed text found at index ${index}`)
  }
  const [year, , month, , day, , hour, , minute, , second, fraction = '', zone = ''] = found
  const isLeapSecond = `${hour}:${minute}:${second}` === '23:59:60'
  const time = `T${hour}:${minute}:${isLeapSecond ? '59' : second}`
  const atUtc = Date.parse(`${yearOfDate(year)}-${month}-${day}${time}Z`)
  const isNextMidnight = time === 'T24:00:00' && /^\.?0*$/.test(fraction)
  const date = new Date(isNextMidnight ? atUtc - 1 : atUtc)
  const isRead = !Number.isNaN(atUtc) && Number(month) === date.getUTCMonth() + 1
  if (!isRead || Number(day) !== date.getUTCDate() || (hour === '24' && !isNextMidnight)) {
    throw new Error(`Text '${text}' could not be parsed at index 0`)
  }
  const nanoseconds = BigInt(fraction.slice(1).padEnd(9, '0'))
  return nanosecondsOf(new Date(atUtc - offsetMs(zone))) + nanoseconds
}

/** JavaScript writes a year beyond four digits with a sign and six digits. */
const yearOfDate = (year = ''): string =>
  /^[+-]/.test(year) ? `${year[0]}${year.slice(1).padStart(6, '0')}` : year

function offsetMs(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0
  const [hours, minutes] = zone.slice(1).split(':').map(Number) as [number, number]
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

/** Prints nanoseconds since 1970 as Java prints an instant: in UTC, with 0, 3, 6 or 9 fraction digits. */
export function formatInstant(nanoseconds: bigint): string {
  const fraction = remainder(nanoseconds, 1_000_000_000n)
  const second = new Date(Number((nanoseconds - fraction) / 1_000_000n)).toISOString()
  // Java writes a year with as many digits as it has, at least four.
  return second
    .replace(/^([+-])0{1,2}(?=\d{4})/, '$1')
    .replace('.000Z', `${inGroupsOfThree(fraction.toString().padStart(9, '0'))}Z`)
}

/** The remainder of a floored division, which is not negative before 1970 either. */
const remainder = (value: bigint, divisor: bigint): bigint =>
  ((value % divisor) + divisor) % divisor

function inGroupsOfThree(digits: string): string {
  const needed = trimEnd(digits, '0')
  if (needed === '') return ''
  return `.${needed.padEnd(Math.ceil(needed.length / 3) * 3, '0')}`
}

const FINER_THAN_MICROSECONDS = /^[+-]?\d{4,6}-.*\.\d{7,9}Z$/

/** An instant as the platform's database keeps it: in microseconds, a half rounded up. */
export function roundToMicroseconds(text: string): string {
  if (!FINER_THAN_MICROSECONDS.test(text)) return text
  const rounded = parseInstant(text) + 500n
  return formatInstant(rounded - remainder(rounded, 1_000n))
}

export const nanosecondsOf = (date: Date): bigint => BigInt(date.getTime()) * 1_000_000n

export const dateOf = (nanoseconds: bigint): Date => new Date(Number(nanoseconds / 1_000_000n))

/**
 * Makes a clock of nanoseconds from one of milliseconds. Each reading is at least a microsecond later than the reading
 * before, so that two updates never have the same `updated_at`.
 *
 * @param now milliseconds since 1970
 * @returns nanoseconds since 1970
 */
export function nanosecondClock(now: () => number = Date.now): () => bigint {
  let latest = 0n
  let readings = 0n
  return () => {
    readings += 1n
    // The step is prime: one reading of 1,000 is a whole microsecond, and one is exactly between two.
    const reading = nanosecondsOf(new Date(now())) + ((readings * 314_159n) % 1_000_000n)
    latest = reading > latest + 1_000n ? reading : latest + 1_001n
    return latest
  }
}
