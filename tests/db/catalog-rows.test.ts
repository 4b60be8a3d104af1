import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NO_FILTER, readCatalog } from '../../lib/anchors/catalog-store.ts'
import type { ReasonCode } from '../../lib/anchors/check/row/reasons.ts'
import { nextIdentity } from '../../lib/anchors/health/drift.ts'
import type { CheckOutcome } from '../../lib/anchors/health/health.ts'
import { traitsOf } from '../../lib/anchors/health/identity.ts'
import {
  brakeWindow,
  type JudgedCheck,
  noteExpiredListings,
} from '../../lib/anchors/queue/store.ts'
import { decideAnchor } from '../../lib/anchors/store.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import {
  callsOf,
  capabilityOf,
  listingOf,
  mustStart,
  okCheck,
  served,
  storeListings,
} from '../helpers/database-rows.ts'

const network = 'mainnet' as const
const CHECKS_ONLY = { kind: 'check', holder: null, leaseSeconds: null } as const

/** Every row of the catalog as its columns say now, without the texts that are stored of it. */
const BUILT_FRESHLY = `
  select jsonb_build_object(
    'id', listing.id, 'name', listing.name, 'domain', listing.domain, 'network', listing.network,
    'country', listing.country, 'currency', listing.currency, 'type', listing.type,
    'operational', listing.operational_now, 'why', to_jsonb(listing.why_now),
    'rail', listing.rail, 'asset', listing.asset, 'basis', listing.basis, 'pairing', listing.pairing,
    'step', coalesce(home_domain.capability #>> array['sep', listing.rail, 'step'], 'absent'),
    'signingKey', home_domain.capability -> 'signingKey',
    'sep', (
      select jsonb_object_agg(name, coalesce(home_domain.capability #> array['sep', name, 'step'], '"absent"'))
      from unnest(anchor_ops.sep_names()) as sep (name)
    ),
    'evidence', coalesce(anchor_ops.evidence_ages(home_domain.capability), '{}'),
    'updatedAt', anchor_ops.iso_time(listing.updated_at),
    'lastCheckedAt', anchor_ops.iso_time(home_domain.last_checked_at)
  ) || listing.shown as row
  from anchor_ops.judged_listing as listing join anchor_ops.home_domain using (network, domain)
  where listing.network = 'mainnet' and listing.active
  order by listing.id`

const domain = fc.constantFrom('a.example', 'b.example')
/** Texts that need care in JSON. */
const name = fc.constantFrom(
  'Plain',
  'A "quoted" name',
  'back\\slash',
  'a, b}',
  'línea\u2028två 🪙',
)
const verdict = fc.record({
  operational: fc.boolean(),
  why: fc.subarray<ReasonCode>(['country_unconfirmed', 'unchecked']),
  rail: fc.constantFrom('sep24' as const, 'sep6' as const),
  until: fc.constantFrom('2100-01-01T00:00:00.000Z', '2020-01-01T00:00:00.000Z'),
})
const step = fc.constantFrom('declared' as const, 'reachable' as const, 'verified' as const)
const HOLD = { now: '2026-01-01T01:00:00.000Z', window: '2026-01-01T00:00:00.000Z' }
const decision = fc.constantFrom('enable', 'disable', 'forget', 'accept')
const change = fc.oneof(
  fc.record({ kind: fc.constant('import' as const), domain, name }),
  fc.record({ kind: fc.constant('drop' as const), domain }),
  fc.record({ kind: fc.constant('check' as const), domain, verdict, step, disabled: fc.boolean() }),
  fc.record({ kind: fc.constant('fail' as const), domain }),
  fc.record({ kind: fc.constant('hold' as const), domain }),
  fc.record({ kind: fc.constant('brake' as const) }),
  fc.record({ kind: fc.constant('expire' as const) }),
  fc.record({ kind: fc.constant('decide' as const), domain, decision, ofOne: fc.boolean() }),
  fc.record({ kind: fc.constant('switch' as const), domain }),
)
type Change = typeof change extends fc.Arbitrary<infer C> ? C : never

describe.each(databases())('the rows of a page: $name', (kind) => {
  const database = useDatabase(kind)

  const listings = (of: string, named: string) => [
    listingOf(of, { name: named }),
    listingOf(of, { type: 'off-ramp', name: named }),
  ]
  const idOf = (of: string) => `${of}:on-ramp:MX:MXN`
  const checkOf = ({
    domain: of,
    verdict: found,
    step: reached,
    disabled,
  }: Change & { kind: 'check' }) =>
    okCheck(of, {
      check: {
        checkedAt: new Date().toISOString(),
        capability: {
          ...capabilityOf({ sep24: { step: reached, endpoint: `https://${of}/${reached}` } }),
          signingKey: `G${reached}`,
        },
        listings: [served(idOf(of), found)],
      },
      health: disabled ? { autoDisabledReason: 'policy' } : {},
    })
  const failOf = (of: string) =>
    okCheck(of, {
      check: {
        outcome: 'definite',
        operational: false,
        capability: null,
        trust: null,
        listings: [
          served(idOf(of), { operational: false, why: ['toml_gone'], rail: null, until: null }),
        ],
      },
    })
  /** A check that sees another signing key, which is held. */
  const holdOf = (of: string) => {
    const known = { ...traitsOf(capabilityOf()), signingKey: 'GA' }
    const { state } = nextIdentity({ known, held: null }, { ...known, signingKey: 'GB' }, HOLD)
    return okCheck(of, { identity: state })
  }
  let place = 0
  const lastOutcome = new Map<string, CheckOutcome>()
  const window = () => new Date(Date.UTC(2026, 0, 1) + place * 6 * 3_600_000).toISOString()
  /** Records a check in a window of its own. */
  async function checked(judged: JudgedCheck) {
    const { record } = callsOf(database, await mustStart(database.db, CHECKS_ONLY))
    const { domain: of, outcome } = judged.check
    place += 1
    const before = { ...judged.before, lastOutcome: lastOutcome.get(of) ?? null }
    lastOutcome.set(of, outcome)
    return record({ ...judged, before, window: { startedAt: window(), outcome } })
  }
  async function carryOut(one: Change): Promise<unknown> {
    const { db, query } = database
    if (one.kind === 'import')
      return storeListings(db, listings(one.domain, one.name), { force: true })
    if (one.kind === 'check') return checked(checkOf(one))
    if (one.kind === 'fail') return checked(failOf(one.domain))
    if (one.kind === 'hold') return checked(holdOf(one.domain))
    if (one.kind === 'brake') return brakeWindow(db, { network, startedAt: window() })
    if (one.kind === 'expire') return noteExpiredListings(db, { network })
    if (one.kind === 'decide') {
      const listing = one.ofOne && one.decision !== 'accept' ? idOf(one.domain) : null
      const by = { note: 'seen by eye', keyName: 'ana', decision: one.decision as 'enable' }
      const heldSince = HOLD.now
      return decideAnchor(db, { network, domain: one.domain, listing, heldSince, ...by })
    }
    return one.kind === 'drop'
      ? query(`select anchor_ops.miss_listings('mainnet', array[$1]) from generate_series(1, 3)`, [
          idOf(one.domain),
        ])
      : query('update anchor_ops.listing set active = not active where id = $1', [idOf(one.domain)])
  }
  async function expectFresh(): Promise<string> {
    const query = { network, ...NO_FILTER, limit: 100, cursor: null }
    const { anchors } = await readCatalog(database.db, query)
    const built = await database.query(BUILT_FRESHLY)
    expect(anchors).toEqual(built.map(({ row }) => row))
    return JSON.stringify(anchors)
  }

  test('say what their columns say, whoever changed them and in whatever order', async () => {
    await storeListings(database.db, [...listings('a.example', 'A'), ...listings('b.example', 'B')])
    const moved = new Set<string>()
    let before = await expectFresh()
    const sequence = fc.array(change, { minLength: 5, maxLength: 15 })
    const follow = async (changes: Change[]) => {
      for (const one of changes) {
        await carryOut(one)
        const now = await expectFresh()
        if (now !== before) moved.add(one.kind)
        before = now
      }
    }
    await fc.assert(fc.asyncProperty(sequence, follow), { numRuns: 12, seed: 14 })
    // Else the test would compare rows that never change. An expiry shows when it is due, before it is noted.
    expect([...moved].toSorted()).toEqual([
      'brake',
      'check',
      'decide',
      'drop',
      'fail',
      'hold',
      'import',
      'switch',
    ])
  })

  test('end a page before 3 MB, each row whole and once', async () => {
    await storeListings(database.db, [...listings('a.example', 'A'), ...listings('b.example', 'B')])
    await database.query(
      `update anchor_ops.listing set shown = shown || jsonb_build_object('railUrl', repeat('x', 1400000))`,
    )
    const seen: string[][] = []
    let cursor: string | null = null
    do {
      const page = await readCatalog(database.db, { network, ...NO_FILTER, limit: 3, cursor })
      seen.push(page.anchors.map(({ id, sep, railUrl }) => `${id} ${sep.sep24} ${railUrl?.length}`))
      cursor = page.next
    } while (cursor !== null)
    const row = (of: string, type: string) => `${of}:${type}:MX:MXN absent 1400000`
    expect(seen).toEqual(
      ['a.example', 'b.example'].map((of) => [row(of, 'off-ramp'), row(of, 'on-ramp')]),
    )
  })
})
