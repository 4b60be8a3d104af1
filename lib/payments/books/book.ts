import { formatStroops } from '../../stellar/amount.ts'
import type { Comparison, StoredBook, StoredLine } from './store.ts'

/** A balance at the end of a ledger, in units. */
interface ShownSnapshot {
  ledger: number
  closedAt: string
  balance: string
}

/** Movements of one kind and, for payments that the account received, of one state. */
interface ShownGroup {
  kind: string
  movements: number
  amount: string
}

/** The books of one asset of an account, in units to the stroop. */
interface Book {
  epoch: number
  account: string
  asset: string
  /** Whether there are two snapshots. Without them no difference is told. */
  snapshots: 'both' | 'missing'
  /** Whether every movement between them was read. `not_read` tells no difference either. */
  movements: 'whole' | 'not_read'
  /** The ledger up to which movements were read. */
  readUpTo: number | null
  opening: ShownSnapshot | null
  closing: ShownSnapshot | null
  paymentsIn: (ShownGroup & { state: string })[]
  paymentsOut: ShownGroup[]
  /** What moved the balance otherwise: fees, trades, claims and the rest. */
  other: ShownGroup[]
  /** The sum of all movements. */
  moved: string
  /** Opening balance and movements less the closing balance: `0` when the books agree, null when it cannot be told. */
  difference: string | null
}

/** The kinds of movements that are payments. */
const PAYMENTS: ReadonlySet<string> = new Set([
  'payment_in',
  'payment_out',
  'path_payment',
  'create_account',
  'account_merge',
  'contract_transfer',
])

/** Shows stored books, and tells the difference where nothing is missing. */
export function bookOf({ opening, closing, groups, isRead, ...stored }: StoredBook): Book {
  const moved = groups.reduce((sum, { stroops }) => sum + BigInt(stroops), 0n)
  const isKnown = opening !== null && closing !== null && isRead
  const hasBoth = opening !== null && closing !== null
  const shown = groups.map(({ stroops, incoming, state, ...group }) => ({
    isPayment: PAYMENTS.has(group.kind),
    incoming,
    state,
    group: { ...group, amount: formatStroops(BigInt(stroops)) },
  }))
  return {
    ...stored,
    snapshots: hasBoth ? 'both' : 'missing',
    movements: isRead || !hasBoth ? 'whole' : 'not_read',
    opening: opening && snapshotOf(opening),
    closing: closing && snapshotOf(closing),
    paymentsIn: shown
      .filter(({ isPayment, incoming }) => isPayment && incoming)
      .map(({ group, state }) => ({ ...group, state: state ?? 'not_observed' })),
    paymentsOut: shown
      .filter(({ isPayment, incoming }) => isPayment && !incoming)
      .map(({ group }) => group),
    other: shown.filter(({ isPayment }) => !isPayment).map(({ group }) => group),
    moved: formatStroops(moved),
    difference: isKnown
      ? formatStroops(BigInt(opening.stroops) + moved - BigInt(closing.stroops))
      : null,
  }
}

function snapshotOf({ stroops, ...place }: { ledger: number; closedAt: string; stroops: string }) {
  return { ...place, balance: formatStroops(BigInt(stroops)) }
}

/** One movement of the books, in units. */
type BookLine = Omit<StoredLine, 'stroops'> & { amount: string }

/** Shows a stored line. */
export function lineOf({ stroops, ...line }: StoredLine): BookLine {
  return { ...line, amount: formatStroops(BigInt(stroops)) }
}

/** A difference in words, for a person. */
export function describeDifference(comparison: Comparison): string {
  const { asset, account, openingLedger, closingLedger, difference } = comparison
  const amount = formatStroops(BigInt(difference))
  return `The movements of ${asset} of ${account} from ledger ${openingLedger} to ${closingLedger} and its balances differ by ${amount}.`
}

/** The books of a period. `lines` is a page of the movements, if one account and one asset are asked for. */
export interface Reconciliation {
  books: Book[]
  lines: BookLine[] | null
  next: string | null
}
