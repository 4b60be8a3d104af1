import { z } from 'zod'
import { isAccountId } from '../../stellar/account-id.ts'
import { parseMuxedAccount } from '../../stellar/muxed-account.ts'
import { textOf } from '../../text-of.ts'
import { assetOf, fieldsOf, unreadable } from '../answer.ts'
import { parseOperationId } from '../operation-id.ts'
import { amountOf } from '../payment.ts'
import type { LedgerAccount, Trustline } from '../source.ts'
import { bodyOf, type Horizon, MAX_RECORD_BYTES } from './request.ts'

const Account = z.object({
  id: z.string(),
  sequence: z.unknown().optional(),
  balances: z.array(z.unknown()),
})

/** Reads an account (`G…`, or the base account of an `M…`); null when it is not on the ledger. @throws LedgerError */
export async function readAccount(
  horizon: Horizon,
  account: string,
): Promise<LedgerAccount | null> {
  const accountId = parseMuxedAccount(account)?.account ?? account
  if (!isAccountId(accountId)) return null
  const path = `/accounts/${accountId}`
  const answer = await horizon.get(path, {}, MAX_RECORD_BYTES)
  if (answer.status === 404) return null
  const read = Account.safeParse(bodyOf(answer, path)).data
  if (read?.id !== accountId) throw unreadable(`Horizon ${path} shows another account`)
  const trustlines = read.balances.map((balance) => readTrustline(balance, path))
  return {
    id: accountId,
    sequence: parseOperationId(read.sequence) === null ? null : textOf(read.sequence),
    trustlines: trustlines.filter((trustline) => trustline !== null),
  }
}

function readTrustline(value: unknown, path: string): Trustline | null {
  const fields = fieldsOf(value) ?? {}
  const type = fields['asset_type']
  if (type === 'native' || type === 'liquidity_pool_shares') return null
  const asset = assetOf(fields)
  const balance = amountOf(fields['balance'])
  if (asset === undefined || balance === undefined) {
    throw unreadable(`Horizon ${path} has a balance without an asset or an amount`)
  }
  const limit = amountOf(fields['limit']) ?? null
  return { asset, balance, limit, authorized: fields['is_authorized'] === true }
}
