import { performance } from 'node:perf_hooks'
import type { Database } from '../../db/client.ts'
import type { Log } from '../../log.ts'
import type { Network } from '../../stellar/network.ts'
import type { HealthState } from '../health/health.ts'
import {
  type ClaimedHomeDomain,
  claimChecks,
  type JudgedCheck,
  recordChecks,
  releaseClaims,
  renewClaims,
  type WindowTally,
} from './store.ts'

/** Another invocation may claim a check this long after the one that had it died. */
const CLAIM_SECONDS = 60
/** Finished checks are committed and claims are renewed this often. A killed invocation loses at most this much work. */
const COMMIT_INTERVAL_MS = 10_000
/** A batch of capabilities has about 10 KB each. */
const MOST_UNCOMMITTED = 250
/** So many fit into one call, and a sync of 300 starts with the slowest of all. */
const MOST_CLAIMED = 500

export interface ClaimSettings {
  network: Network
  runId: string
  windowHours: number
  /** The number of home domains to check. Null: as many as are due. */
  limit: number | null
  onlyDue: boolean
  country: string | null
}

interface ClaimsIo {
  db: Database
  now: () => Date
  log: Log
  /** Hears of each batch before its first check begins. */
  onClaimed: (domains: readonly ClaimedHomeDomain[]) => Promise<void>
  /** Hears of the windows whose checks were recorded. */
  onRecorded: (windows: readonly WindowTally[]) => Promise<void>
  onDatabaseMs: (ms: number) => void
}

/** The checks that this invocation has claimed, until they are recorded or given back. */
export interface CheckClaims {
  /** The next home domain to check; null when nothing is left to claim. @throws AppError `database_unavailable` */
  next(): Promise<ClaimedHomeDomain | null>
  /** Adds a finished check to the next commit. */
  add(check: JudgedCheck): void
  /** Commits the last checks, and gives back what was not checked. @throws AppError `database_unavailable` */
  close(): Promise<{ due: number; lost: number }>
  /** Gives back what was not checked, after a failure. */
  abandon(): Promise<void>
}

/** Opens the claims of a run. They are renewed until they are closed or abandoned. */
export function openCheckClaims(settings: ClaimSettings, io: ClaimsIo): CheckClaims {
  const { network, runId, windowHours, country } = settings
  const token = crypto.randomUUID()
  const held = new Set<string>()
  const ready: ClaimedHomeDomain[] = []
  const uncommitted: JudgedCheck[] = []
  let left = settings.limit ?? Number.POSITIVE_INFINITY
  let isExhausted = false
  let lost = 0
  let committing: Promise<void> = Promise.resolve()

  const timed = async <T>(call: Promise<T>): Promise<T> => {
    const begin = performance.now()
    try {
      return await call
    } finally {
      io.onDatabaseMs(performance.now() - begin)
    }
  }
  const claim = async () => {
    const limit = Math.min(MOST_CLAIMED, left)
    const domains = await timed(
      claimChecks(io.db, {
        ...{ network, runId, token, limit, windowHours, country },
        claimSeconds: CLAIM_SECONDS,
        now: io.now().toISOString(),
        onlyDue: settings.onlyDue,
      }),
    )
    for (const { domain } of domains) held.add(domain)
    left -= domains.length
    isExhausted = domains.length < limit || left === 0
    await io.onClaimed(domains)
    ready.push(...slowestFirst(domains))
  }
  const commitOnce = async () => {
    const checks = uncommitted.slice()
    if (checks.length === 0) return
    const done = await timed(recordChecks(io.db, { network, runId, token, windowHours, checks }))
    uncommitted.splice(0, checks.length)
    for (const { check } of checks) held.delete(check.domain)
    lost += checks.length - done.recorded.length
    const recorded = new Set(done.recorded)
    for (const judged of checks) if (recorded.has(judged.check.domain)) logForPeople(judged, io.log)
    await io.onRecorded(done.windows)
  }
  /** After a failed commit the next one holds the same checks again. */
  const commit = () => {
    committing = committing.catch(() => {}).then(commitOnce)
    return committing
  }
  const renew = async () => {
    const domains = [...held]
    if (domains.length > 0) {
      await renewClaims(io.db, { network, token, domains, claimSeconds: CLAIM_SECONDS })
    }
  }
  const inBackground = (work: Promise<unknown>) => {
    work.catch((error: unknown) => io.log('warn', 'commit_failed', { runId, error }))
  }
  const ticker = setInterval(
    () => inBackground(Promise.all([commit(), renew()])),
    COMMIT_INTERVAL_MS,
  )
  const release = () => releaseClaims(io.db, { network, token, domains: [...held], country })

  return {
    next: async () => {
      if (ready.length === 0 && !isExhausted) await claim()
      return ready.shift() ?? null
    },
    add: (check) => {
      uncommitted.push(check)
      if (uncommitted.length % MOST_UNCOMMITTED === 0) inBackground(commit())
    },
    close: async () => {
      clearInterval(ticker)
      await commit()
      const { due } = await release()
      return { due, lost }
    },
    abandon: async () => {
      clearInterval(ticker)
      try {
        await release()
      } catch (error) {
        // The claims end by themselves. The caller gets the first error.
        io.log('warn', 'claims_not_released', { runId, error })
      }
    },
  }
}

/** Domains that were slow last time start first, because a slow one that starts last makes the run longer. */
function slowestFirst(domains: readonly ClaimedHomeDomain[]): ClaimedHomeDomain[] {
  return domains.toSorted((a, b) => (b.durationMs ?? 0) - (a.durationMs ?? 0))
}

/** Says what a person should look at, which `GET /api/attention` lists too. */
function logForPeople({ check: { domain }, before, health, events }: JudgedCheck, log: Log): void {
  const isFlapping = (state: HealthState) => state.autoDisabledReason === 'flapping'
  if (isFlapping(health) && !isFlapping(before)) {
    log('warn', 'anchor_flapping', { domain, flips: health.flips })
  }
  const held = events.find(({ kind }) => kind === 'held')
  if (held) log('warn', 'anchor_held', { domain, before: held.before, after: held.after })
}
