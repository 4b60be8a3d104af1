const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 30_000
const RETRIED_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

export interface RetryOptions<T> {
  /** Most runs, the first one included. */
  tries: number
  /** Milliseconds to wait after a run, `attempt` counting from 1; null when the result is final. */
  delayMs: (result: T, attempt: number) => number | null
  /** A result that asks for a longer wait is final. */
  longestWaitMs: number
  sleep: (ms: number) => Promise<void>
  /** Asked before and after each wait; true makes the result final. */
  isOver?: () => boolean
}

/** Runs something until its result is final, and returns that result. An error that `run` throws is not retried. */
export async function retrying<T>(run: () => Promise<T>, options: RetryOptions<T>): Promise<T> {
  const { tries, longestWaitMs, sleep, isOver = () => false } = options
  for (let attempt = 1; ; attempt += 1) {
    const result = await run()
    if (attempt >= tries) return result
    const waitMs = options.delayMs(result, attempt)
    if (waitMs === null || waitMs > longestWaitMs || isOver()) return result
    await sleep(waitMs)
    if (isOver()) return result
  }
}

/**
 * Milliseconds to wait after a failed attempt, at most 30 s; null when another attempt cannot help.
 * Retry-After (RFC 9110 10.2.3) wins over doubling from 0.5 s.
 *
 * @param failed.status null when no answer came
 * @param failed.attempt counts from 1
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

/** The wait that a Retry-After header asks for, in milliseconds; null when it is neither seconds nor an HTTP date. */
export function retryAfterMs(value: string, now: Date): number | null {
  const text = value.trim()
  if (/^\d+$/.test(text)) return Number(text) * 1000
  // Date.parse reads '1.5' and '-3' as years; an HTTP date starts with the name of a day.
  if (!/^[A-Z][a-z]{2}/.test(text)) return null
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : at - now.getTime()
}
