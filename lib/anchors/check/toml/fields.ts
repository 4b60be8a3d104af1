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

export interface Currency {
  code: string
  issuer?: string
  contract?: string
  /** What one unit stands for, as written: `USD`, or `EUR` of a fund. */
  anchorAsset?: string
  /** `fiat`, `crypto`, `nft`, `stock`, `bond`, `commodity`, `realestate` or `other`, as written. */
  anchorAssetType?: string
  isAssetAnchored?: boolean
}

/** The fields of an anchor, as the file writes them. Every endpoint is an http or https URL. */
export interface StellarToml {
  networkPassphrase?: string
  signingKey?: string
  webAuthContractId?: string
  organisation?: string
  endpoints: Partial<Record<SepName, string>>
  currencies: Currency[]
  accounts?: string[]
}

const FIELD_SEP: Record<string, number> = {
  SIGNING_KEY: 10,
  WEB_AUTH_CONTRACT_ID: 45,
  ...Object.fromEntries(SEP_NAMES.map((sep) => [ENDPOINT_FIELD[sep], sepNumber(sep)])),
}

/** The number of a SEP, for a finding: `sep24` is 24. */
export function sepNumber(sep: SepName): number {
  return Number(sep.slice(3))
}

/** The SEP that a field of stellar.toml belongs to, for a finding. */
export function sepOf(field: string): number {
  return FIELD_SEP[field] ?? 1
}
