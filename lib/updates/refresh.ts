import { PlatformReadError } from '../platform/client.ts'
import type { Sep } from '../platform/status.ts'
import { isTransactionId } from '../platform/transaction.ts'
import type { UpdateIo } from './context.ts'
import { createListReader, PAGE_SIZE, type Row } from './list-around.ts'
import { storeShown } from './went-back.ts'

const MOST_PAGES = 10

/** A place in a list of the platform where it does not show one transaction, or several in a row. */
export interface Unlisted {
  sep: Sep
  status: string
  /** The ids of the transactions that the list shows around the place; null at its beginning and at its end. */
  newerId: string | null
  olderId: string | null
  transactions: number
  reason: string
}

/**
 * Reads the newest 1,000 transactions of a status from the platform and stores them. It goes around transactions that the
 * platform cannot show.
 *
 * @returns isComplete: false if time ran out or the platform failed, and a failure is logged; listed: the ids of the whole
 *   list, null when its last page was not read
 * @throws AppError `database_unavailable`
 */
export async function refreshTransactions(
  { sep, status }: { sep: Sep; status: string },
  {
    db,
    platform,
    log,
    now,
    isOver,
  }: Pick<UpdateIo, 'db' | 'platform' | 'log' | 'now'> & { isOver: () => boolean },
): Promise<{ isComplete: boolean; unlisted: Unlisted[]; listed: string[] | null }> {
  const readPage = createListReader({ sep, statuses: [status] }, { platform, now })
  const rows: Row[] = []
  const refreshed = (isComplete: boolean, isWhole = false) => ({
    isComplete,
    listed: isWhole ? idsIn(rows) : null,
    unlisted: placesIn(rows).map((place) => ({ sep, status, ...place })),
  })
  try {
    for (let pageNumber = 0; pageNumber < MOST_PAGES; pageNumber += 1) {
      if (isOver()) return refreshed(false)
      const page = await readPage(pageNumber)
      rows.push(...page)
      const usable = documentsIn(page)
      const readAgain = async () => documentsIn(await readPage(pageNumber))
      if (usable.length > 0) await storeShown(usable, readAgain, { db, log })
      if (page.length < PAGE_SIZE) return refreshed(true, true)
    }
    return refreshed(true)
  } catch (error) {
    if (!(error instanceof PlatformReadError)) throw error
    log('warn', 'transactions_not_refreshed', { sep, status, error })
    return refreshed(false)
  }
}

/** The places in the rows of a list where the platform showed no transaction. */
function placesIn(rows: readonly Row[]): Omit<Unlisted, 'sep' | 'status'>[] {
  const idAt = (index: number) => {
    const row = rows[index]
    return row !== undefined && 'transaction' in row ? String(row.transaction.document['id']) : null
  }
  return rows.flatMap((row, index) => {
    const before = rows[index - 1]
    if ('transaction' in row || (before !== undefined && 'reason' in before)) return []
    const rest = rows.slice(index)
    const next = rest.findIndex((one) => 'transaction' in one)
    const transactions = next === -1 ? rest.length : next
    const around = { newerId: idAt(index - 1), olderId: idAt(index + transactions) }
    return [{ ...around, transactions, reason: row.reason }]
  })
}

const idsIn = (rows: readonly Row[]) =>
  rows.flatMap((row) => ('transaction' in row ? [String(row.transaction.document['id'])] : []))

/** The transactions of a page. No update can be sent for an id that no path can carry, so no payment may be credited to it. */
const documentsIn = (page: readonly Row[]) =>
  page
    .flatMap((row) => ('transaction' in row ? [row.transaction.document] : []))
    .filter(({ id }) => isTransactionId(String(id)))
