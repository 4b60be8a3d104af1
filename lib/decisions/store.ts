import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { assertCursor, jsonObject, textOrNull, time } from '../db/shapes.ts'

/** What a decision may be about: an attempt, a payment, the observer or the books of an account, an anchor, a listing, a key. */
export const SUBJECTS = [
  'attempt',
  'payment',
  'observer',
  'books',
  'anchor',
  'listing',
  'key',
] as const

export const decision = z.object({
  id: z.uuid(),
  at: time,
  /** The name of the key of the person who decided. */
  keyName: z.string(),
  about: z.enum(SUBJECTS),
  /** The id of the attempt, payment or listing, the account of the observer, an anchor as network:domain, or a key's name. */
  subject: z.string(),
  transactionId: textOrNull,
  decision: z.string(),
  note: textOrNull,
  /** What was stored about the subject when it was decided. */
  reading: jsonObject,
  /** The update that a replay stored. */
  newAttemptId: z.uuid().nullable(),
})

export type Decision = z.infer<typeof decision>

export const decisionPage = z.object({ decisions: z.array(decision), next: textOrNull })

export type DecisionPage = z.infer<typeof decisionPage>

const CURSOR = /^\d{1,18}$/

/**
 * Reads a page of the decisions, the oldest first, or with `descending` the newest.
 *
 * @throws AppError `invalid_parameter` for a cursor that no page gave, `database_unavailable`
 */
export async function readDecisions(
  db: Database,
  filter: {
    since: string | null
    about: (typeof SUBJECTS)[number] | null
    subject: string | null
    descending: boolean
    limit: number
    cursor: string | null
  },
): Promise<DecisionPage> {
  assertCursor(filter.cursor, CURSOR)
  return callChecked(db, decisionPage, 'read_decisions', filter)
}
