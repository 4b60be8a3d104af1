import type { RpcError } from '../platform/envelope.ts'
import type { PlatformTransaction } from '../platform/transaction.ts'
import { resultOfStored } from './applied.ts'
import type { FailedReading, ReadyAttempt, UpdateIo } from './context.ts'
import type { Move } from './judge-reply.ts'
import {
  IN_DOUBT,
  openResult,
  PAUSED,
  putOffSeconds,
  QUIET_SECONDS,
  type UpdateResult,
} from './result.ts'
import { type RecordedOutcome, recordOutcome } from './store.ts'
import { putOffUnreadable } from './unreadable.ts'

/** If an earlier send may have been applied, a rejection of this one does not say that the update was not applied. */
export function inDoubt({ mayBeApplied }: ReadyAttempt, move: Move): Move {
  if (!mayBeApplied) return move
  const outcome = { ...move.outcome, ...IN_DOUBT }
  if (move.to !== 'REJECTED') return { ...move, outcome }
  return { ...move, to: 'UNKNOWN', outcome, settleInSeconds: QUIET_SECONDS }
}

/** Rejects an attempt that was not sent. */
export async function rejectUnsent(
  attempt: ReadyAttempt,
  from: 'READY' | 'SENDING',
  error: RpcError,
  transaction: PlatformTransaction | null,
  io: UpdateIo,
): Promise<UpdateResult> {
  const { attemptId, rpcId } = attempt
  if (attempt.mayBeApplied && from === 'READY') {
    return putOffReading(attempt, from, { failure: error.message, code: 'refused' }, io)
  }
  const outcome = { by: 'us', error }
  const rejected = { to: 'REJECTED', outcome, transaction, settleInSeconds: null } as const
  const move = inDoubt(attempt, rejected)
  const recorded = await recordOutcome(io.db, {
    attemptId,
    rpcId,
    from,
    to: move.to,
    outcome: move.outcome,
    transaction: transaction?.document ?? null,
    settleInSeconds: move.settleInSeconds,
  })
  return resultOfStored(attemptId, recorded, io)
}

/** Puts an attempt off because its transaction could not be read. */
export async function putOffReading(
  attempt: ReadyAttempt,
  from: 'READY' | 'SENDING',
  failed: FailedReading,
  io: UpdateIo,
): Promise<UpdateResult> {
  const reason = `The transaction could not be read: ${failed.failure}`
  const mark = failed.code === 'paused' ? PAUSED : {}
  // Somebody waits for the answer, and the settler will read again.
  if (from === 'SENDING' || !attempt.unattended) {
    return putOff(attempt, from, reason, null, io, mark)
  }
  const { attemptId, rpcId, params, mayBeApplied } = attempt
  const recorded = await putOffUnreadable(
    { attemptId, rpcId, transactionId: params.transaction_id },
    failed,
    {
      from,
      outcome: { by: 'us', reason, ...mark, ...(mayBeApplied ? IN_DOUBT : {}) },
      settleInSeconds: putOffSeconds(null),
    },
    io,
  )
  return resultOfPutOff(attempt, reason, recorded, io)
}

/** Leaves an attempt that was not sent for a later try. */
export async function putOff(
  attempt: ReadyAttempt,
  from: 'READY' | 'SENDING',
  reason: string,
  retryAfterSeconds: number | null,
  io: UpdateIo,
  mark: object = {},
): Promise<UpdateResult> {
  const { attemptId, rpcId, mayBeApplied } = attempt
  const recorded = await recordOutcome(io.db, {
    attemptId,
    rpcId,
    from,
    to: 'READY',
    outcome: { by: 'us', reason, ...mark, ...(mayBeApplied ? IN_DOUBT : {}) },
    transaction: null,
    settleInSeconds: putOffSeconds(retryAfterSeconds),
  })
  return resultOfPutOff(attempt, reason, recorded, io)
}

async function resultOfPutOff(
  { attemptId }: ReadyAttempt,
  reason: string,
  recorded: RecordedOutcome,
  io: UpdateIo,
): Promise<UpdateResult> {
  return recorded.state === 'READY'
    ? openResult(attemptId, 'READY', reason, recorded.settleAt)
    : resultOfStored(attemptId, recorded, io)
}
