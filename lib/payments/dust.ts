import type { Database } from '../db/client.ts'
import type { LedgerPayment } from '../ledger/source.ts'
import type { Log } from '../log.ts'
import { formatAmount, isGreaterDecimal } from '../stellar/amount.ts'
import { formatAsset } from '../stellar/asset.ts'
import type { DustLimit } from '../stellar/dust.ts'
import { applyDustLimits } from './open/store.ts'
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

/** One batch is one transaction of the database. While it runs, no payment is recorded. */
const BATCH = 500
/** One run changes at most 10,000 payments, so that it ends in time. The next one goes on. */
const MOST_BATCHES = 20

/** Lets stored payments follow limits that were changed. A fault is logged: no payment waits for it. */
export async function followDustLimits(
  limits: readonly DustLimit[],
  { db, log, isOver }: { db: Database; log: Log; isOver: () => boolean },
): Promise<void> {
  try {
    for (let batch = 0; batch < MOST_BATCHES && !isOver(); batch += 1) {
      if ((await applyDustLimits(db, { limits, most: BATCH })).isDone) return
    }
  } catch (error) {
    log('error', 'dust_not_applied', { error })
  }
}
