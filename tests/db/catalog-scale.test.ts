import { beforeAll, expect, test } from 'vitest'
import { NO_FILTER, readCatalog, readCountries } from '../../lib/anchors/catalog-store.ts'
import { describeOnReal, useDatabase } from '../helpers/database.ts'
import { fillCatalog } from '../helpers/large-catalog.ts'

const DOMAINS = 2_000
const LIMIT = 100
/** Every second row passes the widest filter below. */
const MOST_ROWS = 3 * LIMIT
const NEAR_THE_END = 'anchor-001900.example'

describeOnReal('a page of a catalog of 20,000 listings', (kind) => {
  const database = useDatabase(kind, { reset: 'once' })
  beforeAll(() => fillCatalog(database, DOMAINS))

  const argumentsOf = (filter: object) => {
    const { network, country, currency, type, sep, minStep, asset, issuer, ...rest } = {
      ...{ network: 'mainnet', ...NO_FILTER, limit: LIMIT, cursor: null },
      ...filter,
    }
    const { updatedSince, operationalOnly, limit, cursor, search } = rest
    return [
      ...[network, country, currency, type, sep, minStep, asset, issuer],
      ...[updatedSince, operationalOnly, limit, cursor, search],
    ]
  }
  /** How many rows of each table a page reads. All in one statement, because only the counts of one session are exact. */
  const rowsRead = async (filter: object) => {
    const [read] = await database.query(
      `with before as materialized (
        select relid, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as rows from pg_stat_xact_all_tables
      ),
      called as materialized (
        select public.read_catalog($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) as page
        where (select count(*) from before) > 0
      )
      select jsonb_array_length(page -> 'listings') as found, (
        select jsonb_object_agg(coalesce(owner.relname || ' (large columns)', after.relname),
          coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) - before.rows)
        from pg_stat_xact_all_tables as after join before using (relid)
          left join pg_class as owner on owner.reltoastrelid = after.relid
        where coalesce(owner.relname, after.relname) in ('listing', 'home_domain')
      ) as read
      from called`,
      argumentsOf(filter),
    )
    return read as { found: number; read: Record<string, number> }
  }

  test.each<[string, object]>([
    ['the first one', {}],
    ['the last one', { cursor: NEAR_THE_END }],
    ['the first one of a country', { country: 'AA' }],
    ['the last one of a country', { country: 'AA', cursor: NEAR_THE_END }],
    ['a currency in another letter case', { currency: 'c05' }],
    ['one direction', { type: 'off-ramp' }],
    ['a protocol that all have', { sep: 'sep24' }],
    ['the last one of a protocol that all have', { sep: 'sep24', cursor: NEAR_THE_END }],
    ['a protocol that few have', { sep: 'sep59' }],
    ['a protocol that nobody has', { sep: 'sep45' }],
    ['a step of a protocol', { sep: 'sep10', minStep: 'verified' }],
    ['a step of the rail', { minStep: 'verified' }],
    ['what is in operation', { operationalOnly: true }],
    ['the last one of what is in operation', { operationalOnly: true, cursor: NEAR_THE_END }],
    ['an asset', { asset: 'C05' }],
    ['an issuer that nobody names', { issuer: 'G' }],
    ['what changed since a time at which nothing did', { updatedSince: '2100-01-01T00:00:00Z' }],
    ['another network', { network: 'testnet' }],
    ['a word that all have', { search: 'Anchor' }],
    ['the last one of a word that all have', { search: 'anchor', cursor: NEAR_THE_END }],
    ['a word that ten rows have', { search: 'R-001234.E' }],
    ['a word that nobody has', { search: 'nowhere' }],
  ])('%s reads a few hundred rows and no large column', async (_, filter) => {
    const { read } = await rowsRead(filter)
    expect(read).toEqual({
      listing: expect.toSatisfy((rows: number) => rows <= MOST_ROWS),
      home_domain: expect.toSatisfy((rows: number) => rows <= MOST_ROWS),
      'home_domain (large columns)': 0,
      'listing (large columns)': 0,
    })
  })

  test('holds what a search without an index finds', async () => {
    for (const [filter, condition] of [
      [{ country: 'AA' }, `country = 'AA'`],
      [{ currency: 'c05' }, `currency = 'C05'`],
      [{ sep: 'sep59' }, `steps @> '{sep59:declared}'`],
      [{ minStep: 'verified' }, `rail = 'sep24'`],
      [{ operationalOnly: true }, 'operational_now'],
      ...['anchor', 'OR-00123', '0019', '1', '%', '_', '\\', '%anchor', 'zq', 'é'].map(
        (search) =>
          [
            { search },
            `(strpos(lower(domain), lower('${search}')) > 0 or strpos(lower(name), lower('${search}')) > 0)`,
          ] as const,
      ),
    ] as const) {
      const page = await readCatalog(database.db, {
        ...{ network: 'mainnet', ...NO_FILTER, limit: LIMIT, cursor: null },
        ...filter,
      })
      const rows = await database.query(
        `select id from anchor_ops.judged_listing where active and ${condition} order by id limit ${LIMIT}`,
      )
      expect(page.anchors.map(({ id }) => id)).toEqual(rows.map(({ id }) => id))
    }
  })

  test('and the countries are counted as the listings say', async () => {
    const found = await readCountries(database.db, {
      network: 'mainnet',
      includeNonOperational: false,
    })
    const counted = await database.query(
      `select country as code, count(distinct domain)::int as "operationalAnchors"
       from anchor_ops.judged_listing where operational_now group by country order by country`,
    )
    expect(found).toMatchObject(counted)
    expect(found).toHaveLength(counted.length)
  })
})
