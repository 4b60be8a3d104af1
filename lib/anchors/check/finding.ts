import { textOf } from '../../text-of.ts'
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
  toml_cors: {
    sep: 1,
    meaning: 'A web page may not read the stellar.toml.',
    expected: 'access-control-allow-origin: *',
  },
  toml_html: {
    sep: 1,
    meaning: 'An HTML page stands in place of the stellar.toml.',
    expected: 'TOML',
  },
  toml_empty: { sep: 1, meaning: 'The stellar.toml is empty.', expected: 'TOML' },
  toml_salvaged: {
    sep: 1,
    meaning: 'The stellar.toml is not valid TOML; what is certain in it was read by itself.',
    expected: 'valid TOML 1.0',
  },
  toml_unreadable: {
    sep: 1,
    meaning: 'The stellar.toml is not valid TOML and nothing in it is certain.',
    expected: 'valid TOML 1.0',
  },
  toml_duplicate_key: {
    sep: 1,
    meaning: 'A salvaged stellar.toml gives a field more than once with the same value.',
    expected: 'the field once',
  },
  toml_conflict: {
    sep: null,
    meaning:
      'A field is given more than once with different values, or once readable and once not; it is not used.',
    expected: 'one value',
  },
  toml_unclosed: {
    sep: null,
    meaning: 'An array or a text of several lines is never closed; it is not used.',
    expected: 'a closing bracket or three quotes',
  },
  toml_header: {
    sep: 1,
    meaning:
      'A header has single brackets in place of double ones, or the reverse; it is read all the same.',
    expected: '[DOCUMENTATION] and [[CURRENCIES]]',
  },
  toml_line_ends: {
    sep: 1,
    meaning: 'The lines of the stellar.toml end with carriage returns alone, which is not TOML.',
    expected: 'LF or CRLF',
  },
  toml_content_encoding: {
    sep: 1,
    meaning:
      'The Content-Encoding of the stellar.toml has a word that names no coding; it was ignored.',
    expected: 'gzip, br or no Content-Encoding',
  },
  field_blanks: {
    sep: null,
    meaning:
      'A field has blanks around its value. They are left out here, and wallets compare to the letter.',
    expected: 'the value without blanks around it',
  },
  field_wrong_type: {
    sep: null,
    meaning: 'A field has the wrong type and is not used.',
    expected: 'the type SEP-1 names',
  },
  field_empty: {
    sep: null,
    meaning: 'A field is present and empty; it is not used.',
    expected: 'a value, or no field',
  },
  field_unreadable: {
    sep: null,
    meaning:
      'A field is there and cannot be read, or some of its bytes are not UTF-8; it is not used.',
    expected: 'KEY = "value" in UTF-8',
  },
  field_misnamed: {
    sep: null,
    meaning: 'A key seems to mean a field that has another name; it is not used.',
    expected: 'the name that the SEP gives',
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
  placeholder_key: {
    sep: null,
    meaning: 'An account is the one of an example in a SEP; it is not used.',
    expected: 'an account of the anchor',
  },
  account_malformed: {
    sep: 1,
    meaning: 'An entry of ACCOUNTS is not an account and is left out.',
    expected: 'an account id (G…)',
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
  currency_incomplete: {
    sep: 1,
    meaning: 'A currency of a salvaged stellar.toml cannot be read whole and is left out.',
    expected: 'readable code, and readable issuer or contract',
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
  web_auth_blocked: {
    sep: null,
    meaning: 'The address of the web auth endpoint, or of a redirect from it, may not be fetched.',
    expected: 'a public https URL that is not our own',
  },
  web_auth_timeout: {
    sep: null,
    meaning: 'The challenge did not arrive in time.',
    expected: 'an answer in time',
  },
  web_auth_unreachable: {
    sep: null,
    meaning: 'DNS, TCP or TLS failed before the challenge arrived.',
    expected: 'a valid HTTPS connection',
  },
  web_auth_too_large: {
    sep: null,
    meaning: 'The answer with the challenge is too large to be read.',
    expected: 'at most 65536 bytes',
  },
  web_auth_encoding: {
    sep: null,
    meaning: 'The bytes of the answer with the challenge are not UTF-8 text.',
    expected: 'UTF-8',
  },
  web_auth_throttled: {
    sep: null,
    meaning: 'The web auth endpoint asks for patience.',
    expected: 'status 200',
  },
  web_auth_walled: {
    sep: null,
    meaning: 'A firewall or web server answers in place of the web auth endpoint.',
    expected: 'an answer of the anchor itself',
  },
  web_auth_status: {
    sep: null,
    meaning: 'The web auth endpoint answers with a status that the SEP does not know.',
    expected: 'status 200',
  },
  web_auth_not_found: {
    sep: null,
    meaning: 'The web auth endpoint does not exist, so nobody can sign in.',
    expected: 'status 200',
  },
  web_auth_protected: {
    sep: null,
    meaning: 'The web auth endpoint refuses strangers.',
    expected: 'status 200',
  },
  web_auth_refused: {
    sep: null,
    meaning: 'The web auth endpoint refuses this client or a good account.',
    expected: 'a challenge for every account',
  },
  web_auth_home_domain: {
    sep: null,
    meaning: 'The web auth endpoint refuses the home domain that names it.',
    expected: 'a challenge for the home domain',
  },
  web_auth_unknown_account: {
    sep: null,
    meaning: 'The web auth endpoint refuses an account that is not on the ledger.',
    expected: 'a challenge for every account',
  },
  web_auth_redirected: {
    sep: null,
    meaning: 'The challenge is served by another host.',
    expected: 'no redirect to another host',
  },
  web_auth_cors: {
    sep: null,
    meaning: 'A web page may not read the challenge.',
    expected: 'access-control-allow-origin: *',
  },
  web_auth_html: {
    sep: null,
    meaning: 'An HTML page stands in place of the challenge.',
    expected: 'JSON',
  },
  web_auth_not_json: {
    sep: null,
    meaning: 'The answer with the challenge is not valid JSON.',
    expected: 'JSON',
  },
  web_auth_too_deep: {
    sep: null,
    meaning: 'The answer with the challenge nests more deeply than any reader needs.',
    expected: 'at most 32 levels',
  },
  web_auth_key_twice: {
    sep: null,
    meaning:
      'The answer with the challenge has a key twice, and wallets differ on which value counts.',
    expected: 'each key once',
  },
  web_auth_shape: {
    sep: null,
    meaning: 'The answer is JSON, but holds no challenge.',
    expected: 'an object with the challenge as a text',
  },
  challenge_not_xdr: {
    sep: 10,
    meaning: 'The challenge is not one transaction envelope in strict base64.',
    expected: 'base64 of one transaction envelope of at most 16384 characters',
  },
  challenge_fee_bump: {
    sep: 10,
    meaning: 'The challenge is a fee bump, whose sender may submit it.',
    expected: 'a plain transaction',
  },
  challenge_sequence: {
    sep: 10,
    meaning: 'The sequence number is not 0, so that the signed challenge could be submitted.',
    expected: 'sequence number 0',
  },
  challenge_operation: {
    sep: 10,
    meaning: 'The challenge has no operation, or another one than manage_data.',
    expected: 'manage_data operations',
  },
  challenge_source: {
    sep: 10,
    meaning: 'The source of the challenge is not SIGNING_KEY.',
    expected: 'SIGNING_KEY as a plain account',
  },
  challenge_account: {
    sep: 10,
    meaning: 'The first operation is not of the account that asked.',
    expected: 'the account that asked',
  },
  challenge_home_domain: {
    sep: 10,
    meaning: 'The first operation names another home domain.',
    expected: '<home domain> auth',
  },
  challenge_operation_source: {
    sep: 10,
    meaning: 'A later operation is not of SIGNING_KEY.',
    expected: 'SIGNING_KEY',
  },
  challenge_web_auth_domain: {
    sep: 10,
    meaning: 'web_auth_domain is not the host of WEB_AUTH_ENDPOINT.',
    expected: 'the host of WEB_AUTH_ENDPOINT',
  },
  challenge_no_time_bounds: {
    sep: 10,
    meaning: 'The challenge never expires.',
    expected: 'a minimum and a maximum time',
  },
  challenge_expired: {
    sep: 10,
    meaning: 'The challenge is over, or not yet valid, with 300 s of grace.',
    expected: 'a time range around now',
  },
  challenge_signature_missing: {
    sep: 10,
    meaning: 'The challenge is not signed.',
    expected: 'a signature by SIGNING_KEY',
  },
  challenge_signature: {
    sep: 10,
    meaning: 'No signature of the challenge is by SIGNING_KEY.',
    expected: 'a signature by SIGNING_KEY',
  },
  challenge_other_network: {
    sep: 10,
    meaning: 'The challenge is signed for another network.',
    expected: 'a signature for the network of the catalog',
  },
  web_auth_domain_differs: {
    sep: 10,
    meaning:
      'web_auth_domain is the home domain, or differs from the host of WEB_AUTH_ENDPOINT in case; wallets on the Stellar SDK refuse it.',
    expected: 'the host of WEB_AUTH_ENDPOINT',
  },
  challenge_nonce: {
    sep: 10,
    meaning: 'The nonce is not 48 bytes in base64.',
    expected: '64 bytes that are base64 of 48 bytes',
  },
  challenge_memo: {
    sep: 10,
    meaning: 'The challenge has a memo that nobody asked for.',
    expected: 'no memo',
  },
  challenge_client_domain: {
    sep: 10,
    meaning: 'The challenge names a client_domain that nobody asked for.',
    expected: 'no client_domain',
  },
  challenge_extra_signatures: {
    sep: 10,
    meaning: 'The challenge has more than one signature.',
    expected: 'one signature',
  },
  challenge_short: {
    sep: 10,
    meaning: 'The challenge is valid for less than 60 s, too short for a person to sign.',
    expected: 'at least 60 s',
  },
  challenge_passphrase: {
    sep: 10,
    meaning: 'network_passphrase names another network.',
    expected: 'the passphrase of the network',
  },
  challenge_passphrase_missing: {
    sep: 10,
    meaning: 'The answer has no network_passphrase.',
    expected: 'network_passphrase',
  },
  challenge_web_auth_domain_missing: {
    sep: 10,
    meaning: 'The challenge has no web_auth_domain, as before SEP-10 3.1.',
    expected: 'web_auth_domain',
  },
  entries_not_xdr: {
    sep: 45,
    meaning: 'The challenge is not a list of authorization entries in strict base64.',
    expected: 'base64 of 1 to 10 authorization entries',
  },
  entries_not_contract_call: {
    sep: 45,
    meaning: 'An entry authorizes something else than the call of a contract.',
    expected: 'a contract call',
  },
  entries_sub_invocation: {
    sep: 45,
    meaning: 'An entry authorizes further calls.',
    expected: 'no sub-invocation',
  },
  entries_contract: {
    sep: 45,
    meaning: 'An entry calls another contract than WEB_AUTH_CONTRACT_ID.',
    expected: 'WEB_AUTH_CONTRACT_ID',
  },
  entries_function: {
    sep: 45,
    meaning: 'An entry calls another function than web_auth_verify.',
    expected: 'web_auth_verify',
  },
  entries_arguments: {
    sep: 45,
    meaning: 'The argument of the call is not one map of symbols to texts.',
    expected: 'one map of symbols to texts',
  },
  entries_arguments_differ: {
    sep: 45,
    meaning: 'The entries authorize different calls.',
    expected: 'the same call in every entry',
  },
  entries_account: {
    sep: 45,
    meaning: 'The call is not for the account that asked.',
    expected: 'the account that asked',
  },
  entries_home_domain: {
    sep: 45,
    meaning: 'The call names another home domain.',
    expected: 'the home domain',
  },
  entries_web_auth_domain: {
    sep: 45,
    meaning: 'The call names another web_auth_domain than the host of the endpoint.',
    expected: 'the host of WEB_AUTH_FOR_CONTRACTS_ENDPOINT',
  },
  entries_web_auth_domain_differs: {
    sep: 45,
    meaning:
      'web_auth_domain is the home domain, or differs from the host of the endpoint in case.',
    expected: 'the host of WEB_AUTH_FOR_CONTRACTS_ENDPOINT',
  },
  entries_web_auth_account: {
    sep: 45,
    meaning: 'web_auth_domain_account is not SIGNING_KEY.',
    expected: 'SIGNING_KEY',
  },
  entries_nonce_missing: { sep: 45, meaning: 'The call has no nonce.', expected: 'a nonce' },
  entries_client_domain: {
    sep: 45,
    meaning: 'The call names a client domain that nobody asked for.',
    expected: 'no client_domain',
  },
  entries_client_entry_missing: {
    sep: 45,
    meaning: 'No entry is for the account that asked.',
    expected: 'one entry for the account',
  },
  entries_server_entry_missing: {
    sep: 45,
    meaning: 'No entry is for SIGNING_KEY.',
    expected: 'one entry for SIGNING_KEY',
  },
  entries_stranger: {
    sep: 45,
    meaning: 'An entry is for neither the account that asked nor SIGNING_KEY.',
    expected: 'two entries',
  },
  entries_signature_missing: {
    sep: 45,
    meaning: 'The entry of SIGNING_KEY is not signed.',
    expected: 'a signature by SIGNING_KEY',
  },
  entries_signature: {
    sep: 45,
    meaning: 'The signature of the entry is not by SIGNING_KEY.',
    expected: 'a signature by SIGNING_KEY',
  },
  entries_other_network: {
    sep: 45,
    meaning: 'The entry is signed for another network.',
    expected: 'a signature for the network of the catalog',
  },
  entries_passphrase: {
    sep: 45,
    meaning: 'network_passphrase names another network.',
    expected: 'the passphrase of the network',
  },
  entries_passphrase_missing: {
    sep: 45,
    meaning: 'The answer has no network_passphrase.',
    expected: 'network_passphrase',
  },
  entries_camel_case: {
    sep: 45,
    meaning: 'The members of the answer are spelt in camel case, as the Anchor Platform does.',
    expected: 'authorization_entries and network_passphrase',
  },
  web_auth_contract_own: {
    sep: 45,
    meaning: 'WEB_AUTH_CONTRACT_ID is not the reference contract; nobody has looked at its code.',
    expected: 'the reference contract',
  },
  sign_in_failing: {
    sep: 10,
    meaning: 'The server answered the signed challenge with an error of its own, or not at all.',
    expected: 'a token',
  },
  sign_in_refused: {
    sep: 10,
    meaning: 'The server refused the signed challenge.',
    expected: 'a token',
  },
  sign_in_token: {
    sep: 10,
    meaning: 'The answer to the signed challenge holds no usable token.',
    expected: 'a JWT of at most 16384 characters',
  },
  sign_in_token_short: {
    sep: 10,
    meaning: 'The token ends before a wallet can use it.',
    expected: 'at least 60 s',
  },
  signed_in_failing: {
    sep: null,
    meaning: 'The service erred, or did not answer, once signed in.',
    expected: 'an answer in 12 s',
  },
  signed_in_refused: {
    sep: null,
    meaning: 'The service refuses the token that the anchor itself gave.',
    expected: 'status 200',
  },
  signed_in_off: {
    sep: null,
    meaning: 'The service is not there once signed in.',
    expected: 'status 200',
  },
  signed_in_shape: {
    sep: null,
    meaning: 'The service answers somebody signed in with something else than the SEP says.',
    expected: 'the list of the account, or its customer',
  },
  signed_in_status: {
    sep: null,
    meaning: 'The answer to somebody signed in shows nothing of the service.',
    expected: 'status 200',
  },
  capability_kept: {
    sep: null,
    meaning: 'The endpoint gave no usable answer this time; its last result is kept.',
    expected: 'a usable answer',
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
/**
 * Tokens (JWT) and challenges (XDR in base64) by their form. A server may write those that it gave, or was sent, into any
 * later answer, when the check that knew them is over.
 */
const TOKEN_OR_CHALLENGE =
  /(?<![\w-])eyJ[\w.-]{8,}|(?<![A-Za-z0-9+])AAAAA[A-Za-z][A-Za-z0-9+/=]{16,}/g
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
    ...(about.actual === undefined ? {} : { actual: printable(textOf(about.actual)) }),
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

/** A stranger's text for a row, without secrets, and without NUL and lone surrogates, which jsonb refuses. */
export function printable(text: string): string {
  const safe = text
    .slice(0, 4 * MAX_CHARACTERS)
    .replace(SECRET_SEED, 'S…')
    .replace(TOKEN_OR_CHALLENGE, '…')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD')
  return safe.length > MAX_CHARACTERS ? `${safe.slice(0, MAX_CHARACTERS).toWellFormed()}…` : safe
}

/** The first 40 characters of a text, on one line. */
export function beginningOf(text: string): string {
  return text.slice(0, 40).replace(/\s+/g, ' ')
}
