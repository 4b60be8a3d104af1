import { randomUUID } from 'node:crypto'
import { POST } from '../../api/transactions/event.ts'
import { readConfig } from '../../lib/config.ts'
import { createDeps, useDeps } from '../../lib/deps.ts'
import { countingFetch } from '../database.ts'
import { median } from '../median.ts'
import type { HintFigures, HintInput } from './figures.ts'
import { updateOf } from './route.ts'

// Measures how soon a transaction that another writer saved is read and stored, from the delivery of its event.
const input = JSON.parse(process.argv[2] ?? '') as HintInput
const { database, platformUrl, apiKey, transactions } = input
const secret = randomUUID()
const work: Promise<void>[] = []
const deps = createDeps(
  readConfig({
    SUPABASE_URL: database.url,
    SUPABASE_SERVICE_ROLE_KEY: database.serviceKey,
    ANCHOR_PLATFORM_URL: platformUrl,
    ANCHOR_PLATFORM_AUTH: 'api_key',
    ANCHOR_PLATFORM_SECRET: apiKey,
    ANCHOR_PLATFORM_VERSION: '2.8.4',
    ANCHOR_PLATFORM_EVENT_AUTH: 'api_key',
    ANCHOR_PLATFORM_EVENT_SECRET: secret,
  }),
  { databaseFetch: countingFetch(database).fetch, later: (_, run) => void work.push(run()) },
)
useDeps(() => deps)

async function save(id: string, place: number): Promise<void> {
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' }
  const body = JSON.stringify([updateOf(id, place)])
  await (await fetch(platformUrl, { method: 'POST', headers, body })).text()
}

/** Delivers an event. @returns the time until its answer */
async function deliver(id: string): Promise<number> {
  const startedAt = performance.now()
  const { status } = await POST(
    new Request('https://anchor-ops.example/event', {
      method: 'POST',
      headers: { 'x-api-key': secret },
      body: JSON.stringify({ payload: { transaction: { id } } }),
    }),
  )
  if (status !== 200) throw new Error(`An event was answered ${status}`)
  return performance.now() - startedAt
}

async function read(): Promise<void> {
  while (work.length > 0) await Promise.all(work.splice(0))
}

const answered: number[] = []
const stored: number[] = []
for (const [place, id] of transactions.entries()) {
  await save(id, place)
  const startedAt = performance.now()
  answered.push(await deliver(id))
  await read()
  stored.push(performance.now() - startedAt)
}
const startedAt = performance.now()
await Promise.all(transactions.map(deliver))
await read()
const figures: HintFigures = {
  answeredMs: median(answered),
  storedMs: median(stored),
  slowestMs: Math.max(...stored),
  stormMs: performance.now() - startedAt,
}
process.send?.(figures, () => process.exit())
