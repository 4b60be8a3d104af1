import type { ColdImports } from './cold-import.ts'
import type { SyncRow } from './run.ts'

export interface Verdict {
  goal: string
  figure: string
  /** Null when this run did not measure it. */
  reached: boolean | null
}

/** The goals, each judged by its worst run. */
export function judge(rows: readonly SyncRow[], cold: ColdImports): Verdict[] {
  const fast = rows.filter(({ domainConcurrency }) => domainConcurrency === 64)
  const tail300 = fast.filter(({ count, tail }) => count === 300 && tail)
  const largest = fast.filter(({ count }) => count === 1_000)
  const over = Math.min(...tail300.map((row) => row.sequentialMs / row.sync.durationMs))
  const ofLimit = Math.max(...tail300.map((row) => row.sync.durationMs / row.limitMs))
  const trips = [...new Set(rows.map(({ sync }) => sync.databaseCalls - sync.heartbeats))]
  const memoryMb = Math.max(...largest.map(({ sync }) => sync.peakAboveIdleMb))
  const opsMs = cold.routes.find(({ name }) => name === 'api/anchors/ops')?.ms ?? Number.NaN
  const opsRatio = opsMs / cold.supabaseMs
  return [
    {
      goal: '300 domains with the slow tail at least 30 times as fast as the sequential sync',
      figure: over.toFixed(1),
      reached: over >= 30,
    },
    {
      goal: '300 domains with the slow tail within 1.25 times the unbounded limit',
      figure: ofLimit.toFixed(2),
      reached: ofLimit <= 1.25,
    },
    {
      goal: 'database round trips independent of the number of domains, besides one heartbeat per 10 s',
      figure: trips.join(', '),
      reached: trips.length === 1,
    },
    {
      goal: 'cold import of the ops route at most 4 times that of bare supabase-js',
      figure: opsRatio.toFixed(2),
      reached: opsRatio <= 4,
    },
    {
      goal: '1,000 domains at most 250 MB above idle',
      figure: largest.length === 0 ? 'left out by --quick' : `${memoryMb.toFixed(0)} MB`,
      reached: largest.length === 0 ? null : memoryMb <= 250,
    },
  ]
}
