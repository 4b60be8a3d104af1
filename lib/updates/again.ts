import type { Update } from '../platform/evidence.ts'
import { compareInstants } from '../platform/instant.ts'
import type { RpcMethod } from '../platform/methods.ts'
import { type PlatformTransaction, readPlatformTransaction } from '../platform/transaction.ts'
import { appliedResult, isPast, notShown } from './applied.ts'
import { readFromPlatform, type TransactionReading, type UpdateIo } from './context.ts'
import { keyOfAgain } from './identity.ts'
import { ownRejection, type UpdateResult } from './result.ts'
import type { BegunUpdate, NewUpdate } from './store.ts'
import { readAttempt } from './store-reads.ts'

/** What an update is that has the natural key of an applied attempt. */
export type Again =
  /** The same update with other params, which was refused when it was found. */
  | { kind: 'refused' }
  /** A new update, to be stored with a natural key of its own. */
  | { kind: 'new'; row: NewUpdate }
  | { kind: 'answer'; result: UpdateResult }

/** Whether an update has the natural key of an attempt that was applied by an earlier call. */
export function isAppliedBefore({ created, state, refusal }: BegunUpdate): boolean {
  if (created || state !== 'APPLIED') return false
  return refusal === null || refusal.code === 'natural_key_used'
}

/**
 * Judges an update that was applied before. If this request itself stored it, its caller repeats the request and gets the
 * answer of the first time. Else the transaction as it is now decides: if the status rules allow the method and it leads to
 * another status, the transaction does not show the update. From a status of `againFrom`, such as `on_hold`, it may be meant
 * again, but a late repeat from the network must do nothing: only a new Idempotency-Key or a person's `force` makes it a new
 * update.
 *
 * @param reading the reading that runs already; null when none does
 * @param keyIsNew whether the request has an Idempotency-Key that no request had before
 */
export async function judgeAgain(
  begun: BegunUpdate,
  { method, params, row }: Update & { row: NewUpdate },
  {
    identity,
    keyIsNew,
    reading,
  }: {
    identity: { key: string; holder: string | null }
    keyIsNew: boolean
    reading: Promise<TransactionReading> | null
  },
  io: UpdateIo,
): Promise<Again> {
  const { attemptId, refusal } = begun
  if (identity.holder !== null && attemptId !== null) {
    const result = await ownResult(attemptId, identity.key, row, io)
    if (result !== null) return { kind: 'answer', result }
  }
  const now = await currentOf(params.transaction_id, begun.transaction, reading, io)
  if (now === null || !mayFollow(method, now, io)) {
    if (refusal !== null || attemptId === null) return { kind: 'refused' }
    const isShown = now !== null && isPast(method, now, io.profile)
    const shown = { kind: 'applied', attemptId, transaction: now?.document ?? {} } as const
    return { kind: 'answer', result: isShown ? shown : notShown(attemptId) }
  }
  if (row.forced === null && !keyIsNew) {
    const error = ownRejection({ reason: 'reported_before', status: now.status, attemptId })
    return { kind: 'answer', result: { kind: 'rejected', attemptId: null, error } }
  }
  return { kind: 'new', row: { ...row, naturalKey: keyOfAgain(row.naturalKey, now) } }
}

/** Whether an update may be meant again in this status. */
function mayFollow(
  { againFrom = [], ...method }: RpcMethod,
  now: PlatformTransaction,
  { profile }: UpdateIo,
): boolean {
  return againFrom.some((status) => status === now.status) && !isPast(method, now, profile)
}

/** The result of an attempt that the same place of the same request stored; null for an attempt of another request. */
async function ownResult(
  attemptId: string,
  key: string,
  { index }: NewUpdate,
  io: UpdateIo,
): Promise<UpdateResult | null> {
  const stored = await readAttempt(io.db, attemptId)
  const isOwn = stored?.requestKey === key && stored.itemIndex === index
  return isOwn ? appliedResult(stored, io) : null
}

/**
 * The transaction as the platform shows it; as it is stored, if it cannot be read or has not changed since; null if the
 * platform has none.
 */
async function currentOf(
  id: string,
  stored: object | null,
  started: Promise<TransactionReading> | null,
  io: UpdateIo,
): Promise<PlatformTransaction | null> {
  const reading = await (started ?? readFromPlatform(id, io))
  const known = readPlatformTransaction(stored)
  if ('failure' in reading) return known
  const { transaction: now } = reading
  if (now === null || known === null) return now
  const moved = compareInstants(known.updated_at, now.updated_at)
  // A reading that started before the attempt was found may be older than its send.
  if (moved === 'unclear' && started !== null) return currentOf(id, stored, null, io)
  return moved === 'same' ? known : now
}
