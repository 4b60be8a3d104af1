import { REQUEST_TIMEOUT_MS } from '../../lib/net/fetch-untrusted.ts'
import { type LatencyOptions, latencyChains } from '../../local/world/latency-world.ts'
import { runProcess } from '../child.ts'
import type { Databases } from '../database.ts'
import { median } from '../median.ts'
import { startLatencyProcess } from '../world.ts'
import { limitsOf } from './limit.ts'
import type { SequentialFigures, SequentialInput } from './sequential-process.ts'
import type { SyncFigures, SyncInput } from './sync-process.ts'

export const LATENCY_MS = 50
/** At 300 domains its slow answers add up to 210 s of waiting; the median of 60 seeds is 216 s. */
export const SEED = 3
const CONCURRENCY = 64
const DEFAULT_CONCURRENCY = 8

/** One row of the table. */
export interface SyncRow {
  count: number
  tail: boolean
  run: 'first' | 'second'
  domainConcurrency: number
  sync: SyncFigures
  sequentialMs: number
  limitMs: number
  boundedLimitMs: number
}

interface Measurement extends Pick<LatencyOptions, 'count' | 'tail'> {
  domainConcurrency: number
  /** Runs, each with a fresh database; the table shows their median. */
  repetitions: number
}

const MEASUREMENTS: Measurement[] = [
  { count: 38, tail: true, domainConcurrency: CONCURRENCY, repetitions: 1 },
  { count: 300, tail: true, domainConcurrency: CONCURRENCY, repetitions: 3 },
  { count: 1_000, tail: true, domainConcurrency: CONCURRENCY, repetitions: 1 },
  { count: 300, tail: false, domainConcurrency: CONCURRENCY, repetitions: 3 },
  { count: 300, tail: true, domainConcurrency: DEFAULT_CONCURRENCY, repetitions: 1 },
]

/** Measures syncs of several worlds against sequential syncs and the limits of waiting. */
export async function measureSyncs(databases: Databases, quick: boolean): Promise<SyncRow[]> {
  const measurements = MEASUREMENTS.filter(({ count }) => !quick || count <= 300)
  const sequential = await measureSequential(measurements, databases)
  const rows: SyncRow[] = []
  for (const measurement of measurements) {
    rows.push(...(await measureSync(measurement, sequential, databases)))
  }
  return rows
}

function optionsOf({ count, tail }: Pick<Measurement, 'count' | 'tail'>): LatencyOptions {
  return { count, tail, latencyMs: LATENCY_MS, seed: SEED }
}

function worldKey({ count, tail }: Pick<Measurement, 'count' | 'tail'>): string {
  return `${count} ${tail ? 'with' : 'without'} slow tail`
}

/** Runs the sequential syncs of all worlds at the same time: almost all of their time is waiting. */
async function measureSequential(
  measurements: readonly Measurement[],
  databases: Databases,
): Promise<Map<string, SequentialFigures>> {
  const worlds = new Map(measurements.map((measurement) => [worldKey(measurement), measurement]))
  console.log(
    `\nSequential syncs of ${worlds.size} worlds run at the same time, before the other measurements: they mostly wait.`,
  )
  const figures = await Promise.all(
    [...worlds].map(async ([key, measurement]) => {
      await using resources = new AsyncDisposableStack()
      const world = resources.adopt(await startLatencyProcess(optionsOf(measurement)), closeIt)
      const database = resources.adopt(await databases.open(), closeIt)
      const input: SequentialInput = { database, world, timeoutMs: REQUEST_TIMEOUT_MS }
      const figure = await runProcess<SequentialFigures>('./catalog/sequential-process.ts', input)
      assertComplete(measurement, figure)
      console.log(
        `  ${key}: ${(figure.durationMs / 1000).toFixed(1)} s, ${figure.databaseCalls} database calls`,
      )
      return [key, figure] as const
    }),
  )
  return new Map(figures)
}

/** Measures a first run, which has seen none of the domains, and a second run, which starts the slow domains first. */
async function measureSync(
  measurement: Measurement,
  sequential: ReadonlyMap<string, SequentialFigures>,
  databases: Databases,
): Promise<SyncRow[]> {
  const { count, tail, domainConcurrency, repetitions } = measurement
  const isDefault = domainConcurrency === DEFAULT_CONCURRENCY
  const runs = { first: [] as SyncFigures[], second: [] as SyncFigures[] }
  await using resources = new AsyncDisposableStack()
  const world = resources.adopt(await startLatencyProcess(optionsOf(measurement)), closeIt)
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    await using ownResources = new AsyncDisposableStack()
    const database = ownResources.adopt(await databases.open(), closeIt)
    const input: SyncInput = { database, world, domainConcurrency }
    for (const run of isDefault ? (['first'] as const) : (['first', 'second'] as const)) {
      const figures = await runProcess<SyncFigures>('./catalog/sync-process.ts', input)
      assertComplete(measurement, figures)
      runs[run].push(figures)
    }
  }
  const chains = latencyChains(optionsOf(measurement), REQUEST_TIMEOUT_MS)
  const limits = limitsOf(chains, { directoryMs: LATENCY_MS, concurrency: domainConcurrency })
  const sequentialMs = sequential.get(worldKey(measurement))?.durationMs ?? Number.NaN
  return (['first', 'second'] as const)
    .filter((run) => runs[run].length > 0)
    .map((run) => ({
      count,
      tail,
      run,
      domainConcurrency,
      sync: mediansOf(runs[run]),
      sequentialMs,
      limitMs: limits.unboundedMs,
      boundedLimitMs: limits.boundedMs,
    }))
}

function mediansOf(runs: readonly SyncFigures[]): SyncFigures {
  const of = (key: keyof SyncFigures) => median(runs.map((run) => run[key]))
  return {
    durationMs: of('durationMs'),
    processed: of('processed'),
    ok: of('ok'),
    databaseCalls: of('databaseCalls'),
    heartbeats: of('heartbeats'),
    cpuMs: of('cpuMs'),
    peakAboveIdleMb: of('peakAboveIdleMb'),
    idleMb: of('idleMb'),
  }
}

/** Refuses a sync that skipped work, since it would look fast. */
function assertComplete(
  measurement: Pick<Measurement, 'count' | 'tail'>,
  { processed, ok }: { processed: number; ok: number },
): void {
  const chains = latencyChains(optionsOf(measurement), REQUEST_TIMEOUT_MS)
  const readable = chains.filter(({ infoMs }) => infoMs.length > 0).length
  if (processed === measurement.count && ok === readable) return
  throw new Error(
    `The sync checked ${processed} domains and found ${ok} good in the world of ${worldKey(measurement)}; expected: ${measurement.count} and ${readable}`,
  )
}

function closeIt(resource: { close(): Promise<void> }): Promise<void> {
  return resource.close()
}
