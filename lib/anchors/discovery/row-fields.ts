import { readCountry, WORLDWIDE } from './country.ts'

export type Direction = 'on-ramp' | 'off-ramp'

/** The fields of a row by their folded names. */
export type RowFields = ReadonlyMap<string, unknown>

/** A value that was read, with a reason when a part of it could not be read; or the reason why the row is rejected. */
export type Reading<T> = { ok: true; value: T; unread?: string } | { ok: false; reason: string }

/** The most listings that one row becomes, and the most values that are read of one of its fields. */
export const MAX_LISTINGS_PER_ROW = 1_000

// Directories put the marketing site under `website`, so the fields that name the home domain come first.
export const DOMAIN_FIELDS = words('toml_file home_domain domain website url')
export const NAME_FIELDS = words('name anchor_name organization organisation org display_name')
const COUNTRY_FIELDS = words(
  'country countries country_code country_codes country_name country_names supported_countries locations',
)
const CURRENCY_FIELDS = words(
  'currency currencies currency_code currency_codes asset_code asset_codes fiat_assets assets',
)
const TYPE_FIELDS = words('type types ramp_type direction flow service_type')
const ACTIVE_FLAGS = words('active is_active enabled')
const DEPOSIT_FLAGS = words('supports_deposit supports_deposits deposit on_ramp')
const WITHDRAW_FLAGS = words(
  'supports_withdraw supports_withdrawal supports_withdrawals withdraw withdrawal off_ramp',
)
// An object in a list holds its value under one of these names. They are tried in this order.
const COUNTRY_PARTS = words('country_code code alpha2 country country_name name')
const CURRENCY_PARTS = words('asset_code currency_code code currency asset')

const FOLDED_DOMAIN_FIELDS = new Set(DOMAIN_FIELDS.map(foldKey))
const FOLDED_NAME_FIELDS = new Set(NAME_FIELDS.map(foldKey))

const CURRENCY = /^[A-Za-z0-9]{1,12}$/
export const INVISIBLE = /[\p{C}\p{Default_Ignorable_Code_Point}\u2800]/gu
const PREVIEWED_VALUES = 3

/** Whether a field of this name, in any spelling, may hold an anchor's domain. */
export function isDomainField(name: string): boolean {
  return FOLDED_DOMAIN_FIELDS.has(foldKey(name))
}

/** Whether a field of this name, in any spelling, may hold an anchor's name. */
export function isNameField(name: string): boolean {
  return FOLDED_NAME_FIELDS.has(foldKey(name))
}

/** The own data properties of a row. A getter is never run, and a prototype is never read. */
export function foldedFields(row: Record<string, unknown>): RowFields {
  const fields = new Map<string, unknown>()
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(row))) {
    const name = foldKey(key)
    if ('value' in property && isBlank(fields.get(name))) fields.set(name, property.value)
  }
  return fields
}

/** The value of a field. @param name its spelling in the lists above */
export function fieldValue(fields: RowFields, name: string): unknown {
  return fields.get(name.replaceAll('_', ''))
}

function words(text: string): string[] {
  return text.split(' ')
}

// `home_domain`, `homeDomain` and `Home Domain` are one name.
function foldKey(key: string): string {
  return key
    .slice(0, 100)
    .toLowerCase()
    .replace(/[\s_-]+/g, '')
}

/** The countries of a row; a row without one serves every country. */
export function readCountryCodes(fields: RowFields): Reading<string[]> {
  // Some directories join countries as "Mexico / Peru". No country has a slash in its name.
  return readList(fields, COUNTRY_FIELDS, {
    separators: /[;,|/\n]/,
    parts: COUNTRY_PARTS,
    read: readCountry,
    allowed: 'alpha-2 codes or English names of countries are needed',
    whenAbsent: [WORLDWIDE],
  })
}

/** The currencies of a row; a row without one is rejected. */
export function readCurrencyCodes(fields: RowFields): Reading<string[]> {
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
  /** The value of a row without the field; null rejects the row. */
  whenAbsent: string[] | null
}

function readList(
  fields: RowFields,
  names: readonly string[],
  rules: ListRules,
): Reading<string[]> {
  const present = names.filter((name) => !isBlank(fieldValue(fields, name)))
  const label = present[0] ?? names[0]
  const found = new Set<string>()
  const unread: string[] = []
  const { read, isCut } = firstItems(fields, present, rules)
  for (const { text, item } of read) {
    const value = text === null ? null : rules.read(text)
    if (value !== null) found.add(value)
    else unread.push(text ?? kindOf(item))
  }
  const cut = isCut
    ? [`"${label}" holds more than ${MAX_LISTINGS_PER_ROW} values; the others are left out.`]
    : []
  if (found.size === 0 && unread.length === 0) {
    if (rules.whenAbsent !== null) return { ok: true, value: rules.whenAbsent }
    return rejected(
      `The row names nothing under "${label}" or its other spellings; ${rules.allowed}.`,
    )
  }
  const bad =
    unread.length > 0
      ? [`"${label}" holds ${preview(unread)}, which cannot be read; ${rules.allowed}.`]
      : []
  if (found.size === 0) return rejected(bad.join(' '))
  const reasons = [...bad, ...cut]
  return {
    ok: true,
    value: [...found],
    ...(reasons.length === 0 ? {} : { unread: reasons.join(' ') }),
  }
}

/** The first 1,000 texts of these fields, each with the item that it is from. */
function firstItems(fields: RowFields, names: readonly string[], rules: ListRules) {
  const read: { text: string | null; item: unknown }[] = []
  for (const name of names) {
    for (const item of itemsOf(fieldValue(fields, name), name)) {
      for (const text of textsOf(item, rules)) {
        if (read.length === MAX_LISTINGS_PER_ROW) return { read, isCut: true }
        read.push({ text, item })
      }
    }
  }
  return { read, isCut: false }
}

// In StellarTerm's directory of early 2019 the codes are the keys of an anchor's assets.
function itemsOf(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (field === 'assets' && isRecord(value)) return Object.keys(value)
  return [value]
}

/** The texts of one item; null for an item of a kind that cannot be read. */
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

// Only whole words count: "operation", "connection" and "donation" contain "on" and name no direction.
const DIRECTIONS = new Map<string, readonly Direction[]>([
  ...spellings('on onramp onramps deposit deposits cashin buy', ['on-ramp']),
  ...spellings('off offramp offramps withdraw withdraws withdrawal withdrawals cashout sell', [
    'off-ramp',
  ]),
  ...spellings('both all twoway 2way bidirectional onoff onofframp onandoff onandofframp', [
    'on-ramp',
    'off-ramp',
  ]),
])

function spellings(list: string, types: readonly Direction[]): [string, readonly Direction[]][] {
  return words(list).map((word) => [word, types])
}

/** The directions of a row. A type without a direction ("anchor", "token") means both; a flag that is false removes one. */
export function readDirections(fields: RowFields): Reading<Direction[]> {
  const named = new Set(
    TYPE_FIELDS.flatMap((field) => {
      const value = fieldValue(fields, field)
      return Array.isArray(value) ? value.slice(0, MAX_LISTINGS_PER_ROW) : [value]
    }).flatMap(directionsIn),
  )
  const deposit = readFlag(fields, DEPOSIT_FLAGS)
  const withdraw = readFlag(fields, WITHDRAW_FLAGS)
  if (named.size === 0 && deposit === true) named.add('on-ramp')
  if (named.size === 0 && withdraw === true) named.add('off-ramp')
  if (deposit === true && withdraw === true) named.add('on-ramp').add('off-ramp')
  if (named.size === 0) named.add('on-ramp').add('off-ramp')
  if (deposit === false) named.delete('on-ramp')
  if (withdraw === false) named.delete('off-ramp')
  if (named.size === 0) {
    return rejected(
      'The row says that neither deposits nor withdrawals are offered; one is needed.',
    )
  }
  return { ok: true, value: (['on-ramp', 'off-ramp'] as const).filter((type) => named.has(type)) }
}

function directionsIn(value: unknown): readonly Direction[] {
  if (typeof value !== 'string' || value.length > 200) return []
  const whole = DIRECTIONS.get(foldKey(value))
  if (whole !== undefined) return whole
  return value.split(/[;,|/&+]|\band\b/i).flatMap((part) => DIRECTIONS.get(foldKey(part)) ?? [])
}

/** Whether the row says itself that the anchor is not active. */
export function isInactive(fields: RowFields): boolean {
  return readFlag(fields, ACTIVE_FLAGS) === false
}

function readFlag(fields: RowFields, names: readonly string[]): boolean | undefined {
  for (const name of names) {
    const value = fieldValue(fields, name)
    if (typeof value === 'boolean') return value
    if (typeof value !== 'string') continue
    if (/^\s*(?:yes|y|true|1)\s*$/i.test(value.slice(0, 20))) return true
    if (/^\s*(?:no|n|false|0)\s*$/i.test(value.slice(0, 20))) return false
  }
  return undefined
}

/** Whether a JSON value is an object and not a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a field counts as absent: no value, a text of spaces, an empty list. */
export function isBlank(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    (typeof value === 'string' && trimSpaces(value) === '') ||
    (Array.isArray(value) && value.length === 0)
  )
}

/** A text without spaces around it. String.trim would also remove a byte order mark, which must be refused instead. */
export function trimSpaces(text: string): string {
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

/** The first 60 characters of a text, quoted, with invisible characters written as `\u{…}`. */
export function quote(text: string): string {
  const shortened = text.length > 60 ? `${text.slice(0, 60)}…` : text
  return JSON.stringify(shortened).replace(
    INVISIBLE,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}

/** The kind of a JSON value in words, for a reason. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** A reading that rejects its row. */
export function rejected(reason: string): { ok: false; reason: string } {
  return { ok: false, reason }
}
