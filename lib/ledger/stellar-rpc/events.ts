import { z } from 'zod'
import { isHash, isSequence, readTime, unreadable } from '../answer.ts'
import { placeOf } from '../operation-id.ts'
import { integerOf } from './call.ts'

/** A place among the events: operation id and number of the event in it. */
export interface EventPlace {
  /** SEP-35, but operations count from 0. */
  toid: bigint
  event: number
}

/** An event of a contract, as far as it is needed. */
export interface RpcEvent {
  id: string
  place: EventPlace
  closedAt: string
  transactionHash: string
  successful: boolean
  contractId: string
  topic: string[]
  value: string
}

export interface EventPage {
  events: RpcEvent[]
  /** Up to where the events were looked through. */
  cursor: string
  latestLedger: number
}

const CURSOR = /^(\d{19})-(\d{10})$/

const Page = z.object({
  events: z.array(z.unknown()),
  cursor: z.string(),
  latestLedger: z.unknown(),
})
const Event = z.object({
  type: z.literal('contract'),
  id: z.string(),
  ledgerClosedAt: z.string(),
  txHash: z.string().refine(isHash),
  contractId: z.string(),
  topic: z.array(z.string()),
  value: z.string(),
  inSuccessfulContractCall: z.boolean().optional(),
})

/** Reads a cursor, which is the id of an event; null for every other text. */
export function parseEventId(text: string): EventPlace | null {
  const [, toid, event] = CURSOR.exec(text) ?? []
  return toid === undefined || event === undefined
    ? null
    : { toid: BigInt(toid), event: Number(event) }
}

/** Writes the id of an event. */
export function eventIdOf({ toid, event }: EventPlace): string {
  return `${String(toid).padStart(19, '0')}-${String(event).padStart(10, '0')}`
}

/** Whether one place lies behind another. */
export function isBehind(one: EventPlace, other: EventPlace): boolean {
  return one.toid === other.toid ? one.event > other.event : one.toid > other.toid
}

/**
 * Reads a result of `getEvents`, without `xdrFormat`.
 *
 * @throws LedgerError `ledger_unreadable` for what is no page, too long, out of order, has an event that cannot be read,
 *   or claims to have looked further than the ledger goes
 */
export function readEventPage(result: unknown, limit: number): EventPage {
  const page = Page.safeParse(result).data
  const latestLedger = integerOf(page?.latestLedger)
  if (page === undefined || !isSequence(latestLedger) || page.events.length > limit) {
    throw unreadable(`Stellar RPC getEvents answers no page of at most ${limit} events`)
  }
  const events = page.events.map(readEvent)
  events.forEach(({ id, place }, index) => {
    const before = events[index - 1]
    if (before !== undefined && !isBehind(place, before.place)) {
      throw unreadable(`Stellar RPC getEvents has the event ${id} behind ${before.id}`)
    }
  })
  const end = parseEventId(page.cursor)
  const last = events.at(-1)
  const isEnd = end !== null && placeOf(end.toid).ledger <= latestLedger
  if (!isEnd || (last !== undefined && isBehind(last.place, end))) {
    throw unreadable('Stellar RPC getEvents has a cursor that is not the end of its page')
  }
  return { events, cursor: page.cursor, latestLedger }
}

function readEvent(value: unknown): RpcEvent {
  const event = Event.safeParse(value).data
  const place = event === undefined ? null : parseEventId(event.id)
  const closedAt = readTime(event?.ledgerClosedAt)
  if (event === undefined || place === null || closedAt === null) {
    throw unreadable('Stellar RPC getEvents has an event without an id, a transaction or a time')
  }
  const { id, contractId, topic, txHash } = event
  return {
    id,
    place,
    closedAt,
    transactionHash: txHash,
    // Left out since failed operations have no events.
    successful: event.inSuccessfulContractCall ?? true,
    contractId,
    topic,
    value: event.value,
  }
}
