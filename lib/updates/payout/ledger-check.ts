import {
  type LedgerAccount,
  LedgerError,
  type LedgerSource,
  type LedgerTransaction,
} from '../../ledger/source.ts'
import type { RpcError } from '../../platform/envelope.ts'
import type { UpdateParams } from '../../platform/params.ts'
import type { PlatformTransaction } from '../../platform/transaction.ts'
import { formatAsset, parseAsset } from '../../stellar/asset.ts'
import { expectedPayout, judgePayout } from './payout.ts'
import { showTrustline, trustedAccount } from './trustline.ts'

/** What the ledger says before an update goes out. Evidence is stored with the attempt and shown. */
export type LedgerCheck =
  /** It may be forwarded. */
  | { kind: 'ok'; evidence: Record<string, unknown> }
  | { kind: 'refused'; error: RpcError; evidence: Record<string, unknown> }
  /** The ledger cannot be asked now: the update waits. */
  | { kind: 'unreadable'; reason: string; retryAfterSeconds: number | null }

const REPORTS_PAYOUT = 'notify_onchain_funds_sent'
const NEEDS_TRUSTLINE: ReadonlySet<string> = new Set([
  REPORTS_PAYOUT,
  'notify_trust_set',
  'request_trust',
  'do_stellar_payment',
])

/** Whether the ledger is asked before an update with this method goes out. */
export function needsLedger(method: string): boolean {
  return NEEDS_TRUSTLINE.has(method)
}

/**
 * Asks the ledger about an update: for `notify_onchain_funds_sent` whether its Stellar transaction is the payment of the
 * deposit; for every method that rests on a trustline what it is now, which is shown and refuses nothing. To be called
 * when the status rules let the method through. `forced`, a person's word, turns a refusal into `ok` with
 * `wouldBeRefused` in the evidence, also where the ledger cannot be read.
 */
export async function checkAgainstLedger(
  { method, params, forced }: { method: string; params: UpdateParams; forced: boolean },
  transaction: PlatformTransaction,
  ledger: LedgerSource,
): Promise<LedgerCheck> {
  if (!needsLedger(method)) return { kind: 'ok', evidence: {} }
  if (method !== REPORTS_PAYOUT) {
    const trustline = await lookUpTrustline(transaction, ledger)
    return { kind: 'ok', evidence: { source: ledger.name, trustline } }
  }

  const hash = (params.stellar_transaction_id ?? '').toLowerCase()
  const [trustline, reading] = await Promise.all([
    lookUpTrustline(transaction, ledger),
    readStellarTransaction(hash, ledger),
  ])
  const shared = { source: ledger.name, trustline, ...(forced ? { forced } : {}) }
  if (reading instanceof LedgerError) {
    const { message: reason, retryAfterSeconds } = reading
    if (!forced) return { kind: 'unreadable', reason, retryAfterSeconds }
    const unread = { reason: reading.code, message: reason }
    return { kind: 'ok', evidence: { ...shared, wouldBeRefused: null, unread } }
  }
  const { mismatch, evidence } = judgePayout(hash, reading, expectedPayout(transaction))
  if (mismatch === null) {
    const unopposed = forced ? { wouldBeRefused: null } : {}
    return { kind: 'ok', evidence: { ...shared, ...evidence, ...unopposed } }
  }
  if (!forced) return { kind: 'refused', error: mismatch, evidence: { ...shared, ...evidence } }
  return { kind: 'ok', evidence: { ...shared, ...evidence, wouldBeRefused: mismatch } }
}

async function readStellarTransaction(
  hash: string,
  ledger: LedgerSource,
): Promise<LedgerTransaction | null | LedgerError> {
  // A text that is no hash would ask the ledger for something else.
  if (!/^[0-9a-f]{64}$/.test(hash)) return null
  try {
    const found = await ledger.transaction(hash)
    if (found === null || found.hash === hash) return found
    const message = `${ledger.name} answered another transaction: ${found.hash}; allowed: ${hash}`
    return new LedgerError('ledger_unreadable', message)
  } catch (error) {
    if (error instanceof LedgerError) return error
    throw error
  }
}

async function lookUpTrustline(transaction: PlatformTransaction, ledger: LedgerSource) {
  const wanted = trustedAccount(transaction)
  if ('unavailable' in wanted) return wanted
  let account: LedgerAccount | null
  try {
    account = await ledger.account(wanted.account, [parseAsset(wanted.asset)])
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error
    return { ...wanted, unavailable: error.message }
  }
  return showTrustline(wanted, account)
}

/** The same ledger for one update that waits for its turn: what was found once is not asked for again. */
export function remembering(ledger: LedgerSource): LedgerSource {
  const transactions = new Map<string, LedgerTransaction>()
  const accounts = new Map<string, LedgerAccount>()
  return {
    ...ledger,
    transaction: async (hash) => {
      const found = transactions.get(hash) ?? (await ledger.transaction(hash))
      if (found !== null) transactions.set(hash, found)
      return found
    },
    account: async (id, assets) => {
      const key = [id, ...assets.map(formatAsset)].join(' ')
      const found = accounts.get(key) ?? (await ledger.account(id, assets))
      if (found !== null) accounts.set(key, found)
      return found
    },
  }
}
