import { z } from 'zod'
import { isAccountId } from '../../stellar/account-id.ts'
import { formatAmount } from '../../stellar/amount.ts'
import type { Asset } from '../../stellar/asset.ts'
import { parseMuxedAccount } from '../../stellar/muxed-account.ts'
import { readXdr, xdrUint32 } from '../../stellar/xdr.ts'
import { unreadable } from '../answer.ts'
import type { LedgerAccount, Trustline } from '../source.ts'
import { encodeAsset } from './asset-xdr.ts'
import { resultOf, type StellarRpcCall } from './call.ts'
import { encodeAccountId } from './contract-value.ts'

/** Numbers of LedgerEntryType, and a bit of TrustLineFlags (stellar-xdr). */
export const ACCOUNT_ENTRY = 0
export const TRUSTLINE_ENTRY = 1
const AUTHORIZED_FLAG = 1

const Entries = z.object({
  entries: z.array(z.object({ key: z.string(), xdr: z.string() })).nullish(),
})

/** Reads an account with its trustlines of the named assets; null when it is not on the ledger. @throws LedgerError */
export async function readAccountEntries(
  call: StellarRpcCall,
  account: string,
  assets: readonly Asset[],
): Promise<LedgerAccount | null> {
  const id = parseMuxedAccount(account)?.account ?? account
  if (!isAccountId(id)) return null
  const issued = assets.filter((asset) => asset.kind === 'issued' && asset.issuer !== id)
  const accountKey = keyOf(ACCOUNT_ENTRY, id)
  const trustlineKeys = issued.map((asset) => keyOf(TRUSTLINE_ENTRY, id, encodeAsset(asset)))
  const keys = [accountKey, ...trustlineKeys]
  const result = resultOf(await call('getLedgerEntries', { keys }), 'getLedgerEntries')
  const read = Entries.safeParse(result).data
  if (read === undefined) throw unreadable('Stellar RPC getLedgerEntries shows no ledger entries')
  const entries = new Map((read.entries ?? []).map(({ key, xdr }) => [key, xdr]))
  const entry = entries.get(accountKey)
  if (entry === undefined) return null
  const trustlines = issued.map((asset, index) => {
    const xdr = entries.get(trustlineKeys[index] ?? '')
    return xdr === undefined ? null : readTrustline(xdr, asset)
  })
  return {
    id,
    sequence: sequenceIn(entry),
    trustlines: trustlines.filter((trustline) => trustline !== null),
  }
}

/** Reads the third field of an AccountEntry (stellar-xdr): account, balance and sequence; null for another entry. */
function sequenceIn(base64: string): string | null {
  try {
    const xdr = readXdr(Buffer.from(base64, 'base64'))
    if (xdr.uint32() !== ACCOUNT_ENTRY) return null
    // The key type and the 32 bytes of the account, then its balance.
    xdr.fixed(36)
    xdr.int64()
    return String(xdr.int64())
  } catch {
    return null
  }
}

/** The LedgerKey (stellar-xdr) of an account or of one of its trustlines, in base64. */
export function keyOf(
  type: number,
  accountId: string,
  asset: Uint8Array = Buffer.alloc(0),
): string {
  return Buffer.concat([xdrUint32(type), encodeAccountId(accountId), asset]).toString('base64')
}

/** Reads the first five fields of a TrustLineEntry (stellar-xdr): account, asset, balance, limit and flags. */
function readTrustline(base64: string, asset: Asset): Trustline {
  try {
    const xdr = readXdr(Buffer.from(base64, 'base64'))
    const type = xdr.uint32()
    xdr.fixed(36)
    const isAsset = xdr.fixed(encodeAsset(asset).length).equals(encodeAsset(asset))
    if (type === TRUSTLINE_ENTRY && isAsset) {
      const balance = formatAmount(xdr.int64())
      const limit = formatAmount(xdr.int64())
      return { asset, balance, limit, authorized: (xdr.uint32() & AUTHORIZED_FLAG) !== 0 }
    }
  } catch {
    // The entry is too short, or an amount is below zero.
  }
  throw unreadable('Stellar RPC getLedgerEntries shows another entry than the trustline')
}
