import { expect } from 'vitest'
import type { Capability } from '../../lib/anchors/check/capability.ts'
import type { ListingVerdict } from '../../lib/anchors/check/check.ts'
import type { Listing } from '../../lib/anchors/discovery/directory-row.ts'
import {
  type CheckedHomeDomain,
  finishRun,
  importListings,
  type RunStart,
  readDueHomeDomains,
  recordChecks,
  startRun,
} from '../../lib/anchors/store.ts'
import type { Database } from '../../lib/db/client.ts'
import type { TestDatabase } from './database.ts'

type Started = Extract<RunStart, { started: true }>

/** Expects the call to be refused with this code. */
export function mustFail(call: Promise<unknown>, code: string): Promise<void> {
  return expect(call).rejects.toMatchObject({ code })
}

/** Begins a run whose lease lasts an hour. */
export async function mustStart(
  db: Database,
  change?: Partial<Parameters<typeof startRun>[1]>,
): Promise<Started> {
  const start = await tryStart(db, change)
  if (!start.started) throw new Error(`the run was not started: ${start.skipped}`)
  return start
}

export function tryStart(
  db: Database,
  change: Partial<Parameters<typeof startRun>[1]> = {},
): Promise<RunStart> {
  return startRun(db, {
    kind: 'sync',
    trigger: 'manual',
    holder: crypto.randomUUID(),
    leaseSeconds: 3_600,
    quietSeconds: 0,
    quietFrom: 'finish',
    cursorSource: null,
    ...change,
  })
}

/** The calls that one run makes. */
export function callsOf(db: Database, { runId, fence }: { runId: string; fence: string }) {
  const run = { runId, fence }
  return {
    due: (limit = 10, country: string | null = null) =>
      readDueHomeDomains(db, { network: 'mainnet', ...run, limit, country }),
    record: (...checks: CheckedHomeDomain[]) =>
      recordChecks(db, { network: 'mainnet', ...run, leaseSeconds: 60, checks }),
    finish: (answer: object | null = {}) => finishRun(db, { ...run, answer }),
  }
}

/** Imports listings of mainnet, as a person with a list does. */
export function storeListings(
  db: Database,
  listings: readonly Listing[],
  change: Partial<Parameters<typeof importListings>[1]> = {},
) {
  const byPerson = { active: true, source: 's', dryRun: false, cursor: null, run: null }
  return importListings(db, { network: 'mainnet', listings, ...byPerson, ...change })
}

/** Ends the lease, as after a holder that died. */
export async function expireLease(database: TestDatabase): Promise<void> {
  await database.query(`update anchor_ops.lease set expires_at = now() - interval '1 second'`)
}

export function listingOf(domain: string, change: Partial<Listing> = {}): Listing {
  const { country = 'MX', currency = 'MXN', type = 'on-ramp', name = `Anchor ${domain}` } = change
  const id = `${domain}:${type}:${country}:${currency}`
  return { id, name, domain, country, currency, type, pairing: change.pairing ?? 'given' }
}

export function capabilityOf(change: Partial<Capability['sep']> = {}): Capability {
  const absent = { step: 'absent' } as const
  return {
    salvaged: false,
    sep: {
      sep6: absent,
      sep10: absent,
      sep12: absent,
      sep24: absent,
      sep31: absent,
      sep38: absent,
      sep45: absent,
      sep59: absent,
      ...change,
    },
    currencies: [],
    accounts: [],
    unusable: {},
    toml: {
      url: 'https://a.example/.well-known/stellar.toml',
      durationMs: 1,
      at: '2026-01-01T00:00:00.000Z',
    },
  }
}

/** The verdict on a listing that SEP-24 serves. */
export function served(id: string, change: Partial<ListingVerdict> = {}): ListingVerdict {
  return {
    id,
    operational: true,
    why: ['country_unconfirmed'],
    rail: 'sep24',
    asset: 'MXN',
    basis: 'code',
    until: '2100-01-01T00:00:00.000Z',
    ...change,
  }
}

/** A check with the outcome ok. It finds the listing served that `listingOf` makes for the domain. */
export function okCheck(
  domain: string,
  change: {
    check?: Partial<CheckedHomeDomain['check']>
    health?: Partial<CheckedHomeDomain['health']>
  } = {},
): CheckedHomeDomain {
  return {
    check: {
      domain,
      checkedAt: '2026-01-01T00:00:00.000Z',
      durationMs: 12,
      outcome: 'ok',
      capability: capabilityOf(),
      trust: { trusted: true, reasons: [] },
      operational: true,
      findings: [],
      listings: [served(`${domain}:on-ramp:MX:MXN`)],
      ...change.check,
    },
    health: {
      notFoundCount: 0,
      policyFailureCount: 0,
      okStreak: 1,
      autoDisabledReason: null,
      lastOutcome: 'ok',
      ...change.health,
    },
  }
}
