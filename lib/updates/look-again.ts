import type { PlatformTransaction } from '../platform/transaction.ts'
import { isUndone } from '../platform/undone.ts'
import type { UpdateIo } from './context.ts'
import { doubtOf } from './result.ts'
import { asStored, recordOutcome, type StoredAttempt } from './store.ts'

/**
 * An applied update is looked for once more, at the next reading of its transaction, at the latest after so many seconds by
 * the settler. Release 2.8.4 may lose it to another writer that read the transaction before.
 */
export const LOOK_AGAIN_SECONDS = 60

/**
 * Looks for an applied update in a reading of its transaction. If it is gone, the attempt becomes LOST and waits for a
 * person; nothing sends it again.
 *
 * @returns whether it is gone
 */
export async function isLost(
  attempt: StoredAttempt,
  { document }: PlatformTransaction,
  io: UpdateIo,
): Promise<boolean> {
  const { attemptId, rpcId, transactionId, method, pre, post, settleAt } = attempt
  const now = asStored(document)
  if (pre === null || post === null || !isUndone({ pre, post }, now)) return false
  const reason = 'the update was applied, and a later reading does not show it any more'
  const { recorded } = await recordOutcome(io.db, {
    attemptId,
    rpcId,
    from: 'APPLIED',
    to: 'LOST',
    outcome: { by: 'evidence', reason, shown: post, now, ...doubtOf(attempt) },
    transaction: document,
    settleInSeconds: null,
    lookAt: settleAt,
  })
  if (recorded) io.log('error', 'update_lost', { attemptId, transactionId, method })
  return recorded
}
