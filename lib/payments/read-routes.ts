import * as z from 'zod'
import type { Database } from '../db/client.ts'
import { choice, instant, integer, pageCursor } from '../http/parameters.ts'
import { readPayments, type StoredPaymentPage } from './store.ts'
import { VERDICTS } from './verdict/codes.ts'

export const paymentsParameters = z.object({
  verdict: choice(VERDICTS).optional(),
  since: instant().optional(),
  limit: integer(1, 200).default(50),
  cursor: pageCursor(),
})

/**
 * A page of the observed payments, in the order in which they got their verdicts.
 *
 * @throws AppError `invalid_parameter`, `database_unavailable`
 */
export function listPayments(
  { verdict, since, limit, cursor }: z.output<typeof paymentsParameters>,
  { db }: { db: Database },
): Promise<StoredPaymentPage> {
  return readPayments(db, {
    verdict: verdict ?? null,
    since: since ?? null,
    limit,
    cursor: cursor ?? null,
  })
}
