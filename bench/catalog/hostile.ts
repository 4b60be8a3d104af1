import { runProcess, startProcess } from '../child.ts'
import type { Databases } from '../database.ts'
import type { GoalReport } from '../goals.ts'
import type { WorldAddress } from '../world.ts'
import type { HostileOptions } from './hostile-world-process.ts'
import type { SyncFigures, SyncInput } from './sync-process.ts'

const WORLD: HostileOptions = { count: 1_000, hostileEvery: 10 }
const CONCURRENCY = 64
/** Node collects garbage late where memory is plentiful. With this heap the peak is what a check needs. */
const SMALL_HEAP = ['--max-old-space-size=128', '--max-semi-space-size=4']
const MOST_MB = 256

/**
 * Measures the memory of two syncs of 1,000 domains, of which every tenth answers with as much as is read of it. The second
 * also reads what the first has stored.
 */
export async function measureHostile(databases: Databases): Promise<GoalReport> {
  await using resources = new AsyncDisposableStack()
  const file = './catalog/hostile-world-process.ts'
  const world = resources.adopt(await startProcess<WorldAddress>(file, WORLD), closeIt)
  const database = resources.adopt(await databases.open(), closeIt)
  const input: SyncInput = { database, world, domainConcurrency: CONCURRENCY }
  const peaks: number[] = []
  for (const run of ['first', 'second']) {
    const sync = await runProcess<SyncFigures>('./catalog/sync-process.ts', input, SMALL_HEAP)
    if (sync.processed !== WORLD.count) {
      throw new Error(`The ${run} sync checked ${sync.processed} of ${WORLD.count} domains`)
    }
    peaks.push(sync.peakAboveIdleMb)
  }
  return {
    goal: `1,000 domains of which 10 % are hostile at most ${MOST_MB} MB above idle`,
    figure: peaks.map((peak) => `${peak.toFixed(0)} MB`).join(', then '),
    reached: Math.max(...peaks) <= MOST_MB,
  }
}

function closeIt(resource: { close(): Promise<void> }): Promise<void> {
  return resource.close()
}
