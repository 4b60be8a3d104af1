import { StrKey, type xdr } from '@stellar/stellar-sdk'
import { simulatedContractId, simulatedMuxedAddress } from '../../world/simulated-keys.ts'
import { assetIn, stroopsOf } from '../input.ts'
import {
  balanceHash,
  type ClosedOperation,
  type ClosedTransaction,
  type SimulatedMemo,
} from '../ledger-transaction.ts'
import type { AccountForm, TrustlineForm } from '../simulated-ledger.ts'

type Json = Parameters<typeof xdr.ScVal.fromJson>[0]

/** XDR in base64, from XDR-JSON. @throws Error for JSON of another type */
export function base64Of(
  type: { fromJson: (json: Json) => { toXDR: (format: 'base64') => string } },
  json: object,
): string {
  return type.fromJson(json as Json).toXDR('base64')
}

const stroops = (amount: string): string => String(stroopsOf(amount))

const muxed = (account: string, id: string | undefined): string =>
  id === undefined ? account : simulatedMuxedAddress(account, id)

/** Bytes as a text of XDR-JSON (SEP-51): bytes that are not printable ASCII follow a backslash. */
export function escaped(value: string | Uint8Array): string {
  return Array.from(Buffer.from(value), (byte) => {
    if (byte === 0x5c) return '\\\\'
    return byte >= 0x20 && byte <= 0x7e
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`
  }).join('')
}

/** An Asset. TrustLineAsset has the same form. */
export function assetJson(asset: string): string | object {
  const parsed = assetIn(asset)
  if (parsed.kind !== 'issued') return 'native'
  const issued = { asset_code: parsed.code, issuer: parsed.issuer }
  return parsed.code.length <= 4 ? { credit_alphanum4: issued } : { credit_alphanum12: issued }
}

function memoJson(memo: SimulatedMemo | null): string | object {
  if (memo === null) return 'none'
  return memo.type === 'text' ? { text: escaped(memo.value) } : { [memo.type]: memo.value }
}

/** A TransactionEnvelope without signatures. */
export function envelopeJson(transaction: ClosedTransaction): object {
  const { source, sourceMuxedId, memo, operations, id } = transaction
  const tx = {
    source_account: muxed(source, sourceMuxedId),
    fee: 100 * operations.length,
    seq_num: String(id),
    cond: 'none',
    memo: memoJson(memo),
    operations: operations.map((operation) => ({
      source_account: operation.source === source ? null : operation.source,
      body: bodyJson(operation),
    })),
    ext: 'v0',
  }
  return { tx: { tx, signatures: [] } }
}

function bodyJson({ form }: ClosedOperation): object {
  switch (form.type) {
    case 'payment':
      return {
        payment: {
          destination: muxed(form.to, form.toMuxedId),
          asset: assetJson(form.asset),
          amount: stroops(form.amount),
        },
      }
    case 'path_payment_strict_receive':
    case 'path_payment_strict_send': {
      const isSend = form.type === 'path_payment_strict_send'
      return {
        [form.type]: {
          send_asset: assetJson(form.sourceAsset),
          [isSend ? 'send_amount' : 'send_max']: stroops(form.sourceAmount),
          destination: muxed(form.to, form.toMuxedId),
          dest_asset: assetJson(form.asset),
          // The least amount that a payer accepts is below the received amount.
          [isSend ? 'dest_min' : 'dest_amount']: isSend ? '1' : stroops(form.amount),
          path: [],
        },
      }
    }
    case 'manage_sell_offer':
      return {
        manage_sell_offer: {
          selling: assetJson(form.selling),
          buying: assetJson(form.buying),
          amount: stroops(form.sold),
          price: { n: 1, d: 1 },
          offer_id: '0',
        },
      }
    case 'create_account':
      return {
        create_account: {
          destination: form.account,
          starting_balance: stroops(form.startingBalance),
        },
      }
    case 'account_merge':
      return { account_merge: muxed(form.into, form.intoMuxedId) }
    case 'create_claimable_balance':
      return {
        create_claimable_balance: {
          asset: assetJson(form.asset),
          amount: stroops(form.amount),
          claimants: form.claimants.map((destination) => ({
            claimant_type_v0: { destination, predicate: 'unconditional' },
          })),
        },
      }
    case 'claim_claimable_balance':
      return { claim_claimable_balance: { balance_id: balanceAddress(form.balanceId) } }
    case 'clawback':
      return {
        clawback: {
          asset: assetJson(form.asset),
          from: form.from,
          amount: stroops(form.amount),
        },
      }
    case 'invoke_host_function': {
      const invoke_contract = {
        contract_address: simulatedContractId('contract'),
        function_name: 'transfer',
        args: [],
      }
      return { invoke_host_function: { host_function: { invoke_contract }, auth: [] } }
    }
  }
}

/** A TransactionResult with the result of each operation. */
export function resultJson({ successful, operations, fee }: ClosedTransaction): object {
  const result = successful
    ? { tx_success: operations.map((one) => ({ op_inner: outcomeJson(one) })) }
    : { tx_failed: operations.map(() => 'op_no_account') }
  return { fee_charged: String(fee), result, ext: 'v0' }
}

function outcomeJson({ id, form }: ClosedOperation): object {
  switch (form.type) {
    case 'path_payment_strict_receive':
    case 'path_payment_strict_send': {
      const asset = assetJson(form.asset)
      const last = { destination: form.to, asset, amount: stroops(form.amount) }
      return { [form.type]: { success: { offers: [], last } } }
    }
    case 'manage_sell_offer':
      return { manage_sell_offer: { success: { offers_claimed: [], offer: 'deleted' } } }
    case 'account_merge':
      return { account_merge: { success: stroops(form.amount) } }
    case 'create_claimable_balance':
      return { create_claimable_balance: { success: balanceAddress(balanceHash(id)) } }
    case 'invoke_host_function':
      return { invoke_host_function: { success: '00'.repeat(32) } }
    default:
      return { [form.type]: 'success' }
  }
}

/** A LedgerEntryData of an account. */
export function accountEntryJson(
  { id, trustlines }: AccountForm,
  balance = stroopsOf('10000'),
): object {
  return {
    account: {
      account_id: id,
      balance: String(balance),
      seq_num: '1',
      num_sub_entries: trustlines.length,
      inflation_dest: null,
      flags: 0,
      home_domain: '',
      thresholds: '01000000',
      signers: [],
      ext: 'v0',
    },
  }
}

/** A LedgerEntryData of a trustline. */
export function trustlineEntryJson(
  accountId: string,
  trustline: TrustlineForm,
  live?: bigint,
): object {
  const { asset, balance = '0', limit = '922337203685.4775807', isAuthorized = true } = trustline
  return {
    trustline: {
      account_id: accountId,
      asset: assetJson(asset),
      balance: String(live ?? stroopsOf(balance)),
      limit: stroops(limit),
      flags: isAuthorized ? 1 : 0,
      ext: 'v0',
    },
  }
}

/** The address (`B…`) of a balance id, whose last 32 bytes are its hash. */
export function balanceAddress(balanceId: string): string {
  const hash = Buffer.from(balanceId.slice(-64).padStart(64, '0'), 'hex')
  return StrKey.encodeClaimableBalance(Buffer.concat([Buffer.of(0), hash]))
}
