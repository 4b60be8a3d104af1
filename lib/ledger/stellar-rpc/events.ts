import { z } from 'zod'
import { isHash, isSequence, readTime, unreadable } from '../answer.ts'
import { placeOf } from '../operation-id.ts'
import { integerOf } from './call.ts'

/** The place of an event: the number of its operation, and the event's number within the operation. */
export interface EventPlace {
  /** The number of the operation as in SEP-35, except that operations count from 0. */
  toid: bigint
  event: number
}

/** An event of a contract. */
export interface LedgerEvent {
  id: string
  place: EventPlace
  closedAt: string
  transactionHash: string
  successful: boolean
  contractId: string
  /** Contract values, XDR in base64. */
  topic: string[]
  value: string
}

export interface EventPage {
  events: LedgerEvent[]
  /** The server has searched up to this place. */
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

/** Whether one place comes after another. */
export function isBehind(one: EventPlace, other: EventPlace): boolean {
  return one.toid === other.toid ? one.event > other.event : one.toid > other.toid
}

/**
 * Reads a result of `getEvents` with contract values in base64.
 *
 * @throws LedgerError `ledger_unreadable` for a value that is not a page, for a page that is too long or out of order, for
 *   an event that cannot be read, and for a cursor behind the end of the ledger
 */
export function readEventPage(result: unknown, limit: number): EventPage {
  const page = Page.safeParse(result).data
  const latestLedger = integerOf(page?.latestLedger)
  if (page === undefined || !isSequence(latestLedger) || page.events.length > limit) {
    throw unreadable(
      `Stellar RPC getEvents answers with a value that is not a page of at most ${limit} events`,
    )
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

function readEvent(value: unknown): LedgerEvent {
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
    // Newer servers leave the field out, because failed operations have no events.
    successful: event.inSuccessfulContractCall ?? true,
    contractId,
    topic,
    value: event.value,
  }
}
