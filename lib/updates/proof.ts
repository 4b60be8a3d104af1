import { findEvidence } from '../platform/evidence.ts'
import type { PlatformReply } from '../platform/reply.ts'
import { type PlatformTransaction, readPlatformTransaction } from '../platform/transaction.ts'
import {
  type ReadyAttempt,
  readStoredUpdate,
  type TransactionReading,
  tryReading,
  type UpdateIo,
} from './context.ts'
import { LOOK_AGAIN_SECONDS } from './look-again.ts'
import { doubtOf } from './result.ts'
import { type RecordedOutcome, recordOutcome } from './store.ts'
import type { StoredAttempt } from './stored-attempt.ts'

/**
 * Proof that an update was applied needs no answer and no silence. With its event queue away the platform saves at once
 * and answers after 120 s, so the transaction is read again these seconds after the send.
 */
const READ_AGAIN_SECONDS = [1, 3, 10, 30, 60] as const
/**
 * With events on the platform answers after 1.02 to 1.08 s. Where nobody waits for the result, the first reading comes just
 * after that: it would cost the platform one more GET for each of hundreds of updates, and prove them 0.05 s earlier.
 */
const UNATTENDED_READ_AGAIN_SECONDS = [1.5, ...READ_AGAIN_SECONDS.slice(1)]
/** A caller waits this long for proof after the answer was lost. The settler makes the later readings. */
const WAIT_SECONDS = 3

/** The settler makes the reading after 10 s, so many seconds after the last one of the caller. */
export const SETTLER_READS_AFTER_SECONDS = READ_AGAIN_SECONDS[2] - WAIT_SECONDS

/** The transaction shows the update. */
interface Shown {
  kind: 'shown'
  transaction: PlatformTransaction
}

/**
 * Sends an update. While no answer comes, and for 3 s after an answer was lost, its transaction is read.
 *
 * @returns the reply, or the transaction as soon as it shows the update
 */
export async function sendAndWatch(
  send: () => Promise<PlatformReply>,
  attempt: ReadyAttempt,
  pre: PlatformTransaction,
  io: UpdateIo,
): Promise<PlatformReply | Shown> {
  let reply: PlatformReply | null = null
  const answered = send().then((answer) => {
    reply = answer
    return answer
  })
  const look = async (): Promise<Shown | null> => {
    const reading = await tryReading(attempt.params.transaction_id, io)
    return shows(attempt, pre, reading, io)
  }
  const readAgainSeconds = attempt.unattended ? UNATTENDED_READ_AGAIN_SECONDS : READ_AGAIN_SECONDS
  let after = 0
  for (const seconds of readAgainSeconds) {
    await Promise.race([answered, io.sleep((seconds - after) * 1000)])
    if (reply !== null) break
    const shown = await Promise.race([answered, look()])
    if (shown?.kind === 'shown') return shown
    after = seconds
  }
  const last = await answered
  if (last.kind !== 'unclear') return last
  const shown = await look()
  if (shown !== null) return shown
  for (const seconds of readAgainSeconds) {
    if (seconds <= after || seconds > WAIT_SECONDS) continue
    await io.sleep((seconds - after) * 1000)
    const later = await look()
    if (later !== null) return later
    after = seconds
  }
  return last
}

function shows(
  { method, params }: ReadyAttempt,
  pre: PlatformTransaction,
  reading: TransactionReading,
  { profile }: UpdateIo,
): Shown | null {
  if ('failure' in reading || reading.transaction === null) return null
  const { transaction } = reading
  const evidence = findEvidence({ method, params }, pre, transaction, profile)
  return evidence === 'applied' ? { kind: 'shown', transaction } : null
}

/** The seconds until the next reading of an attempt that was sent so long ago; null when none is left. */
export function secondsToNextReading(secondsSinceSent: number): number | null {
  const next = READ_AGAIN_SECONDS.find((seconds) => seconds > secondsSinceSent)
  return next === undefined ? null : next - secondsSinceSent
}

/**
 * Ends an attempt that was sent and is open as APPLIED, if a reading of its transaction shows the update.
 *
 * @returns null when the reading proves nothing
 */
export async function settleIfShown(
  attempt: StoredAttempt,
  transaction: PlatformTransaction,
  io: UpdateIo,
): Promise<RecordedOutcome | null> {
  const { attemptId, rpcId, state } = attempt
  if (state !== 'SENDING' && state !== 'UNKNOWN') return null
  const pre = attempt.pre && readPlatformTransaction(attempt.pre)
  const update = readStoredUpdate(attempt, io.profile)
  if (findEvidence(update, pre, transaction, io.profile) !== 'applied') return null
  return recordOutcome(io.db, {
    attemptId,
    rpcId,
    from: state,
    to: 'APPLIED',
    outcome: {
      by: 'evidence',
      reason: 'the transaction shows the update',
      ...doubtOf(attempt),
    },
    transaction: transaction.document,
    settleInSeconds: LOOK_AGAIN_SECONDS,
  })
}
