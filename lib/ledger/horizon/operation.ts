import { isAccountId, isContractId } from '../../stellar/account-id.ts'
import type { Asset } from '../../stellar/asset.ts'
import { parseMuxedAccount } from '../../stellar/muxed-account.ts'
import { decodeStrKey, encodeStrKey } from '../../stellar/strkey.ts'
import { textOf } from '../../text-of.ts'
import { assetOf, assetOfText, type Fields, fieldsOf } from '../answer.ts'
import {
  type CarriedId,
  carriedBytes,
  carriedMuxedId,
  carriedText,
  NOTHING_CARRIED,
  UNREADABLE_ID,
} from '../carried-id.ts'
import {
  amountOf,
  type ContractMovement,
  contractTransfer,
  type MovedValue,
  nothingMoved,
  type PaymentPlace,
  paymentOf,
  paysNobody,
  type TransactionFacts,
} from '../payment.ts'
import type { LedgerPayment, LedgerPaymentKind } from '../source.ts'

type Reader = (fields: Fields, account: string | null) => MovedValue | null

const NATIVE: Asset = { kind: 'native' }
const BALANCE_ID = /^00000000([0-9a-f]{64})$/

const READERS = new Map<unknown, Reader>([
  ['payment', readPayment('payment')],
  ['path_payment', readPayment('path_payment')],
  ['path_payment_strict_receive', readPayment('path_payment')],
  ['path_payment_strict_send', readPayment('path_payment')],
  ['create_account', readCreateAccount],
  ['account_merge', readMerge],
  ['create_claimable_balance', readCreateBalance],
  ['claim_claimable_balance', readClaim],
  ['clawback', readClawback],
  ['clawback_claimable_balance', readBalanceClawback],
  ['invoke_host_function', readInvocation],
])

/**
 * Reads one operation of Horizon; null for an operation that pays nobody. An operation of an unknown type becomes a
 * payment of kind `unknown`, and so does an operation with a part that cannot be read.
 *
 * @param account the account whose payments are read; null for the payments of all accounts
 */
export function readOperation(
  fields: Fields,
  place: PaymentPlace,
  facts: TransactionFacts,
  account: string | null,
): LedgerPayment | null {
  if (paysNobody(fields['type'])) return null
  const read = READERS.get(fields['type']) ?? readPayment('unknown')
  const moved = read(fields, account)
  return moved === null ? null : paymentOf(place, facts, moved)
}

function readPayment(kind: LedgerPaymentKind): (fields: Fields) => MovedValue {
  return (fields) => ({
    kind,
    from: addressOf(fields['from']),
    fromMuxedId: muxedIdOf(fields, 'from'),
    to: addressOf(fields['to']),
    toMuxedId: muxedIdOf(fields, 'to'),
    asset: assetOf(fields),
    amount: amountOf(fields['amount']),
    memo: null,
  })
}

function readCreateAccount(fields: Fields): MovedValue {
  return {
    kind: 'create_account',
    from: addressOf(fields['funder']),
    fromMuxedId: muxedIdOf(fields, 'funder'),
    to: addressOf(fields['account']),
    toMuxedId: null,
    asset: NATIVE,
    amount: amountOf(fields['starting_balance']),
    memo: null,
  }
}

function readMerge(fields: Fields): MovedValue {
  return {
    kind: 'account_merge',
    from: addressOf(fields['account']),
    fromMuxedId: muxedIdOf(fields, 'account'),
    to: addressOf(fields['into']),
    toMuxedId: muxedIdOf(fields, 'into'),
    asset: NATIVE,
    amount: null,
    memo: null,
  }
}

function readCreateBalance(fields: Fields, account: string | null): MovedValue {
  const claimants = fields['claimants']
  const isClaimant =
    Array.isArray(claimants) && claimants.some((one) => fieldsOf(one)?.['destination'] === account)
  return {
    ...nothingMoved('claimable_balance'),
    from: addressOf(fields['source_account']),
    fromMuxedId: muxedIdOf(fields, 'source_account'),
    to: isClaimant ? account : null,
    asset: assetOfText(fields['asset']),
    amount: amountOf(fields['amount']),
  }
}

function readClaim(fields: Fields): MovedValue {
  return {
    ...nothingMoved('claimable_balance'),
    from: balanceIdOf(fields['balance_id']),
    to: addressOf(fields['claimant'] ?? fields['source_account']),
  }
}

function readClawback(fields: Fields): MovedValue {
  return {
    ...nothingMoved('clawback'),
    from: addressOf(fields['from']),
    asset: assetOf(fields),
    amount: amountOf(fields['amount']),
  }
}

function readBalanceClawback(fields: Fields): MovedValue {
  return { ...nothingMoved('clawback'), from: balanceIdOf(fields['balance_id']) }
}

function readInvocation(fields: Fields, account: string | null): MovedValue | null {
  const changes = fields['asset_balance_changes'] ?? []
  if (!Array.isArray(changes)) return { ...nothingMoved('contract_transfer'), to: undefined }
  const moved = contractTransfer(changes.map(readChange), account)
  if (moved === null || moved.from !== fields['source_account']) return moved
  return { ...moved, fromMuxedId: muxedIdOf(fields, 'source_account') }
}

function readChange(change: unknown): ContractMovement {
  const fields = fieldsOf(change) ?? {}
  return {
    // A mint has no sender, a burn no receiver.
    from: addressOf(fields['from'] ?? null),
    to: addressOf(fields['to'] ?? null),
    asset: assetOf(fields),
    amount: amountOf(fields['amount']),
    isClawback: fields['type'] === 'clawback',
    ...carriedId(fields['destination_muxed_id'], fields['destination_muxed_id_type']),
  }
}

/** Horizon 24 names the type of what a transfer carries; later ones show ids of muxed addresses only, without a type. */
function carriedId(value: unknown, type: unknown = 'uint64'): CarriedId {
  if (value === undefined) return NOTHING_CARRIED
  if (typeof value !== 'string') return UNREADABLE_ID
  if (type === 'uint64') return carriedMuxedId(value)
  if (type === 'string') return carriedText(Buffer.from(value, 'utf8'))
  return type === 'bytes' ? carriedBytes(bytesOf(value)) : UNREADABLE_ID
}

/** Bytes in hex or in base64. */
function bytesOf(text: string): Buffer {
  return Buffer.from(text, /^(?:[0-9a-f]{2})+$/i.test(text) ? 'hex' : 'base64')
}

function addressOf(value: unknown): string | null | undefined {
  if (value === null || isAccountId(value) || isContractId(value)) return value
  const isOther =
    decodeStrKey(value, 'claimableBalance') ?? decodeStrKey(value, 'liquidityPool') ?? null
  return isOther === null ? undefined : textOf(value)
}

/** Horizon writes the id in the muxed address and beside it; if the two differ, the id is unknown. */
function muxedIdOf(fields: Fields, name: string): string | null | undefined {
  const address = fields[`${name}_muxed`]
  const id = fields[`${name}_muxed_id`]
  if (address === undefined && id === undefined) return null
  const muxed = parseMuxedAccount(address)
  if (muxed === null || muxed.account !== fields[name]) return undefined
  return typeof id === 'string' && id !== muxed.id ? undefined : muxed.id
}

function balanceIdOf(value: unknown): string | undefined {
  const hash = typeof value === 'string' ? BALANCE_ID.exec(value)?.[1] : undefined
  if (hash === undefined) return undefined
  return encodeStrKey(Uint8Array.of(0, ...Buffer.from(hash, 'hex')), 'claimableBalance')
}
