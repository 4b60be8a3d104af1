import { judge, type Observation, record } from './page.ts'
import { ledgerBefore, oldestSafe } from './start.ts'
import { readPage } from './walk.ts'

const SWEEP_EVERY_MS = 60 * 60 * 1000
/** Of one run: the walk goes first, and a sweep over long history takes several runs. */
const MOST_PAGES = 5

/**
 * Looks again, once an hour, for payments of transactions that still wait: from before the oldest of them up to where the
 * walk has come, whatever the cursor passed. It finds what the source did not show the first time, and what came before
 * its transaction was known. Only payments that a memo joins to a stored transaction are recorded.
 *
 * @param cursor where the walk has come to its end; it stays
 * @returns whether a sweep has come to its end
 * @throws LedgerError, AppError `ledger_changed`, `database_unavailable`
 */
export async function sweep(observation: Observation, cursor: string): Promise<boolean> {
  const { account, ledger, begun, isOver } = observation
  if (!isDue(observation)) return false
  if (begun.oldestAwaitingAt === null) return true
  const end = ledger.ledgerOf(cursor)
  let place = await placeOf(observation, begun.oldestAwaitingAt)
  // Into the last ledger too: payments of one ledger may stand on two pages.
  for (let pages = 0; ledger.ledgerOf(place) <= end; pages += 1) {
    if (pages >= MOST_PAGES || isOver()) return false
    const page = await readPage(ledger, account, place)
    const judged = await judge(page.payments, observation)
    const isRecorded = await record(observation, {
      expectedCursor: cursor,
      cursor,
      sweepCursor: page.cursor,
      checkpoint: null,
      completeUntil: null,
      payments: judged.filter(({ verdict }) => isForTransaction(verdict.code)),
    })
    if (!isRecorded) return false
    if (page.isLast) return true
    place = page.cursor
  }
  return true
}

function isDue({ isFresh, begun: { sweepCursor, sweptAt }, now }: Observation): boolean {
  if (!isFresh) return false
  if (sweepCursor !== null || sweptAt === null) return true
  return now().getTime() - Date.parse(sweptAt) >= SWEEP_EVERY_MS
}

/** Where an earlier run left the sweep, or before the oldest transaction that waits; never what the source has dropped. */
async function placeOf(
  { begun: { sweepCursor }, head, ledger }: Observation,
  oldestAwaitingAt: string,
): Promise<string> {
  const sequence =
    sweepCursor === null
      ? await ledgerBefore(oldestAwaitingAt, head, ledger)
      : ledger.ledgerOf(sweepCursor)
  const isThere = sequence > head.oldestSequence
  if (isThere && sweepCursor !== null) return sweepCursor
  return ledger.cursorAt(isThere ? sequence : oldestSafe(head))
}

const ELSEWHERE = new Set([
  'transaction_failed',
  'outgoing',
  'manual_review',
  'no_memo',
  'no_match',
])

const isForTransaction = (code: string) => !ELSEWHERE.has(code)
