import { z } from 'zod'
import { callChecked, type Database } from '../../db/client.ts'
import { count, textOrNull } from '../../db/shapes.ts'
import { AppError } from '../../errors.ts'
import type { Network } from '../../stellar/network.ts'
import type { Listing } from './directory-row.ts'

const refusal = z.object({ source: z.string(), rows: count, changed: count, dropped: count })
type Refusal = z.infer<typeof refusal>

const importCounts = z.object({
  written: count,
  new: count,
  changed: count,
  unchanged: count,
  /** Rows of this directory that it lists no more. */
  dropped: count,
  /** A directory of which more than half of the rows would be dropped or changed. */
  refused: refusal.nullable(),
})
export type ImportCounts = z.infer<typeof importCounts>

export interface ImportedRows {
  network: Network
  listings: readonly Listing[]
  /** The ids that the source lists and that are not wanted. */
  passedOver?: readonly string[]
  /** Whether new listings are active. A known one stays as a person decided. */
  active: boolean
  source: string
  /** Counts what a directory does not list as missed, if that was last done so long ago. Null: not at all. */
  countedAfterHours?: number | null
  /** Whether more than half of a directory may be dropped or changed. */
  force?: boolean
  dryRun: boolean
  /** A null position says that the walk has reached the end; the next one begins at the start. */
  cursor: { source: string; position: string | null } | null
  /** The run that must still hold its lease; null for the list of a person. */
  run: { id: string; fence: string | null } | null
}

/**
 * Stores listings in one step with the cursor of the walk that found them, and writes only the rows that change. A dry run
 * counts and writes nothing.
 *
 * @throws AppError `import_refused` when more than half of a directory's rows would be dropped or changed, `lease_lost` when
 *   another run has taken over: nothing was written; `database_unavailable`
 */
export async function importListings(db: Database, rows: ImportedRows): Promise<ImportCounts> {
  const counts = await callChecked(db, importCounts, 'import_listings', {
    network: rows.network,
    listings: rows.listings,
    passedOver: rows.passedOver ?? [],
    active: rows.active,
    source: rows.source,
    countedAfterHours: rows.countedAfterHours ?? null,
    force: rows.force ?? false,
    dryRun: rows.dryRun,
    cursorSource: rows.cursor?.source ?? null,
    cursor: rows.cursor?.position ?? null,
    runId: rows.run?.id ?? null,
    fence: rows.run?.fence ?? null,
  })
  if (counts.refused === null || rows.dryRun || rows.force) return counts
  throw new AppError('import_refused', refusalText(counts.refused))
}

/** Why an import is refused, and what the caller may do. */
export function refusalText({ source, rows, changed, dropped }: Refusal): string {
  return `The import is refused: it would drop ${dropped} and change ${changed} of the ${rows} rows that ${source} lists in the catalog; at most half of a directory's rows may be dropped or changed at once, unless force is true.`
}

const walk = z.object({ position: textOrNull, isDue: z.boolean() })

/**
 * Reads where the walk through a source goes on. It is not due when the last one has reached the end and began less than
 * `restHours` ago.
 *
 * @throws AppError `database_unavailable`
 */
export function readWalk(
  db: Database,
  wanted: { source: string; restHours: number },
): Promise<z.infer<typeof walk>> {
  return callChecked(db, walk, 'read_walk', wanted)
}

const domainsBelow = z.record(z.string(), z.array(z.string()))

/**
 * Reads the known home domains that are one of these registrable domains or below it.
 *
 * @throws AppError `database_unavailable`
 */
export function readDomainsBelow(
  db: Database,
  wanted: { network: Network; owners: readonly string[] },
): Promise<Record<string, string[]>> {
  return callChecked(db, domainsBelow, 'read_domains_below', wanted)
}
