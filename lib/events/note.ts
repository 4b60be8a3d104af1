import type { Database } from '../db/client.ts'
import type { Log } from '../log.ts'
import { isTransactionId } from '../platform/transaction.ts'
import { storeEvent } from './store.ts'

/**
 * Stores which transaction an event names. Nothing else of it is believed: the transaction is read from the platform.
 *
 * @param text the body of the delivery; null if it was too long
 * @returns whether there is a transaction to be read
 * @throws AppError `database_unavailable`
 */
export async function noteEvent(
  text: string | null,
  { db, log }: { db: Database; log: Log },
): Promise<boolean> {
  const transactionId = transactionOf(text)
  const { noted } = await storeEvent(db, { transactionId })
  if (!noted && transactionId !== null) log('warn', 'event_left_out', { transactionId })
  return noted
}

/** The id of the transaction that an event tells of; null for events of quotes and customers, and for anything odd. */
function transactionOf(text: string | null): string | null {
  let place: unknown = parsed(text)
  for (const name of ['payload', 'transaction', 'id']) {
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, name)) return null
    place = (place as Record<string, unknown>)[name]
  }
  return typeof place === 'string' && isTransactionId(place) ? place : null
}

function parsed(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    return null
  }
}
