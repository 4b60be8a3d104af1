import { createHash } from 'node:crypto'
import { AppError } from '../errors.ts'

/**
 * Where the next page begins, bound to the filter of the page before: with another filter it would leave out rows without
 * a word.
 */
export function cursorAfter(id: string, filter: object): string {
  return `${markOf(filter)}.${Buffer.from(id).toString('base64url')}`
}

/** The id that a cursor names. @throws AppError `invalid_parameter` for a cursor of another filter, or of no page */
export function idOfCursor(cursor: string, filter: object): string {
  const [mark, id = ''] = cursor.split('.')
  const found = Buffer.from(id, 'base64url').toString()
  if (mark === markOf(filter) && cursorAfter(found, filter) === cursor) return found
  throw new AppError('invalid_parameter', [
    {
      path: 'cursor',
      what: `cursor is ${JSON.stringify(cursor.slice(0, 100))}`,
      place: 'query string',
      allowed: '`next` of a page with the same filters',
    },
  ])
}

/** Eight letters are enough to tell the filters of one caller apart. */
function markOf(filter: object): string {
  return createHash('sha256').update(JSON.stringify(filter)).digest('base64url').slice(0, 8)
}
