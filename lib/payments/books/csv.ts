/** A text of comma-separated values (RFC 4180), with the names of the columns in its first line. */
export function csvOf<K extends string>(
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
