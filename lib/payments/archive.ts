import type { Database } from '../db/client.ts'
import type { Log } from '../log.ts'
import { archivePayments } from './store.ts'

/** One batch is one transaction of the database. While it runs, no payment is recorded. */
const BATCH = 500
/** One run archives at most 5,000 payments, so that it keeps up with 1,000 new ones a minute and still ends in time. */
const MOST_BATCHES = 10

/**
 * Archives the payments that have been final for the configured time, the oldest first. What it does not reach follows in
 * the next run. A fault is logged: no payment waits for the archive.
 *
 * @param retentionDays null: nothing is archived
 */
export async function archiveFinal(
  retentionDays: number | null,
  { db, log, isOver }: { db: Database; log: Log; isOver: () => boolean },
): Promise<void> {
  if (retentionDays === null) return
  try {
    for (let batch = 0; batch < MOST_BATCHES && !isOver(); batch += 1) {
      const wanted = { olderThanDays: retentionDays, limit: BATCH }
      if ((await archivePayments(db, wanted)) < BATCH) return
    }
  } catch (error) {
    log('error', 'payments_not_archived', { error })
  }
}
