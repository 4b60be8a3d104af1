/** The field of stellar.toml that declares each protocol (SEP-1, "Account Information"; SEP-59 has its own). */
export const ENDPOINT_FIELD = {
  sep6: 'TRANSFER_SERVER',
  sep10: 'WEB_AUTH_ENDPOINT',
  sep12: 'KYC_SERVER',
  sep24: 'TRANSFER_SERVER_SEP0024',
  sep31: 'DIRECT_PAYMENT_SERVER',
  sep38: 'ANCHOR_QUOTE_SERVER',
  sep45: 'WEB_AUTH_FOR_CONTRACTS_ENDPOINT',
  sep59: 'EXTERNAL_ACCOUNT_SERVER',
} as const

export type SepName = keyof typeof ENDPOINT_FIELD
/** The protocols whose endpoints a stellar.toml may name. */
export const SEP_NAMES = Object.keys(ENDPOINT_FIELD) as SepName[]

/** The fields that say who an anchor is and where it serves. They stand above the first table header. */
export const IDENTITY_FIELDS: ReadonlySet<string> = new Set([
  'NETWORK_PASSPHRASE',
  'SIGNING_KEY',
  'WEB_AUTH_CONTRACT_ID',
  ...Object.values(ENDPOINT_FIELD),
])

/** The fields of `[DOCUMENTATION]` that are read. */
export const DOCUMENTATION_FIELDS: readonly string[] = ['ORG_NAME']

/** Why a field that is there gives no value. `sample`: the value of an example in a SEP. */
export type Unusable =
  | 'wrong_type'
  | 'empty'
  | 'placeholder'
  | 'unreadable'
  | 'conflict'
  | 'secret'
  | 'sample'

export interface Currency {
  code: string
  issuer?: string
  contract?: string
  /** What the asset stands for, such as `USD`, as written. */
  anchorAsset?: string
  /** `fiat`, `crypto`, `stock` and the like, as written. */
  anchorAssetType?: string
  isAssetAnchored?: boolean
  /** `live`, `test` and the like, as written. */
  status?: string
}

/** The fields of an anchor, as the file writes them. Every endpoint is an http or https URL. */
export interface StellarToml {
  networkPassphrase?: string
  signingKey?: string
  webAuthContractId?: string
  organisation?: string
  /** The accounts that the anchor says are its own. */
  accounts: string[]
  endpoints: Partial<Record<SepName, string>>
  /** The endpoint of SEP-12 is TRANSFER_SERVER, because KYC_SERVER is absent. */
  isKycAtTransferServer?: true
  currencies: Currency[]
  /** Identity fields that are there and give no value, by name. A field in neither place is absent. */
  unusable: Record<string, Unusable>
}

const FIELD_SEP: ReadonlyMap<string, number> = new Map(
  Object.entries({
    SIGNING_KEY: 10,
    WEB_AUTH_CONTRACT_ID: 45,
    ...Object.fromEntries(SEP_NAMES.map((sep) => [ENDPOINT_FIELD[sep], sepNumber(sep)])),
  }),
)

/** The number of a SEP, for a finding: `sep24` is 24. */
export function sepNumber(sep: SepName): number {
  return Number(sep.slice(3))
}

/** The SEP that a field of stellar.toml belongs to, for a finding. */
export function sepOf(field: string): number {
  return FIELD_SEP.get(field) ?? 1
}
