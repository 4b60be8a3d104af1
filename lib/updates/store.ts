import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { isJsonNumber } from '../lossless-json.ts'

const count = z.number().int().nonnegative()
const time = z.iso.datetime()
const jsonObject = z.record(z.string(), z.unknown())

/**
 * Where an attempt stands. READY waits to be sent, SENDING may be on its way, UNKNOWN may have had effect, MANUAL needs a
 * person; APPLIED, REJECTED and NOT_APPLIED are ends.
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
  naturalKey: z.string().nullable(),
  custody: z.boolean(),
  origin: z.string(),
  requestKey: z.string().nullable(),
  itemIndex: count,
  state: attemptState,
  tries: count,
  rpcId: z.string().nullable(),
  pre: jsonObject.nullable(),
  sentAt: time.nullable(),
  settleAt: time.nullable(),
  expiresAt: time.nullable(),
  outcome: jsonObject.nullable(),
  note: z.string().nullable(),
  forced: z.string().nullable(),
  ledger: jsonObject.nullable(),
  createdAt: time,
  updatedAt: time,
})

/** One update as it is intended. Numbers in `params` are stored, and sent, as the text they came as. */
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
  /** ISO 8601; not sent after then, null never. */
  expiresAt: string | null
  /** The id of a first send that may begin while the update is stored, new for every update; null to only store it. */
  rpcId: string | null
  /** Why a person wants it sent against what the ledger says, at most 500 characters; null when nobody does. */
  forced: string | null
}

const begunUpdate = z.object({
  index: count,
  attemptId: z.uuid().nullable(),
  seq: z.string().nullable(),
  created: z.boolean(),
  state: attemptState.nullable(),
  rpcId: z.string().nullable(),
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

/** An HTTP answer as it was given: the body is text, so that a repeat gets it byte for byte. */
const storedAnswer = z.object({ status: count, body: z.string() })
export type StoredAnswer = z.infer<typeof storedAnswer>

const begunRequest = z.object({
  request: z.enum(['new', 'replay', 'running', 'conflict', 'none']),
  answer: storedAnswer.nullable(),
  updates: z.array(begunUpdate),
})
export type BegunRequest = z.infer<typeof begunRequest>

/** No live process takes 120 s: another one takes over its request. */
const REQUEST_TAKEOVER_SECONDS = 120

/**
 * Stores what one HTTP request intends, before anything is sent: all its updates in one step. `request` is `new` (also when a
 * process that died 120 s ago is taken over: what it stored comes back with `created` false), `none` without a key,
 * `replay` with the stored `answer`, `running`, or `conflict` when the key came with another body; `updates` is empty for
 * the last three. An item repeating a natural key has the attempt that used it; one with a `refusal` was not stored, and
 * an `attemptId` beside it is the attempt in its way. One that is `created` and SENDING has its turn already: it is to be
 * sent under its `rpcId` when `transaction` is what the platform still shows.
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
 * Stores the answer of a request. `finished` is false when another process was first; `answer` is the one that is stored
 * and to be given, null when no request has that key and body.
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
    reason: z.enum(['busy', 'order', 'stale', 'state']),
    state: attemptState,
    outcome: jsonObject.nullable(),
    openAttemptId: z.uuid().nullable(),
  }),
])
export type SendingStart = z.infer<typeof sendingStart>

/**
 * READY to SENDING, durably, right before the one POST. Otherwise `reason`: `busy`, an attempt of the transaction is open
 * (`openAttemptId`, possibly this one); `order`, an older one waits (`openAttemptId`); `stale`, the transaction has
 * changed since it was read; `state`, it is not READY, and `outcome` says why, also when it was rejected here
 * (`outcome.reason` `expired` or `refund_exceeds`). The transaction read before is stored unless a newer one is.
 *
 * @param send.transaction the platform's own object, `document` of a PlatformTransaction
 * @param send.rpcId new for every send
 * @param send.pre what to compare the transaction with later
 * @param send.ledger what the ledger showed; null for a method that does not ask it
 * @throws AppError `not_found` when there is no such attempt, `internal_error` when the rpc id was used before,
 *   `database_unavailable`
 */
export function startSending(
  db: Database,
  send: {
    attemptId: string
    rpcId: string
    pre: object
    transaction: object | null
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
 * Moves an attempt and stores the transaction seen with it, only from the state and the send the caller knows: a late
 * process changes nothing and gets the state as it is. SENDING to READY says that no byte was sent, so the try does not
 * count; READY or UNKNOWN to itself only puts off the next look to `settleAt`.
 *
 * @param move.rpcId of the last send; null for an attempt that was never sent
 * @param move.outcome null keeps what is stored
 * @param move.transaction the platform's own object, `document` of a PlatformTransaction
 * @param move.settleAt ISO 8601, for READY and UNKNOWN; null is at once
 * @throws AppError `internal_error` for a move that is not allowed, `not_found` when there is no such attempt,
 *   `database_unavailable`
 */
export function recordOutcome(
  db: Database,
  move: {
    attemptId: string
    rpcId: string | null
    from: 'READY' | 'SENDING' | 'UNKNOWN'
    to: AttemptState
    outcome: object | null
    transaction: object | null
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
 * Claims, for `claimSeconds`, the attempts a settler is to look at: UNKNOWN ones that are due and READY ones that were
 * left, the oldest first, at most one of each transaction. SENDING ones silent for `sendingAfterSeconds` become UNKNOWN
 * in the same step. `secondsSinceSent` is by the server clock.
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
 * Takes over transactions as the platform shows them, in one step; `stored` counts those that were not older than what
 * is known.
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
  next: z.string().nullable(),
})
export type TransactionPage = z.infer<typeof transactionPage>

const CURSOR = /^\d{1,17}\../s

/**
 * A page of the stored transactions, the longest unchanged first, so that one that changes while pages are read comes
 * again at the end. `next` is the following page's `cursor`.
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
  if (filter.cursor !== null && !CURSOR.test(filter.cursor)) {
    const message = `"${filter.cursor.slice(0, 100)}" is not a cursor; allowed is \`next\` of a page.`
    throw new AppError('invalid_parameter', `cursor: ${message}`, {
      details: [{ path: 'cursor', message }],
    })
  }
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
 * One transaction with the statuses it was seen in, its attempts with their moves, and its refunds. `transaction` is null
 * when there are attempts but the platform has not shown it yet; the whole is null when nothing is known.
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
 * How many attempts are not finished, by state, and since when the oldest has waited, been unknown or waited for a person.
 *
 * @throws AppError `database_unavailable`
 */
export function readUpdateHealth(db: Database): Promise<UpdateHealth> {
  return callChecked(db, updateHealth, 'read_update_health', {})
}

/** Whether a document of the platform is this stored one, whatever the order of its keys. */
export function isStoredAs(document: object, stored: object): boolean {
  return isDeepStrictEqual(numbersAsText(document), stored)
}

/** Calls a function whose arguments hold documents: their numbers are stored as text. */
function callStoring<T>(db: Database, shape: z.ZodType<T>, name: string, args: object): Promise<T> {
  return callChecked(db, shape, name, numbersAsText(args) as object)
}

/** Numbers that kept their source as that text: through `jsonb` and back they would lose digits. */
function numbersAsText(value: unknown): unknown {
  if (isJsonNumber(value)) return value.rawJSON
  if (Array.isArray(value)) return value.map(numbersAsText)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, numbersAsText(item)]))
}
