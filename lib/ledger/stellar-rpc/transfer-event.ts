import { formatAmount, isAmount } from '../../stellar/amount.ts'
import type { Asset } from '../../stellar/asset.ts'
import { assetOfText } from '../answer.ts'
import {
  type CarriedId,
  carriedBytes,
  carriedMuxedId,
  carriedText,
  NOTHING_CARRIED,
  UNREADABLE_ID,
} from '../carried-id.ts'
import type { ContractMovement } from '../payment.ts'
import { assetContractId } from './asset-xdr.ts'
import {
  type ContractValue,
  decodeContractValue,
  encodeAccountAddress,
  encodeSymbol,
} from './contract-value.ts'
import type { LedgerEvent } from './events.ts'

/** A movement of an asset, from an event of the asset's own contract. */
export interface Transfer extends ContractMovement {
  from: string | null
  to: string | null
  asset: Asset
}

/**
 * Topic filters of Stellar RPC for the movements from and to an account. A payment to an issuer is a burn that does not
 * name the issuer, so the filters include all burns.
 */
export function transferTopics(accountId: string): string[][] {
  const account = encodeAccountAddress(accountId)
  return [
    [encodeSymbol('transfer'), '*', account, '**'],
    [encodeSymbol('transfer'), account, '**'],
    [encodeSymbol('mint'), account, '**'],
    [encodeSymbol('burn'), '*', '*'],
    [encodeSymbol('clawback'), account, '**'],
  ]
}

/**
 * Reads an asset event (CAP-67); null for every other event, and for an event of another contract than that of the asset
 * that it names.
 */
export function readTransfer(event: LedgerEvent, networkPassphrase: string): Transfer | null {
  const topics = event.topic.map(decodeContractValue)
  const [name, ...rest] = topics
  const last = rest.at(-1)
  if (name?.type !== 'symbol' || last?.type !== 'string') return null
  const asset = assetOfText(last.value.toString('latin1'))
  if (asset === undefined) return null
  if (assetContractId(asset, networkPassphrase) !== event.contractId) return null
  const parties = readParties(name.value, rest.slice(0, -1), issuerOf(asset))
  const data = decodeContractValue(event.value)
  return (
    parties && {
      ...parties,
      asset,
      amount: readAmount(data),
      isClawback: name.value === 'clawback',
      ...readCarriedId(data),
    }
  )
}

function readParties(
  name: string,
  values: readonly (ContractValue | null)[],
  issuer: string | null,
): { from: string | null; to: string | null } | null {
  const addresses = values.map((value) => (value?.type === 'address' ? value.value : null))
  const [first = null, second = null] = addresses
  if (first === null) return null
  if (name === 'transfer' && values.length === 2 && second !== null) {
    return { from: first, to: second }
  }
  if (values.length !== 1) return null
  // A payment from the issuer is a mint, a payment to the issuer a burn. Neither names the issuer.
  if (name === 'mint') return { from: issuer, to: first }
  if (name === 'burn') return { from: first, to: issuer }
  return name === 'clawback' ? { from: first, to: null } : null
}

function issuerOf(asset: Asset): string | null {
  return asset.kind === 'issued' ? asset.issuer : null
}

/** The data of a movement is its amount, or a map of the amount and of what the movement carries for its receiver. */
function readCarriedId(data: ContractValue | null): CarriedId {
  const carried = data?.type === 'map' ? data.value.get('to_muxed_id') : undefined
  switch (carried?.type) {
    case undefined:
      return NOTHING_CARRIED
    case 'u64':
      return carriedMuxedId(String(carried.value))
    case 'string':
      return carriedText(carried.value)
    case 'bytes':
      return carriedBytes(carried.value)
    default:
      return UNREADABLE_ID
  }
}

function readAmount(data: ContractValue | null): string | undefined {
  const value = data?.type === 'map' ? data.value.get('amount') : data
  return value?.type === 'i128' && isAmount(value.value) ? formatAmount(value.value) : undefined
}
