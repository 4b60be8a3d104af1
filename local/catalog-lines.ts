import { type CatalogPage, NO_FILTER, readCatalog } from '../lib/anchors/catalog-store.ts'
import { REASONS } from '../lib/anchors/check/row/reasons.ts'
import { readHomeDomain } from '../lib/anchors/store.ts'
import type { Config } from '../lib/config.ts'
import type { Database } from '../lib/db/client.ts'
import type { CatalogLine } from './catalog-table.ts'
import { renderTable } from './table.ts'

const PAGE_SIZE = 500
type Row = CatalogPage['anchors'][number]

/**
 * The catalog with one line for each home domain: its state, the reasons of its listings, and its error or the codes of its
 * findings.
 */
export async function readCatalogLines(
  db: Database,
  { network }: Pick<Config, 'network'>,
): Promise<CatalogLine[]> {
  const byDomain = Map.groupBy(await readAllRows(db, network), (row) => row.domain)
  const lines: CatalogLine[] = []
  for (const [domain, rows] of byDomain) {
    const evidence = await readHomeDomain(db, { network, domain })
    const state = evidence?.health.autoDisabledReason
      ? 'disabled'
      : rows.some((row) => row.operational)
        ? 'operational'
        : (evidence?.outcome ?? 'unchecked')
    lines.push({
      domain,
      state,
      seps: sepsOf(rows[0]),
      currencies: unique(rows.map((row) => row.currency)),
      countries: unique(rows.map((row) => row.country)),
      why: unique(rows.flatMap((row) => row.why)).replaceAll(' ', ', '),
      evidence: evidence?.error ?? codesOf(evidence?.findings ?? []),
    })
  }
  return lines
}

async function readAllRows(db: Database, network: Config['network']): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | null = null
  do {
    const page: CatalogPage = await readCatalog(db, {
      network,
      ...NO_FILTER,
      limit: PAGE_SIZE,
      cursor,
    })
    rows.push(...page.anchors)
    cursor = page.next
  } while (cursor !== null)
  return rows
}

const MARK: Record<string, string> = {
  declared: '',
  reachable: '*',
  conformant: '+',
  verified: '!',
}

/** In `24+ 6* 10 31*p`, SEP-24 is conformant, SEP-6 reachable, SEP-10 declared, and SEP-31 refuses strangers. */
function sepsOf(row: Row | undefined): string {
  return Object.entries(row?.sep ?? {})
    .filter(([, step]) => step !== 'absent')
    .map(([name, step]) => {
      const isProtected = row?.evidence[name]?.protected === true
      return name.replace('sep', '') + (MARK[step] ?? '') + (isProtected ? 'p' : '')
    })
    .join(' ')
}

const unique = (values: readonly string[]) => [...new Set(values)].join(' ')

function codesOf(findings: readonly { code: string }[]): string {
  return unique(findings.map(({ code }) => code)).replaceAll(' ', ', ')
}

/** The meaning of each reason that occurs in the lines, in the order of the table of reasons, in lines of such a width. */
export function explainReasons(lines: readonly CatalogLine[], width: number): string {
  const occurring = new Set(lines.flatMap(({ why }) => why.split(', ')))
  const reasons = Object.entries(REASONS).filter(([code]) => occurring.has(code))
  return renderTable(
    [{ title: 'WHY', isWhole: true }, { title: 'MEANING (docs/reasons.md)' }],
    reasons.map(([code, { meaning }]) => [code, meaning]),
    { width },
  )
}
