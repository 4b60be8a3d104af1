import * as z from 'zod'
import type { Database } from '../db/client.ts'
import { choice, instant, integer, pageCursor } from '../http/parameters.ts'
import { type DecisionPage, readDecisions, SUBJECTS } from './store.ts'

const SUBJECT =
  'the id of an attempt, a payment or a listing, an account, an anchor as network:domain, or the name of a key'

export const decisionsParameters = z.object({
  since: instant().optional(),
  about: choice(SUBJECTS).optional(),
  subject: z.string({ error: SUBJECT }).max(255, { error: SUBJECT }).optional(),
  order: choice(['asc', 'desc']).default('asc'),
  limit: integer(1, 200).default(50),
  cursor: pageCursor(),
})

/** Reads a page of what people decided. @throws AppError `invalid_parameter`, `database_unavailable` */
export function listDecisions(
  { since, about, subject, order, limit, cursor }: z.output<typeof decisionsParameters>,
  { db }: { db: Database },
): Promise<DecisionPage> {
  return readDecisions(db, {
    since: since ?? null,
    about: about ?? null,
    subject: subject ?? null,
    descending: order === 'desc',
    limit,
    cursor: cursor ?? null,
  })
}
