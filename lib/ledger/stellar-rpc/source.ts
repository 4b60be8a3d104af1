import { z } from 'zod'
import { isHash, isSequence, unreadable } from '../answer.ts'
import { operationIdOf, placeOf } from '../operation-id.ts'
import { paymentOf, shownMemo } from '../payment.ts'
import type { LedgerIo } from '../request.ts'
import type {
  ClosedLedger,
  LedgerHead,
  LedgerSource,
  LedgerTransaction,
  SideLedger,
} from '../source.ts'
import { readAccountEntries } from './account.ts'
import { readBalanceEntries } from './balances.ts'
import { createStellarRpcCall, integerOf, resultOf, type StellarRpcCall } from './call.ts'
import { createEmissionCheck } from './emission.ts'
import { eventIdOf, parseEventId } from './events.ts'
import { readEventMovements } from './movements.ts'
import { readXdrOperation } from './operation.ts'
import { askTransaction, placeAt, readEventPayments } from './payments.ts'
import { readRange } from './range.ts'
import { readUnixTime } from './transaction.ts'

/** No event of a ledger has a greater number. */
const LAST_EVENT = 4_294_967_295

const Latest = z.object({ id: z.string().refine(isHash), sequence: z.unknown() })
const Ledgers = z.object({
  ledgers: z.array(
    z.object({
      hash: z.string().refine(isHash),
      sequence: z.unknown(),
      ledgerCloseTime: z.unknown(),
    }),
  ),
})
const Network = z.object({ passphrase: z.string().min(1).max(200) })

/**
 * Reads the ledger from Stellar RPC, by the asset events that every movement leaves since protocol 23 (CAP-67). Its cursors
 * are ids of events. Its operation ids are the same as Horizon's.
 */
export function createStellarRpcSource(
  options: { url: string; aside?: SideLedger | null },
  io: LedgerIo,
): LedgerSource {
  const call = createStellarRpcCall(options.url, io)
  let passphrase: Promise<string> | undefined
  const networkPassphrase = () => {
    passphrase ??= readPassphrase(call).catch((error: unknown) => {
      passphrase = undefined
      throw error
    })
    return passphrase
  }
  const proveEmission = createEmissionCheck(call, io.now)
  return {
    name: 'rpc',
    aside: options.aside ?? null,
    head: async () => readHead(call, await networkPassphrase()),
    ledger: (sequence) => readLedger(call, sequence),
    // A page begins after the event of its cursor. The first events of a ledger are fees, so no payment is left out.
    cursorAt: (sequence) =>
      eventIdOf({
        toid: operationIdOf({ ledger: sequence, transaction: 0, operation: 0 }),
        event: 0,
      }),
    ledgerOf: (cursor) => placeOf(placeNumber(cursor)).ledger,
    payments: (accountId, cursor) =>
      readEventPayments({ call, io, networkPassphrase, proveEmission }, accountId, cursor),
    transaction: (hash) => readTransactionOf(call, hash),
    account: (accountId, assets) => readAccountEntries(call, accountId, assets),
    balances: (accountId, assets) =>
      readBalanceEntries(call, accountId, assets, (sequence) => readClosing(call, sequence)),
    movementsBehind: (sequence) =>
      eventIdOf({
        toid: operationIdOf({ ledger: sequence + 1, transaction: 0, operation: 0 }) - 1n,
        event: LAST_EVENT,
      }),
    movements: (accountId, cursor) =>
      readEventMovements({ call, io, networkPassphrase, proveEmission }, accountId, cursor),
  }
}

async function readPassphrase(call: StellarRpcCall): Promise<string> {
  const network = Network.safeParse(resultOf(await call('getNetwork', {}), 'getNetwork')).data
  if (network === undefined) throw unreadable('Stellar RPC getNetwork does not name its network')
  return network.passphrase
}

async function readHead(call: StellarRpcCall, networkPassphrase: string): Promise<LedgerHead> {
  const { oldest, latest, latestClosedAt } = await readRange(call)
  const result = resultOf(await call('getLatestLedger', {}, 'large'), 'getLatestLedger')
  const read = Latest.safeParse(result).data
  const sequence = integerOf(read?.sequence)
  if (read === undefined || !isSequence(sequence)) {
    throw unreadable('Stellar RPC getLatestLedger does not name a ledger')
  }
  // If a ledger closed between the two answers, its time is still missing.
  const head =
    sequence === latest && latestClosedAt !== null
      ? { sequence, closedAt: latestClosedAt, hash: read.id }
      : await readLedger(call, sequence)
  if (head === null) throw unreadable(`Stellar RPC has no ledger ${sequence}, its latest`)
  return { ...head, oldestSequence: oldest, networkPassphrase }
}

async function readLedger(call: StellarRpcCall, sequence: number): Promise<ClosedLedger | null> {
  if (!isSequence(sequence)) return null
  const params = { startLedger: sequence, pagination: { limit: 1 } }
  const answer = await call('getLedgers', params, 'large')
  if ('refused' in answer) {
    const { oldest, latest } = await readRange(call)
    if (sequence < oldest || sequence > latest) return null
  }
  const [first, ...more] = Ledgers.safeParse(resultOf(answer, 'getLedgers')).data?.ledgers ?? []
  const closedAt = readUnixTime(first?.ledgerCloseTime)
  if (first === undefined || more.length > 0 || closedAt === null) {
    throw unreadable(`Stellar RPC getLedgers does not show ledger ${sequence}`)
  }
  if (integerOf(first.sequence) !== sequence) {
    throw unreadable(`Stellar RPC getLedgers shows another ledger than ${sequence}`)
  }
  return { sequence, closedAt, hash: first.hash }
}

/** When a ledger closed. The time of the latest one costs no request for the whole ledger. */
async function readClosing(call: StellarRpcCall, sequence: number): Promise<string> {
  const { latest, latestClosedAt } = await readRange(call)
  if (latest === sequence && latestClosedAt !== null) return latestClosedAt
  const closed = await readLedger(call, sequence)
  if (closed === null) throw unreadable(`Stellar RPC has no ledger ${sequence} of its entries`)
  return closed.closedAt
}

async function readTransactionOf(
  call: StellarRpcCall,
  text: string,
): Promise<LedgerTransaction | null> {
  const hash = text.toLowerCase()
  if (!isHash(hash)) return null
  const transaction = await askTransaction(call, hash)
  if (transaction === null) return null
  if (transaction === 'illegible') {
    throw unreadable(`the transaction ${hash} is too large or too deep to be read`)
  }
  const { successful, ledger, order, closedAt, memo } = transaction
  const first = operationIdOf({ ledger, transaction: order, operation: 0 })
  const payments = transaction.operations.map((operation, index) => {
    const moved = readXdrOperation(operation, { transfers: [], account: null })
    return moved && paymentOf(placeAt(first + BigInt(index), hash), transaction, moved)
  })
  return {
    hash,
    successful,
    ledger,
    closedAt,
    memo: shownMemo(memo),
    payments: payments.filter((payment) => payment !== null),
  }
}

function placeNumber(cursor: string): bigint {
  const place = parseEventId(cursor)
  if (place === null) {
    throw unreadable(`the cursor ${JSON.stringify(cursor.slice(0, 80))} is not the id of an event`)
  }
  return place.toid
}
