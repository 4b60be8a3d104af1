import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { count, textOrNull } from '../db/shapes.ts'
import type { Network } from '../stellar/network.ts'
import type { Step } from './check/capability.ts'
import type { Rail } from './check/row/reasons.ts'
import type { Basis } from './check/row/row-evidence.ts'
import type { ShownRow } from './check/row/shown-row.ts'
import type { SepName } from './check/toml/fields.ts'
import type { Listing } from './discovery/directory-row.ts'
import type { EvidenceAge } from './store.ts'

/** One listing with its verdict and what the last readable check saw. */
export interface CatalogRow extends ShownRow {
  id: string
  name: string
  domain: string
  network: Network
  /** ISO 3166-1 alpha-2; `ZZ` is worldwide. */
  country: string
  currency: string
  type: Listing['type']
  operational: boolean
  why: string[]
  rail: Rail | null
  asset: string | null
  basis: Basis | null
  pairing: 'given' | 'multiplied'
  /** How far the rail is shown to work. */
  step: Step
  signingKey: string | null
  sep: Record<SepName, Step>
  /** Beside the steps: when each declared protocol was seen, and last seen well. */
  evidence: Record<string, EvidenceAge>
  /** ISO 8601, UTC. */
  updatedAt: string
  lastCheckedAt: string | null
}

/** A page whose rows are the text of a JSON array of `CatalogRow`, as the database wrote it. */
export interface CatalogText {
  anchorsText: string
  next: string | null
}

const storedPage = z.object({
  listings: z.array(z.string()),
  // Null where it is that of the row above, which for most rows it is.
  domains: z.array(textOrNull),
  next: textOrNull,
})

export interface CatalogPage {
  anchors: CatalogRow[]
  next: string | null
}

export type CatalogQuery = CatalogFilter & { limit: number; cursor: string | null }

export interface CatalogFilter {
  network: Network
  /** A part of the name or of the home domain, in any letter case. */
  search: string | null
  country: string | null
  /** In any letter case. */
  currency: string | null
  type: Listing['type'] | null
  sep: SepName | null
  /** Of `sep`, or without it of the rail that carries the listing. */
  minStep: Step | null
  /** The code of an asset on the ledger. */
  asset: string | null
  issuer: string | null
  /** ISO 8601, UTC: only what a page shows otherwise since then, the ages of the evidence aside. */
  updatedSince: string | null
  operationalOnly: boolean
}

/** The filter that every active listing of a network passes. */
export const NO_FILTER: Omit<CatalogFilter, 'network'> = {
  search: null,
  country: null,
  currency: null,
  type: null,
  sep: null,
  minStep: null,
  asset: null,
  issuer: null,
  updatedSince: null,
  operationalOnly: false,
}

/**
 * Reads a page of active listings in the order of their ids. `sep` selects those whose stellar.toml at least declares it;
 * `next` is the `cursor` of the following page.
 *
 * @throws AppError `database_unavailable`
 */
export async function readCatalog(db: Database, query: CatalogQuery): Promise<CatalogPage> {
  const { anchorsText, next } = await readCatalogText(db, query)
  return { anchors: JSON.parse(anchorsText), next }
}

/**
 * `readCatalog` for who passes the rows on. Parsing 100 of them and writing them again would take as long as reading them.
 *
 * @throws AppError `database_unavailable`
 */
export async function readCatalogText(db: Database, query: CatalogQuery): Promise<CatalogText> {
  const { listings, domains, next } = await callChecked(db, storedPage, 'read_catalog', query)
  let domain = ''
  const rows = listings.map((listing, place) => {
    domain = domains[place] ?? domain
    return `{${listing}, ${domain}}`
  })
  return { anchorsText: `[${rows.join(',')}]`, next }
}

const countries = z.array(
  z.object({
    code: z.string(),
    currencies: z.array(z.string()),
    onRampCount: count,
    offRampCount: count,
    operationalAnchors: count,
  }),
)
export type Country = z.infer<typeof countries>[number]

/**
 * Reads the countries of active listings, in the order of their codes. The counts are of anchors, by home domain: one with
 * three currencies counts once.
 *
 * @throws AppError `database_unavailable`
 */
export function readCountries(
  db: Database,
  filter: { network: Network; includeNonOperational: boolean },
): Promise<Country[]> {
  return callChecked(db, countries, 'read_countries', filter)
}
