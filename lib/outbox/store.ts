import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { assertCursor, count, jsonObject, textOrNull, time } from '../db/shapes.ts'
import type { Endpoint } from './endpoint.ts'

/** An event as it is told. Its data is as `EVENT_TYPES` describes it. */
export const outboxEvent = z.object({
  id: z.uuid(),
  type: z.string(),
  subject: z.string(),
  at: time,
  /** The place in the order of all events, as text. */
  position: z.string(),
  replayed: z.boolean(),
  data: jsonObject,
})
export type OutboxEvent = z.infer<typeof outboxEvent>

const registered = z.object({ published: count })

/** Names the endpoints of this deployment, and publishes events. @throws AppError `database_unavailable` */
export async function registerEndpoints(
  db: Database,
  endpoints: readonly Endpoint[],
): Promise<number> {
  const named = endpoints.map(({ id, host, types }) => ({ id, host, types }))
  return (await callChecked(db, registered, 'register_endpoints', { endpoints: named })).published
}

const lane = z.object({
  subject: z.string(),
  events: z.array(outboxEvent),
  /** Parked events of the subject that the endpoint has not been told of, the oldest 100. */
  missed: z.array(z.uuid()),
})
/** The next events of one subject for one endpoint, which this claim alone may send. */
export type Lane = z.infer<typeof lane>

/** Claims lanes of an endpoint that are due, the longest due first. @throws AppError `database_unavailable` */
export function claimLanes(
  db: Database,
  wanted: { endpoint: string; token: string; lanes: number; events: number; claimSeconds: number },
): Promise<Lane[]> {
  return callChecked(db, z.array(lane), 'claim_lanes', wanted)
}

/** One event of a claimed lane. */
export interface Claimed {
  endpoint: string
  subject: string
  token: string
  position: string
}

const recorded = z.object({ held: z.boolean() })

/**
 * Records that the endpoint took an event, which named `missed` as parked, and extends the claim.
 *
 * @returns whether the lane was still ours
 * @throws AppError `database_unavailable`
 */
export async function recordDelivery(
  db: Database,
  claimed: Claimed & { missed: readonly string[]; claimSeconds: number },
): Promise<boolean> {
  return (await callChecked(db, recorded, 'record_delivery', claimed)).held
}

const failed = z.object({ held: z.boolean(), parked: z.boolean() })

/** Records that the endpoint did not take an event, and gives the lane back. @throws AppError `database_unavailable` */
export function recordFailedDelivery(
  db: Database,
  failure: Claimed & { failure: string; pauseSeconds: number | null },
): Promise<z.infer<typeof failed>> {
  return callChecked(db, failed, 'record_failed_delivery', failure)
}

const released = z.object({ released: count })

/** Gives lanes back whose events were not all sent. @throws AppError `database_unavailable` */
export async function releaseLanes(
  db: Database,
  lanes: { endpoint: string; token: string; subjects: readonly string[] },
): Promise<void> {
  await callChecked(db, released, 'release_lanes', lanes)
}

const pruned = z.object({ deleted: count })

/** Deletes old events that no endpoint waits for. @throws AppError `database_unavailable` */
export async function pruneEvents(db: Database, limit: number): Promise<number> {
  return (await callChecked(db, pruned, 'prune_events', { limit })).deleted
}

const shownEvent = outboxEvent.extend({
  deliveries: z.array(
    z.object({
      endpoint: z.string(),
      host: z.string(),
      state: z.enum(['waiting', 'delivered', 'parked']),
      tries: count,
      failure: textOrNull,
    }),
  ),
})
/** An event, and what became of it at each endpoint. */
export type ShownEvent = z.infer<typeof shownEvent>

export const outboxPage = z.object({ events: z.array(shownEvent), next: textOrNull })
export type OutboxPage = z.infer<typeof outboxPage>

/**
 * Reads a page of events in the order in which they are delivered.
 *
 * @throws AppError `invalid_parameter` for a cursor that no page gave, `database_unavailable`
 */
export async function readEvents(
  db: Database,
  filter: {
    since: string | null
    type: string | null
    subject: string | null
    parked: boolean
    endpoints: readonly string[]
    limit: number
    cursor: string | null
  },
): Promise<OutboxPage> {
  assertCursor(filter.cursor, /^\d{1,18}$/)
  return callChecked(db, outboxPage, 'read_events', filter)
}

const latestEvents = z.object({ events: z.array(shownEvent) })

/**
 * Reads the last events, the newest first.
 *
 * @param wanted.parked only those that an endpoint did not take and that nobody had sent again
 * @throws AppError `database_unavailable`
 */
export async function readLatestEvents(
  db: Database,
  wanted: { parked: boolean; endpoints: readonly string[]; limit: number },
): Promise<ShownEvent[]> {
  return (await callChecked(db, latestEvents, 'read_latest_events', wanted)).events
}

export const replayedEvent = z.object({
  id: z.uuid(),
  type: z.string(),
  subject: z.string(),
  /** The ids of the endpoints that get it again. */
  endpoints: z.array(z.string()),
})
const replay = z.object({ event: replayedEvent.nullable() })

/**
 * Writes an event once more: for the endpoints where it is parked, else for those of `byDefault`.
 *
 * @returns null if no event has the id
 * @throws AppError `database_unavailable`
 */
export async function replayEvent(
  db: Database,
  wanted: {
    id: string
    endpoints: readonly string[]
    byDefault: readonly string[]
    keyName: string
  },
): Promise<z.infer<typeof replayedEvent> | null> {
  return (await callChecked(db, replay, 'replay_event', wanted)).event
}

const outboxHealth = z.object({
  parked: count,
  endpoints: z.array(
    z.object({
      endpoint: z.string(),
      host: z.string(),
      waiting: count,
      deliveredAt: time.nullable(),
      failingSince: time.nullable(),
      failure: textOrNull,
    }),
  ),
  now: time,
})
export type OutboxHealth = z.infer<typeof outboxHealth>

/** Reads how deliveries to these endpoints go. @throws AppError `database_unavailable` */
export function readOutboxHealth(
  db: Database,
  endpoints: readonly string[],
): Promise<OutboxHealth> {
  return callChecked(db, outboxHealth, 'read_outbox_health', { endpoints })
}
