import { PlatformReadError } from '../platform/client.ts'
import type { Sep } from '../platform/status.ts'
import { isTransactionId } from '../platform/transaction.ts'
import { textOf } from '../text-of.ts'
import type { UpdateIo } from './context.ts'
import { createListReader, PAGE_SIZE, type Row } from './list-around.ts'
import { findChanged } from './store.ts'
import { storeShown } from './went-back.ts'

/** A list of 10,000 is 100 pages of 100. With 4 side by side, a platform that takes 100 ms for one shows them in 3.4 s. */
const SIDE_BY_SIDE = 4

/** A place in a list of the platform where it does not show one transaction, or several in a row. */
export interface Unlisted {
  /** The ids of the transactions that the list shows around the place; null at its beginning and at its end. */
  newerId: string | null
  olderId: string | null
  transactions: number
  reason: string
}

/** What one look read of a list. */
export interface ListReading {
  /** The first page that was not read. */
  nextPage: number
  /** The last page was read. */
  isWhole: boolean
  /** The platform failed before that, which is logged. */
  isFailed: boolean
  /** The ids that were listed. */
  listed: string[]
  unlisted: Unlisted[]
}

type ListIo = Pick<UpdateIo, 'db' | 'platform' | 'log' | 'now'> & {
  /** True once no further pages may be read. The first ones are read in any case. */
  isOver: () => boolean
}

/**
 * Reads a list of the platform from a page on and stores each transaction that is not stored as it is shown. It goes around
 * transactions that the platform cannot show.
 *
 * The platform counts its pages from the first row, so the list moves under a reader. The order is the oldest first. What
 * joins the list has mostly just begun, so it joins at the end, where it is still read; in the other order it would push
 * a row of each page onto the next one. What leaves the list moves all rows behind it one place to the front, perhaps
 * from the page that is read next onto the one that was read last. So that page is read again together with the next
 * ones, which makes up to 100 rows that left between two steps harmless. What moved between pages that are read side by
 * side, or joined in the middle, is found by the next reading of the whole list. A reading that goes on in the middle
 * reads the newest page first, because the newest transactions are most likely to be paid now.
 *
 * @param list.fromPage 0, or `nextPage` of the look before
 * @throws AppError `database_unavailable`
 */
export async function refreshList(
  { sep, status, fromPage }: { sep: Sep; status: string; fromPage: number },
  io: ListIo,
): Promise<ListReading> {
  const query = { sep, statuses: [status] }
  const readPage = createListReader({ ...query, order: 'asc' }, io)
  const readNewest = createListReader({ ...query, order: 'desc' }, io)
  const pages = new Map<number, Row[]>()
  const listed = new Set<string>()
  let nextPage = fromPage
  const reading = (isWhole: boolean, isFailed = false): ListReading => ({
    ...{ nextPage, isWhole, isFailed, listed: [...listed] },
    unlisted: placesIn(
      [...pages.keys()].sort((a, b) => a - b).flatMap((n) => pages.get(n) ?? []),
      {
        isFromBeginning: fromPage === 0,
        isToEnd: isWhole,
      },
    ),
  })
  const store = async (rows: readonly Row[], readAgain: () => Promise<Row[]>) => {
    const shown = documentsIn(rows)
    for (const { id } of shown) listed.add(textOf(id))
    await storeChanged(shown, async () => documentsIn(await readAgain()), io)
  }
  try {
    if (fromPage > 0) await store(await readNewest(0), () => readNewest(0))
    do {
      const first = Math.max(nextPage - 1, 0)
      const numbers = Array.from({ length: nextPage === 0 ? 1 : SIDE_BY_SIDE }, (_, n) => first + n)
      const { read, isEnd, failure } = await readSideBySide(numbers, readPage)
      await store(read.flat(), async () => (await Promise.all(numbers.map(readPage))).flat())
      for (const [place, rows] of read.entries()) pages.set(first + place, rows)
      nextPage = Math.max(nextPage, first + read.length)
      if (isEnd) return reading(true)
      if (failure !== null) throw failure
    } while (!io.isOver())
    return reading(false)
  } catch (error) {
    if (!(error instanceof PlatformReadError)) throw error
    io.log('warn', 'transactions_not_refreshed', { sep, status, error })
    return reading(false, true)
  }
}

/** Reads pages at the same time. @returns those before the first failure, up to the end of the list */
async function readSideBySide(
  numbers: readonly number[],
  readPage: (pageNumber: number) => Promise<Row[]>,
): Promise<{ read: Row[][]; isEnd: boolean; failure: unknown }> {
  const settled = await Promise.allSettled(numbers.map(readPage))
  const read: Row[][] = []
  for (const one of settled) {
    if (one.status === 'rejected') return { read, isEnd: false, failure: one.reason }
    read.push(one.value)
    if (one.value.length < PAGE_SIZE) return { read, isEnd: true, failure: null }
  }
  return { read, isEnd: false, failure: null }
}

async function storeChanged(
  shown: readonly Document[],
  readAgain: () => Promise<Document[]>,
  { db, log }: Pick<ListIo, 'db' | 'log'>,
): Promise<void> {
  if (shown.length === 0) return
  const changed = new Set(await findChanged(db, shown))
  if (changed.size === 0) return
  const onlyChanged = (documents: readonly Document[]) =>
    documents.filter(({ id }) => changed.has(textOf(id)))
  await storeShown(onlyChanged(shown), async () => onlyChanged(await readAgain()), { db, log })
}

/**
 * The places in the rows of a list, the oldest first, where the platform showed no transaction. A place at an open end is
 * left out: the look before has found it, or the next one does.
 */
function placesIn(
  rows: readonly Row[],
  { isFromBeginning, isToEnd }: { isFromBeginning: boolean; isToEnd: boolean },
): Unlisted[] {
  const idAt = (index: number) => {
    const row = rows[index]
    return row !== undefined && 'transaction' in row ? textOf(row.transaction.document['id']) : null
  }
  return rows.flatMap((row, index) => {
    const before = rows[index - 1]
    if ('transaction' in row || (before !== undefined && 'reason' in before)) return []
    const rest = rows.slice(index)
    const next = rest.findIndex((one) => 'transaction' in one)
    const transactions = next === -1 ? rest.length : next
    if ((index === 0 && !isFromBeginning) || (next === -1 && !isToEnd)) return []
    const around = { newerId: idAt(index + transactions), olderId: idAt(index - 1) }
    return [{ ...around, transactions, reason: row.reason }]
  })
}

type Document = Readonly<Record<string, unknown>>

/** The transactions of rows. No update can be sent for an id that no path can carry, so no payment may be credited to it. */
const documentsIn = (rows: readonly Row[]): Document[] =>
  rows
    .flatMap((row) => ('transaction' in row ? [row.transaction.document] : []))
    .filter(({ id }) => isTransactionId(textOf(id)))
