import type { Database } from '../db/client.ts'
import type { Log } from '../log.ts'
import { storeTransactions } from './store.ts'
import type { EarlierState, WentBack } from './stored-attempt.ts'

/** The outcome of an attempt, a log line and the answer of a transaction name it so. */
export const PLATFORM_WENT_BACK = 'platform_went_back'

/**
 * Stores transactions as the platform shows them. Those that show an earlier state than the stored one are read once more,
 * because the first reading may only have come late. If the platform has shown nothing but earlier states for 180 s, by
 * the database's clock, the earlier state is stored.
 *
 * @returns whether all of them are stored, so that none shows an earlier state that does not count yet
 * @throws AppError `database_unavailable`
 */
export async function storeShown(
  documents: readonly object[],
  readAgain: () => Promise<readonly object[]>,
  { db, log }: { db: Database; log: Log },
): Promise<boolean> {
  const { earlier } = await storeTransactions(db, documents)
  if (earlier.length === 0) return true
  const again = await storeTransactions(db, await readAgain(), earlier)
  logWentBack(again.wentBack, log)
  return again.earlier.length === 0
}

/** Logs that an earlier state counts from now on. */
export function logWentBack(transactions: readonly WentBack[], log: Log): void {
  for (const { code: _, ...wentBack } of transactions) log('error', PLATFORM_WENT_BACK, wentBack)
}

/** Why an update waits for a state that may come again. */
export function reasonToWait({ id, takeAt }: EarlierState, log: Log): string {
  log('warn', 'platform_shows_earlier_state', { transactionId: id, takeAt })
  return `${PLATFORM_WENT_BACK}: the platform shows an earlier state of the transaction than before; if it shows nothing newer until ${takeAt}, that state counts, and the update is sent.`
}
