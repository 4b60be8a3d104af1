import { randomUUID } from 'node:crypto'
import type { Log } from '../log.ts'
import { isJsonNumber, isJsonObject, parseLosslessJson, scalarText } from '../lossless-json.ts'
import { type OwnAnswer, type OwnFetch, OwnFetchError, type OwnRequest } from '../net/fetch-own.ts'
import { retryDelayMs, retrying } from '../net/retry.ts'
import { safeJsonOrNull } from '../safe-json.ts'
import { textOf } from '../text-of.ts'
import { trimEnd } from '../trim-end.ts'
import { within } from '../within.ts'
import {
  type AccessProblem,
  createAccessCheck,
  credentialRefused,
  isAdmission,
  isRefusal,
  unprotected,
} from './access.ts'
import { createPlatformAuth, type PlatformCredential } from './auth.ts'
import { createBreaker } from './breaker.ts'
import { createShown } from './redact.ts'
import {
  isTooManyQuestions,
  questionBodies,
  readAnswers,
  readNotFound,
  type Signs,
} from './releases/signs.ts'
import { createReleaseWatch, type ReleaseWatch } from './releases/watch.ts'
import { isJson, type PlatformReply, readReply, type SentUpdate } from './reply.ts'
import type { Sep } from './status.ts'
import {
  isTransactionId,
  type PlatformTransaction,
  readPlatformTransaction,
} from './transaction.ts'

export interface PlatformUpdate {
  /** A new id for every send. The response to it carries the same id. */
  rpcId: string
  method: string
  /** Includes `transaction_id`; every amount is a text. */
  params: Record<string, unknown>
}

export interface TransactionQuery {
  sep: Sep
  statuses?: readonly string[]
  orderBy?: 'created_at' | 'transfer_received_at' | 'user_action_required_by'
  order?: 'asc' | 'desc'
  /** Counts from 0. */
  pageNumber?: number
  pageSize?: number
  /** How often a page that fails is read; 3 times by default. */
  tries?: number
}

export interface PlatformApi {
  /** Whether nothing would be sent now, because the platform did not answer lately. A trial goes out every 15 s. */
  isPaused(): boolean
  /** Sends one update once. A failure of the network or the platform is returned, not thrown. */
  send(update: PlatformUpdate): Promise<PlatformReply>
  /**
   * Checks once that the platform refuses a request without credential. `send` waits for this check, or runs it.
   *
   * @returns why nothing is sent to a platform that lets everybody in; else null
   */
  checkAuth(): Promise<string | null>
  /** Which release the platform is. It is asked harmless questions, and not again for some minutes. Never throws. */
  findRelease: ReleaseWatch['find']
  /** Makes the next call ask again, because an answer did not fit the release. */
  doubtRelease: ReleaseWatch['doubt']
  /** Checks whether the platform takes our credential and refuses a caller without one; null when it does both. */
  checkAccess(): Promise<AccessProblem | null>
  /** Reads a transaction; null when the platform says that it has none with this id. @throws PlatformReadError */
  getTransaction(id: string): Promise<PlatformTransaction | null>
  /** Reads one page of transactions. @throws PlatformReadError */
  listTransactions(query: TransactionQuery): Promise<PlatformTransaction[]>
  /** Calls a method that only reads. The answer is the platform's own `result` or `error`. @throws PlatformReadError */
  read(call: ReadingCall): Promise<ReadingAnswer>
}

/** A call of a method that only reads, with params as somebody gave them. */
export interface ReadingCall {
  method: string
  params: unknown
}
/** Exactly one of the two. */
export type ReadingAnswer = { result: unknown; error?: never } | { error: object; result?: never }

export interface PlatformIo {
  fetch: OwnFetch
  now: () => Date
  sleep: (ms: number) => Promise<void>
  log: Log
}

export type PlatformReadErrorCode =
  | 'unreachable'
  | 'paused'
  | 'credential_refused'
  | 'refused'
  | 'unreadable'

/** The platform's transactions cannot be read. The message contains no credential. */
export class PlatformReadError extends Error {
  readonly code: PlatformReadErrorCode
  /** The platform answered, and what it answered about may be the reason: other transactions may be readable. */
  readonly isAnswered: boolean

  constructor(
    code: PlatformReadErrorCode,
    message: string,
    { isAnswered = false, ...options }: ErrorOptions & { isAnswered?: boolean } = {},
  ) {
    super(message, options)
    this.name = 'PlatformReadError'
    this.code = code
    this.isAnswered = isAnswered
  }
}

const READ_TRIES = 3
const FIRST_RETRY_MS = 200
const LONGEST_RETRY_MS = 5_000
/** A gateway answers with these when it did not reach the platform. */
const GATEWAY_STATUS: ReadonlySet<number> = new Set([502, 503, 504])
const ANSWERED_BADLY: ReadonlySet<string> = new Set([
  'too_large',
  'encoding_unsupported',
  'not_utf8',
])

/** The breaker is open, so nothing was sent. */
class PausedError extends Error {}

type NotSent = Extract<PlatformReply, { kind: 'not_sent' }>

/** An update whose auth check takes longer is not sent: meanwhile another process may count it as dead. */
const AUTH_CHECK_MS = 3_000
const AUTH_CHECK_SLOW: NotSent = {
  kind: 'not_sent',
  code: 'auth_unknown',
  reason: 'the platform did not answer a request without credential in 3 s',
}
type Config = PlatformCredential & { url: string }

/**
 * Creates a client for the server of an Anchor Platform 2.8.4 or 4.x. An update is sent once; a reading is tried 3 times.
 * With a credential, no update is sent until the auth check has passed.
 *
 * @param config.url the server with its context path
 * @throws AppError `configuration_invalid` for a secret that is missing or too short
 */
export function createPlatformApi(config: Config, io: PlatformIo): PlatformApi {
  const connection = createConnection(config, io, () => watch.noteAway())
  const { authRefusal, checkAccess, exchangeAsUs, isPaused, shown } = connection
  const { now, log } = io

  async function send({ rpcId, method, params }: PlatformUpdate): Promise<PlatformReply> {
    const request = { jsonrpc: '2.0', method, params, id: rpcId }
    const body = JSON.stringify([request], numbersAsTexts)
    const startedMs = performance.now()
    const transactionId = textOf(numbersAsTexts('transaction_id', params['transaction_id']))
    const refusal = await within(AUTH_CHECK_MS, authRefusal(), AUTH_CHECK_SLOW)
    const reply = refusal ?? (await post(body, { rpcId, transactionId }))
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
      const notSent = asNotSent(error, shown)
      if (notSent !== null) return notSent
      if (!(error instanceof OwnFetchError)) throw error
      return { kind: 'unclear', reason: shown(error.message), body: '' }
    }
  }

  async function checkAuth(): Promise<string | null> {
    const refusal = await authRefusal()
    // When the check itself failed, `send` runs it again.
    return refusal?.code === 'unprotected' ? refusal.reason : null
  }

  const { readSigns, ...reader } = createReader(connection, io)
  const watch = createReleaseWatch(readSigns, io)
  const { find: findRelease, doubt: doubtRelease } = watch
  return { isPaused, checkAuth, checkAccess, send, findRelease, doubtRelease, ...reader }
}

interface Connection {
  host: string
  /** Makes a text of the platform fit to be stored, logged and answered. */
  shown: (text: string) => string
  /** Sends a request with our credential. @throws OwnFetchError, PausedError */
  exchangeAsUs(path: string, request: OwnRequest): Promise<OwnAnswer>
  /** The reason to send no update; null when the auth check passed. A passed check is not repeated. */
  authRefusal(): Promise<NotSent | null>
  checkAccess: PlatformApi['checkAccess']
  isPaused: PlatformApi['isPaused']
}

/**
 * Sends requests through the breaker, and checks once that the platform demands the credential.
 *
 * @param onAway is called when the platform did not answer
 */
function createConnection(
  config: Config,
  { fetch, now, log }: PlatformIo,
  onAway: () => void,
): Connection {
  const { host, pathname } = new URL(config.url)
  const base = trimEnd(pathname, '/')
  const credential = createPlatformAuth(config, now)
  const shown = createShown(config.secret)
  const breaker = createBreaker(now, () => log('error', 'platform_breaker_open', { host }))
  let authCheck: Promise<NotSent | null> | undefined

  /** @throws OwnFetchError, PausedError */
  async function exchange(path: string, request: OwnRequest): Promise<OwnAnswer> {
    const end = breaker.begin()
    if (end === null) throw new PausedError(`${host} did not answer lately`)
    const ended = (isAnswered: boolean) => {
      end(isAnswered)
      if (!isAnswered) onAway()
    }
    try {
      const answer = await fetch(base + path, request)
      ended(!GATEWAY_STATUS.has(answer.status))
      return answer
    } catch (error) {
      ended(error instanceof OwnFetchError && ANSWERED_BADLY.has(error.code))
      throw error
    }
  }

  async function exchangeAsUs(path: string, request: OwnRequest): Promise<OwnAnswer> {
    const headers = { ...request.headers, ...(await credential()) }
    const answer = await exchange(path, { ...request, headers })
    if (isRefusal(answer.status)) {
      log('error', 'platform_credential_refused', { host, status: answer.status })
    }
    return answer
  }

  async function authRefusal(): Promise<NotSent | null> {
    if (config.auth === 'none') return null
    authCheck ??= requestWithoutCredential()
    const refused = await authCheck
    if (refused !== null) authCheck = undefined
    return refused
  }

  /** The platform's default is to let everybody in. Then anyone who reaches it could move the anchor's money. */
  async function requestWithoutCredential(): Promise<NotSent | null> {
    let status: number
    try {
      const path = `/transactions/${randomUUID()}`
      status = (await exchange(path, { method: 'GET' })).status
    } catch (error) {
      const notSent = asNotSent(error, shown)
      if (notSent !== null) return notSent
      if (!(error instanceof OwnFetchError)) throw error
      return { kind: 'not_sent', code: 'auth_unknown', reason: shown(error.message) }
    }
    if (isRefusal(status)) return null
    const isOpen = isAdmission(status)
    log('error', isOpen ? 'platform_unprotected' : 'platform_posture_unknown', { host, status })
    return {
      kind: 'not_sent',
      code: isOpen ? 'unprotected' : 'auth_unknown',
      reason: unprotected(status),
    }
  }

  async function statusOf(exchanging: typeof exchange, path: string): Promise<number | null> {
    try {
      return (await exchanging(path, { method: 'GET' })).status
    } catch (error) {
      if (error instanceof OwnFetchError || error instanceof PausedError) return null
      throw error
    }
  }

  const checkAccess = createAccessCheck(
    host,
    (path) => statusOf(exchangeAsUs, path),
    config.auth === 'none' ? null : (path) => statusOf(exchange, path),
    now,
  )
  return { host, shown, exchangeAsUs, authRefusal, checkAccess, isPaused: breaker.isOpen }
}

/** The reply for an update of which no byte was sent; null for every other error. */
function asNotSent(error: unknown, shown: Connection['shown']): NotSent | null {
  if (error instanceof PausedError) {
    return { kind: 'not_sent', code: 'paused', reason: error.message }
  }
  return error instanceof OwnFetchError && !error.sent
    ? { kind: 'not_sent', code: 'unreachable', reason: shown(error.message) }
    : null
}

type Reader = Pick<PlatformApi, 'getTransaction' | 'listTransactions' | 'read'> & {
  /** @throws PlatformReadError */
  readSigns: () => Promise<Signs>
}
type ReadOnce =
  | { answer: OwnAnswer; failure: null }
  | { answer: OwnAnswer | null; failure: PlatformReadError }

function createReader(
  { host, shown, exchangeAsUs }: Connection,
  { now, sleep }: PlatformIo,
): Reader {
  /** @throws PlatformReadError */
  async function readPath(
    path: string,
    tries = READ_TRIES,
    request?: OwnRequest,
  ): Promise<OwnAnswer> {
    const { answer, failure } = await retrying(() => readOnce(path, request), {
      tries,
      delayMs: ({ answer, failure }, attempt) =>
        failure === null ? null : readDelayMs(answer, attempt, now()),
      longestWaitMs: LONGEST_RETRY_MS,
      sleep,
    })
    if (failure !== null) throw failure
    return answer
  }

  async function readOnce(
    path: string,
    request: OwnRequest = { method: 'GET' },
  ): Promise<ReadOnce> {
    try {
      const answer = await exchangeAsUs(path, request)
      if (answer.status < 500 && answer.status !== 429) return { answer, failure: null }
      const message = `${host} answered ${answer.status}: ${shown(answer.text).slice(0, 200)}`
      const isAnswered = answer.status !== 429 && !GATEWAY_STATUS.has(answer.status)
      return { answer, failure: new PlatformReadError('unreachable', message, { isAnswered }) }
    } catch (error) {
      if (error instanceof PausedError) {
        throw new PlatformReadError('paused', error.message, { cause: error })
      }
      if (!(error instanceof OwnFetchError)) throw error
      const isAnswered = ANSWERED_BADLY.has(error.code)
      const code = isAnswered ? 'unreadable' : 'unreachable'
      const options = { cause: error, isAnswered }
      const failure = new PlatformReadError(code, shown(error.message), options)
      if (code === 'unreadable') throw failure
      return { answer: null, failure }
    }
  }

  /** Reads the JSON of an answer with status 200. @throws PlatformReadError */
  function readJson({ status, contentType, text }: OwnAnswer, path: string): unknown {
    const problem = (code: PlatformReadErrorCode, what: string, cause?: unknown) =>
      new PlatformReadError(
        code,
        `${host} answered ${what} at ${path}: ${shown(text).slice(0, 200)}`,
        { cause, isAnswered: true },
      )
    if (isRefusal(status)) {
      throw new PlatformReadError('credential_refused', credentialRefused(host, status))
    }
    if (status !== 200) throw problem('refused', String(status))
    if (!isJson(contentType)) throw problem('unreadable', `"${shown(contentType)}"`)
    try {
      return parseLosslessJson(text)
    } catch (error) {
      throw problem('unreadable', 'unreadable JSON', error)
    }
  }

  async function getTransaction(id: string): Promise<PlatformTransaction | null> {
    if (!isTransactionId(id)) return null
    const path = `/transactions/${encodeURIComponent(id)}`
    const answer = await readPath(path)
    if (answer.status === 404 && isNotFound(answer.text, id)) return null
    const transaction = readPlatformTransaction(readJson(answer, path))
    if (transaction?.id === id) return transaction
    const what = transaction === null ? 'no transaction' : 'another transaction'
    throw new PlatformReadError('unreadable', `${host} answered ${what} at ${path}`, {
      isAnswered: true,
    })
  }

  async function listTransactions(query: TransactionQuery): Promise<PlatformTransaction[]> {
    const path = `/transactions?${transactionSearch(query)}`
    const page = readJson(await readPath(path, query.tries), path)
    const records = typeof page === 'object' && page !== null && 'records' in page && page.records
    const transactions = Array.isArray(records) ? records.map(readPlatformTransaction) : [null]
    if (transactions.every((one) => one !== null)) return transactions
    const message = `${host} answered no page of transactions at ${path}`
    throw new PlatformReadError('unreadable', message, { isAnswered: true })
  }

  async function read({ method, params }: ReadingCall): Promise<ReadingAnswer> {
    const id = randomUUID()
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify([{ jsonrpc: '2.0', id, method, params }])
    const answered = await readPath('/', READ_TRIES, { method: 'POST', headers, body })
    const responses = readJson(answered, '/')
    const [response] = Array.isArray(responses) && responses.length === 1 ? responses : []
    if (isJsonObject(response) && response['id'] === id) {
      const { result, error } = response
      if (isJsonObject(error) && result === undefined) {
        const message = shown(scalarText(error['message']) ?? '')
        return { error: { ...error, message } }
      }
      if (result !== undefined && error === undefined) return { result }
    }
    const message = `${host} answered no response to ${method} at /: ${shown(answered.text).slice(0, 200)}`
    throw new PlatformReadError('unreadable', message, { isAnswered: true })
  }

  async function readSigns(): Promise<Signs> {
    const [together, missing] = await Promise.all([
      ask(questionBodies(randomUUID, 'together')),
      readOnce(`/${randomUUID()}`),
    ])
    const texts = together.some(isTooManyQuestions)
      ? await ask(questionBodies(randomUUID, 'one_by_one'))
      : together
    const { status = 0, text = '' } = missing.answer ?? {}
    return { answers: readAnswers(texts), notFound: readNotFound(status, text) }
  }

  /** Asks questions about the release. @returns the texts of the answers, empty where the platform refused one */
  async function ask(bodies: readonly string[]): Promise<string[]> {
    const headers = { 'content-type': 'application/json' }
    const answered = await Promise.all(
      bodies.map((body) => readOnce('/', { method: 'POST', headers, body })),
    )
    return answered.map(({ answer, failure }) => {
      if (failure !== null) throw failure
      if (isRefusal(answer.status)) {
        const message = credentialRefused(host, answer.status)
        throw new PlatformReadError('credential_refused', message)
      }
      return answer.status === 200 ? answer.text : ''
    })
  }

  return { getTransaction, listTransactions, read, readSigns }
}

/** Writes amounts as texts, because the platform reads a JSON number as a double. */
function numbersAsTexts(key: string, value: unknown): unknown {
  if (isJsonNumber(value)) return value.rawJSON
  if (typeof value !== 'number') return value
  throw new TypeError(`Update refused: ${key} is the number ${value}; allowed: texts of digits`)
}

/** The wait that Retry-After asks for; without it a random wait below 200 ms · 2^attempt. null: do not retry. */
function readDelayMs(answer: OwnAnswer | null, attempt: number, now: Date): number | null {
  if (answer !== null && answer.retryAfter !== null) {
    const { status, retryAfter } = answer
    return retryDelayMs({ status, retryAfter, attempt, now })
  }
  return Math.random() * Math.min(FIRST_RETRY_MS * 2 ** attempt, LONGEST_RETRY_MS)
}

/** Whether a 404 is the platform's own answer about this transaction. A wrong URL or a gateway answers 404 as well. */
function isNotFound(text: string, id: string): boolean {
  const body = safeJsonOrNull(text)
  return isJsonObject(body) && body['error'] === `transaction (id=${id}) is not found`
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
