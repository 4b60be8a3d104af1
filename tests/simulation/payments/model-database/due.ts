import { memoValue } from '../../../../lib/stellar/memo.ts'
import {
  type AttemptRow,
  isoTime,
  type Json,
  type TransactionRow,
  WITHOUT_EFFECT,
} from '../../model-database/tables.ts'
import { isClosed } from '../../model-database/transactions.ts'
import { setOpen } from './open-money.ts'
import { awaitsPayment, type PaymentRow, type PaymentTables, presentEpoch } from './tables.ts'

const CLOCKS_APART_MS = 60_000
const MAY_CHANGE: ReadonlySet<string> = new Set([
  'no_match',
  'catching_up',
  'not_awaiting',
  'paid_outside_window',
  'ambiguous',
  'wrong_account',
  'wrong_asset',
  'amount_unknown',
  'amount_short',
  'amount_over',
  'already_paid',
])

/** `may_change`. */
export const mayChange = (verdict: string): boolean => MAY_CHANGE.has(verdict)

/** A name whose payments are to be marked as due. */
export interface DueName {
  type: unknown
  value: string
  startMs: number
}

/** The triggers `transaction_due_new` and `transaction_due_changed`. */
export function markDueForChanges(
  tables: PaymentTables,
  changes: readonly { before: TransactionRow | null; after: TransactionRow }[],
): void {
  const names = changes.flatMap(({ before, after }) => {
    const startMs = startOf(after)
    if (before === null) return namesOf(after, startMs)
    if (expectationOf(before) === expectationOf(after)) return []
    const earliest = Math.min(startOf(before), startMs)
    return [...namesOf(before, earliest), ...namesOf(after, earliest)]
  })
  noteDue(tables, names)
}

/** The trigger `attempt_due`. */
export function markDueForAttempt(
  tables: PaymentTables,
  { transactionId, params, state }: AttemptRow,
  from: string,
): void {
  if (!('destination_account' in params) || (state !== 'APPLIED' && from !== 'APPLIED')) return
  noteDueOf(tables, transactionId)
}

/** Notes the names of the payments that may be for a transaction. */
export function noteDueOf(tables: PaymentTables, transactionId: string): void {
  const row = tables.base.transactions().get(transactionId)
  if (row !== undefined) noteDue(tables, namesOf(row, startOf(row)))
}

/** The trigger `attempt_sets_open`: other payments for the transaction were judged as if it was paid. */
export function noteDueOfEnded(tables: PaymentTables, { state, transactionId }: AttemptRow): void {
  if (!WITHOUT_EFFECT.has(state) || !tables.creditedBy.has(transactionId)) return
  noteDueOf(tables, transactionId)
}

/** `note_due`. The database notes a name only if a payment has it. */
function noteDue(tables: PaymentTables, names: readonly DueName[]): void {
  tables.dueNames.push(...names.filter((name) => meantBy(tables, [name]).length > 0))
}

/** `mark_due`. */
export function markDue(tables: PaymentTables): void {
  tables.marks += 1
  for (const row of meantBy(tables, tables.dueNames)) {
    if (row.closedBy !== null && tables.rules.closingHolds) continue
    mark(tables, row, 0)
    setOpen(tables, row)
  }
  tables.dueNames = []
}

const meantBy = (tables: PaymentTables, names: readonly DueName[]): PaymentRow[] =>
  [...tables.payments.values()].filter(
    (row) =>
      row.epoch === presentEpoch(tables) &&
      mayChange(row.verdict) &&
      names.some((name) => isMeant(row, name)),
  )

/** Marks a payment as due after so long. Those that one step marks for the same time have the same mark. */
export function mark(tables: PaymentTables, row: PaymentRow, dueInMs: number): void {
  const dueMark = `mark-${tables.marks}-${dueInMs}`
  Object.assign(row, { dueAt: tables.now() + dueInMs, dueMark })
}

function isMeant({ facts }: PaymentRow, { type, value, startMs }: DueName): boolean {
  if (Date.parse(String(facts['closedAt'])) < startMs) return false
  if (type === 'muxed_account') return facts['toMuxedAccount'] === value
  if (type === 'id' && facts['toMuxedId'] === value) return true
  return facts['memoType'] === type && facts['memo'] === value
}

/** `payment_names`. */
function namesOf({ document }: TransactionRow, startMs: number): DueName[] {
  const { memo, memo_type: type } = document
  const address = String(document['withdraw_anchor_account'] || document['destination_account'])
  const value = typeof memo === 'string' ? memoValue(memo, String(type)) : ''
  return [
    ...(value === '' || [...value].length > 255 ? [] : [{ type, value, startMs }]),
    ...(address.length === 69 ? [{ type: 'muxed_account', value: address, startMs }] : []),
  ]
}

function startOf({ document }: TransactionRow): number {
  const startedAt = document['started_at']
  if (typeof startedAt !== 'string') return Number.NEGATIVE_INFINITY
  return Date.parse(startedAt) - CLOCKS_APART_MS
}

const EXPECTED = [
  ...['sep', 'kind', 'memo_type', 'memo', 'amount_in', 'amount_expected', 'started_at'],
  ...['completed_at', 'withdraw_anchor_account', 'destination_account'],
]

function expectationOf({ document, goneAt }: TransactionRow): string {
  const shown = EXPECTED.map((name) => document[name] ?? null)
  return JSON.stringify([...shown, goneAt, isClosed(document), awaitsPayment(document)])
}

const ledgerOf = ({ facts }: PaymentRow) => Number(facts['ledger'])

/** `find_due`. */
export function findDue(tables: PaymentTables, args: Json) {
  const { payments, now } = tables
  markDue(tables)
  const before = args['before'] === null ? now() : Date.parse(String(args['before']))
  const due = [...payments.values()]
    .filter(({ epoch, account }) => epoch === args['epoch'] && account === args['account'])
    .flatMap((row) => (row.dueAt !== null && row.dueAt <= before ? { ...row, at: row.dueAt } : []))
    .toSorted(
      (a, b) =>
        a.at - b.at || ledgerOf(a) - ledgerOf(b) || (a.operationId < b.operationId ? -1 : 1),
    )
  return {
    before: isoTime(before),
    payments: due.slice(0, Number(args['limit'])).map(({ facts, dueMark, source }) => {
      const { toMuxedAccount: _, ...shown } = facts
      return { ...shown, dueMark, source }
    }),
  }
}
