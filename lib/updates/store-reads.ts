import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import {
  count,
  jsonObject,
  type Order,
  ROW_CURSOR,
  readOrdered,
  textOrNull,
  time,
} from '../db/shapes.ts'
import {
  type AttemptState,
  attempt,
  attemptState,
  type StoredUpdate,
  storedUpdate,
  wentBack,
} from './stored-attempt.ts'

export const transactionPage = z.object({
  transactions: z.array(
    z.object({ id: z.string(), transaction: jsonObject, firstSeenAt: time, seenAt: time }),
  ),
  next: textOrNull,
})

export type TransactionPage = z.infer<typeof transactionPage>

/**
 * Reads a page of the stored transactions, the longest unchanged first, so that a transaction that changes while pages
 * are read comes again at the end. `next` is the `cursor` of the following page. A page may be short before the last one.
 *
 * @param filter.updatedSince ISO 8601, compared with the platform's `updated_at`
 * @param filter.attemptStates finds a transaction with an attempt in one of these states
 * @param filter.memos the spellings of one memo
 * @param filter.stellarTransaction a hash in lower case, that the platform shows or that an attempt reported
 * @param filter.account the source, the destination or the account to be paid, letter for letter
 * @throws AppError `invalid_parameter` for a cursor that no page of this order gave, `database_unavailable`
 */
export function readTransactions(
  db: Database,
  filter: {
    statuses: readonly string[] | null
    kind: string | null
    sep: string | null
    updatedSince: string | null
    attemptStates: readonly AttemptState[] | null
    memos: readonly string[] | null
    externalTransactionId: string | null
    stellarTransaction: string | null
    account: string | null
    order: Order
    limit: number
    cursor: string | null
  },
): Promise<TransactionPage> {
  return readOrdered(filter, ROW_CURSOR, (cursor) =>
    callChecked(db, transactionPage, 'read_transactions', { ...filter, cursor }),
  )
}

export const attemptPage = z.object({ attempts: z.array(attempt), next: textOrNull })

export type AttemptPage = z.infer<typeof attemptPage>

const ATTEMPT_CURSOR = /^\d{1,18}$/

/**
 * Reads a page of the attempts in the order in which they were stored. `next` is the `cursor` of the following page. A page
 * may be short before the last one.
 *
 * @param filter.since ISO 8601, compared with `updatedAt`
 * @throws AppError `invalid_parameter` for a cursor that no page of this order gave, `database_unavailable`
 */
export function readAttempts(
  db: Database,
  filter: {
    states: readonly AttemptState[] | null
    transactionId: string | null
    method: string | null
    since: string | null
    order: Order
    limit: number
    cursor: string | null
  },
): Promise<AttemptPage> {
  return readOrdered(filter, ATTEMPT_CURSOR, (cursor) =>
    callChecked(db, attemptPage, 'read_attempts', { ...filter, cursor }),
  )
}

export const transactionRecord = z.object({
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
  /** The newest 200, and older ones that are open or lost. */
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
  /** Whether there are others, which `readAttempts` gives. */
  moreAttempts: z.boolean(),
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

const reportTime = z.object({ reportedAt: time, secondsAgo: z.number() })

/** Tells when an update was reported, and how long ago by the clock of the database. @throws AppError `database_unavailable` */
export function readReportTime(
  db: Database,
  attemptId: string,
): Promise<z.infer<typeof reportTime>> {
  return callChecked(db, reportTime, 'read_report_time', { attemptId })
}
