import { isJsonNumber, isJsonObject, parseLosslessJson } from '../lossless-json.ts'
import type { OwnAnswer } from '../net/fetch-own.ts'
import { retryDelayMs } from '../net/retry.ts'
import { RPC_INTERNAL_ERROR } from './envelope.ts'
import { type PlatformTransaction, readPlatformTransaction } from './transaction.ts'

/**
 * What became of one send. `result` proves that the update was applied. `not_sent` and `conflict` prove that this request
 * was not applied. An `error` proves it too, except -32603: the platform may fail after saving.
 */
export type PlatformReply =
  | { kind: 'result'; transaction: PlatformTransaction }
  | { kind: 'error'; code: number; message: string }
  /** Another request saved the transaction first, so the optimistic lock of 4.2 and later saved nothing of this one. */
  | { kind: 'conflict'; message: string }
  /** The platform or a gateway refused the request: HTTP 400, 401, 403, 404, 413, 429, batch limit. */
  | { kind: 'refused'; status: number; reason: string; retryAfterMs: number | null }
  /** The update may have been applied. `body` is the beginning of the answer, without credentials. */
  | { kind: 'unclear'; reason: string; body: string }
  /** No byte of the request was sent. */
  | { kind: 'not_sent'; code: NotSentCode; reason: string }

export type NotSentCode =
  | 'unreachable'
  | 'paused'
  | 'unprotected'
  | 'auth_unknown'
  | 'release_mismatch'
  | 'release_unknown'

/** The ids by which the response to an update is recognized. */
export interface SentUpdate {
  rpcId: string
  transactionId: string
}

const REFUSED_STATUS: ReadonlySet<number> = new Set([400, 401, 403, 404, 413, 429])
const MAX_SHOWN = 200

/**
 * Reads the platform's answer to one update. It counts only if it is one JSON-RPC 2.0 response with the id of our request
 * and, for a result, the id of the transaction.
 *
 * @param shown makes a text of the platform fit to be stored: short, and without credentials
 */
export function readReply(
  answer: OwnAnswer,
  sent: SentUpdate,
  now: Date,
  shown: (text: string) => string,
): PlatformReply {
  if (REFUSED_STATUS.has(answer.status)) {
    const { status, retryAfter } = answer
    const retryAfterMs = retryDelayMs({ status, retryAfter, attempt: 1, now })
    const reason = `the platform answered ${status}: ${shown(answer.text).slice(0, MAX_SHOWN)}`
    return { kind: 'refused', status, reason, retryAfterMs }
  }
  const unclear = (reason: string): PlatformReply => ({
    kind: 'unclear',
    reason,
    body: shown(answer.text),
  })
  if (answer.status !== 200) return unclear(`the platform answered ${answer.status}`)
  if (!isJson(answer.contentType))
    return unclear(`the content type is ${shown(answer.contentType) || 'absent'}`)

  const responses = parsed(answer.text)
  if (!Array.isArray(responses)) return unclear('the answer is not a JSON array')
  const [response] = responses
  if (responses.length !== 1)
    return unclear(`the answer has ${responses.length} responses to one request`)
  if (!isJsonObject(response) || response['jsonrpc'] !== '2.0') {
    return unclear('the response is not one of JSON-RPC 2.0')
  }
  if (isBatchLimit(response)) {
    return { kind: 'refused', status: 200, reason: 'batch size limit exceeded', retryAfterMs: null }
  }
  if (response['id'] !== sent.rpcId) return unclear('the response has not the id of the request')
  const reply = Object.hasOwn(response, 'error')
    ? readError(response, sent)
    : readResult(response, sent)
  if (typeof reply === 'string') return unclear(reply)
  if (reply.kind === 'result') return reply
  const { code } = reply
  const message = shown(reply.message)
  const isConflict = code === RPC_INTERNAL_ERROR && message.startsWith(LOCK_CONFLICT)
  return isConflict ? { kind: 'conflict', message } : { kind: 'error', code, message }
}

/** The first words of -32603 from the optimistic lock of 4.2 and later. */
const LOCK_CONFLICT = 'Transaction was modified by another request.'

/**
 * The words of -32603 when the platform's ledger answered 404, 410, 429 or 5xx, or not within 30 s. From 3.0 on the reason
 * stands behind the hash; a Stellar transaction that the ledger does not know has no reason behind it.
 */
const LEDGER_UNAVAILABLE =
  /^Error response from the server\. Code: (?:429|5\d\d)\b|^The rate limit for the requesting IP address|^Failed to retrieve Stellar transaction by ID\[[^\]]*\]: /

/** Whether the message of an internal error says that only the platform's ledger failed, so that a repeat may succeed. */
export function isTemporary(message: string): boolean {
  return LEDGER_UNAVAILABLE.test(message)
}

/**
 * The words of -32603 when the platform's ledger does not know the Stellar transaction: of 2.8, then of 3.0 and later for what
 * was received and for what was sent. 2.8.4 says the third also when it cannot reach its ledger.
 */
const NOT_IN_LEDGER =
  /^Error response from the server\. Code: 404\b|^Transaction \(hash=[^)]*\) not found$|^Failed to retrieve Stellar transaction by ID\[[^\]]*\]$/

/** Whether the message of an internal error says that the platform's ledger does not know the Stellar transaction. */
export function isUnknownToLedger(message: string): boolean {
  return NOT_IN_LEDGER.test(message)
}

type Read<K extends PlatformReply['kind']> = Extract<PlatformReply, { kind: K }> | string

function readError(response: Record<string, unknown>, sent: SentUpdate): Read<'error'> {
  const { error } = response
  if (Object.hasOwn(response, 'result')) return 'the response has both a result and an error'
  if (!isJsonObject(error)) return 'the error is not an object'
  const { id = sent.transactionId, code, message = '' } = error
  if (id !== sent.transactionId) return 'the error is about another transaction'
  if (!isJsonNumber(code)) return 'the error has no code'
  if (typeof message !== 'string') return 'the message of the error is not a text'
  return { kind: 'error', code: Number(code.rawJSON), message }
}

function readResult({ result }: Record<string, unknown>, sent: SentUpdate): Read<'result'> {
  const transaction = readPlatformTransaction(result)
  if (transaction === null) return 'the result is not a transaction'
  if (transaction.id !== sent.transactionId) return 'the result is another transaction'
  return { kind: 'result', transaction }
}

/** Whether the platform refused the batch as too large. It executed nothing; this is its only error without an id. */
export function isBatchLimit(response: unknown): boolean {
  if (!isJsonObject(response)) return false
  const { error } = response
  return (
    !Object.hasOwn(response, 'id') &&
    !Object.hasOwn(response, 'result') &&
    isJsonObject(error) &&
    isJsonNumber(error['code']) &&
    error['code'].rawJSON === '-32600' &&
    typeof error['message'] === 'string' &&
    error['message'].startsWith('RPC batch size limit[')
  )
}

/** Whether a Content-Type header names JSON (RFC 6839 3.1 for `+json`). */
export function isJson(contentType: string): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType.trim())
}

function parsed(text: string): unknown {
  try {
    return parseLosslessJson(text)
  } catch {
    return undefined
  }
}
