import type { Database } from '../../lib/db/client.ts'

export type Args = Record<string, unknown>

/** A database that gets other arguments than the shipped code sends. */
export function changingArguments(
  db: Database,
  change: (functionName: string, args: Args) => Args,
): Database {
  return { call: (functionName, args) => db.call(functionName, change(functionName, args)) }
}
