import pg from 'pg'
import { beforeEach, describe, expect, test } from 'vitest'
import { listChanges } from '../../lib/anchors/changes.ts'
import { nextIdentity } from '../../lib/anchors/health/drift.ts'
import { type HealthState, NEW_HEALTH } from '../../lib/anchors/health/health.ts'
import { traitsOf } from '../../lib/anchors/health/identity.ts'
import { noteExpiredListings, recordChecks } from '../../lib/anchors/queue/store.ts'
import { decideAnchor, readHomeDomain } from '../../lib/anchors/store.ts'
import { databases, describeOnReal, useDatabase } from '../helpers/database.ts'
import {
  callsOf,
  capabilityOf,
  listingOf,
  mustStart,
  okCheck,
  storeListings,
} from '../helpers/database-rows.ts'
import { countReads, PLANNINGS } from '../helpers/query-costs.ts'

const DOMAIN = 'a.example'
const ON = 'a.example:on-ramp:MX:MXN'

describe.each(databases())('the changes of the catalog: $name', (kind) => {
  const database = useDatabase(kind)
  let run: Awaited<ReturnType<typeof mustStart>>
  let calls: ReturnType<typeof callsOf>
  beforeEach(async () => {
    await storeListings(database.db, [listingOf(DOMAIN)])
    run = await mustStart(database.db)
    calls = callsOf(database, run)
  })

  const changes = async (filter: { kind?: 'listing_on' | 'held'; cursor?: string } = {}) => {
    const config = { network: 'mainnet' } as const
    return listChanges({ limit: 100, ...filter }, { db: database.db, config })
  }
  const kinds = async () => (await changes()).changes.map((change) => change.kind)
  const decide = (decision: 'enable' | 'disable' | 'forget' | 'accept', listing = null) =>
    decideAnchor(database.db, {
      ...{ network: 'mainnet', domain: DOMAIN, note: 'seen by eye', keyName: 'ana' },
      ...{ listing, decision, heldSince: '2026-01-01T01:00:00.000Z' },
    })
  const disabled = (reason: HealthState['autoDisabledReason']) =>
    okCheck(DOMAIN, {
      check: { outcome: 'definite', error: 'stellar.toml not found (404)', capability: null },
      health: { autoDisabledReason: reason },
    })
  /** A check that sees this signing key, after others that saw GA. */
  const withKey = (signingKey: string, held = false) => {
    const known = { ...traitsOf(capabilityOf()), signingKey: 'GA' }
    const at = { now: '2026-01-01T01:00:00.000Z', window: '2026-01-01T00:00:00.000Z' }
    const first = nextIdentity({ known, held: null }, { ...known, signingKey }, at)
    const { state, events } = held
      ? nextIdentity(
          first.state,
          { ...known, signingKey },
          { now: '2026-01-02T01:00:00.000Z', window: '2026-01-02T00:00:00.000Z' },
        )
      : first
    return okCheck(DOMAIN, { identity: state, events })
  }

  test('tell each switch of a listing once, with the reasons before and after', async () => {
    await calls.record(okCheck(DOMAIN))
    await calls.record(okCheck(DOMAIN))
    await calls.record(disabled('sep1_not_found'))
    await calls.record(disabled('sep1_not_found'))
    await calls.record(okCheck(DOMAIN))
    const { changes: told, next } = await changes()
    expect(next).toBeNull()
    expect(told).toMatchObject([
      {
        kind: 'listing_on',
        domain: DOMAIN,
        listing: ON,
        before: { operational: false, why: ['unchecked'] },
        after: { operational: true, why: ['country_unconfirmed'] },
      },
      {
        kind: 'domain_disabled',
        listing: null,
        before: { reason: null },
        after: {
          reason: 'sep1_not_found',
          outcome: 'definite',
          error: 'stellar.toml not found (404)',
        },
      },
      {
        kind: 'listing_off',
        after: { operational: false, why: ['domain_disabled', 'country_unconfirmed'] },
      },
      { kind: 'domain_returned', before: { reason: 'sep1_not_found' }, after: { reason: null } },
      { kind: 'listing_on' },
    ])
    expect((await changes({ kind: 'listing_on' })).changes).toHaveLength(2)
    const behind = await changes({ cursor: told[3]?.id ?? '' })
    expect(behind.changes.map(({ id }) => id)).toEqual([told[4]?.id])
  })

  test('tell what a person switched', async () => {
    await calls.record(okCheck(DOMAIN))
    await decide('disable')
    await decide('disable')
    await decide('forget')
    expect(await kinds()).toEqual(['listing_on', 'listing_off', 'listing_on'])
  })

  test('tell of a listing whose evidence became too old, which no check switched', async () => {
    await calls.record(okCheck(DOMAIN))
    await database.query(`update anchor_ops.listing set operational_until = now()`)
    const note = () => noteExpiredListings(database.db, { network: 'mainnet' })
    expect(await note()).toEqual({ domains: 1 })
    expect(await note()).toEqual({ domains: 0 })
    const { changes: told } = await changes()
    expect(told.at(-1)).toMatchObject({ kind: 'listing_off', after: { why: ['sep24_stale'] } })
    expect(told).toHaveLength(2)
  })

  test('hold a home domain with another signing key, until a person accepts it', async () => {
    await calls.record(withKey('GA'))
    await calls.record(withKey('GB'))
    expect(await kinds()).toEqual(['listing_on', 'drift', 'held', 'listing_off'])
    const known = await readHomeDomain(database.db, { network: 'mainnet', domain: DOMAIN })
    expect(known).toMatchObject({
      operational: false,
      listings: [{ operational: false, why: ['identity_changed', 'country_unconfirmed'] }],
    })
    await decide('accept')
    const { changes: told } = await changes()
    expect(told.slice(4)).toMatchObject([
      {
        kind: 'accepted',
        before: { SIGNING_KEY: 'GA' },
        after: { SIGNING_KEY: 'GB', by: 'person' },
      },
      { kind: 'listing_on', before: { why: ['identity_changed', 'country_unconfirmed'] } },
    ])
    const [row] = await database.query(
      `select identity ->> 'signingKey' as key, held from anchor_ops.home_domain`,
    )
    expect(row).toEqual({ key: 'GB', held: null })
  })

  test('release a held home domain once a later window agrees', async () => {
    await calls.record(withKey('GA'))
    await calls.record(withKey('GB'))
    await calls.record(withKey('GB', true))
    expect((await kinds()).slice(3)).toEqual(['listing_off', 'accepted', 'listing_on'])
  })

  test('let a home domain return that was switched too often, by the word of a person alone', async () => {
    await calls.record(okCheck(DOMAIN))
    await calls.record(disabled('flapping'))
    await decide('disable')
    await decide('forget')
    expect(await kinds()).toEqual([
      ...['listing_on', 'domain_flapping', 'listing_off', 'domain_returned', 'listing_on'],
    ])
    const known = await readHomeDomain(database.db, { network: 'mainnet', domain: DOMAIN })
    expect(known?.health).toMatchObject({ autoDisabledReason: null, flips: [] })
  })

  test('leave out a check that was under way while a person decided', async () => {
    const token = crypto.randomUUID()
    const [claimed] = await calls.claim({ limit: 1, token })
    expect(claimed).toMatchObject({ domain: DOMAIN, health: NEW_HEALTH })
    await decide('forget')
    const batch = { network: 'mainnet', runId: run.runId, token, windowHours: 6 } as const
    const late = { ...batch, checks: [withKey('GB')] }
    expect((await recordChecks(database.db, late)).recorded).toEqual([])
    expect(await kinds()).toEqual([])
    const [row] = await database.query(
      `select token, due_at <= now() as due from anchor_ops.due_check`,
    )
    expect(row).toEqual({ token: null, due: true })
  })
})

describeOnReal('the latest changes', (kind) => {
  const database = useDatabase(kind)

  test('of one home domain are found without reading those of others, whatever the planner knows', async () => {
    const told = (domain: string, changes: number) =>
      database.query(
        `insert into anchor_ops.catalog_change (network, domain, kind) select 'mainnet', $1, 'drift' from generate_series(1, $2::int)`,
        [domain, changes],
      )
    await told('quiet.example', 3)
    for (let place = 0; place < 10; place += 1) await told(`loud-${place}.example`, 500)
    const client = new pg.Client(database.connection ?? {})
    await client.connect()
    try {
      for (const [planning, prepare] of PLANNINGS) {
        if (prepare !== '') await client.query(prepare)
        for (const [domain, found, most] of [
          ['quiet.example', 3, 3],
          ['unknown.example', 0, 0],
          [null, 50, 150],
        ] as const) {
          const { rows, most: read } = await countReads(
            client,
            `select jsonb_array_length(public.read_latest_changes('mainnet', $1, '{drift,held,accepted}', 50) -> 'changes') as found`,
            [domain],
          )
          expect([planning, domain, rows[0]?.['found'], Math.max(read, most)]).toEqual([
            planning,
            domain,
            found,
            most,
          ])
        }
      }
    } finally {
      await client.end()
    }
  })
})
