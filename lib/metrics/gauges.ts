import { isOverdue, type ScheduledKind } from '../schedule/kinds.ts'
import type { Gauge, Sample } from './exposition.ts'
import type { Metrics } from './store.ts'

/** What a monitor cannot learn from the figures of the database. */
export interface MetricsFacts {
  version: string
  network: string
  /** The release that updates are made for, as far as it is known without asking the platform. */
  release: string | null
  /** What a scheduler must start here. */
  kinds: readonly ScheduledKind[]
  maxDurationSeconds: number
  /** The verdicts that there are. Each has a sample, also while none was given. */
  verdicts: readonly string[]
}

/** The states in which an attempt has ended for good. */
const OUTCOMES = ['APPLIED', 'REJECTED', 'NOT_APPLIED', 'EXPIRED', 'WITHDRAWN']

/** Makes the gauges out of the figures. Times are by the clock of the database. */
export function gaugesOf(read: Metrics, facts: MetricsFacts): Gauge[] {
  return [
    ...ofDeployment(facts),
    ...ofRuns(read, facts),
    ...ofUpdates(read),
    ...ofPayments(read, facts),
    ...ofCatalog(read),
  ]
}

function ofDeployment({ version, network, release }: MetricsFacts): Gauge[] {
  return [
    {
      name: 'anchor_ops_info',
      help: 'The deployed version and the network; always 1.',
      samples: [{ labels: { version, network }, value: 1 }],
    },
    {
      name: 'anchor_ops_platform_info',
      help: 'The release of the Anchor Platform that updates are made for; always 1.',
      samples: release === null ? [] : [{ labels: { release }, value: 1 }],
    },
  ]
}

function ofRuns({ runs, now }: Metrics, { kinds, maxDurationSeconds }: MetricsFacts): Gauge[] {
  const watched = runs.filter(({ kind }) => kinds.includes(kind))
  const ofRun = (value: (run: Metrics['runs'][number]) => number | null): Sample[] =>
    watched.flatMap((run) => {
      const shown = value(run)
      return shown === null ? [] : [{ labels: { run: run.kind }, value: shown }]
    })
  return [
    {
      name: 'anchor_ops_run_last_end_timestamp_seconds',
      help: 'When the last run of the kind ended, well or not.',
      samples: ofRun(({ endedAt }) => timestamp(endedAt)),
    },
    {
      name: 'anchor_ops_run_last_ok_timestamp_seconds',
      help: 'When a run of the kind last ended well.',
      samples: ofRun(({ okAt }) => timestamp(okAt)),
    },
    {
      name: 'anchor_ops_run_failures_in_a_row',
      help: 'How many runs of the kind failed since one ended well.',
      samples: ofRun(({ failuresInARow }) => failuresInARow),
    },
    {
      name: 'anchor_ops_run_overdue',
      help: '1 while a run of the kind is overdue.',
      samples: ofRun((run) => Number(isOverdue(run, now, maxDurationSeconds))),
    },
  ]
}

function ofUpdates({
  openUpdates,
  oldestUnsettledAt,
  endedUpdates,
  attention,
  now,
}: Metrics): Gauge[] {
  return [
    {
      name: 'anchor_ops_updates_open',
      help: 'Updates that have not ended, by state, each state counted up to 5000.',
      samples: counted('state', openUpdates, []),
    },
    {
      name: 'anchor_ops_update_oldest_unsettled_age_seconds',
      help: 'How long the oldest update that a machine still works on has been open; 0 without one.',
      samples: [{ value: age(oldestUnsettledAt, now) ?? 0 }],
    },
    {
      name: 'anchor_ops_updates_ended_last_hour',
      help: 'Updates that ended within the last hour, by what became of them.',
      samples: counted('outcome', endedUpdates.counts, OUTCOMES),
    },
    {
      name: 'anchor_ops_updates_ended_last_hour_whole',
      help: '0 while more than 5000 updates changed within the hour, of which the newest are counted.',
      samples: [{ value: Number(endedUpdates.isWhole) }],
    },
    {
      name: 'anchor_ops_attention',
      help: 'What waits for a person, by kind, each kind counted up to 5000.',
      samples: counted('kind', attention, []),
    },
  ]
}

function ofPayments(
  { judgedPayments, openMoney, observed, now }: Metrics,
  { verdicts }: MetricsFacts,
): Gauge[] {
  const { assets } = openMoney
  const labels = ({ asset }: (typeof assets)[number]) => ({ asset: asset ?? 'unknown' })
  return [
    {
      name: 'anchor_ops_payments_judged_last_hour',
      help: 'Payments that were judged within the last hour, by verdict.',
      samples: counted('verdict', judgedPayments.counts, verdicts),
    },
    {
      name: 'anchor_ops_payments_judged_last_hour_whole',
      help: '0 while more than 5000 payments were judged within the hour, of which the newest are counted.',
      samples: [{ value: Number(judgedPayments.isWhole) }],
    },
    {
      name: 'anchor_ops_open_money_payments',
      help: 'Payments that came in and belong to nobody, in the 20 assets with the most of them.',
      samples: assets.map((one) => ({ labels: labels(one), value: one.payments })),
    },
    {
      name: 'anchor_ops_open_money_amount',
      help: 'The sum of these payments, in units of the asset.',
      samples: assets.flatMap((one) =>
        one.amount === null ? [] : [{ labels: labels(one), value: one.amount }],
      ),
    },
    {
      name: 'anchor_ops_open_money_oldest_age_seconds',
      help: 'How long the oldest of these payments has been open; 0 without one.',
      samples: [{ value: age(openMoney.oldestSince, now) ?? 0 }],
    },
    {
      name: 'anchor_ops_open_money_whole',
      help: '0 while more than 5000 payments are open, of which the oldest are counted.',
      samples: [{ value: Number(openMoney.isWhole) }],
    },
    {
      name: 'anchor_ops_observer_lag_seconds',
      help: 'How far the payments of the account are recorded behind its ledger.',
      samples: observed.flatMap(({ account, completeUntil }) => {
        const lag = age(completeUntil, now)
        return lag === null ? [] : [{ labels: { account }, value: lag }]
      }),
    },
    {
      name: 'anchor_ops_observer_alarm',
      help: '1 while an alarm keeps the payments of the account from being read.',
      samples: observed.map(({ account, hasAlarm }) => ({
        labels: { account },
        value: Number(hasAlarm),
      })),
    },
  ]
}

function ofCatalog({ catalog, checks }: Metrics): Gauge[] {
  const byPriority = (value: 'due' | 'overdue') =>
    checks.map((one) => ({ labels: { priority: String(one.priority) }, value: one[value] }))
  return [
    {
      name: 'anchor_ops_listings',
      help: 'Active listings of the catalog.',
      samples: [{ value: catalog.listings }],
    },
    {
      name: 'anchor_ops_listings_operational',
      help: 'Active listings that are operational.',
      samples: [{ value: catalog.operational }],
    },
    {
      name: 'anchor_ops_checks_due',
      help: 'Home domains whose check is due, by priority (0: listed and in service, 1: listed and never checked, 2: others), each counted up to 5000.',
      samples: byPriority('due'),
    },
    {
      name: 'anchor_ops_checks_overdue',
      help: 'Those of them that have been due for longer than two calls of the checks take.',
      samples: byPriority('overdue'),
    },
  ]
}

/** One sample for each name, with 0 for a name that was not counted. */
function counted(
  label: string,
  counts: Readonly<Record<string, number>>,
  names: readonly string[],
): Sample[] {
  const all = [...new Set([...names, ...Object.keys(counts)])].sort()
  return all.map((name) => ({ labels: { [label]: name.toLowerCase() }, value: counts[name] ?? 0 }))
}

function timestamp(time: string | null): number | null {
  return time === null ? null : Date.parse(time) / 1000
}

function age(since: string | null, now: string): number | null {
  return since === null ? null : Math.max(0, (Date.parse(now) - Date.parse(since)) / 1000)
}
