import {
  type LedgerAccount,
  LedgerError,
  type LedgerSource,
  type LedgerTransaction,
} from '../../ledger/source.ts'
import type { RpcError } from '../../platform/envelope.ts'
import type { Update } from '../../platform/evidence.ts'
import type { PlatformTransaction } from '../../platform/transaction.ts'
import { formatAsset, parseAsset } from '../../stellar/asset.ts'
import type { OperationClaim } from '../store.ts'
import {
  expectedPayout,
  expectedReceipt,
  judgeReported,
  type MismatchReason,
} from './reported-payment.ts'
import { showTrustline, trustedAccount } from './trustline.ts'

/** The result of the ledger check. Its evidence is stored with the attempt and shown to the caller. */
export type LedgerCheck =
  /** The update may be sent, if the operations that it reports are free. `claim` is null if it reports none. */
  | { kind: 'ok'; evidence: Record<string, unknown>; claim: OperationClaim | null }
  | { kind: 'refused'; error: RpcError; evidence: Record<string, unknown> }
  /** The source does not have the Stellar transaction. It may lag behind the report. */
  | { kind: 'absent'; error: RpcError; evidence: Record<string, unknown> }
  /** The ledger could not be read: the update is put off. */
  | { kind: 'unreadable'; reason: string; retryAfterSeconds: number | null }

/**
 * Checks an update against the ledger. If it reports a payout or a receipt, its Stellar transaction must be that payment.
 * For a payout, and for a method whose row has `ledger: 'trustline'`, the trustline is read as evidence and refuses
 * nothing.
 *
 * @param update.forced a person overrides the check: a refusal, or a ledger that cannot be read, becomes `ok` with
 *   `wouldBeRefused` in the evidence
 */
export async function checkAgainstLedger(
  { method, params, forced }: Update & { forced: boolean },
  transaction: PlatformTransaction,
  ledger: LedgerSource,
): Promise<LedgerCheck> {
  if (method.ledger === undefined) return { kind: 'ok', evidence: {}, claim: null }
  if (method.ledger === 'trustline') {
    const trustline = await lookUpTrustline(transaction, ledger)
    return { kind: 'ok', evidence: { source: ledger.name, trustline }, claim: null }
  }

  const hash = (params.stellar_transaction_id ?? '').toLowerCase()
  const isPayout = method.ledger === 'payout'
  const [trustline, reading] = await Promise.all([
    isPayout ? lookUpTrustline(transaction, ledger) : undefined,
    readStellarTransaction(hash, ledger),
  ])
  const shared = {
    source: ledger.name,
    ...(isPayout ? { trustline } : {}),
    ...(forced ? { forced } : {}),
  }
  if (reading instanceof LedgerError) {
    const { message: reason, retryAfterSeconds } = reading
    if (!forced) return { kind: 'unreadable', reason, retryAfterSeconds }
    const unread = { reason: reading.code, message: reason }
    const claim = { stellarTransaction: hash, choices: [] }
    return { kind: 'ok', evidence: { ...shared, wouldBeRefused: null, unread }, claim }
  }
  const expected = isPayout ? expectedPayout(transaction) : expectedReceipt(transaction, params)
  const { mismatch, choices, evidence } = judgeReported(hash, reading, expected)
  const claim = { stellarTransaction: hash, choices }
  if (mismatch === null) {
    const unopposed = forced ? { wouldBeRefused: null } : {}
    return { kind: 'ok', evidence: { ...shared, ...evidence, ...unopposed }, claim }
  }
  if (!forced || NEVER_SENT.has(mismatch.data?.['reason'])) {
    const isHash = HASH.test(hash)
    const kind = reading === null && isHash ? 'absent' : 'refused'
    return { kind, error: mismatch, evidence: { ...shared, ...evidence } }
  }
  return { kind: 'ok', evidence: { ...shared, ...evidence, wouldBeRefused: mismatch }, claim }
}

const HASH = /^[0-9a-f]{64}$/

/**
 * Refusals that no force overrides. The platform takes a Stellar transaction that failed, or that has no payment, for a
 * receipt, and fails at a path payment for SEP-31 without saving anything.
 */
const NEVER_SENT: ReadonlySet<unknown> = new Set<MismatchReason>([
  'stellar_transaction_failed',
  'stellar_transaction_without_payment',
  'stellar_path_payment_for_sep31',
])

async function readStellarTransaction(
  hash: string,
  ledger: LedgerSource,
): Promise<LedgerTransaction | null | LedgerError> {
  // Another text would lead to another resource in a URL path.
  if (!HASH.test(hash)) return null
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
    const assets = [parseAsset(wanted.asset)].filter((asset) => asset !== null)
    account = await ledger.account(wanted.account, assets)
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error
    return { ...wanted, unavailable: error.message }
  }
  return showTrustline(wanted, account)
}

/** Wraps the ledger for one update. While it waits for its turn, a transaction or account that was found is not read again. */
export function remembering(ledger: LedgerSource): LedgerSource {
  const transactions = new Map<string, LedgerTransaction>()
  const accounts = new Map<string, LedgerAccount>()
  return {
    ...ledger,
    transaction: (hash) => once(transactions, hash, () => ledger.transaction(hash)),
    account: (id, assets) =>
      once(accounts, [id, ...assets.map(formatAsset)].join(' '), () => ledger.account(id, assets)),
  }
}

async function once<T>(
  known: Map<string, T>,
  key: string,
  read: () => Promise<T | null>,
): Promise<T | null> {
  const found = known.get(key) ?? (await read())
  if (found !== null) known.set(key, found)
  return found
}
