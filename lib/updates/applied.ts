import { showsAdded } from '../platform/evidence.ts'
import type { PlatformProfile, RpcMethod } from '../platform/methods.ts'
import { leadsTo, legality, stateOf } from '../platform/status-rules.ts'
import { type PlatformTransaction, readPlatformTransaction } from '../platform/transaction.ts'
import { readStoredUpdate, type UpdateIo } from './context.ts'
import { openResult, toResult, type UpdateResult } from './result.ts'
import type { RecordedOutcome } from './store.ts'
import { readAttempt } from './store-reads.ts'
import type { StoredUpdate } from './stored-attempt.ts'

const NOT_SHOWN =
  'This update was applied before, and the transaction does not show it now. Read the attempt and the transaction.'

/** The result of an applied attempt whose transaction does not show it. */
export function notShown(attemptId: string): UpdateResult {
  return openResult(attemptId, 'APPLIED', NOT_SHOWN, null)
}

/** Whether a transaction may show a method: the method leads to its status, or may not follow on it. */
export function isPast(
  method: RpcMethod,
  transaction: PlatformTransaction,
  profile: PlatformProfile,
): boolean {
  const state = stateOf(transaction)
  return legality(method, state, profile) === 'illegal' || leadsTo(method, state, profile)
}

/**
 * The result of an attempt as it is stored. What this call has read of the transaction may be older, so an applied attempt
 * is answered with the transaction that was stored when it was applied.
 */
export async function resultOfStored(
  attemptId: string,
  { state, outcome }: Pick<RecordedOutcome, 'state' | 'outcome'>,
  io: UpdateIo,
): Promise<UpdateResult> {
  if (state !== 'APPLIED') return toResult(attemptId, state, outcome, {}, io)
  const stored = await readAttempt(io.db, attemptId)
  return stored === null ? notShown(attemptId) : appliedResult(stored, io)
}

/** The result of an applied attempt. A person who decided that it was applied stored no transaction with it. */
export function appliedResult(
  { transaction: latest, post, ...attempt }: StoredUpdate,
  { profile }: Pick<UpdateIo, 'profile'>,
): UpdateResult {
  const { attemptId } = attempt
  if (post !== null) return { kind: 'applied', attemptId, transaction: post }
  const transaction = readPlatformTransaction(latest)
  const update = readStoredUpdate(attempt, profile)
  const isShown =
    transaction !== null &&
    isPast(update.method, transaction, profile) &&
    showsAdded(update, transaction)
  if (!isShown) return notShown(attemptId)
  return { kind: 'applied', attemptId, transaction: transaction.document }
}
