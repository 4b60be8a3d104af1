import type { LedgerPayment } from '../ledger/source.ts'
import { formatAmount, isGreaterDecimal } from '../stellar/amount.ts'
import { formatAsset } from '../stellar/asset.ts'
import type { DustLimit } from '../stellar/dust.ts'
import { stroopsOf } from './verdict/expectation.ts'

/**
 * Whether a payment is too small to be open money. It is judged like any other: dust that is as its transaction expects is
 * credited. A payment whose asset or amount the source does not show is not dust.
 */
export function isDust(
  { asset, amount }: Pick<LedgerPayment, 'asset' | 'amount'>,
  limits: readonly DustLimit[],
): boolean {
  const paid = stroopsOf(amount)
  if (asset === null || paid === null) return false
  const name = formatAsset(asset)
  const limit = limits.find((one) => one.asset === name)
  return limit !== undefined && isGreaterDecimal(limit.amount, formatAmount(paid))
}
