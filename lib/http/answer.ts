import { AppError, ERROR_STATUS, type ErrorCode, type ErrorDetail } from '../errors.ts'
import { redactText } from '../log.ts'

export interface ErrorBody {
  error: string
  code: ErrorCode
  details?: ErrorDetail[]
  requestId: string
  docs: string
}

/**
 * The status and body an error is answered with. Only an AppError's own message is shown; every other error answers a
 * fixed sentence, and its detail belongs in the log.
 */
export function errorAnswer(
  error: unknown,
  requestId: string,
): { status: number; headers: Record<string, string>; body: ErrorBody } {
  const known = error instanceof AppError
  const code = known ? error.code : 'internal_error'
  const message = known
    ? redactText(error.message)
    : 'Internal error. Quote the requestId when reporting it.'
  const retryAfter = known ? error.retryAfterSeconds : undefined
  return {
    status: ERROR_STATUS[code],
    headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
    body: {
      error: message,
      code,
      ...(known && error.details !== undefined ? { details: [...error.details] } : {}),
      requestId,
      docs: `docs/errors.md#${code}`,
    },
  }
}
