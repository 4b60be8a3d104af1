import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { count, jsonObject, ownObject, textOrNull, time } from '../db/shapes.ts'
import { decision } from '../decisions/store.ts'
import type { ErrorCode } from '../errors.ts'
import type { Network } from '../stellar/network.ts'
import type { Capability, SignedIn } from './check/capability.ts'
import type { Finding } from './check/finding.ts'
import type { ShownRow } from './check/row/shown-row.ts'
import type { TrustVerdict } from './check/trust-policy.ts'
import { checkOutcome, healthState } from './health/stored.ts'

const type = z.enum(['on-ramp', 'off-ramp'])

const runStart = z.discriminatedUnion('started', [
  z.object({
    started: z.literal(true),
    runId: z.uuid(),
    /** Null without the lease. */
    fence: textOrNull,
    cursor: textOrNull,
  }),
  z.object({
    started: z.literal(false),
    skipped: z.enum(['already_running', 'recent']),
    runId: z.uuid(),
    answer: jsonObject.nullable(),
  }),
])
export type RunStart = z.infer<typeof runStart>

/**
 * Begins a run, with a holder under the lease of its kind: a walk over Horizon has one of its own. Otherwise `skipped` says why not: another run holds the lease, or one
 * of this kind is less than `quietSeconds` ago.
 *
 * @param run.leaseSeconds how long the lease lasts without a heartbeat, 1 to 3,600
 * @param run.quietFrom `finish` counts a run since it ended with an answer; `start` counts every run since it began
 * @param run.cursorSource the source whose cursor the run needs, or null
 * @throws AppError `database_unavailable`
 */
export function startRun(
  db: Database,
  run: {
    kind: 'sync' | 'refresh_capabilities' | 'check' | 'discover'
    trigger: string
    holder: string | null
    leaseSeconds: number | null
    quietSeconds: number
    quietFrom: 'start' | 'finish'
    cursorSource: string | null
  },
): Promise<RunStart> {
  return callChecked(db, runStart, 'start_run', run)
}

const renewed = z.object({ renewed: z.literal(true) })

/** Extends the lease. @throws AppError `lease_lost` when another run has taken over; `database_unavailable` */
export function renewLease(
  db: Database,
  run: { runId: string; fence: string; leaseSeconds: number },
): Promise<z.infer<typeof renewed>> {
  return callChecked(db, renewed, 'renew_lease', run)
}

const finished = z.object({ finished: z.boolean() })

/**
 * Stores the answer of a run, null when it broke off, and gives the lease back. `finished` is false when the run no
 * longer held it.
 *
 * @param run.failure the code of the error that ended it, or that its answer tells of; null if it ended well
 * @throws AppError `database_unavailable`
 */
export function finishRun(
  db: Database,
  run: { runId: string; fence: string | null; answer: object | null; failure: ErrorCode | null },
): Promise<{ finished: boolean }> {
  return callChecked(db, finished, 'finish_run', run)
}

/** What is said of a listing, beside whether it is operational. */
const verdict = {
  why: z.array(z.string()),
  rail: textOrNull,
  asset: textOrNull,
  basis: textOrNull,
  /** `multiplied`: a directory row with several countries and currencies was multiplied, and does not say that it serves this pair. */
  pairing: z.enum(['given', 'multiplied']),
}

const evidenceAge = z.object({
  seenAt: textOrNull,
  lastOkAt: textOrNull,
  protected: z.boolean(),
  kept: z.boolean(),
  signedIn: ownObject<SignedIn>().nullable(),
  /** Only of a SEP-10 that is silent: the first of the checks in a row that saw neither a challenge nor a refusal. */
  silentSince: time.optional(),
})
export type EvidenceAge = z.infer<typeof evidenceAge>

const findings = z.array(ownObject<Finding>())

const decidedAnchor = z.discriminatedUnion('decided', [
  z.object({ decided: z.literal(true), decision }),
  z.object({ decided: z.literal(false), heldSince: textOrNull.optional() }),
])

/**
 * Stores what a person says of a home domain, or of one listing. Null for an unknown home domain; `decided` is false for a
 * listing that is not of it, and for an identity that has not been held since `heldSince`.
 *
 * @throws AppError `database_unavailable`
 */
export function decideAnchor(
  db: Database,
  wanted: {
    network: Network
    domain: string
    listing: string | null
    decision: 'enable' | 'disable' | 'forget' | 'accept'
    note: string
    keyName: string
    heldSince?: string | null
  },
): Promise<z.infer<typeof decidedAnchor> | null> {
  return callChecked(db, decidedAnchor.nullable(), 'decide_anchor', wanted)
}

const personSays = z.enum(['enable', 'disable']).nullable()

export const homeDomainEvidence = z.object({
  network: z.enum(['mainnet', 'testnet']),
  domain: z.string(),
  firstSeenAt: time,
  lastCheckedAt: time.nullable(),
  lastOkAt: time.nullable(),
  durationMs: count.nullable(),
  outcome: checkOutcome.nullable(),
  error: textOrNull,
  operational: z.boolean(),
  capability: ownObject<Capability>().nullable(),
  /** For each declared protocol: when it was seen, and last seen well. */
  evidence: z.record(z.string(), evidenceAge),
  trust: ownObject<TrustVerdict>().nullable(),
  findings,
  evidenceAt: time.nullable(),
  health: healthState,
  autoDisabledAt: time.nullable(),
  listings: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      country: z.string(),
      currency: z.string(),
      type,
      active: z.boolean(),
      operational: z.boolean(),
      ...verdict,
      stellarAsset: ownObject<ShownRow['stellarAsset'] & object>().nullable(),
      railUrl: textOrNull,
      fees: ownObject<ShownRow['fees'] & object>().nullable(),
      operationalUntil: time.nullable(),
      personSays,
      source: z.string(),
      firstListedAt: time,
      lastListedAt: time,
    }),
  ),
  /** What the checks of each of the last 90 days with checks said, the newest first. Days are of UTC. */
  days: z.array(
    z.object({
      day: z.iso.date(),
      checks: count,
      ok: count,
      medianMs: count,
      p95Ms: count,
      /** After the last check of the day, such as `sep10:verified sep24:conformant`. */
      steps: z.string(),
    }),
  ),
  personSays,
  /** The newest 50 decisions about the home domain and its listings, the newest first. */
  decisions: z.array(decision),
  checks: z.array(
    z.object({
      checkedAt: time,
      runId: z.uuid(),
      outcome: checkOutcome,
      error: textOrNull,
      durationMs: count,
      findings,
    }),
  ),
})
export type HomeDomainEvidence = z.infer<typeof homeDomainEvidence>

/**
 * Reads one home domain with its evidence, its listings and its last 50 checks, newest first; null when it is not known.
 *
 * @throws AppError `database_unavailable`
 */
export function readHomeDomain(
  db: Database,
  wanted: { network: Network; domain: string },
): Promise<HomeDomainEvidence | null> {
  return callChecked(db, homeDomainEvidence.nullable(), 'read_home_domain', wanted)
}

const catalogHealth = z.object({ homeDomains: count })

/** Counts the home domains that are known. @throws AppError `database_unavailable` */
export function readCatalogHealth(db: Database): Promise<z.infer<typeof catalogHealth>> {
  return callChecked(db, catalogHealth, 'read_catalog_health', {})
}
