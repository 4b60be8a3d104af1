import { shownText } from './shown-text.ts'

/** One home domain as `npm start` shows it. */
export interface CatalogLine {
  domain: string
  state: string
  seps: string
  currencies: string
  countries: string
  /** The reasons of its listings, also of operational ones. */
  why: string
  evidence: string
}

const HEADINGS: CatalogLine = {
  domain: 'HOME DOMAIN',
  state: 'STATE',
  seps: 'SEPS',
  currencies: 'CURRENCIES',
  countries: 'COUNTRIES',
  why: 'WHY',
  evidence: 'EVIDENCE',
}

const WIDEST: Record<keyof CatalogLine, number> = {
  domain: 44,
  state: 14,
  seps: 24,
  currencies: 18,
  countries: 12,
  why: 64,
  evidence: 64,
}

/** Prints the lines in columns. Each column is as wide as its content, up to a limit where the text is cut. */
export function renderTable(lines: readonly CatalogLine[]): string {
  const columns = Object.keys(HEADINGS) as (keyof CatalogLine)[]
  const widths = columns.map((column) =>
    Math.min(WIDEST[column], Math.max(...[HEADINGS, ...lines].map((line) => line[column].length))),
  )
  return [HEADINGS, ...lines]
    .map((line) =>
      columns
        .map((column, index) => cell(line[column], widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

// The text may come from an anchor.
const cell = (raw: string, width: number): string => shownText(raw, width).padEnd(width)
