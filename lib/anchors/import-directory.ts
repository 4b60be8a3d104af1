import type { Database } from '../db/client.ts'
import { redactText } from '../log.ts'
import type { FetchUntrusted } from '../net/fetch-untrusted.ts'
import type { Network } from '../stellar/network.ts'
import { loadDirectory } from './discovery/directory.ts'
import { type Listing, normaliseRows, type RejectedRow } from './discovery/directory-row.ts'
import { importListings, refusalText } from './discovery/store.ts'

export interface ImportSettings {
  network: Network
  /** The rows themselves, or the https URL of a JSON or CSV directory. */
  from: { anchors: readonly unknown[] } | { downloadUrl: string }
  dryRun: boolean
  /** Whether new rows are active. Known rows keep their own value. */
  active: boolean
  /** Whether more than half of a directory's rows may be dropped or changed. */
  force: boolean
  allowedDomains: readonly string[]
}

/** The answer of an import, in the keys of the HTTP contract. The counts are listings, except `skippedSourceRows`. */
export interface ImportAnswer {
  status: 'ok'
  action: 'import_directory'
  dryRun: boolean
  source: string
  totalNormalized: number
  skippedSourceRows: number
  rejectedByDomain: number
  allowedDomainsCount: number
  /** How the rows reached us. It describes this call and repeats no claim of the payload. */
  provenance: { kind: 'request_body' | 'download'; host: string | null }
  written: number
  sample: Omit<Listing, 'pairing' | 'active'>[]
  rejected: RejectedRow[]
  /** Only of a dry run. */
  changes?: { new: number; changed: number; unchanged: number; dropped: number }
  /** Why the import would be refused without `force`. Only of a dry run. */
  refusal?: string | null
}

const SAMPLE_SIZE = 10
/** A longer answer than 4.5 MB never leaves the host. */
const MAX_REASONS = 5_000

/**
 * Turns directory rows into listings, reports them, and stores them in one step unless it is a dry run.
 *
 * @throws AppError `source_unavailable`, `source_unusable`, `import_refused` for a `downloadUrl`; `database_unavailable`
 */
export async function importDirectory(
  settings: ImportSettings,
  io: { db: Database; fetch: FetchUntrusted },
): Promise<ImportAnswer> {
  const { from, network, dryRun, active, force, allowedDomains } = settings
  const { source, rows } =
    'anchors' in from
      ? { source: 'request-body', rows: from.anchors }
      : await loadDirectory(from.downloadUrl, io)
  const { listings, passedOver, skippedSourceRows, rejectedByDomain, rejected } = normaliseRows(
    rows,
    { network, allowedDomains },
  )
  const { written, refused, ...changes } = await importListings(io.db, {
    network,
    listings,
    passedOver,
    active,
    source,
    force,
    dryRun,
    cursor: null,
    run: null,
  })
  return {
    status: 'ok',
    action: 'import_directory',
    dryRun,
    source,
    totalNormalized: listings.length,
    skippedSourceRows,
    rejectedByDomain,
    allowedDomainsCount: allowedDomains.length,
    provenance:
      'anchors' in from
        ? { kind: 'request_body', host: null }
        : { kind: 'download', host: new URL(from.downloadUrl).host },
    written,
    sample: listings.slice(0, SAMPLE_SIZE).map(shownListing),
    // A reason quotes the row, which may hold a URL with a password.
    rejected: rejected
      .slice(0, MAX_REASONS)
      .map(({ index, reason }) => ({ index, reason: redactText(reason) })),
    ...(dryRun ? { changes, refusal: refused && refusalText(refused) } : {}),
  }
}

function shownListing({ pairing: _, active: __, ...shown }: Listing) {
  return shown
}
