import { isAccountId } from '../../stellar/account-id.ts'
import { formatAmount, isAmount } from '../../stellar/amount.ts'
import type { Asset } from '../../stellar/asset.ts'
import { decodeStrKey, encodeStrKey } from '../../stellar/strkey.ts'
import { assetOf, isHash } from '../answer.ts'
import { paysNobody } from '../operation-type.ts'
import { contractTransfer, type MovedValue } from '../payment.ts'
import type { LedgerPaymentKind } from '../source.ts'
import { accountOf, at, numberText, type RpcOperation } from './transaction.ts'
import type { Transfer } from './transfer-event.ts'

const NATIVE: Asset = { kind: 'native' }

/** What the ledger tells of an operation besides the operation itself. */
export interface OperationEvidence {
  /** The movements of assets within it, as far as they were asked for. */
  transfers: readonly Transfer[]
  account: string | null
}

/**
 * What an operation in XDR-JSON (SEP-51) moved, or null when it pays nobody. Who pays whom is what the operation says, not
 * what its events say: those of a path payment are trades for the most part.
 */
export function readRpcOperation(
  { type, body, source, result }: RpcOperation,
  evidence: OperationEvidence,
): MovedValue | null {
  const from = partyOf(source)?.id
  switch (type) {
    case 'payment':
      return {
        ...paid('payment', from, at(body, 'destination'), at(body, 'asset')),
        amount: unitsOf(at(body, 'amount')),
      }
    case 'path_payment_strict_receive':
      return {
        ...paid('path_payment', from, at(body, 'destination'), at(body, 'dest_asset')),
        amount: unitsOf(at(body, 'dest_amount')),
      }
    case 'path_payment_strict_send':
      return {
        ...paid('path_payment', from, at(body, 'destination'), at(body, 'dest_asset')),
        // Null where the operation failed: then nothing says how much would have come.
        amount:
          result === undefined ? null : unitsOf(at(at(at(result, 'success'), 'last'), 'amount')),
      }
    case 'create_account':
      return {
        ...paid('create_account', from, at(body, 'destination'), 'native'),
        amount: unitsOf(at(body, 'starting_balance')),
      }
    case 'account_merge':
      return {
        ...paid('account_merge', from, body, 'native'),
        amount: result === undefined ? null : unitsOf(at(result, 'success')),
      }
    case 'create_claimable_balance':
      return {
        ...nothing('claimable_balance'),
        from,
        to: claimantOf(at(body, 'claimants'), evidence.account),
        asset: xdrAssetOf(at(body, 'asset')),
        amount: unitsOf(at(body, 'amount')),
      }
    case 'claim_claimable_balance':
      return {
        ...seen('claimable_balance', evidence),
        from: balanceIdOf(at(body, 'balance_id')),
        to: from,
      }
    case 'clawback':
      return {
        ...nothing('clawback'),
        from: partyOf(at(body, 'from'))?.id,
        asset: xdrAssetOf(at(body, 'asset')),
        amount: unitsOf(at(body, 'amount')),
      }
    case 'clawback_claimable_balance':
      return { ...nothing('clawback'), from: balanceIdOf(at(body, 'balance_id')) }
    case 'invoke_host_function':
      return contractTransfer(evidence.transfers, evidence.account)
    default:
      return paysNobody(type) ? null : seen('unknown', evidence)
  }
}

function paid(
  kind: LedgerPaymentKind,
  from: string | undefined,
  to: unknown,
  asset: unknown,
): MovedValue {
  const party = partyOf(to)
  return {
    kind,
    from,
    to: party?.id,
    toMuxedId: party?.muxedId,
    asset: xdrAssetOf(asset),
    amount: undefined,
  }
}

function seen(kind: LedgerPaymentKind, { transfers, account }: OperationEvidence): MovedValue {
  return { ...nothing(kind), ...contractTransfer(transfers, account), kind }
}

function nothing(kind: LedgerPaymentKind): MovedValue {
  return { kind, from: null, to: null, toMuxedId: null, asset: null, amount: null }
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

/** An amount in units from one in stroops. */
function unitsOf(value: unknown): string | undefined {
  const stroops = BigInt(numberText(value) ?? -1)
  return isAmount(stroops) ? formatAmount(stroops) : undefined
}

/** The id of a claimable balance, `B…`, which XDR-JSON wrote as a hash before it had that form. */
function balanceIdOf(value: unknown): string | undefined {
  if (decodeStrKey(value, 'claimableBalance') !== null) return String(value)
  const hash = at(value, 'claimable_balance_id_type_v0')
  if (!isHash(hash)) return undefined
  return encodeStrKey(Uint8Array.of(0, ...Buffer.from(hash, 'hex')), 'claimableBalance')
}
