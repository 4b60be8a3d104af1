import type { Reconciliation } from './book.ts'

/** A text of comma-separated values (RFC 4180), with the names of the columns in its first line. */
function csvOf<K extends string>(
  columns: readonly K[],
  rows: readonly Readonly<Record<K, string | number | null>>[],
): string {
  const lines = rows.map((row) => columns.map((column) => fieldOf(row[column])))
  return [[...columns], ...lines].map((fields) => `${fields.join(',')}\r\n`).join('')
}

/** A plain number, which no spreadsheet takes for a formula. */
const NUMBER = /^-?\d+(?:\.\d+)?$/
/** How a formula begins. Some spreadsheets drop white space before it. */
const FORMULA = /^\s*[=+\-@\t\r|%]/

/**
 * A value as a field. A spreadsheet runs a text like `=HYPERLINK(…)` as a formula, and texts such as external ids come from
 * others, so an apostrophe goes before it.
 */
function fieldOf(value: string | number | null): string {
  const text = String(value ?? '')
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text
  return /[",\r\n']/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe
}

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
