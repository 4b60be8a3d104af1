import { countingFetch } from '../database.ts'
import { median } from '../median.ts'
import type { EventsFigures, EventsInput } from './figures.ts'
import { measureLoad, offer } from './load.ts'
import { createRoute, updateOf } from './route.ts'

// Measures updates before a platform that publishes events: each accepted call takes about a second.
const BATCH = 40
const BATCH_ROUNDS = 5
/** A batch that is sent directly takes a second for each update, so ten stand for forty. */
const DIRECT = 10
const OFFERED_PER_SECOND = 200
const OFFERED_SECONDS = 10

const input = JSON.parse(process.argv[2] ?? '') as EventsInput
const { database, platformUrl, apiKey, transactions, bareTransactions } = input
const counted = countingFetch(database)
const route = createRoute(input, counted.fetch)

async function batch(ids: readonly string[]): Promise<number> {
  const startedAt = performance.now()
  if ((await route.update(ids)) > 0) throw new Error('A batch was not applied')
  return performance.now() - startedAt
}

async function direct(): Promise<number> {
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' }
  const updates = bareTransactions.slice(0, DIRECT).map((id, index) => updateOf(id, index))
  const startedAt = performance.now()
  const answer = await fetch(platformUrl, {
    method: 'POST',
    headers,
    body: JSON.stringify(updates),
  })
  const answers = (await answer.json()) as { result?: unknown }[]
  if (answers.some(({ result }) => result === undefined)) throw new Error('A call was not applied')
  return performance.now() - startedAt
}

for (let start = 0; start < transactions.length; start += BATCH) {
  await batch(transactions.slice(start, start + BATCH))
}
const batches: number[] = []
for (let round = 0; round < BATCH_ROUNDS; round += 1) {
  batches.push(await batch(transactions.slice(round * BATCH, (round + 1) * BATCH)))
}
const directMs = await direct()
const offered = await measureLoad(
  route,
  () => counted.calls(),
  (record) => offer(record, transactions, OFFERED_PER_SECOND, OFFERED_SECONDS),
)
const figures: EventsFigures = { batchMs: median(batches), directTenMs: directMs, offered }
process.send?.(figures, () => process.exit())
