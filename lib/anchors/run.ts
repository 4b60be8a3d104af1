import type { Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Network } from '../stellar/network.ts'
import { CHECK_BUDGET_MS } from './check/check.ts'
import { type CheckedHomeDomain, finishRun, recordChecks, startRun } from './store.ts'

/** A holder that dies is replaced after this long. */
const LEASE_SECONDS = 60
/** Finished checks are committed and the lease is renewed this often: a killed function loses at most this much work. */
const COMMIT_INTERVAL_MS = 10_000
/** Kept free at the end of a function's time to record, to answer and to release the lease. */
const CLOSING_RESERVE_MS = 20_000
/** Discovery may use this share of a run; the rest belongs to the refresh. */
const DISCOVERY_SHARE = 0.3
/** A scheduler may deliver the same occasion twice; within this time the second delivery gets the first one's answer. */
const SCHEDULED_QUIET_SECONDS = 600

export interface RunSettings {
  kind: 'sync' | 'refresh_capabilities'
  scheduled: boolean
  network: Network
  /** The walk whose cursor this run goes on from, or null. */
  cursorSource: string | null
  maxDurationSeconds: number
}

interface RunIo {
  db: Database
  now: () => Date
  log: Log
}

/** The catalogue's lease while one run holds it, and the checks that run has not committed yet. */
export interface Run {
  id: string
  fence: string
  cursor: string | null
  /** Aborted when another run has taken the lease over: nothing may be written any more. */
  signal: AbortSignal
  isDiscoveryOver(): boolean
  isTooLateToStart(): boolean
  /** Takes a finished check; it is committed with the next batch. */
  add(check: CheckedHomeDomain): void
  /** Commits what is left. @throws AppError `lease_lost`, `database_unavailable` */
  commit(): Promise<void>
}

/** What an earlier or concurrent run leaves for a call that may not run itself. */
export interface Skipped {
  reason: 'already_running' | 'recent'
  runId: string
  /** The stored answer of the run that made this one unnecessary, if it has finished. */
  answer: Record<string, unknown> | null
}

/**
 * Runs `work` under the catalogue's lease and stores its answer. A second run at the same time, or a repeated scheduled
 * delivery, is not started and gets `skip` instead.
 *
 * @throws AppError `database_unavailable` when the lease cannot be asked for; and whatever `work` throws
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
    quietSeconds: settings.scheduled ? SCHEDULED_QUIET_SECONDS : 0,
    cursorSource: settings.cursorSource,
  })
  if (!start.started) {
    io.log('info', 'run_skipped', { kind: settings.kind, reason: start.skipped })
    return skip({ reason: start.skipped, runId: start.runId, answer: start.answer })
  }

  const lost = new AbortController()
  const uncommitted: CheckedHomeDomain[] = []
  let committing: Promise<void> = Promise.resolve()
  const commit = () => {
    // A database that is away for a moment gets the same checks with the next batch.
    const afterThat = committing.catch(() => {})
    committing = afterThat.then(async () => {
      lost.signal.throwIfAborted()
      const batch = uncommitted.slice()
      await recordChecks(io.db, {
        network: settings.network,
        runId: start.runId,
        fence: start.fence,
        leaseSeconds: LEASE_SECONDS,
        checks: batch,
      })
      uncommitted.splice(0, batch.length)
    })
    return committing
  }
  const commitInBackground = () =>
    commit().catch((error: unknown) => {
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
      add: (check) => uncommitted.push(check),
      commit: async () => {
        clearInterval(ticker)
        await commit()
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

/** A run that broke off leaves no answer: a repeated delivery of its schedule is to work, not to hear of the failure. */
async function releaseAfter(finish: (answer: null) => Promise<unknown>, log: Log): Promise<void> {
  try {
    await finish(null)
  } catch (error) {
    // The lease runs out by itself; what the caller must hear about is the first error.
    log('warn', 'run_not_released', { error })
  }
}
