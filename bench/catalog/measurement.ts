import { EXTRA_TIMEOUT_MS } from '../../lib/anchors/check/info/ask.ts'
import { SIGNED_IN_TIMEOUT_MS } from '../../lib/anchors/check/web-auth/sign-in.ts'
import { REQUEST_TIMEOUT_MS } from '../../lib/net/fetch-untrusted.ts'
import {
  type DomainChain,
  type LatencyOptions,
  latencyChains,
  type Timeouts,
} from '../../local/world/latency-ladder.ts'
import { runProcess } from '../child.ts'
import type { Databases } from '../database.ts'
import { median } from '../median.ts'
import { startLatencyProcess } from '../world.ts'
import { limitsOf } from './limit.ts'
import type { SequentialFigures, SequentialInput } from './sequential-process.ts'
import type { SyncFigures, SyncInput } from './sync-process.ts'

export const LATENCY_MS = 50
/** At 300 domains a sequential client waits 823 s in the first run and 318 s in the second; the medians of 60 seeds are 819 s and 344 s. */
export const SEED = 3
/** The default, which the syncs are measured with. */
export const DEFAULT_CONCURRENCY = 64
/** Compared with the default. */
const OTHER_CONCURRENCY = 32
const TIMEOUTS: Timeouts = {
  requestMs: REQUEST_TIMEOUT_MS,
  extraMs: EXTRA_TIMEOUT_MS,
  signedInMs: SIGNED_IN_TIMEOUT_MS,
}
/** The first run of a day asks what is asked once a day, and signs in. The second asks the rest. */
export const RUNS = ['first', 'second'] as const
type RunName = (typeof RUNS)[number]

/** One row of the table. */
export interface SyncRow {
  count: number
  tail: boolean
  run: RunName
  domainConcurrency: number
  sync: SyncFigures
  /** Null where no sequential sync ran. */
  sequentialMs: number | null
  limitMs: number
  boundedLimitMs: number
}

interface Measurement extends Pick<LatencyOptions, 'count' | 'tail'> {
  domainConcurrency: number
  /** Runs, each with a fresh database; the table shows their median. */
  repetitions: number
}

const MEASUREMENTS: Measurement[] = [
  { count: 38, tail: true, domainConcurrency: DEFAULT_CONCURRENCY, repetitions: 1 },
  { count: 300, tail: true, domainConcurrency: DEFAULT_CONCURRENCY, repetitions: 3 },
  { count: 1_000, tail: true, domainConcurrency: DEFAULT_CONCURRENCY, repetitions: 1 },
  { count: 300, tail: false, domainConcurrency: DEFAULT_CONCURRENCY, repetitions: 3 },
  { count: 300, tail: true, domainConcurrency: OTHER_CONCURRENCY, repetitions: 3 },
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

function optionsOf({ count, tail }: World): LatencyOptions {
  return { count, tail, latencyMs: LATENCY_MS, seed: SEED }
}

type World = Pick<Measurement, 'count' | 'tail'>

function worldKey({ count, tail }: World, run: RunName): string {
  return `${count} ${tail ? 'with' : 'without'} slow tail, ${run} run`
}

function chainsOf(world: World, run: RunName): DomainChain[] {
  return latencyChains(optionsOf(world), TIMEOUTS, run === 'first')
}

/** One of 1,000 domains would take most of an hour. */
const MOST_SEQUENTIAL = 300

/** Runs the sequential syncs at the same time: almost all of their time is waiting. */
async function measureSequential(
  measurements: readonly Measurement[],
  databases: Databases,
): Promise<Map<string, SequentialFigures>> {
  const wanted = measurements
    .filter(({ count }) => count <= MOST_SEQUENTIAL)
    .flatMap((world) => RUNS.map((run) => [worldKey(world, run), { world, run }] as const))
  const syncs = new Map(wanted)
  console.log(
    `\n${syncs.size} sequential syncs run at the same time, before the other measurements: they mostly wait.`,
  )
  const figures = await Promise.all(
    [...syncs].map(async ([key, { world, run }]) => {
      await using resources = new AsyncDisposableStack()
      const served = resources.adopt(await startLatencyProcess(optionsOf(world)), closeIt)
      const database = resources.adopt(await databases.open(), closeIt)
      const isFirstOfDay = run === 'first'
      const input: SequentialInput = { database, world: served, timeouts: TIMEOUTS, isFirstOfDay }
      const figure = await runProcess<SequentialFigures>('./catalog/sequential-process.ts', input)
      assertComplete(world, run, figure)
      console.log(
        `  ${key}: ${(figure.durationMs / 1000).toFixed(1)} s, ${figure.databaseCalls} database calls`,
      )
      return [key, figure] as const
    }),
  )
  return new Map(figures)
}

/**
 * Measures a first run, which has seen none of the domains and signs in to them, and a second run, which starts the slow
 * domains first and asks for nothing that is asked once a day.
 */
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
    const input: SyncInput = { database, world, ...(isDefault ? {} : { domainConcurrency }) }
    for (const run of RUNS) {
      const figures = await runProcess<SyncFigures>('./catalog/sync-process.ts', input)
      assertComplete(measurement, run, figures)
      runs[run].push(figures)
    }
  }
  return RUNS.filter((run) => runs[run].length > 0).map((run) => {
    const limits = limitsOf(chainsOf(measurement, run), {
      directoryMs: LATENCY_MS,
      concurrency: domainConcurrency,
    })
    return {
      ...{ count, tail, run, domainConcurrency },
      sync: mediansOf(runs[run]),
      sequentialMs: sequential.get(worldKey(measurement, run))?.durationMs ?? null,
      limitMs: limits.unboundedMs,
      boundedLimitMs: limits.boundedMs,
    }
  })
}

function mediansOf(runs: readonly SyncFigures[]): SyncFigures {
  const of = (key: keyof SyncFigures) => median(runs.map((run) => run[key]))
  return {
    durationMs: of('durationMs'),
    processed: of('processed'),
    ok: of('ok'),
    databaseCalls: of('databaseCalls'),
    heartbeats: of('heartbeats'),
    requests: of('requests'),
    cpuMs: of('cpuMs'),
    peakAboveIdleMb: of('peakAboveIdleMb'),
    idleMb: of('idleMb'),
  }
}

const MAY_MISS = 0.01

/** Refuses a sync that skipped work, since it would look fast. */
function assertComplete(
  world: World,
  run: RunName,
  done: Pick<SyncFigures, 'processed' | 'ok' | 'requests'>,
): void {
  const chains = chainsOf(world, run)
  const expected = {
    processed: world.count,
    ok: chains.filter(({ isRead }) => isRead).length,
    requests: chains.reduce((sum, { requests }) => sum + requests.length, 0),
  }
  const keys = ['processed', 'ok', 'requests'] as const
  // On a busy machine an answer of 50 ms may take longer than the 4 s of its request, and what depends on it is not asked.
  const isAsked = Math.abs(done.requests - expected.requests) <= expected.requests * MAY_MISS
  if (done.processed === expected.processed && done.ok === expected.ok && isAsked) return
  const shown = (counts: typeof expected) => keys.map((key) => `${counts[key]} ${key}`).join(', ')
  throw new Error(
    `A sync of the world of ${worldKey(world, run)} has ${shown(done)}; expected: ${shown(expected)}`,
  )
}

function closeIt(resource: { close(): Promise<void> }): Promise<void> {
  return resource.close()
}
