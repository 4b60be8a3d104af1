import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { isAnswerLost } from '../db/errors.ts'
import { count, jsonObject, textOrNull, time } from '../db/shapes.ts'
import {
  type AttemptState,
  attempt,
  attemptState,
  callStoring,
  type EarlierState,
  seen,
} from './stored-attempt.ts'

/** One update to be stored. Numbers in `params` are stored and sent as the text they came as. */
export interface NewUpdate {
  /** Its place in the request, from 0. */
  index: number
  transactionId: string
  method: string
  params: object
  /** Two updates with the same natural key are one update; null for an update that may be meant twice. */
  naturalKey: string | null
  /** Whether the platform's custody service pays at once. */
  custody: boolean
  /** Where the update came from: `rpc`, `url`, `replay` or the payment observer. */
  origin: string
  /** The name of the caller's key; null for the payment observer. */
  keyName: string | null
  /** The refund that it adds to the recorded refunds. `id` is null for a refund without an id. */
  refund: { id: string | null; amount: string; fee: string; asset: string } | null
  /** For how long it may be sent, by the database's clock; null if it never expires. */
  expiresInSeconds: number | null
  /** A new rpc id, under which the same step may begin the send; null if it may only store the update. */
  rpcId: string | null
  /** The note of a person who overrides the ledger check, at most 500 characters; null without one. */
  forced: string | null
  /** The failed attempt that a person sends anew by this update; null otherwise. */
  replay: Replay | null
}

/** A person's decision to send a failed attempt anew. It is stored with the new attempt. */
export interface Replay {
  attemptId: string
  note: string
  /** A new id, by which the caller knows that it was the one who decided. */
  decisionId: string
}

const begunUpdate = z.object({
  index: count,
  /** The new attempt, or the attempt that has the same natural key or refund. null for other refusals. */
  attemptId: z.uuid().nullable(),
  seq: textOrNull,
  /** Whether this call created the attempt. */
  created: z.boolean(),
  /** SENDING with `created`: the caller sends under `rpcId` if the platform still shows `transaction`. */
  state: attemptState.nullable(),
  rpcId: textOrNull,
  outcome: jsonObject.nullable(),
  refusal: z
    .object({
      code: z.enum([
        'refund_exceeds',
        'refund_repeated',
        'blocked_by_manual',
        'natural_key_used',
        'credit_given_up',
      ]),
      detail: jsonObject,
    })
    .nullable(),
  transaction: jsonObject.nullable(),
})

export type BegunUpdate = z.infer<typeof begunUpdate>

/** An HTTP answer. Its body is text, so that a repeated request gets it byte for byte. */
const storedAnswer = z.object({
  status: count,
  body: z.string(),
  /** The results of an answer with open updates, as JSON. A repeat gets an answer made of them and of what became of `open`. */
  results: z.string().optional(),
  open: z.array(z.object({ index: count, attemptId: z.uuid() })).optional(),
})

export type StoredAnswer = z.infer<typeof storedAnswer>

const begunRequest = z.object({
  /** `none`: the request has no key. `conflict`: the key came with another body before. */
  request: z.enum(['new', 'replay', 'running', 'conflict', 'none']),
  /** Only with `new`: an earlier HTTP request had the key and died. */
  takenOver: z.literal(true).optional(),
  /** Only a `replay` has it. */
  answer: storedAnswer.nullable(),
  /** Empty for `running` and `conflict`. A `replay` has the `open` updates of its answer as they are now. */
  updates: z.array(begunUpdate),
})

export type BegunRequest = z.infer<typeof begunRequest>

/** No live process takes 120 s: take its request over. */
const REQUEST_TAKEOVER_SECONDS = 120

/**
 * Stores updates of one HTTP request in one step, before anything is sent. What is stored under the key already, by the
 * place in the request, is not stored again and is answered with `created` false. So the call is made once more when its
 * answer is lost, and a request whose process died is continued.
 *
 * @param request.updates at most 40, no two with the same natural key
 * @throws AppError `database_unavailable`
 */
export function beginUpdates(
  db: Database,
  request: {
    /** The Idempotency-Key of the caller or the one made for the request, at most 255 characters. */
    key: string
    /** The HTTP request that holds the key of a caller; null for a made key, which nobody else has. */
    holder: string | null
    /** Hexadecimal. */
    bodySha256: string
    updates: readonly NewUpdate[]
  },
): Promise<BegunRequest> {
  const args = { ...request, takeoverSeconds: REQUEST_TAKEOVER_SECONDS }
  return askTwice(() => callStoring(db, begunRequest, 'begin_updates', args))
}

const finishedRequest = z.object({ finished: z.boolean(), answer: storedAnswer.nullable() })

/**
 * Stores the answer of a request, if the HTTP request still holds its key. `finished` is false when an answer was stored
 * before. `answer` is the stored answer; null when no request has that key and body, or when another process works on it.
 * The call is made once more when its answer is lost.
 *
 * @throws AppError `database_unavailable`
 */
export function finishRequest(
  db: Database,
  request: { key: string; holder: string; bodySha256: string; answer: StoredAnswer },
): Promise<{ finished: boolean; answer: StoredAnswer | null }> {
  return askTwice(() => callChecked(db, finishedRequest, 'finish_request', request))
}

/** Makes a call once more when its answer is lost. The function must do nothing the second time. */
async function askTwice<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!isAnswerLost(error)) throw error
    return call()
  }
}

/**
 * A send starts within 10 s and ends within 50 s, so a SENDING attempt becomes UNKNOWN after 60 s. The settler sends a READY
 * attempt whose state has not changed for 60 s.
 */
export const LIVE_SECONDS = 60

const sendingStart = z.discriminatedUnion('started', [
  z.object({
    ...seen,
    started: z.literal(true),
    tries: count,
    /** The stored evidence of the ledger, with the claimed operations. */
    ledger: jsonObject.nullable(),
    /** The applied attempts of the transaction that nobody has looked for again. */
    lookFor: z.array(attempt),
  }),
  z.object({
    ...seen,
    started: z.literal(false),
    /**
     * `busy`: an attempt of the transaction is open, possibly this one. `order`: an older attempt waits. `stale`: the
     * transaction has changed since it was read, or the platform shows an earlier state (`earlier`). `state`: the attempt is
     * not READY, or this call ended it because it has expired, would refund too much, or reports operations that were
     * reported before.
     */
    reason: z.enum(['busy', 'order', 'stale', 'state']),
    state: attemptState,
    outcome: jsonObject.nullable(),
    /** The other attempt, for `busy` and `order`. */
    openAttemptId: z.uuid().nullable(),
    /** Whether asking again soon may help. `false` if no process is at work on the other attempt. */
    isLive: z.boolean(),
  }),
])

export type SendingStart = z.infer<typeof sendingStart>

/** The operations on the ledger that an update reports. An operation counts for one transaction. */
export interface OperationClaim {
  /** The hash, 64 characters of lower-case hex. */
  stellarTransaction: string
  /** Lists of operation ids, the best first; the first list that is free is claimed. Empty: the whole Stellar transaction. */
  choices: string[][]
}

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
    /** The transaction before the send. The settler compares the later transaction with it. */
    pre: object
    /** The platform's own object, `document` of a PlatformTransaction. */
    transaction: object | null
    /** What the ledger showed; null for a method that is not checked against it. */
    ledger: object | null
    /** null for an update that reports no payment. */
    claim: OperationClaim | null
    /** What an earlier call answered, if the transaction was read after that answer. */
    earlier: readonly EarlierState[]
  },
): Promise<SendingStart> {
  return callStoring(db, sendingStart, 'start_sending', { ...send, liveSeconds: LIVE_SECONDS })
}

export const recordedOutcome = z.object({
  recorded: z.boolean(),
  state: attemptState,
  outcome: jsonObject.nullable(),
  settleAt: time.nullable(),
})

export type RecordedOutcome = z.infer<typeof recordedOutcome>

/**
 * Moves an attempt to a new state and stores the transaction that was read. If the attempt is no longer in the state and
 * the send that the caller names, nothing changes and the caller gets the current state. A move from SENDING to READY
 * means that the send had no effect, so the try does not count.
 *
 * @throws AppError `internal_error` for a move that is not allowed, `not_found` when there is no such attempt,
 *   `database_unavailable`
 */
export function recordOutcome(
  db: Database,
  move: {
    attemptId: string
    /** The rpc id of the last send; null for an attempt that was never sent. */
    rpcId: string | null
    from: 'READY' | 'SENDING' | 'UNKNOWN' | 'APPLIED'
    to: AttemptState
    /** null keeps the stored outcome. */
    outcome: object | null
    /** The platform's own object, `document` of a PlatformTransaction. */
    transaction: object | null
    /**
     * For how long no settler claims a READY, UNKNOWN or APPLIED attempt, by the database's clock. null: a settler may claim
     * it at once, and nobody looks for an applied attempt again.
     */
    settleInSeconds: number | null
    /**
     * For an APPLIED attempt: its `settleAt` when it was looked for. Another one means that a later update was sent
     * meanwhile, and nothing changes.
     */
    lookAt?: string | null
  },
): Promise<RecordedOutcome> {
  return callStoring(db, recordedOutcome, 'record_outcome', { lookAt: null, ...move })
}

export const stored = z.object({ stored: count, ...seen })

const changed = z.object({ ids: z.array(z.string()) })

/**
 * Finds the transactions that are not stored as the platform shows them now.
 *
 * @throws AppError `database_unavailable`
 */
export async function findChanged(
  db: Database,
  transactions: readonly object[],
): Promise<string[]> {
  return (await callChecked(db, changed, 'find_changed', { transactions })).ids
}

/**
 * Stores transactions as the platform shows them, in one step. `stored` counts the transactions that were not older than
 * the stored ones, `earlier` names those that were.
 *
 * @param transactions the platform's own objects, each with `id` and `status`
 * @param earlier what an earlier call answered, if the transactions were read after that answer
 * @throws AppError `database_unavailable`
 */
export function storeTransactions(
  db: Database,
  transactions: readonly object[],
  earlier: readonly EarlierState[] = [],
): Promise<z.infer<typeof stored>> {
  return callStoring(db, stored, 'store_transactions', { transactions, earlier })
}
