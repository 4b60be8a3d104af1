import { isAccountId } from './account-id.ts'

/** An asset as SEP-38 names it. Codes are case-sensitive: `usdc` is not `USDC`. */
export type Asset =
  | { kind: 'native' }
  | { kind: 'issued'; code: string; issuer: string }
  | { kind: 'fiat'; code: string }

const CODE = /^[A-Za-z0-9]{1,12}$/
const FIAT_CODE = /^[A-Z]{3}$/

/** A text that names no asset. */
export class AssetError extends Error {
  readonly value: unknown

  constructor(value: unknown) {
    const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 120)) : typeof value
    super(
      `Asset refused: ${shown}; allowed: stellar:CODE:ISSUER, stellar:native or iso4217:CODE (SEP-38).`,
    )
    this.name = 'AssetError'
    this.value = value
  }
}

/**
 * Reads an asset in the form of SEP-38: `stellar:CODE:ISSUER`, `stellar:native` or `iso4217:USD`.
 *
 * @throws AssetError
 */
export function parseAsset(value: unknown): Asset {
  const asset = assetOrNull(value)
  if (asset === null) throw new AssetError(value)
  return asset
}

/** The asset that `parseAsset` returns, or null where it refuses the value. */
export function assetOrNull(value: unknown): Asset | null {
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

/** Writes an asset in the form of SEP-38, the only one that `parseAsset` reads. */
export function formatAsset(asset: Asset): string {
  if (asset.kind === 'native') return 'stellar:native'
  return asset.kind === 'fiat' ? `iso4217:${asset.code}` : `stellar:${asset.code}:${asset.issuer}`
}

/** Whether a text names an asset of the ledger, as the Anchor Platform judges it: by its first letters alone. */
export function isStellarAssetName(name: string): boolean {
  return name.startsWith('stellar:')
}
