import { styleText } from 'node:util'
import { type Column, renderTable } from '../table.ts'

/** A stream of the process, or what a test has instead. */
export interface Stream {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

export type Mark = 'good' | 'bad'
/** A cell of a table; one that is good or bad has a colour on a terminal. */
export type Cell = string | { text: string; mark: Mark }

/** Where a command prints. Texts come from the network: none of them can write an escape sequence. */
export interface Output {
  /** A line of the result, on stdout. */
  line(text: string): void
  /** A table of the result, on stdout. */
  table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): void
  /** What is said beside the result, on stderr. */
  note(text: string): void
  /** Lines of comma-separated values, on stdout. */
  csv(text: string): void
  /** The answer of the deployment as JSON, on stdout. */
  json(answer: unknown): void
}

const COLOURS = { good: 'green', bad: 'red' } as const

/** @param redact keeps the secrets of the caller out of everything that is printed */
export function createOutput(
  { stdout, stderr }: { stdout: Stream; stderr: Stream },
  redact: (text: string) => string,
  environment: Readonly<Record<string, string | undefined>>,
): Output {
  const width = stdout.isTTY ? (stdout.columns ?? 80) : Infinity
  const isColoured =
    stdout.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb'
  const colour = (format: Parameters<typeof styleText>[0], text: string) =>
    isColoured ? styleText(format, text, { validateStream: false }) : text
  const plain = (text: string) => redact(text).replace(/[^\P{C}\n]/gu, '\ufffd')
  return {
    line: (text) => stdout.write(`${plain(text)}\n`),
    note: (text) => stderr.write(`${plain(text)}\n`),
    csv: (text) => stdout.write(`${text.split('\r\n').map(plain).join('\r\n')}`),
    json: (answer) => stdout.write(`${redact(jsonOf(answer))}\n`),
    table(columns, rows) {
      const texts = rows.map((row) => row.map((cell) => redact(textOf(cell))))
      const paint = (text: string, row: number | 'title', column: number) => {
        if (row === 'title') return colour('bold', text)
        const cell = rows[row]?.[column]
        return typeof cell === 'object' ? colour(COLOURS[cell.mark], text) : text
      }
      stdout.write(`${renderTable(columns, texts, { width, paint })}\n`)
    },
  }
}

const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text)

/** JSON in which every character that a terminal may obey is escaped. */
function jsonOf(value: unknown): string {
  const text = JSON.stringify(value, null, 2)
  return text.replace(/[^\P{C}\n]/gu, (found) =>
    [...Array(found.length).keys()]
      .map((index) => `\\u${found.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}
