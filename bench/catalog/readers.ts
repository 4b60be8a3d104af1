import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { end, runProcess, startProcess } from '../child.ts'
import type { OpenDatabase } from '../database.ts'
import { median } from '../median.ts'
import type { ReadersFigures, ReadersInput } from './readers-process.ts'

const READERS = 1_000
const READS_EACH = 5
const RUNS = 3

/** 1,000 readers at once of the first page of the catalog, and of a server that sends the same number of bytes. */
export interface ManyReaders {
  whole: ReadersFigures
  /** Readers who have the page already. */
  tagged: ReadersFigures
  bare: ReadersFigures
}

/** Measures readers of the page as `npm run serve` serves it. The servers and the readers share the cores. */
export async function measureReaders(database: OpenDatabase): Promise<ManyReaders> {
  await using resources = new AsyncDisposableStack()
  const served = await startServe(database)
  resources.defer(served.close)
  const page = await fetch(served.url)
  const etag = page.headers.get('etag')
  const bytes = (await page.arrayBuffer()).byteLength
  const bare = await startProcess<{ url: string }>('./catalog/fixed-answer-process.ts', { bytes })
  resources.defer(bare.close)
  const read = (url: string, tag: string | null) =>
    runProcess<ReadersFigures>('./catalog/readers-process.ts', {
      ...{ url, readers: READERS, readsEach: READS_EACH, etag: tag },
    } satisfies ReadersInput)
  const runs: ManyReaders[] = []
  for (let run = 0; run <= RUNS; run += 1) {
    // In turn, so that a busy machine slows all of them. A page names ages, so its tag is read again.
    const { headers } = await fetch(served.url)
    runs.push({
      bare: await read(bare.url, null),
      whole: await read(served.url, null),
      tagged: await read(served.url, headers.get('etag') ?? etag),
    })
  }
  // The first run compiles the code.
  const middle = (of: keyof ManyReaders): ReadersFigures => ({
    p50Ms: median(runs.slice(1).map((run) => run[of].p50Ms)),
    p99Ms: median(runs.slice(1).map((run) => run[of].p99Ms)),
  })
  return { whole: middle('whole'), tagged: middle('tagged'), bare: middle('bare') }
}

async function startServe({ url, serviceKey }: OpenDatabase) {
  const main = fileURLToPath(new URL('../../serve/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, '--without-schedules'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...{ PATH: process.env['PATH'], PORT: '0', CRON_SECRET: 'bench-secret-0123456789' },
      ...{ POSTGREST_URL: url, SUPABASE_SERVICE_ROLE_KEY: serviceKey },
    },
  })
  const served = await new Promise<string>((resolve, reject) => {
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => {
      const { event, url } = JSON.parse(line) as { event: string; url?: string }
      if (event === 'serving' && url !== undefined) resolve(url)
    })
    child.once('exit', (code) => reject(new Error(`npm run serve ended with code ${code}`)))
  })
  return { url: `${served}/`, close: () => end(child) }
}
