import { randomUUID } from 'node:crypto'
import type { Config } from '../config.ts'
import type { Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { findEvidence } from '../platform/evidence.ts'
import { legality, stateOf } from '../platform/status-rules.ts'
import { type PlatformTransaction, readPlatformTransaction } from '../platform/transaction.ts'
import { type NotConfigured, skipNotConfigured } from '../schedule/not-configured.ts'
import { readStoredUpdate, tryReading, type UpdateIo } from './context.ts'
import { creditedOperation } from './identity.ts'
import { LOOK_AGAIN_SECONDS, lookAgain } from './look-again.ts'
import { createPace, workAtPace } from './pace.ts'
import { secondsToNextReading, settleIfShown } from './proof.ts'
import { doubtOf, IN_DOUBT, isPaused, mayBeApplied, QUIET_SECONDS } from './result.ts'
import { sendAttempt } from './send.ts'
import { LIVE_SECONDS, recordOutcome } from './store.ts'
import { readUpdateHealth } from './store-reads.ts'
import { claimUnsettled, endLooks, type Look, type UnsettledAttempt } from './store-settling.ts'
import type { AttemptState } from './stored-attempt.ts'
import { createTimeLimit } from './time-limit.ts'
import { putOffUnreadable } from './unreadable.ts'

/** An attempt that had no effect after 3 tries is not applied. */
const MOST_TRIES = 3
const CLAIM_SECONDS = 120
/** The wait after a transaction could not be read. */
const UNREADABLE_SECONDS = 60
/** The attempts that one run of the settler worked on, counted by what became of them. */
export interface Settlement {
  settled: number
  applied: number
  rejected: number
  notApplied: number
  manual: number
  /** Attempts that are still open. */
  remaining: number
}

const NOTHING: Settlement = {
  settled: 0,
  applied: 0,
  rejected: 0,
  notApplied: 0,
  manual: 0,
  remaining: 0,
}

export interface SettleDeps {
  config: Config
  db: Database
  now: () => Date
  log: Log
  updates: () => Promise<UpdateIo>
}

/**
 * Settles attempts for as long as the function may run. A deployment that has no platform and no open attempt has nothing to
 * settle.
 *
 * @throws AppError `configuration_invalid` if attempts are open and their platform is not configured any more,
 *   `database_unavailable`
 */
export async function settleOnSchedule({
  config,
  db,
  now,
  log,
  updates,
}: SettleDeps): Promise<Settlement & NotConfigured> {
  if (config.platform === null && !(await isAnyOpen(db))) {
    return { ...NOTHING, ...skipNotConfigured('settle', config, log) }
  }
  const isOver = createTimeLimit(config.sync.maxDurationSeconds, now)
  return settleUpdates({ isOver }, await updates())
}

async function isAnyOpen(db: Database): Promise<boolean> {
  const { ready, sending, unknown } = await readUpdateHealth(db)
  return ready + sending + unknown > 0
}

/**
 * Settles open attempts until `isOver`. An UNKNOWN attempt is APPLIED as soon as its transaction shows it; everything else
 * is decided 180 s after its send. A READY attempt that its caller left is sent. Money that a custody service may have paid
 * is never sent again.
 *
 * @throws AppError `database_unavailable`
 */
export async function settleUpdates(
  { isOver }: { isOver: () => boolean },
  io: UpdateIo,
): Promise<Settlement> {
  const holder = randomUUID()
  const settlement = { ...NOTHING }
  const looks: Looks = { seen: [], later: [] }
  const open = new Set<string>()
  let metPause = false
  const take = async (limit: number) => {
    await noteLooks(looks, io)
    metPause ||= io.platform.isPaused()
    const taken = await claimUnsettled(io.db, {
      holder,
      limit,
      sendingAfterSeconds: LIVE_SECONDS,
      readyAfterSeconds: LIVE_SECONDS,
      pausedToo: !io.platform.isPaused(),
      claimSeconds: CLAIM_SECONDS,
    })
    metPause ||= taken.some(isPaused)
    return taken
  }
  const work = async (attempt: UnsettledAttempt) => {
    const state = await settleOne(attempt, looks, io)
    // An update that is looked for once more was settled before.
    if (attempt.state === 'APPLIED' && state === 'APPLIED') return
    if (count(settlement, state)) open.delete(attempt.attemptId)
    else open.add(attempt.attemptId)
  }
  const pace = createPace(io.now)
  const endOfPause = createPauseWait(isOver, io)
  do {
    metPause = false
    await workAtPace(take, work, { pace, isOver })
    await noteLooks(looks, io)
    metPause ||= io.platform.isPaused()
    // An update that was put off while the last call of the round was on its way is taken in the next round.
  } while (open.size > 0 && metPause && (await endOfPause()))
  return { ...settlement, remaining: open.size }
}

/** The next run begins a minute after this one. */
const MOST_PAUSE_SECONDS = 45

/**
 * Creates a wait for the moment at which an open breaker lets a call out. So updates that it put off go out within 15 s after
 * the platform answers again, and not at the next run.
 *
 * @returns waits, at most 45 s over all calls, and says whether a call may be sent now
 */
function createPauseWait(isOver: () => boolean, { platform, sleep }: UpdateIo) {
  let seconds = 0
  return async (): Promise<boolean> => {
    while (platform.isPaused() && seconds < MOST_PAUSE_SECONDS && !isOver()) {
      seconds += 1
      await sleep(1_000)
    }
    return !platform.isPaused() && !isOver()
  }
}

/**
 * Attempts that were looked for once more since that was last noted: those that the transaction still shows, and those
 * to be looked for again. Noted together, a look costs the database a tenth of what it costs alone.
 */
interface Looks {
  seen: Look[]
  later: Look[]
}

async function noteLooks({ seen, later }: Looks, { db }: UpdateIo): Promise<void> {
  if (seen.length > 0) await endLooks(db, { looks: seen.splice(0), settleInSeconds: null })
  if (later.length === 0) return
  await endLooks(db, { looks: later.splice(0), settleInSeconds: LOOK_AGAIN_SECONDS })
}

/** How each state is counted; null for an attempt that is still open. */
const COUNTED: Record<AttemptState, 'applied' | 'rejected' | 'notApplied' | 'manual' | null> = {
  READY: null,
  SENDING: null,
  UNKNOWN: null,
  APPLIED: 'applied',
  REJECTED: 'rejected',
  NOT_APPLIED: 'notApplied',
  MANUAL: 'manual',
  EXPIRED: 'rejected',
  WITHDRAWN: 'rejected',
  LOST: 'manual',
}

/** Counts an attempt that has ended. @returns false for one that is still open */
function count(settlement: Settlement, state: AttemptState): boolean {
  const end = COUNTED[state]
  if (end === null) return false
  settlement.settled += 1
  settlement[end] += 1
  return true
}

async function settleOne(
  attempt: UnsettledAttempt,
  looks: Looks,
  io: UpdateIo,
): Promise<AttemptState> {
  try {
    if (attempt.state === 'READY') return await resend(attempt, io)
    if (attempt.state === 'APPLIED') return await look(attempt, looks, io)
    return await settleUnknown(attempt, io)
  } catch (error) {
    // The other attempts are still settled. The claim of this one ends after 120 s, and then it is tried again.
    io.log('error', 'settle_failed', { attemptId: attempt.attemptId, error })
    return attempt.state
  }
}

/** Looks for an applied update once more. */
async function look(
  attempt: UnsettledAttempt,
  { seen, later }: Looks,
  io: UpdateIo,
): Promise<AttemptState> {
  const found = await lookAgain(attempt, io)
  if (found === 'lost') return 'LOST'
  const looks = found === 'seen' ? seen : later
  looks.push(attempt)
  return 'APPLIED'
}

async function settleUnknown(attempt: UnsettledAttempt, io: UpdateIo): Promise<AttemptState> {
  const reading = await tryReading(attempt.transactionId, io)
  const silentSeconds = attempt.secondsSinceSent ?? 0
  if ('failure' in reading) {
    const reason = `The transaction could not be read: ${reading.failure}`
    const outcome = { by: 'us', reason, ...doubtOf(attempt) }
    const next = { from: 'UNKNOWN', outcome, settleInSeconds: UNREADABLE_SECONDS } as const
    const { recorded, state } = await putOffUnreadable(attempt, reading, next, io)
    if (recorded && state === 'MANUAL') logForPerson(attempt, reading.failure, io)
    return state
  }
  const now = reading.transaction
  const proved = now && (await settleIfShown(attempt, now, io))
  if (proved) return proved.state
  // In the first 180 s the update may still be on its way, so only proof ends the attempt.
  if (silentSeconds < QUIET_SECONDS) {
    const waitSeconds = secondsToNextReading(silentSeconds) ?? QUIET_SECONDS - silentSeconds
    return move(attempt, 'UNKNOWN', null, null, waitSeconds, io)
  }
  const judged = judgeUnknown(attempt, now, io)
  const { to, reason } = judged
  const inDoubt = withDoubt(attempt, judged)
  const state = await move(inDoubt, to, { by: 'evidence', reason }, now, null, io)
  if (to === 'MANUAL') logForPerson(attempt, reason, io)
  return state === 'READY' ? resend(inDoubt, io) : state
}

function logForPerson(
  { attemptId, transactionId, method }: UnsettledAttempt,
  reason: string,
  { log }: UpdateIo,
): void {
  log('error', 'update_needs_a_person', { attemptId, transactionId, method, reason })
}

/** Marks an attempt whose last send may have been applied. */
function withDoubt(
  attempt: UnsettledAttempt,
  { mayBeApplied }: { mayBeApplied?: true },
): UnsettledAttempt {
  return mayBeApplied ? { ...attempt, outcome: { ...attempt.outcome, ...IN_DOUBT } } : attempt
}

/** Judges an unknown attempt whose transaction does not show it, 180 s after the send. */
function judgeUnknown(
  attempt: UnsettledAttempt,
  now: PlatformTransaction | null,
  io: UpdateIo,
): { to: 'READY' | 'NOT_APPLIED' | 'MANUAL'; reason: string; mayBeApplied?: true } {
  if (now === null)
    return { to: 'MANUAL', reason: 'the platform does not know the transaction any more' }
  const update = readStoredUpdate(attempt, io.profile)
  const evidence = findEvidence(update, storedTransaction(attempt.pre), now, io.profile)
  const mayTryAgain = attempt.tries < MOST_TRIES
  if (evidence === 'changed') {
    const { method } = update
    const isLegal = legality(method, stateOf(now), io.profile) !== 'illegal'
    if (method.repeat === 'harmless' && isLegal && mayTryAgain && !attempt.custody) {
      return { to: 'READY', reason: 'a repeat changes nothing', mayBeApplied: true }
    }
    return { to: 'MANUAL', reason: 'the transaction changed, and not clearly by this update' }
  }
  if (attempt.custody) {
    return { to: 'MANUAL', reason: 'the transaction did not change, but custody may have paid' }
  }
  if (!mayTryAgain && mayBeApplied(attempt)) {
    return { to: 'MANUAL', reason: 'an earlier send may have been applied' }
  }
  if (!mayTryAgain) {
    return {
      to: 'NOT_APPLIED',
      reason: `the transaction did not change after ${attempt.tries} tries`,
    }
  }
  return { to: 'READY', reason: 'the transaction did not change' }
}

async function move(
  attempt: UnsettledAttempt,
  to: AttemptState,
  outcome: object | null,
  transaction: PlatformTransaction | null,
  retrySeconds: number | null,
  io: UpdateIo,
): Promise<AttemptState> {
  const { attemptId, rpcId } = attempt
  const recorded = await recordOutcome(io.db, {
    attemptId,
    rpcId,
    from: 'UNKNOWN',
    to,
    outcome: outcome && { ...outcome, ...doubtOf(attempt) },
    transaction: transaction?.document ?? null,
    settleInSeconds: retrySeconds,
  })
  return recorded.state
}

async function resend(attempt: UnsettledAttempt, io: UpdateIo): Promise<AttemptState> {
  const { attemptId, custody, rpcId, forced, origin } = attempt
  const update = readStoredUpdate(attempt, io.profile)
  const operationId = creditedOperation(attempt)
  const sent = { custody, rpcId, forced, origin, operationId, mayBeApplied: mayBeApplied(attempt) }
  const result = await sendAttempt({ ...update, attemptId, ...sent, unattended: true }, io)
  if (result.kind === 'applied') return 'APPLIED'
  // It may not be sent any more and may have been applied before, or its transaction alone cannot be read.
  if (result.kind === 'open' && result.state === 'MANUAL') logForPerson(attempt, result.reason, io)
  return result.kind === 'rejected' ? (result.state ?? 'REJECTED') : result.state
}

/** Reads a stored transaction. @throws AppError `internal_error` when it cannot be read */
function storedTransaction(document: Record<string, unknown> | null): PlatformTransaction | null {
  if (document === null) return null
  const transaction = readPlatformTransaction(document)
  if (transaction) return transaction
  throw new AppError('internal_error', 'A stored transaction cannot be read.')
}
