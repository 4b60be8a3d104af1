import { mapLimit } from '../../net/map-limit.ts'
import { isAccountId } from '../../stellar/account-id.ts'
import { unreadable } from '../answer.ts'
import { placeOf } from '../operation-id.ts'
import { contractTransfer, type PaymentPlace, paymentOf } from '../payment.ts'
import { type LedgerIo, MAX_TRIES } from '../request.ts'
import { LedgerError, type LedgerPayment, type PaymentPage } from '../source.ts'
import { type RpcCall, resultOf } from './call.ts'
import {
  type EventPage,
  eventIdOf,
  isBehind,
  parseEventId,
  type RpcEvent,
  readEventPage,
} from './events.ts'
import { readRpcOperation } from './operation.ts'
import { readRange } from './range.ts'
import { type RpcTransaction, readRpcTransaction } from './transaction.ts'
import { readTransfer, type Transfer, transferTopics } from './transfer-event.ts'

const PAGE_EVENTS = 200
// Most that Stellar RPC gives. One operation can cross a thousand offers, two events each.
const MOST_EVENTS = 10_000
const TRANSACTIONS_AT_ONCE = 4
const REPEATED_PAGE_DELAY_MS = 500

/** What the payments of an account are read with. */
export interface PaymentReading {
  call: RpcCall
  io: LedgerIo
  networkPassphrase: () => Promise<string>
}

/** One operation with its movements that concern the account. */
interface TouchedOperation {
  toid: bigint
  /** The last of its events. */
  cursor: string
  event: RpcEvent
  transfers: Transfer[]
}

/** A page of an account's payments: the operations with events of Stellar assets from or to it (CAP-67). */
export async function readRpcPayments(
  reading: PaymentReading,
  accountId: string,
  cursor: string,
): Promise<PaymentPage> {
  const after = parseEventId(cursor)
  if (after === null || !isAccountId(accountId)) {
    throw unreadable('what was asked for is no account and no cursor of Stellar RPC')
  }
  for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
    const page = await readWholeOperations(reading, accountId, cursor)
    if (page === null) return { payments: [], cursor, isLast: true }
    const end = parseEventId(page.cursor)
    if (end === null || isBehind(after, end)) {
      await reading.io.sleep(REPEATED_PAGE_DELAY_MS)
      continue
    }
    const fresh = page.events.filter(({ place }) => isBehind(place, after))
    const touched = await touchedOperations(reading, accountId, fresh)
    const payments = await readOperations(reading, accountId, touched)
    const isRepeated = fresh.length < page.events.length
    return { payments, cursor: page.cursor, isLast: page.isLast && !isRepeated }
  }
  throw unreadable(`Stellar RPC shows nothing but the events before ${cursor} again and again`)
}

/**
 * Events from behind the cursor, and never the first few of an operation alone: the rest of them would look like a second
 * payment. Null when the cursor is ahead of the ledger.
 */
async function readWholeOperations(
  reading: PaymentReading,
  accountId: string,
  cursor: string,
): Promise<(EventPage & { isLast: boolean }) | null> {
  for (const limit of [PAGE_EVENTS, MOST_EVENTS]) {
    const page = await readEvents(reading, accountId, cursor, limit)
    if (page === null) return null
    if (page.events.length < limit) {
      const end = parseEventId(page.cursor)
      const isLast = end !== null && placeOf(end.toid).ledger >= page.latestLedger
      return { ...page, isLast }
    }
    const cut = page.events.at(-1)?.place.toid
    const whole = page.events.filter(({ place }) => place.toid !== cut)
    const last = whole.at(-1)
    if (last !== undefined) return { ...page, events: whole, cursor: last.id, isLast: false }
  }
  throw unreadable(`one operation behind ${cursor} has ${MOST_EVENTS} events or more`)
}

async function readEvents(
  { call }: PaymentReading,
  accountId: string,
  cursor: string,
  limit: number,
): Promise<EventPage | null> {
  const filters = [{ type: 'contract', topics: transferTopics(accountId) }]
  const answer = await call('getEvents', { filters, pagination: { cursor, limit } })
  if (!('refused' in answer)) return readEventPage(resultOf(answer, 'getEvents'), limit)
  // One code stands for several reasons: the ledgers that there are decide.
  const ledger = placeOf(parseEventId(cursor)?.toid ?? 0n).ledger
  const { oldest, latest } = await readRange(call)
  if (ledger > latest) return null
  if (ledger < oldest) {
    throw new LedgerError(
      'ledger_history_gone',
      `Stellar RPC does not keep ledger ${ledger} any more; its oldest is ${oldest}.`,
    )
  }
  resultOf(answer, 'getEvents')
  return null
}

async function touchedOperations(
  reading: PaymentReading,
  accountId: string,
  events: readonly RpcEvent[],
): Promise<TouchedOperation[]> {
  if (events.length === 0) return []
  const networkPassphrase = await reading.networkPassphrase()
  const touched = new Map<bigint, TouchedOperation>()
  for (const event of events) {
    const transfer = readTransfer(event, networkPassphrase)
    if (transfer?.from !== accountId && transfer?.to !== accountId) continue
    const { toid } = event.place
    const transfers = [...(touched.get(toid)?.transfers ?? []), transfer]
    touched.set(toid, { toid, cursor: event.id, event, transfers })
  }
  return [...touched.values()]
}

async function readOperations(
  reading: PaymentReading,
  accountId: string,
  touched: readonly TouchedOperation[],
): Promise<LedgerPayment[]> {
  const hashes = [...new Set(touched.map(({ event }) => event.transactionHash))]
  const transactions = new Map<string, RpcTransaction | 'illegible'>()
  await mapLimit(hashes, TRANSACTIONS_AT_ONCE, async (hash) => {
    const transaction = await getRpcTransaction(reading.call, hash)
    if (transaction === null)
      throw unreadable(`Stellar RPC has no transaction ${hash} of its events`)
    transactions.set(hash, transaction)
  })
  const payments = touched.map((operation) => {
    const transaction = transactions.get(operation.event.transactionHash) ?? 'illegible'
    return readTouched(operation, transaction, accountId)
  })
  return payments.filter((payment) => payment !== null)
}

function readTouched(
  { toid, cursor, event, transfers }: TouchedOperation,
  transaction: RpcTransaction | 'illegible',
  account: string,
): LedgerPayment | null {
  const place = { ...placeAt(toid, event.transactionHash), cursor }
  if (transaction === 'illegible') {
    // What a stranger made too deep or too large is kept for a person; it must not stop the others.
    const facts = { successful: event.successful, closedAt: event.closedAt, memo: undefined }
    const moved = contractTransfer(transfers, account)
    return moved && paymentOf(place, facts, moved)
  }
  const { ledger, transaction: order, operation } = placeOf(toid)
  const read = transaction.operations[operation]
  if (transaction.ledger !== ledger || transaction.order !== order || read === undefined) {
    throw unreadable(`Stellar RPC has the event ${event.id} and no operation of it`)
  }
  const moved = readRpcOperation(read, { transfers, account })
  if (moved === null) return null
  const payment = paymentOf(place, transaction, moved)
  // A path payment of others may cross an offer of the account, which is a trade.
  const isOwn = payment.kind === 'unknown' || payment.from === account || payment.to === account
  return isOwn ? payment : null
}

/** The place of a payment from a number that counts operations from 0, as Stellar RPC does; Horizon counts from 1. */
export function placeAt(toid: bigint, transactionHash: string): PaymentPlace {
  return {
    operationId: String(toid + 1n),
    cursor: eventIdOf({ toid, event: 0 }),
    ledger: placeOf(toid).ledger,
    transactionHash,
  }
}

/** Reads a transaction; null when the server does not have it. @throws LedgerError */
export async function getRpcTransaction(
  call: RpcCall,
  hash: string,
): Promise<RpcTransaction | 'illegible' | null> {
  const answer = await call('getTransaction', { hash, xdrFormat: 'json' })
  if ('illegible' in answer) return 'illegible'
  return readRpcTransaction(resultOf(answer, 'getTransaction'), hash)
}
