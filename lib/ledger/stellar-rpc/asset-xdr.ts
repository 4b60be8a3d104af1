import { createHash } from 'node:crypto'
import type { Asset } from '../../stellar/asset.ts'
import { encodeStrKey } from '../../stellar/strkey.ts'
import { xdrUint32 } from '../../stellar/xdr.ts'
import { encodeAccountId } from './contract-value.ts'

const ENVELOPE_TYPE_CONTRACT_ID = 8
const CONTRACT_ID_PREIMAGE_FROM_ASSET = 1

/** An asset in XDR. @throws RangeError for an asset that is not of the ledger */
export function encodeAsset(asset: Asset): Buffer {
  if (asset.kind === 'native') return xdrUint32(0)
  if (asset.kind === 'fiat') throw new RangeError(`${asset.code} is not an asset of the ledger`)
  const isShort = asset.code.length <= 4
  const code = Buffer.alloc(isShort ? 4 : 12)
  code.write(asset.code, 'latin1')
  return Buffer.concat([xdrUint32(isShort ? 1 : 2), code, encodeAccountId(asset.issuer)])
}

/**
 * The id of an asset's own contract on a network (CAP-46-6). Any contract can emit an event that names the asset, but only
 * the events of its own contract are true.
 */
export function assetContractId(asset: Asset, networkPassphrase: string): string {
  const preimage = Buffer.concat([
    xdrUint32(ENVELOPE_TYPE_CONTRACT_ID),
    sha256(networkPassphrase),
    xdrUint32(CONTRACT_ID_PREIMAGE_FROM_ASSET),
    encodeAsset(asset),
  ])
  return encodeStrKey(sha256(preimage), 'contract')
}

function sha256(value: string | Uint8Array): Buffer {
  return createHash('sha256').update(value).digest()
}
