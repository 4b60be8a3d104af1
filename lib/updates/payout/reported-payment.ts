import type { LedgerMemo, LedgerPayment, LedgerTransaction } from '../../ledger/source.ts'
import { RPC_INVALID_REQUEST, type RpcError } from '../../platform/envelope.ts'
import type { UpdateParams } from '../../platform/params.ts'
import type { PlatformTransaction } from '../../platform/transaction.ts'
import { isDecimal, isSameDecimal, sumDecimals } from '../../stellar/amount.ts'
import { formatAsset } from '../../stellar/asset.ts'
import { isSameMemo, readMemo } from '../../stellar/memo.ts'
import { parseMuxedAccount } from '../../stellar/muxed-account.ts'

/** Why a Stellar transaction is not the payment that an update reports. */
export type MismatchReason =
  | 'stellar_transaction_not_found'
  | 'stellar_transaction_failed'
  | 'stellar_transaction_without_payment'
  | 'stellar_destination_mismatch'
  | 'stellar_asset_mismatch'
  | 'stellar_amount_mismatch'
  | 'stellar_memo_mismatch'
  | 'stellar_path_payment_for_sep31'

/** The payment that an update reports, as the platform's transaction says. A part is null if the transaction has none. */
export interface ExpectedPayment {
  /** `G…`, or `M…` for one customer of a shared account. */
  account: string | null
  /** The asset in the form of SEP-38. */
  asset: string | null
  amount: string | null
  memo: { type: string | null; value: string } | null
  /** `receipt`: a customer may pay to the muxed address whose id is the memo. */
  by: 'payout' | 'receipt'
  /** The SEP of the transaction. The platform cannot be told of a path payment that pays a SEP-31 transaction. */
  sep: string | null
}

export interface PaymentComparison {
  /** Why the Stellar transaction is not the payment that is reported; null when nothing contradicts it. */
  mismatch: RpcError | null
  /**
   * Lists of operation ids, each of which may be what is reported, the best first. With a mismatch: the operations that
   * come nearest, for a person who overrides it. Empty when the ledger shows none.
   */
  choices: string[][]
  evidence: Record<string, unknown>
}

/** The most operations and sums that are shown. A transaction has up to 100 operations. */
const MOST_SHOWN = 10
const MAX_SHOWN = 120

/** Reads from a deposit what its payment must be. An amount of 0 means that none is agreed yet. */
export function expectedPayout({
  destination_account: account,
  amount_out: { amount, asset },
  memo,
  memo_type: type,
  sep,
}: PlatformTransaction): ExpectedPayment {
  return {
    account: account || null,
    asset: asset || null,
    amount: positive(amount),
    memo: memo ? { type, value: memo } : null,
    by: 'payout',
    sep,
  }
}

/**
 * Reads what the payment must be by which a customer, or the sending anchor, paid a transaction. The platform takes the
 * amount of the params, else the one that it stores.
 */
export function expectedReceipt(
  transaction: PlatformTransaction,
  { amount_in: reported }: UpdateParams,
): ExpectedPayment {
  const { withdraw_anchor_account, destination_account, amount_in, amount_expected } = transaction
  const { memo, memo_type: type } = transaction
  const stated = positive(amount_in.amount) === null ? amount_expected : amount_in
  return {
    account: withdraw_anchor_account || destination_account || null,
    asset: (reported?.amount ? amount_in.asset || amount_expected.asset : stated.asset) || null,
    amount: reported?.amount || positive(stated.amount),
    memo: memo ? { type, value: memo } : null,
    by: 'receipt',
    sep: transaction.sep,
  }
}

function positive(amount: string | null): string | null {
  return isSameDecimal(amount, '0') ? null : amount || null
}

/**
 * Judges whether a Stellar transaction is the payment that an update reports: it succeeded, and the account received
 * exactly the amount, by one operation or by all payment operations in the asset together. One operation is enough
 * because the others may pay other transactions. A payment of an account to itself is an exchange and does not count.
 *
 * @param found null when the ledger does not have the transaction
 */
export function judgeReported(
  hash: string,
  found: LedgerTransaction | null,
  expected: ExpectedPayment,
): PaymentComparison {
  const payments = (found?.payments ?? []).filter(isPayment)
  const toAccount = payments.filter((payment) => isTo(payment, expected.account))
  const inAsset = toAccount.filter(
    (payment) => expected.asset === null || nameOf(payment) === expected.asset,
  )
  const withMemo = inAsset.filter((payment) => hasMemo(payment, found?.memo, expected))
  const counted = withMemo.length > 0 ? withMemo : inAsset
  const sums = sumsOf(counted, expected.account === null)
  const exact = counted.filter(
    ({ asset, amount }) => asset !== null && isSameDecimal(amount, expected.amount),
  )
  const parts = { payments, toAccount, inAsset, withMemo, counted, sums, exact }
  const mismatch = firstMismatch(hash, found, expected, parts)
  const nearest = [exact.slice(0, 1), counted, toAccount, payments, found?.payments ?? []]
  const { by: _, sep: __, ...shownExpected } = expected
  return {
    mismatch,
    choices:
      mismatch === null
        ? choicesOf(sums, exact, expected)
        : nearest
            .filter(({ length }) => length > 0)
            .slice(0, 1)
            .map(idsOf),
    evidence: {
      stellarTransaction: found === null ? { hash, found: false } : describe(found),
      expected: shownExpected,
      notSaid: Object.entries(shownExpected).flatMap(([part, value]) =>
        value === null ? [part] : [],
      ),
      received: sums.slice(0, MOST_SHOWN).map(({ operationIds, ...sum }) => ({
        ...sum,
        operationIds: operationIds.slice(0, MOST_SHOWN),
      })),
    },
  }
}

/** All operations of a sum that is the amount, then each operation that alone is the amount. */
function choicesOf(
  sums: readonly Received[],
  exact: readonly LedgerPayment[],
  { amount }: ExpectedPayment,
): string[][] {
  const whole = sums.filter((sum) => amount === null || isSameDecimal(sum.amount, amount))
  const choices = [
    ...whole.map(({ operationIds }) => operationIds),
    ...exact.map((one) => idsOf([one])),
  ]
  return [...new Map(choices.map((ids) => [ids.join(' '), ids])).values()]
}

function idsOf(payments: readonly LedgerPayment[]): string[] {
  return payments.map(({ operationId }) => operationId)
}

/** Whether a payment has the memo. The muxed id that a customer paid to counts as a memo of type `id`. */
function hasMemo(
  { toMuxedId }: LedgerPayment,
  found: LedgerMemo | undefined,
  { memo, by }: ExpectedPayment,
): boolean {
  if (memo === null || found === undefined || isMemo(found, memo)) return true
  return by === 'receipt' && toMuxedId !== null && isMemo({ type: 'id', value: toMuxedId }, memo)
}

interface Found {
  /** Payments between two accounts. */
  payments: LedgerPayment[]
  toAccount: LedgerPayment[]
  inAsset: LedgerPayment[]
  /** Of `inAsset`, the payments with the memo. */
  withMemo: LedgerPayment[]
  /** `withMemo`, or `inAsset` where none has the memo. */
  counted: LedgerPayment[]
  sums: Received[]
  /** The payments that alone have the amount. */
  exact: LedgerPayment[]
}

function firstMismatch(
  hash: string,
  found: LedgerTransaction | null,
  expected: ExpectedPayment,
  { payments, toAccount, inAsset, withMemo, counted, sums, exact }: Found,
): RpcError | null {
  if (found === null) {
    const rule = 'one that has closed, on the network of this transaction'
    return refusal('stellar_transaction_not_found', hash, 'not on the ledger', rule, hash, null)
  }
  if (!found.successful) {
    const fault = ['that failed on the ledger', 'one that succeeded'] as const
    return refusal('stellar_transaction_failed', hash, ...fault, 'successful', 'failed')
  }
  if (expected.by === 'receipt' && found.payments.length === 0) {
    const rule = 'one with a payment to the account'
    const reason = 'stellar_transaction_without_payment'
    return refusal(reason, hash, 'which has no payment', rule, expected.account, [])
  }
  if (toAccount.length === 0) {
    const accounts = distinct(payments.map(({ to, toMuxedId }) => recipient(to, toMuxedId)))
    const fault = `which pays ${listed(accounts)}`
    const rule = `a payment from another account to ${shown(expected.account ?? 'any account')}`
    const reason = 'stellar_destination_mismatch'
    return refusal(reason, hash, fault, rule, expected.account, accounts)
  }
  if (inAsset.length === 0) {
    const assets = distinct(toAccount.map((payment) => nameOf(payment) ?? 'an unknown asset'))
    const fault = `which pays the account ${listed(assets)}`
    const rule = `a payment of ${shown(String(expected.asset))}`
    return refusal('stellar_asset_mismatch', hash, fault, rule, expected.asset, assets)
  }
  const { amount, memo } = expected
  const isPaid = exact.length > 0 || sums.some((sum) => isSameDecimal(sum.amount, amount))
  if (amount !== null && !isPaid) {
    const amounts = distinct(sums.map((sum) => sum.amount ?? 'an unknown amount'))
    const fault = `which pays the account ${listed(amounts)} in ${inAsset.length} operation(s)`
    const rule = `exactly ${shown(amount)}, in one operation or in all`
    return refusal('stellar_amount_mismatch', hash, fault, rule, amount, amounts)
  }
  if (memo !== null && withMemo.length === 0) {
    const fault = `whose memo is ${shown(JSON.stringify(found.memo))}`
    const rule = `the memo of the transaction, ${shown(JSON.stringify(memo))}`
    return refusal('stellar_memo_mismatch', hash, fault, rule, memo, found.memo)
  }
  if (expected.by === 'receipt' && expected.sep === '31' && counted.some(isPathPayment)) {
    const fault = 'a path payment, of which the platform cannot be told for SEP-31'
    const rule = 'a plain payment; settle this one outside the platform'
    return refusal('stellar_path_payment_for_sep31', hash, fault, rule, 'payment', 'path_payment')
  }
  return null
}

function refusal(
  reason: MismatchReason,
  hash: string,
  fault: string,
  rule: string,
  expected: unknown,
  found: unknown,
): RpcError {
  return {
    code: RPC_INVALID_REQUEST,
    message: `stellar_transaction_id refused: ${shown(hash)}, ${fault}; allowed: ${rule}.`,
    data: { reason, expected, found: Array.isArray(found) ? found.slice(0, MOST_SHOWN) : found },
  }
}

/** Whether an operation moves an exact value from one account to another at once. */
function isPayment({ kind, from, to }: LedgerPayment): boolean {
  return (kind === 'payment' || kind === 'path_payment') && to !== null && from !== to
}

const isPathPayment = ({ kind }: LedgerPayment) => kind === 'path_payment'

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
  /** null if an operation lacks its amount or its asset. */
  amount: string | null
  operationIds: string[]
}

/** Sums the payments by asset and, with `byRecipient`, by account and customer. */
function sumsOf(payments: readonly LedgerPayment[], byRecipient: boolean): Received[] {
  const groups = Map.groupBy(payments, (payment) => {
    const receiver = byRecipient ? [payment.to, payment.toMuxedId] : []
    return JSON.stringify([nameOf(payment), ...receiver])
  })
  return [...groups.values()].flatMap((group) => {
    const amounts = group.flatMap(({ amount }) => (isDecimal(amount) ? [amount] : []))
    const sum = amounts.length === group.length ? sumDecimals(amounts) : null
    const operationIds = idsOf(group)
    // The payments of a group share what the first one shows.
    return group.slice(0, 1).map((first) => {
      const asset = nameOf(first)
      const account = recipient(first.to, byRecipient ? first.toMuxedId : null)
      return { account, asset, amount: asset === null ? null : sum, operationIds }
    })
  })
}

/** Compares memos by value, in whatever spelling the platform shows them. */
function isMemo(found: LedgerMemo, { type, value }: { type: string | null; value: string }) {
  if (found.type === 'none' || found.type === 'other') return false
  const expected = readMemo(value, type)
  return expected !== null && isSameMemo(found, expected)
}

function describe({ hash, successful, ledger, closedAt, memo, payments }: LedgerTransaction) {
  // Other operations are shown too, because a person may find that one of them paid the deposit.
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
