import { AppError } from '../errors.ts'

/** What supabase-js gives for a failed rpc: PostgREST's error body, or a network failure without a code. */
export interface RpcError {
  code?: string | undefined
  message: string
}

/** SQLSTATE raised by our functions when a run that lost the lease tries to write. */
const LEASE_LOST = 'AO001'

/** What the caller may be told of a failed database call. The database's own words go no further than `cause`. */
export function toAppError(functionName: string, error: RpcError): AppError {
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
  return new AppError(
    'database_unavailable',
    `The database did not answer "${functionName}" as expected.`,
    {
      cause,
    },
  )
}
