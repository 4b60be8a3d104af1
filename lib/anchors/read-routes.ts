import * as z from 'zod'
import type { Config } from '../config.ts'
import type { CsvPage } from '../csv.ts'
import type { Database } from '../db/client.ts'
import type { ReadShared } from '../db/shared-reads.ts'
import { AppError } from '../errors.ts'
import { boolean, choice, FORMATS, instant, integer, pageCursor } from '../http/parameters.ts'
import type { Log } from '../log.ts'
import type { FetchUntrusted } from '../net/fetch-untrusted.ts'
import { isAccountId } from '../stellar/account-id.ts'
import { orNull, parseHomeDomain } from '../stellar/home-domain.ts'
import { NETWORKS } from '../stellar/network.ts'
import { cursorAfter, idOfCursor } from './catalog-cursor.ts'
import { type CatalogText, type Country, readCatalogText, readCountries } from './catalog-store.ts'
import { STEPS } from './check/capability.ts'
import type { Check } from './check/check.ts'
import { SEP_NAMES } from './check/toml/fields.ts'
import { countryName, countryParameter } from './discovery/country.ts'
import type { IssuerBook } from './issuers/issuer-book.ts'
import { type HomeDomainEvidence, readHomeDomain } from './store.ts'

export interface ReadDeps {
  config: Config
  db: Database
  fetch: FetchUntrusted
  now: () => Date
  sleep: (ms: number) => Promise<void>
  log: Log
}

/** What a page that many ask for at once is read with. */
export interface SharedReadDeps extends Pick<ReadDeps, 'config' | 'db'> {
  readShared: ReadShared
}

const CURRENCY = '1 to 12 letters or digits'
const SEARCH = 'a part of a name or of a home domain: 1 to 100 characters'
const ASSET = 'the code of an asset on the ledger: 1 to 12 letters or digits'
const ISSUER = 'an account (G…), or native'

/** The filters of the catalog. Without a filter every active listing is returned. */
export const catalogParameters = z.object({
  search: z
    .string({ error: SEARCH })
    .trim()
    .min(1, { error: SEARCH })
    .max(100, { error: SEARCH })
    .optional(),
  country: countryParameter.optional(),
  currency: z
    .string({ error: CURRENCY })
    .regex(/^[A-Za-z0-9]{1,12}$/, { error: CURRENCY })
    .optional(),
  type: choice(['on-ramp', 'off-ramp']).optional(),
  network: choice(NETWORKS).optional(),
  sep: choice(SEP_NAMES).optional(),
  minStep: choice(STEPS.filter((step) => step !== 'absent')).optional(),
  asset: z
    .string({ error: ASSET })
    .regex(/^[A-Za-z0-9]{1,12}$/, { error: ASSET })
    .optional(),
  issuer: z
    .string({ error: ISSUER })
    .refine((text) => text === 'native' || isAccountId(text), { error: ISSUER })
    .optional(),
  updatedSince: instant().optional(),
  operationalOnly: boolean().default(false),
  format: choice(FORMATS).optional(),
  limit: integer(1, 500).default(100),
  // The id of a listing, as base64.
  cursor: pageCursor(600),
})

type CatalogInput = Omit<z.output<typeof catalogParameters>, 'format'>

/**
 * One page of the catalog, in the order of ids, as the JSON text of a `CatalogPage`.
 *
 * @throws AppError `invalid_parameter`, `database_unavailable`
 */
export async function readCatalogPage(input: CatalogInput, deps: SharedReadDeps): Promise<string> {
  const { anchorsText, next } = await readCatalogRows(input, deps)
  return `{"anchors":${anchorsText},"next":${JSON.stringify(next)}}`
}

/** The same page as CSV. @throws AppError `invalid_parameter`, `database_unavailable` */
export async function readCatalogCsv(input: CatalogInput, deps: SharedReadDeps): Promise<CsvPage> {
  const { anchorsText, next } = await readCatalogRows(input, deps)
  const { csvOfCatalog } = await import('./catalog-csv.ts')
  return { name: 'anchors', csv: csvOfCatalog(JSON.parse(anchorsText)), next }
}

/** The rows as the database wrote them, with the cursor of the next page. */
async function readCatalogRows(
  { network = undefined, cursor, limit, ...given }: CatalogInput,
  { db, config, readShared }: SharedReadDeps,
): Promise<CatalogText> {
  const filter = {
    network: network ?? config.network,
    search: given.search ?? null,
    country: given.country ?? null,
    currency: given.currency ?? null,
    type: given.type ?? null,
    sep: given.sep ?? null,
    minStep: given.minStep ?? null,
    asset: given.asset ?? null,
    issuer: given.issuer ?? null,
    updatedSince: given.updatedSince ?? null,
    operationalOnly: given.operationalOnly,
  }
  const after = cursor === undefined ? null : idOfCursor(cursor, filter)
  const query = { ...filter, limit, cursor: after }
  const { anchorsText, next } = await readShared(`catalog ${JSON.stringify(query)}`, () =>
    readCatalogText(db, query),
  )
  return { anchorsText, next: next && cursorAfter(next, filter) }
}

/** Without `includeNonOperational`, only countries of operational anchors are listed. */
export const countriesParameters = z.object({
  includeNonOperational: boolean().default(false),
  network: choice(NETWORKS).optional(),
})

/** The countries of the catalog with their names. @throws AppError `database_unavailable` */
export async function listCountries(
  { network, includeNonOperational }: z.output<typeof countriesParameters>,
  { db, config, readShared }: SharedReadDeps,
): Promise<{ countries: (Country & { name: string })[] }> {
  const filter = { network: network ?? config.network, includeNonOperational }
  const found = await readShared(`countries ${JSON.stringify(filter)}`, () =>
    readCountries(db, filter),
  )
  return { countries: found.map((country) => ({ ...country, name: countryName(country.code) })) }
}

const HOME_DOMAIN =
  'a home domain such as anchor.example.org: no scheme, port, path, IP address or reserved name such as anchor.local'
const homeDomain = z.string({ error: HOME_DOMAIN }).transform((text, context) => {
  const domain = orNull(parseHomeDomain, text)
  if (domain === null) context.issues.push({ code: 'custom', input: text, message: HOME_DOMAIN })
  return domain ?? z.NEVER
})

/** A home domain, in the catalog of the deployment's network unless the call names another. */
export const evidenceParameters = z.object({
  domain: homeDomain,
  network: choice(NETWORKS).optional(),
})

/** The stored evidence of one home domain. @throws AppError `not_found`, `database_unavailable` */
export async function readEvidence(
  { domain, network = undefined }: z.output<typeof evidenceParameters>,
  { db, config }: Pick<ReadDeps, 'db' | 'config'>,
): Promise<HomeDomainEvidence> {
  const catalog = network ?? config.network
  const evidence = await readHomeDomain(db, { network: catalog, domain })
  if (evidence) return evidence
  throw missingAnchor(domain, catalog)
}

/** The answer about a home domain that the catalog of a network does not have. */
export function missingAnchor(domain: string, network: Config['network']): AppError {
  return new AppError('not_found', [
    {
      path: 'domain',
      what: `The anchor "${domain}"`,
      place: 'path',
      problem: `is not in the catalog of ${network}`,
      allowed: 'the home domain of an anchor that GET /api/anchors/catalog lists',
    },
  ])
}

/** A home domain, which need not be listed. */
export const diagnosticsParameters = z.object({ domain: homeDomain })

/** Checks a home domain now, judges the listings that the catalog has of it, and stores nothing. */
export async function checkNow(
  { domain }: z.output<typeof diagnosticsParameters>,
  deps: ReadDeps,
): Promise<Omit<Check, 'cause'> & { network: Config['network'] }> {
  const { config, db, fetch, now } = deps
  // Only this route checks an anchor, so only this route loads the check.
  const { checkHomeDomain } = await import('./check/check.ts')
  const { network, trust, evidence } = config
  const listings = await listingsOf(domain, network, db)
  const issuers = await openBook(deps)
  const { cause: _, ...check } = await checkHomeDomain(
    domain,
    {
      network,
      trust,
      maxAgeHours: evidence.maxAgeHours,
      listings,
      issuers,
      signIn: null,
      previous: null,
    },
    { fetch, now },
  )
  return { network, ...check }
}

/** The listings that the catalog has of a home domain. Without a configured database there is no catalog. */
async function listingsOf(
  domain: string,
  network: Config['network'],
  db: Database,
): Promise<HomeDomainEvidence['listings']> {
  try {
    return (await readHomeDomain(db, { network, domain }))?.listings ?? []
  } catch (error) {
    if (error instanceof AppError && error.code === 'configuration_invalid') return []
    throw error
  }
}

/** The issuers for one check, which stores nothing. Without a configured database they stay unknown. */
async function openBook({ config, db, fetch, now, sleep, log }: ReadDeps): Promise<IssuerBook> {
  if (config.supabase === null) return { find: async () => new Map() }
  const { openIssuerSource } = await import('./issuers/read-issuers.ts')
  const { openIssuerBook } = await import('./issuers/issuer-book.ts')
  const { evidence, discovery, network } = config
  const ledger = { rpcUrl: evidence.rpcUrl, horizonUrl: discovery.horizonUrl }
  const source = openIssuerSource(ledger, { fetch, now, sleep }, new AbortController().signal)
  return openIssuerBook(network, { db, source, sleep, log })
}
