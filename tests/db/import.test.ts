import { describe, expect, test } from 'vitest'
import type { Listing } from '../../lib/anchors/discovery/directory-row.ts'
import type { importListings } from '../../lib/anchors/discovery/store.ts'
import { databases, type TestDatabase, useDatabase } from '../helpers/database.ts'
import { listingOf, mustFail, storeListings, tryStart } from '../helpers/database-rows.ts'

const SOURCE = 'https://directory.example/anchors.json'

describe.each(databases())('import: $name', (kind) => {
  const database = useDatabase(kind)

  const store = (listings: Listing[], change: Partial<Parameters<typeof importListings>[1]> = {}) =>
    storeListings(database.db, listings, { source: SOURCE, force: true, ...change })
  const rows = () =>
    database.query('select id, name, active, source from anchor_ops.listing order by id')
  const cursorOf = async (source: string) => {
    const start = await tryStart(database.db, { cursorSource: source })
    await clearLease(database)
    return start.started ? start.cursor : undefined
  }

  test('new, changed and unchanged rows are counted apart', async () => {
    const known = [listingOf('a.example'), listingOf('b.example')]
    expect(await store(known)).toMatchObject({ written: 2, new: 2, changed: 0, unchanged: 0 })
    expect(
      await store([
        listingOf('a.example'),
        listingOf('b.example', { name: 'B' }),
        listingOf('c.example'),
      ]),
    ).toMatchObject({ written: 3, new: 1, changed: 1, unchanged: 1 })
    expect((await rows()).map((row) => row['name'])).toEqual([
      'Anchor a.example',
      'B',
      'Anchor c.example',
    ])
  })

  test('an import without rows writes nothing', async () => {
    expect(await store([])).toMatchObject({ written: 0, new: 0, changed: 0, unchanged: 0 })
  })

  test('a dry run counts the same and writes nothing, not even the cursor', async () => {
    await store([listingOf('a.example')])
    const before = await database.query('select * from anchor_ops.listing')
    const next = [listingOf('a.example', { name: 'Other' }), listingOf('b.example')]
    expect(
      await store(next, { dryRun: true, cursor: { source: 'walk', position: '7' } }),
    ).toMatchObject({
      written: 0,
      new: 1,
      changed: 1,
      unchanged: 0,
    })
    expect(await database.query('select * from anchor_ops.listing')).toEqual(before)
    expect(await database.query('select domain from anchor_ops.home_domain')).toEqual([
      { domain: 'a.example' },
    ])
    expect(await cursorOf('walk')).toBeNull()
    expect(await store(next)).toMatchObject({ new: 1, changed: 1 })
  })

  test('a listing found on Horizon renames nothing that a directory or a person listed', async () => {
    await store([listingOf('a.example')])
    const claimed = { source: 'horizon:https://horizon.example', active: true }
    const rename = [listingOf('a.example', { name: 'Scam' }), listingOf('b.example')]
    expect(await store(rename, claimed)).toMatchObject({
      written: 2,
      new: 1,
      changed: 0,
      unchanged: 1,
    })
    expect((await rows()).map(({ name, source }) => [name, source])).toEqual([
      ['Anchor a.example', SOURCE],
      ['Anchor b.example', claimed.source],
    ])
    const better = [listingOf('b.example', { name: 'B' })]
    expect(await store(better)).toMatchObject({ written: 1, new: 0, changed: 1, unchanged: 0 })
    expect((await rows())[1]).toMatchObject({ name: 'B', source: SOURCE })
  })

  test('the pairing is stored as listed last, and Horizon leaves the one of a directory', async () => {
    const pairings = () =>
      database.query('select source, pairing from anchor_ops.listing order by id')
    await store([listingOf('a.example', { pairing: 'multiplied' })])
    await store([listingOf('a.example')], { source: 'horizon:h' })
    expect(await pairings()).toEqual([{ source: SOURCE, pairing: 'multiplied' }])
    await store([listingOf('a.example')])
    expect(await pairings()).toEqual([{ source: SOURCE, pairing: 'given' }])
  })

  test("active is set for new rows only, so a person's decision stays", async () => {
    await store([listingOf('off.example'), listingOf('on.example')], { active: false })
    await database.query(`update anchor_ops.listing set active = true where domain = 'on.example'`)
    await store([listingOf('off.example', { name: 'x' }), listingOf('on.example')], {
      active: true,
    })
    await store([listingOf('off.example'), listingOf('on.example', { name: 'x' })], {
      active: false,
    })
    expect((await rows()).map((row) => [row['id'], row['active']])).toEqual([
      ['off.example:on-ramp:MX:MXN', false],
      ['on.example:on-ramp:MX:MXN', true],
    ])
  })

  test('an import leaves what the health rules decided on a home domain', async () => {
    await store([listingOf('a.example')])
    await database.query(
      `update anchor_ops.home_domain set auto_disabled_at = '2026-01-01', health = '{"autoDisabledReason": "policy", "notFoundCount": 2}'`,
    )
    const before = await database.query('select * from anchor_ops.home_domain')
    await store([
      listingOf('a.example', { name: 'x' }),
      listingOf('a.example', { currency: 'USD' }),
    ])
    expect(await database.query('select * from anchor_ops.home_domain')).toEqual(before)
  })

  test('a row that was given twice is stored once', async () => {
    expect(await store([listingOf('a.example'), listingOf('a.example')])).toMatchObject({
      written: 1,
      new: 1,
    })
  })

  test('testnet and mainnet rows of one domain are stored side by side', async () => {
    const row = listingOf('a.example')
    await store([row])
    expect(
      await store([{ ...row, id: `testnet:${row.id}` }], { network: 'testnet' }),
    ).toMatchObject({ new: 1 })
    expect(await database.query('select network from anchor_ops.home_domain order by 1')).toEqual([
      { network: 'mainnet' },
      { network: 'testnet' },
    ])
  })

  test('currencies that differ in letter case are different rows', async () => {
    expect(
      await store([
        listingOf('a.example', { currency: 'USDx' }),
        listingOf('a.example', { currency: 'usdX' }),
      ]),
    ).toMatchObject({ new: 2 })
  })

  test('the cursor moves with the rows', async () => {
    await store([listingOf('a.example')], { cursor: { source: 'walk', position: '100' } })
    expect(await cursorOf('walk')).toBe('100')
    expect(await cursorOf('another walk')).toBeNull()
    await store([], { cursor: { source: 'walk', position: '200' } })
    expect(await cursorOf('walk')).toBe('200')
    await store([], { cursor: { source: 'walk', position: null } })
    expect(await cursorOf('walk')).toBeNull()
  })

  test('neither the rows nor the cursor are stored when one row is bad', async () => {
    await store([], { cursor: { source: 'walk', position: '100' } })
    const bad = { ...listingOf('b.example'), country: 'Mexico' }
    await mustFail(
      store([listingOf('a.example'), bad], { cursor: { source: 'walk', position: '200' } }),
      'database_unavailable',
    )
    expect(await rows()).toEqual([])
    expect(await database.query('select from anchor_ops.home_domain')).toEqual([])
    expect(await cursorOf('walk')).toBe('100')
  })

  test('the rows are not stored when the cursor cannot be', async () => {
    await mustFail(
      store([listingOf('a.example')], { cursor: { source: 'walk', position: 'x'.repeat(2_049) } }),
      'database_unavailable',
    )
    expect(await rows()).toEqual([])
  })

  test('hostile text is stored as text', async () => {
    const names = [
      "'; drop table anchor_ops.listing; --",
      '"}],',
      '\u202eevil',
      '😀\ud800',
      'nul\0nul',
      '%s \\ $1',
    ]
    await store(names.map((name, place) => listingOf(`n${place}.example`, { name })))
    expect((await rows()).map((row) => row['name'])).toEqual([
      ...names.slice(0, 3),
      '😀\ufffd',
      'nul\ufffdnul',
      '%s \\ $1',
    ])
  })

  test('5,000 rows take one call, the second time too', async () => {
    const many = Array.from({ length: 5_000 }, (_, place) =>
      listingOf(`d${place % 1_000}.example`, { currency: `C${place}` }),
    )
    expect(await store(many)).toMatchObject({
      written: 5_000,
      new: 5_000,
      changed: 0,
      unchanged: 0,
    })
    expect(await store(many.toReversed())).toMatchObject({
      written: 5_000,
      new: 0,
      changed: 0,
      unchanged: 5_000,
    })
  })

  test('concurrent imports do not deadlock', async () => {
    const many = Array.from({ length: 300 }, (_, place) => listingOf(`d${place}.example`))
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, turn) => store(turn % 2 === 0 ? many : many.toReversed())),
    )
    expect(results.map(({ written }) => written)).toEqual(Array(8).fill(300))
    expect(await rows()).toHaveLength(300)
  })
})

async function clearLease(database: TestDatabase): Promise<void> {
  await database.query(`update anchor_ops.lease set holder = null, expires_at = '-infinity'`)
}
