import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { count, time } from '../db/shapes.ts'

const notedEvent = z.object({ noted: z.boolean() })

/**
 * Stores that an event came, and the transaction to be read because of it.
 *
 * @param transactionId null if the event names none
 * @returns noted: false for an id that is not stored while 10,000 such ids are noted, and for none
 * @throws AppError `database_unavailable`
 */
export function storeEvent(
  db: Database,
  event: { transactionId: string | null },
): Promise<z.infer<typeof notedEvent>> {
  return callChecked(db, notedEvent, 'note_event', event)
}

const claim = z.object({ transactionId: z.string(), events: count })

/** A transaction that is to be read, and how many events had named it when it was claimed. */
export type ClaimedEvent = z.infer<typeof claim>

const claimedEvents = z.object({ claimed: z.array(claim) })

/** Claims noted transactions that are due, those that are stored first. @throws AppError `database_unavailable` */
export async function claimEvents(
  db: Database,
  wanted: { limit: number; claimSeconds: number },
): Promise<ClaimedEvent[]> {
  return (await callChecked(db, claimedEvents, 'claim_noted_events', wanted)).claimed
}

const ended = z.object({ paymentsDue: z.boolean() })

/**
 * Ends the readings of claimed transactions. One that was read is forgotten unless another event came meanwhile; one that
 * could not be read is due again later, until an hour after it was noted.
 *
 * @returns paymentsDue: whether payments are noted that are to be judged again
 * @throws AppError `database_unavailable`
 */
export function endEvents(
  db: Database,
  {
    readings,
    retrySeconds,
  }: { readings: readonly (ClaimedEvent & { isRead: boolean })[]; retrySeconds: number },
): Promise<z.infer<typeof ended>> {
  return callChecked(db, ended, 'end_noted_events', {
    readings: readings.map(({ transactionId, events, isRead }) => ({
      transaction_id: transactionId,
      events,
      is_read: isRead,
    })),
    retrySeconds,
  })
}

const eventHealth = z.object({ lastEventAt: time.nullable(), waiting: count })

/** Reads when the last event came, and how many transactions wait to be read. @throws AppError `database_unavailable` */
export function readEventHealth(db: Database): Promise<z.infer<typeof eventHealth>> {
  return callChecked(db, eventHealth, 'read_event_health', {})
}
