import { isAccountId, isContractId } from '../../../stellar/account-id.ts'
import { orNull, parseHomeDomain } from '../../../stellar/home-domain.ts'
import { NETWORK_PASSPHRASE } from '../../../stellar/network.ts'
import { type Finding, finding, printable, SECRET_SEED } from '../finding.ts'
import { readAccounts, readCurrencies } from './currencies.ts'
import {
  isPlaceholder,
  type Note,
  type Reader,
  readName,
  readText,
  textOrType,
} from './field-text.ts'
import {
  ENDPOINT_FIELD,
  IDENTITY_FIELDS,
  SEP_NAMES,
  type StellarToml,
  sepOf,
  type Unusable,
} from './fields.ts'
import { fieldMeantBy } from './misnamed.ts'
import { isTable, type TomlFields, tomlTypeName } from './parse.ts'
import { isSampleKey } from './sample-keys.ts'

const MAX_ENDPOINT_CHARACTERS = 1_024
const MAX_TABLES = 500

/**
 * Reads the fields of an anchor and notes what is wrong with them.
 * @param salvage the fields that a lenient reading found to be there without a value
 */
export function readFields(
  fields: TomlFields,
  salvage: ReadonlyMap<string, Unusable> = new Map(),
): { toml: StellarToml; findings: Finding[] } {
  const findings: Finding[] = []
  const note: Note = (code, field, actual) => {
    findings.push(finding(code, { field, sep: sepOf(field), actual }))
  }
  const unusable = new Map([...salvage].filter(([field]) => IDENTITY_FIELDS.has(field)))
  const reader: Reader = { fields, note, unusable }
  const isAbsent = (field: string) => !Object.hasOwn(fields, field) && !unusable.has(field)

  const networkPassphrase = readPassphrase(reader)
  if (isAbsent('NETWORK_PASSPHRASE')) note('network_passphrase_missing', 'NETWORK_PASSPHRASE')
  const endpoints: StellarToml['endpoints'] = {}
  for (const sep of SEP_NAMES) {
    const endpoint = readEndpoint(reader, ENDPOINT_FIELD[sep])
    if (endpoint !== undefined) endpoints[sep] = endpoint
  }
  const signingKey = readSigningKey(reader)
  if (endpoints.sep10 && isAbsent('SIGNING_KEY')) note('signing_key_missing', 'SIGNING_KEY')
  const webAuthContractId = readContractId(reader)
  if (endpoints.sep45 && isAbsent('WEB_AUTH_CONTRACT_ID')) {
    note('web_auth_contract_missing', 'WEB_AUTH_CONTRACT_ID')
  }
  if (endpoints.sep31 && isAbsent(ENDPOINT_FIELD.sep12)) {
    // The finding is about SEP-31, which needs this field of SEP-12.
    findings.push(finding('kyc_server_missing', { field: ENDPOINT_FIELD.sep12 }))
  }
  const organisation = readOrganisation(fields['DOCUMENTATION'], note)
  const currencies = readCurrencies(fields['CURRENCIES'], note)
  const accounts = readAccounts(fields['ACCOUNTS'], note)
  return {
    toml: {
      ...(networkPassphrase === undefined ? {} : { networkPassphrase }),
      ...(signingKey === undefined ? {} : { signingKey }),
      ...(webAuthContractId === undefined ? {} : { webAuthContractId }),
      ...(organisation === undefined ? {} : { organisation }),
      accounts,
      endpoints,
      currencies,
      unusable: Object.fromEntries(unusable),
    },
    findings,
  }
}

function readPassphrase(reader: Reader): string | undefined {
  const field = 'NETWORK_PASSPHRASE'
  const text = readText(reader, field)
  if (text === undefined || Object.values(NETWORK_PASSPHRASE).includes(text)) return text
  reader.note('network_passphrase_unknown', field, text)
  if (!isPlaceholder(text)) return printable(text)
  reader.unusable.set(field, 'placeholder')
  return undefined
}

function readSigningKey({ note, unusable, ...rest }: Reader): string | undefined {
  const field = 'SIGNING_KEY'
  const text = readText({ note, unusable, ...rest }, field)
  if (text === undefined) return undefined
  if (text.search(SECRET_SEED) !== -1) {
    note('signing_key_secret', field)
    unusable.set(field, 'secret')
    return undefined
  }
  if (isSampleKey(text)) {
    note('placeholder_key', field, text)
    unusable.set(field, 'sample')
    return undefined
  }
  if (isAccountId(text)) return text
  note('signing_key_malformed', field, text)
  if (!isPlaceholder(text)) return printable(text)
  unusable.set(field, 'placeholder')
  return undefined
}

function readContractId(reader: Reader): string | undefined {
  const field = 'WEB_AUTH_CONTRACT_ID'
  const text = readText(reader, field)
  if (text === undefined || isContractId(text)) return text
  reader.note('web_auth_contract_malformed', field, text)
  reader.unusable.set(field, 'unreadable')
  return undefined
}

// WHATWG URL would silently delete or translate invisible characters and backslashes.
const READABLE_URL = /^https?:\/\/[^\s\\\p{C}]+$/iu

function readEndpoint(reader: Reader, field: string): string | undefined {
  const { note, unusable } = reader
  const text = readText(reader, field)
  if (text === undefined) return undefined
  const url =
    READABLE_URL.test(text) && text.length <= MAX_ENDPOINT_CHARACTERS ? URL.parse(text) : null
  if (url?.username !== '' || url.password !== '') {
    note('endpoint_unreadable', field, url ? 'a user name or password' : text)
    unusable.set(field, isPlaceholder(text) ? 'placeholder' : 'unreadable')
    return undefined
  }
  if (url.protocol !== 'https:') note('endpoint_not_https', field, text)
  if (orNull(parseHomeDomain, url.hostname) === null) note('endpoint_not_public', field, text)
  if (url.port !== '') note('endpoint_port', field, text)
  if (/[?#]/.test(text)) note('endpoint_query', field, text)
  else if (text.endsWith('/')) note('endpoint_trailing_slash', field, text)
  return text
}

/** Reads `[DOCUMENTATION]`. One table with double brackets counts as it, because people write that. */
function readOrganisation(value: unknown, note: Note): string | undefined {
  if (value === undefined) return undefined
  const isArray = Array.isArray(value) && value.length === 1
  const documentation: unknown = isArray ? value[0] : value
  if (!isTable(documentation)) {
    note('field_wrong_type', 'DOCUMENTATION', tomlTypeName(value))
    return undefined
  }
  if (isArray) note('toml_header', 'DOCUMENTATION')
  const name = documentation['ORG_NAME']
  if (name === undefined) return undefined
  const organisation = readName(name)
  if (organisation === undefined && typeof name !== 'string') {
    note('field_wrong_type', 'DOCUMENTATION.ORG_NAME', textOrType(name))
  } else if (organisation === undefined && name !== '') {
    note('field_unreadable', 'DOCUMENTATION.ORG_NAME', name)
  }
  return organisation
}

/** A field below a header belongs to its table and is not used, because an entry could replace the anchor's key. */
export function listMisplaced(fields: TomlFields): { field: string; section: string }[] {
  return Object.entries(fields).flatMap(([section, value]) => {
    const tables: unknown[] = Array.isArray(value) ? value.slice(0, MAX_TABLES) : [value]
    return tables
      .filter(isTable)
      .flatMap((table) =>
        [...IDENTITY_FIELDS]
          .filter((field) => Object.hasOwn(table, field))
          .map((field) => ({ field, section })),
      )
  })
}

/**
 * Notes fields that stand in a place or under a name where they mean nothing. A field that also stands where it belongs
 * is not noted.
 */
export function noteStrays(
  topKeys: readonly string[],
  misplaced: readonly { field: string; section: string }[],
): Finding[] {
  const known = new Set(topKeys)
  return [
    ...misplaced
      .filter(({ field }) => !known.has(field))
      .map(({ field, section }) => {
        const actual = section === '' ? 'below a header' : `in ${section}`
        return finding('field_in_table', { field, sep: sepOf(field), actual })
      }),
    ...topKeys.flatMap((key) => {
      const field = fieldMeantBy(key)
      if (field === null || known.has(field)) return []
      return [finding('field_misnamed', { field, sep: sepOf(field), actual: key })]
    }),
  ]
}
