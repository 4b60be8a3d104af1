import type { Database } from '../db/client.ts'
import { LedgerError, type LedgerHead, type LedgerSource } from '../ledger/source.ts'
import type { ReadyAttempt, TransactionReading, UpdateIo } from './context.ts'
import { checkAgainstLedger, type LedgerCheck } from './payout/ledger-check.ts'
import { readReportTime } from './store-reads.ts'

/** A source has a new ledger every 5 to 6 s. */
const NEXT_LEDGER_MS = 6_000
/** A source that lags longer than this is not waited for. */
const LONGEST_LAG_SECONDS = 300

/** The ledger check on which the send depends. */
export type SentCheck = Exclude<LedgerCheck, { kind: 'absent' }>

/**
 * The ledger check of an attempt, null when it needs none. A Stellar transaction that the source does not have is waited for while the newest ledger
 * of the source closed before the report, for one ledger in place while a caller waits, and otherwise until a later try.
 *
 * @throws AppError `database_unavailable`
 */
export async function checkLedger(
  attempt: ReadyAttempt,
  reading: TransactionReading,
  io: UpdateIo,
): Promise<SentCheck | null> {
  const { ledger } = io
  if (ledger === null) return null
  for (let isFirst = true; ; isFirst = false) {
    const check = await askLedger(attempt, reading, ledger)
    if (check?.kind !== 'absent') return check
    const refused = { ...check, kind: 'refused' } as const
    const lag = await lagBehindReport(attempt, ledger, io.db)
    if (lag === null) return refused
    if (attempt.unattended || !isFirst) {
      return { kind: 'unreadable', reason: lag, retryAfterSeconds: NEXT_LEDGER_MS / 1_000 }
    }
    await io.sleep(NEXT_LEDGER_MS)
  }
}

/** Says that the source may lag behind a report; null if its newest ledger is younger, or after 5 minutes. */
async function lagBehindReport(
  { attemptId }: ReadyAttempt,
  ledger: LedgerSource,
  db: Database,
): Promise<string | null> {
  const [{ reportedAt, secondsAgo }, head] = await Promise.all([
    readReportTime(db, attemptId),
    headOf(ledger),
  ])
  if (head instanceof LedgerError) return head.message
  const isBehind = Date.parse(head.closedAt) < Date.parse(reportedAt)
  if (!isBehind || secondsAgo > LONGEST_LAG_SECONDS) return null
  return `the Stellar transaction is not in it yet, and its newest ledger closed at ${head.closedAt}, before the report at ${reportedAt}.`
}

async function headOf(ledger: LedgerSource): Promise<LedgerHead | LedgerError> {
  try {
    return await ledger.head()
  } catch (error) {
    if (error instanceof LedgerError) return error
    throw error
  }
}

/** The ledger check of an attempt; null when the method or the transaction needs none. */
async function askLedger(
  { method, params, forced, operationId }: ReadyAttempt,
  reading: TransactionReading,
  ledger: LedgerSource,
): Promise<LedgerCheck | null> {
  if (method.ledger === undefined || 'failure' in reading) return null
  // The payment observer has compared the operation with the transaction.
  if (operationId !== null) return null
  const { transaction } = reading
  // A status that refuses the method does not spare the check: it may change before the platform receives the update.
  if (transaction === null) return null
  return checkAgainstLedger({ method, params, forced: forced !== null }, transaction, ledger)
}
