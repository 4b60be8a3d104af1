import * as z from 'zod'
import type { Config } from '../config.ts'
import type { Database } from '../db/client.ts'
import { boolean, choice, instant, integer, pageCursor } from '../http/parameters.ts'
import { endpointsOf } from './endpoint.ts'
import { EVENT_TYPE_NAMES } from './event-types.ts'
import { type OutboxPage, readEvents } from './store.ts'

const SUBJECT = 'the `subject` of an event, such as transaction/ID'

/** The filters of the events. `cursor` is the `position` of an event too: a page begins behind it. */
export const eventsParameters = z.object({
  since: instant().optional(),
  type: choice(EVENT_TYPE_NAMES).optional(),
  subject: z.string({ error: SUBJECT }).max(400, { error: SUBJECT }).optional(),
  parked: boolean().default(false),
  limit: integer(1, 200).default(50),
  cursor: pageCursor(),
})

/** Reads a page of events, the oldest first. @throws AppError `invalid_parameter`, `database_unavailable` */
export function listEvents(
  { since, type, subject, parked, limit, cursor }: z.output<typeof eventsParameters>,
  { db, config }: { db: Database; config: Pick<Config, 'webhooks'> },
): Promise<OutboxPage> {
  return readEvents(db, {
    since: since ?? null,
    type: type ?? null,
    subject: subject ?? null,
    parked,
    endpoints: endpointsOf(config.webhooks).map(({ id }) => id),
    limit,
    cursor: cursor ?? null,
  })
}
