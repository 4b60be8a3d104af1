import type { components } from './api.ts'

type ErrorBody = components['schemas']['Error']
export type ErrorCode = ErrorBody['code']

/** The service answered a request with an error. */
export class AnchorOpsError extends Error {
  override name = 'AnchorOpsError'
  readonly status: number
  /** The code of docs/errors.md; null if an update was refused, or if something before the service answered. */
  readonly code: ErrorCode | null
  readonly requestId: string | null
  /** Repeat the request under this key: it is then the same request, whether it was stored or not. */
  readonly idempotencyKey: string | null
  /** The whole answer. For a refused update it holds the attempt, if one was stored. */
  readonly body: unknown

  constructor(status: number, body: unknown, idempotencyKey: string | null) {
    const { error, code, requestId } = fieldsOf(body)
    super(typeof error === 'string' ? error : `the service answered ${status}`)
    this.status = status
    this.code = typeof code === 'string' ? (code as ErrorCode) : null
    this.requestId = typeof requestId === 'string' ? requestId : null
    this.idempotencyKey = idempotencyKey
    this.body = body
  }
}

/** No answer arrived. An update may have been stored and applied: repeat it under `idempotencyKey`, never without. */
export class NoAnswerError extends Error {
  override name = 'NoAnswerError'
  readonly idempotencyKey: string | null

  constructor(cause: unknown, idempotencyKey: string | null) {
    super('the service did not answer', { cause })
    this.idempotencyKey = idempotencyKey
  }
}

/** The fields of an answer; none if it is no JSON object. */
export function fieldsOf(body: unknown): Record<string, unknown> {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
}
