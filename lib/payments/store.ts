import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { LedgerPayment } from '../ledger/source.ts'
import { formatAsset } from '../stellar/asset.ts'
import type { NewUpdate } from '../updates/store.ts'
import {
  type CandidateTransaction,
  type Judgement,
  VERDICTS,
  type VerdictCode,
} from './verdict/codes.ts'

const count = z.number().int().nonnegative()
const time = z.iso.datetime()
const jsonObject = z.record(z.string(), z.unknown())
const verdict = z.enum(VERDICTS)
const source = z.enum(['horizon', 'rpc'])

/** One account in one source, and the process that observes it. */
export interface ObservedAccount {
  account: string
  source: z.infer<typeof source>
  /** A UUID, new for every run. */
  holder: string
}

/** A ledger that was seen; another hash at its sequence means that the ledger was reset. */
export interface Checkpoint {
  sequence: number
  hash: string
}

const observationStart = z.discriminatedUnion('started', [
  z.object({
    started: z.literal(true),
    cursor: z.string().nullable(),
    checkpoint: z.object({ sequence: count, hash: z.string() }).nullable(),
    sweepCursor: z.string().nullable(),
    sweptAt: time.nullable(),
    oldestAwaitingAt: time.nullable(),
  }),
  z.object({ started: z.literal(false) }),
])
export type ObservationStart = z.infer<typeof observationStart>

/**
 * Takes an account for `leaseSeconds`, unless another process holds it. `cursor` is null until it was moved;
 * `oldestAwaitingAt` is the start of the oldest transaction that waits for a payment.
 *
 * @throws AppError `database_unavailable`
 */
export function beginObservation(
  db: Database,
  observation: ObservedAccount & { leaseSeconds: number },
): Promise<ObservationStart> {
  return callChecked(db, observationStart, 'begin_observation', observation)
}

const moved = z.object({ moved: z.boolean() })

/**
 * Puts the cursor where the operator says, at the first start or after an alarm; the jump is kept, and alarm, checkpoint
 * and sweep are forgotten. `moved` is false when another process has taken over.
 *
 * @param place.startedFrom what the operator chose, such as `ledger 123`; at most 100 characters
 * @param place.note at most 1,000 characters
 * @throws AppError `database_unavailable`
 */
export function setObserverCursor(
  db: Database,
  place: ObservedAccount & { cursor: string; startedFrom: string; note: string | null },
): Promise<{ moved: boolean }> {
  return callChecked(db, moved, 'set_observer_cursor', place)
}

const text = z.string().nullable()
const found = z.object({
  transactions: z.array(
    z.object({
      id: z.string(),
      sep: z.string(),
      kind: z.string(),
      status: z.string(),
      account: text,
      memo: text,
      memoType: text,
      amountIn: text,
      amountInAsset: text,
      amountExpected: text,
      amountExpectedAsset: text,
      creditedBy: text,
    }),
  ),
})

/**
 * The stored transactions with any of these memos, whatever their status: of each memo at most 20, those that wait for a
 * payment first, then the newest.
 *
 * @param wanted.memos compared letter for letter, in every spelling that the platform may show
 * @throws AppError `database_unavailable`
 */
export async function findCandidates(
  db: Database,
  { memos }: { memos: readonly { type: string; value: string }[] },
): Promise<CandidateTransaction[]> {
  if (memos.length === 0) return []
  const { transactions } = await callChecked(db, found, 'find_candidates', { memos })
  return transactions
}

/** A payment with what is to become of it. */
export interface JudgedPayment extends LedgerPayment {
  judgement: Judgement
  /** What credits it: for the verdict `credited` and no other, with the natural key `operation <operationId>`. */
  update: NewUpdate | null
}

const recordedPage = z.discriminatedUnion('recorded', [
  z.object({
    recorded: z.literal(true),
    stored: count,
    changed: count,
    credited: z.array(
      z.object({
        operationId: z.string(),
        attemptId: z.uuid(),
        transactionId: z.string(),
        method: z.string(),
        params: jsonObject,
      }),
    ),
    verdicts: z.partialRecord(verdict, count),
  }),
  z.object({ recorded: z.literal(false), reason: z.enum(['cursor_moved', 'lease_lost']) }),
])
export type RecordedPage = z.infer<typeof recordedPage>

/**
 * Stores one page and moves the cursor, all or nothing: `stored` payments are new, `changed` ones were judged anew,
 * `verdicts` counts both by what they became, which for one to be credited may be `already_paid` or `update_refused`.
 * `recorded` is false, and nothing was written, when another process has taken over or the cursor is not the expected one.
 *
 * @param page.cursor for a sweep the expected one, which stays
 * @param page.sweepCursor moves the sweep's own place
 * @param page.completeUntil ISO 8601; null leaves what is stored, as does a checkpoint of null
 * @param page.payments at most 200
 * @throws AppError `ledger_changed` when an operation is of another transaction than it was, `database_unavailable`
 */
export function recordPayments(
  db: Database,
  page: ObservedAccount & {
    leaseSeconds: number
    expectedCursor: string
    cursor: string
    sweepCursor?: string
    checkpoint: Checkpoint | null
    completeUntil: string | null
    payments: readonly JudgedPayment[]
  },
): Promise<RecordedPage> {
  return callChecked(db, recordedPage, 'record_payments', {
    ...page,
    sweepCursor: page.sweepCursor ?? null,
    payments: page.payments.map(toRow),
  })
}

function toRow({ judgement, memo, asset, ...payment }: JudgedPayment) {
  return {
    ...payment,
    ...judgement,
    asset: asset && formatAsset(asset),
    memoType: memo.type,
    memo: memo.type === 'none' ? null : memo.type === 'other' ? memo.shown : memo.value,
  }
}

const ended = z.object({ ended: z.boolean() })

/**
 * Gives the account back. An alarm with the code of the one that stands keeps its first time; none ends it. Nothing
 * happens when another process has taken over.
 *
 * @param end.swept whether a sweep has come to its end
 * @throws AppError `database_unavailable`
 */
export async function endObservation(
  db: Database,
  end: ObservedAccount & { alarm: { code: string; message: string } | null; swept: boolean },
): Promise<void> {
  await callChecked(db, ended, 'end_observation', end)
}

const paymentPage = z.object({
  payments: z.array(
    z.object({
      operationId: z.string(),
      account: z.string(),
      source,
      ledger: count,
      closedAt: time,
      transactionHash: z.string(),
      successful: z.boolean(),
      kind: z.string(),
      from: text,
      to: text,
      toMuxedId: text,
      asset: text,
      amount: text,
      memoType: z.string(),
      memo: text,
      verdict,
      sentence: z.string(),
      evidence: jsonObject,
      transactionId: text,
      attemptId: z.uuid().nullable(),
      attemptState: text,
      recordedAt: time,
      judgedAt: time,
      earlier: z.array(z.object({ verdict, sentence: z.string(), judgedAt: time })),
    }),
  ),
  next: text,
})
export type PaymentPage = z.infer<typeof paymentPage>

const CURSOR = /^\d{1,17}\.\d{1,20}$/

/**
 * A page of the observed payments in the order in which they got their verdicts, so that one judged anew comes again at
 * the end. `next` is the following page's `cursor`; `asset` is in SEP-38 form, a hash memo hexadecimal.
 *
 * @param filter.since ISO 8601, compared with `judgedAt`
 * @throws AppError `invalid_parameter` for a cursor that no page gave, `database_unavailable`
 */
export async function readPayments(
  db: Database,
  filter: {
    verdict: VerdictCode | null
    since: string | null
    limit: number
    cursor: string | null
  },
): Promise<PaymentPage> {
  if (filter.cursor !== null && !CURSOR.test(filter.cursor)) {
    const message = `"${filter.cursor.slice(0, 100)}" is not a cursor; allowed is \`next\` of a page.`
    throw new AppError('invalid_parameter', `cursor: ${message}`, {
      details: [{ path: 'cursor', message }],
    })
  }
  return callChecked(db, paymentPage, 'read_payments', filter)
}

const observerHealth = z.object({
  now: time,
  accounts: z.array(
    z.object({
      account: z.string(),
      source,
      cursor: text,
      startedFrom: text,
      completeUntil: time.nullable(),
      observedAt: time.nullable(),
      alarm: z.object({ code: z.string(), message: z.string(), since: time }).nullable(),
      sweptAt: time.nullable(),
    }),
  ),
  waiting: count,
})
export type ObserverHealth = z.infer<typeof observerHealth>

/**
 * How far each account ever observed has come, and how many payments wait for a person. Times are by the server clock,
 * as `now` is.
 *
 * @throws AppError `database_unavailable`
 */
export function readObserverHealth(db: Database): Promise<ObserverHealth> {
  return callChecked(db, observerHealth, 'read_observer_health', {})
}
