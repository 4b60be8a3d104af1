import { styleText } from 'node:util'
import { type Column, renderTable } from './table.ts'

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

/** What the marks of the table mean. */
export const LEGEND = [
  'STATE: operational; disabled until it answers again; else as its last check said',
  'SEPS: ! proven, + as the SEP says, * it answers, p it refuses strangers,',
  '      bare: declared only',
].join('\n')

const NARROW = {
  domain: { title: 'HOME DOMAIN' },
  state: { title: 'STATE', isWhole: true },
  seps: { title: 'SEPS' },
  why: { title: 'WHY' },
} as const satisfies Partial<Record<keyof CatalogLine, Column>>

const WIDE = {
  ...NARROW,
  currencies: { title: 'CURRENCIES' },
  countries: { title: 'COUNTRIES' },
  evidence: { title: 'EVIDENCE' },
} as const satisfies Record<keyof CatalogLine, Column>

/** `first, second, third` as `first +2`. */
function firstOf(list: string): string {
  const [first = '', ...others] = list.split(', ')
  return others.length === 0 ? first : `${first} +${others.length}`
}

const COLOURS: Record<string, 'green' | 'red'> = { operational: 'green', disabled: 'red' }

/**
 * Prints the lines in columns that fit the terminal, with the first reason of each. A wide table has all columns and texts,
 * and lines as long as they need.
 *
 * @param settings.isColoured paints the states
 */
export function renderCatalog(
  lines: readonly CatalogLine[],
  { width, isWide, isColoured }: { width: number; isWide: boolean; isColoured: boolean },
): string {
  const columns = isWide ? WIDE : NARROW
  const names = Object.keys(columns) as (keyof CatalogLine)[]
  const shown = lines.map((line) => (isWide ? line : { ...line, why: firstOf(line.why) }))
  const stateColumn = names.indexOf('state')
  return renderTable(
    Object.values(columns),
    shown.map((line) => names.map((name) => line[name])),
    {
      width: isWide ? Number.POSITIVE_INFINITY : width,
      paint: (text, row, column) => {
        if (!isColoured) return text
        if (row === 'title') return styleText('bold', text, { validateStream: false })
        if (column !== stateColumn) return text
        return styleText(COLOURS[text] ?? 'yellow', text, { validateStream: false })
      },
    },
  )
}
