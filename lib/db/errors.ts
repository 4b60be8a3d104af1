import { AppError } from '../errors.ts'

/** The error of a failed database function: PostgREST's error body, or a network failure without a code. */
interface DatabaseFailure {
  code?: string | undefined
  message: string
}

/** SQLSTATE raised by our functions when a run that lost the lease tries to write. */
const LEASE_LOST = 'AO001'

/** SQLSTATE raised when an attempt would make a move that is not allowed, or its intent would change: a fault of ours. */
const MOVE_REFUSED = 'AO002'

/** SQLSTATE raised when an attempt is named that is not there. */
const ATTEMPT_UNKNOWN = 'AO003'

/** SQLSTATE raised when the ledger shows an operation in another transaction than the one it was recorded with. */
const LEDGER_CHANGED = 'AO004'

/** What the caller may be told of a failed database call. The database's own words go no further than `cause`. */
export function toAppError(functionName: string, error: DatabaseFailure): AppError {
  const cause = new Error(`${functionName}: ${error.code || 'no code'}: ${error.message}`, {
    cause: error,
  })
  if (error.code === LEASE_LOST) {
    return new AppError(
      'lease_lost',
      'Another run has taken over the catalogue; this one stopped writing.',
      {
        cause,
      },
    )
  }
  if (error.code === MOVE_REFUSED) {
    return new AppError('internal_error', `The database refused the move "${functionName}".`, {
      cause,
    })
  }
  if (error.code === ATTEMPT_UNKNOWN) {
    return new AppError('not_found', 'No such attempt.', { cause })
  }
  if (error.code === LEDGER_CHANGED) {
    return new AppError(
      'ledger_changed',
      'The ledger shows a recorded operation in another transaction; nothing was written.',
      { cause },
    )
  }
  return new AppError(
    'database_unavailable',
    `The database did not answer "${functionName}" as expected.`,
    {
      cause,
    },
  )
}
