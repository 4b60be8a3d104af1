import type { Database } from '../../lib/db/client.ts'

export type Args = Record<string, unknown>

/** Calls that stand for many: each of their items is the arguments of the single call. */
const MANY: Readonly<Record<string, [single: string, items: string]>> = {
  start_sendings: ['start_sending', 'sends'],
  record_outcomes: ['record_outcome', 'outcomes'],
}

/** A database that gets other arguments than the shipped code sends. */
export function changingArguments(
  db: Database,
  change: (functionName: string, args: Args) => Args,
): Database {
  const changed = (functionName: string, args: Args): Args => {
    const many = MANY[functionName]
    if (many === undefined) return change(functionName, args)
    const [single, items] = many
    return { ...args, [items]: (args[items] as Args[]).map((one) => change(single, one)) }
  }
  return { call: (functionName, args) => db.call(functionName, changed(functionName, args)) }
}
