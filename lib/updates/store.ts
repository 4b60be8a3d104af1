import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { assertCursor, count, jsonObject, textOrNull, time } from '../db/shapes.ts'
import { isJsonNumber } from '../lossless-json.ts'

/**
 * READY waits to be sent, SENDING may be on its way, UNKNOWN may have had an effect, MANUAL needs a person. APPLIED,
 * REJECTED and NOT_APPLIED are final.
 */
const attemptState = z.enum([
  'READY',
  'SENDING',
  'UNKNOWN',
  'APPLIED',
  'REJECTED',
  'NOT_APPLIED',
  'MANUAL',
])
export type AttemptState = z.infer<typeof attemptState>

const attempt = z.object({
  attemptId: z.uuid(),
  seq: z.string(),
  transactionId: z.string(),
  method: z.string(),
  params: jsonObject,
  naturalKey: textOrNull,
  custody: z.boolean(),
  origin: z.string(),
  requestKey: textOrNull,
  itemIndex: count,
  state: attemptState,
  tries: count,
  rpcId: textOrNull,
  pre: jsonObject.nullable(),
  sentAt: time.nullable(),
  settleAt: time.nullable(),
  expiresAt: time.nullable(),
  outcome: jsonObject.nullable(),
  note: textOrNull,
  forced: textOrNull,
  ledger: jsonObject.nullable(),
  createdAt: time,
  updatedAt: time,
})

/** One update to be stored. Numbers in `params` are stored and sent as the text they came as. */
export interface NewUpdate {
  /** Its place in the request, from 0. */
  index: number
  transactionId: string
  method: string
  params: object
  /** What may happen only once, over all transactions; null when nothing tells a repeat. */
  naturalKey: string | null
  /** Whether the platform's custody service pays at once. */
  custody: boolean
  /** What asked for it, at most 64 characters. */
  origin: string
  /** `id` is null for a method whose refunds have none. */
  refund: { id: string | null; amount: string; fee: string; asset: string } | null
  /** ISO 8601; it is not sent after then. Null: it never expires. */
  expiresAt: string | null
  /** The id of a first send that may begin in the same step, new for every update; null to only store the update. */
  rpcId: string | null
  /** Why a person has it sent although the ledger speaks against it, at most 500 characters; else null. */
  forced: string | null
}

const begunUpdate = z.object({
  index: count,
  /** The new attempt, the one that has the natural key, or, beside a refusal, the one in the way. */
  attemptId: z.uuid().nullable(),
  seq: textOrNull,
  /** Whether this call made the attempt. */
  created: z.boolean(),
  /** SENDING beside `created`: the send under `rpcId` may begin, if the platform still shows `transaction`. */
  state: attemptState.nullable(),
  rpcId: textOrNull,
  outcome: jsonObject.nullable(),
  refusal: z
    .object({
      code: z.enum(['refund_exceeds', 'refund_repeated', 'blocked_by_manual', 'natural_key_used']),
      detail: jsonObject,
    })
    .nullable(),
  transaction: jsonObject.nullable(),
})
export type BegunUpdate = z.infer<typeof begunUpdate>

/** An HTTP answer. Its body is text, so that a repeated request gets it byte for byte. */
const storedAnswer = z.object({ status: count, body: z.string() })
export type StoredAnswer = z.infer<typeof storedAnswer>

const begunRequest = z.object({
  /** `none` without a key; `conflict` when the key came with another body. */
  request: z.enum(['new', 'replay', 'running', 'conflict', 'none']),
  /** Of a `replay`. */
  answer: storedAnswer.nullable(),
  /** Empty for `replay`, `running` and `conflict`. */
  updates: z.array(begunUpdate),
})
export type BegunRequest = z.infer<typeof begunRequest>

/** No live process takes 120 s: take its request over. */
const REQUEST_TAKEOVER_SECONDS = 120

/**
 * Stores the updates of one HTTP request in one step, before anything is sent. A request whose process died is `new`
 * again, and the attempts it made come back with `created` false.
 *
 * @param request.updates at most 40, no two with the same natural key
 * @throws AppError `database_unavailable`
 */
export function beginUpdates(
  db: Database,
  request: {
    /** At most 255 characters; null for a request without Idempotency-Key. */
    key: string | null
    /** Hexadecimal; null only without a key. */
    bodySha256: string | null
    updates: readonly NewUpdate[]
  },
): Promise<BegunRequest> {
  return callStoring(db, begunRequest, 'begin_updates', {
    ...request,
    takeoverSeconds: REQUEST_TAKEOVER_SECONDS,
  })
}

const finishedRequest = z.object({ finished: z.boolean(), answer: storedAnswer.nullable() })

/**
 * Stores the answer of a request. `finished` is false when another process was first; `answer` is the stored one, null
 * when no request has that key and body.
 *
 * @throws AppError `database_unavailable`
 */
export function finishRequest(
  db: Database,
  request: { key: string; bodySha256: string; answer: StoredAnswer },
): Promise<{ finished: boolean; answer: StoredAnswer | null }> {
  return callChecked(db, finishedRequest, 'finish_request', request)
}

const sendingStart = z.discriminatedUnion('started', [
  z.object({ started: z.literal(true), tries: count }),
  z.object({
    started: z.literal(false),
    /**
     * `busy`: an attempt of the transaction is open, possibly this one. `order`: an older one waits. `stale`: the
     * transaction has changed since it was read. `state`: the attempt is not READY, or it was rejected here because it
     * has expired or would refund too much.
     */
    reason: z.enum(['busy', 'order', 'stale', 'state']),
    state: attemptState,
    outcome: jsonObject.nullable(),
    /** The attempt in the way, for `busy` and `order`. */
    openAttemptId: z.uuid().nullable(),
  }),
])
export type SendingStart = z.infer<typeof sendingStart>

/**
 * Moves an attempt from READY to SENDING, right before its one POST, and stores the transaction that was read.
 *
 * @throws AppError `not_found` when there is no such attempt, `internal_error` when the rpc id was used before,
 *   `database_unavailable`
 */
export function startSending(
  db: Database,
  send: {
    attemptId: string
    /** New for every send. */
    rpcId: string
    /** The transaction before the send; a later one is compared with it. */
    pre: object
    /** The platform's own object, `document` of a PlatformTransaction. */
    transaction: object | null
    /** What the ledger showed; null for a method that is not checked against it. */
    ledger: object | null
  },
): Promise<SendingStart> {
  return callStoring(db, sendingStart, 'start_sending', send)
}

const recordedOutcome = z.object({
  recorded: z.boolean(),
  state: attemptState,
  outcome: jsonObject.nullable(),
})
export type RecordedOutcome = z.infer<typeof recordedOutcome>

/**
 * Moves an attempt from the state and the send that the caller names, and stores the transaction read with it; a late
 * process changes nothing and gets the state. SENDING to READY means that no byte was sent, so the try does not count.
 *
 * @throws AppError `internal_error` for a move that is not allowed, `not_found` when there is no such attempt,
 *   `database_unavailable`
 */
export function recordOutcome(
  db: Database,
  move: {
    attemptId: string
    /** Of the last send; null for an attempt that was never sent. */
    rpcId: string | null
    from: 'READY' | 'SENDING' | 'UNKNOWN'
    to: AttemptState
    /** Null leaves the stored one. */
    outcome: object | null
    /** The platform's own object, `document` of a PlatformTransaction. */
    transaction: object | null
    /** ISO 8601, for READY and UNKNOWN: no settler claims the attempt before then. Null: at once. */
    settleAt: string | null
  },
): Promise<RecordedOutcome> {
  return callStoring(db, recordedOutcome, 'record_outcome', move)
}

const unsettledAttempt = attempt.extend({
  transaction: jsonObject.nullable(),
  secondsSinceSent: z.number().int().nullable(),
})
export type UnsettledAttempt = z.infer<typeof unsettledAttempt>
const unsettled = z.object({ attempts: z.array(unsettledAttempt) })

/**
 * Claims for `claimSeconds` the attempts that a settler takes on, the oldest first, at most one of each transaction:
 * UNKNOWN ones that are due, and READY ones that were left for `readyAfterSeconds`. SENDING ones become UNKNOWN after
 * `sendingAfterSeconds`. `secondsSinceSent` is by the clock of the database.
 *
 * @throws AppError `database_unavailable`
 */
export async function claimUnsettled(
  db: Database,
  wanted: {
    holder: string
    limit: number
    sendingAfterSeconds: number
    readyAfterSeconds: number
    claimSeconds: number
  },
): Promise<UnsettledAttempt[]> {
  const { attempts } = await callChecked(db, unsettled, 'claim_unsettled', wanted)
  return attempts
}

const decided = z.object({ decided: z.boolean(), state: attemptState })

/**
 * A person ends an attempt that is MANUAL, or UNKNOWN `quietSeconds` after it was sent; any other stays, and `decided`
 * is false.
 *
 * @param decision.note at most 1,000 characters
 * @throws AppError `not_found` when there is no such attempt, `database_unavailable`
 */
export function decideAttempt(
  db: Database,
  decision: {
    attemptId: string
    decision: 'applied' | 'rejected' | 'not_applied'
    note: string | null
    quietSeconds: number
  },
): Promise<{ decided: boolean; state: AttemptState }> {
  return callChecked(db, decided, 'decide_attempt', decision)
}

const stored = z.object({ stored: count })

/**
 * Stores transactions as the platform shows them, in one step; `stored` counts those that were not older than what is
 * known.
 *
 * @param transactions the platform's own objects, each with `id` and `status`
 * @throws AppError `database_unavailable`
 */
export function storeTransactions(
  db: Database,
  transactions: readonly object[],
): Promise<{ stored: number }> {
  return callStoring(db, stored, 'store_transactions', { transactions })
}

const transactionPage = z.object({
  transactions: z.array(
    z.object({ id: z.string(), transaction: jsonObject, firstSeenAt: time, seenAt: time }),
  ),
  next: textOrNull,
})
export type TransactionPage = z.infer<typeof transactionPage>

const CURSOR = /^\d{1,17}\../s

/**
 * Reads a page of the stored transactions, the longest unchanged first, so that a transaction that changes while pages
 * are read comes again at the end. `next` is the `cursor` of the following page.
 *
 * @param filter.updatedSince ISO 8601, compared with the platform's `updated_at`
 * @throws AppError `invalid_parameter` for a cursor that no page gave, `database_unavailable`
 */
export async function readTransactions(
  db: Database,
  filter: {
    status: string | null
    kind: string | null
    sep: string | null
    updatedSince: string | null
    limit: number
    cursor: string | null
  },
): Promise<TransactionPage> {
  assertCursor(filter.cursor, CURSOR)
  return callChecked(db, transactionPage, 'read_transactions', filter)
}

const transactionRecord = z.object({
  id: z.string(),
  transaction: jsonObject.nullable(),
  firstSeenAt: time.nullable(),
  seenAt: time.nullable(),
  history: z.array(
    z.object({
      status: z.string(),
      platformUpdatedAt: time,
      seenAt: time,
      attemptId: z.uuid().nullable(),
    }),
  ),
  attempts: z.array(
    attempt.extend({
      moves: z.array(
        z.object({
          at: time,
          from: attemptState.nullable(),
          to: attemptState,
          detail: jsonObject,
        }),
      ),
    }),
  ),
  refunds: z.array(
    z.object({
      refundId: z.string(),
      method: z.string(),
      amount: z.string(),
      fee: z.string(),
      asset: z.string(),
      attemptId: z.uuid(),
      state: attemptState,
    }),
  ),
})
export type TransactionRecord = z.infer<typeof transactionRecord>

/**
 * Reads one transaction with its statuses, its attempts and their moves, and its refunds. `transaction` is null when
 * there are attempts but the platform has not shown it yet; the whole is null when nothing is known.
 *
 * @throws AppError `database_unavailable`
 */
export function readTransaction(db: Database, id: string): Promise<TransactionRecord | null> {
  return callChecked(db, transactionRecord.nullable(), 'read_transaction', { id })
}

const updateHealth = z.object({
  now: time,
  ready: count,
  sending: count,
  unknown: count,
  manual: count,
  oldestReadyAt: time.nullable(),
  oldestUnknownAt: time.nullable(),
  oldestManualAt: time.nullable(),
})
export type UpdateHealth = z.infer<typeof updateHealth>

/**
 * Counts the unfinished attempts by state, and tells since when the oldest has waited, been unknown or waited for a
 * person.
 *
 * @throws AppError `database_unavailable`
 */
export function readUpdateHealth(db: Database): Promise<UpdateHealth> {
  return callChecked(db, updateHealth, 'read_update_health', {})
}

/** Whether the platform's document equals a stored one; the order of keys does not count. */
export function isStoredAs(document: object, stored: object): boolean {
  return isDeepStrictEqual(numbersAsText(document), stored)
}

/** Calls a function whose arguments hold documents of callers or of the platform. */
function callStoring<T>(db: Database, shape: z.ZodType<T>, name: string, args: object): Promise<T> {
  return callChecked(db, shape, name, numbersAsText(args) as object)
}

/** Replaces each number that kept its source by that text: through `jsonb` and back it would lose digits. */
function numbersAsText(value: unknown): unknown {
  if (isJsonNumber(value)) return value.rawJSON
  if (Array.isArray(value)) return value.map(numbersAsText)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, numbersAsText(item)]))
}
