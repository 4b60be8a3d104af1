import type { LedgerAccount } from '../../ledger/source.ts'
import type { PlatformTransaction } from '../../platform/transaction.ts'
import { isAccountId, isContractId } from '../../stellar/account-id.ts'
import { formatAsset, parseAsset } from '../../stellar/asset.ts'
import { parseMuxedAccount } from '../../stellar/muxed-account.ts'

/** Whether an account holds an asset: `account` is `G…`, `asset` has the form of SEP-38. */
export interface TrustQuestion {
  account: string
  asset: string
}

/** The trustline of a deposit's destination. The last three fields are null if it does not exist, or if none is needed. */
export interface TrustlineView extends TrustQuestion {
  accountExists: boolean
  /** For the native asset and for the asset's own issuer: whether the account exists. */
  exists: boolean
  authorized: boolean | null
  balance: string | null
  limit: string | null
}

/** The account and the asset of the trustline that a deposit needs, or the reason why there is none to read. */
export function trustedAccount({
  destination_account: destination,
  amount_out: { asset },
}: PlatformTransaction): TrustQuestion | { unavailable: string } {
  if (!destination) return { unavailable: 'the platform shows no destination_account' }
  if (!asset) return { unavailable: 'the platform shows no asset of amount_out' }
  if (isContractId(destination)) return { unavailable: 'a contract has no trustlines' }
  const account = parseMuxedAccount(destination)?.account ?? destination
  if (!isAccountId(account)) return { unavailable: 'the destination_account is no account id' }
  const kind = parseAsset(asset)?.kind ?? 'fiat'
  if (kind === 'fiat') return { unavailable: 'the asset of amount_out is not of the ledger' }
  return { account, asset }
}

/** Shows the trustline of an account. @param found null when the ledger does not have the account */
export function showTrustline(
  { account, asset }: TrustQuestion,
  found: LedgerAccount | null,
): TrustlineView {
  const accountExists = found !== null
  // The native asset needs no trustline, and an issuer needs none for its own asset.
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
