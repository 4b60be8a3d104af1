import type { Database } from '../db/client.ts'
import type { Log } from '../log.ts'
import type { FetchUntrusted } from '../net/fetch-untrusted.ts'
import { mapLimit } from '../net/map-limit.ts'
import type { Network } from '../stellar/network.ts'
import { type Check, checkHomeDomain } from './check/check.ts'
import { isMassFailure, nextHealth } from './check/health-policy.ts'
import type { TrustPolicy } from './check/trust-policy.ts'
import { createSignInKey } from './check/web-auth/sign-in-key.ts'
import { type IssuerBook, openRunIssuers } from './issuers/issuer-book.ts'
import { openIssuerSource } from './issuers/read-issuers.ts'
import { refreshIssuers } from './issuers/refresh-issuers.ts'
import type { Run } from './run.ts'
import { type CheckedHomeDomain, type DueHomeDomain, readDueHomeDomains } from './store.ts'

/** A healthy anchor takes 250 ms. An anchor that hangs takes 6 s, and ten others would wait for it. */
const SLOW_CHECK_MS = 500

export interface RefreshSettings {
  network: Network
  /** The number of home domains to check in this run. */
  limit: number
  /** Checks only home domains with a listing in this country (ISO 3166-1 alpha-2). */
  country: string | null
  /** The number of checks at the same time. A check that has taken half a second is not counted any more. */
  domainConcurrency: number
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
  remaining: number
  /** True when so many healthy anchors failed at once that the fault is likely ours. No failure was counted then. */
  degraded: boolean
  results: ListingResult[]
}

/**
 * Checks the home domains that have waited longest, within the run's deadline, and records the checks.
 *
 * Successes are committed during the run. Failures that count against an anchor are committed at the end, because only the
 * whole run shows whether the outage is on our side.
 *
 * @throws AppError `lease_lost` when another run has taken the lease; nothing is written after that
 * @throws AppError `database_unavailable`
 */
export async function refreshHomeDomains(
  run: Run,
  settings: RefreshSettings,
  io: RefreshIo,
): Promise<Refresh> {
  const { domains, due } = await readDueHomeDomains(io.db, {
    network: settings.network,
    runId: run.id,
    fence: run.fence,
    limit: settings.limit,
    country: settings.country,
  })

  const { network } = settings
  const source = openIssuerSource(settings.ledger, io, run.signal)
  const limit = Math.ceil(source.limit / 2)
  const half = { db: io.db, log: io.log, source: { ...source, limit } }
  const issuers = await openRunIssuers(network, issuersOf(domains), { ...half, sleep: io.sleep })
  // Accounts that are known grow old. They are read again beside the checks, which use what is stored.
  const [finished] = await Promise.all([
    checkHomeDomains(run, domains, { ...settings, issuers }, io),
    refreshIssuers(network, half),
  ])
  const healthyBefore = finished.filter(({ domain }) => domain.health.lastOutcome === 'ok')
  const failedNow = healthyBefore.filter(({ check }) => check.outcome !== 'ok')
  const degraded = isMassFailure({
    healthyBefore: healthyBefore.length,
    failedNow: failedNow.length,
  })
  const failures = finished.filter(({ check }) => countsAgainst(check))
  for (const { domain, check } of failures) {
    run.add(degraded ? uncounted(domain, check) : counted(domain, check, settings))
  }
  await run.commit()
  await issuers.keep()
  if (degraded) io.log('error', 'mass_failure', { uncounted: failures.length, of: finished.length })

  const ok = finished.filter(({ check }) => check.outcome === 'ok').length
  return {
    requested: settings.limit,
    processed: finished.length,
    ok,
    errors: finished.length - ok,
    remaining: due - finished.length,
    degraded,
    results: finished.flatMap(({ domain, check }) =>
      toListingResults(
        domain,
        check,
        degraded ? domain.health : healthAfter(domain, check, settings),
        settings.country,
      ),
    ),
  }
}

/** What the checks will ask of the issuers, as far as it is known before them. */
function issuersOf(due: readonly DueHomeDomain[]): { domains: string[]; accounts: string[] } {
  const named = due.flatMap(({ capability }) =>
    (capability?.currencies ?? []).flatMap(({ issuer }) => issuer ?? []),
  )
  return { domains: due.map(({ domain }) => domain), accounts: [...new Set(named)] }
}

interface Finished {
  domain: DueHomeDomain
  check: Check
}

/** Checks home domains side by side and adds each check to the run, except for failures that count against an anchor. */
async function checkHomeDomains(
  run: Run,
  domains: readonly DueHomeDomain[],
  settings: RefreshSettings & { issuers: IssuerBook },
  io: RefreshIo,
): Promise<Finished[]> {
  const finished: Finished[] = []
  const key = settings.signIn && createSignInKey(settings.signIn.seed)
  await mapLimit(
    slowestFirst(domains),
    settings.domainConcurrency,
    async (due) => {
      const { domain, capability, listings } = due
      const check = await checkHomeDomain(
        domain,
        {
          network: settings.network,
          trust: settings.trust,
          maxAgeHours: settings.maxAgeHours,
          listings,
          issuers: settings.issuers,
          signIn: key && { key, isTimeLeft: () => !run.isTooLateToSignIn() },
          previous: capability,
        },
        { fetch: io.fetch, now: io.now, signal: run.signal },
      )
      if (run.signal.aborted) return
      finished.push({ domain: due, check })
      if (!countsAgainst(check)) run.add(counted(due, check, settings))
      const { outcome, error, durationMs } = check
      const progress = { done: finished.length, of: domains.length }
      io.log('info', 'anchor_checked', { domain, outcome, error, durationMs, ...progress })
      if (check.cause) io.log('error', 'probe_failed', { domain, error: check.cause })
    },
    {
      stopAt: () => run.signal.aborted || run.isTooLateToStart(),
      yieldAfterMs: SLOW_CHECK_MS,
    },
  )
  return finished
}

/** Domains that were slow last time start first, because a slow one that starts last makes the run longer. */
function slowestFirst(domains: readonly DueHomeDomain[]): DueHomeDomain[] {
  return domains.toSorted((a, b) => (b.durationMs ?? 0) - (a.durationMs ?? 0))
}

function countsAgainst(check: Check): boolean {
  return check.outcome === 'definite' || check.outcome === 'policy'
}

function healthAfter(domain: DueHomeDomain, check: Check, settings: RefreshSettings) {
  return nextHealth(domain.health, check.outcome, settings)
}

function counted(
  domain: DueHomeDomain,
  check: Check,
  settings: RefreshSettings,
): CheckedHomeDomain {
  return { check, health: healthAfter(domain, check, settings) }
}

/**
 * A failure that is recorded without a consequence: counts, capability and operational stay. If it were not recorded, the
 * same domains would be due first in every later run, and count as healthy there.
 */
function uncounted(domain: DueHomeDomain, check: Check): CheckedHomeDomain {
  return {
    check: { ...check, capability: null, trust: null, operational: null, listings: null },
    health: { ...domain.health, lastOutcome: check.outcome },
  }
}

function toListingResults(
  domain: DueHomeDomain,
  check: Check,
  health: DueHomeDomain['health'],
  country: string | null,
): ListingResult[] {
  const asked = domain.listings.filter(
    (listing) => listing.active && (country === null || listing.country === country),
  )
  return asked.map(({ id }) => ({
    id,
    domain: domain.domain,
    status: check.outcome === 'ok' ? 'ok' : 'error',
    ...(check.error === undefined ? {} : { error: check.error }),
    ...(health.autoDisabledReason === null ? {} : { autoDisabled: true }),
    ...(check.outcome === 'definite' ? { sep1_404_count: health.notFoundCount } : {}),
  }))
}
