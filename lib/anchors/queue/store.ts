import { z } from 'zod'
import { callChecked, type Database } from '../../db/client.ts'
import { count, ownObject, textOrNull, time } from '../../db/shapes.ts'
import type { Network } from '../../stellar/network.ts'
import type { Capability } from '../check/capability.ts'
import type { Check } from '../check/check.ts'
import type { ShownRow } from '../check/row/shown-row.ts'
import type { AnchorEvent, Held, IdentityState } from '../health/drift.ts'
import type { CheckOutcome, HealthState } from '../health/health.ts'
import type { AnchorTraits } from '../health/identity.ts'
import { checkOutcome, healthState } from '../health/stored.ts'

const claimed = z.array(
  z.object({
    domain: z.string(),
    listings: z.array(
      z.object({
        id: z.string(),
        country: z.string(),
        currency: z.string(),
        type: z.enum(['on-ramp', 'off-ramp']),
        source: z.string(),
        active: z.boolean(),
      }),
    ),
    capability: ownObject<Capability>().nullable(),
    durationMs: count.nullable(),
    /** The window of the check, what earlier checks in it said together, and why they took the home domain out of service. */
    window: z.object({ startedAt: time, outcome: checkOutcome.nullable(), disabled: textOrNull }),
    /** The health before that window. */
    health: healthState,
    /** As the last checks with the outcome ok saw it. Null before the first. */
    identity: ownObject<AnchorTraits>().nullable(),
    held: ownObject<Held>().nullable(),
  }),
)
export type ClaimedHomeDomain = z.infer<typeof claimed>[number]

/**
 * Claims home domains to check for `claimSeconds`, each with all its listings. `onlyDue` takes those that are due, of which
 * three in four are listed and in service; else the longest unchecked, due or not, that this run has not checked yet (in
 * `country`, where given). Another invocation gets none of them meanwhile.
 *
 * @param wanted.limit 1 to 1,000
 * @throws AppError `database_unavailable`
 */
export function claimChecks(
  db: Database,
  wanted: {
    network: Network
    runId: string
    token: string
    limit: number
    claimSeconds: number
    windowHours: number
    now: string
    onlyDue: boolean
    country: string | null
  },
): Promise<ClaimedHomeDomain[]> {
  return callChecked(db, claimed, 'claim_checks', wanted)
}

/** A finished check, and what its home domain's health becomes of it. */
export interface JudgedCheck {
  check: Check
  /** What the catalog shows of its listings, by their ids. What is missing stays as it was. */
  shown: Record<string, ShownRow>
  /** The window of the check, and what all its checks say together. */
  window: { startedAt: string; outcome: CheckOutcome }
  /** The health before the window. */
  before: HealthState
  health: HealthState
  /** Who the anchor is now, and what is held. Null: the check says nothing of it. */
  identity: IdentityState | null
  events: AnchorEvent[]
  /** In how many windows the home domain is due again. 1: with the next window. */
  windowsUntilNext: number
  /** 0: listed by a directory or a person, and in service. 2: out of service, or found on Horizon alone. */
  priority: 0 | 2
}

const recorded = z.object({
  recorded: z.array(z.string()),
  windows: z.array(
    z.object({ startedAt: time, healthyBefore: count, failedNow: count, braked: z.boolean() }),
  ),
})
/** What is known of a window: how many healthy home domains it checked, and how many of them failed. */
export type WindowTally = z.infer<typeof recorded>['windows'][number]

/**
 * Stores checks in one step, except those whose claim another invocation has taken over. `recorded` names the stored ones.
 *
 * @throws AppError `database_unavailable`
 */
export function recordChecks(
  db: Database,
  batch: {
    network: Network
    runId: string
    token: string
    windowHours: number
    checks: readonly JudgedCheck[]
  },
): Promise<z.infer<typeof recorded>> {
  return callChecked(db, recorded, 'record_checks', {
    ...batch,
    checks: batch.checks.map(({ check, shown, window, ...judged }) => ({
      domain: check.domain,
      checkedAt: check.checkedAt,
      durationMs: Math.round(check.durationMs),
      outcome: check.outcome,
      error: check.error ?? null,
      operational: check.operational,
      capability: check.capability,
      trust: check.trust,
      findings: check.findings,
      listings:
        check.listings?.map((verdict) => ({ ...verdict, shown: shown[verdict.id] ?? null })) ??
        null,
      patienceSeconds: check.patienceSeconds,
      windowStartedAt: window.startedAt,
      windowOutcome: window.outcome,
      ...judged,
    })),
  })
}

const braked = z.object({ braked: z.boolean(), spared: count })

/**
 * Makes the failures of a window count against nobody, those that are stored and those to come. `braked` is false when
 * another invocation has done it before.
 *
 * @throws AppError `database_unavailable`
 */
export function brakeWindow(
  db: Database,
  window: { network: Network; startedAt: string },
): Promise<z.infer<typeof braked>> {
  return callChecked(db, braked, 'brake_window', window)
}

const noted = z.object({ domains: count })

/**
 * Notes the listings whose evidence became too old as changes of the catalog. No check switches them, so whoever checks asks
 * for it.
 *
 * @throws AppError `database_unavailable`
 */
export function noteExpiredListings(
  db: Database,
  catalog: { network: Network },
): Promise<z.infer<typeof noted>> {
  return callChecked(db, noted, 'note_expired_listings', catalog)
}

const renewed = z.object({ renewed: count })

/** Extends claims. @throws AppError `database_unavailable` */
export function renewClaims(
  db: Database,
  claims: { network: Network; token: string; domains: readonly string[]; claimSeconds: number },
): Promise<{ renewed: number }> {
  return callChecked(db, renewed, 'renew_claims', claims)
}

const released = z.object({ due: count })

/**
 * Gives claims back whose checks did not take place. `due` is how many home domains (with a listing in `country`, where
 * given) are due now, those too that others are checking.
 *
 * @throws AppError `database_unavailable`
 */
export function releaseClaims(
  db: Database,
  claims: { network: Network; token: string; domains: readonly string[]; country: string | null },
): Promise<{ due: number }> {
  return callChecked(db, released, 'release_claims', claims)
}
