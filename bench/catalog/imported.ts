import { performance } from 'node:perf_hooks'
import pg from 'pg'
import type { Databases } from '../database.ts'
import type { GoalReport } from '../goals.ts'

const ROWS = 20_000
const MOST_BYTES = 1_000_000

const IMPORT = `explain (analyze, wal, format json) select public.import_listings(
  'mainnet', $1, '{}', true, 'https://directory.example/', 0, false, false, null, null, null, null)`

/** Measures what an import of unchanged rows writes. The plan of the call tells it, whatever else the server writes. */
export async function measureImport(databases: Databases): Promise<GoalReport[]> {
  const goal = `an import of ${ROWS} unchanged rows writes less than 1 MB of WAL`
  const database = await databases.open()
  try {
    if (database.connection === null) return [{ goal, figure: 'needs PostgreSQL', reached: null }]
    const client = new pg.Client(database.connection)
    await client.connect()
    try {
      const first = await importOnce(client)
      const again = await importOnce(client)
      return [
        {
          goal,
          figure: `${shown(again)} (new rows: ${shown(first)})`,
          reached: again.walBytes < MOST_BYTES,
        },
      ]
    } finally {
      await client.end()
    }
  } finally {
    await database.close()
  }
}

interface Imported {
  walBytes: number
  ms: number
}

async function importOnce(client: pg.Client): Promise<Imported> {
  const startedAt = performance.now()
  const { rows } = await client.query(IMPORT, [JSON.stringify(listings())])
  return {
    walBytes: Number(rows[0]['QUERY PLAN'][0].Plan['WAL Bytes']),
    ms: performance.now() - startedAt,
  }
}

function listings() {
  return Array.from({ length: ROWS }, (_, place) => {
    const domain = `anchor-${place % (ROWS / 4)}.bench.sim`
    const currency = `C${place}`
    return {
      ...{ id: `${domain}:on-ramp:MX:${currency}`, name: domain, domain, country: 'MX', currency },
      ...{ type: 'on-ramp', pairing: 'given' },
    }
  })
}

function shown({ walBytes, ms }: Imported): string {
  return `${(walBytes / 1_000_000).toFixed(3)} MB in ${(ms / 1000).toFixed(2)} s`
}
