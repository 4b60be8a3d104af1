import { type PaymentFigures, ratioOf } from './payment-measurement.ts'
import { formatTable } from './table.ts'
import type { Cost } from './watch.ts'

/** The figures of the payment observer for people. */
export function paymentTable(figures: readonly PaymentFigures[]): string {
  const line = (name: string, count: number, cost: Cost, ratio: string, calls: string) => [
    name,
    String(count),
    (cost.durationMs / 1_000).toFixed(2),
    ratio,
    (cost.cpuMs / 1_000).toFixed(2),
    calls,
    cost.peakAboveIdleMb.toFixed(0),
  ]
  return formatTable(
    ['', 'payments', 's', 'x reading', 'CPU s', 'database calls', 'MB above idle'],
    figures.flatMap((run) => [
      line('reading the pages', run.count, run.reading, '', ''),
      line(
        'catching up',
        run.count,
        run.observing,
        ratioOf(run).toFixed(2),
        String(run.observing.databaseCalls),
      ),
    ]),
  )
}
