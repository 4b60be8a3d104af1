import { randomUUID } from 'node:crypto'
import type { Log } from '../log.ts'
import { isJsonNumber, parseLosslessJson } from '../lossless-json.ts'
import { type OwnAnswer, type OwnFetch, OwnFetchError, type OwnRequest } from '../net/fetch-own.ts'
import { retryDelayMs } from '../net/retry.ts'
import { createPlatformAuth, type PlatformCredential } from './auth.ts'
import { createBreaker } from './breaker.ts'
import { createShown } from './redact.ts'
import { isJson, type PlatformReply, readReply, type SentUpdate } from './reply.ts'
import { type PlatformTransaction, readPlatformTransaction } from './transaction.ts'

export interface PlatformUpdate {
  /** Ours, and never used before: the answer is found by it. */
  rpcId: string
  method: string
  /** With `transaction_id`; every amount is a text. */
  params: Record<string, unknown>
}

export interface TransactionQuery {
  sep: '6' | '24' | '31'
  statuses?: readonly string[]
  orderBy?: 'created_at' | 'transfer_received_at' | 'user_action_required_by'
  order?: 'asc' | 'desc'
  /** From 0. */
  pageNumber?: number
  pageSize?: number
}

export interface PlatformApi {
  /** Sends one update, once. Never throws for what the network or the platform does. */
  send(update: PlatformUpdate): Promise<PlatformReply>
  /**
   * Finds out, once, whether the platform refuses whoever comes without credential. `send` tells what was found, and
   * finds it out itself where nobody did before.
   */
  checkAuth(): Promise<void>
  /** The transaction as the platform has it, or null when it says that there is none. @throws PlatformReadError */
  getTransaction(id: string): Promise<PlatformTransaction | null>
  /** One page of transactions. @throws PlatformReadError */
  listTransactions(query: TransactionQuery): Promise<PlatformTransaction[]>
}

export interface PlatformIo {
  fetch: OwnFetch
  now: () => Date
  sleep: (ms: number) => Promise<void>
  log: Log
}

export type PlatformReadErrorCode = 'unreachable' | 'paused' | 'refused' | 'unreadable'

/** Why the platform's transactions cannot be read. The message holds no credential. */
export class PlatformReadError extends Error {
  readonly code: PlatformReadErrorCode

  constructor(code: PlatformReadErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'PlatformReadError'
    this.code = code
  }
}

const READ_TRIES = 3
const FIRST_RETRY_MS = 200
const LONGEST_RETRY_MS = 5_000
/** Answers of a gateway that did not reach the platform. */
const GATEWAY_STATUS: ReadonlySet<number> = new Set([502, 503, 504])
const ANSWERED_BADLY: ReadonlySet<string> = new Set([
  'too_large',
  'encoding_unsupported',
  'not_utf8',
])

/** The breaker is open: nothing went out. */
class PausedError extends Error {}

/**
 * A client of the platform server's API (Anchor Platform 2.8.4 and 4.x): updates one at a time and never repeated, reads
 * tried 3 times. `url` is the server with its context path. With a credential, no update goes out before a request
 * without it was seen to be refused.
 * @throws AppError `configuration_invalid` for a secret that is missing or too short
 */
export function createPlatformApi(
  config: PlatformCredential & { url: string },
  { fetch, now, sleep, log }: PlatformIo,
): PlatformApi {
  const { host, pathname } = new URL(config.url)
  const base = pathname.replace(/\/+$/, '')
  const credential = createPlatformAuth(config, now)
  const shown = createShown(config.secret)
  const breaker = createBreaker(now, () => log('error', 'platform_breaker_open', { host }))
  let authCheck: Promise<NotSent | null> | undefined

  /** @throws OwnFetchError, PausedError */
  async function exchange(path: string, request: OwnRequest): Promise<OwnAnswer> {
    if (!breaker.admits()) throw new PausedError(`${host} did not answer lately`)
    try {
      const answer = await fetch(base + path, request)
      breaker.report(!GATEWAY_STATUS.has(answer.status))
      return answer
    } catch (error) {
      breaker.report(error instanceof OwnFetchError && ANSWERED_BADLY.has(error.code))
      throw error
    }
  }

  /** @throws OwnFetchError, PausedError */
  async function exchangeAsUs(path: string, request: OwnRequest): Promise<OwnAnswer> {
    const headers = { ...request.headers, ...(await credential()) }
    const answer = await exchange(path, { ...request, headers })
    if (answer.status === 401 || answer.status === 403) {
      log('error', 'platform_credential_refused', { host, status: answer.status })
    }
    return answer
  }

  async function send({ rpcId, method, params }: PlatformUpdate): Promise<PlatformReply> {
    const request = { jsonrpc: '2.0', method, params, id: rpcId }
    const body = JSON.stringify([request], numbersAsTexts)
    const startedMs = performance.now()
    const transactionId = String(numbersAsTexts('transaction_id', params['transaction_id']))
    const reply = (await authRefusal()) ?? (await post(body, { rpcId, transactionId }))
    log(reply.kind === 'result' || reply.kind === 'error' ? 'info' : 'warn', 'platform_update', {
      method,
      rpcId,
      transactionId,
      kind: reply.kind,
      ...('reason' in reply ? { reason: reply.reason } : {}),
      ms: Math.round(performance.now() - startedMs),
    })
    return reply
  }

  async function post(body: string, sent: SentUpdate): Promise<PlatformReply> {
    try {
      const headers = { 'content-type': 'application/json' }
      const answer = await exchangeAsUs('/', { method: 'POST', headers, body })
      return readReply(answer, sent, now(), shown)
    } catch (error) {
      const notSent = asNotSent(error)
      if (notSent !== null) return notSent
      if (!(error instanceof OwnFetchError)) throw error
      return { kind: 'unclear', reason: shown(error.message), body: '' }
    }
  }

  /** Why no update may go out, or null. Once the platform is seen to refuse strangers it is not asked again. */
  async function authRefusal(): Promise<NotSent | null> {
    if (config.auth === 'none') return null
    authCheck ??= requestWithoutCredential()
    const refused = await authCheck
    if (refused !== null) authCheck = undefined
    return refused
  }

  /** By default the platform server lets everybody in: then whoever reaches it moves money in our name. */
  async function requestWithoutCredential(): Promise<NotSent | null> {
    let status: number
    try {
      const path = `/transactions/${randomUUID()}`
      status = (await exchange(path, { method: 'GET' })).status
    } catch (error) {
      const notSent = asNotSent(error)
      if (notSent !== null) return notSent
      if (!(error instanceof OwnFetchError)) throw error
      return { kind: 'not_sent', code: 'auth_unknown', reason: shown(error.message) }
    }
    if (status === 401 || status === 403) return null
    const isOpen = status === 200 || status === 404
    log('error', isOpen ? 'platform_unprotected' : 'platform_posture_unknown', { host, status })
    return {
      kind: 'not_sent',
      code: isOpen ? 'unprotected' : 'auth_unknown',
      reason: `the platform answered ${status} to a request without credential; allowed: 403`,
    }
  }

  function asNotSent(error: unknown): NotSent | null {
    if (error instanceof PausedError) {
      return { kind: 'not_sent', code: 'paused', reason: error.message }
    }
    return error instanceof OwnFetchError && !error.sent
      ? { kind: 'not_sent', code: 'unreachable', reason: shown(error.message) }
      : null
  }

  /** The last of at most 3 answers, after the first that is worth no other try. @throws PlatformReadError */
  async function read(path: string): Promise<OwnAnswer> {
    for (let attempt = 1; ; attempt++) {
      const { answer, failure } = await readOnce(path)
      if (failure === null) return answer
      const delayMs = readDelayMs(answer, attempt, now())
      if (attempt === READ_TRIES || delayMs === null) throw failure
      await sleep(delayMs)
    }
  }

  async function readOnce(path: string): Promise<ReadOnce> {
    try {
      const answer = await exchangeAsUs(path, { method: 'GET' })
      if (answer.status < 500 && answer.status !== 429) return { answer, failure: null }
      const message = `${host} answered ${answer.status}: ${shown(answer.text).slice(0, 200)}`
      return { answer, failure: new PlatformReadError('unreachable', message) }
    } catch (error) {
      if (error instanceof PausedError) throw new PlatformReadError('paused', error.message, error)
      if (!(error instanceof OwnFetchError)) throw error
      const code = ANSWERED_BADLY.has(error.code) ? 'unreadable' : 'unreachable'
      const failure = new PlatformReadError(code, shown(error.message), error)
      if (code === 'unreadable') throw failure
      return { answer: null, failure }
    }
  }

  /** The JSON of an answer with status 200. @throws PlatformReadError */
  function readJson({ status, contentType, text }: OwnAnswer, path: string): unknown {
    const problem = (code: PlatformReadErrorCode, what: string, cause?: unknown) =>
      new PlatformReadError(
        code,
        `${host} answered ${what} at ${path}: ${shown(text).slice(0, 200)}`,
        cause,
      )
    if (status !== 200) throw problem('refused', String(status))
    if (!isJson(contentType)) throw problem('unreadable', `"${shown(contentType)}"`)
    try {
      return parseLosslessJson(text)
    } catch (error) {
      throw problem('unreadable', 'unreadable JSON', error)
    }
  }

  async function getTransaction(id: string): Promise<PlatformTransaction | null> {
    // As segments of a path they mean another one.
    if (id === '' || id === '.' || id === '..') return null
    const path = `/transactions/${encodeURIComponent(id)}`
    const answer = await read(path)
    if (answer.status === 404 && isNotFound(answer.text, id)) return null
    const transaction = readPlatformTransaction(readJson(answer, path))
    if (transaction?.id === id) return transaction
    const what = transaction === null ? 'no transaction' : 'another transaction'
    throw new PlatformReadError('unreadable', `${host} answered ${what} at ${path}`)
  }

  async function listTransactions(query: TransactionQuery): Promise<PlatformTransaction[]> {
    const path = `/transactions?${transactionSearch(query)}`
    const page = readJson(await read(path), path)
    const records = typeof page === 'object' && page !== null && 'records' in page && page.records
    const transactions = Array.isArray(records) ? records.map(readPlatformTransaction) : [null]
    if (transactions.every((one) => one !== null)) return transactions
    throw new PlatformReadError('unreadable', `${host} answered no page of transactions at ${path}`)
  }

  async function checkAuth(): Promise<void> {
    await authRefusal()
  }

  return { checkAuth, send, getTransaction, listTransactions }
}

type NotSent = Extract<PlatformReply, { kind: 'not_sent' }>
type ReadOnce =
  | { answer: OwnAnswer; failure: null }
  | { answer: OwnAnswer | null; failure: PlatformReadError }

/** Amounts leave as texts: the platform's own parser would take a JSON number for a double. */
function numbersAsTexts(key: string, value: unknown): unknown {
  if (isJsonNumber(value)) return value.rawJSON
  if (typeof value !== 'number') return value
  throw new TypeError(`Update refused: ${key} is the number ${value}; allowed: texts of digits`)
}

/** Full jitter below 200 ms·2^n, or what Retry-After asks; null when that is longer than 5 s. */
function readDelayMs(answer: OwnAnswer | null, attempt: number, now: Date): number | null {
  if (answer !== null && answer.retryAfter !== null) {
    const { status, retryAfter } = answer
    const delayMs = retryDelayMs({ status, retryAfter, attempt, now })
    return delayMs === null || delayMs > LONGEST_RETRY_MS ? null : delayMs
  }
  return Math.random() * Math.min(FIRST_RETRY_MS * 2 ** attempt, LONGEST_RETRY_MS)
}

/** Whether a 404 is the platform's own word on this transaction: a wrong URL or a gateway answers 404 as well. */
function isNotFound(text: string, id: string): boolean {
  try {
    const body: unknown = JSON.parse(text)
    const error = typeof body === 'object' && body !== null && 'error' in body && body.error
    return error === `transaction (id=${id}) is not found`
  } catch {
    return false
  }
}

function transactionSearch(query: TransactionQuery): string {
  return new URLSearchParams(
    Object.entries({
      sep: query.sep,
      statuses: query.statuses?.join(','),
      order_by: query.orderBy,
      order: query.order,
      page_number: query.pageNumber?.toString(),
      page_size: query.pageSize?.toString(),
    }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  ).toString()
}
