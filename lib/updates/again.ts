import type { Update } from '../platform/evidence.ts'
import { compareInstants } from '../platform/instant.ts'
import { legality, stateOf } from '../platform/status-rules.ts'
import { type PlatformTransaction, readPlatformTransaction } from '../platform/transaction.ts'
import { readFromPlatform, type TransactionReading, type UpdateIo } from './context.ts'
import { keyOfAgain } from './identity.ts'
import { openResult, ownRejection, type UpdateResult } from './result.ts'
import type { BegunUpdate, NewUpdate } from './store.ts'

/** What an update is that has the natural key of an applied attempt. */
export type Again =
  /** The same update again. */
  | { kind: 'repeat'; transaction: Readonly<Record<string, unknown>> | null }
  /** A new update, to be stored with a natural key of its own. */
  | { kind: 'new'; row: NewUpdate }
  | { kind: 'answer'; result: UpdateResult }

const NOT_SHOWN =
  'This update was applied before, and the transaction does not show it now. Read the attempt and the transaction.'

/** Whether an update has the natural key of an attempt that was applied by an earlier call. */
export function isAppliedBefore({ created, state, refusal }: BegunUpdate): boolean {
  if (created || state !== 'APPLIED') return false
  return refusal === null || refusal.code === 'natural_key_used'
}

/**
 * Judges an update that was applied before, by the transaction as it is now. If the status rules still allow the method,
 * the transaction does not show the update. From a status of `againFrom`, such as `on_hold`, it may be meant again, but a
 * late repeat from the network must do nothing: only a new Idempotency-Key or a person's `force` makes it a new update.
 *
 * @param reading the reading that runs already; null when none does
 * @param keyIsNew whether the request has an Idempotency-Key that no request had before
 */
export async function judgeAgain(
  { attemptId, refusal, transaction: stored }: BegunUpdate,
  { method, params, row }: Update & { row: NewUpdate },
  { reading, keyIsNew }: { reading: Promise<TransactionReading> | null; keyIsNew: boolean },
  io: UpdateIo,
): Promise<Again> {
  const now = await currentOf(reading ?? readFromPlatform(params.transaction_id, io), stored)
  if (now === null || legality(method, stateOf(now), io.profile) !== 'legal') {
    return { kind: 'repeat', transaction: now?.document ?? stored }
  }
  if (method.againFrom?.some((status) => status === now.status) !== true) {
    if (refusal !== null || attemptId === null) return { kind: 'repeat', transaction: now.document }
    const result = openResult(attemptId, 'APPLIED', NOT_SHOWN, null)
    return { kind: 'answer', result }
  }
  if (row.forced === null && !keyIsNew) {
    const error = ownRejection({ reason: 'reported_before', status: now.status, attemptId })
    return { kind: 'answer', result: { kind: 'rejected', attemptId: null, error } }
  }
  return { kind: 'new', row: { ...row, naturalKey: keyOfAgain(row.naturalKey, now) } }
}

/** The transaction as it was read; as it is stored, if it cannot be read or has not changed since. */
async function currentOf(
  reading: Promise<TransactionReading>,
  stored: object | null,
): Promise<PlatformTransaction | null> {
  const read = await reading
  const now = 'failure' in read ? null : read.transaction
  const known = readPlatformTransaction(stored)
  if (now === null || known === null) return now ?? known
  return compareInstants(known.updated_at, now.updated_at) === 'same' ? known : now
}
