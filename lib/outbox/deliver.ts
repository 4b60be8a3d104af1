import { randomUUID } from 'node:crypto'
import type { Config } from '../config.ts'
import type { Database } from '../db/client.ts'
import type { Log } from '../log.ts'
import type { FetchUntrusted } from '../net/fetch-untrusted.ts'
import { mapLimit } from '../net/map-limit.ts'
import { type Endpoint, endpointsOf } from './endpoint.ts'
import { SEND_TIMEOUT_MS, type SendIo, sendEvent } from './send.ts'
import {
  claimLanes,
  type Lane,
  pruneEvents,
  recordDelivery,
  recordFailedDelivery,
  registerEndpoints,
  releaseLanes,
} from './store.ts'

/** Where an instance died, another one goes on after this time. */
const CLAIM_SECONDS = 60
/** Nothing is sent when the claim would end before the answer: another instance might send the next event meanwhile. */
const LEAST_CLAIM_MS = SEND_TIMEOUT_MS + 5_000
/** Subjects that one instance serves side by side for each endpoint, and the events of each that it claims at once. */
const LANES = 8
const EVENTS = 20
/** Old events that one run deletes. */
const MOST_PRUNED = 5_000
/** A scheduled run begins every minute, so it ends within one. */
const SCHEDULED_MS = 50_000
/** A run after a change leaves the rest to the scheduled one. */
const SOON_MS = 20_000

/** What one run delivered. */
export interface DeliveryCounts {
  delivered: number
  failed: number
  parked: number
}

export interface DeliverDeps {
  config: Pick<Config, 'webhooks'>
  db: Database
  fetchWebhook: FetchUntrusted
  now: () => Date
  log: Log
}

interface DeliverIo extends SendIo {
  db: Database
  log: Log
  /** Whether no further event is sent. */
  isOver: () => boolean
  counts: DeliveryCounts
}

/** Delivers what waits, and deletes old events. @throws AppError `database_unavailable` */
export async function deliverOnSchedule(deps: DeliverDeps): Promise<DeliveryCounts> {
  const counts = await deliverFor(SCHEDULED_MS, deps)
  await pruneEvents(deps.db, MOST_PRUNED)
  return counts
}

/** Delivers the events of a change that was just made. @throws AppError `database_unavailable` */
export async function deliverSoon(deps: DeliverDeps): Promise<void> {
  await deliverFor(SOON_MS, deps)
}

/** Delivers to all endpoints side by side, so that one which hangs holds up no other. */
async function deliverFor(ms: number, deps: DeliverDeps): Promise<DeliveryCounts> {
  const { config, db, fetchWebhook: fetch, now, log } = deps
  const { secrets } = config.webhooks
  const end = now().getTime() + ms
  const isOver = () => now().getTime() >= end
  const counts = { delivered: 0, failed: 0, parked: 0 }
  const io = { db, fetch, now, log, secrets, isOver, counts }
  const endpoints = endpointsOf(config.webhooks)
  await registerEndpoints(db, endpoints)
  await mapLimit(endpoints, Math.max(endpoints.length, 1), (endpoint) => deliverTo(endpoint, io))
  return counts
}

async function deliverTo(endpoint: Endpoint, io: DeliverIo): Promise<void> {
  const token = randomUUID()
  while (!io.isOver()) {
    const claimedAtMs = io.now().getTime()
    const wanted = { lanes: LANES, events: EVENTS, claimSeconds: CLAIM_SECONDS }
    const lanes = await claimLanes(io.db, { endpoint: endpoint.id, token, ...wanted })
    if (lanes.length === 0) return
    await mapLimit(lanes, LANES, (lane) => deliverLane(lane, { endpoint, token, claimedAtMs }, io))
    const subjects = lanes.map(({ subject }) => subject)
    await releaseLanes(io.db, { endpoint: endpoint.id, token, subjects })
  }
}

/** Sends the events of a lane one after the other, and stops at the first that is not taken. */
async function deliverLane(
  { subject, events, missed }: Lane,
  { endpoint, token, claimedAtMs }: { endpoint: Endpoint; token: string; claimedAtMs: number },
  io: DeliverIo,
): Promise<void> {
  const { db, log, counts, now } = io
  let claimedMs = claimedAtMs
  let untold = missed
  for (const event of events) {
    const isLate = now().getTime() - claimedMs > CLAIM_SECONDS * 1000 - LEAST_CLAIM_MS
    if (isLate || io.isOver()) return
    const failure = await sendEvent(endpoint, event, untold, io)
    const claimed = { endpoint: endpoint.id, subject, token, position: event.position }
    if (failure !== null) {
      const { held, parked } = await recordFailedDelivery(db, { ...claimed, ...failure })
      if (held) counts.failed += 1
      if (parked) counts.parked += 1
      const { id, host } = endpoint
      const why = { endpoint: id, host, subject, eventId: event.id, failure: failure.failure }
      if (parked) log('error', 'event_parked', why)
      else log('warn', 'delivery_failed', why)
      return
    }
    claimedMs = now().getTime()
    const taken = { ...claimed, missed: untold, claimSeconds: CLAIM_SECONDS }
    if (!(await recordDelivery(db, taken))) return
    counts.delivered += 1
    untold = []
  }
}
