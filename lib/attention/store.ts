import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { assertCursor, count, jsonObject, ROW_CURSOR, textOrNull, time } from '../db/shapes.ts'
import { comparison } from '../payments/books/store.ts'
import { storedPayment } from '../payments/store.ts'
import { LATE_UPDATE_SECONDS } from '../updates/result.ts'
import { attemptState } from '../updates/stored-attempt.ts'

const shared = { id: z.string(), since: time }
const update = z.object({
  ...shared,
  transactionId: z.string(),
  detail: z.looseObject({
    state: attemptState,
    method: z.string(),
    outcome: jsonObject.nullable(),
    /** By the clock of the database; null for an update that was never sent. */
    secondsSinceSent: z.number().nullable(),
  }),
})

const anchor = z.object({ network: z.string(), domain: z.string() })

const waiting = z.discriminatedUnion('kind', [
  update.extend({ kind: z.literal('update_manual') }),
  update.extend({ kind: z.literal('update_lost') }),
  update.extend({ kind: z.literal('update_late') }),
  z.object({
    kind: z.literal('payment'),
    ...shared,
    transactionId: textOrNull,
    detail: storedPayment,
  }),
  z.object({
    kind: z.literal('observer_alarm'),
    ...shared,
    transactionId: z.null(),
    detail: z.looseObject({ account: z.string(), code: z.string(), message: z.string() }),
  }),
  z.object({
    kind: z.literal('difference'),
    ...shared,
    transactionId: z.null(),
    detail: comparison,
  }),
  z.object({
    kind: z.literal('anchor_held'),
    ...shared,
    transactionId: z.null(),
    detail: anchor.extend({ before: jsonObject, after: jsonObject }),
  }),
  z.object({
    kind: z.literal('anchor_flapping'),
    ...shared,
    transactionId: z.null(),
    detail: anchor.extend({ flips: z.array(time), outcome: textOrNull, error: textOrNull }),
  }),
  z.object({
    kind: z.literal('unlisted'),
    ...shared,
    transactionId: z.null(),
    detail: z.looseObject({ message: z.string() }),
  }),
])

/** The kinds of what waits for a person. The last is not stored: the platform is asked. */
export const WAITING_KINDS = [
  ...waiting.options.map(({ shape }) => shape.kind.value),
  'platform',
] as const

/** Something that waits for a person, as it is stored. */
export type Waiting = z.infer<typeof waiting>

const attentionPage = z.object({ waiting: z.array(waiting), next: textOrNull })

/**
 * Reads a page of what waits for a person, the newest first.
 *
 * @param page.lateSeconds an update that has been open for so long waits for a person too
 * @param page.accounts the accounts that are observed in `source`; alarms of others are not listed, since no run ends them
 * @throws AppError `invalid_parameter` for a cursor that no page gave, `database_unavailable`
 */
export async function readAttention(
  db: Database,
  page: {
    lateSeconds: number
    accounts: readonly string[]
    source: string | null
    limit: number
    cursor: string | null
  },
): Promise<z.infer<typeof attentionPage>> {
  assertCursor(page.cursor, ROW_CURSOR)
  return callChecked(db, attentionPage, 'read_attention', page)
}

const waitingKind = z.enum(waiting.options.map(({ shape }) => shape.kind.value))
export const attentionCounts = z.record(waitingKind, count)

export type AttentionCounts = z.infer<typeof attentionCounts>

/** A kind is counted up to this. A person who has so much to decide needs no exact number. */
const MOST_WAITING = 1_000

/**
 * Counts what waits for a person, by kind.
 *
 * @param observed as of `readAttention`
 * @throws AppError `database_unavailable`
 */
export function countAttention(
  db: Database,
  observed: { accounts: readonly string[]; source: string | null },
): Promise<AttentionCounts> {
  const counted = { ...observed, lateSeconds: LATE_UPDATE_SECONDS, most: MOST_WAITING }
  return callChecked(db, attentionCounts, 'count_attention', counted)
}
