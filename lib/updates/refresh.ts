import { PlatformReadError } from '../platform/client.ts'
import type { Sep } from '../platform/status.ts'
import { isTransactionId } from '../platform/transaction.ts'
import type { UpdateIo } from './context.ts'
import { storeTransactions } from './store.ts'

const PAGE_SIZE = 100
const MOST_PAGES = 10

/**
 * Reads the newest 1,000 transactions of a status from the platform and stores them.
 *
 * @returns false if time ran out or the platform failed before the last page; a failure is logged
 * @throws AppError `database_unavailable`
 */
export async function refreshTransactions(
  { sep, status }: { sep: Sep; status: string },
  {
    db,
    platform,
    log,
    isOver,
  }: Pick<UpdateIo, 'db' | 'platform' | 'log'> & { isOver: () => boolean },
): Promise<boolean> {
  try {
    for (let pageNumber = 0; pageNumber < MOST_PAGES; pageNumber += 1) {
      if (isOver()) return false
      const page = await platform.listTransactions({
        sep,
        statuses: [status],
        orderBy: 'created_at',
        order: 'desc',
        pageNumber,
        pageSize: PAGE_SIZE,
      })
      // No update can be sent for an id that no path can carry, so no payment may be credited to it.
      const documents = page.map(({ document }) => document)
      const usable = documents.filter(({ id }) => isTransactionId(String(id)))
      if (usable.length > 0) await storeTransactions(db, usable)
      if (page.length < PAGE_SIZE) return true
    }
    return true
  } catch (error) {
    if (!(error instanceof PlatformReadError)) throw error
    log('warn', 'transactions_not_refreshed', { sep, status, error })
    return false
  }
}
