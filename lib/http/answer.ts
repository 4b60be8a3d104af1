import { AppError, codeOfError, ERROR_STATUS, type ErrorCode, type ErrorDetail } from '../errors.ts'
import { redactText } from '../log.ts'

export const JSON_TYPE = 'application/json; charset=utf-8'

/** The answer of a route. */
export interface Answer {
  status: number
  body: unknown
  headers?: Record<string, string>
  /** A text or a file that is sent as it is in place of the body, with its content type. */
  text?: { type: string; body: string | Uint8Array<ArrayBuffer> }
  /** Why the work of a limited call was not begun. It is for the log and is not sent. */
  refused?: 'recent' | 'already_running'
  /** The body holds the secret of a new key, which is shown this once. */
  showsSecret?: true
}

/** The response to a call, without the headers that every response has. */
export interface Sent {
  status: number
  text: string | Uint8Array<ArrayBuffer> | null
  headers: Record<string, string>
  showsSecret?: true
  /** The configured secrets were taken out already, once for everybody who gets it. */
  isRedacted?: true
  /** A stream that is sent in place of the text. */
  stream?: ReadableStream<Uint8Array<ArrayBuffer>>
}

export interface ErrorBody {
  error: string
  code: ErrorCode
  details?: ErrorDetail[]
  idempotencyKey?: string
  requestId: string
  docs: string
}

/**
 * The status and the body of the answer to an error. Only the message of an AppError is shown. Every other error is
 * answered with a fixed sentence, and its detail belongs in the log.
 */
function errorAnswer(
  error: unknown,
  requestId: string,
): { status: number; headers: Record<string, string>; body: ErrorBody } {
  const known = error instanceof AppError
  const code = codeOfError(error)
  const message = known
    ? redactText(error.message)
    : 'Internal error. Quote the requestId when reporting it.'
  const retryAfter = known ? error.retryAfterSeconds : undefined
  const idempotencyKey = known ? error.idempotencyKey : undefined
  return {
    status: ERROR_STATUS[code],
    headers: {
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    body: {
      error: message,
      code,
      ...(known && error.details !== undefined ? { details: [...error.details] } : {}),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      requestId,
      docs: `docs/errors.md#${code}`,
    },
  }
}

/** Writes an error as a page for people. */
export type ShowError = (error: {
  status: number
  body: ErrorBody
}) => Required<Pick<Answer, 'text' | 'headers'>>

/** The response to an error, as JSON unless the route shows it as a page. No cache stores it. */
export function sendError(
  error: unknown,
  requestId: string,
  headers: Record<string, string> = {},
  show: ShowError | null = null,
): Sent {
  const { status, body, headers: own } = errorAnswer(error, requestId)
  const shown = show?.({ status, body })
  return {
    status,
    text: shown?.text.body ?? JSON.stringify(body),
    headers: {
      'cache-control': 'no-store',
      ...(shown && { 'content-type': shown.text.type, ...shown.headers }),
      ...own,
      ...headers,
    },
  }
}

/** The response to a route's answer, which no cache stores. */
export function sendAnswer(answer: Answer, requestId: string): Sent {
  const { status, text: given } = answer
  return {
    status,
    text: given?.body ?? JSON.stringify(withRequestId(answer, requestId)),
    headers: {
      'cache-control': 'no-store',
      ...(given && { 'content-type': given.type }),
      ...answer.headers,
    },
    ...(answer.showsSecret && { showsSecret: answer.showsSecret }),
  }
}

/**
 * The body of an answer. An error with a code of `ERROR_STATUS` gets the request id and the link to its explanation, even
 * if the route wrote the error itself. The error of an update has the platform's numeric code and gets neither.
 */
function withRequestId({ status, body }: Answer, requestId: string): unknown {
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined
  return status >= 400 && typeof code === 'string'
    ? { ...(body as object), requestId, docs: `docs/errors.md#${code}` }
    : body
}
