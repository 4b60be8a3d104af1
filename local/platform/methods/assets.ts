import type { Asset } from '../emulator-state.ts'
import { internalError } from '../rpc-error.ts'
import type { StoredTransaction } from '../stored-transaction.ts'

/** Whether a SEP-38 id is of an asset on Stellar; other assets are off-chain. */
export const isStellar = (assetId: string): boolean => assetId.startsWith('stellar:')

const codeOf = (assetId: string): string => assetId.split(':')[1] ?? ''

/** Finds the asset whose decimals round refunds: the first with the code of `assetId`, of any issuer. */
export function firstAssetWithCode(assets: readonly Asset[], assetId: string): Asset {
  const code = codeOf(assetId)
  const found = assets.find((asset) => codeOf(asset.id) === code)
  if (found === undefined) throw internalError(`No asset with code ${code}`)
  return found
}

/**
 * The Stellar asset for which a SEP-6 or SEP-24 transaction was requested.
 *
 * @throws RpcError for an asset that left the configuration
 */
export function requestedAsset(
  assets: readonly Asset[],
  transaction: StoredTransaction,
): Asset | undefined {
  const { request_asset_code: code, request_asset_issuer: issuer } = transaction
  if (code === undefined) return undefined
  const found = assets.find((asset) =>
    issuer === undefined ? codeOf(asset.id) === code : asset.id === `stellar:${code}:${issuer}`,
  )
  if (found !== undefined) return found
  throw internalError(
    'Cannot invoke "org.stellar.anchor.api.sep.AssetInfo.getSep38AssetName()" because "info" is null',
  )
}
