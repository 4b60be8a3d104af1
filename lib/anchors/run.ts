import type { Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Network } from '../stellar/network.ts'
import { CHECK_BUDGET_MS } from './check/check.ts'
import { SIGN_IN_BUDGET_MS } from './check/web-auth/sign-in.ts'
import { type CheckedHomeDomain, finishRun, recordChecks, startRun } from './store.ts'

/** Another run may take the lease this long after its holder died. */
const LEASE_SECONDS = 60
/** Finished checks are committed and the lease is renewed this often. A killed function loses at most this much work. */
const COMMIT_INTERVAL_MS = 10_000
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
  kind: 'sync' | 'refresh_capabilities'
  scheduled: boolean
  /** The caller has no credential. Runs that failed or died hold off such a call too. */
  limited: boolean
  network: Network
  /** The source of the walk whose cursor this run needs, or null. */
  cursorSource: string | null
  maxDurationSeconds: number
}

interface RunIo {
  db: Database
  now: () => Date
  log: Log
}

/** The lease of the catalog while one run holds it, with the checks that the run has not committed yet. */
export interface Run {
  id: string
  fence: string
  cursor: string | null
  /** Aborted when another run has taken the lease. This run must not write any more. */
  signal: AbortSignal
  isDiscoveryOver(): boolean
  isTooLateToStart(): boolean
  isTooLateToSignIn(): boolean
  /** Adds a finished check to the next batch. */
  add(check: CheckedHomeDomain): void
  /** Commits the last batch. @throws AppError `lease_lost`, `database_unavailable` */
  commit(): Promise<void>
}

/** Why a call did not run, and the run that made it unnecessary. */
export interface Skipped {
  reason: 'already_running' | 'recent'
  runId: string
  /** The stored answer of that run, if it has finished. */
  answer: Record<string, unknown> | null
}

/**
 * Runs `work` under the lease of the catalog and stores its answer. A second run at the same time and a repeated scheduled
 * delivery are not started, and return the answer of `skip`.
 *
 * @throws AppError `database_unavailable` when the lease cannot be taken; and every error of `work`
 */
export async function withRun<A extends object>(
  settings: RunSettings,
  io: RunIo,
  work: (run: Run) => Promise<A>,
  skip: (skipped: Skipped) => A,
): Promise<A> {
  const startedAt = io.now().getTime()
  const start = await startRun(io.db, {
    kind: settings.kind,
    trigger: settings.scheduled ? 'scheduled' : 'manual',
    holder: crypto.randomUUID(),
    leaseSeconds: LEASE_SECONDS,
    quietSeconds: settings.scheduled || settings.limited ? SCHEDULED_QUIET_SECONDS : 0,
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
  const checks = createBatch(settings.network, start, lost.signal, io.db)
  const commitInBackground = () =>
    checks.commit().catch((error: unknown) => {
      io.log('warn', 'commit_failed', { runId: start.runId, error })
      if (error instanceof AppError && error.code === 'lease_lost') lost.abort(error)
    })
  const ticker = setInterval(commitInBackground, COMMIT_INTERVAL_MS)

  const totalMs = settings.maxDurationSeconds * 1000 - CLOSING_RESERVE_MS
  const elapsedMs = () => io.now().getTime() - startedAt
  const finish = (answer: object | null) =>
    finishRun(io.db, { runId: start.runId, fence: start.fence, answer })
  try {
    const answer = await work({
      id: start.runId,
      fence: start.fence,
      cursor: start.cursor,
      signal: lost.signal,
      isDiscoveryOver: () => elapsedMs() > totalMs * DISCOVERY_SHARE,
      isTooLateToStart: () => elapsedMs() > totalMs - CHECK_BUDGET_MS,
      isTooLateToSignIn: () => elapsedMs() > totalMs - SIGN_IN_BUDGET_MS,
      add: checks.add,
      commit: async () => {
        clearInterval(ticker)
        await checks.commit()
      },
    })
    await finish(answer)
    return answer
  } catch (error) {
    await releaseAfter(finish, io.log)
    throw error
  } finally {
    clearInterval(ticker)
  }
}

/** The finished checks of a run that are not committed yet. Its commits run one after another. */
function createBatch(
  network: Network,
  { runId, fence }: { runId: string; fence: string },
  lost: AbortSignal,
  db: Database,
): Pick<Run, 'add' | 'commit'> {
  const uncommitted: CheckedHomeDomain[] = []
  let committing: Promise<void> = Promise.resolve()
  return {
    add: (check) => {
      uncommitted.push(check)
    },
    commit: () => {
      // After a failed commit the next batch holds the same checks again.
      const afterThat = committing.catch(() => {})
      committing = afterThat.then(async () => {
        lost.throwIfAborted()
        const checks = uncommitted.slice()
        const leaseSeconds = LEASE_SECONDS
        await recordChecks(db, { network, runId, fence, leaseSeconds, checks })
        uncommitted.splice(0, checks.length)
      })
      return committing
    },
  }
}

/** A failed run stores no answer, so that a repeated delivery of its call runs again. */
async function releaseAfter(finish: (answer: null) => Promise<unknown>, log: Log): Promise<void> {
  try {
    await finish(null)
  } catch (error) {
    // The lease ends by itself. The caller gets the first error.
    log('warn', 'run_not_released', { error })
  }
}
