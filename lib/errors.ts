/** The HTTP status of every error code of this service. `docs/errors.md` explains each code; a test compares the two. */
export const ERROR_STATUS = {
  invalid_request_body: 400,
  invalid_action: 400,
  invalid_parameter: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  idempotency_running: 409,
  decision_refused: 409,
  observer_running: 409,
  method_not_allowed: 405,
  body_too_large: 413,
  idempotency_conflict: 422,
  internal_error: 500,
  platform_unavailable: 502,
  source_unavailable: 502,
  source_unusable: 502,
  configuration_invalid: 503,
  database_unavailable: 503,
  lease_lost: 503,
  ledger_changed: 503,
} as const

export type ErrorCode = keyof typeof ERROR_STATUS

/** One fault of the input: its place, and a message that says what is allowed there. */
export interface ErrorDetail {
  path: string
  message: string
}

/** An error whose message may be shown to the caller. Every other error is answered with a fixed sentence. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly details: readonly ErrorDetail[] | undefined
  readonly retryAfterSeconds: number | undefined
  readonly idempotencyKey: string | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      details?: readonly ErrorDetail[]
      /** Sent as the header Retry-After. */
      retryAfterSeconds?: number
      /** Under this key a repeat is the same request. Sent in the body, and as the header Idempotency-Key. */
      idempotencyKey?: string
      cause?: unknown
    } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.details = options.details
    this.retryAfterSeconds = options.retryAfterSeconds
    this.idempotencyKey = options.idempotencyKey
  }
}

/** The error for a body that is refused. Its sentence is fixed; the detail says what is wrong, and where. */
export function invalidBody(message: string, cause?: unknown): AppError {
  const details = [{ path: '', message }]
  return new AppError('invalid_request_body', 'Invalid request body', { details, cause })
}
