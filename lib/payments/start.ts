import { LedgerError, type LedgerHead, type LedgerSource } from '../ledger/source.ts'
import type { ObserverStart } from '../stellar/observer-start.ts'
import { ObserverAlarm } from './alarm.ts'
import type { Checkpoint } from './store.ts'
import { CLOCKS_APART_MS } from './verdict/expectation.ts'

/** Ledgers close every 5 to 6 s. With 5 s, an estimate of a ledger's number is too low rather than too high. */
const LEDGER_SECONDS = 5
/** 720 ledgers are about 1 h. */
const DEEP_LEDGERS = 720
/** 20 ledgers are about 100 s, longer than a run needs until it reads. */
const CLEAR_LEDGERS = 20
/** Ledgers 1 and 2 hold no payments. */
const FIRST_LEDGERS = 2

/** @throws ObserverAlarm `wrong_network` */
export function checkNetwork({ networkPassphrase }: LedgerHead, expected: string): void {
  if (networkPassphrase === expected) return
  throw new ObserverAlarm(
    'wrong_network',
    `The ledger source is of the network "${networkPassphrase}"; allowed: "${expected}", by STELLAR_NETWORK.`,
  )
}

/**
 * The ledger with which the first run on an account begins. `oldest_open_transaction` means `now` when no transaction
 * waits.
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
  return ledgerBefore(earliestPayment(oldestAwaitingAt), head, ledger)
}

/** The earliest time at which a transaction that began at `startedAt` may have been paid. */
export function earliestPayment(startedAt: string): string {
  return new Date(Date.parse(startedAt) - CLOCKS_APART_MS).toISOString()
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
 * Checks that the source shows the ledger that was read before, and finds the cursor to read from.
 *
 * @returns the stored cursor; or a place near the oldest ledger of the source, if the source has dropped the ledger of the
 *   cursor, but the account was read to its end after that
 * @throws ObserverAlarm, LedgerError
 */
export async function checkedCursor(
  { cursor, checkpoint }: { cursor: string; checkpoint: Checkpoint | null },
  head: LedgerHead,
  ledger: LedgerSource,
): Promise<string> {
  if (checkpoint !== null) await checkSameLedger(checkpoint, head, ledger)
  const sequence = ledger.ledgerOf(cursor)
  if (sequence > head.sequence) throw ahead('The cursor', sequence, head)

  const oldest = head.oldestSequence
  const readUpTo = checkpoint?.sequence ?? 0
  const safe = oldestSafe(head, readUpTo - oldest)
  // The source may drop its oldest ledger before the page is read, so a cursor in that ledger moves up to the safe one.
  const isAtOldest = sequence === oldest || cursor === ledger.cursorAt(oldest)
  if (sequence > oldest || (isAtOldest && safe === oldest)) return cursor
  if (readUpTo >= oldest) return ledger.cursorAt(safe)
  throw new ObserverAlarm(
    'history_gone',
    `The cursor stands in ledger ${sequence}, and the source begins at ${oldest}: payments between may be missing.`,
  )
}

async function checkSameLedger(
  { sequence, hash }: Checkpoint,
  head: LedgerHead,
  ledger: LedgerSource,
): Promise<void> {
  if (sequence > head.sequence) throw ahead('What was read', sequence, head)
  if (sequence < head.oldestSequence) return
  const now = await ledger.ledger(sequence)
  if (now?.hash === hash) return
  if (now === null) {
    // Of several servers behind one name, one may lack a ledger. Only another hash shows another ledger.
    throw new LedgerError(
      'ledger_unreachable',
      `The source does not show ledger ${sequence}, which lies within its history and was read before.`,
    )
  }
  throw new ObserverAlarm(
    'ledger_reset',
    `Ledger ${sequence} had the hash ${hash} and has ${now.hash} now: this is another ledger.`,
  )
}

function ahead(what: string, sequence: number, head: LedgerHead): ObserverAlarm {
  return new ObserverAlarm(
    'cursor_ahead',
    `${what} reaches ledger ${sequence}, and the source ends at ${head.sequence}: it lags, or the ledger was reset.`,
  )
}

/**
 * Finds a ledger that closed at or shortly before a time; the oldest safe ledger of the source when all closed later.
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
 * The oldest ledger that the source will still have when the page is read. A source whose history does not reach back to
 * the first ledgers drops its oldest one every 5 s, so 20 ledgers are left out there.
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
