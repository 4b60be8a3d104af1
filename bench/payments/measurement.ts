import { randomUUID } from 'node:crypto'
import { createDatabase } from '../../lib/db/client.ts'
import { beginObservation, endObservation, setObserverCursor } from '../../lib/payments/store.ts'
import { storeTransactions } from '../../lib/updates/store.ts'
import { runProcess, startProcess } from '../child.ts'
import { countingFetch, type DatabaseAddress, type Databases } from '../database.ts'
import { median } from '../median.ts'
import type { HorizonAddress, HorizonInput } from './horizon-process.ts'
import type { ObservingFigures, ObservingInput } from './observing-process.ts'
import { awaitedAmong, benchTransactions, OBSERVED_ACCOUNT, START_CURSOR } from './payment-set.ts'
import type { ReadingFigures, ReadingInput } from './reading-process.ts'

/** The delay of every answer of the simulated Horizon. */
export const HORIZON_LATENCY_MS = 50
const COUNTS = [2_000, 10_000]
const REPETITIONS = 3
const STORED_AT_ONCE = 500
/** A heap of 64 MB. A larger heap collects garbage later, and the garbage would be measured as memory. */
const SMALL_HEAP = ['--max-old-space-size=64', '--max-semi-space-size=2']

/** The figures for one number of payments. */
export interface PaymentFigures {
  count: number
  /** The pair whose ratio is the median of three. */
  reading: ReadingFigures
  observing: ObservingFigures
  /** The median of three peaks in a small heap, in MB above idle. */
  smallHeapMb: number
}

type Pair = Pick<PaymentFigures, 'reading' | 'observing'>

/** Measures reading the pages and the observer's catching up in turn, each in a fresh process with a fresh database. */
export async function measurePayments(databases: Databases): Promise<PaymentFigures[]> {
  const figures: PaymentFigures[] = []
  for (const count of COUNTS) figures.push(await measureCount(count, databases))
  return figures
}

async function measureCount(count: number, databases: Databases): Promise<PaymentFigures> {
  await using resources = new AsyncDisposableStack()
  const horizonInput: HorizonInput = { payments: count, latencyMs: HORIZON_LATENCY_MS }
  const horizon = resources.adopt(
    await startProcess<HorizonAddress>('./payments/horizon-process.ts', horizonInput),
    (it) => it.close(),
  )
  const pairs: Pair[] = []
  const peaks: number[] = []
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    const readingInput: ReadingInput = { horizon, cursor: START_CURSOR }
    const reading = await runProcess<ReadingFigures>('./payments/reading-process.ts', readingInput)
    const observing = await observe(count, horizon, databases)
    const small = await observe(count, horizon, databases, SMALL_HEAP)
    assertComplete(count, reading, observing)
    assertComplete(count, reading, small)
    pairs.push({ reading, observing })
    peaks.push(small.peakAboveIdleMb)
  }
  const [, middle] = pairs.toSorted((a, b) => ratioOf(a) - ratioOf(b))
  return { count, ...middle!, smallHeapMb: median(peaks) }
}

async function observe(
  count: number,
  horizon: HorizonAddress,
  databases: Databases,
  nodeOptions: readonly string[] = [],
): Promise<ObservingFigures> {
  await using resources = new AsyncDisposableStack()
  const database = resources.adopt(await databases.open(), (it) => it.close())
  await prepare(database, count)
  const input: ObservingInput = { horizon, database }
  return await runProcess<ObservingFigures>('./payments/observing-process.ts', input, nodeOptions)
}

/** The time of the observer, divided by the time of reading alone. */
export function ratioOf({ reading, observing }: Pair): number {
  return observing.durationMs / reading.durationMs
}

/** Stores the transactions that wait for payments, and an observer at the start with no sweep due. */
async function prepare(address: DatabaseAddress, count: number): Promise<void> {
  const db = createDatabase({ ...address, fetch: countingFetch(address).fetch })
  const transactions = benchTransactions(count)
  for (let at = 0; at < transactions.length; at += STORED_AT_ONCE) {
    await storeTransactions(db, transactions.slice(at, at + STORED_AT_ONCE))
  }
  const observed = { account: OBSERVED_ACCOUNT, source: 'horizon', holder: randomUUID() } as const
  await beginObservation(db, { ...observed, leaseSeconds: 60 })
  await setObserverCursor(db, {
    ...observed,
    cursor: START_CURSOR,
    startedFrom: 'ledger 1',
    note: null,
    keyName: null,
    epoch: 1,
    isNewEpoch: false,
    seen: { sequence: 1, hash: 'a'.repeat(64), closedAt: '2026-01-01T00:00:00.000Z' },
  })
  await endObservation(db, { ...observed, alarm: null, swept: true })
}

/** Refuses an observer that lost payments, since it would look fast. */
function assertComplete(count: number, reading: ReadingFigures, observing: ObservingFigures): void {
  const awaited = awaitedAmong(count)
  const isComplete =
    reading.payments === count &&
    observing.payments === count &&
    observing.credited === awaited &&
    observing.cursor === reading.cursor
  if (isComplete) return
  throw new Error(
    `Of ${count} payments ${reading.payments} were read, ${observing.payments} recorded up to ${observing.cursor} and ${observing.credited} credited; expected: all, up to ${reading.cursor}, and ${awaited}`,
  )
}
