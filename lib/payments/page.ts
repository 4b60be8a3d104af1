import type { Database } from '../db/client.ts'
import type { LedgerHead, LedgerPayment, LedgerSource } from '../ledger/source.ts'
import type { Log } from '../log.ts'
import { formatAsset } from '../stellar/asset.ts'
import type { DustLimit } from '../stellar/dust.ts'
import type { Alarm } from './alarm.ts'
import type { BookReport } from './books/keep.ts'
import { isDust } from './dust.ts'
import type { Awaiting } from './open-lists.ts'
import {
  type Checkpoint,
  findCandidates,
  type JudgedPayment,
  type ObservationStart,
  type ObservedAccount,
  type RecordedPage,
  recordPayments,
} from './store.ts'
import type { VerdictCode } from './verdict/codes.ts'
import { judgePage } from './verdict/judge-page.ts'
import { type AmountPolicy, memosOf } from './verdict/verdict.ts'

/** One page takes less than 120 s to read with all retries, to judge and to record. Each recorded page renews the lease. */
export const LEASE_SECONDS = 120

/** What one run did for an account. */
export interface AccountReport {
  account: string
  /** The cursors before and after the run; null while no start was found. */
  from: string | null
  to: string | null
  /** Payments that were recorded or got another verdict. Each counts in `credited` or under one code of `refused`. */
  payments: number
  credited: number
  refused: Partial<Record<Exclude<VerdictCode, 'credited'>, number>>
  /** The run's time was over before all pages were read. */
  remaining: boolean
  /** The age of the newest ledger that was read to its end; null when no ledger was. */
  lagSeconds: number | null
  /** A list of open transactions was never read to its end, so no verdict by a memo is final yet. */
  catchingUp?: true
  /** Another run has the account. */
  skipped?: 'already_running'
  alarm?: Alarm
  /** What was done for the books of the account, when something was due. */
  books?: BookReport
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

/** One run on one account, by the process that has its lease. */
export interface Observation extends ObservedAccount {
  policy: AmountPolicy
  dust: readonly DustLimit[]
  awaiting: Awaiting
  begun: Extract<ObservationStart, { started: true }>
  /** The epoch of the ledger that the source shows. */
  epoch: number
  head: LedgerHead
  db: Database
  ledger: LedgerSource
  /** True once no further page may be started. */
  isOver: () => boolean
  /** True once payments that are due may take no more time. */
  isDueOver: () => boolean
  now: () => Date
  log: Log
  report: AccountReport
  /** Takes the updates that credit recorded payments. */
  onCredited: (credited: readonly CreditedUpdate[]) => void
}

/** An update that is stored and was not sent yet. */
export interface CreditedUpdate {
  attemptId: string
  operationId: string
  method: string
  params: Record<string, unknown>
}

/** Judges payments by the stored transactions that their memos name. */
export async function judge<Payment extends LedgerPayment>(
  payments: readonly Payment[],
  { db, account, policy, dust, epoch, awaiting: { isCatchingUp } }: Observation,
): Promise<(Payment & JudgedPayment)[]> {
  const memos = isCatchingUp ? [] : memosOf(payments.filter(({ to }) => to === account))
  const candidates = await findCandidates(db, { memos })
  const judged = judgePage(payments, candidates, { account, epoch, policy, isCatchingUp })
  return judged.map((payment) => ({ ...payment, isDust: isDust(payment, dust) }))
}

/**
 * Judges payments, records them and moves the cursor in one step. If a transaction changed since it was judged to be paid,
 * they are judged again.
 *
 * @param page.isKept of a judged payment; the others are not recorded
 * @returns false, with nothing written, when another run has the account or has moved its cursor, or the time is over
 * @throws AppError `ledger_changed`, `database_unavailable`
 */
export async function judgeAndRecord(
  observation: Observation,
  { payments, isKept = () => true, ...page }: RecordingPage,
): Promise<boolean> {
  const { db, account, source, holder, log, isOver } = observation
  for (;;) {
    const judged = (await judge(payments, observation)).filter(isKept)
    const recorded = await recordPayments(db, {
      ...{ account, source, holder, leaseSeconds: LEASE_SECONDS },
      ...page,
      payments: judged,
    })
    if (recorded.recorded) {
      addToReport(observation, recorded)
      if (recorded.stored > 0) logUnclaimed(judged, { account, log })
      return true
    }
    if (recorded.reason !== 'transaction_changed' || isOver()) return false
  }
}

interface RecordingPage {
  expectedCursor: string
  cursor: string
  sweepCursor?: string
  checkpoint: Checkpoint | null
  completeUntil: string | null
  payments: readonly LedgerPayment[]
  isKept?: (payment: JudgedPayment) => boolean
}

/** Counts recorded payments in the report, and passes on the updates that credit some of them. */
export function addToReport(
  { report, onCredited }: Pick<Observation, 'report' | 'onCredited'>,
  recorded: Extract<RecordedPage, { recorded: true }>,
): void {
  report.payments += recorded.stored + recorded.changed
  const { credited = 0, ...refused } = recorded.verdicts
  report.credited += credited
  for (const [code, payments] of Object.entries(refused)) {
    const reason = code as keyof typeof refused
    report.refused[reason] = (report.refused[reason] ?? 0) + payments
  }
  onCredited(recorded.credited)
}

const UNCLAIMED: ReadonlySet<string> = new Set(['claimable_balance', 'clawback'])

/** The alarm for money that is not in the account: a balance that nobody claimed, or an asset that was taken back. */
export function logUnclaimed(
  payments: readonly JudgedPayment[],
  { account, log }: { account: string; log: Log },
): void {
  for (const one of payments) {
    const { kind, verdict, operationId, transactionHash, from, asset, amount } = one
    // Dust would let anybody write error lines by the thousand.
    if (!UNCLAIMED.has(kind) || verdict.code !== 'manual_review' || one.isDust) continue
    const shown = { kind, operationId, transactionHash, from, asset: asset && formatAsset(asset) }
    log('error', 'observer_unclaimed', { account, ...shown, amount })
  }
}
