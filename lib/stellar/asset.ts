import { isAccountId } from './account-id.ts'

/** An asset as SEP-38 names it. Codes are case-sensitive: `usdc` is not `USDC`. */
export type Asset =
  | { kind: 'native' }
  | { kind: 'issued'; code: string; issuer: string }
  | { kind: 'fiat'; code: string }

const CODE = /^[A-Za-z0-9]{1,12}$/
const FIAT_CODE = /^[A-Z]{3}$/

/** Reads `stellar:CODE:ISSUER`, `stellar:native` or `iso4217:USD` (SEP-38); null for every other value. */
export function parseAsset(value: unknown): Asset | null {
  if (typeof value !== 'string') return null
  if (value === 'stellar:native') return { kind: 'native' }
  const [scheme, code = '', issuer, ...rest] = value.split(':')
  if (scheme === 'iso4217' && issuer === undefined && FIAT_CODE.test(code)) {
    return { kind: 'fiat', code }
  }
  if (scheme === 'stellar' && rest.length === 0 && CODE.test(code) && isAccountId(issuer)) {
    return { kind: 'issued', code, issuer }
  }
  return null
}

/** Writes an asset in the form that `parseAsset` reads. */
export function formatAsset(asset: Asset): string {
  if (asset.kind === 'native') return 'stellar:native'
  return asset.kind === 'fiat' ? `iso4217:${asset.code}` : `stellar:${asset.code}:${asset.issuer}`
}

/** Whether a text names an asset of the ledger. Like the Anchor Platform, it checks the prefix alone. */
export function isStellarAssetName(name: string): boolean {
  return name.startsWith('stellar:')
}
