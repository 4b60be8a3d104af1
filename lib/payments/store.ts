import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { assertCursor, count, jsonObject, textOrNull, time } from '../db/shapes.ts'
import { LEDGER_PAYMENT_KINDS, type LedgerPayment } from '../ledger/source.ts'
import { formatAsset } from '../stellar/asset.ts'
import { ACCOUNT_METHOD } from '../updates/identity.ts'
import type { NewUpdate } from '../updates/store.ts'
import { attemptState } from '../updates/stored-attempt.ts'
import { openList } from './open-list-store.ts'
import { VERDICTS, type Verdict, type VerdictCode } from './verdict/codes.ts'
import { muxedAddressOf } from './verdict/verdict.ts'

const verdictCode = z.enum(VERDICTS)
const source = z.enum(['horizon', 'rpc'])

/** One account in one source, and the process that observes it. */
export interface ObservedAccount {
  account: string
  source: z.infer<typeof source>
  /** A UUID, new for every run. */
  holder: string
}

/** A ledger that was read. Another hash at its sequence means that the ledger was reset. */
export interface Checkpoint {
  sequence: number
  hash: string
}

/** The newest ledger of an epoch that was seen. A reset of the ledger begins a new epoch, in which operation ids come again. */
const seenLedger = z.object({ sequence: count, hash: z.string(), closedAt: time })

const observationStart = z.discriminatedUnion('started', [
  z.object({
    started: z.literal(true),
    /** The epoch of the ledger to which the cursor belongs. */
    epoch: count,
    present: z.object({ epoch: count, seen: seenLedger.nullable() }),
    /** The code of the alarm that stands. */
    alarm: textOrNull,
    cursor: textOrNull,
    checkpoint: z.object({ sequence: count, hash: z.string() }).nullable(),
    sweepCursor: textOrNull,
    sweptAt: time.nullable(),
    oldestAwaitingAt: time.nullable(),
  }),
  z.object({ started: z.literal(false) }),
])
export type ObservationStart = z.infer<typeof observationStart>

/**
 * Takes an account for `leaseSeconds`, unless another process holds it. `cursor` is null until an operator has chosen a
 * start; `oldestAwaitingAt` is the start of the oldest transaction that waits for a payment.
 *
 * @throws AppError `database_unavailable`
 */
export function beginObservation(
  db: Database,
  observation: ObservedAccount & { leaseSeconds: number },
): Promise<ObservationStart> {
  return callChecked(db, observationStart, 'begin_observation', observation)
}

const moved = z.discriminatedUnion('moved', [
  z.object({ moved: z.literal(true), epoch: count }),
  z.object({ moved: z.literal(false) }),
])

/**
 * Sets the cursor to the start that the operator chose and records the jump; alarm, checkpoint and sweep are cleared.
 * `moved` is false when another process has taken over, or has begun another epoch.
 *
 * @param jump.epoch the present epoch, with which the caller has compared the source
 * @param jump.isNewEpoch the source shows another ledger: the cursor is the first of a new epoch
 * @param jump.seen the head of the source
 * @param jump.startedFrom what the operator chose, such as `ledger 123`; at most 100 characters
 * @param jump.note at most 1,000 characters
 * @throws AppError `database_unavailable`
 */
export function setObserverCursor(
  db: Database,
  jump: ObservedAccount & {
    cursor: string
    startedFrom: string
    note: string | null
    /** null: no person did it. */
    keyName: string | null
    epoch: number
    isNewEpoch: boolean
    seen: { sequence: number; hash: string; closedAt: string }
  },
): Promise<z.infer<typeof moved>> {
  return callChecked(db, moved, 'set_observer_cursor', jump)
}

const found = z.object({
  transactions: z.array(
    z.object({
      id: z.string(),
      sep: z.string(),
      kind: z.string(),
      status: z.string(),
      account: textOrNull,
      memo: textOrNull,
      memoType: textOrNull,
      amountIn: textOrNull,
      amountInAsset: textOrNull,
      amountExpected: textOrNull,
      amountExpectedAsset: textOrNull,
      startedAt: time.nullable(),
      endedAt: time.nullable(),
      creditedBy: textOrNull,
      /** Whether the update of that credit ended without effect. */
      creditRefused: z.boolean(),
      mark: z.string(),
    }),
  ),
})

export type FoundTransaction = z.infer<typeof found>['transactions'][number]

/**
 * Finds the stored transactions, of any status, that a payment with one of these memos may be for: of each memo at most
 * 20, those first that existed between `from` and `until`, then those that wait for a payment, then the newest.
 *
 * @param wanted.memos compared by value
 * @throws AppError `database_unavailable`
 */
export async function findCandidates(
  db: Database,
  { memos }: { memos: readonly { type: string; value: string; from?: string; until?: string }[] },
): Promise<FoundTransaction[]> {
  if (memos.length === 0) return []
  const asked = { memos, accountMethod: ACCOUNT_METHOD }
  const { transactions } = await callChecked(db, found, 'find_candidates', asked)
  return transactions
}

/** A payment with its verdict. */
export interface JudgedPayment extends LedgerPayment {
  verdict: Verdict
  /** Whether it is too small to be open money; absent: it is not. */
  isDust?: boolean
  /** The update that credits it, with the natural key of its operation; only for the verdict `credited`. */
  update: NewUpdate | null
  /** The state of the credited transaction by which it was judged; absent: it is not compared. */
  transactionMark?: string
}

/** The answer of a step that records payments. */
export const recordedPage = z.discriminatedUnion('recorded', [
  z.object({
    recorded: z.literal(true),
    /** New payments. */
    stored: count,
    /** Payments that got another verdict, or other reasons. */
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
    /** Counts the stored and the changed ones; a credit may have become `already_paid` or `update_refused`. */
    verdicts: z.partialRecord(verdictCode, count),
    /** Credits that were left out, because their transactions have changed since they were judged to be paid. */
    outdated: z.array(z.string()).optional(),
  }),
  z.object({
    recorded: z.literal(false),
    reason: z.enum(['cursor_moved', 'lease_lost', 'transaction_changed']),
  }),
])
export type RecordedPage = z.infer<typeof recordedPage>

/**
 * Records one page and moves the cursor, all or nothing. `recorded` is false, and nothing was written, when another
 * process has taken over, the cursor is not the expected one, or a transaction has changed since it was judged to be paid.
 *
 * @throws AppError `ledger_changed` when an operation belonged to another transaction before, `database_unavailable`
 */
export function recordPayments(
  db: Database,
  page: ObservedAccount & {
    leaseSeconds: number
    expectedCursor: string
    /** A sweep passes the expected cursor, which stays, and moves `sweepCursor`. */
    cursor: string
    sweepCursor?: string
    /** Null leaves the stored one. */
    checkpoint: Checkpoint | null
    /** ISO 8601; null leaves the stored time. */
    completeUntil: string | null
    /** At most 200. */
    payments: readonly JudgedPayment[]
  },
): Promise<RecordedPage> {
  return callChecked(db, recordedPage, 'record_payments', {
    ...page,
    sweepCursor: page.sweepCursor ?? null,
    payments: page.payments.map(toRow),
  })
}

/** A payment as the steps that record it take it. */
export function toRow({ verdict, memo, asset, ...payment }: JudgedPayment) {
  return {
    ...payment,
    ...verdict,
    toMuxedAccount: muxedAddressOf(payment),
    asset: asset && formatAsset(asset),
    memoType: memo.type,
    memo: memo.type === 'none' ? null : memo.type === 'other' ? memo.shown : memo.value,
  }
}

const ended = z.object({ ended: z.boolean() })

/**
 * Gives the account back, with the alarm that ended the observation; null clears an alarm. An alarm with the same code
 * keeps its first time. Nothing happens when another process has taken over.
 *
 * @param end.swept whether a sweep has reached its end
 * @throws AppError `database_unavailable`
 */
export async function endObservation(
  db: Database,
  end: ObservedAccount & { alarm: { code: string; message: string } | null; swept: boolean },
): Promise<void> {
  await callChecked(db, ended, 'end_observation', end)
}

/** Whether a payment is open money, or why it is not. */
const PAYMENT_STATES = [
  'open',
  'closed',
  'failed',
  'outgoing',
  'catching_up',
  'credited',
  'reported_by_hand',
  'own',
  'dust',
] as const

/** The states in which a person may decide about a payment. */
const DECIDABLE: ReadonlySet<string> = new Set(['open', 'catching_up', 'dust'])

/** Whether a person may assign a payment to a transaction, or close it. */
export const isDecidable = ({ state }: { state: string }) => DECIDABLE.has(state)

export const storedPayment = z.object({
  /** Operation ids are unique in an epoch of the ledger. */
  epoch: count,
  /** Whether the ledger of its epoch is the present one; an older one was reset. */
  isPresentEpoch: z.boolean(),
  operationId: z.string(),
  account: z.string(),
  source,
  ledger: count,
  closedAt: time,
  transactionHash: z.string(),
  successful: z.boolean(),
  kind: z.enum(LEDGER_PAYMENT_KINDS),
  from: textOrNull,
  fromMuxedId: textOrNull,
  to: textOrNull,
  toMuxedId: textOrNull,
  asset: textOrNull,
  amount: textOrNull,
  memoType: z.enum(['none', 'text', 'id', 'hash', 'other']),
  memo: textOrNull,
  verdict: verdictCode,
  sentence: z.string(),
  evidence: jsonObject,
  transactionId: textOrNull,
  attemptId: z.uuid().nullable(),
  attemptState: textOrNull,
  /** The last update by which the one that credits it was sent anew; that one itself if it never was. */
  latestAttempt: z.object({ id: z.uuid(), state: attemptState }).nullable(),
  /** `open`: it is open money. Else why it is not. */
  state: z.enum(PAYMENT_STATES),
  /** null: not open. */
  openSince: time.nullable(),
  recordedAt: time,
  judgedAt: time,
  earlier: z.array(z.object({ verdict: verdictCode, sentence: z.string(), judgedAt: time })),
})
export type StoredPayment = z.infer<typeof storedPayment>

const paymentPage = z.object({ payments: z.array(storedPayment), next: textOrNull })
export type StoredPaymentPage = z.infer<typeof paymentPage>

const CURSOR = /^\d{1,17}\.\d{1,20}$/

/**
 * Reads a page of the observed payments in the order of `judgedAt`, so that a payment with a new verdict comes again at
 * the end. `next` is the `cursor` of the following page; `asset` is in SEP-38 form, a hash memo hexadecimal.
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
): Promise<StoredPaymentPage> {
  assertCursor(filter.cursor, CURSOR)
  return callChecked(db, paymentPage, 'read_payments', filter)
}

const gone = z.object({ gone: count })

/**
 * Records that the platform has no transactions with these ids, so that they wait no longer. When it shows one of them
 * again, that one is as before.
 *
 * @throws AppError `database_unavailable`
 */
export async function recordGone(db: Database, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await callChecked(db, gone, 'record_gone', { ids })
}

const archived = z.object({ archived: count })

/**
 * Moves payments that are final and were judged more than `olderThanDays` days ago to the archive, the oldest first.
 *
 * @param wanted.limit at most 1,000
 * @throws AppError `database_unavailable`
 */
export async function archivePayments(
  db: Database,
  wanted: { olderThanDays: number; limit: number },
): Promise<number> {
  return (await callChecked(db, archived, 'archive_payments', wanted)).archived
}

const observerHealth = z.object({
  now: time,
  accounts: z.array(
    z.object({
      account: z.string(),
      source,
      epoch: count,
      cursor: textOrNull,
      startedFrom: textOrNull,
      completeUntil: time.nullable(),
      observedAt: time.nullable(),
      alarm: z.object({ code: z.string(), message: z.string(), since: time }).nullable(),
      sweptAt: time.nullable(),
      /** Since when claimable balances and clawbacks are read, when last to their ends, and why they could not be. */
      sideLook: z
        .object({
          beganAt: time,
          lookedAt: time.nullable(),
          failure: z.object({ code: z.string(), message: z.string(), since: time }).nullable(),
        })
        .nullable(),
    }),
  ),
  unlisted: z.array(
    z.object({
      sep: z.string(),
      status: z.string(),
      newerId: textOrNull,
      olderId: textOrNull,
      transactions: count,
      reason: z.string(),
      since: time,
    }),
  ),
  openLists: z.array(openList.omit({ nextPage: true }).extend({ listed: count })),
})
export type ObserverHealth = z.infer<typeof observerHealth>

/**
 * Tells how far each account is observed. All times, `now` too, are by the clock of the database.
 *
 * @throws AppError `database_unavailable`
 */
export function readObserverHealth(db: Database): Promise<ObserverHealth> {
  return callChecked(db, observerHealth, 'read_observer_health', {})
}
