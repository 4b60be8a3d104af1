import { INFO_FINDINGS } from './info/info-findings.ts'

/**
 * The one table of findings about a home domain. Codes are stored and counted, so they are never renamed.
 * `docs/findings.md` has a row for each, and a test holds the two equal. `sep` is null where the field decides it.
 */
export const FINDINGS = {
  toml_not_found: {
    sep: 1,
    meaning: 'The stellar.toml answers that it does not exist.',
    expected: 'status 200',
  },
  toml_status: {
    sep: 1,
    meaning: 'The stellar.toml answers neither 200 nor 404 nor 410.',
    expected: 'status 200',
  },
  toml_timeout: {
    sep: 1,
    meaning: 'The stellar.toml did not arrive in time.',
    expected: 'an answer in time',
  },
  toml_unreachable: {
    sep: 1,
    meaning: 'DNS, TCP or TLS failed before the stellar.toml arrived.',
    expected: 'a valid HTTPS connection',
  },
  toml_blocked: {
    sep: 1,
    meaning: 'The address of the stellar.toml, or of a redirect from it, may not be fetched.',
    expected: 'a public https URL',
  },
  toml_too_large: {
    sep: 1,
    meaning: 'The stellar.toml is larger than SEP-1 allows.',
    expected: 'at most 102400 bytes',
  },
  toml_encoding: {
    sep: 1,
    meaning: 'The bytes of the stellar.toml are not UTF-8 text.',
    expected: 'UTF-8',
  },
  toml_redirected: {
    sep: 1,
    meaning: 'The stellar.toml is served by another host.',
    expected: 'no redirect to another host',
  },
  toml_content_type: {
    sep: 1,
    meaning: 'The content type of the stellar.toml is unusual.',
    expected: 'text/plain',
  },
  toml_html: {
    sep: 1,
    meaning: 'An HTML page stands in place of the stellar.toml.',
    expected: 'TOML',
  },
  toml_empty: { sep: 1, meaning: 'The stellar.toml is empty.', expected: 'TOML' },
  toml_salvaged: {
    sep: 1,
    meaning:
      'The stellar.toml is not valid TOML; lines above its first table were read one by one.',
    expected: 'valid TOML 1.0',
  },
  toml_unreadable: {
    sep: 1,
    meaning: 'The stellar.toml is not valid TOML and no line of it could be salvaged.',
    expected: 'valid TOML 1.0',
  },
  toml_duplicate_key: {
    sep: 1,
    meaning: 'A salvaged stellar.toml gives a field twice; the first value is used.',
    expected: 'one value',
  },
  field_wrong_type: {
    sep: null,
    meaning: 'A field has the wrong type and is not used.',
    expected: 'the type SEP-1 names',
  },
  field_empty: {
    sep: null,
    meaning: 'A field is present and empty; it counts as absent.',
    expected: 'a value, or no field',
  },
  field_in_table: {
    sep: null,
    meaning:
      'A field stands below a table header and so belongs to that table; it counts as absent.',
    expected: 'the field above the first table header',
  },
  placeholder_value: {
    sep: null,
    meaning: 'A field still holds the text of a template.',
    expected: 'a real value',
  },
  network_passphrase_missing: {
    sep: 1,
    meaning: 'The stellar.toml does not say which network it is for.',
    expected: 'NETWORK_PASSPHRASE',
  },
  network_passphrase_unknown: {
    sep: 1,
    meaning: 'NETWORK_PASSPHRASE names neither the public nor the test network.',
    expected: 'the passphrase of the public or the test network',
  },
  signing_key_missing: {
    sep: 10,
    meaning: 'WEB_AUTH_ENDPOINT is given without the SIGNING_KEY that signs its challenges.',
    expected: 'SIGNING_KEY',
  },
  signing_key_malformed: {
    sep: 10,
    meaning: 'SIGNING_KEY is not an account: its form or its checksum is wrong.',
    expected: 'an account id (G…)',
  },
  signing_key_secret: {
    sep: 10,
    meaning: 'SIGNING_KEY looks like a secret seed; it is neither used nor stored.',
    expected: 'an account id (G…)',
  },
  web_auth_contract_malformed: {
    sep: 45,
    meaning: 'WEB_AUTH_CONTRACT_ID is not a contract: its form or its checksum is wrong.',
    expected: 'a contract id (C…)',
  },
  web_auth_contract_missing: {
    sep: 45,
    meaning: 'WEB_AUTH_FOR_CONTRACTS_ENDPOINT is given without WEB_AUTH_CONTRACT_ID.',
    expected: 'WEB_AUTH_CONTRACT_ID',
  },
  kyc_server_missing: {
    sep: 31,
    meaning: 'DIRECT_PAYMENT_SERVER is given without the KYC_SERVER that SEP-31 needs.',
    expected: 'KYC_SERVER',
  },
  endpoint_unreadable: {
    sep: null,
    meaning: 'An endpoint is not an http or https URL, or carries a user name; it is not used.',
    expected: 'an https URL',
  },
  endpoint_not_https: {
    sep: null,
    meaning: 'An endpoint is not https and is never asked.',
    expected: 'an https URL',
  },
  endpoint_not_public: {
    sep: null,
    meaning: 'An endpoint is on localhost, an IP address or a name that is not public.',
    expected: 'a public host name',
  },
  endpoint_port: {
    sep: null,
    meaning: 'An endpoint names a port and is never asked.',
    expected: 'the default port 443',
  },
  endpoint_query: {
    sep: null,
    meaning: 'An endpoint has a query or a fragment; both are dropped when it is asked.',
    expected: 'a URL that ends with its path',
  },
  endpoint_trailing_slash: {
    sep: null,
    meaning: 'An endpoint ends with a slash, so clients that append a path ask for a double slash.',
    expected: 'no slash at the end',
  },
  currency_code_malformed: {
    sep: 1,
    meaning: 'A currency has no readable code and is left out.',
    expected: '1 to 12 letters or digits',
  },
  currency_without_issuer: {
    sep: 1,
    meaning: 'A currency names neither an issuer nor a contract.',
    expected: 'issuer or contract',
  },
  currency_issuer_malformed: {
    sep: 1,
    meaning: 'The issuer of a currency is not an account and is left out.',
    expected: 'an account id (G…)',
  },
  currency_contract_malformed: {
    sep: 1,
    meaning: 'The contract of a currency is not a contract and is left out.',
    expected: 'a contract id (C…)',
  },
  currency_linked: {
    sep: 1,
    meaning: 'A currency stands in a file of its own, which is not read.',
    expected: 'the currency in the stellar.toml itself',
  },
  currencies_too_many: {
    sep: 1,
    meaning: 'The stellar.toml lists more currencies than are kept.',
    expected: 'at most 500 currencies',
  },
  issuer_claimed: {
    sep: 1,
    meaning:
      'ACCOUNTS names the issuer of an asset, and the account of the issuer names another home domain.',
    expected: 'the home domain of this stellar.toml in the account',
  },
  issuer_without_home_domain: {
    sep: 1,
    meaning:
      'The account of an issuer names no usable home domain, so nothing shows who issues the asset.',
    expected: 'the home domain of this stellar.toml in the account',
  },
  issuer_missing: {
    sep: 1,
    meaning: 'The account that issues an asset does not exist on the ledger.',
    expected: 'an account on the public network',
  },
  ...INFO_FINDINGS,
  capability_kept: {
    sep: null,
    meaning: '/info could not be read this time; its last result is kept.',
    expected: 'a readable /info',
  },
  internal_error: {
    sep: 1,
    meaning: 'The check itself failed; it shows nothing about the anchor.',
    expected: 'a finished check',
  },
} as const satisfies Record<string, { sep: number | null; meaning: string; expected: string }>

export type FindingCode = keyof typeof FINDINGS

/** One fault of a home domain, as data. `actual` is shortened, printable and never holds a secret seed. */
export interface Finding {
  code: FindingCode
  sep: number
  field?: string
  expected: string
  actual?: string
}

/** A secret seed of SEP-23. It controls the account and must not reach a row, an answer or a log. */
export const SECRET_SEED = /(?<![A-Z2-7])S[A-Z2-7]{55}(?![A-Z2-7])/g
const MAX_CHARACTERS = 120
/** A hostile file must not fill the database: 102,400 bytes hold about 7,000 currency tables. */
const MAX_FINDINGS_PER_CODE = 10

/** Builds a finding. `expected` comes from the table, and `sep` too where it is not given. */
export function finding(
  code: FindingCode,
  about: { sep?: number; field?: string; actual?: unknown } = {},
): Finding {
  return {
    code,
    sep: about.sep ?? FINDINGS[code].sep ?? 1,
    ...(about.field === undefined ? {} : { field: printable(about.field) }),
    expected: FINDINGS[code].expected,
    ...(about.actual === undefined ? {} : { actual: printable(String(about.actual)) }),
  }
}

/** Keeps the first findings of each code, in order. */
export function limitFindings(findings: readonly Finding[]): Finding[] {
  const counts = new Map<FindingCode, number>()
  return findings.filter(({ code }) => {
    const count = (counts.get(code) ?? 0) + 1
    counts.set(code, count)
    return count <= MAX_FINDINGS_PER_CODE
  })
}

/** A stranger's text for a row, without secret seeds and without NUL and lone surrogates, which jsonb refuses. */
export function printable(text: string): string {
  const safe = text
    .slice(0, 4 * MAX_CHARACTERS)
    .replace(SECRET_SEED, 'S…')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD')
  return safe.length > MAX_CHARACTERS ? `${safe.slice(0, MAX_CHARACTERS).toWellFormed()}…` : safe
}

/** The first 40 characters of a text, on one line. */
export function beginningOf(text: string): string {
  return text.slice(0, 40).replace(/\s+/g, ' ')
}
