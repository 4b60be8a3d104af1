import { z } from 'zod'
import { isAccountId } from '../../stellar/account-id.ts'
import { parseAmount } from '../../stellar/amount.ts'
import { assetOf, fieldsOf, isSequence, unreadable } from '../answer.ts'
import { readFreshPage } from '../request.ts'
import type { AccountBalances, LedgerHead } from '../source.ts'
import { bodyOf, type Horizon, MAX_RECORD_BYTES } from './request.ts'

const modified = z.unknown().refine(isSequence)
const Account = z.object({
  id: z.string(),
  last_modified_ledger: modified,
  balances: z.array(z.looseObject({ last_modified_ledger: modified.optional() })),
})

/**
 * Reads the balances of an account at the head of the ledger. Horizon does not say to which ledger an account belongs. So
 * the head is read first, and if the account or a trustline changed behind it, both are read again.
 *
 * @throws LedgerError
 */
export async function readBalances(
  horizon: Horizon,
  accountId: string,
  readHead: () => Promise<LedgerHead>,
): Promise<AccountBalances> {
  if (!isAccountId(accountId)) throw unreadable('the requested account is not an account id')
  const balances = await readFreshPage(() => tryOnce(horizon, accountId, readHead), horizon.io)
  if (balances !== null) return balances
  throw unreadable(`Horizon shows ${accountId} newer than its latest ledger every time`)
}

/** @returns null when the account is newer than the head */
async function tryOnce(
  horizon: Horizon,
  accountId: string,
  readHead: () => Promise<LedgerHead>,
): Promise<AccountBalances | null> {
  const { sequence: ledger, closedAt } = await readHead()
  const path = `/accounts/${accountId}`
  const answer = await horizon.get(path, {}, MAX_RECORD_BYTES)
  const at = { ledger, closedAt, isWhole: true }
  if (answer.status === 404) {
    return { ...at, balances: [{ asset: { kind: 'native' }, stroops: '0' }] }
  }
  const read = Account.safeParse(bodyOf(answer, path)).data
  if (read?.id !== accountId) throw unreadable(`Horizon ${path} shows another account`)
  const changes = [read, ...read.balances].map((one) => Number(one.last_modified_ledger ?? 0))
  if (changes.some((sequence) => sequence > ledger)) return null
  const balances = read.balances.map((balance) => readBalance(balance, path))
  return { ...at, balances: balances.filter((balance) => balance !== null) }
}

function readBalance(value: unknown, path: string): AccountBalances['balances'][number] | null {
  const fields = fieldsOf(value) ?? {}
  if (fields['asset_type'] === 'liquidity_pool_shares') return null
  const asset = assetOf(fields)
  const stroops = parseAmount(fields['balance'])
  if (asset === undefined || stroops === null) {
    throw unreadable(`Horizon ${path} has a balance without an asset or an amount`)
  }
  return { asset, stroops: String(stroops) }
}
