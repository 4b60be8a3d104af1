import { add, type Decimal, isLess, printDecimal, readDecimal, ZERO } from './decimal.ts'
import { findAttempt, type Json, type Tables, WITHOUT_EFFECT } from './tables.ts'
import { documentOf } from './transactions.ts'

interface Refund {
  transactionId: string
  method: string
  refundId: string | null
  total: Decimal
  asset: string
}

/**
 * The figures of a refund that exceeds what was paid in, together with the other refunds; null for one that does not.
 *
 * @param beforeSeq counts the refunds of earlier attempts only; null counts all
 */
export function excessOf(tables: Tables, refund: Refund, beforeSeq: number | null): Json | null {
  const amountIn = documentOf(tables, refund.transactionId)?.['amount_in'] as Json | undefined
  const paidIn = readDecimal(amountIn?.['amount'])
  if (paidIn === null || (amountIn?.['asset'] ?? refund.asset) !== refund.asset) return null
  const before = refundedBefore(tables, refund, beforeSeq)
  if (!isLess(paidIn, add(before, refund.total))) return null
  return {
    refund: printDecimal(refund.total),
    refundedBefore: printDecimal(before),
    amountIn: printDecimal(paidIn),
  }
}

/** The recorded refunds of the transaction, and those that its document shows besides. */
function refundedBefore(
  tables: Tables,
  { transactionId, method, refundId }: Refund,
  beforeSeq: number | null,
): Decimal {
  const live = tables.refunds.filter(
    (one) => one.transactionId === transactionId && isEffective(tables, one.attemptId),
  )
  let sum = ZERO
  for (const one of live) {
    const isBefore = beforeSeq === null || findAttempt(tables, '', one.attemptId).seq < beforeSeq
    if (one.method === method && isBefore) sum = add(sum, one.total)
  }
  const shown = documentOf(tables, transactionId)?.['refunds'] as Json | null | undefined
  for (const payment of (shown?.['payments'] as Json[] | undefined) ?? []) {
    const { id, amount, fee } = payment as { id?: string; amount?: Json; fee?: Json }
    if (id === refundId) continue
    if (live.some((one) => one.method === method && one.refundId === id)) continue
    sum = add(sum, readDecimal(amount?.['amount']) ?? ZERO)
    sum = add(sum, readDecimal(fee?.['amount']) ?? ZERO)
  }
  return sum
}

/** Whether an attempt was applied, or still may be. */
export const isEffective = (tables: Tables, attemptId: string): boolean =>
  !WITHOUT_EFFECT.has(findAttempt(tables, '', attemptId).state)

export function totalOf({ amount, fee }: { amount: string; fee: string | null }): Decimal {
  return add(readDecimal(amount) ?? ZERO, readDecimal(fee) ?? ZERO)
}
