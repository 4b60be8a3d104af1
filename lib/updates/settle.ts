import { randomUUID } from 'node:crypto'
import { mapLimit } from '../net/map-limit.ts'
import { PlatformReadError } from '../platform/client.ts'
import { findEvidence } from '../platform/evidence.ts'
import type { UpdateParams } from '../platform/params.ts'
import type { PlatformTransaction } from '../platform/transaction.ts'
import type { UpdateIo } from './context.ts'
import { QUIET_SECONDS } from './result.ts'
import { sendAttempt, storedTransaction } from './send.ts'
import { type AttemptState, claimUnsettled, recordOutcome, type UnsettledAttempt } from './store.ts'

/** An attempt is sent at most so often; then it counts as not applied. */
const MOST_TRIES = 3
/** A process that sends hears from the platform within 35 s or gives up. */
const SENDING_AFTER_SECONDS = 60
const READY_AFTER_SECONDS = 60
const CLAIM_SECONDS = 120
const BATCH = 50
const CONCURRENCY = 10
/** The next look at a transaction that could not be read. */
const UNREADABLE_SECONDS = 60

/** What one run of the settler came to; counts are attempts. */
export interface Settlement {
  settled: number
  applied: number
  rejected: number
  notApplied: number
  manual: number
  /** Looked at and still open. */
  remaining: number
}

/**
 * Settles what is open: unknown updates by evidence, once they have been silent for 180 s; stored ones that were left by
 * sending them. Money that a custody service may have paid is never sent again by a machine.
 *
 * @throws AppError `database_unavailable`
 */
export async function settleUpdates(
  { isOver }: { isOver: () => boolean },
  io: UpdateIo,
): Promise<Settlement> {
  const holder = randomUUID()
  const settlement: Settlement = {
    settled: 0,
    applied: 0,
    rejected: 0,
    notApplied: 0,
    manual: 0,
    remaining: 0,
  }
  while (!isOver()) {
    const attempts = await claimUnsettled(io.db, {
      holder,
      limit: BATCH,
      sendingAfterSeconds: SENDING_AFTER_SECONDS,
      readyAfterSeconds: READY_AFTER_SECONDS,
      claimSeconds: CLAIM_SECONDS,
    })
    if (attempts.length === 0) return settlement
    await mapLimit(
      attempts,
      CONCURRENCY,
      async (attempt) => count(settlement, await settleOne(attempt, io)),
      { stopAt: isOver },
    )
  }
  return settlement
}

const COUNTED: Partial<Record<AttemptState, 'applied' | 'rejected' | 'notApplied' | 'manual'>> = {
  APPLIED: 'applied',
  REJECTED: 'rejected',
  NOT_APPLIED: 'notApplied',
  MANUAL: 'manual',
}

function count(settlement: Settlement, state: AttemptState): void {
  const end = COUNTED[state]
  if (end === undefined) {
    settlement.remaining += 1
    return
  }
  settlement.settled += 1
  settlement[end] += 1
}

async function settleOne(attempt: UnsettledAttempt, io: UpdateIo): Promise<AttemptState> {
  try {
    return attempt.state === 'READY' ? await resend(attempt, io) : await settleUnknown(attempt, io)
  } catch (error) {
    // One attempt must not keep the others from being settled; its claim runs out and it is looked at again.
    io.log('error', 'settle_failed', { attemptId: attempt.attemptId, error })
    return attempt.state
  }
}

async function settleUnknown(attempt: UnsettledAttempt, io: UpdateIo): Promise<AttemptState> {
  const silentSeconds = attempt.secondsSinceSent ?? 0
  // Silence is no proof before nothing can be under way any more.
  if (silentSeconds < QUIET_SECONDS) {
    return move(attempt, 'UNKNOWN', null, null, QUIET_SECONDS - silentSeconds, io)
  }
  let now: PlatformTransaction | null
  try {
    now = await io.platform.getTransaction(attempt.transactionId)
  } catch (error) {
    if (!(error instanceof PlatformReadError)) throw error
    const reason = `The transaction could not be read: ${error.message}`
    return move(attempt, 'UNKNOWN', { by: 'us', reason }, null, UNREADABLE_SECONDS, io)
  }
  const { to, reason } = verdict(attempt, now, io)
  const state = await move(attempt, to, { by: 'evidence', reason }, now, null, io)
  if (to === 'MANUAL') {
    const { attemptId, transactionId, method } = attempt
    io.log('error', 'update_needs_a_person', { attemptId, transactionId, method, reason })
  }
  return state === 'READY' ? resend(attempt, io) : state
}

/** What an unknown update is, after its silence, by the transaction before and now. */
function verdict(
  attempt: UnsettledAttempt,
  now: PlatformTransaction | null,
  io: UpdateIo,
): { to: 'APPLIED' | 'READY' | 'NOT_APPLIED' | 'MANUAL'; reason: string } {
  if (now === null)
    return { to: 'MANUAL', reason: 'the platform does not know the transaction any more' }
  const update = { method: attempt.method, params: attempt.params as UpdateParams }
  const evidence = findEvidence(update, storedTransaction(attempt.pre), now, io.profile)
  if (evidence === 'applied') return { to: 'APPLIED', reason: 'the transaction shows the update' }
  if (evidence === 'changed') {
    return { to: 'MANUAL', reason: 'the transaction changed, and not clearly by this update' }
  }
  if (attempt.custody) {
    return { to: 'MANUAL', reason: 'the transaction did not change, but custody may have paid' }
  }
  if (attempt.tries >= MOST_TRIES) {
    return {
      to: 'NOT_APPLIED',
      reason: `the transaction did not change after ${attempt.tries} tries`,
    }
  }
  return { to: 'READY', reason: 'the transaction did not change' }
}

async function move(
  { attemptId, rpcId }: UnsettledAttempt,
  to: AttemptState,
  outcome: object | null,
  transaction: PlatformTransaction | null,
  lookAgainSeconds: number | null,
  io: UpdateIo,
): Promise<AttemptState> {
  const settleAt =
    lookAgainSeconds === null
      ? null
      : new Date(io.now().getTime() + lookAgainSeconds * 1000).toISOString()
  const recorded = await recordOutcome(io.db, {
    attemptId,
    rpcId,
    from: 'UNKNOWN',
    to,
    outcome,
    transaction: transaction?.document ?? null,
    settleAt,
  })
  return recorded.state
}

async function resend(attempt: UnsettledAttempt, io: UpdateIo): Promise<AttemptState> {
  const { attemptId, method, custody, rpcId, forced, origin } = attempt
  const params = attempt.params as UpdateParams
  const sent = { rpcId, forced, origin, unattended: true }
  const ready = { attemptId, method, params, custody, ...sent }
  const result = await sendAttempt(ready, io)
  if (result.kind === 'applied') return 'APPLIED'
  return result.kind === 'rejected' ? 'REJECTED' : result.state
}
