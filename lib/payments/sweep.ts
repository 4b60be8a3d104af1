import { judgeAndRecord, type Observation } from './page.ts'
import { earliestPayment, ledgerBefore, oldestSafe } from './start.ts'
import type { VerdictCode } from './verdict/codes.ts'
import { readPage } from './walk.ts'

const SWEEP_EVERY_MS = 60 * 60 * 1000
/** Most pages that one run sweeps. A sweep over a long history takes several runs. */
const MAX_PAGES = 5

/**
 * Reads again, once an hour, from before the oldest transaction that waits for a payment up to the end of the walk. It
 * finds payments that the source did not show the first time. It records only payments whose memo names a stored
 * transaction.
 *
 * @param cursor the end of the walk; the sweep does not move it
 * @returns whether the sweep has reached its end
 * @throws LedgerError, AppError `ledger_changed`, `database_unavailable`
 */
export async function sweep(observation: Observation, cursor: string): Promise<boolean> {
  const { account, ledger, begun, isOver } = observation
  if (!isDue(observation)) return false
  if (begun.oldestAwaitingAt === null) return true
  const end = ledger.ledgerOf(cursor)
  let place = await placeOf(observation, begun.oldestAwaitingAt)
  // The last ledger is read too, because payments of one ledger may stand on two pages.
  for (let pages = 0; ledger.ledgerOf(place) <= end; pages += 1) {
    if (pages >= MAX_PAGES || isOver()) return false
    const page = await readPage(ledger, account, place)
    const isRecorded = await judgeAndRecord(observation, {
      expectedCursor: cursor,
      cursor,
      sweepCursor: page.cursor,
      checkpoint: null,
      completeUntil: null,
      payments: page.payments,
      isKept: ({ verdict }) => isForTransaction(verdict.code),
    })
    if (!isRecorded) return false
    if (page.isLast) return true
    place = page.cursor
  }
  return true
}

function isDue({ awaiting, begun: { sweepCursor, sweptAt }, now }: Observation): boolean {
  if (awaiting.isCatchingUp) return false
  if (sweepCursor !== null || sweptAt === null) return true
  return now().getTime() - Date.parse(sweptAt) >= SWEEP_EVERY_MS
}

/** The place to sweep from: where an earlier run stopped, or before the oldest transaction that waits for a payment. */
async function placeOf(
  { begun: { sweepCursor }, head, ledger }: Observation,
  oldestAwaitingAt: string,
): Promise<string> {
  const sequence =
    sweepCursor === null
      ? await ledgerBefore(earliestPayment(oldestAwaitingAt), head, ledger)
      : ledger.ledgerOf(sweepCursor)
  // The source may have dropped that ledger.
  const isThere = sequence > head.oldestSequence
  if (isThere && sweepCursor !== null) return sweepCursor
  return ledger.cursorAt(isThere ? sequence : oldestSafe(head))
}

/** Verdicts of payments that are for no stored transaction. */
const WITHOUT_TRANSACTION: ReadonlySet<VerdictCode> = new Set([
  'transaction_failed',
  'outgoing',
  'manual_review',
  'no_memo',
  'no_match',
])

const isForTransaction = (code: VerdictCode) => !WITHOUT_TRANSACTION.has(code)
