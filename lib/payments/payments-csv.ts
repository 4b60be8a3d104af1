import { type CsvPage, csvOf } from '../csv.ts'
import type { StoredPayment } from './store.ts'

/** Programs read columns by their names, so a new one goes to the end and none is renamed. docs/api.md lists them. */
const COLUMNS = [
  ...['operationId', 'epoch', 'account', 'ledger', 'closedAt', 'transactionHash', 'successful'],
  ...['kind', 'from', 'fromMuxedId', 'to', 'toMuxedId', 'asset', 'amount', 'memoType', 'memo'],
  ...['verdict', 'sentence', 'state', 'openSince', 'transactionId', 'attemptId', 'attemptState'],
  ...['recordedAt', 'judgedAt'],
] as const

/** A page of payments as CSV. */
export function csvOfPayments(page: { payments: StoredPayment[]; next: string | null }): CsvPage {
  return { name: 'payments', csv: csvOf(COLUMNS, page.payments), next: page.next }
}
