import { setTimeout as sleep } from 'node:timers/promises'
import { countingFetch } from '../database.ts'
import { median } from '../median.ts'
import type { HeadStartFigures, HeadStartInput, HeadStartTimes } from './figures.ts'
import { createRoute, updateOf } from './route.ts'

// Measures updates with and without the head start. The rounds of both alternate, so that a slow moment of the machine
// slows both.
const input = JSON.parse(process.argv[2] ?? '') as HeadStartInput
const { database, platformUrl, apiKey, transactions, databaseLatencyMs } = input
const counted = countingFetch(database)
let hasHeadStart = true

const databaseFetch: typeof fetch = async (url, init) => {
  await sleep(databaseLatencyMs)
  return counted.fetch(url, hasHeadStart ? init : { ...init, body: withoutRpcIds(init?.body) })
}

/** Without an rpc id `begin_updates` stores an update as READY, and `start_sending` begins the send. */
function withoutRpcIds(body: unknown): string {
  return JSON.stringify(
    JSON.parse(String(body), (name, value) => (name === 'rpcId' ? null : value)),
  )
}

const route = createRoute(input, databaseFetch)

interface Times {
  first: number[]
  following: number[]
  changed: number[]
}

/** @returns milliseconds */
async function timeUpdate(id: string, wantedCalls: number): Promise<number> {
  const before = counted.calls()
  const startedAt = performance.now()
  if ((await route.update([id])) > 0) throw new Error('An update was not applied')
  const tookMs = performance.now() - startedAt
  const calls = counted.calls() - before
  if (calls !== wantedCalls) throw new Error(`${calls} database calls, not ${wantedCalls}`)
  return tookMs
}

/** Updates a transaction as another client of the platform does. */
async function changeByOthers(id: string, round: number): Promise<void> {
  const answer = await fetch(platformUrl, {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify([updateOf(id, round)]),
  })
  await answer.json()
}

async function measureTransaction(id: string, round: number, times: Times): Promise<void> {
  times.first.push(await timeUpdate(id, 3))
  for (let update = 0; update < 2; update += 1) {
    times.following.push(await timeUpdate(id, hasHeadStart ? 2 : 3))
  }
  await changeByOthers(id, round)
  times.changed.push(await timeUpdate(id, hasHeadStart ? 4 : 3))
}

const withHeadStart: Times = { first: [], following: [], changed: [] }
const without: Times = { first: [], following: [], changed: [] }
const WARM_UP_ROUNDS = 4

for (const [round, id] of transactions.entries()) {
  hasHeadStart = round % 2 === 0
  const times = hasHeadStart ? withHeadStart : without
  const isWarm = round >= WARM_UP_ROUNDS
  await measureTransaction(id, round, isWarm ? times : { first: [], following: [], changed: [] })
}

const medians = (times: Times): HeadStartTimes => ({
  firstMs: median(times.first),
  followingMs: median(times.following),
  changedMs: median(times.changed),
})
const figures: HeadStartFigures = { with: medians(withHeadStart), without: medians(without) }
process.send?.(figures, () => process.exit())
