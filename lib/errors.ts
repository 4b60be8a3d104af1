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
  import_refused: 409,
  method_not_allowed: 405,
  body_too_large: 413,
  idempotency_conflict: 422,
  too_many_checks: 429,
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

/** The codes of errors that a value of the call caused. They are made of faults, so that none of them leaves out a part. */
type InputErrorCode = 'invalid_parameter' | 'not_found' | 'decision_refused'

/** Where a value of a call stands. `request`: in the body or in the query string, and it is missing in both. */
export type Place = 'path' | 'query string' | 'body' | 'header' | 'request'

/** What is wrong with one value of a call. The sentence is `what` in the `place` `problem`; allowed: `allowed`. */
export interface Fault {
  /** The name of the parameter, key or header. */
  path: string
  /** The value with its name, such as `limit is "x"`. */
  what: string
  place: Place
  /** What is wrong, if `allowed` does not say it already. It goes on with the sentence. */
  problem?: string
  allowed: string
}

/** One fault of the input as it is answered. Only this file makes one. */
export interface ErrorDetail {
  path: string
  message: string
}

interface ErrorOptions {
  /** Sent as the header Retry-After. */
  retryAfterSeconds?: number
  /** Under this key a repeat is the same request. Sent in the body, and as the header Idempotency-Key. */
  idempotencyKey?: string
  cause?: unknown
}

/** An error whose message may be shown to the caller. Every other error is answered with a fixed sentence. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly details: readonly ErrorDetail[] | undefined
  readonly retryAfterSeconds: number | undefined
  readonly idempotencyKey: string | undefined

  constructor(code: InputErrorCode, faults: readonly Fault[], options?: ErrorOptions)
  constructor(code: 'invalid_request_body', details: readonly ErrorDetail[], options?: ErrorOptions)
  constructor(
    code: Exclude<ErrorCode, InputErrorCode | 'invalid_request_body'>,
    message: string,
    options?: ErrorOptions,
  )
  constructor(
    code: ErrorCode,
    said: string | readonly (Fault | ErrorDetail)[],
    options: ErrorOptions = {},
  ) {
    const details = typeof said === 'string' ? undefined : said.map(detailOf)
    super(typeof said === 'string' ? said : sentence(code, details ?? []), { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.details = details
    this.retryAfterSeconds = options.retryAfterSeconds
    this.idempotencyKey = options.idempotencyKey
  }
}

/** An environment that cannot be read. The names of its bad variables may be told to everybody, the message only to the log. */
export class ConfigurationError extends AppError {
  readonly variables: readonly string[]

  /** @param problems each begins with the name of the variable */
  constructor(problems: readonly string[]) {
    super('configuration_invalid', `The environment cannot be read: ${problems.join('. ')}.`)
    this.variables = [...new Set(problems.map((problem) => problem.split(' ', 1)[0] ?? ''))]
  }
}

/** The code with which an error is answered. */
export function codeOfError(error: unknown): ErrorCode {
  return error instanceof AppError ? error.code : 'internal_error'
}

function detailOf(said: Fault | ErrorDetail): ErrorDetail {
  if ('message' in said) return said
  const { path, what, place, problem, allowed } = said
  const message = `${what} in the ${place}${problem === undefined ? '' : ` ${problem}`}; allowed: ${allowed}`
  return { path, message }
}

function sentence(code: ErrorCode, details: readonly ErrorDetail[]): string {
  if (code === 'invalid_request_body') return 'Invalid request body'
  return details.map(({ message }) => message).join('. ')
}

/** The error for a body that is refused. Its sentence is fixed; the detail says what is wrong, and where. */
export function invalidBody(message: string, cause?: unknown): AppError {
  return new AppError('invalid_request_body', [{ path: '', message }], { cause })
}
