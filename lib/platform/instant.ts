const PARTS = [
  /\d{4}/y,
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

/** An instant in UTC with the digits its fraction was written with, or where its text stops being one. */
export type InstantReading = { utc: string } | { stopsAt: number }

/** Reads an RFC 3339 instant with seconds and a zone; an offset is turned to `Z`, the fraction keeps its digits. */
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
  return { utc: `${new Date(milliseconds).toISOString().slice(0, 19)}${fraction}Z` }
}

// Date.parse takes 30 February for 2 March.
function isCalendarDate(whole: string): boolean {
  const milliseconds = Date.parse(`${whole}Z`)
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(whole)
}

/** Nanoseconds since 1970 of an RFC 3339 instant, or null when the text is none. */
export function instantNanoseconds(text: string | null): bigint | null {
  const reading = text === null ? null : readInstant(text)
  if (reading === null || !('utc' in reading)) return null
  const fraction = /\.(\d+)/.exec(reading.utc)?.[1] ?? ''
  const seconds = Date.parse(`${reading.utc.slice(0, 19)}Z`) / 1000
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))
}
