import type { Database } from '../db/client.ts'
import type { Log } from '../log.ts'
import type { UpdateIo } from '../updates/context.ts'
import { refreshList } from '../updates/refresh.ts'
import { refreshById } from '../updates/refresh-by-id.ts'
import {
  AWAITING,
  isCatchingUp,
  isOf,
  type OpenList,
  readOpenLists,
  recordOpenList,
} from './open-list-store.ts'
import { recordGone } from './store.ts'

/** What is known of the transactions that wait for a payment. */
export interface Awaiting {
  /** Each list was read on in this look. */
  isFresh: boolean
  /** A list was never read to its end, so a payment may be for a transaction that is not known yet. */
  isCatchingUp: boolean
}

interface ListsIo {
  db: Database
  log: Log
  /** Null without an Anchor Platform. Then another program stores the transactions. */
  updates: UpdateIo | null
  /** True once nothing further may be started. */
  isOver: () => boolean
  /** True once the lists may take no more time of this look. */
  isListOver: () => boolean
}

/**
 * Reads the platform's lists of transactions that wait for a payment, side by side, each on from the place that the look
 * before has reached, so that payments are judged by what the platform shows now.
 *
 * A transaction that waits here and is missing in a whole list is read by id, so that it does not wait here for ever.
 * Where the platform fails to show one of them, the others are stored, and the place is recorded for the operator.
 */
export async function refreshAwaiting(io: ListsIo): Promise<Awaiting> {
  const { db, updates, log, isOver, isListOver } = io
  if (updates === null) return { isFresh: true, isCatchingUp: false }
  let isBehind = true
  try {
    const { now, lists } = await readOpenLists(db)
    isBehind = isCatchingUp(lists)
    const settled = await Promise.allSettled(
      AWAITING.map((list) =>
        refreshOne(
          { beganAt: now, fromPage: 0, wholeAt: null, ...list, ...placeOf(lists, list) },
          { ...updates, db, log, isOver, isListOver },
        ),
      ),
    )
    const results = settled.map((one) => {
      if (one.status === 'rejected') throw one.reason
      return one.value
    })
    return {
      isFresh: results.every((one) => one.isFresh),
      isCatchingUp: results.some((one) => !one.wasWhole),
    }
  } catch (error) {
    // A database that does not answer becomes an alarm of each account.
    log('error', 'transactions_not_stored', { error })
    return { isFresh: false, isCatchingUp: isBehind }
  }
}

interface Place {
  sep: (typeof AWAITING)[number]['sep']
  status: string
  beganAt: string
  fromPage: number
  wholeAt: string | null
}

/** The place at which a reading goes on; nothing when a new one begins. */
function placeOf(lists: readonly OpenList[], list: (typeof AWAITING)[number]): Partial<Place> {
  const known = lists.find((one) => isOf(one, list))
  if (known === undefined) return {}
  const { wholeAt, beganAt, nextPage } = known
  return beganAt === null ? { wholeAt } : { wholeAt, beganAt, fromPage: nextPage }
}

async function refreshOne(
  { sep, status, beganAt, fromPage, wholeAt }: Place,
  io: UpdateIo & Pick<ListsIo, 'isOver' | 'isListOver'>,
): Promise<{ isFresh: boolean; wasWhole: boolean }> {
  const { nextPage, isWhole, isFailed, listed, unlisted } = await refreshList(
    { sep, status, fromPage },
    { ...io, isOver: io.isListOver },
  )
  for (const place of unlisted) io.log('error', 'transaction_unlisted', { sep, status, ...place })
  if (!isWhole && nextPage <= fromPage) return { isFresh: !isFailed, wasWhole: wholeAt !== null }
  const reading = { sep, status, beganAt, fromPage, nextPage, isWhole, listed, unlisted }
  const recorded = await recordOpenList(io.db, reading)
  const { isComplete, missing } = await refreshById(recorded.vanished, io)
  await recordGone(io.db, missing)
  return { isFresh: !isFailed && isComplete, wasWhole: recorded.wholeAt !== null }
}
