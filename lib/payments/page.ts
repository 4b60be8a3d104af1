import type { Database } from '../db/client.ts'
import type { LedgerHead, LedgerPayment, LedgerSource } from '../ledger/source.ts'
import { type AccountReport, countPage } from './account-report.ts'
import {
  type Checkpoint,
  findCandidates,
  type JudgedPayment,
  type ObservationStart,
  type ObservedAccount,
  recordPayments,
} from './store.ts'
import { judgePage } from './verdict/judge-page.ts'
import { type AmountPolicy, memosOf } from './verdict/verdict.ts'

/** Longer than a page takes to be read patiently, judged and recorded; each recorded page begins it anew. */
export const LEASE_SECONDS = 120

/** One look at one account, by the process that holds it. */
export interface Observation extends ObservedAccount {
  policy: AmountPolicy
  /** The transactions that wait are known as the platform has them now. */
  isFresh: boolean
  begun: Extract<ObservationStart, { started: true }>
  head: LedgerHead
  db: Database
  ledger: LedgerSource
  /** True once no further page is to be begun. */
  isOver: () => boolean
  now: () => Date
  report: AccountReport
  /** Takes the credited payments whose updates are to be sent. */
  onCredited: (credited: readonly CreditedUpdate[]) => void
}

/** An update that is stored and was not sent yet. */
export interface CreditedUpdate {
  attemptId: string
  method: string
  params: Record<string, unknown>
}

/** Judges payments by the transactions that their memos name, as the database has them now. */
export async function judge(
  payments: readonly LedgerPayment[],
  { db, account, policy }: Observation,
): Promise<JudgedPayment[]> {
  const memos = memosOf(payments.filter(({ to }) => to === account))
  return judgePage(payments, await findCandidates(db, { memos }), { account, policy })
}

/**
 * Records judged payments and moves the cursor in one step; false when another run has the account or moved its cursor,
 * and then nothing was written.
 *
 * @throws AppError `ledger_changed`, `database_unavailable`
 */
export async function record(
  observation: Observation,
  page: {
    expectedCursor: string
    cursor: string
    sweepCursor?: string
    checkpoint: Checkpoint | null
    completeUntil: string | null
    payments: readonly JudgedPayment[]
  },
): Promise<boolean> {
  const { db, account, source, holder, report, onCredited } = observation
  const recorded = await recordPayments(db, {
    account,
    source,
    holder,
    leaseSeconds: LEASE_SECONDS,
    ...page,
  })
  if (!recorded.recorded) return false
  countPage(report, recorded)
  onCredited(recorded.credited)
  return true
}
