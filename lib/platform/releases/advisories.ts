import { FAMILIES, RELEASES, type Release } from './families.ts'

/**
 * A known fault of the Anchor Platform that costs money or hides it. docs/platform-advisories.md has a row for each, with
 * what covers it; a test compares the two.
 */
export interface Advisory {
  id: string
  /** The first and the last family that has it. Without `until` no release is known to be without it. */
  from: Release
  until?: Release
}

export const ADVISORIES: readonly Advisory[] = [
  { id: 'lost_update', from: '2.8', until: '4.0' },
  { id: 'saved_with_error', from: '2.8' },
  { id: 'path_payment_sum_sent', from: '2.8' },
  { id: 'path_payment_sep31', from: '2.8' },
  { id: 'asset_by_number', from: '2.8' },
  { id: 'failed_transaction_taken', from: '2.8' },
  { id: 'shared_memo', from: '2.8' },
  { id: 'memo_id_above_2_63', from: '2.8', until: '3.0' },
  { id: 'first_sender_taken', from: '2.8' },
  { id: 'payment_taken_again', from: '2.8' },
  { id: 'payment_memo_copied', from: '2.8' },
  { id: 'refund_counted_twice', from: '2.8' },
  { id: 'refund_sum_rounded', from: '2.8' },
  { id: 'refund_without_id', from: '2.8' },
  { id: 'refund_ignored', from: '2.8' },
  { id: 'unreadable_page', from: '2.8' },
  { id: 'events_lost', from: '2.8' },
  { id: 'fee_ignored', from: '3.0' },
  { id: 'auth_setting_ignored', from: '3.0' },
  { id: 'observer_stopped_by_event', from: '4.0' },
]

/** The ids of the advisories of a release. */
export function advisoriesOf(release: Release): string[] {
  const at = RELEASES.indexOf(release)
  const has = ({ from, until = release }: Advisory) =>
    RELEASES.indexOf(from) <= at && at <= RELEASES.indexOf(until)
  return ADVISORIES.filter(has).map(({ id }) => id)
}

/** The releases of an advisory as the page writes them, such as `2.8 to 4.1` or `from 4.0`. */
export function releasesOf({ from, until }: Advisory): string {
  const last = FAMILIES.find(({ name }) => name === until)?.until
  if (last !== undefined) return `${from} to ${last}`
  return from === RELEASES[0] ? 'all' : `from ${from}`
}
