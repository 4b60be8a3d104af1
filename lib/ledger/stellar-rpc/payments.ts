import { mapLimit } from '../../net/map-limit.ts'
import { isAccountId } from '../../stellar/account-id.ts'
import { unreadable } from '../answer.ts'
import { placeOf } from '../operation-id.ts'
import { contractTransfer, type PaymentPlace, paymentOf } from '../payment.ts'
import { type LedgerIo, readFreshPage } from '../request.ts'
import { LedgerError, type LedgerPayment, type PaymentPage } from '../source.ts'
import { resultOf, type StellarRpcCall } from './call.ts'
import {
  type EventPage,
  eventIdOf,
  isBehind,
  type LedgerEvent,
  parseEventId,
  readEventPage,
} from './events.ts'
import { readXdrOperation } from './operation.ts'
import { readRange } from './range.ts'
import { readXdrTransaction, type XdrTransaction } from './transaction.ts'
import { readTransfer, type Transfer, transferTopics } from './transfer-event.ts'

const PAGE_EVENTS = 200
/** The largest page of Stellar RPC. One operation can cross 1,000 offers, with two events each. */
const MAX_EVENTS = 10_000
const TRANSACTIONS_AT_ONCE = 4

/** One Stellar RPC server and its network. */
export interface StellarRpc {
  call: StellarRpcCall
  io: LedgerIo
  networkPassphrase: () => Promise<string>
  /** Proves that the server emits the events of payments from a ledger on. @throws LedgerError */
  proveEmission: (sequence: number) => Promise<void>
}

/** One operation with its movements from and to the account. */
interface TouchedOperation {
  toid: bigint
  /** The last of its events. */
  cursor: string
  event: LedgerEvent
  transfers: Transfer[]
}

/** Reads a page of an account's payments: the operations with asset events from or to it (CAP-67). @throws LedgerError */
export async function readEventPayments(
  rpc: StellarRpc,
  accountId: string,
  cursor: string,
): Promise<PaymentPage> {
  const after = parseEventId(cursor)
  if (after === null || !isAccountId(accountId)) {
    throw unreadable('an account id and a cursor of Stellar RPC are needed')
  }
  const page = await readFreshPage(async () => {
    const read = await readWholeOperations(rpc, accountId, cursor)
    const end = parseEventId(read.cursor)
    return end === null || isBehind(after, end) ? null : read
  }, rpc.io)
  if (page === null) throw unreadable(`Stellar RPC repeats the events before ${cursor}`)
  // A page that leads nowhere is ahead of the ledger.
  if (page.cursor !== cursor) await rpc.proveEmission(placeOf(after.toid).ledger)
  const fresh = page.events.filter(({ place }) => isBehind(place, after))
  const touched = await touchedOperations(rpc, accountId, fresh)
  const payments = await readOperations(rpc, accountId, touched)
  const isRepeated = fresh.length < page.events.length
  return { payments, cursor: page.cursor, isLast: page.isLast && !isRepeated }
}

/** The part of a page of events that `readEventPayments` needs. */
interface WholeOperations {
  events: LedgerEvent[]
  cursor: string
  isLast: boolean
}

/**
 * Reads the events behind the cursor. It leaves out an operation of which the page has only the first events, because the
 * other events would look like a second payment. A page ahead of the ledger is empty.
 */
async function readWholeOperations(
  rpc: StellarRpc,
  accountId: string,
  cursor: string,
): Promise<WholeOperations> {
  for (const limit of [PAGE_EVENTS, MAX_EVENTS]) {
    const page = await readEvents(rpc, accountId, cursor, limit)
    if (page === null) return { events: [], cursor, isLast: true }
    if (page.events.length < limit) {
      const end = parseEventId(page.cursor)
      const isLast = end !== null && placeOf(end.toid).ledger >= page.latestLedger
      return { events: page.events, cursor: page.cursor, isLast }
    }
    const cut = page.events.at(-1)?.place.toid
    const whole = page.events.filter(({ place }) => place.toid !== cut)
    const last = whole.at(-1)
    if (last !== undefined) return { events: whole, cursor: last.id, isLast: false }
  }
  throw unreadable(`one operation behind ${cursor} has ${MAX_EVENTS} events or more`)
}

/** @returns null when the cursor is ahead of the ledger */
async function readEvents(
  { call }: StellarRpc,
  accountId: string,
  cursor: string,
  limit: number,
): Promise<EventPage | null> {
  const filters = [{ type: 'contract', topics: transferTopics(accountId) }]
  const answer = await call('getEvents', { filters, pagination: { cursor, limit } })
  if (!('refused' in answer)) return readEventPage(resultOf(answer, 'getEvents'), limit)
  // The error has the same code for several reasons. The range of ledgers shows which one it is.
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
  rpc: StellarRpc,
  accountId: string,
  events: readonly LedgerEvent[],
): Promise<TouchedOperation[]> {
  if (events.length === 0) return []
  const networkPassphrase = await rpc.networkPassphrase()
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
  rpc: StellarRpc,
  accountId: string,
  touched: readonly TouchedOperation[],
): Promise<LedgerPayment[]> {
  const hashes = [...new Set(touched.map(({ event }) => event.transactionHash))]
  const transactions = new Map<string, XdrTransaction | 'illegible'>()
  await mapLimit(hashes, TRANSACTIONS_AT_ONCE, async (hash) => {
    const transaction = await askTransaction(rpc.call, hash)
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
  transaction: XdrTransaction | 'illegible',
  account: string,
): LedgerPayment | null {
  const place = { ...placeAt(toid, event.transactionHash), cursor }
  if (transaction === 'illegible') {
    // Anybody can send a transaction that is too large to be read. It must not stop the payments behind it: a person
    // examines this one.
    const facts = { successful: event.successful, closedAt: event.closedAt, memo: undefined }
    const moved = contractTransfer(transfers, account)
    return moved && paymentOf(place, facts, moved)
  }
  const { ledger, transaction: order, operation } = placeOf(toid)
  const read = transaction.operations[operation]
  if (transaction.ledger !== ledger || transaction.order !== order || read === undefined) {
    throw unreadable(`Stellar RPC has the event ${event.id}, but not its operation`)
  }
  const moved = readXdrOperation(read, { transfers, account })
  if (moved === null) return null
  const payment = paymentOf(place, transaction, moved)
  // A path payment between others that crosses an offer of the account is a trade.
  const isOwn = payment.kind === 'unknown' || payment.from === account || payment.to === account
  return isOwn ? payment : null
}

/** The place of a payment, from the number of its operation. Stellar RPC counts operations from 0, operation ids from 1. */
export function placeAt(toid: bigint, transactionHash: string): PaymentPlace {
  return {
    operationId: String(toid + 1n),
    cursor: eventIdOf({ toid, event: 0 }),
    ledger: placeOf(toid).ledger,
    transactionHash,
  }
}

/** Asks for a transaction; null when the server does not have it. @throws LedgerError */
export async function askTransaction(
  call: StellarRpcCall,
  hash: string,
): Promise<XdrTransaction | 'illegible' | null> {
  const answer = await call('getTransaction', { hash, xdrFormat: 'json' })
  if ('illegible' in answer) return 'illegible'
  return readXdrTransaction(resultOf(answer, 'getTransaction'), hash)
}
