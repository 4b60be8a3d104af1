import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { count, jsonObject, textOrNull, time } from '../db/shapes.ts'
import { NETWORKS, type Network } from '../stellar/network.ts'
import { STEPS, type Step } from './check/capability.ts'
import type { ShownRow } from './check/row/shown-row.ts'
import { SEP_NAMES, type SepName } from './check/toml/fields.ts'
import type { Listing } from './discovery/directory-row.ts'
import { evidenceAge, verdict } from './store.ts'

const step = z.enum(STEPS)
const NO_STEPS = Object.fromEntries(SEP_NAMES.map((name) => [name, 'absent'])) as Record<
  SepName,
  Step
>
const shown = <T>() => z.custom<T>((value) => jsonObject.safeParse(value).success)

const catalogPage = z.object({
  anchors: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      domain: z.string(),
      network: z.enum(NETWORKS),
      country: z.string(),
      currency: z.string(),
      type: z.enum(['on-ramp', 'off-ramp']),
      operational: z.boolean(),
      ...verdict,
      stellarAsset: shown<ShownRow['stellarAsset'] & object>().nullable().default(null),
      /** Where the rail is served, as written. */
      railUrl: textOrNull.default(null),
      /** How far the rail is shown to work. */
      step,
      /** The terms for the asset and direction; amounts are in `unit`. */
      fees: shown<ShownRow['fees'] & object>().nullable().default(null),
      features: shown<ShownRow['features'] & object>().nullable().default(null),
      signingKey: textOrNull.default(null),
      sep: z.record(z.enum(SEP_NAMES), step).default(NO_STEPS),
      /** Beside the steps: when each declared protocol was seen, and last seen well. */
      evidence: z.record(z.string(), evidenceAge).default({}),
      updatedAt: time,
      lastCheckedAt: time.nullable(),
    }),
  ),
  next: textOrNull,
})
export type CatalogPage = z.infer<typeof catalogPage>

export interface CatalogFilter {
  network: Network
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
export function readCatalog(
  db: Database,
  filter: CatalogFilter & { limit: number; cursor: string | null },
): Promise<CatalogPage> {
  return callChecked(db, catalogPage, 'read_catalog', filter)
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
