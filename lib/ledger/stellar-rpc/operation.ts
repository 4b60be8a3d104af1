import { isAccountId } from '../../stellar/account-id.ts'
import { formatAmount, isAmount } from '../../stellar/amount.ts'
import type { Asset } from '../../stellar/asset.ts'
import { decodeStrKey, encodeStrKey } from '../../stellar/strkey.ts'
import { textOf } from '../../text-of.ts'
import { assetOf, isHash } from '../answer.ts'
import { contractTransfer, type MovedValue, nothingMoved, paysNobody } from '../payment.ts'
import type { LedgerPaymentKind } from '../source.ts'
import { accountOf, at, numberText, type XdrOperation } from './transaction.ts'
import type { Transfer } from './transfer-event.ts'

const NATIVE: Asset = { kind: 'native' }

/** The events of an operation, and the account whose payments are read. */
export interface OperationEvents {
  /** Empty when the events were not read. */
  transfers: readonly Transfer[]
  /** Null for the payments of all accounts. */
  account: string | null
}

/**
 * Reads the movement of an operation in XDR-JSON (SEP-51); null when it pays nobody. The sender and the receiver come from
 * the operation, not from its events: most events of a path payment are trades.
 */
export function readXdrOperation(
  { type, body, source, result }: XdrOperation,
  events: OperationEvents,
): MovedValue | null {
  const payer = partyOf(source)
  const [from, fromMuxedId] = [payer?.id, payer?.muxedId]
  const field = (name: string) => at(body, name)
  const paid = (kind: LedgerPaymentKind, to: unknown, asset: unknown, amount: AmountPart) => {
    const party = partyOf(to)
    const [receiver, toMuxedId] = [party?.id, party?.muxedId]
    return {
      kind,
      from,
      fromMuxedId,
      to: receiver,
      toMuxedId,
      asset: xdrAssetOf(asset),
      amount,
      memo: null,
    }
  }
  switch (type) {
    case 'payment':
      return paid('payment', field('destination'), field('asset'), unitsOf(field('amount')))
    case 'path_payment_strict_receive': {
      const amount = unitsOf(field('dest_amount'))
      return paid('path_payment', field('destination'), field('dest_asset'), amount)
    }
    case 'path_payment_strict_send': {
      const amount = unitsOfResult(result, at(at(at(result, 'success'), 'last'), 'amount'))
      return paid('path_payment', field('destination'), field('dest_asset'), amount)
    }
    case 'create_account': {
      const amount = unitsOf(field('starting_balance'))
      return paid('create_account', field('destination'), 'native', amount)
    }
    case 'account_merge':
      return paid('account_merge', body, 'native', unitsOfResult(result, at(result, 'success')))
    case 'create_claimable_balance':
      return {
        ...nothingMoved('claimable_balance'),
        from,
        fromMuxedId,
        to: claimantOf(field('claimants'), events.account),
        asset: xdrAssetOf(field('asset')),
        amount: unitsOf(field('amount')),
      }
    case 'claim_claimable_balance':
      return {
        ...movedByEvents('claimable_balance', events),
        from: balanceIdOf(field('balance_id')),
        to: from,
      }
    case 'clawback':
      return {
        ...nothingMoved('clawback'),
        from: partyOf(field('from'))?.id,
        asset: xdrAssetOf(field('asset')),
        amount: unitsOf(field('amount')),
      }
    case 'clawback_claimable_balance':
      return { ...nothingMoved('clawback'), from: balanceIdOf(field('balance_id')) }
    case 'invoke_host_function':
      return fromCaller(contractTransfer(events.transfers, events.account), payer)
    default:
      return paysNobody(type) ? null : movedByEvents('unknown', events)
  }
}

type AmountPart = MovedValue['amount']

function movedByEvents(
  kind: LedgerPaymentKind,
  { transfers, account }: OperationEvents,
): MovedValue {
  const moved = contractTransfer(transfers, account)
  // The event of such an operation repeats the memo of its transaction.
  return { ...nothingMoved(kind), ...moved, kind, toMuxedId: null, memo: null }
}

/** A transfer of the account that called the contract comes from the muxed address of the caller. */
function fromCaller(moved: MovedValue | null, caller: ReturnType<typeof partyOf>) {
  if (moved === null || moved.from !== caller?.id) return moved
  return { ...moved, fromMuxedId: caller?.muxedId }
}

function partyOf(value: unknown): { id: string; muxedId: string | null } | undefined {
  const account = accountOf(value)
  return account !== null && isAccountId(account.id) ? account : undefined
}

function claimantOf(claimants: unknown, account: string | null): string | null {
  if (!Array.isArray(claimants)) return null
  const isClaimant = claimants.some(
    (one) => at(at(one, 'claimant_type_v0'), 'destination') === account,
  )
  return isClaimant ? account : null
}

function xdrAssetOf(value: unknown): Asset | undefined {
  if (value === 'native') return NATIVE
  for (const asset_type of ['credit_alphanum4', 'credit_alphanum12']) {
    const issued = at(value, asset_type)
    if (issued === undefined) continue
    const [asset_code, asset_issuer] = [at(issued, 'asset_code'), at(issued, 'issuer')]
    return assetOf({ asset_type, asset_code, asset_issuer })
  }
  return undefined
}

/** An amount in units, from stroops in XDR-JSON. */
function unitsOf(value: unknown): string | undefined {
  const stroops = BigInt(numberText(value) ?? -1)
  return isAmount(stroops) ? formatAmount(stroops) : undefined
}

/** An amount from the result of an operation; null for a failed operation, which has no result. */
function unitsOfResult(result: unknown, stroops: unknown): AmountPart {
  return result === undefined ? null : unitsOf(stroops)
}

/** The id of a claimable balance (`B…`). Earlier XDR-JSON has its hash instead. */
function balanceIdOf(value: unknown): string | undefined {
  if (decodeStrKey(value, 'claimableBalance') !== null) return textOf(value)
  const hash = at(value, 'claimable_balance_id_type_v0')
  if (!isHash(hash)) return undefined
  return encodeStrKey(Uint8Array.of(0, ...Buffer.from(hash, 'hex')), 'claimableBalance')
}
