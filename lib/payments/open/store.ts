import { z } from 'zod'
import { callChecked, type Database } from '../../db/client.ts'
import { assertCursor, count, textOrNull, time } from '../../db/shapes.ts'
import { decision } from '../../decisions/store.ts'
import type { LedgerMemo, LedgerPayment } from '../../ledger/source.ts'
import { parseAsset } from '../../stellar/asset.ts'
import type { DustLimit } from '../../stellar/dust.ts'
import type { NewUpdate } from '../../updates/store.ts'
import { type StoredPayment, type StoredPaymentPage, storedPayment } from '../store.ts'
import type { VerdictCode } from '../verdict/codes.ts'

const openPage = z.object({ payments: z.array(storedPayment), next: textOrNull })
const CURSOR = /^\d{1,17}\.\d{1,9}\/\d{1,20}$/

/**
 * Reads a page of open money, the oldest first.
 *
 * @param filter.since ISO 8601, compared with `openSince`
 * @throws AppError `invalid_parameter` for a cursor that no page gave, `database_unavailable`
 */
export async function readOpenPayments(
  db: Database,
  filter: {
    verdict: VerdictCode | null
    account: string | null
    /** As in SEP-38. */
    asset: string | null
    since: string | null
    limit: number
    cursor: string | null
  },
): Promise<StoredPaymentPage> {
  assertCursor(filter.cursor, CURSOR)
  return callChecked(db, openPage, 'read_open_payments', filter)
}

/** The operation of a payment, and the epoch of its ledger; null: the present one. */
export interface PaymentKey {
  operationId: string
  epoch: number | null
}

const wholePayment = z.object({
  payment: storedPayment,
  decisions: z.array(decision),
  /** The memo that its transaction names for a refund. */
  refundMemo: z
    .object({ transactionId: z.string(), memo: z.string(), type: textOrNull })
    .nullable(),
})

/** Reads a payment with the decisions about it. null: no such payment. @throws AppError `database_unavailable` */
export function readPayment(
  db: Database,
  key: PaymentKey,
): Promise<z.infer<typeof wholePayment> | null> {
  return callChecked(db, wholePayment.nullable(), 'read_payment', key)
}

export const archivedPayment = z.object({
  epoch: count,
  operationId: z.string(),
  account: z.string(),
  kind: storedPayment.shape.kind,
  transactionHash: z.string(),
  asset: textOrNull,
  amount: textOrNull,
  verdict: storedPayment.shape.verdict,
  transactionId: textOrNull,
  closedAt: time,
  state: z.literal('archived'),
  /** Its state when it was archived. */
  stateBefore: storedPayment.shape.state,
  archivedAt: time,
})
export type ArchivedPayment = z.infer<typeof archivedPayment>
const wholeArchived = z.object({ payment: archivedPayment, decisions: z.array(decision) })

/** Reads an archived payment with the decisions about it. null: none. @throws AppError `database_unavailable` */
export function readArchivedPayment(
  db: Database,
  key: PaymentKey,
): Promise<z.infer<typeof wholeArchived> | null> {
  return callChecked(db, wholeArchived.nullable(), 'read_archived_payment', key)
}

export const openMoney = z.object({
  payments: count,
  /** Whether these are all. The oldest are counted. */
  isWhole: z.boolean(),
  oldestSince: time.nullable(),
  /** Those with the most payments first. */
  assets: z.array(
    z.object({
      /** null: the source does not show the asset. */
      asset: textOrNull,
      payments: count,
      /** Decimal text; null when no amount is shown. */
      amount: textOrNull,
      underAnHour: count,
      underADay: count,
      older: count,
      oldestSince: time,
    }),
  ),
  /** How many assets there are beside those. */
  otherAssets: count,
})
export type OpenMoney = z.infer<typeof openMoney>

/** 5,000 rows are counted in 15 ms. */
const MOST_COUNTED = 5_000
const MOST_ASSETS = 20

/** Counts open money by asset and age. @throws AppError `database_unavailable` */
export function readOpenMoney(db: Database): Promise<OpenMoney> {
  const limits = { most: MOST_COUNTED, mostAssets: MOST_ASSETS }
  return callChecked(db, openMoney, 'read_open_money', limits)
}

const appliedDust = z.object({ changed: count, isDone: z.boolean() })

/**
 * Lets stored payments of one asset whose limit has changed follow the limits.
 *
 * @param wanted.most of each kind of change
 * @returns isDone: whether the payments of every asset follow
 * @throws AppError `database_unavailable`
 */
export function applyDustLimits(
  db: Database,
  wanted: { limits: readonly DustLimit[]; most: number },
): Promise<z.infer<typeof appliedDust>> {
  return callChecked(db, appliedDust, 'apply_dust', wanted)
}

const claims = z.array(
  z.object({
    operationId: z.string().optional(),
    transactionId: z.string().optional(),
    attemptId: z.uuid().optional(),
    /** The payment that the operation pays back, as epoch and operation. */
    refundOf: z.string().optional(),
    /** How a person closed the payment of the operation. */
    closedAs: z.string().optional(),
  }),
)

const decided = z.object({
  decided: z.boolean(),
  refusal: z
    .discriminatedUnion('code', [
      z.object({ code: z.literal('operation_claimed'), claimedBy: claims }),
      z.object({ code: z.literal('transaction_credited'), operationId: z.string(), epoch: count }),
      z.object({ code: z.literal('older_epoch'), epoch: count, presentEpoch: count }),
      z.object({ code: z.literal('blocked_by_manual'), detail: z.looseObject({}) }),
      z.object({ code: z.literal('natural_key_used'), detail: z.looseObject({}) }),
    ])
    .nullable(),
  payment: storedPayment,
  /** The decision that was made; if none was, the last one about the payment. */
  decision: decision.nullable(),
})
export type DecidedPayment = z.infer<typeof decided>

/** A decision with what was asked, by which a repeat is known. */
interface Asked extends PaymentKey {
  note: string
  keyName: string
  asked: Record<string, string>
}

/** A refund that the ledger shows. The first of `choices` that nobody has is claimed. */
export interface ShownRefund {
  stellarTransaction: string
  choices: string[][]
  amount: string | null
  differences: readonly object[]
}

/** Closes open money, or opens it again. null: no such payment. @throws AppError `database_unavailable` */
export function decidePayment(
  db: Database,
  wanted: Asked & {
    decision: 'refunded' | 'reported' | 'ignored' | 'reopen'
    /** Only for `refunded`. */
    refund: ShownRefund | null
  },
): Promise<DecidedPayment | null> {
  return callChecked(db, decided.nullable(), 'decide_payment', wanted)
}

/** Credits open money to a transaction. null: no such payment. @throws AppError `database_unavailable` */
export function assignPayment(
  db: Database,
  wanted: Asked & { update: NewUpdate; sentence: string; evidence: object },
): Promise<DecidedPayment | null> {
  return callChecked(db, decided.nullable(), 'assign_payment', wanted)
}

/** A stored payment in the form in which the ledger shows it. */
export function ledgerPaymentOf(stored: StoredPayment): LedgerPayment {
  const { operationId, ledger, closedAt, transactionHash, successful, kind, amount } = stored
  const { from, fromMuxedId, to, toMuxedId } = stored
  return {
    operationId,
    cursor: operationId,
    ledger,
    closedAt,
    transactionHash,
    successful,
    kind,
    from,
    fromMuxedId,
    to,
    toMuxedId,
    asset: parseAsset(stored.asset),
    amount,
    memo: memoOf(stored),
  }
}

function memoOf({ memoType: type, memo: value }: StoredPayment): LedgerMemo {
  if (value === null || type === 'none') return { type: 'none' }
  return type === 'other' ? { type, shown: value } : { type, value }
}
