import { z } from 'zod'
import { attentionCounts } from '../attention/store.ts'
import { callChecked, type Database } from '../db/client.ts'
import { count, time } from '../db/shapes.ts'
import { openMoney } from '../payments/open/store.ts'
import { scheduledRun } from '../schedule/store.ts'
import type { Network } from '../stellar/network.ts'
import { LATE_UPDATE_SECONDS } from '../updates/result.ts'

/** Counts of the last hour. `isWhole` is false if there were more than are counted. */
const recent = z.object({ isWhole: z.boolean(), counts: z.record(z.string(), count) })

const metrics = z.object({
  now: time,
  runs: z.array(scheduledRun),
  openUpdates: z.record(z.string(), count),
  oldestUnsettledAt: time.nullable(),
  endedUpdates: recent,
  judgedPayments: recent,
  openMoney,
  observed: z.array(
    z.object({ account: z.string(), completeUntil: time.nullable(), hasAlarm: z.boolean() }),
  ),
  catalog: z.object({ listings: count, operational: count }),
  checks: z.array(z.object({ priority: count, due: count, overdue: count })),
  attention: attentionCounts,
})

export type Metrics = z.infer<typeof metrics>

/** A count ends here: each row is read once, and 5,000 take about 10 ms. */
const MOST_COUNTED_METRICS = 5_000

/**
 * Reads the figures of the metrics in one call.
 *
 * @param wanted.overdueSeconds a check that has been due for so long is overdue
 * @throws AppError `database_unavailable`
 */
export function readMetrics(
  db: Database,
  wanted: {
    network: Network
    accounts: readonly string[]
    source: string | null
    overdueSeconds: number
  },
): Promise<Metrics> {
  const bounds = { lateSeconds: LATE_UPDATE_SECONDS, most: MOST_COUNTED_METRICS }
  return callChecked(db, metrics, 'read_metrics', { ...wanted, ...bounds })
}
