import { Asset } from '@stellar/stellar-sdk'
import { MARKET_MAKER } from '../balances.ts'
import { assetIn, stroopsOf } from '../input.ts'
import {
  type BalanceChange,
  balanceHash,
  type ClosedOperation,
  type ClosedTransaction,
} from '../ledger-transaction.ts'
import { balanceAddress, escaped } from './xdr-json.ts'

/** An event of an operation, with values in XDR-JSON (SEP-51). */
export interface AssetEvent {
  operationIndex: number
  contractId: string
  topics: object[]
  data: object
}

interface Movement {
  name: 'transfer' | 'mint' | 'burn' | 'clawback'
  from?: string
  to?: string
  asset: string
  amount: string
  /** The value of `to_muxed_id`. */
  destination?: object | undefined
}

/** The asset events of a transaction in their order (CAP-67), without fees. A failed transaction has none. */
export function eventsOf(transaction: ClosedTransaction, passphrase: string): AssetEvent[] {
  if (!transaction.successful) return []
  return transaction.operations.flatMap((operation, operationIndex) =>
    movements(operation).map((moved) => eventOf(moved, operationIndex, passphrase)),
  )
}

/** The event of the fee that a transaction pays, also one that failed. */
export function feeEvent({ fee, feeAccount }: ClosedTransaction, passphrase: string): AssetEvent {
  return {
    operationIndex: 0,
    contractId: Asset.native().contractId(passphrase),
    topics: [{ symbol: 'fee' }, { address: feeAccount }],
    data: { i128: String(fee) },
  }
}

function eventOf(moved: Movement, operationIndex: number, passphrase: string): AssetEvent {
  const { name, from, to, destination } = moved
  const parsed = assetIn(moved.asset)
  const asset = parsed.kind === 'issued' ? new Asset(parsed.code, parsed.issuer) : Asset.native()
  const amount = { i128: String(stroopsOf(moved.amount)) }
  return {
    operationIndex,
    contractId: asset.contractId(passphrase),
    topics: [
      { symbol: name },
      ...[from, to].flatMap((address) => (address === undefined ? [] : { address })),
      { string: asset.toString() },
    ],
    data:
      destination === undefined
        ? amount
        : {
            map: [
              { key: { symbol: 'amount' }, val: amount },
              { key: { symbol: 'to_muxed_id' }, val: destination },
            ],
          },
  }
}

function movements(operation: ClosedOperation): Movement[] {
  const { form, source } = operation
  switch (form.type) {
    case 'payment':
      return [paid(operation, form.to, form.asset, form.amount, form.toMuxedId)]
    case 'path_payment_strict_receive':
    case 'path_payment_strict_send': {
      const last = paid(operation, form.to, form.asset, form.amount, form.toMuxedId)
      if (form.asset === form.sourceAsset) return [last]
      // A trade is two movements. The second one goes to the payer.
      return [
        move(source, MARKET_MAKER, form.sourceAsset, form.sourceAmount),
        move(MARKET_MAKER, source, form.asset, form.amount),
        last,
      ]
    }
    case 'manage_sell_offer':
      return [
        move(source, form.seller, form.selling, form.sold),
        move(form.seller, source, form.buying, form.bought),
      ]
    case 'create_account':
      return [paid(operation, form.account, 'stellar:native', form.startingBalance)]
    case 'account_merge':
      return [paid(operation, form.into, 'stellar:native', form.amount, form.intoMuxedId)]
    case 'create_claimable_balance':
      return [move(source, balanceAddress(balanceHash(operation.id)), form.asset, form.amount)]
    case 'claim_claimable_balance': {
      const from = balanceAddress(form.balanceId)
      const destination = destinationOf(operation, undefined)
      return [{ ...move(from, source, form.asset, form.amount), destination }]
    }
    case 'clawback':
      return [{ name: 'clawback', from: form.from, asset: form.asset, amount: form.amount }]
    case 'invoke_host_function':
      return form.changes.map(({ type, toMuxedId, carried, ...change }) => ({
        name: type,
        ...change,
        // A contract has no access to the memo of its transaction.
        destination: toMuxedId === undefined ? carriedValue(carried) : { u64: toMuxedId },
      }))
  }
}

const carriedValue = (carried: BalanceChange['carried']): object | undefined =>
  carried !== undefined && 'string' in carried ? { string: escaped(carried.string) } : carried

function paid(
  operation: ClosedOperation,
  to: string,
  asset: string,
  amount: string,
  toMuxedId?: string,
): Movement {
  const moved = move(operation.source, to, asset, amount)
  if (moved.name === 'burn') return moved
  return { ...moved, destination: destinationOf(operation, toMuxedId) }
}

/** A movement. An asset is minted when its issuer sends it, and burned when its issuer receives it. */
function move(from: string, to: string, asset: string, amount: string): Movement {
  const parsed = assetIn(asset)
  const issuer = parsed.kind === 'issued' ? parsed.issuer : null
  if (from === issuer && to !== issuer) return { name: 'mint', to, asset, amount }
  if (to === issuer && from !== issuer) return { name: 'burn', from, asset, amount }
  return { name: 'transfer', from, to, asset, amount }
}

/** The id of a muxed destination, else the memo. A hash and a return have the same form. */
function destinationOf(
  { transaction: { memo } }: ClosedOperation,
  muxedId: string | undefined,
): object | undefined {
  if (muxedId !== undefined) return { u64: muxedId }
  if (memo === null) return undefined
  if (memo.type === 'id') return { u64: memo.value }
  return memo.type === 'text' ? { string: escaped(memo.value) } : { bytes: memo.value }
}
