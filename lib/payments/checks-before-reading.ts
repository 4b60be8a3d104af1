import type { LedgerHead, LedgerSource } from '../ledger/source.ts'
import { ObserverAlarm } from './alarm.ts'
import { oldestSafe } from './start.ts'

/** How far an account has been read, as the database has it. */
export interface StoredPlace {
  cursor: string
  /** A ledger up to which nothing was left to read. */
  checkpoint: { sequence: number; hash: string } | null
}

/**
 * Makes sure that the source shows the ledger that was read so far, and answers the cursor to read from: the stored one,
 * or, for an account that was quiet for as long as the source remembers, a place near the oldest ledger. All before that
 * was read to its end while it was there.
 *
 * @throws ObserverAlarm, LedgerError
 */
export async function checkBeforeReading(
  { cursor, checkpoint }: StoredPlace,
  head: LedgerHead,
  ledger: LedgerSource,
): Promise<string> {
  if (checkpoint !== null) await checkCheckpoint(checkpoint, head, ledger)
  const sequence = ledger.ledgerOf(cursor)
  if (sequence > head.sequence) throw ahead('The cursor', sequence, head)

  const oldest = head.oldestSequence
  const readUpTo = checkpoint?.sequence ?? 0
  const safe = oldestSafe(head, readUpTo - oldest)
  // What the source is about to drop would be gone when the page is asked for.
  const isAtOldest = sequence === oldest || cursor === ledger.cursorAt(oldest)
  if (sequence > oldest || (isAtOldest && safe === oldest)) return cursor
  if (readUpTo >= oldest) return ledger.cursorAt(safe)
  throw new ObserverAlarm(
    'history_gone',
    `The cursor stands in ledger ${sequence}, and the source begins at ${oldest}: payments between may be missing.`,
  )
}

/** @throws ObserverAlarm `wrong_network` */
export function checkNetwork({ networkPassphrase }: LedgerHead, expected: string): void {
  if (networkPassphrase === expected) return
  throw new ObserverAlarm(
    'wrong_network',
    `The ledger source is of the network "${networkPassphrase}"; allowed: "${expected}", by STELLAR_NETWORK.`,
  )
}

async function checkCheckpoint(
  { sequence, hash }: NonNullable<StoredPlace['checkpoint']>,
  head: LedgerHead,
  ledger: LedgerSource,
): Promise<void> {
  if (sequence > head.sequence) throw ahead('What was read', sequence, head)
  if (sequence < head.oldestSequence) return
  const now = await ledger.ledger(sequence)
  if (now?.hash === hash) return
  throw new ObserverAlarm(
    'ledger_reset',
    `Ledger ${sequence} had the hash ${hash} and has ${now?.hash ?? 'none'} now: this is another ledger.`,
  )
}

function ahead(what: string, sequence: number, head: LedgerHead): ObserverAlarm {
  return new ObserverAlarm(
    'cursor_ahead',
    `${what} reaches ledger ${sequence}, and the source ends at ${head.sequence}: it lags, or the ledger was reset.`,
  )
}
