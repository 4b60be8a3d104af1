import { z } from 'zod'
import { AppError } from '../errors.ts'

/** Pieces that the answers of database functions share. */
export const count = z.number().int().nonnegative()
export const time = z.iso.datetime()
export const textOrNull = z.string().nullable()
export const jsonObject = z.record(z.string(), z.unknown())

/** An object that we wrote ourselves. Checking every field of every capability again would cost a large run seconds. */
export const ownObject = <T>() => z.custom<T>((value) => jsonObject.safeParse(value).success)

/** The cursor of a row: microseconds since 1970, a dot, the id. */
export const ROW_CURSOR = /^\d{1,18}\../s

/**
 * Refuses a cursor that is not in the form of a page's `next`.
 *
 * @throws AppError `invalid_parameter`
 */
export function assertCursor(cursor: string | null, form: RegExp): void {
  if (cursor !== null && !form.test(cursor)) throw notACursor(cursor, 'a page')
}

function notACursor(cursor: string, ofPage: string): AppError {
  return new AppError('invalid_parameter', [
    {
      path: 'cursor',
      what: `cursor is ${JSON.stringify(cursor.slice(0, 100))}`,
      place: 'query string',
      allowed: `\`next\` of ${ofPage}`,
    },
  ])
}

/** The order of the pages: the oldest row first, or the newest. */
export type Order = 'asc' | 'desc'

const NEWEST_FIRST = 'desc.'

/**
 * Reads a page in one of two orders. The `next` of one order is not a cursor of the other, where it would leave rows out.
 *
 * @param form the cursors of the database
 * @throws AppError `invalid_parameter` for a cursor that no page of this order gave
 */
export async function readOrdered<P extends { next: string | null }>(
  { cursor, order }: { cursor: string | null; order: Order },
  form: RegExp,
  read: (cursor: string | null) => Promise<P>,
): Promise<P> {
  const prefix = order === 'desc' ? NEWEST_FIRST : ''
  const bare = cursor?.startsWith(prefix) ? cursor.slice(prefix.length) : null
  if (cursor !== null && (bare === null || !form.test(bare))) {
    throw notACursor(cursor, `a page with order=${order}`)
  }
  const page = await read(bare)
  return page.next === null ? page : { ...page, next: prefix + page.next }
}
