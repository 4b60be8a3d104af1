import * as z from 'zod'
import { alpha2Of } from './alpha-3.ts'

/** The code of an anchor that serves every country: CLDR's "unknown region", shown as "Worldwide". */
export const WORLDWIDE = 'ZZ'

// CLDR names these regions, but ISO 3166-1 does not list them: groupings, exceptional reservations and pseudo-locales.
// Without them CLDR has the 249 countries of ISO 3166-1, Kosovo (XK, in general use) and ZZ.
const NOT_COUNTRIES = new Set('AC CP CQ DG EA EU EZ IC QO TA UN XA XB'.split(' '))

const WORLDWIDE_WORDS = 'worldwide,world,global,globally,international,all,all countries,any'.split(
  ',',
)

// Directories also use these names, which CLDR does not have. They are written as `fold` returns them.
const OTHER_NAMES: Record<string, readonly string[]> = {
  AE: ['uae', 'emirates'],
  BA: ['bosnia'],
  BN: ['brunei darussalam'],
  BO: ['bolivia plurinational state of', 'plurinational state of bolivia'],
  CD: [
    'democratic republic of congo',
    'democratic republic of the congo',
    'congo democratic republic of the',
    'congo the democratic republic of the',
    'dr congo',
    'drc',
    'congo drc',
  ],
  CG: ['congo', 'republic of the congo', 'congo republic'],
  CI: ['ivory coast'],
  CV: ['cabo verde', 'cape verde'],
  CZ: ['czech republic', 'czechia'],
  FK: ['falkland islands malvinas'],
  FM: ['micronesia federated states of', 'federated states of micronesia'],
  GB: [
    'great britain',
    'britain',
    'england',
    'united kingdom of great britain and northern ireland',
  ],
  GM: ['gambia'],
  HK: ['hong kong'],
  IR: ['iran islamic republic of', 'islamic republic of iran'],
  KP: ['korea democratic peoples republic of', 'democratic peoples republic of korea'],
  KR: ['korea', 'korea republic of', 'republic of korea'],
  LA: ['lao peoples democratic republic', 'lao pdr'],
  MD: ['moldova republic of', 'republic of moldova'],
  MK: ['macedonia', 'republic of north macedonia'],
  MM: ['myanmar', 'burma'],
  MO: ['macau', 'macao'],
  NL: ['holland', 'netherlands kingdom of the'],
  PS: ['palestine', 'state of palestine', 'palestine state of'],
  RU: ['russian federation'],
  ST: ['sao tome and principe'],
  SY: ['syrian arab republic'],
  SZ: ['swaziland'],
  TL: ['east timor'],
  TR: ['turkey', 'turkiye'],
  TW: ['taiwan province of china'],
  TZ: ['tanzania united republic of', 'united republic of tanzania'],
  US: ['usa', 'america', 'united states of america'],
  VA: ['holy see', 'vatican'],
  VE: ['venezuela bolivarian republic of', 'bolivarian republic of venezuela'],
  VG: ['virgin islands british', 'british virgin islands'],
  VI: ['virgin islands us', 'us virgin islands'],
  VN: ['viet nam'],
}

// The longest name has 56 letters. A longer text is not folded.
const MAX_NAME_LENGTH = 80

let regionNames: Intl.DisplayNames | undefined

// It is made at first use, because loading ICU takes about 10 ms.
function regionName(code: string): string | undefined {
  regionNames ??= new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
  return regionNames.of(code)
}

/** Whether `code` is an upper-case ISO 3166-1 alpha-2 code, `XK` or `ZZ`. */
export function isCountryCode(code: string): boolean {
  return (
    /^[A-Z]{2}$/.test(code) &&
    !NOT_COUNTRIES.has(code) &&
    canonicalRegion(code) === code &&
    regionName(code) !== undefined
  )
}

/** The English name of a country code, "Worldwide" for `ZZ`, or the code itself when it is unknown. */
export function countryName(code: string): string {
  if (code === WORLDWIDE) return 'Worldwide'
  return isCountryCode(code) ? (regionName(code) ?? code) : code
}

/**
 * Reads one country as directories write it: an alpha-2 or alpha-3 code in any letter case, an English name, or a word for
 * "everywhere". CLDR replaces withdrawn codes (`UK`, `FX`, `DY`). Returns null for any other text.
 */
export function readCountry(text: string): string | null {
  const trimmed = text.trim()
  if (trimmed === '*') return WORLDWIDE
  if (trimmed.length === 0 || trimmed.length > MAX_NAME_LENGTH) return null
  if (/^[A-Za-z]{2}$/.test(trimmed)) {
    const code = canonicalRegion(trimmed.toUpperCase())
    return isCountryCode(code) ? code : null
  }
  // A name may have three letters: "UAE", "DRC".
  return codesByName().get(fold(trimmed)) ?? alpha2Of(trimmed.toUpperCase())
}

function canonicalRegion(code: string): string {
  return new Intl.Locale(`und-${code}`).region ?? code
}

let codes: ReadonlyMap<string, string> | undefined

// It is built at first use, because it takes 676 look-ups.
function codesByName(): ReadonlyMap<string, string> {
  codes ??= buildCodesByName()
  return codes
}

function buildCodesByName(): ReadonlyMap<string, string> {
  const byName = new Map<string, string>()
  for (const first of LETTERS) {
    for (const second of LETTERS) {
      const code = first + second
      if (code !== WORLDWIDE && isCountryCode(code)) byName.set(fold(countryName(code)), code)
    }
  }
  for (const [code, names] of Object.entries(OTHER_NAMES)) {
    for (const name of names) byName.set(name, code)
  }
  for (const word of WORLDWIDE_WORDS) byName.set(word, WORLDWIDE)
  return byName
}

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']

function fold(name: string): string {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll('&', ' and ')
    .replace(/[\p{M}.'’]/gu, '')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => (word === 'st' ? 'saint' : word))
  return (words[0] === 'the' ? words.slice(1) : words).join(' ')
}

const ALLOWED = 'an ISO 3166-1 alpha-2 code, or ZZ for worldwide'

/** A country as a query parameter, in any letter case. `UK` is not a code and is refused: it would match no listing. */
export const countryParameter = z
  .string({ error: ALLOWED })
  // This runs before toUpperCase, which turns one "ß" into "SS", the code of South Sudan.
  .regex(/^[A-Za-z]{2}$/, { error: ALLOWED, abort: true })
  .toUpperCase()
  .refine(isCountryCode, { error: ALLOWED })
