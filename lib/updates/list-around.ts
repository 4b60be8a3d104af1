import { type PlatformApi, PlatformReadError, type TransactionQuery } from '../platform/client.ts'
import type { PlatformTransaction } from '../platform/transaction.ts'

/** One transaction that the platform cannot show makes its whole page fail, so the page is read again in smaller pages. */
const PAGE_SIZES = [100, 20, 4, 1] as const
export const PAGE_SIZE = PAGE_SIZES[0]
/**
 * A page of which not one transaction is shown fails 131 times: then the platform fails for all, and is not asked further.
 * A page with one such transaction fails 4 times.
 */
const MOST_FAILURES = 130
/** A platform that takes this long to fail is not asked further in this look. */
const MOST_MS = 20_000

/** A row of a list: a transaction, or why the platform does not show it. */
export type Row = { transaction: PlatformTransaction } | { reason: string }

/**
 * Creates a reader of one list that goes around the transactions that the platform cannot show.
 *
 * @returns reads the page of 100 rows with this number. @throws PlatformReadError
 */
export function createListReader(
  query: Pick<TransactionQuery, 'sep' | 'statuses' | 'order'>,
  { platform, now }: { platform: PlatformApi; now: () => Date },
): (pageNumber: number) => Promise<Row[]> {
  let msAround = 0

  async function readPage(
    pageNumber: number,
    level: number,
    whole: { failures: number },
  ): Promise<Row[]> {
    const [pageSize = 1, nextSize] = PAGE_SIZES.slice(level)
    const startedAt = now().getTime()
    const page = { ...query, orderBy: 'created_at', pageNumber, pageSize } as const
    try {
      const listed = await platform.listTransactions(level === 0 ? page : { ...page, tries: 1 })
      return listed.map((transaction) => ({ transaction }))
    } catch (error) {
      if (!(error instanceof PlatformReadError) || !error.isAnswered) throw error
      whole.failures += 1
      msAround += now().getTime() - startedAt
      if (whole.failures > MOST_FAILURES || msAround > MOST_MS) throw error
      if (nextSize === undefined) return [{ reason: error.message }]
      return readParts(pageNumber, level, { parts: pageSize / nextSize, whole })
    }
  }

  async function readParts(
    pageNumber: number,
    level: number,
    { parts, whole }: { parts: number; whole: { failures: number } },
  ): Promise<Row[]> {
    const rows: Row[] = []
    for (let part = 0; part < parts; part += 1) {
      const more = await readPage(pageNumber * parts + part, level + 1, whole)
      rows.push(...more)
      if (more.length < (PAGE_SIZES[level + 1] ?? 1)) break
    }
    return rows
  }

  return (pageNumber) => readPage(pageNumber, 0, { failures: 0 })
}
