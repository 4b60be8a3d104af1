import type * as z from 'zod'
import { decisionNote } from '../../lib/decisions/note.ts'

/** Says what a schema allows instead of a text; null for a text that it allows. */
export const allowedBy =
  (schema: z.ZodType) =>
  (text: string): string | null =>
    schema.safeParse(text).error?.issues[0]?.message ?? null

/** A text that becomes one step of the path of a URL, which `.` and `..` would leave. */
const oneStep =
  (what: string) =>
  (text: string): string | null =>
    /^\.{1,2}$/.test(text) ? what : null

const matching =
  (pattern: RegExp, what: string) =>
  (text: string): string | null =>
    pattern.test(text) ? null : what

export const DOMAIN = {
  means: 'The home domain, such as anchor.example.org.',
  check: oneStep('a home domain'),
} as const
export const TRANSACTION = {
  means: 'The id of the transaction at the platform.',
  check: oneStep('the id of a transaction'),
} as const
export const ATTEMPT = {
  means: 'The id of the attempt, as `attention` and the list of attempts show it.',
  check: matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'the id of an attempt, a UUID'),
} as const
export const OPERATION = {
  means: 'The id of the operation on the ledger, as `payments list` shows it.',
  check: matching(/^\d{1,20}$/, 'the id of an operation, 1 to 20 digits'),
} as const

export const NOTE_OPTION = {
  type: 'text',
  takes: 'text',
  needed: true,
  means: 'How it is known, in 1 to 1,000 characters; it is stored with the decision.',
  check: allowedBy(decisionNote),
} as const
export const YES_OPTION = { type: 'flag', means: 'Does not ask on a terminal.' } as const
export const FORCE_OPTION = {
  type: 'flag',
  means: 'Decides although something does not hold, if that may be overridden (scope force).',
} as const
export const NETWORK_OPTION = {
  type: 'text',
  takes: 'network',
  oneOf: ['mainnet', 'testnet'],
  means: 'The catalog of this network; without it, that of the deployment.',
} as const
export const LIMIT_OPTION = {
  type: 'integer',
  takes: 'n',
  min: 1,
  max: 100_000,
  means: 'Shows n rows at most; without it, all.',
} as const

/** The given values without those that were left out. */
export function given<T extends Record<string, unknown>>(
  values: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const present = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(present) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

/** Reads rows until `limit`, and says how many there are. */
export async function collect<T>(
  rows: AsyncIterable<T>,
  limit: number | undefined,
  says: (what: string) => void,
): Promise<T[]> {
  const read: T[] = []
  for await (const row of rows) {
    read.push(row)
    if (read.length === limit) break
    if (read.length % 100 === 0) says(`read ${read.length} rows`)
  }
  return read
}
