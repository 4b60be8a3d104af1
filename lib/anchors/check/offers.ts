/** One direction of one asset. Amounts are decimal strings with the digits of the answer. */
export interface TransferSupport {
  enabled: boolean
  /** SEP-6: absent where strangers may use it. Every other protocol needs a token. */
  authenticationRequired?: true
  feeFixed?: string
  feePercent?: string
  feeMinimum?: string
  minAmount?: string
  maxAmount?: string
  /** How the customer may pay or be paid, as written (SEP-6 and SEP-31). */
  fundingMethods?: string[]
}

/** What a transfer server can do for a customer (SEP-6 and SEP-24, `features`). */
export interface TransferFeatures {
  accountCreation?: boolean
  claimableBalances?: boolean
}

/** What a server offers for one asset: SEP-6 and SEP-24 in five of these members at most, SEP-31 `receive` alone. */
export interface AssetSupport {
  deposit?: TransferSupport
  withdraw?: TransferSupport
  /** SEP-6, with a quote of SEP-38. */
  depositExchange?: TransferSupport
  withdrawExchange?: TransferSupport
  receive?: TransferSupport
}

/** One way to pay in to an external account (SEP-59, `/info`). */
export interface Offering {
  kind: 'crypto_address' | 'virtual_account' | 'bank_account'
  /** ISO 3166-1 alpha-2. */
  country?: string
  /** ISO 4217, or the code of a currency on another chain. */
  currency?: string
  rail?: string
}

/** One asset that a quote server knows (SEP-38, `/info`). */
export interface Quote {
  /** `stellar:CODE:ISSUER`, `stellar:native` or `iso4217:XXX`. */
  asset: string
  /** ISO 3166-1 alpha-2, whatever form the answer has. */
  countries?: string[]
  /** How a client may pay in (`sell_delivery_methods`). */
  sellMethods?: string[]
  /** How a client may be paid out (`buy_delivery_methods`). */
  buyMethods?: string[]
}

/** What one answer of `/prices` named (SEP-38). A quote server trades only the pairs that it names. */
export interface Prices {
  /** ISO 8601, UTC. */
  at: string
  sells: string
  /** The assets with a price above 0. */
  buys: string[]
}
