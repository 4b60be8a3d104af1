import { randomUUID } from 'node:crypto'
import { compareInstants } from '../platform/instant.ts'
import { type RpcMethod, reportsPayment } from '../platform/methods.ts'
import { readFromPlatform, type TransactionReading, type UpdateIo } from './context.ts'
import { type BegunUpdate, type RecordedOutcome, recordOutcome } from './store.ts'
import { isStoredAs } from './stored-attempt.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * The head start of an update: while `begin_updates` stores the attempt, the transaction is read from the platform, and the
 * database moves the attempt straight to SENDING if the transaction is stored. The send is kept if the platform still
 * shows that transaction. With 20 ms to the database and 20 ms to the platform an update after one of our own takes 72 ms
 * instead of 96 ms. A first update takes 96 ms with and without it; after a change by others it takes 120 ms.
 */
export interface HeadStart {
  /** The reading of the transaction that runs while the update is stored; null when none runs. */
  reading: Promise<TransactionReading> | null
  /** The send that the database began; null when the attempt is READY. */
  sending: BegunSending | null
}

export interface BegunSending {
  rpcId: string
  /** The stored transaction on which the database began the send. */
  pre: Json
  sinceMs: number
}

/**
 * The rpc id under which the database may begin a send; null for an update that claims operations or needs a ledger check
 * first.
 */
export function headStartRpcId(method: RpcMethod, { ledger }: UpdateIo): string | null {
  if (reportsPayment(method)) return null
  return ledger !== null && method.ledger !== undefined ? null : randomUUID()
}

/**
 * Starts to read the transactions of updates that are being stored, if no other update of the transaction runs in this
 * process.
 *
 * @returns the readings, by the index of the first update of each transaction
 */
export function readAhead(
  updates: readonly { transactionId: string; index: number }[],
  io: UpdateIo,
): Map<number, Promise<TransactionReading>> {
  const firsts = new Map(
    updates.toReversed().map(({ transactionId, index }) => [transactionId, index]),
  )
  return new Map(
    [...firsts]
      .filter(([transactionId]) => io.turns.isFree(transactionId))
      .map(([transactionId, index]) => {
        const reading = readFromPlatform(transactionId, io)
        // An update that is not stored never awaits its reading: a failure must not become an unhandled rejection.
        reading.catch(() => {})
        return [index, reading]
      }),
  )
}

/** The send that the database began under `ownRpcId` while it stored an attempt; null when it began none. */
export function begunSending(
  { state, rpcId, transaction }: BegunUpdate,
  ownRpcId: string | null,
  sinceMs: number,
): BegunSending | null {
  if (state !== 'SENDING' || rpcId === null || rpcId !== ownRpcId || transaction === null) {
    return null
  }
  return { rpcId, pre: transaction, sinceMs }
}

/**
 * Keeps the send that the database began if the platform still shows the same transaction. Else moves the attempt back to
 * READY, because the settler compares an attempt with the transaction on which it was sent.
 *
 * @returns null when the send is kept
 */
export async function releaseIfChanged(
  attemptId: string,
  { rpcId, pre }: BegunSending,
  document: Json,
  { db }: UpdateIo,
): Promise<RecordedOutcome | null> {
  if (isStoredAs(withStoredTimes(document, pre), pre)) return null
  return recordOutcome(db, {
    attemptId,
    rpcId,
    from: 'SENDING',
    to: 'READY',
    outcome: null,
    transaction: null,
    settleInSeconds: null,
  })
}

const TIMES = [
  'started_at',
  'updated_at',
  'completed_at',
  'transfer_received_at',
  'user_action_required_by',
]

/**
 * Replaces times in a document by the stored texts of the same instants. The answer to an update has nanoseconds, and
 * the platform rounds them to microseconds when it saves.
 */
function withStoredTimes(document: Json, stored: Json): Json {
  const isSame = (name: string) => {
    const [before, now] = [stored[name], document[name]]
    if (typeof before !== 'string' || typeof now !== 'string') return false
    return compareInstants(before, now) === 'same'
  }
  const same = TIMES.filter(isSame).map((name) => [name, stored[name]])
  return { ...document, ...Object.fromEntries(same) }
}
