import type { LedgerHead, LedgerSource } from '../ledger/source.ts'
import type { ObserverStart } from '../stellar/observer-start.ts'
import { ObserverAlarm } from './alarm.ts'

/** Ledgers close every 5 to 6 s; the estimate goes too far back rather than not far enough. */
const LEDGER_SECONDS = 5
/** What an hour and 100 s of ledgers are at least. */
const DEEP_LEDGERS = 720
const CLEAR_LEDGERS = 20
/** Nothing was paid in them. */
const FIRST_LEDGERS = 2

/**
 * The ledger with which an observation begins. `oldest_open_transaction` is `now` when no transaction waits.
 *
 * @param oldestAwaitingAt when the oldest transaction that waits for a payment was started, ISO 8601
 * @throws ObserverAlarm for a ledger that the source does not have, LedgerError
 */
export async function startLedger(
  start: ObserverStart,
  oldestAwaitingAt: string | null,
  head: LedgerHead,
  ledger: LedgerSource,
): Promise<number> {
  if (start.kind === 'ledger') return heldLedger(start.sequence, head)
  if (start.kind === 'now' || oldestAwaitingAt === null) return head.sequence
  return ledgerBefore(oldestAwaitingAt, head, ledger)
}

function heldLedger(sequence: number, head: LedgerHead): number {
  const has = `the source has ${head.oldestSequence} to ${head.sequence}`
  if (sequence < head.oldestSequence) {
    throw new ObserverAlarm('history_gone', `The start is ledger ${sequence}, and ${has}.`)
  }
  if (sequence > head.sequence) {
    throw new ObserverAlarm('cursor_ahead', `The start is ledger ${sequence}, and ${has}.`)
  }
  return sequence
}

/**
 * A ledger that closed at or before a time, not much earlier; the oldest safe one of the source when all closed later.
 *
 * @throws LedgerError
 */
export async function ledgerBefore(
  time: string,
  head: LedgerHead,
  ledger: LedgerSource,
): Promise<number> {
  const wantedMs = Date.parse(time)
  const secondsBack = Math.max(Date.parse(head.closedAt) - wantedMs, 0) / 1000
  let distance = Math.ceil(secondsBack / LEDGER_SECONDS) + 1
  for (;;) {
    const sequence = head.sequence - distance
    if (sequence <= head.oldestSequence) return oldestSafe(head)
    const closed = await ledger.ledger(sequence)
    if (closed !== null && Date.parse(closed.closedAt) <= wantedMs) return sequence
    distance *= 2
  }
}

/**
 * The oldest ledger that will still be there when it is asked for: a source that does not reach back to the first ledgers
 * drops its oldest every 5 s.
 *
 * @param depth how many ledgers above the oldest one need not be read
 */
export function oldestSafe(
  { oldestSequence, sequence }: LedgerHead,
  depth = sequence - oldestSequence,
): number {
  const drops = oldestSequence > FIRST_LEDGERS && depth >= DEEP_LEDGERS
  return oldestSequence + (drops ? CLEAR_LEDGERS : 0)
}
