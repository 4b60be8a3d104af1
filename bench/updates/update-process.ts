import { randomUUID } from 'node:crypto'
import { finishRequest } from '../../lib/updates/store.ts'
import { readTransaction } from '../../lib/updates/store-reads.ts'
import { countingFetch } from '../database.ts'
import { median } from '../median.ts'
import type { Load, UpdateFigures, UpdateInput } from './figures.ts'
import { measureLoad, offer } from './load.ts'
import { createRoute, updateOf } from './route.ts'

const BATCH = 40
/** A little above the goal of 200, since the rate measured is at most the rate offered. */
const OFFERED_PER_SECOND = 205
const OFFERED_SECONDS = 6
const GREATEST_SECONDS = 5
const LATENCY_ROUNDS = 100
const BATCH_ROUNDS = 25
const WARM_UP_ROUNDS = 20

const { database, platformUrl, apiKey, transactions, bareTransaction } = JSON.parse(
  process.argv[2] ?? '',
) as UpdateInput
const counted = countingFetch(database)
let inDatabaseMs = 0

const timedFetch: typeof fetch = async (input, init) => {
  const startedAt = performance.now()
  const answer = await counted.fetch(input, init)
  inDatabaseMs += performance.now() - startedAt
  return answer
}

const route = createRoute({ database, platformUrl, apiKey }, timedFetch)
const { deps, update, submitted } = route
let bareUpdates = 0

async function updateOne(round: number, key?: string): Promise<void> {
  if ((await update([transactionAt(round)], key)) > 0) throw new Error('An update was not applied')
}

async function updateMany(): Promise<void> {
  if ((await update(transactions.slice(0, BATCH))) > 0) throw new Error('A batch was not applied')
}

const transactionAt = (index: number) => transactions[index % transactions.length]!

const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' }

async function bareGet(): Promise<void> {
  const answer = await fetch(`${platformUrl}/transactions/${bareTransaction}`, { headers })
  if (!answer.ok) throw new Error(`The platform answered ${answer.status}`)
  await answer.json()
}

async function barePost(): Promise<void> {
  bareUpdates += 1
  const body = JSON.stringify([updateOf(bareTransaction, bareUpdates)])
  const answer = await fetch(platformUrl, { method: 'POST', headers, body })
  const [first] = (await answer.json()) as { result?: unknown }[]
  if (first?.result === undefined) throw new Error('The platform did not apply a bare update')
}

const bareCall = () => bareGet().then(barePost)

/** The cheapest database call: it looks for a key that does not exist. */
const roundTrip = () =>
  finishRequest(deps.db, {
    key: 'no such key',
    holder: '00000000-0000-0000-0000-000000000000',
    bodySha256: '',
    answer: { status: 200, body: '' },
  })

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await run()
  return performance.now() - startedAt
}

/** The median time of each step. The steps take turns, so that a slow moment of the machine slows all of them. */
async function medians<K extends string>(
  rounds: number,
  steps: Record<K, (round: number) => Promise<unknown>>,
): Promise<Record<K, number>> {
  const entries = Object.entries(steps) as [K, (round: number) => Promise<unknown>][]
  const times = entries.map((): number[] => [])
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, [, step]] of entries.entries()) {
      times[index]?.push(await timed(() => step(round)))
    }
  }
  const figures = entries.map(([name], index) => [name, median(times[index] ?? [])])
  return Object.fromEntries(figures) as Record<K, number>
}

async function measureLatency(): Promise<UpdateFigures['latency']> {
  const databaseTimes: number[] = []
  const figures = await medians(LATENCY_ROUNDS, {
    updateMs: async (round) => {
      inDatabaseMs = 0
      await updateOne(round)
      databaseTimes.push(inDatabaseMs)
    },
    roundTripMs: roundTrip,
    bareMs: bareCall,
    keyedMs: (round) => updateOne(round, randomUUID()),
    barePostMs: barePost,
  })
  return {
    ...figures,
    inDatabaseMs: median(databaseTimes),
    databaseCalls: await databaseCallsOf(() => updateOne(0)),
    keyedDatabaseCalls: await databaseCallsOf(() => updateOne(0, randomUUID())),
  }
}

async function databaseCallsOf(run: () => Promise<void>): Promise<number> {
  const before = counted.calls()
  await run()
  return counted.calls() - before
}

function measureBatch(): Promise<UpdateFigures['batch']> {
  return medians(BATCH_ROUNDS, { batchMs: updateMany, updateMs: (round) => updateOne(round) })
}

const calls = () => counted.calls()

function offerUpdates(): Promise<Load> {
  return measureLoad(route, calls, (record) =>
    offer(record, transactions, OFFERED_PER_SECOND, OFFERED_SECONDS),
  )
}

function updateWithoutPause(): Promise<Load> {
  const endAt = performance.now() + GREATEST_SECONDS * 1_000
  return measureLoad(route, calls, async (record) => {
    await Promise.all(
      transactions.map(async (id) => {
        while (performance.now() < endAt) await record(performance.now(), id)
      }),
    )
  })
}

async function countRecorded(): Promise<number> {
  let recorded = 0
  for (const id of transactions) {
    const record = await readTransaction(deps.db, id)
    recorded += record?.attempts.filter(({ state }) => state === 'APPLIED').length ?? 0
  }
  return recorded
}

async function countEffects(): Promise<number> {
  const answer = await fetch(`${platformUrl}/_emulator/state`)
  const { events_published: events } = (await answer.json()) as { events_published: number }
  return events - bareUpdates
}

await medians(WARM_UP_ROUNDS, { update: updateOne, bare: bareCall, roundTrip })
await updateMany()
const latency = await measureLatency()
const batch = await measureBatch()
const greatest = await updateWithoutPause()
const offered = await offerUpdates()
const figures: UpdateFigures = {
  latency,
  batch,
  greatest,
  offered,
  updates: submitted(),
  recorded: await countRecorded(),
  effects: await countEffects(),
}
process.send?.(figures, () => process.exit())
