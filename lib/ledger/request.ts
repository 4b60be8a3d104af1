import { FetchError, type FetchErrorCode, type FetchUntrusted } from '../net/fetch-untrusted.ts'
import { retryAfterMs, retryDelayMs } from '../net/retry.ts'
import { LedgerError } from './source.ts'

export interface LedgerIo {
  fetch: FetchUntrusted
  sleep: (ms: number) => Promise<void>
  now: () => Date
}

export interface LedgerRequest {
  /** What is asked, for people; never the URL, whose path or query may be the key of a provider. */
  what: string
  /** Most bytes of body read. */
  maxBytes: number
  /** A JSON text; the request is a POST then. */
  json?: string
}

/** What the source said: the text of a 200, or that what was asked for is not there. */
export type LedgerAnswer =
  | { status: 200; text: string }
  | { status: 'too_large' | 400 | 404 | 410; text: '' }

/** How often a question is asked before the answer is that there is none. */
export const MAX_TRIES = 3
// A page of 200 operations with their transactions is about 2 MB, which Horizon may need seconds to gather.
const TIMEOUT_MS = 15_000
const LONGEST_WAIT_MS = 10_000
const LONGEST_RETRY_AFTER_SECONDS = 86_400

const TOLD: ReadonlySet<number> = new Set([400, 404, 410])
const PASSING: ReadonlySet<FetchErrorCode> = new Set([
  'timeout',
  'connection_lost',
  'connect_failed',
  'dns_failed',
  'tls_failed',
])
const UNREADABLE: ReadonlySet<FetchErrorCode> = new Set(['encoding_unsupported', 'not_utf8'])

/**
 * Asks a source of the ledger at most three times; only reading is asked, so that asking again does no harm. A wait longer
 * than 10 s is left to the caller, and a redirect is no answer: the source is the one that was configured.
 *
 * @throws LedgerError `ledger_unreachable`, `ledger_rate_limited` or `ledger_unreadable`
 */
export async function askLedger(
  url: string,
  request: LedgerRequest,
  io: LedgerIo,
): Promise<LedgerAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const tried = await tryOnce(url, request, io)
    if ('answer' in tried) return tried.answer
    const { status, retryAfter } = tried
    const delayMs = retryDelayMs({ status, retryAfter, attempt, now: io.now() })
    if (delayMs === null || attempt >= MAX_TRIES || delayMs > LONGEST_WAIT_MS) {
      throw failureOf(tried, request.what, io.now())
    }
    await io.sleep(delayMs)
  }
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
    if (isTold(status)) return { answer: { status, text: '' } }
    return { status, retryAfter, reason: `status ${status}` }
  } catch (error) {
    if (!(error instanceof FetchError)) throw error
    if (error.code === 'too_large') return { answer: { status: 'too_large', text: '' } }
    if (PASSING.has(error.code)) return { status: null, retryAfter: null, reason: error.code }
    const code = UNREADABLE.has(error.code) ? 'ledger_unreadable' : 'ledger_unreachable'
    // Without the error itself: it names the URL.
    throw new LedgerError(code, `The ledger was not read: ${error.code} at ${what}.`)
  }
}

function isTold(status: number): status is 400 | 404 | 410 {
  return TOLD.has(status)
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
