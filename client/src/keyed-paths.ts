/** The paths whose POST takes an `Idempotency-Key`. `npm run openapi` writes this file. */
export const KEYED_PATHS: ReadonlySet<string> = new Set([
  '/api/transactions/rpc',
  '/api/transactions/{id}/{method}',
])
