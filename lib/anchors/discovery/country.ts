/** The code of an anchor that serves everybody: CLDR's "unknown region", shown as "Worldwide". */
export const WORLDWIDE = 'ZZ'

// Regions CLDR names that are no ISO 3166-1 country: groupings, exceptional reservations and pseudo-locales. What is
// left is the 249 countries of ISO 3166-1, Kosovo (XK, in general use) and ZZ.
const NOT_COUNTRIES = new Set([
  'AC',
  'CP',
  'CQ',
  'DG',
  'EA',
  'EU',
  'EZ',
  'IC',
  'QO',
  'TA',
  'UN',
  'XA',
  'XB',
])

const WORLDWIDE_WORDS = [
  'worldwide',
  'world',
  'global',
  'globally',
  'international',
  'all',
  'all countries',
  'any',
]

// Names in use besides CLDR's own, in the form `fold` gives them.
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

// Longer than the longest name (56 letters); a longer text is no country and is not worth folding.
const MAX_NAME_LENGTH = 80

let regionNames: Intl.DisplayNames | undefined

// Made at first use: it loads ICU, some 10 ms that a request without countries need not pay for.
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

/** English name of a country code; "Worldwide" for `ZZ`, the code itself when it is unknown. */
export function countryName(code: string): string {
  if (code === WORLDWIDE) return 'Worldwide'
  return isCountryCode(code) ? (regionName(code) ?? code) : code
}

/**
 * Reads one country as directories write it: an alpha-2 code in any letter case, a withdrawn code (`UK`, `FX`, `DY`:
 * replaced as CLDR does), an English name, or a word for "everywhere". Null when it is none of these.
 */
export function readCountry(text: string): string | null {
  const trimmed = text.trim()
  if (trimmed === '*') return WORLDWIDE
  if (trimmed.length === 0 || trimmed.length > MAX_NAME_LENGTH) return null
  if (/^[A-Za-z]{2}$/.test(trimmed)) {
    const code = canonicalRegion(trimmed.toUpperCase())
    return isCountryCode(code) ? code : null
  }
  return codesByName().get(fold(trimmed)) ?? null
}

function canonicalRegion(code: string): string {
  return new Intl.Locale(`und-${code}`).region ?? code
}

let codes: ReadonlyMap<string, string> | undefined

// Built at first use: 676 look-ups that a request without countries need not pay for.
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
