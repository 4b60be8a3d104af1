import pg from 'pg'
import { fillCatalog } from '../../tests/helpers/large-catalog.ts'
import { runProcess } from '../child.ts'
import type { Databases, OpenDatabase } from '../database.ts'
import type { GoalReport } from '../goals.ts'
import { median } from '../median.ts'
import { formatTable } from '../table.ts'
import { type ManyReaders, measureReaders } from './readers.ts'
import type { ReadsInput, ReadsRow } from './reads-process.ts'

/** Ten listings each. */
const DOMAINS = 10_000
const LISTINGS = DOMAINS * 10
const NEAR_THE_END = `anchor-00${DOMAINS - 20}.example`
const MANY_CALLERS = 50
const RUNS = 11

export interface ReadsFigures {
  rows: ReadsRow[]
  readers: ManyReaders
  /** A page of 500 in the database alone. */
  firstMs: number
  lastMs: number
}

/** Measures reading a catalog of 100,000 listings, for one caller and for 50. Null on the embedded database. */
export async function measureReads(databases: Databases): Promise<ReadsFigures | null> {
  const database = await databases.open()
  const { query } = database
  try {
    if (query === null) return null
    await fillCatalog({ query }, DOMAINS)
    // A catalog that has been there for a while was vacuumed.
    await query('vacuum analyze anchor_ops.home_domain')
    await query('vacuum analyze anchor_ops.listing')
    const input = { database, nearTheEnd: NEAR_THE_END, domains: DOMAINS }
    const read = (callers: number, readsEach: number) =>
      runProcess<ReadsRow[]>('./catalog/reads-process.ts', {
        ...input,
        callers,
        readsEach,
      } satisfies ReadsInput)
    const rows = [...(await read(1, 300)), ...(await read(MANY_CALLERS, 20))]
    return {
      rows,
      readers: await measureReaders(database),
      ...(await timeInDatabase(database)),
    }
  } finally {
    await database.close()
  }
}

async function timeInDatabase({ connection }: OpenDatabase) {
  const client = new pg.Client(connection ?? {})
  await client.connect()
  const time = async (cursor: string) => {
    const times: number[] = []
    for (let run = 0; run < RUNS; run += 1) {
      const startedAt = performance.now()
      await client.query(
        `select length(public.read_catalog('mainnet', null, null, null, null, null, null, null, null, false, 500, $1)::text)`,
        [cursor],
      )
      times.push(performance.now() - startedAt)
    }
    return median(times)
  }
  try {
    return { firstMs: await time(''), lastMs: await time(`anchor-00${DOMAINS - 60}.example`) }
  } finally {
    await client.end()
  }
}

/** The figures of reading. */
export function readsTable({ rows, readers }: ReadsFigures): string {
  const many = Object.entries({
    'the page, whole': readers.whole,
    'the page, 304': readers.tagged,
    'a bare server with as many bytes': readers.bare,
  })
  return formatTable(
    [`${LISTINGS} listings`, 'callers', 'p50 ms', 'p99 ms'],
    [...rows, ...many.map(([page, figures]) => ({ page, callers: 1_000, ...figures }))].map(
      ({ page, callers, p50Ms, p99Ms }) => [
        page,
        String(callers),
        p50Ms.toFixed(1),
        p99Ms.toFixed(1),
      ],
    ),
  )
}

/** The goals of reading. */
export function judgeReads(figures: ReadsFigures | null): GoalReport[] {
  const goals = {
    alone: `the first page of ${LISTINGS} listings in at most 5 ms for one caller`,
    many: `any page and the countries with a p99 of at most 250 ms at ${MANY_CALLERS} callers`,
    last: 'the last page within 2 times the first',
    readers: 'the page for 1,000 readers at once with a p99 of at most 500 ms',
    bare: 'and of at most 4 times that of a bare server with as many bytes',
    search: 'a search, also for a word that nobody has, within 2 times the first page',
    database: 'a page of 500 in at most 50 ms in the database',
  }
  if (figures === null) {
    return Object.values(goals).map((goal) => ({ goal, figure: 'needs PostgreSQL', reached: null }))
  }
  const { rows, readers, firstMs, lastMs } = figures
  const p50 = (page: string) =>
    rows.find((row) => row.page === page && row.callers === 1)?.p50Ms ?? Number.NaN
  const slowest = Math.max(
    ...rows.filter(({ callers }) => callers === MANY_CALLERS).map(({ p99Ms }) => p99Ms),
  )
  const ofFirst = p50('last page') / p50('first page')
  const searches = rows.filter(({ page, callers }) => page.startsWith('a word') && callers === 1)
  const search = Math.max(...searches.map(({ p50Ms }) => p50Ms)) / p50('first page')
  const readersMs = Math.max(readers.whole.p99Ms, readers.tagged.p99Ms)
  const ofBare = readersMs / readers.bare.p99Ms
  const inDatabase = Math.max(firstMs, lastMs)
  return [
    {
      goal: goals.alone,
      figure: `${p50('first page').toFixed(1)} ms`,
      reached: p50('first page') <= 5,
    },
    { goal: goals.many, figure: `${slowest.toFixed(0)} ms`, reached: slowest <= 250 },
    { goal: goals.readers, figure: `${readersMs.toFixed(0)} ms`, reached: readersMs <= 500 },
    { goal: goals.bare, figure: ofBare.toFixed(2), reached: ofBare <= 4 },
    { goal: goals.search, figure: search.toFixed(2), reached: search <= 2 },
    { goal: goals.last, figure: ofFirst.toFixed(2), reached: ofFirst <= 2 },
    { goal: goals.database, figure: `${inDatabase.toFixed(1)} ms`, reached: inDatabase <= 50 },
  ]
}
