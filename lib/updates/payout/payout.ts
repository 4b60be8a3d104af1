import type { LedgerMemo, LedgerPayment, LedgerTransaction } from '../../ledger/source.ts'
import { RPC_INVALID_REQUEST, type RpcError } from '../../platform/envelope.ts'
import type { PlatformTransaction } from '../../platform/transaction.ts'
import { isDecimal, isSameDecimal, sumDecimals } from '../../stellar/amount.ts'
import { formatAsset } from '../../stellar/asset.ts'
import { isSameMemo, type Memo, MemoError, parseMemo } from '../../stellar/memo.ts'
import { parseMuxedAccount } from '../../stellar/muxed-account.ts'

export type PayoutMismatchReason =
  | 'stellar_transaction_not_found'
  | 'stellar_transaction_failed'
  | 'stellar_destination_mismatch'
  | 'stellar_asset_mismatch'
  | 'stellar_amount_mismatch'
  | 'stellar_memo_mismatch'

/** What the payment of a deposit must be, as the platform shows it; null where it does not say. */
export interface ExpectedPayout {
  /** `G…`, or `M…` for one customer of an account. */
  account: string | null
  /** In the form of SEP-38. */
  asset: string | null
  amount: string | null
  memo: { type: string | null; value: string } | null
}

export interface PayoutJudgement {
  /** Why the Stellar transaction is not the payment of the deposit; null when nothing speaks against it. */
  mismatch: RpcError | null
  evidence: Record<string, unknown>
}

/** Operations and sums that are shown at most, of up to 100 in a transaction. */
const MOST_SHOWN = 10
const MAX_SHOWN = 120

/** What the payment of a deposit must be. An amount of 0 stands for one that is not agreed yet: nobody pays 0. */
export function expectedPayout({
  destination_account: account,
  amount_out: { amount, asset },
  memo,
  memo_type: type,
}: PlatformTransaction): ExpectedPayout {
  return {
    account: account || null,
    asset: asset || null,
    amount: isSameDecimal(amount, '0') ? null : amount || null,
    memo: memo ? { type, value: memo } : null,
  }
}

/**
 * Whether a Stellar transaction is the payment of a deposit: it succeeded, and what the account received by all its
 * payment operations in the asset is exactly the amount. The sum counts because two operations may be one payment in
 * parts, and because a deposit that was paid twice at once must not pass for paid right. Payments of an account to itself
 * are exchanges and count for nothing.
 *
 * @param found null when the ledger does not have it
 */
export function judgePayout(
  hash: string,
  found: LedgerTransaction | null,
  expected: ExpectedPayout,
): PayoutJudgement {
  const payments = (found?.payments ?? []).filter(isPayment)
  const toAccount = payments.filter((payment) => isTo(payment, expected.account))
  const inAsset = toAccount.filter(
    (payment) => expected.asset === null || nameOf(payment) === expected.asset,
  )
  const sums = sumsOf(inAsset, expected.account === null)
  return {
    mismatch: firstMismatch(hash, found, expected, { payments, toAccount, inAsset, sums }),
    evidence: {
      stellarTransaction: found === null ? { hash, found: false } : describe(found),
      expected,
      notSaid: Object.entries(expected).flatMap(([part, value]) => (value === null ? [part] : [])),
      received: sums.slice(0, MOST_SHOWN),
    },
  }
}

interface Found {
  /** Between two accounts. */
  payments: LedgerPayment[]
  toAccount: LedgerPayment[]
  inAsset: LedgerPayment[]
  sums: Received[]
}

function firstMismatch(
  hash: string,
  found: LedgerTransaction | null,
  expected: ExpectedPayout,
  { payments, toAccount, inAsset, sums }: Found,
): RpcError | null {
  if (found === null) {
    const rule = 'one that has closed, on the network of this deposit'
    return refusal('stellar_transaction_not_found', hash, 'not on the ledger', rule, hash, null)
  }
  if (!found.successful) {
    const said = ['that failed on the ledger', 'one that succeeded'] as const
    return refusal('stellar_transaction_failed', hash, ...said, 'successful', 'failed')
  }
  if (toAccount.length === 0) {
    const accounts = distinct(payments.map(({ to, toMuxedId }) => recipient(to, toMuxedId)))
    const said = `which pays ${listed(accounts)}`
    const rule = `a payment from another account to ${shown(expected.account ?? 'any account')}`
    const reason = 'stellar_destination_mismatch'
    return refusal(reason, hash, said, rule, expected.account, accounts)
  }
  if (inAsset.length === 0) {
    const assets = distinct(toAccount.map((payment) => nameOf(payment) ?? 'an unknown asset'))
    const said = `which pays the account ${listed(assets)}`
    const rule = `a payment of ${shown(expected.asset ?? '')}`
    return refusal('stellar_asset_mismatch', hash, said, rule, expected.asset, assets)
  }
  const { amount, memo } = expected
  if (amount !== null && !sums.some((sum) => isSameDecimal(sum.amount, amount))) {
    const amounts = distinct(sums.map((sum) => sum.amount ?? 'an unknown amount'))
    const said = `which pays the account ${listed(amounts)} in ${inAsset.length} operation(s)`
    const rule = `exactly ${shown(amount)} in all`
    return refusal('stellar_amount_mismatch', hash, said, rule, amount, amounts)
  }
  if (memo !== null && !isMemo(found.memo, memo)) {
    const said = `whose memo is ${shown(JSON.stringify(found.memo))}`
    const rule = `the memo of the deposit, ${shown(JSON.stringify(memo))}`
    return refusal('stellar_memo_mismatch', hash, said, rule, memo, found.memo)
  }
  return null
}

function refusal(
  reason: PayoutMismatchReason,
  hash: string,
  said: string,
  rule: string,
  expected: unknown,
  found: unknown,
): RpcError {
  return {
    code: RPC_INVALID_REQUEST,
    message: `stellar_transaction_id refused: ${shown(hash)}, ${said}; allowed: ${rule}.`,
    data: { reason, expected, found: Array.isArray(found) ? found.slice(0, MOST_SHOWN) : found },
  }
}

/** What moves value from one account to another at once, and can be told exactly. */
function isPayment({ kind, from, to }: LedgerPayment): boolean {
  return (kind === 'payment' || kind === 'path_payment') && to !== null && from !== to
}

function isTo({ to, toMuxedId }: LedgerPayment, account: string | null): boolean {
  if (account === null) return true
  const muxed = parseMuxedAccount(account)
  return muxed === null ? to === account : to === muxed.account && toMuxedId === muxed.id
}

function nameOf({ asset }: LedgerPayment): string | null {
  return asset === null ? null : formatAsset(asset)
}

interface Received {
  account: string
  asset: string | null
  /** null where an operation does not say it, or does not say in what. */
  amount: string | null
  operationIds: string[]
}

/** What was received in each asset; where nobody says by whom, by each account and each of its customers. */
function sumsOf(payments: readonly LedgerPayment[], byRecipient: boolean): Received[] {
  const groups = Map.groupBy(payments, (payment) => {
    const who = byRecipient ? [payment.to, payment.toMuxedId] : []
    return JSON.stringify([nameOf(payment), ...who])
  })
  return [...groups.values()].map((group) => {
    const [first] = group
    const asset = first === undefined ? null : nameOf(first)
    const amounts = group.flatMap(({ amount }) => (isDecimal(amount) ? [amount] : []))
    return {
      account: recipient(first?.to ?? null, byRecipient ? (first?.toMuxedId ?? null) : null),
      asset,
      amount: asset !== null && amounts.length === group.length ? sumDecimals(amounts) : null,
      operationIds: group.slice(0, MOST_SHOWN).map(({ operationId }) => operationId),
    }
  })
}

/** The platform writes a hash as base64 or as hex. A memo that is none of the ledger's is nobody's. */
function isMemo(found: LedgerMemo, { type, value }: { type: string | null; value: string }) {
  if (found.type === 'none' || found.type === 'other') return false
  if (type === 'hash' && /^[0-9a-f]{64}$/i.test(value)) {
    return isSameMemo(found, { type, value: value.toLowerCase() })
  }
  const expected = memoOf(value, type)
  return expected !== null && isSameMemo(found, expected)
}

function memoOf(value: string, type: string | null): Memo | null {
  try {
    return parseMemo(value, type)
  } catch (error) {
    if (error instanceof MemoError) return null
    throw error
  }
}

function describe({ hash, successful, ledger, closedAt, memo, payments }: LedgerTransaction) {
  // What is no payment is shown as well: it may be how the deposit was paid, for a person to see.
  const operations = payments.slice(0, MOST_SHOWN).map((payment) => ({
    operationId: payment.operationId,
    kind: payment.kind,
    from: payment.from,
    to: recipient(payment.to, payment.toMuxedId),
    asset: nameOf(payment),
    amount: payment.amount,
  }))
  const count = payments.length
  return { hash, found: true, successful, ledger, closedAt, memo, operations, count }
}

function recipient(to: string | null, muxedId: string | null): string {
  return `${to ?? 'unknown'}${muxedId === null ? '' : ` (muxed id ${muxedId})`}`
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}

function listed(texts: readonly string[]): string {
  if (texts.length === 0) return 'no other account'
  const more = texts.length > 3 ? ` and ${texts.length - 3} more` : ''
  return `${texts.slice(0, 3).map(shown).join(', ')}${more}`
}

function shown(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN).toWellFormed()}…`
}
