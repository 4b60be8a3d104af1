import { HomeDomainError, homeDomainFrom, orNull } from '../../stellar/home-domain.ts'
import type { Network } from '../../stellar/network.ts'
import {
  type Direction,
  DOMAIN_FIELDS,
  fieldValue,
  foldedFields,
  INVISIBLE,
  isBlank,
  isInactive,
  isRecord,
  kindOf,
  MAX_LISTINGS_PER_ROW,
  NAME_FIELDS,
  quote,
  type Reading,
  type RowFields,
  readCountryCodes,
  readCurrencyCodes,
  readDirections,
  rejected,
  trimSpaces,
} from './row-fields.ts'

/** One row of the catalog: an anchor, a country, a currency and a direction. */
export interface Listing {
  id: string
  name: string
  domain: string
  country: string
  currency: string
  type: Direction
  /**
   * `given`: the source names this country with this currency. `multiplied`: its row names several countries and several
   * currencies, and nothing says which belong together.
   */
  pairing: 'given' | 'multiplied'
  /** False when the source itself says that the listing is not active. It counts for a new listing only. */
  active?: false
}

export interface RejectedRow {
  /** The position of the source row, counted from 0. */
  index: number
  reason: string
}

export interface NormalisedRows {
  listings: Listing[]
  /** The number of source rows that gave no listing. Rows outside the allow-list are not counted here. */
  skippedSourceRows: number
  /** One entry per row that gave no listing, and one per field of which some values could not be read. */
  rejected: RejectedRow[]
  /** The number of listings whose domain is not on the allow-list. */
  rejectedByDomain: number
  /** Their ids: the source still lists them. */
  passedOver: string[]
}

/** One step of the database stores them all. 100,000 new ones take it 9 s, of the 30 s that it has. */
const MAX_LISTINGS = 100_000
const MAX_NAME_CODE_POINTS = 100

/**
 * Turns directory rows into listings, one per country, currency and direction of a row: the first 1,000 of a row and
 * at most 100,000 in all. Of two listings with one id the later stays, and one of them with a given pairing is enough for both. It never throws for JSON values.
 *
 * @param options.allowedDomains exact domains, or `*.example.org` for the names below example.org. An empty list allows
 *   every domain except internationalised ones, which must be named
 */
export function normaliseRows(
  rows: readonly unknown[],
  options: { network: Network; allowedDomains: readonly string[] },
): NormalisedRows {
  const isNamed = domainMatcher(options.allowedDomains)
  const allowsEveryDomain = options.allowedDomains.length === 0
  const byId = new Map<string, Listing>()
  const rejectedRows: RejectedRow[] = []
  let skippedSourceRows = 0
  const passedOver: string[] = []

  rows.forEach((row, index) => {
    const read = readRow(row, options.network, isNamed)
    if (!read.ok) {
      rejectedRows.push({ index, reason: read.reason })
      skippedSourceRows += 1
      return
    }
    for (const reason of read.value.unread) rejectedRows.push({ index, reason })
    const { listings } = read.value
    if (!allowsEveryDomain && !isNamed(listings[0]?.domain ?? '')) {
      for (const { id } of listings) passedOver.push(id)
      return
    }
    const added = listings.filter(({ id }) => !byId.has(id)).length
    if (byId.size + added > MAX_LISTINGS) {
      rejectedRows.push({
        index,
        reason: `The row would bring the listings to ${byId.size + added}; at most ${MAX_LISTINGS} are taken at once.`,
      })
      skippedSourceRows += 1
      return
    }
    for (const listing of listings) byId.set(listing.id, withBestPairing(listing, byId))
  })
  return {
    listings: [...byId.values()],
    skippedSourceRows,
    rejected: rejectedRows,
    rejectedByDomain: passedOver.length,
    passedOver,
  }
}

function withBestPairing(listing: Listing, known: ReadonlyMap<string, Listing>): Listing {
  const isGiven = known.get(listing.id)?.pairing === 'given'
  return isGiven ? { ...listing, pairing: 'given' } : listing
}

function readRow(
  row: unknown,
  network: Network,
  isNamed: (domain: string) => boolean,
): Reading<{ listings: Listing[]; unread: string[] }> {
  if (!isRecord(row)) return rejected(`The row is ${kindOf(row)}; an object is needed.`)
  const fields = foldedFields(row)
  const domain = readDomain(fields, isNamed)
  if (!domain.ok) return domain
  const countries = readCountryCodes(fields)
  if (!countries.ok) return countries
  const currencies = readCurrencyCodes(fields)
  if (!currencies.ok) return currencies
  const types = readDirections(fields)
  if (!types.ok) return types

  const name = readName(fields) ?? domain.value
  const prefix = network === 'testnet' ? 'testnet:' : ''
  const isMultiplied = countries.value.length > 1 && currencies.value.length > 1
  const isOff = isInactive(fields)
  const listings: Listing[] = []
  for (const country of countries.value) {
    for (const currency of currencies.value) {
      for (const type of types.value) {
        if (listings.length === MAX_LISTINGS_PER_ROW) break
        listings.push({
          id: `${prefix}${domain.value}:${type}:${country}:${currency}`,
          name,
          domain: domain.value,
          country,
          currency,
          type,
          pairing: isMultiplied ? 'multiplied' : 'given',
          ...(isOff ? { active: false } : {}),
        })
      }
    }
  }
  const unread = [countries.unread, currencies.unread].filter((reason) => reason !== undefined)
  const count = countries.value.length * currencies.value.length * types.value.length
  if (count > listings.length) {
    unread.push(
      `The row names ${countries.value.length} countries, ${currencies.value.length} currencies and ${types.value.length} directions, ${count} listings; the first ${listings.length} are taken.`,
    )
  }
  return { ok: true, value: { listings, unread } }
}

function readDomain(fields: RowFields, isNamed: (domain: string) => boolean): Reading<string> {
  const field = DOMAIN_FIELDS.find((name) => !isBlank(fieldValue(fields, name)))
  if (field === undefined) {
    return rejected(
      'The row names no domain; one of toml_file, home_domain, domain, website, url is needed.',
    )
  }
  const written = fieldValue(fields, field)
  if (typeof written !== 'string') {
    return rejected(`The domain in "${field}" is ${kindOf(written)}; a text is needed.`)
  }
  try {
    const domain = homeDomainFrom(trimSpaces(written))
    if (!isInternationalised(domain) || isNamed(domain)) return { ok: true, value: domain }
    return rejected(
      `The domain ${quote(written)} in "${field}" is internationalised and may imitate another; it is taken only when the allowed domains name it as "${domain}".`,
    )
  } catch (error) {
    if (!(error instanceof HomeDomainError)) throw error
    return rejected(
      `The domain ${quote(written)} in "${field}" cannot be used (${error.code}); a public DNS name, or an http(s) URL of one without port and user name, is needed.`,
    )
  }
}

function isInternationalised(domain: string): boolean {
  return domain.split('.').some((label) => label.startsWith('xn--'))
}

function readName(fields: RowFields): string | undefined {
  for (const field of NAME_FIELDS) {
    const value = fieldValue(fields, field)
    if (typeof value !== 'string') continue
    const name = cleanName(value)
    if (name !== '') return name
  }
  return undefined
}

// The text is cut before it is normalised, because it may have 5 MB. 1,000 units hold 100 code points of any kind.
function cleanName(text: string): string {
  const visible = text
    .slice(0, MAX_NAME_CODE_POINTS * 10)
    .replace(/\s+/g, ' ')
    .replace(INVISIBLE, '')
    .normalize('NFC')
    .trim()
  return [...visible].slice(0, MAX_NAME_CODE_POINTS).join('').trim()
}

function domainMatcher(allowedDomains: readonly string[]): (domain: string) => boolean {
  const exact = new Set<string>()
  const suffixes = new Set<string>()
  for (const entry of allowedDomains) {
    const isWildcard = entry.startsWith('*.')
    // An entry that is not a domain matches nothing.
    const domain = orNull(homeDomainFrom, trimSpaces(isWildcard ? entry.slice(2) : entry))
    if (domain !== null) (isWildcard ? suffixes : exact).add(domain)
  }
  return (domain) => exact.has(domain) || parentsOf(domain).some((parent) => suffixes.has(parent))
}

function parentsOf(domain: string): string[] {
  const labels = domain.split('.')
  return labels.slice(1).map((_, at) => labels.slice(at + 1).join('.'))
}
