/** An asset as a server names it: the key of an `/info`, or an asset of SEP-38. */
export interface NamedAsset {
  /** Native is `XLM`, and a currency of ISO 4217 is upper case. */
  code: string
  /** `native` for the asset without an issuer. Undefined when the name does not say. */
  issuer?: string
  /** True for `iso4217:USD`: money off the ledger. */
  fiat: boolean
}

/** Reads `USDC`, `USDC:G…`, `stellar:USDC:G…`, `native`, `stellar:native` and `iso4217:USD`. It never throws. */
export function readAssetKey(key: string): NamedAsset {
  if (/^iso4217:/i.test(key)) return { code: key.slice(8).toUpperCase(), fiat: true }
  const [code = '', issuer] = key.replace(/^stellar:/, '').split(':')
  if (code === 'native') return { code: 'XLM', issuer: 'native', fiat: false }
  return { code, ...(issuer ? { issuer } : {}), fiat: false }
}
