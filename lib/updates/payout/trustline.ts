import type { LedgerAccount } from '../../ledger/source.ts'
import type { PlatformTransaction } from '../../platform/transaction.ts'
import { isAccountId, isContractId } from '../../stellar/account-id.ts'
import { AssetError, formatAsset, parseAsset } from '../../stellar/asset.ts'
import { parseMuxedAccount } from '../../stellar/muxed-account.ts'

/** Who is to hold what: `account` is `G…`, `asset` in the form of SEP-38. */
export interface TrustQuestion {
  account: string
  asset: string
}

/** The trustline of a deposit's destination as the ledger has it; null where there is none, or none is needed. */
export interface TrustlineView extends TrustQuestion {
  accountExists: boolean
  /** For the native asset, and for the asset's own issuer, whether the account exists. */
  exists: boolean
  authorized: boolean | null
  balance: string | null
  limit: string | null
}

/** Whose trustline a deposit rests on, or why there is none to look for. */
export function trustedAccount({
  destination_account: destination,
  amount_out: { asset },
}: PlatformTransaction): TrustQuestion | { unavailable: string } {
  if (!destination) return { unavailable: 'the platform shows no destination_account' }
  if (!asset) return { unavailable: 'the platform shows no asset of amount_out' }
  if (isContractId(destination)) return { unavailable: 'a contract has no trustlines' }
  const account = parseMuxedAccount(destination)?.account ?? destination
  if (!isAccountId(account)) return { unavailable: 'the destination_account is no account id' }
  if (!isOfLedger(asset)) return { unavailable: 'the asset of amount_out is not of the ledger' }
  return { account, asset }
}

function isOfLedger(asset: string): boolean {
  try {
    return parseAsset(asset).kind !== 'fiat'
  } catch (error) {
    if (error instanceof AssetError) return false
    throw error
  }
}

/** The answer of the ledger to that question. @param found null when there is no such account */
export function showTrustline(
  { account, asset }: TrustQuestion,
  found: LedgerAccount | null,
): TrustlineView {
  const accountExists = found !== null
  // An issuer holds what it issues without a trustline, and the native asset needs none.
  if (asset === 'stellar:native' || asset.endsWith(`:${account}`)) {
    const none = { authorized: null, balance: null, limit: null }
    return { account, asset, accountExists, exists: accountExists, ...none }
  }
  const line = found?.trustlines.find((one) => formatAsset(one.asset) === asset)
  return {
    account,
    asset,
    accountExists,
    exists: line !== undefined,
    authorized: line?.authorized ?? null,
    balance: line?.balance ?? null,
    limit: line?.limit ?? null,
  }
}
