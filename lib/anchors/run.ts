import type { Database } from '../db/client.ts'
import { AppError, codeOfError, type ErrorCode } from '../errors.ts'
import type { Log } from '../log.ts'
import { CHECK_BUDGET_MS } from './check/check.ts'
import { SIGN_IN_BUDGET_MS } from './check/web-auth/sign-in.ts'
import { finishRun, renewLease, startRun } from './store.ts'

/** Another run may take the lease this long after its holder died. */
const LEASE_SECONDS = 60
const RENEWAL_INTERVAL_MS = 10_000
/** This time stays free at the end of a run to record, to answer and to release the lease. */
const CLOSING_RESERVE_MS = 20_000
/** Discovery may use this share of a run, and the refresh the rest. */
const DISCOVERY_SHARE = 0.3
/**
 * A scheduler may deliver one call twice. Within this time the second delivery gets the answer of the first. A limited call
 * runs only when no run began within this time.
 */
const SCHEDULED_QUIET_SECONDS = 600

export interface RunSettings {
  kind: 'sync' | 'refresh_capabilities' | 'check' | 'discover'
  /** Whether the run discovers, which one run of its kind at a time may do. */
  leased: boolean
  scheduled: boolean
  /** The caller has no credential. Runs that failed or died hold off such a call too. */
  limited: boolean
  /** The source of the walk whose cursor this run needs, or null. */
  cursorSource: string | null
  maxDurationSeconds: number
}

interface RunIo {
  db: Database
  now: () => Date
  log: Log
}

/** A run while it takes place, with the lease of the catalog if it needs one. */
export interface Run {
  id: string
  /** Null for a run without the lease. */
  fence: string | null
  cursor: string | null
  /** Aborted when another run has taken the lease. This run must not go on. */
  signal: AbortSignal
  isDiscoveryOver(): boolean
  isTooLateToStart(): boolean
  isTooLateToSignIn(): boolean
}

/** Why a call did not run, and the run that made it unnecessary. */
export interface Skipped {
  reason: 'already_running' | 'recent'
  runId: string
  /** The stored answer of that run, if it has finished. */
  answer: Record<string, unknown> | null
}

/**
 * Runs `work` and stores its answer. A repeated scheduled delivery is not started and returns the answer of `skip`, and so
 * does a second run at the same time that needs the lease.
 *
 * @throws AppError `database_unavailable` when the lease cannot be taken; and every error of `work`
 */
export async function withRun<A extends { status: string; code?: ErrorCode }>(
  settings: RunSettings,
  io: RunIo,
  work: (run: Run) => Promise<A>,
  skip: (skipped: Skipped) => A,
): Promise<A> {
  const startedAt = io.now().getTime()
  const start = await startRun(io.db, {
    kind: settings.kind,
    trigger: settings.scheduled ? 'scheduled' : 'manual',
    holder: settings.leased ? crypto.randomUUID() : null,
    leaseSeconds: settings.leased ? LEASE_SECONDS : null,
    // Runs that check what is due share the work, and a walk goes on where the last one stopped. So a repeated delivery of
    // either does no harm.
    quietSeconds:
      settings.kind !== 'check' &&
      settings.kind !== 'discover' &&
      (settings.scheduled || settings.limited)
        ? SCHEDULED_QUIET_SECONDS
        : 0,
    quietFrom: settings.limited ? 'start' : 'finish',
    cursorSource: settings.cursorSource,
  })
  if (!start.started) {
    // A limited call that does not run is logged as a refused one.
    if (!settings.limited) {
      io.log('info', 'run_skipped', { kind: settings.kind, reason: start.skipped })
    }
    return skip({ reason: start.skipped, runId: start.runId, answer: start.answer })
  }

  const lost = new AbortController()
  const { runId, fence } = start
  const renew = async () => {
    if (fence !== null) await renewLease(io.db, { runId, fence, leaseSeconds: LEASE_SECONDS })
  }
  const renewInBackground = () =>
    renew().catch((error: unknown) => {
      io.log('warn', 'lease_not_renewed', { runId, error })
      if (error instanceof AppError && error.code === 'lease_lost') lost.abort(error)
    })
  const ticker = setInterval(renewInBackground, RENEWAL_INTERVAL_MS)

  const totalMs = settings.maxDurationSeconds * 1000 - CLOSING_RESERVE_MS
  const elapsedMs = () => io.now().getTime() - startedAt
  const finish = (answer: A | null, failure: ErrorCode | null) =>
    finishRun(io.db, { runId, fence, answer, failure })
  try {
    const answer = await work({
      id: runId,
      fence,
      cursor: start.cursor,
      signal: lost.signal,
      isDiscoveryOver: () => elapsedMs() > totalMs * DISCOVERY_SHARE,
      isTooLateToStart: () => elapsedMs() > totalMs - CHECK_BUDGET_MS,
      isTooLateToSignIn: () => elapsedMs() > totalMs - SIGN_IN_BUDGET_MS,
    })
    await finish(answer, answer.code ?? null)
    return answer
  } catch (error) {
    await releaseAfter(() => finish(null, codeOfError(error)), io.log)
    throw error
  } finally {
    clearInterval(ticker)
  }
}

/** A failed run stores no answer, so that a repeated delivery of its call runs again. */
async function releaseAfter(finish: () => Promise<unknown>, log: Log): Promise<void> {
  try {
    await finish()
  } catch (error) {
    // The lease ends by itself. The caller gets the first error.
    log('warn', 'run_not_released', { error })
  }
}
