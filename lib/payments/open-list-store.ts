import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { count, time } from '../db/shapes.ts'
import type { Unlisted } from '../updates/refresh.ts'

/** The lists of the platform with every transaction that waits for a payment. */
export const AWAITING = [
  { sep: '24', status: 'pending_user_transfer_start' },
  { sep: '6', status: 'pending_user_transfer_start' },
  { sep: '31', status: 'pending_sender' },
] as const

export const openList = z.object({
  sep: z.string(),
  status: z.string(),
  /** The first page that the present reading has not read; 0 between two readings. */
  nextPage: count,
  /** When the present reading began; null between two readings. */
  beganAt: time.nullable(),
  /** When the list was last read to its end; null if it never was. */
  wholeAt: time.nullable(),
})
export type OpenList = z.infer<typeof openList>

const openLists = z.object({ now: time, lists: z.array(openList) })

/**
 * Reads how far each list of the platform is read. A list of which nothing was recorded is missing.
 *
 * @returns now: the `beganAt` of a reading that begins now
 * @throws AppError `database_unavailable`
 */
export function readOpenLists(db: Database): Promise<z.infer<typeof openLists>> {
  return callChecked(db, openLists, 'read_open_lists', {})
}

const recordedList = z.object({
  recorded: z.boolean(),
  wholeAt: time.nullable(),
  vanished: z.array(z.string()),
})

/**
 * Records what one look read of a list, so that the next one goes on there. `recorded` is false when another process has
 * gone on with the reading.
 *
 * @param reading.listed the ids that were listed in this look
 * @param reading.unlisted the places where the platform failed to show a transaction
 * @returns vanished: once the list is whole, up to 100 stored transactions that wait for a payment and are not listed.
 *   Which ones is left to chance
 * @throws AppError `database_unavailable`
 */
export function recordOpenList(
  db: Database,
  reading: {
    sep: string
    status: string
    beganAt: string
    fromPage: number
    nextPage: number
    isWhole: boolean
    listed: readonly string[]
    unlisted: readonly Unlisted[]
  },
): Promise<z.infer<typeof recordedList>> {
  return callChecked(db, recordedList, 'record_open_list', reading)
}

/** Whether one of the lists was never read to its end. */
export function isCatchingUp(
  lists: readonly Pick<OpenList, 'sep' | 'status' | 'wholeAt'>[],
): boolean {
  return AWAITING.some(
    ({ sep, status }) => !lists.some((one) => isOf(one, { sep, status }) && one.wholeAt !== null),
  )
}

/** Whether a row is of this list. */
export const isOf = (
  one: { sep: string; status: string },
  { sep, status }: { sep: string; status: string },
) => one.sep === sep && one.status === status
