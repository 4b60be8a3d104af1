import { expect } from 'vitest'
import type { Capability } from '../../lib/anchors/check/capability.ts'
import type { ListingVerdict } from '../../lib/anchors/check/check.ts'
import { shownRow } from '../../lib/anchors/check/row/shown-row.ts'
import type { Listing } from '../../lib/anchors/discovery/directory-row.ts'
import { importListings } from '../../lib/anchors/discovery/store.ts'
import { NEW_HEALTH } from '../../lib/anchors/health/health.ts'
import {
  claimChecks,
  type JudgedCheck,
  recordChecks,
  releaseClaims,
} from '../../lib/anchors/queue/store.ts'
import { finishRun, type RunStart, startRun } from '../../lib/anchors/store.ts'
import type { Database } from '../../lib/db/client.ts'
import type { ErrorCode } from '../../lib/errors.ts'
import type { TestDatabase } from './database.ts'

type Started = Extract<RunStart, { started: true }> & { fence: string }

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
  return { ...start, fence: start.fence ?? 'none' }
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

/** The window in which the checks of these tests take place, until a test names another. */
const WINDOW = '2026-01-01T00:00:00.000Z'

/** The calls that one run makes. It records checks under claims that it makes for them. */
export function callsOf(
  { db, query }: Pick<TestDatabase, 'db' | 'query'>,
  { runId, fence }: { runId: string; fence: string },
) {
  const run = { runId, fence }
  const network = 'mainnet' as const
  const claim = (change: Partial<Parameters<typeof claimChecks>[1]> = {}) =>
    claimChecks(db, {
      ...{ network, runId, token: crypto.randomUUID(), limit: 1_000, claimSeconds: 60 },
      ...{ windowHours: 6, now: new Date().toISOString(), onlyDue: false, country: null },
      ...change,
    })
  return {
    claim,
    /** What a run that begins now would check, due or not, and how many home domains are due. */
    due: async (limit = 10, country: string | null = null, change = {}) => {
      const token = crypto.randomUUID()
      const next = await mustStart(db, { kind: 'check', holder: null, leaseSeconds: null })
      const domains = await claim({ runId: next.runId, token, limit, country, ...change })
      const names = domains.map(({ domain }) => domain)
      return { domains, ...(await releaseClaims(db, { network, token, domains: names, country })) }
    },
    /** Records the checks under claims of this call, as the only invocation does. */
    record: async (...checks: JudgedCheck[]) => {
      const token = crypto.randomUUID()
      await query(
        `update anchor_ops.due_check set token = $1, claimed_until = now() + interval '1 minute' where domain = any ($2)`,
        [token, checks.map(({ check }) => check.domain)],
      )
      return recordChecks(db, { network, runId, token, windowHours: 6, checks })
    },
    finish: (answer: object | null = {}, failure: ErrorCode | null = null) =>
      finishRun(db, { ...run, answer, failure }),
  }
}

/** Imports listings of mainnet, as a person with a list does. */
export function storeListings(
  db: Database,
  listings: readonly Listing[],
  change: Partial<Parameters<typeof importListings>[1]> = {},
) {
  const byPerson = { active: true, source: 'request-body', dryRun: false, cursor: null, run: null }
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
    check?: Partial<JudgedCheck['check']>
    health?: Partial<JudgedCheck['health']>
    before?: Partial<JudgedCheck['before']>
    window?: Partial<JudgedCheck['window']>
    identity?: JudgedCheck['identity']
    events?: JudgedCheck['events']
    windowsUntilNext?: number
    priority?: 0 | 2
  } = {},
): JudgedCheck {
  const outcome = change.check?.outcome ?? 'ok'
  const check: JudgedCheck['check'] = {
    domain,
    checkedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 12,
    outcome: 'ok',
    capability: capabilityOf(),
    trust: { trusted: true, reasons: [] },
    operational: true,
    findings: [],
    listings: [served(`${domain}:on-ramp:MX:MXN`)],
    patienceSeconds: 0,
    ...change.check,
  }
  return {
    check,
    shown: shownOf(check),
    health: {
      ...NEW_HEALTH,
      okStreak: 1,
      lastOutcome: outcome,
      wasOk: true,
      ...change.health,
    },
    before: { ...NEW_HEALTH, ...change.before },
    window: { startedAt: WINDOW, outcome, ...change.window },
    identity: change.identity ?? null,
    events: change.events ?? [],
    windowsUntilNext: change.windowsUntilNext ?? 1,
    priority: change.priority ?? 0,
  }
}

/** What the catalog shows of the listings of a check. */
function shownOf({ listings, capability }: JudgedCheck['check']): JudgedCheck['shown'] {
  if (listings === null || capability === null) return {}
  return Object.fromEntries(
    listings.map((verdict) => {
      const [type, , currency = ''] = verdict.id.split(':').slice(-3)
      const row = { currency, type: type as 'on-ramp' | 'off-ramp' }
      return [verdict.id, shownRow(row, verdict, capability)]
    }),
  )
}
