import { AppError } from '../errors.ts'

/** The error of a failed database function: PostgREST's error body, or a network failure without a code. */
interface DatabaseFailure {
  code?: string | undefined
  message: string
}

/** The error for each SQLSTATE that our functions raise, beside AO003: the named attempt is not stored. */
const FAILURES = new Map<
  string,
  (
    functionName: string,
  ) => [code: 'lease_lost' | 'internal_error' | 'ledger_changed', message: string]
>([
  // A run that lost the lease tried to write.
  [
    'AO001',
    () => ['lease_lost', 'Another run has taken over the catalog; this one stopped writing.'],
  ],
  // The trigger of a table refused a move or a change. This is a bug of our code.
  ['AO002', (name) => ['internal_error', `The database refused the move "${name}".`]],
  [
    'AO004',
    () => [
      'ledger_changed',
      'The ledger shows a recorded operation in another transaction; nothing was written.',
    ],
  ],
])

const UNKNOWN_ATTEMPT = {
  path: 'attemptId',
  what: 'The attempt',
  place: 'path',
  problem: 'is not stored',
  allowed: 'an attempt that is stored',
} as const

/** Turns the error of a database function into ours. The caller hears a fixed sentence; the database's text is the cause. */
export function toAppError(functionName: string, error: DatabaseFailure): AppError {
  const cause = new Error(`${functionName}: ${error.code || 'no code'}: ${error.message}`, {
    cause: error,
  })
  if (error.code === 'AO003') return new AppError('not_found', [UNKNOWN_ATTEMPT], { cause })
  const [code, message] = FAILURES.get(error.code ?? '')?.(functionName) ?? [
    'database_unavailable' as const,
    `The database did not answer "${functionName}" as expected.`,
  ]
  return new AppError(code, message, { cause })
}

/** Matches an SQLSTATE, except those of a lost connection (08) and of a server that shuts down (57P). */
const UNDONE = /^(?!08|57P)[0-9A-Z]{5}$/

/** Whether a failed call may have been carried out. PostgreSQL undoes what it answers with an SQLSTATE. */
export function isAnswerLost(error: unknown): boolean {
  if (!(error instanceof AppError) || error.code !== 'database_unavailable') return false
  const failure = error.cause instanceof Error ? error.cause.cause : undefined
  const code =
    typeof failure === 'object' && failure !== null && 'code' in failure ? failure.code : ''
  return typeof code !== 'string' || !UNDONE.test(code)
}
