import { z } from 'zod'
import { isAccountId } from '../../stellar/account-id.ts'
import type { Asset } from '../../stellar/asset.ts'
import { readXdr } from '../../stellar/xdr.ts'
import { isSequence, unreadable } from '../answer.ts'
import type { AccountBalances } from '../source.ts'
import { ACCOUNT_ENTRY, keyOf, TRUSTLINE_ENTRY } from './account.ts'
import { encodeAsset } from './asset-xdr.ts'
import { integerOf, resultOf, type StellarRpcCall } from './call.ts'

/** One call of `getLedgerEntries` takes 200 keys. */
const MAX_ASSETS = 199

const Entries = z.object({
  entries: z.array(z.object({ key: z.string(), xdr: z.string() })).nullish(),
  latestLedger: z.unknown(),
})

/**
 * Reads the native balance of an account and those of the named assets. One answer of Stellar RPC is of one ledger.
 *
 * @param readClosing when a ledger closed
 * @throws LedgerError
 */
export async function readBalanceEntries(
  call: StellarRpcCall,
  accountId: string,
  assets: readonly Asset[],
  readClosing: (sequence: number) => Promise<string>,
): Promise<AccountBalances> {
  if (!isAccountId(accountId)) throw unreadable('the requested account is not an account id')
  const issued = assets.filter((asset) => asset.kind === 'issued' && asset.issuer !== accountId)
  if (issued.length > MAX_ASSETS) {
    throw unreadable(
      `Stellar RPC shows ${MAX_ASSETS} assets at once, and ${issued.length} are asked`,
    )
  }
  const wanted = [
    { asset: { kind: 'native' } as const, key: keyOf(ACCOUNT_ENTRY, accountId), skip: 36 },
    ...issued.map((asset) => {
      const bytes = encodeAsset(asset)
      return { asset, key: keyOf(TRUSTLINE_ENTRY, accountId, bytes), skip: 36 + bytes.length }
    }),
  ]
  const keys = wanted.map(({ key }) => key)
  const result = resultOf(await call('getLedgerEntries', { keys }), 'getLedgerEntries')
  const read = Entries.safeParse(result).data
  const ledger = integerOf(read?.latestLedger)
  if (read === undefined || !isSequence(ledger)) {
    throw unreadable('Stellar RPC getLedgerEntries shows no entries or no ledger')
  }
  const entries = new Map((read.entries ?? []).map(({ key, xdr }) => [key, xdr]))
  const balances = wanted.map(({ asset, key, skip }) => {
    const xdr = entries.get(key)
    return { asset, stroops: xdr === undefined ? '0' : readBalance(xdr, key, skip) }
  })
  return { ledger, closedAt: await readClosing(ledger), isWhole: false, balances }
}

/** An AccountEntry and a TrustLineEntry (stellar-xdr) begin as their keys do, and the balance follows. */
function readBalance(base64: string, key: string, skip: number): string {
  try {
    const bytes = Buffer.from(base64, 'base64')
    const xdr = readXdr(bytes)
    xdr.fixed(4 + skip)
    const isEntry = bytes.subarray(0, 4 + skip).equals(Buffer.from(key, 'base64'))
    const stroops = xdr.int64()
    if (isEntry && stroops >= 0n) return String(stroops)
  } catch {
    // The entry is too short.
  }
  throw unreadable('Stellar RPC getLedgerEntries shows another entry than the asked one')
}
