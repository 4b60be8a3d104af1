import { ENDPOINT_FIELD, IDENTITY_FIELDS, SEP_NAMES, sepNumber } from './fields.ts'

/** Names that people give to fields of SEP-1, without the characters that are neither a letter nor a digit. */
const OTHER_NAMES: Record<string, string> = {
  PASSPHRASE: 'NETWORK_PASSPHRASE',
  NETWORKPASSPHASE: 'NETWORK_PASSPHRASE',
  SIGNINGKEYS: 'SIGNING_KEY',
  SIGNINGPUBLICKEY: 'SIGNING_KEY',
  SERVERSIGNINGKEY: 'SIGNING_KEY',
  WEBAUTH: 'WEB_AUTH_ENDPOINT',
  WEBAUTHSERVER: 'WEB_AUTH_ENDPOINT',
  WEBAUTHURL: 'WEB_AUTH_ENDPOINT',
  WEBAUTHENDPOINTURL: 'WEB_AUTH_ENDPOINT',
  AUTHENDPOINT: 'WEB_AUTH_ENDPOINT',
  KYCENDPOINT: 'KYC_SERVER',
  QUOTESERVER: 'ANCHOR_QUOTE_SERVER',
  ANCHORQUOTESSERVER: 'ANCHOR_QUOTE_SERVER',
  QUOTESSERVER: 'ANCHOR_QUOTE_SERVER',
  DIRECTPAYMENTSSERVER: 'DIRECT_PAYMENT_SERVER',
  WEBAUTHFORCONTRACTS: 'WEB_AUTH_FOR_CONTRACTS_ENDPOINT',
  WEBAUTHFORCONTRACTENDPOINT: 'WEB_AUTH_FOR_CONTRACTS_ENDPOINT',
  WEBAUTHFORCONTRACTSSERVER: 'WEB_AUTH_FOR_CONTRACTS_ENDPOINT',
  EXTERNALACCOUNTSSERVER: 'EXTERNAL_ACCOUNT_SERVER',
  CURRENCY: 'CURRENCIES',
}

const MEANT: ReadonlyMap<string, string> = new Map([
  ...numberedNames(),
  ...Object.entries(OTHER_NAMES),
  ...[...IDENTITY_FIELDS, 'ACCOUNTS', 'CURRENCIES', 'DOCUMENTATION'].map(
    (field) => [lettersOf(field), field] as const,
  ),
])

/** The field that a top-level key seems to mean and does not name. Null for a right name and for any other key. */
export function fieldMeantBy(key: string): string | null {
  const meant = key.length > 64 ? undefined : MEANT.get(lettersOf(key))
  return meant === undefined || meant === key ? null : meant
}

function lettersOf(key: string): string {
  return key.toUpperCase().replace(/[^A-Z0-9]/g, '')
}

/** `TRANSFER_SERVER_SEP24`, `TRANSFER_SERVER_0024` and their like, for every protocol. */
function numberedNames(): [string, string][] {
  return SEP_NAMES.flatMap((sep) => {
    const field = ENDPOINT_FIELD[sep]
    const base = lettersOf(field).replace(/SEP\d+$/, '')
    const number = String(sepNumber(sep))
    const forms = [
      number,
      number.padStart(2, '0'),
      number.padStart(3, '0'),
      number.padStart(4, '0'),
    ]
    return forms.flatMap((form): [string, string][] => [
      [`${base}SEP${form}`, field],
      [`${base}${form}`, field],
    ])
  })
}
