import { formatTable } from '../table.ts'
import type { Cost } from '../watch.ts'
import type { BusyFigures } from './busy-measurement.ts'
import { type PaymentFigures, ratioOf } from './measurement.ts'

/** The figures of the payment observer. */
export function paymentTable(figures: readonly PaymentFigures[]): string {
  const line = (name: string, count: number, cost: Cost, ...more: string[]) => [
    name,
    String(count),
    (cost.durationMs / 1_000).toFixed(2),
    (cost.cpuMs / 1_000).toFixed(2),
    cost.peakAboveIdleMb.toFixed(0),
    ...more,
  ]
  return formatTable(
    [
      'median of 3',
      'payments',
      's',
      'CPU s',
      'MB above idle',
      'in a heap of 64 MB',
      'database calls',
      'x reading',
    ],
    figures.flatMap((run) => [
      line('reading the pages', run.count, run.reading, '', '', ''),
      line(
        'catching up',
        run.count,
        run.observing,
        run.smallHeapMb.toFixed(0),
        String(run.observing.databaseCalls),
        ratioOf(run).toFixed(2),
      ),
    ]),
  )
}

/** The figures of looks at busy accounts, and of the reads beside 1,000,000 payments. */
export function busyTables({ first, looks, reads }: BusyFigures): string {
  const line = (name: string, look: BusyFigures['first']) => [
    name,
    String(look.credited),
    (look.durationMs / 1_000).toFixed(2),
    (look.cpuMs / 1_000).toFixed(2),
    String(look.databaseCalls),
    String(look.readings),
  ]
  return [
    formatTable(
      ['busy accounts', 'credits', 's', 'CPU s', 'database calls', 'transactions read'],
      [line('first look', first), ...looks.map((look, at) => line(`minute ${at + 1}`, look))],
    ),
    formatTable(
      ['beside 1,000,000 payments', 'median ms'],
      reads.map(({ what, ms }) => [what, ms.toFixed(1)]),
    ),
  ].join('\n\n')
}
