import { cursorAfter } from '../../lib/anchors/catalog-cursor.ts'
import { NO_FILTER } from '../../lib/anchors/catalog-store.ts'
import {
  catalogParameters,
  countriesParameters,
  listCountries,
  readCatalogPage,
} from '../../lib/anchors/read-routes.ts'
import { readConfig } from '../../lib/config.ts'
import { createDeps } from '../../lib/deps.ts'
import { countingFetch, type DatabaseAddress } from '../database.ts'

export interface ReadsInput {
  database: DatabaseAddress
  /** The id behind which the last page begins. */
  nearTheEnd: string
  domains: number
  callers: number
  readsEach: number
}

export interface ReadsRow {
  page: string
  callers: number
  p50Ms: number
  p99Ms: number
}

/** What is read: the query of a catalog page, or null for the countries. */
const PAGES: readonly (readonly [string, Record<string, string> | null])[] = [
  ['first page', {}],
  ['last page', { at: 'end' }],
  ['countries', null],
  ['a protocol that nobody has', { sep: 'sep45' }],
  ['a word that all have', { search: 'anchor' }],
  ['a word that ten rows have', { search: 'r-004711' }],
  ['a word that nobody has', { search: 'nowhere' }],
  // Callers who ask for the same at once share a reading. These share none.
  ['each a page of its own', { at: 'own place' }],
]

// Reads the catalog in a process of its own, as the routes do. The callers share the cores with the database.
const { database, nearTheEnd, domains, callers, readsEach } = JSON.parse(
  process.argv[2] ?? '',
) as ReadsInput
const config = readConfig({
  SUPABASE_URL: database.url,
  SUPABASE_SERVICE_ROLE_KEY: database.serviceKey,
})
const deps = createDeps(config, { databaseFetch: countingFetch(database).fetch })

const cursorAt = (id: string) => cursorAfter(id, { network: config.network, ...NO_FILTER })
let reads = 0
/** Another place for each reading, spread over the whole catalog. */
function ownPlace(): string {
  reads += 1
  return cursorAt(`anchor-${String((reads * 7_919) % domains).padStart(6, '0')}.example`)
}

async function read(query: Record<string, string> | null): Promise<void> {
  if (query === null) {
    await listCountries(countriesParameters.parse({}), deps)
    return
  }
  const { at, ...filter } = query
  const cursor = at === 'end' ? cursorAt(nearTheEnd) : ownPlace()
  const asked = at === undefined ? filter : { ...filter, cursor }
  await readCatalogPage(catalogParameters.parse(asked), deps)
}

async function measure(page: string, query: Record<string, string> | null) {
  const times: number[] = []
  const call = async () => {
    const startedAt = performance.now()
    await read(query)
    times.push(performance.now() - startedAt)
  }
  // The first reads open the connections and compile the code.
  await Promise.all(Array.from({ length: callers }, () => read(query)))
  for (let warm = 0; warm < 20; warm += 1) await read(query)
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (let done = 0; done < readsEach; done += 1) await call()
    }),
  )
  const sorted = times.toSorted((a, b) => a - b)
  const share = (of: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? 0
  return { page, callers, p50Ms: share(0.5), p99Ms: share(0.99) } satisfies ReadsRow
}

const rows: ReadsRow[] = []
for (const [page, query] of PAGES) rows.push(await measure(page, query))
process.send?.(rows, () => process.exit())
