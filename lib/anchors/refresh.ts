import type { Database } from '../db/client.ts'
import type { Log } from '../log.ts'
import type { FetchUntrusted } from '../net/fetch-untrusted.ts'
import type { Network } from '../stellar/network.ts'
import { checkHomeDomain } from './check/check.ts'
import type { TrustPolicy } from './check/trust-policy.ts'
import { createSignInKey } from './check/web-auth/sign-in-key.ts'
import { type CheckOutcome, type HealthState, isMassFailure } from './health/health.ts'
import { type IssuerBook, openRunIssuers } from './issuers/issuer-book.ts'
import { openIssuerSource } from './issuers/read-issuers.ts'
import { refreshIssuers } from './issuers/refresh-issuers.ts'
import { type CheckClaims, openCheckClaims } from './queue/claims.ts'
import { judgeCheck } from './queue/judge-check.ts'
import { openPlaces, type Places } from './queue/places.ts'
import {
  brakeWindow,
  type ClaimedHomeDomain,
  noteExpiredListings,
  type WindowTally,
} from './queue/store.ts'
import type { Run } from './run.ts'

export interface RefreshSettings {
  network: Network
  /** The most home domains to check in this run. Null: as many as the time allows. */
  limit: number | null
  /** Checks what is due. Else what has waited longest, due or not. */
  onlyDue: boolean
  /** Checks only home domains with a listing in this country (ISO 3166-1 alpha-2). */
  country: string | null
  /** The most checks at the same time. A check that has taken half a second is not counted any more. */
  domainConcurrency: number
  /** The length of a window: the checks of one window count once against an anchor. */
  windowHours: number
  sep1DisableThreshold: number
  /** How old the evidence may be that makes a listing operational. */
  maxAgeHours: number
  trust: TrustPolicy
  /** Who signs in to anchors: the account of a seed, or one made for this run. Null: nobody does. */
  signIn: { seed: string | null } | null
  /** Where the accounts of issuers are read: Stellar RPC, or else Horizon. */
  ledger: { rpcUrl: string | null; horizonUrl: string }
}

export interface RefreshIo {
  db: Database
  fetch: FetchUntrusted
  now: () => Date
  sleep: (ms: number) => Promise<void>
  log: Log
  /** Is told of each home domain when its check has ended. */
  onChecked?: (checked: CheckedDomain) => void
}

/** A home domain whose check has ended, and the counts of the run up to it, as in its answer. */
export interface CheckedDomain {
  domain: string
  status: 'ok' | 'error'
  error?: string
  processed: number
  ok: number
  errors: number
}

/** The result of a check for one listing of the home domain. */
export interface ListingResult {
  id: string
  domain: string
  status: 'ok' | 'error'
  error?: string
  autoDisabled?: boolean
  sep1_404_count?: number
}

/** The counts are home domains. `results` has one entry for each of their listings. */
export interface Refresh {
  requested: number
  processed: number
  ok: number
  errors: number
  /** Checks that were not stored, because another run had taken their claims over. */
  lost: number
  /** The home domains that are due now, those too that other runs are checking. */
  remaining: number
  /** True when so many healthy anchors failed in one window that the fault is likely ours. No failure is counted then. */
  degraded: boolean
  results: ListingResult[]
}

/**
 * Claims home domains and checks them, until nothing is left to check, the limit is reached or the time of the run is over.
 * Any number of runs share the work: what one has claimed no other gets.
 *
 * Each check is committed as a fact. When many anchors that were well fail within one window, the fault is likely ours: what
 * their failures changed is undone, and later ones change nothing.
 *
 * @throws AppError `lease_lost` when another run has taken the lease that this run needs; `database_unavailable`
 */
export async function refreshHomeDomains(
  run: Run,
  settings: RefreshSettings,
  io: RefreshIo,
): Promise<Refresh> {
  const { network } = settings
  const source = openIssuerSource(settings.ledger, io, run.signal)
  const limit = Math.ceil(source.limit / 2)
  const half = { db: io.db, log: io.log, source: { ...source, limit } }
  const issuers = openRunIssuers(network, { ...half, sleep: io.sleep })
  const braked = new Set<string>()
  const places = openPlaces(settings.domainConcurrency)
  const claims = openCheckClaims(
    {
      ...{ network, runId: run.id, windowHours: settings.windowHours },
      ...{ limit: settings.limit, onlyDue: settings.onlyDue, country: settings.country },
    },
    {
      ...{ db: io.db, now: io.now, log: io.log },
      onClaimed: (domains) => issuers.prepare(issuersOf(domains)),
      onRecorded: async (windows) => {
        await brakeOnMassFailure(windows, braked, network, io)
        await issuers.keep()
      },
      onDatabaseMs: places.noteDatabaseMs,
    },
  )

  try {
    const stop = new AbortController()
    const signal = AbortSignal.any([run.signal, stop.signal])
    const checking = checkClaimed({ ...run, signal }, { claims, places, issuers }, settings, io)
    await endTogether(stop, [
      checking,
      // Accounts that are known grow old. They are read again beside the checks, which use what is stored.
      refreshIssuers(network, half),
      noteExpiredListings(io.db, { network }),
    ])
    const judged = await checking
    const { due, lost } = await claims.close()
    const ok = judged.filter(({ outcome }) => outcome === 'ok').length
    return {
      requested: settings.limit ?? judged.length,
      processed: judged.length,
      ok,
      errors: judged.length - ok,
      lost,
      remaining: due,
      degraded: braked.size > 0,
      results: judged.flatMap((one) =>
        toListingResults(
          one,
          braked.has(one.windowStartedAt) ? one.before : one.health,
          settings.country,
        ),
      ),
    }
  } catch (error) {
    await claims.abandon()
    throw error
  } finally {
    places.close()
  }
}

/**
 * Waits until every part has ended. The first that fails stops the others, so that nothing goes on behind the answer.
 *
 * @throws the error of the first part that failed
 */
async function endTogether(stop: AbortController, parts: readonly Promise<unknown>[]) {
  await Promise.allSettled(parts.map((part) => part.catch((error: unknown) => stop.abort(error))))
  stop.signal.throwIfAborted()
}

/** Spares the anchors of a window in which so many fail that the fault is likely ours. */
async function brakeOnMassFailure(
  windows: readonly WindowTally[],
  braked: Set<string>,
  network: Network,
  { db, log }: RefreshIo,
): Promise<void> {
  for (const window of windows) {
    const { startedAt, healthyBefore, failedNow } = window
    if (!window.braked) {
      if (!isMassFailure(window)) continue
      const { spared } = await brakeWindow(db, { network, startedAt })
      log('error', 'mass_failure', { window: startedAt, failedNow, healthyBefore, spared })
    }
    braked.add(startedAt)
  }
}

/** What the checks will ask of the issuers, as far as it is known before them. */
function issuersOf(due: readonly ClaimedHomeDomain[]): { domains: string[]; accounts: string[] } {
  const named = due.flatMap(({ capability }) =>
    (capability?.currencies ?? []).flatMap(({ issuer }) => issuer ?? []),
  )
  return { domains: due.map(({ domain }) => domain), accounts: [...new Set(named)] }
}

/** What the answer of the run needs of a check. The check itself is dropped once it is committed. */
interface Judged {
  domain: string
  listings: ClaimedHomeDomain['listings']
  outcome: CheckOutcome
  error: string | undefined
  windowStartedAt: string
  before: HealthState
  health: HealthState
}

/** Checks what the run claims, as many home domains side by side as there are places. */
async function checkClaimed(
  run: Run,
  { claims, places, issuers }: { claims: CheckClaims; places: Places; issuers: IssuerBook },
  settings: RefreshSettings,
  io: RefreshIo,
): Promise<Judged[]> {
  const finished: Judged[] = []
  let ok = 0
  const key = settings.signIn && createSignInKey(settings.signIn.seed)
  const isOver = () => run.signal.aborted || run.isTooLateToStart() || places.hasFailed()
  const checkOne = async (due: ClaimedHomeDomain) => {
    const { domain, capability, listings } = due
    const check = await checkHomeDomain(
      domain,
      {
        network: settings.network,
        trust: settings.trust,
        maxAgeHours: settings.maxAgeHours,
        listings,
        issuers,
        signIn: key && { key, isTimeLeft: () => !run.isTooLateToSignIn() },
        previous: capability,
      },
      { fetch: io.fetch, now: io.now, signal: run.signal },
    )
    if (run.signal.aborted) return
    const judged = judgeCheck(due, check, settings)
    claims.add(judged)
    const { outcome, error, durationMs } = check
    const { before, health, window } = judged
    finished.push({
      domain,
      listings,
      outcome,
      error,
      windowStartedAt: window.startedAt,
      before,
      health,
    })
    if (outcome === 'ok') ok += 1
    io.onChecked?.({
      domain,
      status: outcome === 'ok' ? 'ok' : 'error',
      ...(error === undefined ? {} : { error }),
      processed: finished.length,
      ok,
      errors: finished.length - ok,
    })
    io.log('info', 'anchor_checked', { domain, outcome, error, durationMs, done: finished.length })
    if (check.cause) io.log('error', 'check_failed', { domain, error: check.cause })
  }
  try {
    while (!isOver()) {
      const due = await claims.next()
      if (due === null) break
      await places.free()
      if (isOver()) break
      places.take(checkOne(due))
    }
  } finally {
    await places.empty()
  }
  run.signal.throwIfAborted()
  return finished
}

function toListingResults(
  { domain, listings, outcome, error }: Judged,
  health: HealthState,
  country: string | null,
): ListingResult[] {
  const asked = listings.filter(
    (listing) => listing.active && (country === null || listing.country === country),
  )
  return asked.map(({ id }) => ({
    id,
    domain,
    status: outcome === 'ok' ? 'ok' : 'error',
    ...(error === undefined ? {} : { error }),
    ...(health.autoDisabledReason === null ? {} : { autoDisabled: true }),
    ...(outcome === 'definite' ? { sep1_404_count: health.notFoundCount } : {}),
  }))
}
