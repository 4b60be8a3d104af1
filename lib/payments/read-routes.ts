import * as z from 'zod'
import type { Database } from '../db/client.ts'
import { choice, integer } from '../http/parameters.ts'
import { readPayments, type StoredPaymentPage } from './store.ts'
import { VERDICTS } from './verdict/codes.ts'

const INSTANT = 'an ISO 8601 instant in UTC such as 2026-11-21T08:00:00Z'

export const paymentsParameters = z.object({
  verdict: choice(VERDICTS).optional(),
  since: z.iso.datetime({ error: INSTANT }).optional(),
  limit: integer(1, 200).default(50),
  cursor: z.string().max(400, { error: 'the "next" of an earlier page' }).optional(),
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
