import { createHash } from 'node:crypto'
import { memoValue } from '../../../../lib/stellar/memo.ts'
import { isoTime, type Json, type TransactionRow } from '../../model-database/tables.ts'
import { isClosed } from '../../model-database/transactions.ts'
import { markDueForChanges } from './due.ts'
import {
  isWithdrawal,
  type PaymentTables,
  refusedCredit,
  shownCredit,
  startOf,
  waits,
} from './tables.ts'

const MOST_PER_MEMO = 20

/** `find_candidates`. */
export function findCandidates(tables: PaymentTables, args: Json) {
  const rows = [...tables.base.transactions().values()]
  const found = new Map<string, Json>()
  for (const memo of args['memos'] as GivenMemo[]) {
    const { type, value } = memo
    const candidates = rows
      .filter(({ document }) => isNamedBy(document, type, value))
      .toSorted((a, b) => {
        const existed = (row: TransactionRow) => Number(existedBetween(tables, row, memo))
        const waitsFirst = Number(waits(b)) - Number(waits(a))
        return (
          existed(b) - existed(a) ||
          waitsFirst ||
          startOf(b) - startOf(a) ||
          byText(idOf(a.document), idOf(b.document))
        )
      })
    for (const { document } of candidates.slice(0, MOST_PER_MEMO)) {
      found.set(idOf(document), document)
    }
  }
  const ids = [...found.keys()].toSorted(byText)
  return { transactions: ids.map((id) => candidateOf(tables, found.get(id) ?? {}, args)) }
}

interface GivenMemo {
  type: string
  value: string
  from?: string
  until?: string
}

function existedBetween(
  { base }: PaymentTables,
  { document }: TransactionRow,
  { from, until }: GivenMemo,
): boolean {
  if (from === undefined || until === undefined) return false
  const startedAt = timeOf(document, 'started_at')
  const end = endedAt(base, document)
  const hadBegun = startedAt === null || Date.parse(startedAt) <= Date.parse(until) + 60_000
  return hadBegun && (end === null || Date.parse(end) > Date.parse(from))
}

/** `record_gone`. */
export function recordGone(tables: PaymentTables, args: Json) {
  const { base, now } = tables
  const rows = (args['ids'] as string[]).flatMap((id) => base.transactions().get(id) ?? [])
  const gone = rows.filter(({ goneAt }) => goneAt === null)
  const changes = gone.map((row) => {
    const before = { ...row }
    row.goneAt = now()
    return { before, after: row }
  })
  markDueForChanges(tables, changes)
  return { gone: gone.length }
}

/** Whether a payment with this memo, or to this muxed account, may be for the transaction. */
function isNamedBy(document: Json, type: string, value: string): boolean {
  if (type === 'transaction_id') return idOf(document) === value
  if (type === 'muxed_account') {
    const address = document['withdraw_anchor_account'] || document['destination_account']
    return value.length === 69 && address === value
  }
  const { memo, memo_type: memoType } = document
  if (typeof memo !== 'string' || memoType !== type) return false
  return memoValue(memo, type) === value && [...value].length <= 255
}

function candidateOf(tables: PaymentTables, document: Json, args: Json) {
  const { base } = tables
  const id = idOf(document)
  const requested = base
    .attempts()
    .findLast(
      ({ transactionId, method, state }) =>
        transactionId === id && method === args['accountMethod'] && state === 'APPLIED',
    )
  const amountIn = document['amount_in'] as Json | null | undefined
  const expected = document['amount_expected'] as Json | null | undefined
  return {
    id,
    sep: document['sep'] ?? '',
    kind: document['kind'] ?? '',
    status: document['status'],
    account:
      document['withdraw_anchor_account'] ||
      requested?.params['destination_account'] ||
      ((isWithdrawal(document) || document['sep'] === '31') && document['destination_account']) ||
      null,
    memo: document['memo'] ?? null,
    memoType: document['memo_type'] ?? null,
    amountIn: amountIn?.['amount'] ?? null,
    amountInAsset: amountIn?.['asset'] ?? null,
    amountExpected: expected?.['amount'] ?? null,
    amountExpectedAsset: expected?.['asset'] ?? null,
    startedAt: timeOf(document, 'started_at'),
    endedAt: endedAt(base, document),
    creditedBy: shownCredit(tables, id) ?? null,
    creditRefused: refusedCredit(tables, id) !== undefined,
    mark: transactionMark(tables, id),
  }
}

const MARKED = [
  ...['sep', 'kind', 'status', 'memo_type', 'memo', 'amount_in', 'amount_expected'],
  ...['withdraw_anchor_account', 'destination_account', 'started_at', 'completed_at'],
]

/** `transaction_mark`. */
export function transactionMark({ base }: PaymentTables, id: string): string | null {
  const row = base.transactions().get(id)
  if (row === undefined) return null
  const requested = base
    .attempts()
    .filter(({ transactionId, state }) => transactionId === id && state === 'APPLIED')
    .findLast(({ params }) => 'destination_account' in params)
  const shown = MARKED.map((name) => row.document[name] ?? null)
  const facts = JSON.stringify([...shown, row.goneAt, requested?.id ?? null])
  return createHash('md5').update(facts).digest('hex')
}

function timeOf(document: Json, name: string): string | null {
  const time = document[name]
  return typeof time === 'string' ? new Date(time).toISOString() : null
}

/** `ended_at`. */
function endedAt(base: PaymentTables['base'], document: Json): string | null {
  const row = base.transactions().get(idOf(document))
  if (!isClosed(document)) return isoTime(row?.goneAt ?? null)
  return timeOf(document, 'completed_at') ?? isoTime(row?.closedSeenAt ?? null)
}

const idOf = (document: Json) => String(document['id'])

/** Compares as Postgres does under the collation "C". */
const byText = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
