import Table from 'cli-table3'
import { shownText } from './shown-text.ts'

/** A column of a table. */
export interface Column {
  title: string
  /** Its values are never broken, such as ids that a person copies. */
  isWhole?: true
}

const GAP = '  '
const LEAST_WIDTH = 8
const LONGEST_CELL = 2_000

/** No lines around cells, so that every line of a table can be read by `grep` and `awk`. */
const NO_LINES = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'],
    ...['bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ].map((name) => [name, '']),
)

interface TableSettings {
  /** Of the terminal. Infinity where no line is broken. */
  width: number
  /** Gives a cell its colour. */
  paint?: (text: string, row: number | 'title', column: number) => string
}

/**
 * Prints rows in columns. On a terminal the widest columns become narrower until a line fits, and their texts go on in the
 * next line. No cell can write an escape sequence or a line break.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, paint = (text) => text }: TableSettings,
): string {
  const cells = rows.map((row) => row.map((cell) => shownText(cell, LONGEST_CELL)))
  const table = new Table({
    chars: { ...NO_LINES, middle: GAP },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colWidths: fitting(columns, cells, width),
    wordWrap: Number.isFinite(width),
    head: columns.map(({ title }, index) => paint(title, 'title', index)),
  })
  for (const [row, texts] of cells.entries()) {
    table.push(texts.map((text, column) => paint(text, row, column)))
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

/** The width of each column. The widest one that may be broken gives way first. */
function fitting(
  columns: readonly Column[],
  cells: readonly (readonly string[])[],
  width: number,
): (number | null)[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((row) => row[index]?.length ?? 0)),
  )
  const room = width - GAP.length * (columns.length - 1)
  for (let over = sum(widths) - room; over > 0; over = sum(widths) - room) {
    const breakable = widths.map((one, index) => (columns[index]?.isWhole ? 0 : one))
    const widest = Math.max(...breakable)
    if (widest <= LEAST_WIDTH) break
    const second = Math.max(LEAST_WIDTH, ...breakable.filter((one) => one < widest))
    const index = breakable.indexOf(widest)
    widths[index] = Math.max(second === widest ? widest - 1 : second, widest - over, LEAST_WIDTH)
    if (widths[index] === widest) widths[index] = widest - 1
  }
  return Number.isFinite(width) ? widths : widths.map(() => null)
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
