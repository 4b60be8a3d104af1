import type { LedgerPayment } from '../../ledger/source.ts'
import { isDecimal, parseAmount, sumDecimals } from '../../stellar/amount.ts'
import { formatAsset, parseAsset } from '../../stellar/asset.ts'
import { type Memo, readMemo } from '../../stellar/memo.ts'
import { parseMuxedAccount } from '../../stellar/muxed-account.ts'
import type { CandidateTransaction } from './codes.ts'

/** Whether no payment was credited to a transaction by an update that holds. */
export const isUnpaid = ({
  creditedBy,
  creditRefused,
}: Pick<CandidateTransaction, 'creditedBy' | 'creditRefused'>): boolean =>
  creditedBy === null || creditRefused

/**
 * Whether a transaction waits for a payment: in SEP-6 and SEP-24 a withdrawal waits for the user, in SEP-31 a receiving
 * anchor waits for the sending one. A transaction that was credited, that a person put on hold, or that the platform no
 * longer has, does not wait.
 */
export function isAwaitingPayment({
  sep,
  kind,
  status,
  creditedBy,
  creditRefused,
  endedAt,
}: CandidateTransaction): boolean {
  if (!isUnpaid({ creditedBy, creditRefused }) || endedAt !== null) return false
  if (sep === '31') return status === 'pending_sender'
  return (
    (sep === '6' || sep === '24') &&
    (kind === 'withdrawal' || kind === 'withdrawal-exchange') &&
    status === 'pending_user_transfer_start'
  )
}

/** The clocks of the platform and of the ledger may differ by so much. */
export const CLOCKS_APART_MS = 60_000

/** Whether a transaction existed when a payment was made. Nobody can have meant one that began later, or had ended. */
export function existedAt(closedAt: string, { startedAt, endedAt }: CandidateTransaction): boolean {
  const paidAt = Date.parse(closedAt)
  const hadBegun = startedAt === null || paidAt >= Date.parse(startedAt) - CLOCKS_APART_MS
  return hadBegun && (endedAt === null || paidAt < Date.parse(endedAt))
}

/** Whether a payment went to the account that a transaction expects and, for an `M…` address, to its id. */
export function isPaidTo(
  payment: LedgerPayment,
  { account }: CandidateTransaction,
  observed: string,
): boolean {
  const muxed = parseMuxedAccount(account)
  if (muxed === null) return payment.to === (account ?? observed)
  return payment.to === muxed.account && payment.toMuxedId === muxed.id
}

export const nameOfMemo = ({ type, value }: Memo) => `memo ${type} ${value}`
export const nameOfMuxedId = (id: string) => `muxed id ${id}`

/** The names by which a payment can mean a transaction: its memo by type and bytes, or the id of its muxed account. */
export function namesOf(transaction: CandidateTransaction): string[] {
  const memo = expectedMemo(transaction)
  const muxed = parseMuxedAccount(transaction.account)
  return [
    ...(memo === null ? [] : [nameOfMemo(memo)]),
    ...(muxed === null ? [] : [nameOfMuxedId(muxed.id)]),
  ]
}

/** The memo that a transaction expects; null without a memo, or when the ledger cannot hold it. */
function expectedMemo({ memo, memoType }: CandidateTransaction): Memo | null {
  if (memo === null || memo === '') return null
  return readMemo(memo, memoType)
}

/**
 * What a transaction expects: `amount_in` if it is above 0, else `amount_expected`. Asset and amount come from the same
 * one, because the platform may show another asset beside the other.
 */
function expected(transaction: CandidateTransaction): {
  amount: string | null
  asset: string | null
} {
  const { amountIn, amountInAsset, amountExpected, amountExpectedAsset } = transaction
  if (stroopsOf(amountIn ?? '0') !== 0n) return { amount: amountIn, asset: amountInAsset }
  if (stroopsOf(amountExpected ?? '0') !== 0n) {
    return { amount: amountExpected, asset: amountExpectedAsset }
  }
  return { amount: null, asset: amountInAsset ?? amountExpectedAsset }
}

/** The asset that a transaction expects, in SEP-38 form; null when it names none. */
export function expectedAsset(transaction: CandidateTransaction): string | null {
  const asset = parseAsset(expected(transaction).asset)
  return asset && formatAsset(asset)
}

/** The stroops that a transaction expects; null when it does not say. */
export function expectedStroops(transaction: CandidateTransaction): bigint | null {
  return stroopsOf(expected(transaction).amount ?? '0') || null
}

/** An amount in stroops, with any number of trailing zeros; null for a text that is not an amount of the ledger. */
export function stroopsOf(amount: string | null): bigint | null {
  return isDecimal(amount) ? parseAmount(sumDecimals([amount])) : null
}

/** The expectation of a transaction, as evidence of a verdict. */
export function shownExpected(transaction: CandidateTransaction): Record<string, unknown> {
  const { id, status, account, memo, memoType, creditedBy } = transaction
  const { amountIn, amountExpected } = transaction
  return {
    transactionId: id,
    status,
    account,
    memo,
    memoType,
    asset: expected(transaction).asset,
    amountIn,
    amountExpected,
    creditedBy,
  }
}
