import { mapLimit } from '../net/map-limit.ts'
import { PlatformReadError } from '../platform/client.ts'
import type { UpdateIo } from './context.ts'
import { storeShown } from './went-back.ts'

/** A reading takes about 50 ms, so that 100 of them take about 1 s. */
const CONCURRENCY = 4

/**
 * Reads transactions by id and stores them. One that the platform cannot show is left as it is, and logged.
 *
 * @returns isComplete: false when time ran out or the platform did not answer, which is logged; missing: the ids of which
 *   the platform says that it has no transaction
 * @throws AppError `database_unavailable`
 */
export async function refreshById(
  ids: readonly string[],
  { db, platform, log, isOver }: Pick<UpdateIo, 'db' | 'platform' | 'log'> & { isOver(): boolean },
): Promise<{ isComplete: boolean; missing: string[] }> {
  const missing = new Set<string>()
  const read = async (id: string) => {
    try {
      const transaction = await platform.getTransaction(id)
      if (transaction !== null) return transaction.document
      log('warn', 'transaction_not_at_platform', { transactionId: id })
      missing.add(id)
    } catch (error) {
      if (!(error instanceof PlatformReadError) || !error.isAnswered) throw error
      log('warn', 'transaction_not_refreshed', { transactionId: id, error })
    }
    return null
  }
  const readAll = () => mapLimit(ids, CONCURRENCY, read, { stopAt: isOver })
  try {
    const shown = await readAll()
    const documents = documentsIn(shown)
    const readAgain = async () => documentsIn(await readAll())
    if (documents.length > 0) await storeShown(documents, readAgain, { db, log })
    return { isComplete: !shown.includes(undefined), missing: [...missing] }
  } catch (error) {
    if (!(error instanceof PlatformReadError)) throw error
    log('warn', 'transactions_not_refreshed', { ids: ids.length, error })
    return { isComplete: false, missing: [...missing] }
  }
}

const documentsIn = (shown: readonly (object | null | undefined)[]) =>
  shown.filter((document) => document != null)
