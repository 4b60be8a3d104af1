// The platform refuses a year of more than 4 digits at its first one.
const PARTS = [
  /\d{4}(?!\d)/y,
  /-/y,
  /\d{2}/y,
  /-/y,
  /\d{2}/y,
  /T/y,
  /\d{2}/y,
  /:/y,
  /\d{2}/y,
  /:/y,
  /\d{2}(?:\.\d{1,9})?/y,
  /Z|[+-]\d{2}:\d{2}/y,
] as const

/** An instant in UTC whose fraction keeps its digits, or the index at which the text stops being an instant. */
export type InstantReading = { utc: string } | { stopsAt: number }

/**
 * Reads an RFC 3339 instant with seconds and a zone, and converts it to UTC. Instants before the year 1 and after the year
 * 9999 are refused: the platform stores them, and PostgreSQL and JavaScript cannot read what it then shows.
 */
export function readInstant(text: string): InstantReading {
  let at = 0
  for (const part of PARTS) {
    part.lastIndex = at
    if (!part.test(text)) return { stopsAt: at }
    at = part.lastIndex
  }
  if (at !== text.length) return { stopsAt: at }
  const [, whole = '', fraction = '', zone = ''] = /^(.{19})(\.\d+)?(Z|.{6})$/.exec(text) ?? []
  const milliseconds = isCalendarDate(whole) ? Date.parse(`${whole}${zone}`) : Number.NaN
  if (Number.isNaN(milliseconds)) return { stopsAt: 0 }
  const utc = new Date(milliseconds).toISOString()
  if (!/^\d{4}-/.test(utc) || utc.startsWith('0000')) return { stopsAt: 0 }
  return { utc: `${utc.slice(0, 19)}${fraction}Z` }
}

// Date.parse reads 30 February as 2 March.
function isCalendarDate(whole: string): boolean {
  const milliseconds = Date.parse(`${whole}Z`)
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(whole)
}

/** The nanoseconds since 1970 of an RFC 3339 instant; null for any other text. */
export function instantNanoseconds(text: string | null): bigint | null {
  const reading = text === null ? null : readInstant(text)
  if (reading === null || !('utc' in reading)) return null
  const fraction = /\.(\d+)/.exec(reading.utc)?.[1] ?? ''
  const seconds = Date.parse(`${reading.utc.slice(0, 19)}Z`) / 1000
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))
}

/** The platform answers an update with nanoseconds and stores microseconds. Rounding moves an instant by at most 500 ns. */
const ROUNDING_NANOSECONDS = 500n

/**
 * Compares two readings of one field. They are the `same` if both are absent, or if they differ only by rounding. The
 * result is `unclear` if the second is earlier, or if one of them cannot be read.
 */
export function compareInstants(
  pre: string | null,
  now: string | null,
): 'same' | 'later' | 'unclear' {
  if (pre === now) return 'same'
  const after = instantNanoseconds(now)
  if (after === null) return 'unclear'
  if (pre === null) return 'later'
  const before = instantNanoseconds(pre)
  if (before === null) return 'unclear'
  const difference = after - before
  if (difference > ROUNDING_NANOSECONDS) return 'later'
  return difference >= -ROUNDING_NANOSECONDS ? 'same' : 'unclear'
}

/** Whether an instant is earlier than another one by more than rounding. */
export function isEarlier(instant: string | null, other: string | null): boolean {
  const [at, than] = [instantNanoseconds(instant), instantNanoseconds(other)]
  return at !== null && than !== null && than - at > ROUNDING_NANOSECONDS
}
