import { describe, expect, test } from 'vitest'
import type { Listing } from '../../lib/anchors/discovery/directory-row.ts'
import { type ImportedRows, readDomainsBelow, readWalk } from '../../lib/anchors/discovery/store.ts'
import { readHomeDomain } from '../../lib/anchors/store.ts'
import {
  databases,
  describeMeetings,
  describeOnReal,
  type TestDatabase,
  useDatabase,
} from '../helpers/database.ts'
import { listingOf, mustFail, storeListings } from '../helpers/database-rows.ts'

const DIRECTORY = 'https://directory.example/anchors.json'
const OTHER = 'https://other.example/anchors.json'
const HORIZON = 'horizon:https://horizon.example'

const many = (count: number, prefix = 'a') =>
  Array.from({ length: count }, (_, at) => listingOf(`${prefix}${at}.example`))

const stateOf = (database: TestDatabase) => async (domain: string) => {
  const [row] = await database.query(
    `select missed, delisted_at is not null as delisted, operational_now, why_now, source
    from anchor_ops.judged_listing where domain = $1`,
    [domain],
  )
  return row
}

/** A listing that the last check found served. */
const serve = (database: TestDatabase) =>
  database.query(
    `update anchor_ops.listing set operational = true, operational_until = now() + interval '1 day', why = '{}', rail = 'sep24'`,
  )

describe.each(databases())('imports of directories: $name', (kind) => {
  const database = useDatabase(kind)
  const state = (domain: string) => stateOf(database)(domain)
  const store = (listings: readonly Listing[], change: Partial<ImportedRows> = {}) =>
    storeListings(database.db, listings, { source: DIRECTORY, ...change })
  /** An import by a sync. */
  const sync = (listings: readonly Listing[], change: Partial<ImportedRows> = {}) =>
    store(listings, { countedAfterHours: 0, ...change })
  const versions = () => database.query('select id, xmin::text from anchor_ops.listing order by id')

  test('an import writes the rows that change, and no others', async () => {
    await sync(many(4))
    const before = await versions()
    await sync(many(4))
    expect(await versions()).toEqual(before)
    await sync([...many(3), listingOf('a3.example', { name: 'Another name' })])
    expect((await versions()).slice(0, 3)).toEqual(before.slice(0, 3))
    expect((await versions())[3]).not.toEqual(before[3])
  })

  describe('a listing that its directory drops', () => {
    test('is delisted after the third sync in a row, and returns when it is listed again', async () => {
      await sync(many(4))
      await serve(database)
      await database.query(`select anchor_ops.note_changes('mainnet', '{a3.example}', '[]')`)
      for (const missed of [1, 2]) {
        await sync(many(3))
        expect(await state('a3.example')).toMatchObject({ missed, operational_now: true })
      }
      await sync(many(3))
      expect(await state('a3.example')).toMatchObject({
        delisted: true,
        operational_now: false,
        why_now: ['delisted'],
      })
      await sync(many(3))
      expect(await state('a0.example')).toMatchObject({ missed: 0, operational_now: true })
      await sync(many(4))
      expect(await state('a3.example')).toMatchObject({
        missed: 0,
        delisted: false,
        operational_now: true,
        why_now: [],
      })
      expect(
        await database.query(
          `select kind, after ->> 'operational' as operational, after ->> 'why' as why
          from anchor_ops.catalog_change where domain = 'a3.example' order by seq`,
        ),
      ).toMatchObject([
        { kind: 'listing_on' },
        { kind: 'delisted' },
        { kind: 'listing_off', operational: 'false', why: '["delisted"]' },
        { kind: 'relisted' },
        { kind: 'listing_on', operational: 'true' },
      ])
    })

    test('is not delisted when it was listed in between', async () => {
      await sync(many(4))
      for (const count of [3, 3, 4, 3, 3]) await sync(many(count))
      expect(await state('a3.example')).toMatchObject({ missed: 2, delisted: false })
    })

    test('was last listed by the import before the first that missed it', async () => {
      const lastListed = async () => {
        const evidence = await readHomeDomain(database.db, {
          ...{ network: 'mainnet', domain: 'a3.example' },
        })
        return evidence?.listings[0]?.lastListedAt
      }
      const age = () =>
        database.query(
          `with aged as (update anchor_ops.directory set imported_at = imported_at - interval '1 day')
          update anchor_ops.listing set last_listed_at = last_listed_at - interval '1 day'`,
        )
      await sync(many(4))
      await age()
      const first = await lastListed()
      await sync(many(4))
      const second = await lastListed()
      expect(Date.parse(second ?? '') - Date.parse(first ?? '')).toBeGreaterThan(80_000_000)
      await sync(many(3))
      await sync(many(3))
      expect(await lastListed()).toBe(second)
    })

    test('is checked as a dead one is, and at once when it is listed again', async () => {
      const queued = () =>
        database.query(
          `select priority, due_at <= now() as due from anchor_ops.due_check where domain = 'a3.example'`,
        )
      await sync(many(4))
      const later = `update anchor_ops.due_check set due_at = now() + interval '1 day', priority = 2`
      for (let turn = 0; turn < 3; turn += 1) await sync(many(3))
      await database.query(later)
      await sync(many(3))
      expect(await queued()).toEqual([{ priority: 2, due: false }])
      await sync(many(4))
      expect(await queued()).toEqual([{ priority: 1, due: true }])
    })

    test('stays operational if a person says so', async () => {
      await sync(many(4))
      await database.query(
        `update anchor_ops.listing set person_says = 'enable' where domain = 'a3.example'`,
      )
      for (let turn = 0; turn < 3; turn += 1) await sync(many(3))
      expect(await state('a3.example')).toMatchObject({
        operational_now: true,
        why_now: ['enabled_by_person', 'delisted', 'unchecked'],
      })
    })

    test('is not missed by another directory, by the list of a person, by Horizon or by an import without a sync', async () => {
      await sync(many(4))
      for (let turn = 0; turn < 3; turn += 1) {
        await sync(many(1, 'b'), { source: OTHER })
        await store(many(1, 'c'), { source: 'request-body' })
        await store(many(1, 'd'), { source: HORIZON })
        await store(many(3))
      }
      expect(await state('a3.example')).toMatchObject({ missed: 0 })
    })

    test('is not missed while the directory lists it and the domain is not allowed', async () => {
      await sync(many(4))
      await sync(many(3), { passedOver: ['a3.example:on-ramp:MX:MXN'] })
      expect(await state('a3.example')).toMatchObject({ missed: 0 })
    })

    test('is missed once in 5 h by calls without a credential', async () => {
      await sync(many(4))
      await database.query('update anchor_ops.directory set counted_at = null')
      await sync(many(3), { countedAfterHours: 5 })
      await sync(many(3), { countedAfterHours: 5 })
      expect(await state('a3.example')).toMatchObject({ missed: 1 })
      await database.query(
        `update anchor_ops.directory set counted_at = now() - interval '5 hours 1 second'`,
      )
      await sync(many(3), { countedAfterHours: 5 })
      expect(await state('a3.example')).toMatchObject({ missed: 2 })
    })

    test('is not brought back by Horizon, where anybody may name its home domain', async () => {
      await sync(many(4))
      for (let turn = 0; turn < 3; turn += 1) await sync(many(3))
      await store([listingOf('a3.example')], { source: HORIZON })
      expect(await state('a3.example')).toMatchObject({ delisted: true, source: DIRECTORY })
      await store([listingOf('a3.example')], { source: 'request-body' })
      expect(await state('a3.example')).toMatchObject({ delisted: false, source: 'request-body' })
    })
  })

  test('listings of a directory that nobody has imported for 30 days are missed by the syncs of another', async () => {
    await sync(many(4))
    await sync([...many(1), ...many(2, 'b')], { source: OTHER })
    expect(await state('a1.example')).toMatchObject({ missed: 0 })
    await database.query(
      `update anchor_ops.directory set imported_at = now() - interval '31 days' where source = $1`,
      [DIRECTORY],
    )
    for (let turn = 0; turn < 3; turn += 1) {
      await sync([...many(1), ...many(2, 'b')], { source: OTHER })
    }
    expect(await state('a1.example')).toMatchObject({ delisted: true })
    expect(await state('a0.example')).toMatchObject({ missed: 0, source: OTHER })
  })

  describe('an import that would drop or change more than half of a directory', () => {
    const renamed = (count: number) =>
      many(count).map((listing) => ({ ...listing, name: `${listing.name} (new)` }))

    test.each([
      ['drops', many(4), /drop 6 and change 0 of the 10 rows that https:\/\/directory\.example/],
      ['changes', [...renamed(6), ...many(10).slice(6)], /drop 0 and change 6 of the 10 rows/],
      ['drops and changes', [...renamed(3), ...many(7).slice(3)], /drop 3 and change 3 of the 10/],
    ])('is refused when it %s rows, and nothing is written', async (_, next, message) => {
      await sync(many(10))
      const before = await versions()
      await expect(sync(next)).rejects.toMatchObject({ code: 'import_refused', message })
      expect(await versions()).toEqual(before)
      expect(await sync(next, { dryRun: true })).toMatchObject({
        written: 0,
        refused: { source: DIRECTORY, rows: 10 },
      })
      expect(await sync(next, { force: true })).toMatchObject({ written: next.length })
    })

    test('is taken when it is half of them, and new rows do not count', async () => {
      await sync(many(10))
      expect(await sync([...many(5), ...many(50, 'b')])).toMatchObject({ new: 50, dropped: 5 })
    })

    test('counts rows that were dropped before only once', async () => {
      await sync(many(10))
      await sync(many(4), { force: true })
      expect(await sync(many(4))).toMatchObject({ dropped: 0, refused: null })
      expect(await state('a9.example')).toMatchObject({ missed: 2 })
    })

    test('is refused also when it is a list that renames what a directory lists', async () => {
      await sync(many(10))
      await mustFail(store(renamed(6), { source: 'request-body' }), 'import_refused')
      expect(await store(renamed(5), { source: 'request-body' })).toMatchObject({ changed: 5 })
    })

    test('moves no cursor', async () => {
      const walk = { source: 'w', position: '7' }
      await sync(many(10))
      await mustFail(sync([], { cursor: walk }), 'import_refused')
      expect(await readWalk(database.db, { source: 'w', restHours: 20 })).toMatchObject({
        position: null,
      })
    })
  })

  describe('a walk over Horizon', () => {
    const walk = (listings: readonly Listing[], position: string | null) =>
      store(listings, { source: HORIZON, cursor: { source: HORIZON, position } })
    const pass = (days: number) =>
      database.query(
        `with aged as (update anchor_ops.listing set last_listed_at = last_listed_at - make_interval(days => $1))
        update anchor_ops.discovery_cursor set started_at = started_at - make_interval(days => $1)`,
        [days],
      )

    test('writes what it finds unchanged once a week', async () => {
      await walk(many(2), null)
      const before = await versions()
      await walk(many(2), null)
      expect(await versions()).toEqual(before)
      await pass(8)
      await walk(many(2), null)
      const after = await versions()
      expect(after).not.toEqual(before)
      await walk(many(2), null)
      expect(await versions()).toEqual(after)
    })

    test('delists what three whole walks did not see, and lists it again with the next sight', async () => {
      await walk(many(2), null)
      await pass(8)
      for (let turn = 0; turn < 3; turn += 1) {
        expect(await state('a1.example')).toMatchObject({ missed: turn })
        await walk(many(1), 'half')
        await walk([], null)
      }
      expect(await state('a1.example')).toMatchObject({ delisted: true })
      expect(await state('a0.example')).toMatchObject({ missed: 0 })
      await walk(many(2), null)
      expect(await state('a1.example')).toMatchObject({ delisted: false })
    })

    test('is not due again until it rested, once it has reached the end', async () => {
      const due = () => readWalk(database.db, { source: HORIZON, restHours: 20 })
      expect(await due()).toEqual({ position: null, isDue: true })
      await walk(many(1), 'half')
      expect(await due()).toEqual({ position: 'half', isDue: true })
      await walk([], null)
      expect(await due()).toEqual({ position: null, isDue: false })
      await database.query(
        `update anchor_ops.discovery_cursor set started_at = now() - interval '20 hours'`,
      )
      expect(await due()).toEqual({ position: null, isDue: true })
    })
  })

  test('the known home domains below a registrable domain are those that end with its labels', async () => {
    const domains = ['owner.com', 'b.owner.com', 'a.b.owner.com', 'notowner.com', 'owner.com.mx']
    await store(
      domains.map((domain) => listingOf(domain)),
      { source: 'request-body' },
    )
    expect(
      await readDomainsBelow(database.db, { network: 'mainnet', owners: ['owner.com', 'no.com'] }),
    ).toEqual({ 'owner.com': ['a.b.owner.com', 'b.owner.com', 'owner.com'] })
    expect(
      await readDomainsBelow(database.db, { network: 'testnet', owners: ['owner.com'] }),
    ).toEqual({})
  })

  test('a listing that its own row calls inactive is new and inactive, and a known one stays as it is', async () => {
    await sync([listingOf('a0.example')])
    await sync([
      { ...listingOf('a0.example'), active: false },
      { ...listingOf('a1.example'), active: false },
    ])
    expect(await database.query('select active from anchor_ops.listing order by id')).toEqual([
      { active: true },
      { active: false },
    ])
  })
})

describeOnReal('what an import writes', (kind) => {
  const database = useDatabase(kind)

  test('an import of 20,000 unchanged rows writes less than 1 MB of WAL', async () => {
    const listings = Array.from({ length: 20_000 }, (_, at) =>
      listingOf(`d${at % 5_000}.example`, { currency: `C${at}` }),
    )
    await storeListings(database.db, listings, { source: DIRECTORY, countedAfterHours: 0 })
    // Other databases of the server write WAL too. The plan tells what this call wrote.
    const walBytes = async () => {
      const [explained] = await database.query(
        `explain (analyze, wal, format json) select public.import_listings(
          'mainnet', $1, '{}', true, $2, 0, false, false, null, null, null, null)`,
        [JSON.stringify(listings), DIRECTORY],
      )
      const plans = explained?.['QUERY PLAN'] as [{ Plan: Record<string, number> }] | undefined
      return plans?.[0].Plan['WAL Bytes']
    }
    expect(await walBytes()).toBeLessThan(1_000_000)
    // An import that writes every row is seen to write more.
    await database.query('update anchor_ops.listing set missed = 1')
    expect(await walBytes()).toBeGreaterThan(1_000_000)
  })
})

describeMeetings('an import that meets the checks', ({ database, other }) => {
  test('waits in the queue before it locks a listing, so a check that is being recorded can write its listings', async () => {
    await storeListings(database.db, many(2), { source: DIRECTORY })
    await other('begin')
    await other(`select from anchor_ops.due_check where domain = 'a0.example' for update`)
    const renamed = [listingOf('a0.example', { name: 'New' }), listingOf('a1.example')]
    const late = storeListings(database.db, renamed, { source: DIRECTORY })
    const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
    while ((await database.query(waiting)).length === 0);
    await other(`update anchor_ops.listing set why = '{checked}' where domain = 'a0.example'`)
    await other('commit')
    expect(await late).toMatchObject({ changed: 1 })
  })
})
