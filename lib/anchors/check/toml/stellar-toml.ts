import { parse, TomlError } from 'smol-toml'
import { isAccountId, isContractId } from '../../../stellar/account-id.ts'
import { orNull, parseHomeDomain, stellarTomlUrl } from '../../../stellar/home-domain.ts'
import { NETWORK_PASSPHRASE } from '../../../stellar/network.ts'
import {
  beginningOf,
  type Finding,
  type FindingCode,
  finding,
  printable,
  SECRET_SEED,
} from '../finding.ts'
import { type CheckIo, fetchWithEvidence, type RequestResult } from '../request-evidence.ts'
import { type Currency, ENDPOINT_FIELD, SEP_NAMES, type StellarToml, sepOf } from './fields.ts'

/** SEP-1: a stellar.toml is at most 100 KB. */
const STELLAR_TOML_MAX_BYTES = 102_400

/** `toml` is null for an HTML page, an empty file and a text without a usable line. */
export interface StellarTomlReading {
  toml: StellarToml | null
  salvaged: boolean
  findings: Finding[]
}

const MAX_CURRENCIES = 500
const MAX_ENDPOINT_CHARACTERS = 1_024
/** The fields of SEP-1 nest less deeply. smol-toml refuses deeper values instead of recursing into them. */
const MAX_TOML_DEPTH = 32

const TOP_LEVEL_FIELDS = new Set<string>([
  'NETWORK_PASSPHRASE',
  'SIGNING_KEY',
  'WEB_AUTH_CONTRACT_ID',
  ...Object.values(ENDPOINT_FIELD),
])

/** Fetches the stellar.toml of a home domain (SEP-1), at most 102,400 bytes. */
export function fetchStellarToml(homeDomain: string, io: CheckIo): Promise<RequestResult> {
  const request = { accept: 'text/plain, */*;q=0.5', maxBytes: STELLAR_TOML_MAX_BYTES }
  return fetchWithEvidence(stellarTomlUrl(homeDomain), request, io)
}

/**
 * Reads the text of a stellar.toml (SEP-1). If it is not valid TOML, the lines `KEY = "value"` above the first table header
 * are salvaged, because real anchors would lose their listing over one stray character elsewhere.
 * Only top-level fields count. It never throws and takes time linear in the text.
 */
export function readStellarToml(text: string): StellarTomlReading {
  const body = text.replace(/^\uFEFF/, '')
  const start = body.trimStart()
  if (start === '') return nothingRead('toml_empty')
  if (start.startsWith('<')) return nothingRead('toml_html', beginningOf(start))
  const parsed = parseToml(body)
  if (parsed.ok) {
    const { toml, findings } = readFields(parsed.fields)
    return { toml, salvaged: false, findings }
  }
  const salvage = salvageFields(body)
  if (Object.keys(salvage.fields).length === 0) {
    return nothingRead('toml_unreadable', parsed.reason)
  }
  const { toml, findings } = readFields(salvage.fields)
  return {
    toml,
    salvaged: true,
    findings: [
      finding('toml_salvaged', { actual: parsed.reason }),
      ...salvage.duplicates.map((field) =>
        finding('toml_duplicate_key', { field, sep: sepOf(field) }),
      ),
      ...findings,
    ],
  }
}

function nothingRead(code: FindingCode, actual?: string): StellarTomlReading {
  return { toml: null, salvaged: false, findings: [finding(code, { actual })] }
}

type Fields = Record<string, unknown>
type Note = (code: FindingCode, field: string, actual?: unknown) => void

function parseToml(text: string): { ok: true; fields: Fields } | { ok: false; reason: string } {
  try {
    const fields = parse(text, {
      maxDepth: MAX_TOML_DEPTH,
      unsafeKeyBehaviour: 'drop',
      integersAsBigInt: 'asNeeded',
    })
    return { ok: true, fields }
  } catch (error) {
    if (!(error instanceof TomlError)) return { ok: false, reason: 'not readable as TOML' }
    const [sentence = ''] = error.message.replace('Invalid TOML document: ', '').split('\n')
    return { ok: false, reason: `${sentence} (line ${error.line}, column ${error.column})` }
  }
}

// Escapes are not read: no URL, key or passphrase needs them.
const SALVAGEABLE_LINE = /^[ \t]*([A-Z0-9_]+)[ \t]*=[ \t]*(?:"([^"\\]*)"|'([^']*)')[ \t]*(?:#.*)?$/

function salvageFields(text: string): { fields: Fields; duplicates: string[] } {
  const fields: Fields = {}
  const duplicates: string[] = []
  for (const line of text.split(/\r?\n/)) {
    // A line below a header or inside a text of several lines is not a top-level field.
    if (/^\s*\[|"""|'''/.test(line)) break
    const [, key = '', basic, literal] = SALVAGEABLE_LINE.exec(line) ?? []
    if (!TOP_LEVEL_FIELDS.has(key)) continue
    if (Object.hasOwn(fields, key)) duplicates.push(key)
    else fields[key] = basic ?? literal
  }
  return { fields, duplicates }
}

function readFields(fields: Fields): { toml: StellarToml; findings: Finding[] } {
  const findings: Finding[] = []
  const note: Note = (code, field, actual) => {
    findings.push(finding(code, { field, sep: sepOf(field), actual }))
  }
  const toml: StellarToml = { endpoints: {}, currencies: [] }

  const networkPassphrase = readText(fields, 'NETWORK_PASSPHRASE', note)
  if (networkPassphrase === undefined) note('network_passphrase_missing', 'NETWORK_PASSPHRASE')
  else {
    toml.networkPassphrase = printable(networkPassphrase)
    if (!Object.values(NETWORK_PASSPHRASE).includes(networkPassphrase)) {
      note('network_passphrase_unknown', 'NETWORK_PASSPHRASE', networkPassphrase)
    }
  }

  for (const sep of SEP_NAMES) {
    const endpoint = readEndpoint(fields, ENDPOINT_FIELD[sep], note)
    if (endpoint !== undefined) toml.endpoints[sep] = endpoint
  }

  const signingKey = readText(fields, 'SIGNING_KEY', note)
  if (signingKey === undefined) {
    if (toml.endpoints.sep10) note('signing_key_missing', 'SIGNING_KEY')
  } else if (signingKey.search(SECRET_SEED) !== -1) {
    note('signing_key_secret', 'SIGNING_KEY')
  } else {
    toml.signingKey = printable(signingKey)
    if (!isAccountId(signingKey)) note('signing_key_malformed', 'SIGNING_KEY', signingKey)
  }

  const contractId = readText(fields, 'WEB_AUTH_CONTRACT_ID', note)
  if (contractId !== undefined && isContractId(contractId)) toml.webAuthContractId = contractId
  else if (contractId !== undefined) {
    note('web_auth_contract_malformed', 'WEB_AUTH_CONTRACT_ID', contractId)
  } else if (toml.endpoints.sep45) note('web_auth_contract_missing', 'WEB_AUTH_CONTRACT_ID')

  if (toml.endpoints.sep31 && !toml.endpoints.sep12) {
    // The finding is about SEP-31, which needs this field of SEP-12.
    findings.push(finding('kyc_server_missing', { field: ENDPOINT_FIELD.sep12 }))
  }

  const organisation = readOrganisation(fields['DOCUMENTATION'], note)
  if (organisation !== undefined) toml.organisation = organisation
  toml.currencies = readCurrencies(fields['CURRENCIES'], note)
  noteMisplacedFields(fields, note)
  return { toml, findings }
}

function readText(fields: Fields, field: string, note: Note): string | undefined {
  if (!Object.hasOwn(fields, field)) return undefined
  const value = fields[field]
  if (typeof value !== 'string') {
    note('field_wrong_type', field, typeName(value))
    return undefined
  }
  const text = value.trim()
  if (text === '') {
    note('field_empty', field)
    return undefined
  }
  if (isPlaceholder(text)) note('placeholder_value', field, text)
  return text
}

// WHATWG URL would silently delete or translate invisible characters and backslashes.
const READABLE_URL = /^https?:\/\/[^\s\\\p{C}]+$/iu

function readEndpoint(fields: Fields, field: string, note: Note): string | undefined {
  const text = readText(fields, field, note)
  if (text === undefined) return undefined
  const url =
    READABLE_URL.test(text) && text.length <= MAX_ENDPOINT_CHARACTERS ? URL.parse(text) : null
  if (url?.username !== '' || url.password !== '') {
    note('endpoint_unreadable', field, url ? 'a user name or password' : text)
    return undefined
  }
  if (url.protocol !== 'https:') note('endpoint_not_https', field, text)
  if (orNull(parseHomeDomain, url.hostname) === null) note('endpoint_not_public', field, text)
  if (url.port !== '') note('endpoint_port', field, text)
  if (/[?#]/.test(text)) note('endpoint_query', field, text)
  else if (text.endsWith('/')) note('endpoint_trailing_slash', field, text)
  return text
}

const PLACEHOLDER =
  /\{\{|\}\}|\$\{|<[^<>]*>|\.\.\.|…|\byour[-_ .]|change[-_ ]?me|replace[-_ ](?:me|with)|(?<![\w-])(?:domain\.com|example\.(?:com|org|net))\b/i

function isPlaceholder(text: string): boolean {
  return PLACEHOLDER.test(text.slice(0, MAX_ENDPOINT_CHARACTERS))
}

function readOrganisation(documentation: unknown, note: Note): string | undefined {
  if (documentation === undefined) return undefined
  if (!isTable(documentation)) {
    note('field_wrong_type', 'DOCUMENTATION', typeName(documentation))
    return undefined
  }
  const name = documentation['ORG_NAME']
  if (name === undefined) return undefined
  if (typeof name === 'string') return printable(name.trim().normalize('NFC')) || undefined
  note('field_wrong_type', 'DOCUMENTATION.ORG_NAME', typeName(name))
  return undefined
}

function readCurrencies(value: unknown, note: Note): Currency[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) {
    note('field_wrong_type', 'CURRENCIES', typeName(value))
    return []
  }
  if (value.length > MAX_CURRENCIES) note('currencies_too_many', 'CURRENCIES', value.length)
  const kept = value.slice(0, MAX_CURRENCIES)
  return kept.flatMap((entry, index) => readCurrency(entry, `CURRENCIES[${index}]`, note))
}

function readCurrency(entry: unknown, field: string, note: Note): Currency[] {
  if (!isTable(entry)) {
    note('field_wrong_type', field, typeName(entry))
    return []
  }
  const { code, issuer, contract, toml, code_template: codeTemplate } = entry
  if (code === undefined && typeof toml === 'string') {
    note('currency_linked', field, toml)
    return []
  }
  if (code === undefined && typeof codeTemplate === 'string') return []
  if (typeof code !== 'string' || !/^[A-Za-z0-9]{1,12}$/.test(code)) {
    note('currency_code_malformed', `${field}.code`, textOrType(code))
    return []
  }
  const currency: Currency = { code }
  if (typeof issuer === 'string' && isAccountId(issuer)) currency.issuer = issuer
  else if (issuer !== undefined && issuer !== '') {
    note('currency_issuer_malformed', `${field}.issuer`, textOrType(issuer))
  }
  if (typeof contract === 'string' && isContractId(contract)) currency.contract = contract
  else if (contract !== undefined && contract !== '') {
    note('currency_contract_malformed', `${field}.contract`, textOrType(contract))
  }
  if (!issuer && !contract && code !== 'native' && code !== 'XLM') {
    note('currency_without_issuer', field, code)
  }
  return [currency]
}

/** A field below a header belongs to its table and is not used, because an entry could replace the anchor's key. */
function noteMisplacedFields(fields: Fields, note: Note): void {
  for (const [name, value] of Object.entries(fields)) {
    const tables = Array.isArray(value) ? value.slice(0, MAX_CURRENCIES) : [value]
    for (const table of tables) {
      if (!isTable(table)) continue
      for (const field of TOP_LEVEL_FIELDS) {
        if (Object.hasOwn(table, field) && !Object.hasOwn(fields, field)) {
          note('field_in_table', field, `in ${name}`)
        }
      }
    }
  }
}

function isTable(value: unknown): value is Fields {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  )
}

function textOrType(value: unknown): string {
  return typeof value === 'string' ? value : typeName(value)
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return isTable(value) ? 'table' : typeof value
}
