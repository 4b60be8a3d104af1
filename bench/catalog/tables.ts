import { formatTable } from '../table.ts'
import type { ColdImports } from './cold-import-process.ts'
import type { SyncRow } from './measurement.ts'

/** The figures of the syncs. */
export function syncTable(rows: readonly SyncRow[]): string {
  return formatTable(
    [
      'domains',
      'at a time',
      'run',
      'sync s',
      'sequential s',
      'x faster',
      'limit s',
      'of limit',
      'limit at that many s',
      'requests',
      'round trips',
      'CPU s',
      'MB above idle',
    ],
    rows.map((row) => [
      `${row.count}${row.tail ? '' : ' plain'}`,
      String(row.domainConcurrency),
      row.run,
      seconds(row.sync.durationMs),
      row.sequentialMs === null ? '' : seconds(row.sequentialMs),
      row.sequentialMs === null ? '' : (row.sequentialMs / row.sync.durationMs).toFixed(1),
      seconds(row.limitMs),
      (row.sync.durationMs / row.limitMs).toFixed(2),
      seconds(row.boundedLimitMs),
      String(row.sync.requests),
      `${row.sync.databaseCalls}${row.sync.heartbeats > 0 ? ` (${row.sync.heartbeats} of them heartbeats)` : ''}`,
      seconds(row.sync.cpuMs),
      row.sync.peakAboveIdleMb.toFixed(0),
    ]),
  )
}

/** The times to import each route and each package. */
export function coldTable({ supabaseMs, routes, packages }: ColdImports): string {
  const line = (name: string, ms: number) => [name, ms.toFixed(0), (ms / supabaseMs).toFixed(2)]
  return formatTable(
    ['cold import, median of 7', 'ms', 'x supabase-js'],
    [
      ...routes.map(({ name, ms }) => line(name, ms)),
      ...packages.map(({ name, ms }) => line(`package ${name} alone`, ms)),
    ],
  )
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 10_000 ? 2 : 1)
}
