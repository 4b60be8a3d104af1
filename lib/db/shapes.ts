import { z } from 'zod'
import { AppError } from '../errors.ts'

/** Pieces that the answers of database functions share. */
export const count = z.number().int().nonnegative()
export const time = z.iso.datetime()
export const textOrNull = z.string().nullable()
export const jsonObject = z.record(z.string(), z.unknown())

/**
 * Refuses a cursor that is not in the form of a page's `next`.
 *
 * @throws AppError `invalid_parameter`
 */
export function assertCursor(cursor: string | null, form: RegExp): void {
  if (cursor === null || form.test(cursor)) return
  const message = `"${cursor.slice(0, 100)}" is not a cursor; allowed is \`next\` of a page.`
  throw new AppError('invalid_parameter', `cursor: ${message}`, {
    details: [{ path: 'cursor', message }],
  })
}
