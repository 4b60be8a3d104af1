import { LedgerError, type LedgerHead, type LedgerSource } from '../ledger/source.ts'
import { ObserverAlarm } from './alarm.ts'
import type { ObservationStart } from './store.ts'

type Begun = Extract<ObservationStart, { started: true }>

/**
 * Checks that the source shows the ledger of the present epoch, and that the account stands in it.
 *
 * @throws ObserverAlarm `ledger_reset`, `cursor_ahead`; LedgerError
 */
export async function checkEpoch(
  begun: Begun,
  head: LedgerHead,
  ledger: LedgerSource,
): Promise<void> {
  const { cursor, epoch, present, checkpoint } = begun
  if (cursor !== null && epoch < present.epoch) {
    throw new ObserverAlarm(
      'ledger_reset',
      `The account stands in epoch ${epoch} of the ledger, and epoch ${present.epoch} has begun: restart it.`,
    )
  }
  // A ledger that the account read itself is compared with its checkpoint.
  if (cursor !== null && checkpoint !== null) return
  if (await isAnotherLedger(begun, head, ledger)) {
    throw new ObserverAlarm(
      'ledger_reset',
      `The source does not show the ledger ${present.seen?.sequence} that was seen before: this is another ledger.`,
    )
  }
}

/**
 * Whether the source shows another ledger than that of the present epoch, so that operation ids come again.
 *
 * @throws ObserverAlarm `cursor_ahead` for a source that lags; LedgerError
 */
export async function isAnotherLedger(
  { present: { epoch: present, seen }, epoch, alarm }: Begun,
  head: LedgerHead,
  ledger: LedgerSource,
): Promise<boolean> {
  // Where nothing can be compared, the alarm of the account says what was found.
  if (seen === null || seen.sequence < head.oldestSequence) {
    return alarm === 'ledger_reset' && epoch === present
  }
  if (seen.sequence > head.sequence) {
    // A ledger with a lower number that closed later is of another ledger.
    if (Date.parse(head.closedAt) > Date.parse(seen.closedAt)) return true
    throw new ObserverAlarm(
      'cursor_ahead',
      `The source ends at ledger ${head.sequence}, and ledger ${seen.sequence} was seen before: it lags.`,
    )
  }
  const shown = await ledger.ledger(seen.sequence)
  if (shown !== null) return shown.hash !== seen.hash
  throw new LedgerError(
    'ledger_unreachable',
    `The source does not show ledger ${seen.sequence}, which lies within its history.`,
  )
}
