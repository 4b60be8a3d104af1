import { FetchError, type FetchErrorCode, type FetchUntrusted } from '../net/fetch-untrusted.ts'
import { retryAfterMs, retryDelayMs, retrying } from '../net/retry.ts'
import { LedgerError } from './source.ts'

export interface LedgerIo {
  fetch: FetchUntrusted
  sleep: (ms: number) => Promise<void>
  now: () => Date
}

export interface LedgerRequest {
  /** Names the request in error messages. It is never the URL, because a provider's URL may contain a key. */
  what: string
  /** The most bytes of the answer that are read. A longer answer is `too_large`. */
  maxBytes: number
  /** Longer texts of the answer are cut while it arrives. */
  cutTextsAt?: number
  /** A JSON text makes the request a POST. */
  json?: string
}

/** The text of a 200, or the reason why the source has no such answer. */
export type LedgerAnswer =
  | { status: 200; text: string }
  | { status: 'too_large' | 400 | 404 | 410; text: '' }

/** The most times that a request is sent, or that a page is read. */
const MAX_TRIES = 3
/** Horizon may need seconds for a page of 200 operations with their transactions (about 2 MB). */
const TIMEOUT_MS = 15_000
const LONGEST_WAIT_MS = 10_000
const LONGEST_RETRY_AFTER_SECONDS = 86_400
/** The wait before the next read of a page that has only payments before its cursor. */
const REPEATED_PAGE_DELAY_MS = 500

const ANSWERED: ReadonlySet<number> = new Set([400, 404, 410])
const TRANSIENT: ReadonlySet<FetchErrorCode> = new Set([
  'timeout',
  'connection_lost',
  'connect_failed',
  'dns_failed',
  'tls_failed',
])
const UNREADABLE: ReadonlySet<FetchErrorCode> = new Set(['encoding_unsupported', 'not_utf8'])

/**
 * Sends a request to a source of the ledger, at most three times; it only reads. A wait of more than 10 s is left to the
 * caller. A redirect is not followed, because the source is the configured one.
 *
 * @throws LedgerError `ledger_unreachable`, `ledger_rate_limited` or `ledger_unreadable`
 */
export async function askLedger(
  url: string,
  request: LedgerRequest,
  io: LedgerIo,
): Promise<LedgerAnswer> {
  const tried = await retrying(() => tryOnce(url, request, io), {
    tries: MAX_TRIES,
    delayMs: (result, attempt) =>
      'answer' in result ? null : retryDelayMs({ ...result, attempt, now: io.now() }),
    longestWaitMs: LONGEST_WAIT_MS,
    sleep: io.sleep,
  })
  if ('answer' in tried) return tried.answer
  throw failureOf(tried, request.what, io.now())
}

/** Reads a page up to three times, until `read` gives one. @returns null when the page repeats every time */
export function readFreshPage<T>(read: () => Promise<T | null>, io: LedgerIo): Promise<T | null> {
  return retrying(read, {
    tries: MAX_TRIES,
    delayMs: (page) => (page === null ? REPEATED_PAGE_DELAY_MS : null),
    longestWaitMs: REPEATED_PAGE_DELAY_MS,
    sleep: io.sleep,
  })
}

interface Failed {
  /** Null when no answer came. */
  status: number | null
  retryAfter: string | null
  reason: string
}

async function tryOnce(
  url: string,
  { what, ...request }: LedgerRequest,
  io: LedgerIo,
): Promise<{ answer: LedgerAnswer } | Failed> {
  try {
    const { status, text, retryAfter } = await io.fetch(url, {
      accept: 'application/hal+json, application/json',
      timeoutMs: TIMEOUT_MS,
      maxRedirects: 0,
      ...request,
    })
    if (status === 200) return { answer: { status, text } }
    if (isAnswered(status)) return { answer: { status, text: '' } }
    return { status, retryAfter, reason: `status ${status}` }
  } catch (error) {
    if (!(error instanceof FetchError)) throw error
    if (error.code === 'too_large') return { answer: { status: 'too_large', text: '' } }
    if (TRANSIENT.has(error.code)) return { status: null, retryAfter: null, reason: error.code }
    const code = UNREADABLE.has(error.code) ? 'ledger_unreadable' : 'ledger_unreachable'
    // The error has no cause here: the message of the FetchError names the URL.
    throw new LedgerError(code, `The ledger was not read: ${error.code} at ${what}.`)
  }
}

function isAnswered(status: number): status is 400 | 404 | 410 {
  return ANSWERED.has(status)
}

function failureOf(failed: Failed, what: string, now: Date): LedgerError {
  const message = `The ledger was not read: ${failed.reason} at ${what}.`
  if (failed.status !== 429) return new LedgerError('ledger_unreachable', message)
  const askedMs = failed.retryAfter === null ? null : retryAfterMs(failed.retryAfter, now)
  return new LedgerError('ledger_rate_limited', message, {
    retryAfterSeconds: askedMs === null ? null : wholeSeconds(askedMs),
  })
}

function wholeSeconds(ms: number): number {
  return Math.min(Math.ceil(Math.max(ms, 0) / 1000), LONGEST_RETRY_AFTER_SECONDS)
}
