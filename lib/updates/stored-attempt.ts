import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { count, jsonObject, textOrNull, time } from '../db/shapes.ts'
import { isJsonNumber } from '../lossless-json.ts'

/**
 * READY waits to be sent, SENDING may be on its way, UNKNOWN may have had an effect, MANUAL needs a person, and so does
 * LOST, which was applied and is gone. REJECTED, NOT_APPLIED, EXPIRED and WITHDRAWN are final, APPLIED too once it was
 * looked for again.
 */
export const attemptState = z.enum([
  'READY',
  'SENDING',
  'UNKNOWN',
  'APPLIED',
  'REJECTED',
  'NOT_APPLIED',
  'MANUAL',
  'EXPIRED',
  'WITHDRAWN',
  'LOST',
])

export type AttemptState = z.infer<typeof attemptState>

/** The states of an attempt that ended without an effect. A person may send it anew. */
export const FAILED: ReadonlySet<AttemptState> = new Set([
  'REJECTED',
  'NOT_APPLIED',
  'EXPIRED',
  'WITHDRAWN',
])

export const attempt = z.object({
  attemptId: z.uuid(),
  seq: z.string(),
  transactionId: z.string(),
  method: z.string(),
  params: jsonObject,
  naturalKey: textOrNull,
  custody: z.boolean(),
  origin: z.string(),
  keyName: textOrNull,
  requestKey: textOrNull,
  itemIndex: count,
  state: attemptState,
  tries: count,
  rpcId: textOrNull,
  pre: jsonObject.nullable(),
  post: jsonObject.nullable(),
  sentAt: time.nullable(),
  settleAt: time.nullable(),
  expiresAt: time.nullable(),
  outcome: jsonObject.nullable(),
  note: textOrNull,
  forced: textOrNull,
  ledger: jsonObject.nullable(),
  createdAt: time,
  updatedAt: time,
})

export type StoredAttempt = z.infer<typeof attempt>

/** A transaction of which the platform shows an earlier state than the stored one. */
const earlierState = z.object({
  id: z.string(),
  /** Whoever names this number in a later call has read the transaction since. */
  count,
  /** Whether the caller named it. Else the document may only have come late. */
  confirmed: z.boolean(),
  /** From this time on the earlier state counts, if the platform shows nothing newer until then. */
  takeAt: time,
})

export type EarlierState = z.infer<typeof earlierState>

/** An earlier state replaced the stored one. */
export const wentBack = z.object({
  code: z.literal('platform_went_back'),
  /** The platform's `updated_at` before and after. */
  from: textOrNull,
  to: textOrNull,
  /** When the platform first showed an earlier state, and when that state was stored. */
  since: time,
  takenAt: time,
})

export const seen = {
  earlier: z.array(earlierState),
  wentBack: z.array(wentBack.extend({ transactionId: z.string() })),
}

export type WentBack = z.infer<(typeof seen)['wentBack']>[number]

export const storedUpdate = attempt.extend({ transaction: jsonObject.nullable() })

/** An attempt, with its transaction as it is stored now. */
export type StoredUpdate = z.infer<typeof storedUpdate>

/** Whether the platform's document equals a stored one; the order of keys does not count. */
export function isStoredAs(document: object, stored: object): boolean {
  return isDeepStrictEqual(asStored(document), stored)
}

/** The platform's document in the form in which it is stored. */
export function asStored(document: object): Record<string, unknown> {
  return numbersAsText(document) as Record<string, unknown>
}

/** Calls a database function whose arguments contain documents of callers or of the platform. */
export function callStoring<T>(
  db: Database,
  shape: z.ZodType<T>,
  name: string,
  args: object,
): Promise<T> {
  return callChecked(db, shape, name, numbersAsText(args) as object)
}

/** Replaces each `JsonNumber` by its source text. A number that is read back from `jsonb` would lose digits. */
function numbersAsText(value: unknown): unknown {
  if (isJsonNumber(value)) return value.rawJSON
  if (Array.isArray(value)) return value.map(numbersAsText)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, numbersAsText(item)]))
}
