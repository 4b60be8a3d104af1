import { AppError, type ErrorCode } from '../../errors.ts'
import { redactText } from '../../log.ts'

export interface SourceFailure {
  /** What a caller may read. */
  error: string
  code: ErrorCode
}

/** What an answer says of an outside source that failed; null for an error of another kind. */
export function sourceFailure(error: unknown): SourceFailure | null {
  if (!(error instanceof AppError)) return null
  if (error.code !== 'source_unavailable' && error.code !== 'source_unusable') return null
  return { error: redactText(error.message), code: error.code }
}
