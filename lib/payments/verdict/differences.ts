import type { LedgerPayment } from '../../ledger/source.ts'
import { formatAmount } from '../../stellar/amount.ts'
import { formatAsset } from '../../stellar/asset.ts'
import type { CandidateTransaction } from './codes.ts'
import {
  existedAt,
  expectedAsset,
  expectedStroops,
  isAwaitingPayment,
  isPaidTo,
  namesOf,
  stroopsOf,
} from './expectation.ts'
import { type AmountPolicy, isCreditable, namesIn } from './verdict.ts'

/** A part in which a payment is not what a transaction expects, with both values in words. */
export interface Difference {
  part: 'status' | 'window' | 'kind' | 'account' | 'memo' | 'asset' | 'amount'
  paid: string
  expected: string
}

/**
 * Compares a payment with one transaction, part by part, as the observer does with each transaction that the payment names.
 * Without a difference the observer would credit it, if no other transaction with its memo awaited a payment.
 */
export function differencesOf(
  payment: LedgerPayment,
  transaction: CandidateTransaction,
  { account, policy }: { account: string; policy: AmountPolicy },
): Difference[] {
  const differences: (Difference | null)[] = [
    awaited(transaction),
    inWindow(payment, transaction),
    ofKind(payment, transaction),
    isPaidTo(payment, transaction, account)
      ? null
      : { part: 'account', paid: paidAddressOf(payment), expected: transaction.account ?? account },
    byMemo(payment, transaction),
    inAsset(payment, transaction),
    ofAmount(payment, transaction, policy),
  ]
  return differences.filter((difference) => difference !== null)
}

function awaited(transaction: CandidateTransaction): Difference | null {
  if (isAwaitingPayment({ ...transaction, endedAt: null })) return null
  const { sep, kind, status, creditedBy } = transaction
  const paid = creditedBy === null ? '' : `, paid by operation ${creditedBy}`
  const expected = sep === '31' ? 'pending_sender' : 'pending_user_transfer_start'
  return { part: 'status', paid: `${status} (SEP-${sep}, ${kind}${paid})`, expected }
}

function inWindow(
  { closedAt }: LedgerPayment,
  transaction: CandidateTransaction,
): Difference | null {
  if (existedAt(closedAt, transaction)) return null
  const { startedAt, endedAt } = transaction
  const until = endedAt === null ? '' : ` until ${endedAt}`
  return { part: 'window', paid: closedAt, expected: `from ${startedAt}${until}` }
}

function ofKind({ kind }: LedgerPayment, { sep }: CandidateTransaction): Difference | null {
  if (isCreditable(kind) && (kind === 'payment' || sep !== '31')) return null
  return { part: 'kind', paid: kind, expected: 'payment' }
}

function byMemo(payment: LedgerPayment, transaction: CandidateTransaction): Difference | null {
  const expected = namesOf(transaction)
  const paid = namesIn(payment)
  if (expected.some((name) => paid.includes(name))) return null
  return {
    part: 'memo',
    paid: paid.join(' or ') || 'none',
    expected: expected.join(' or ') || 'the transaction has none',
  }
}

function inAsset({ asset }: LedgerPayment, transaction: CandidateTransaction): Difference | null {
  const paid = asset === null ? null : formatAsset(asset)
  const expected = expectedAsset(transaction)
  if (paid !== null && paid === expected) return null
  return { part: 'asset', paid: paid ?? 'not shown', expected: expected ?? 'not said' }
}

function ofAmount(
  { amount }: LedgerPayment,
  transaction: CandidateTransaction,
  policy: AmountPolicy,
): Difference | null {
  const paid = stroopsOf(amount)
  const wanted = expectedStroops(transaction)
  if (paid !== null && wanted !== null) {
    if (paid === wanted || (policy === 'at_least' && paid > wanted)) return null
  }
  return {
    part: 'amount',
    paid: paid === null ? 'not shown' : formatAmount(paid),
    expected: wanted === null ? 'not said' : formatAmount(wanted),
  }
}

function paidAddressOf({ to, toMuxedId }: LedgerPayment): string {
  return toMuxedId === null ? (to ?? 'not shown') : `${to} with the muxed id ${toMuxedId}`
}
