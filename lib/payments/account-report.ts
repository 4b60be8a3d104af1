import type { Alarm } from './alarm.ts'
import type { RecordedPage } from './store.ts'
import type { VerdictCode } from './verdict/codes.ts'

/** What one look at an account came to. */
export interface AccountReport {
  account: string
  /** The cursors before and after; null while no start was found. */
  from: string | null
  to: string | null
  /** Payments that were recorded, or judged anew. Each is credited or counted under one refusal. */
  payments: number
  credited: number
  refused: Partial<Record<Exclude<VerdictCode, 'credited'>, number>>
  /** The time was over before there was nothing more to read. */
  remaining: boolean
  /** How long ago the newest closed that was read to its end; null where nothing was read. */
  lagSeconds: number | null
  /** Another run has the account. */
  skipped?: 'already_running'
  alarm?: Alarm
}

export function emptyReport(account: string): AccountReport {
  return {
    account,
    from: null,
    to: null,
    payments: 0,
    credited: 0,
    refused: {},
    remaining: false,
    lagSeconds: null,
  }
}

/** Adds to a report what a page came to. */
export function countPage(
  report: AccountReport,
  { stored, changed, verdicts }: Extract<RecordedPage, { recorded: true }>,
): void {
  report.payments += stored + changed
  const { credited = 0, ...refused } = verdicts
  report.credited += credited
  for (const [code, payments] of Object.entries(refused)) {
    const reason = code as keyof typeof refused
    report.refused[reason] = (report.refused[reason] ?? 0) + payments
  }
}
