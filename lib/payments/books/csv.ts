import { csvOf } from '../../csv.ts'
import type { Reconciliation } from './book.ts'

const LINE_COLUMNS = [
  ...['account', 'asset', 'ledger', 'closedAt', 'kind', 'state', 'amount', 'operationId'],
  ...['transactionHash', 'transactionId', 'status', 'externalTransactionId', 'verdict'],
  ...['attemptId', 'attemptState'],
] as const
const BOOK_COLUMNS = [
  ...['account', 'asset', 'snapshots', 'movements', 'openingLedger', 'openingAt', 'opening'],
  ...['moved', 'closingLedger', 'closingAt', 'closing', 'difference'],
] as const

/** The movements of one account and asset as CSV, else the summaries. */
export function csvOfBooks({ books, lines }: Pick<Reconciliation, 'books' | 'lines'>): string {
  const [book] = books
  if (lines !== null && book !== undefined) {
    const { account, asset } = book
    return csvOf(
      LINE_COLUMNS,
      lines.map((line) => ({ account, asset, ...line })),
    )
  }
  const rows = books.map(({ opening, closing, ...rest }) => ({
    ...rest,
    openingLedger: opening?.ledger ?? null,
    openingAt: opening?.closedAt ?? null,
    opening: opening?.balance ?? null,
    closingLedger: closing?.ledger ?? null,
    closingAt: closing?.closedAt ?? null,
    closing: closing?.balance ?? null,
  }))
  return csvOf(BOOK_COLUMNS, rows)
}
