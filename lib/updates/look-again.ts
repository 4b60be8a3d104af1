import { isEarlier } from '../platform/instant.ts'
import { type PlatformTransaction, updatedAt } from '../platform/transaction.ts'
import { isLeftBehind, isUndone, tracesOfOthers } from '../platform/undone.ts'
import { documentsOf, tryReading, type UpdateIo } from './context.ts'
import { doubtOf } from './result.ts'
import { recordOutcome } from './store.ts'
import type { UnsettledAttempt } from './store-settling.ts'
import { asStored, type StoredAttempt } from './stored-attempt.ts'
import { PLATFORM_WENT_BACK, storeShown } from './went-back.ts'

/**
 * An applied update is looked for once more, at the next reading of its transaction, at the latest after so many seconds by
 * the settler. Release 2.8.4 may lose it to another writer that read the transaction before.
 */
export const LOOK_AGAIN_SECONDS = 60

/**
 * Looks for an applied update in a reading of its transaction. If it is gone, the attempt becomes LOST and waits for a
 * person; nothing sends it again.
 *
 * @param isTruth whether the reading is stored, so that an earlier state in it counts: the platform went back
 * @returns whether it is gone
 */
export async function isLost(
  attempt: StoredAttempt,
  { document, updated_at }: PlatformTransaction,
  isTruth: boolean,
  io: UpdateIo,
): Promise<boolean> {
  const { attemptId, rpcId, transactionId, method, pre, post, settleAt } = attempt
  const now = asStored(document)
  if (pre === null || post === null) return false
  // A writer that was slower than the update leaves an earlier time than the update, but a later one than the state before
  // it. That state itself, or an older one, comes from a late answer, a server that lags behind, or a restore.
  const isTheirs = isEarlier(updatedAt(pre), updated_at)
  if (!isTruth && !isTheirs) return false
  const wentBack = isTruth && isEarlier(updated_at, updatedAt(post))
  const isGone = wentBack ? isLeftBehind({ pre, post }, now) : isUndone({ pre, post }, now)
  if (!isGone) return false
  const code = wentBack ? { code: PLATFORM_WENT_BACK } : {}
  const others = isTheirs ? { theirs: tracesOfOthers({ pre, post }, now) } : {}
  const reason = wentBack ? LEFT_BEHIND : NOT_SHOWN
  const { recorded } = await recordOutcome(io.db, {
    attemptId,
    rpcId,
    from: 'APPLIED',
    to: 'LOST',
    outcome: { by: 'evidence', ...code, reason, shown: post, now, ...others, ...doubtOf(attempt) },
    transaction: document,
    settleInSeconds: null,
    lookAt: settleAt,
  })
  if (recorded) io.log('error', 'update_lost', { attemptId, transactionId, method, ...code })
  return recorded
}

const NOT_SHOWN = 'the update was applied, and a later reading does not show it any more'
const LEFT_BEHIND = `${PLATFORM_WENT_BACK}: the update was applied, and the platform went back to an earlier state that does not show it`

/**
 * Looks for an applied update once more, when its time has come.
 *
 * @returns `later` if the reading fails, or shows an earlier state that does not count yet
 */
export async function lookAgain(
  attempt: UnsettledAttempt,
  io: UpdateIo,
): Promise<'lost' | 'seen' | 'later'> {
  const reading = await tryReading(attempt.transactionId, io)
  if ('failure' in reading) return 'later'
  const { transaction } = reading
  if (transaction === null) return 'seen'
  const isTruth = await isStored(transaction, attempt, io)
  if (await isLost(attempt, transaction, isTruth, io)) return 'lost'
  return isTruth ? 'seen' : 'later'
}

/** Whether a reading counts. An earlier state than the stored one does so only after the platform went back. */
async function isStored(
  { id, updated_at, document }: PlatformTransaction,
  { transaction: stored }: UnsettledAttempt,
  io: UpdateIo,
): Promise<boolean> {
  if (!isEarlier(updated_at, updatedAt(stored))) return true
  return storeShown([document], () => documentsOf(id, io), io)
}
