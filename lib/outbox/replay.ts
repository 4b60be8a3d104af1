import * as z from 'zod'
import type { Caller } from '../caller.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { endpointsOf } from './endpoint.ts'
import { replayEvent, type replayedEvent } from './store.ts'

const EVENT_ID = 'the `id` of an event'

export const replayParameters = z.object({ id: z.uuid({ error: EVENT_ID }) })

/**
 * Sends an event again, behind the others of its subject: to the endpoints that did not take it, or to all webhooks if none
 * is left that did not.
 *
 * @throws AppError `not_found`, `configuration_invalid` without an endpoint, `database_unavailable`
 */
export async function replay(
  { id }: z.output<typeof replayParameters>,
  { keyName }: Caller,
  { db, config }: { db: Database; config: Pick<Config, 'webhooks'> },
): Promise<z.infer<typeof replayedEvent>> {
  const endpoints = endpointsOf(config.webhooks)
  if (endpoints.length === 0) {
    throw new AppError('configuration_invalid', 'No webhook is configured. Set WEBHOOK_URLS.')
  }
  const replayed = await replayEvent(db, {
    id,
    endpoints: endpoints.map((one) => one.id),
    byDefault: endpoints.filter(({ kind }) => kind === 'webhook').map((one) => one.id),
    keyName,
  })
  if (replayed !== null) return replayed
  throw new AppError('not_found', [
    {
      path: 'id',
      what: `The event "${id}"`,
      place: 'path',
      problem: 'does not exist',
      allowed: EVENT_ID,
    },
  ])
}
