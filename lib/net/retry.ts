const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 30_000
const RETRIED_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

/**
 * How long to wait before the next attempt, in milliseconds, at most 30 s; null when another attempt cannot help.
 * `attempt` counts from 1, `status` is null when no answer came. Retry-After (RFC 9110 10.2.3) wins over doubling from 0.5 s.
 */
export function retryDelayMs(failed: {
  status: number | null
  retryAfter: string | null
  attempt: number
  now: Date
}): number | null {
  if (failed.status !== null && !RETRIED_STATUS.has(failed.status)) return null
  const asked = failed.retryAfter === null ? null : retryAfterMs(failed.retryAfter, failed.now)
  const delayMs = asked ?? FIRST_DELAY_MS * 2 ** (failed.attempt - 1)
  return Math.min(Math.max(delayMs, 0), LONGEST_DELAY_MS)
}

/** How long a Retry-After asks to wait, in milliseconds; null when it is neither seconds nor an HTTP date (RFC 9110 10.2.3). */
export function retryAfterMs(value: string, now: Date): number | null {
  const text = value.trim()
  if (/^\d+$/.test(text)) return Number(text) * 1000
  // Date.parse reads '1.5' and '-3' as years; an HTTP date starts with the name of a day.
  if (!/^[A-Z][a-z]{2}/.test(text)) return null
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : at - now.getTime()
}
