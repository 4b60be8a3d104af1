import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { assertCursor, count, jsonObject, textOrNull, time } from '../db/shapes.ts'
import {
  attempt,
  attemptState,
  type StoredUpdate,
  storedUpdate,
  wentBack,
} from './stored-attempt.ts'

const transactionPage = z.object({
  transactions: z.array(
    z.object({ id: z.string(), transaction: jsonObject, firstSeenAt: time, seenAt: time }),
  ),
  next: textOrNull,
})

export type TransactionPage = z.infer<typeof transactionPage>

const CURSOR = /^\d{1,18}\../s

/**
 * Reads a page of the stored transactions, the longest unchanged first, so that a transaction that changes while pages
 * are read comes again at the end. `next` is the `cursor` of the following page.
 *
 * @param filter.updatedSince ISO 8601, compared with the platform's `updated_at`
 * @throws AppError `invalid_parameter` for a cursor that no page gave, `database_unavailable`
 */
export async function readTransactions(
  db: Database,
  filter: {
    status: string | null
    kind: string | null
    sep: string | null
    updatedSince: string | null
    limit: number
    cursor: string | null
  },
): Promise<TransactionPage> {
  assertCursor(filter.cursor, CURSOR)
  return callChecked(db, transactionPage, 'read_transactions', filter)
}

const transactionRecord = z.object({
  id: z.string(),
  transaction: jsonObject.nullable(),
  firstSeenAt: time.nullable(),
  seenAt: time.nullable(),
  /** Since when the platform has shown an earlier state than `transaction`; null if it does not. */
  earlierSince: time.nullable(),
  /** The last time that an earlier state replaced `transaction`. */
  wentBack: wentBack.nullable(),
  history: z.array(
    z.object({
      status: z.string(),
      platformUpdatedAt: time,
      seenAt: time,
      attemptId: z.uuid().nullable(),
    }),
  ),
  attempts: z.array(
    attempt.extend({
      moves: z.array(
        z.object({
          at: time,
          from: attemptState.nullable(),
          to: attemptState,
          detail: jsonObject,
        }),
      ),
    }),
  ),
  refunds: z.array(
    z.object({
      refundId: z.string(),
      method: z.string(),
      amount: z.string(),
      fee: z.string(),
      asset: z.string(),
      attemptId: z.uuid(),
      state: attemptState,
    }),
  ),
})

export type TransactionRecord = z.infer<typeof transactionRecord>

/**
 * Reads one transaction with its statuses, attempts, moves and refunds. `transaction` is null if it has attempts but was
 * never read from the platform. The result is null if nothing is stored.
 *
 * @throws AppError `database_unavailable`
 */
export function readTransaction(db: Database, id: string): Promise<TransactionRecord | null> {
  return callChecked(db, transactionRecord.nullable(), 'read_transaction', { id })
}

/** Reads one attempt; null for an unknown id. @throws AppError `database_unavailable` */
export function readAttempt(db: Database, attemptId: string): Promise<StoredUpdate | null> {
  return callChecked(db, storedUpdate.nullable(), 'read_attempt', { attemptId })
}

const updateHealth = z.object({
  now: time,
  ready: count,
  sending: count,
  unknown: count,
  manual: count,
  /** LOST because the platform went back; `manual` counts them too. */
  wentBack: count,
  oldestReadyAt: time.nullable(),
  oldestUnknownAt: time.nullable(),
  oldestManualAt: time.nullable(),
})

export type UpdateHealth = z.infer<typeof updateHealth>

/**
 * Counts the unfinished attempts by state. The times say when the oldest READY attempt was stored, when the oldest UNKNOWN
 * attempt was sent, and when the oldest MANUAL attempt became MANUAL.
 *
 * @throws AppError `database_unavailable`
 */
export function readUpdateHealth(db: Database): Promise<UpdateHealth> {
  return callChecked(db, updateHealth, 'read_update_health', {})
}
