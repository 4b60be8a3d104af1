type Cell = string | number | boolean | null

/** A table as CSV, with the cursor of its next page. */
export interface CsvPage {
  /** The name of the file without its ending. */
  name: string
  csv: string
  next: string | null
}

/** A text of comma-separated values (RFC 4180), with the names of the columns in its first line. */
export function csvOf<K extends string>(
  columns: readonly K[],
  rows: readonly Readonly<Record<K, Cell>>[],
): string {
  const lines = rows.map((row) => columns.map((column) => fieldOf(row[column])))
  return [[...columns], ...lines].map((fields) => `${fields.join(',')}\r\n`).join('')
}

/** A plain number, which no spreadsheet takes for a formula. A negative amount stays a number. */
const NUMBER = /^-?\d+(?:\.\d+)?$/
/** How a formula begins, with the full-width signs that some spreadsheets read alike. Some drop white space before it. */
const FORMULA = /^\s*[=+\-@\t\r|%＝＋－＠]/
/** Where the next cell begins for a spreadsheet that separates by semicolons or tabs, as it does in many countries. */
const LATER_FORMULA = /([;\t\r\n] {0,4})(?=[=+\-@|%＝＋－＠])/g

/**
 * A value as a field. A spreadsheet runs a text like `=HYPERLINK(…)` as a formula, and texts such as external ids come from
 * others, so an apostrophe goes before it.
 */
function fieldOf(value: Cell): string {
  const text = String(value ?? '')
  if (NUMBER.test(text)) return text
  const inside = text.replace(LATER_FORMULA, "$1'")
  const safe = FORMULA.test(text) ? `'${inside}` : inside
  return /[",\r\n']/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe
}
