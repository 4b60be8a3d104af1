import { HomeDomainError, homeDomainFrom } from '../../stellar/home-domain.ts'
import type { Network } from '../../stellar/network.ts'
import { readCountry, WORLDWIDE } from './country.ts'

/** One row of the catalogue: what one anchor offers in one country, in one currency, in one direction. */
export interface Listing {
  id: string
  name: string
  domain: string
  country: string
  currency: string
  type: 'on-ramp' | 'off-ramp'
}

export interface RejectedRow {
  /** Position of the source row, counted from 0. */
  index: number
  reason: string
}

export interface NormalisedRows {
  listings: Listing[]
  /** Source rows that could not be read at all; a row outside the allow-list is none of them. */
  skippedSourceRows: number
  /** One entry per row that gave nothing, and one per field of which only some values could be read. */
  rejected: RejectedRow[]
  /** Listings that were read but whose domain the allow-list does not name. */
  rejectedByDomain: number
}

const MAX_LISTINGS_PER_ROW = 1_000
const MAX_LISTINGS = 20_000
const MAX_NAME_CODE_POINTS = 100

// One spelling of each: `foldKey` makes `home_domain`, `homeDomain` and `Home Domain` one name. Directories put the
// marketing site under `website`, so the fields that name the home domain come first.
const DOMAIN_FIELDS = ['toml_file', 'home_domain', 'domain', 'website', 'url']
const NAME_FIELDS = ['name', 'anchor_name', 'organization', 'organisation', 'org', 'display_name']
const COUNTRY_FIELDS = [
  'country',
  'countries',
  'country_code',
  'country_codes',
  'country_name',
  'country_names',
  'supported_countries',
  'locations',
]
const CURRENCY_FIELDS = [
  'currency',
  'currencies',
  'currency_code',
  'currency_codes',
  'asset_code',
  'asset_codes',
  'fiat_assets',
  'assets',
]
const TYPE_FIELDS = ['type', 'types', 'ramp_type', 'direction', 'flow', 'service_type']
const DEPOSIT_FLAGS = ['supports_deposit', 'supports_deposits', 'deposit', 'on_ramp']
const WITHDRAW_FLAGS = [
  'supports_withdraw',
  'supports_withdrawal',
  'supports_withdrawals',
  'withdraw',
  'withdrawal',
  'off_ramp',
]
// Where a list of objects keeps the value, in the order they are asked.
const COUNTRY_PARTS = ['country_code', 'code', 'alpha2', 'country', 'country_name', 'name']
const CURRENCY_PARTS = ['asset_code', 'currency_code', 'code', 'currency', 'asset']

const FOLDED_DOMAIN_FIELDS = new Set(DOMAIN_FIELDS.map(foldKey))
const FOLDED_NAME_FIELDS = new Set(NAME_FIELDS.map(foldKey))

const CURRENCY = /^[A-Za-z0-9]{1,12}$/
const INVISIBLE = /[\p{C}\p{Default_Ignorable_Code_Point}\u2800]/gu
const PREVIEWED_VALUES = 3

type Fields = ReadonlyMap<string, unknown>
type Reading<T> = { ok: true; value: T; unread?: string } | { ok: false; reason: string }

/**
 * Turns directory rows into listings: one per country, currency and direction that a row names, at most 1,000 a row and
 * 20,000 in all; of two listings with one id the later stays. Never throws for JSON values.
 *
 * @param options.allowedDomains exact domains or `*.example.org`, which matches names below example.org but not
 *   example.org itself; an empty list allows every domain but internationalised ones, which must be named
 */
export function normaliseRows(
  rows: readonly unknown[],
  options: { network: Network; allowedDomains: readonly string[] },
): NormalisedRows {
  const isNamed = domainMatcher(options.allowedDomains)
  const allowsEveryDomain = options.allowedDomains.length === 0
  const byId = new Map<string, Listing>()
  const rejected: RejectedRow[] = []
  let skippedSourceRows = 0
  let rejectedByDomain = 0

  rows.forEach((row, index) => {
    const read = readRow(row, options.network, isNamed)
    if (!read.ok) {
      rejected.push({ index, reason: read.reason })
      skippedSourceRows += 1
      return
    }
    for (const reason of read.value.unread) rejected.push({ index, reason })
    const { listings } = read.value
    if (!allowsEveryDomain && !isNamed(listings[0]?.domain ?? '')) {
      rejectedByDomain += listings.length
      return
    }
    const added = listings.filter(({ id }) => !byId.has(id)).length
    if (byId.size + added > MAX_LISTINGS) {
      rejected.push({
        index,
        reason: `The row would bring the listings to ${byId.size + added}; at most ${MAX_LISTINGS} are taken at once.`,
      })
      skippedSourceRows += 1
      return
    }
    for (const listing of listings) byId.set(listing.id, listing)
  })
  return { listings: [...byId.values()], skippedSourceRows, rejected, rejectedByDomain }
}

/** Whether a field of this name, however spelled, may hold an anchor's domain. */
export function isDomainField(name: string): boolean {
  return FOLDED_DOMAIN_FIELDS.has(foldKey(name))
}

/** Whether a field of this name, however spelled, may hold an anchor's name. */
export function isNameField(name: string): boolean {
  return FOLDED_NAME_FIELDS.has(foldKey(name))
}

function readRow(
  row: unknown,
  network: Network,
  isNamed: (domain: string) => boolean,
): Reading<{ listings: Listing[]; unread: string[] }> {
  if (!isRecord(row)) return refused(`The row is ${kindOf(row)}; an object is needed.`)
  const fields = foldedFields(row)
  const domain = readDomain(fields, isNamed)
  if (!domain.ok) return domain
  const countries = readCountries(fields)
  if (!countries.ok) return countries
  const currencies = readCurrencies(fields)
  if (!currencies.ok) return currencies
  const types = readTypes(fields)
  if (!types.ok) return types

  const count = countries.value.length * currencies.value.length * types.value.length
  if (count > MAX_LISTINGS_PER_ROW) {
    return refused(
      `The row names ${countries.value.length} countries, ${currencies.value.length} currencies and ${types.value.length} directions, ${count} listings; at most ${MAX_LISTINGS_PER_ROW} a row are allowed.`,
    )
  }
  const name = readName(fields) ?? domain.value
  const prefix = network === 'testnet' ? 'testnet:' : ''
  const listings = countries.value.flatMap((country) =>
    currencies.value.flatMap((currency) =>
      types.value.map((type) => ({
        id: `${prefix}${domain.value}:${type}:${country}:${currency}`,
        name,
        domain: domain.value,
        country,
        currency,
        type,
      })),
    ),
  )
  const unread = [countries.unread, currencies.unread].filter((reason) => reason !== undefined)
  return { ok: true, value: { listings, unread } }
}

function readDomain(fields: Fields, isNamed: (domain: string) => boolean): Reading<string> {
  const field = DOMAIN_FIELDS.find((name) => !isBlank(fieldValue(fields, name)))
  if (field === undefined) {
    return refused(
      'The row names no domain; one of toml_file, home_domain, domain, website, url is needed.',
    )
  }
  const written = fieldValue(fields, field)
  if (typeof written !== 'string') {
    return refused(`The domain in "${field}" is ${kindOf(written)}; a text is needed.`)
  }
  try {
    const domain = homeDomainFrom(trimSpaces(written))
    if (!isInternationalised(domain) || isNamed(domain)) return { ok: true, value: domain }
    return refused(
      `The domain ${quote(written)} in "${field}" is internationalised and may imitate another; it is taken only when the allowed domains name it as "${domain}".`,
    )
  } catch (error) {
    if (!(error instanceof HomeDomainError)) throw error
    return refused(
      `The domain ${quote(written)} in "${field}" cannot be used (${error.code}); a public DNS name, or an http(s) URL of one without port and user name, is needed.`,
    )
  }
}

function isInternationalised(domain: string): boolean {
  return domain.split('.').some((label) => label.startsWith('xn--'))
}

function readName(fields: Fields): string | undefined {
  for (const field of NAME_FIELDS) {
    const value = fieldValue(fields, field)
    if (typeof value !== 'string') continue
    const name = cleanName(value)
    if (name !== '') return name
  }
  return undefined
}

// Cut before the costly steps: a name of 5 MB is not worth normalising. 1,000 units hold 100 code points of any kind.
function cleanName(text: string): string {
  const visible = text
    .slice(0, MAX_NAME_CODE_POINTS * 10)
    .replace(/\s+/g, ' ')
    .replace(INVISIBLE, '')
    .normalize('NFC')
    .trim()
  return [...visible].slice(0, MAX_NAME_CODE_POINTS).join('').trim()
}

function readCountries(fields: Fields): Reading<string[]> {
  // "Mexico / Peru" is how the directory's own pages join countries; no country has a slash in its name.
  return readList(fields, COUNTRY_FIELDS, {
    separators: /[;,|/\n]/,
    parts: COUNTRY_PARTS,
    read: readCountry,
    allowed: 'alpha-2 codes or English names of countries are needed',
    whenAbsent: [WORLDWIDE],
  })
}

function readCurrencies(fields: Fields): Reading<string[]> {
  return readList(fields, CURRENCY_FIELDS, {
    separators: /[;,|\n]/,
    parts: CURRENCY_PARTS,
    read: (text) => (CURRENCY.test(text) ? text : null),
    allowed: 'codes of 1 to 12 letters or digits are needed',
    whenAbsent: null,
  })
}

interface ListRules {
  separators: RegExp
  parts: readonly string[]
  read: (text: string) => string | null
  allowed: string
  /** What a row without the field means; null when the row cannot do without. */
  whenAbsent: string[] | null
}

function readList(fields: Fields, names: readonly string[], rules: ListRules): Reading<string[]> {
  const present = names.filter((name) => !isBlank(fieldValue(fields, name)))
  const label = present[0] ?? names[0]
  const found = new Set<string>()
  const unread: string[] = []
  let values = 0
  for (const name of present) {
    for (const item of itemsOf(fieldValue(fields, name), name)) {
      const texts = textsOf(item, rules)
      values += texts.length
      if (values > MAX_LISTINGS_PER_ROW) {
        return refused(
          `"${label}" holds more than ${MAX_LISTINGS_PER_ROW} values; at most ${MAX_LISTINGS_PER_ROW} are allowed.`,
        )
      }
      for (const text of texts) {
        const value = text === null ? null : rules.read(text)
        if (value !== null) found.add(value)
        else unread.push(text ?? kindOf(item))
      }
    }
  }
  if (found.size === 0 && unread.length === 0) {
    if (rules.whenAbsent !== null) return { ok: true, value: rules.whenAbsent }
    return refused(
      `The row names nothing under "${label}" or its other spellings; ${rules.allowed}.`,
    )
  }
  const reason =
    unread.length > 0
      ? `"${label}" holds ${preview(unread)}, which cannot be read; ${rules.allowed}.`
      : undefined
  if (found.size === 0) return refused(reason ?? '')
  return { ok: true, value: [...found], ...(reason === undefined ? {} : { unread: reason }) }
}

// StellarTerm's directory of early 2019 keys an anchor's assets by their code.
function itemsOf(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (field === 'assets' && isRecord(value)) return Object.keys(value)
  return [value]
}

/** The texts one item stands for; null for an item of a kind that cannot be read. */
function textsOf(item: unknown, rules: ListRules): readonly (string | null)[] {
  if (isBlank(item)) return []
  if (typeof item === 'string') return splitText(item, rules)
  if (!isRecord(item)) return [null]
  const parts = foldedFields(item)
  const texts = rules.parts
    .map((name) => fieldValue(parts, name))
    .filter((part) => typeof part === 'string')
  const readable = texts.find((text) => rules.read(trimSpaces(text)) !== null)
  return [readable === undefined ? (texts[0] ?? null) : trimSpaces(readable)]
}

function splitText(text: string, rules: ListRules): readonly string[] {
  const whole = trimSpaces(text)
  // "Bolivia, Plurinational State of" is one country.
  if (rules.read(whole) !== null) return [whole]
  return whole
    .split(rules.separators, MAX_LISTINGS_PER_ROW + 1)
    .map(trimSpaces)
    .filter((part) => part !== '')
}

// Whole words only: "operation", "connection" and "donation" hold an "on" that says nothing.
const DIRECTIONS = new Map<string, readonly Listing['type'][]>([
  ...spellings(['on', 'onramp', 'onramps', 'deposit', 'deposits', 'cashin', 'buy'], ['on-ramp']),
  ...spellings(
    [
      'off',
      'offramp',
      'offramps',
      'withdraw',
      'withdraws',
      'withdrawal',
      'withdrawals',
      'cashout',
      'sell',
    ],
    ['off-ramp'],
  ),
  ...spellings(
    [
      'both',
      'all',
      'twoway',
      '2way',
      'bidirectional',
      'onoff',
      'onofframp',
      'onandoff',
      'onandofframp',
    ],
    ['on-ramp', 'off-ramp'],
  ),
])

function spellings(
  words: readonly string[],
  types: readonly Listing['type'][],
): [string, readonly Listing['type'][]][] {
  return words.map((word) => [word, types])
}

// A type that says nothing of a direction ("anchor", "token") leaves both; a flag that says no takes one away.
function readTypes(fields: Fields): Reading<Listing['type'][]> {
  const said = new Set(
    TYPE_FIELDS.flatMap((field) => {
      const value = fieldValue(fields, field)
      return Array.isArray(value) ? value.slice(0, MAX_LISTINGS_PER_ROW) : [value]
    }).flatMap(directionsIn),
  )
  const deposit = readFlag(fields, DEPOSIT_FLAGS)
  const withdraw = readFlag(fields, WITHDRAW_FLAGS)
  if (said.size === 0 && deposit === true) said.add('on-ramp')
  if (said.size === 0 && withdraw === true) said.add('off-ramp')
  if (deposit === true && withdraw === true) said.add('on-ramp').add('off-ramp')
  if (said.size === 0) said.add('on-ramp').add('off-ramp')
  if (deposit === false) said.delete('on-ramp')
  if (withdraw === false) said.delete('off-ramp')
  if (said.size === 0) {
    return refused('The row says that neither deposits nor withdrawals are offered; one is needed.')
  }
  return { ok: true, value: (['on-ramp', 'off-ramp'] as const).filter((type) => said.has(type)) }
}

function directionsIn(value: unknown): readonly Listing['type'][] {
  if (typeof value !== 'string' || value.length > 200) return []
  const whole = DIRECTIONS.get(foldKey(value))
  if (whole !== undefined) return whole
  return value.split(/[;,|/&+]|\band\b/i).flatMap((part) => DIRECTIONS.get(foldKey(part)) ?? [])
}

function readFlag(fields: Fields, names: readonly string[]): boolean | undefined {
  for (const name of names) {
    const value = fieldValue(fields, name)
    if (typeof value === 'boolean') return value
    if (typeof value !== 'string') continue
    if (/^\s*(?:yes|y|true|1)\s*$/i.test(value.slice(0, 20))) return true
    if (/^\s*(?:no|n|false|0)\s*$/i.test(value.slice(0, 20))) return false
  }
  return undefined
}

function domainMatcher(allowedDomains: readonly string[]): (domain: string) => boolean {
  const exact = new Set<string>()
  const suffixes = new Set<string>()
  for (const entry of allowedDomains) {
    const isWildcard = entry.startsWith('*.')
    const domain = canonicalOrNull(isWildcard ? entry.slice(2) : entry)
    if (domain !== null) (isWildcard ? suffixes : exact).add(domain)
  }
  return (domain) => exact.has(domain) || parentsOf(domain).some((parent) => suffixes.has(parent))
}

function canonicalOrNull(domain: string): string | null {
  try {
    return homeDomainFrom(trimSpaces(domain))
  } catch (error) {
    // An entry that names no domain matches nothing.
    if (error instanceof HomeDomainError) return null
    throw error
  }
}

function parentsOf(domain: string): string[] {
  const labels = domain.split('.')
  return labels.slice(1).map((_, at) => labels.slice(at + 1).join('.'))
}

// Own data properties only: a getter is never run, and nothing is looked up on a prototype.
function foldedFields(row: Record<string, unknown>): Fields {
  const fields = new Map<string, unknown>()
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(row))) {
    const name = foldKey(key)
    if ('value' in property && isBlank(fields.get(name))) fields.set(name, property.value)
  }
  return fields
}

function fieldValue(fields: Fields, name: string): unknown {
  return fields.get(name.replaceAll('_', ''))
}

function foldKey(key: string): string {
  return key
    .slice(0, 100)
    .toLowerCase()
    .replace(/[\s_-]+/g, '')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isBlank(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    (typeof value === 'string' && trimSpaces(value) === '') ||
    (Array.isArray(value) && value.length === 0)
  )
}

// String.trim would also take a byte order mark or a no-break space away, which belong to the refused characters.
function trimSpaces(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charCodeAt(start))) start += 1
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d)
}

function preview(values: readonly string[]): string {
  const shown = values.slice(0, PREVIEWED_VALUES).map(quote).join(', ')
  const more = values.length - PREVIEWED_VALUES
  return more > 0 ? `${shown} and ${more} more` : shown
}

function quote(text: string): string {
  const shortened = text.length > 60 ? `${text.slice(0, 60)}…` : text
  return JSON.stringify(shortened).replace(
    INVISIBLE,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function refused(reason: string): { ok: false; reason: string } {
  return { ok: false, reason }
}
