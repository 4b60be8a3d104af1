import type { ModelDatabase } from '../../model-database/database.ts'
import {
  type Json,
  raised,
  type TransactionRow,
  WITHOUT_EFFECT,
} from '../../model-database/tables.ts'
import type { DueName } from './due.ts'

/** One row of `anchor_ops.payment`. */
export interface PaymentRow {
  epoch: number
  operationId: string
  account: string
  source: string
  transactionHash: string
  amount: string | null
  verdict: string
  transactionId: string | null
  attemptId: string | null
  evidence: Json
  sentence: string
  /** The number of the page that recorded it; rows of one page have the same. */
  judgedSeq: number
  /** When it got its verdict, in milliseconds since 1970. */
  judgedAt: number
  recordedAt: number
  /** The verdicts before this one, the oldest first. */
  earlier: { verdict: string; sentence: string; judgedAt: number }[]
  /** What the ledger shows, as it was first recorded. */
  facts: Json
  /** From when on it is to be judged again, in milliseconds; null for one that is not. */
  dueAt: number | null
  dueMark: string
  isDust: boolean
  /** Since when it has been open money, in milliseconds; null while it is not. */
  openSince: number | null
  /** The decisions of persons that closed it, and that assigned it last. */
  closedBy: string | null
  assignedBy: string | null
}

/** One row of `anchor_ops.observer`; times are milliseconds. */
export interface ObserverRow {
  account: string
  source: string
  /** The epoch of the ledger to which the cursor belongs. */
  epoch: number
  cursor: string | null
  startedFrom: string | null
  /** The number of the last start that was chosen, and its cursor; 0 before the first. */
  jumpSeq: number
  startCursor: string | null
  checkpoint: { sequence: number; hash: string } | null
  completeUntil: number | null
  observedAt: number | null
  alarm: { code: string; message: string; since: string } | null
  sweepCursor: string | null
  sweptAt: number | null
  holder: string | null
  leaseUntil: number
}

/** The newest ledger that was seen of an epoch. */
export interface SeenLedger {
  sequence: number
  hash: string
  closedAtMs: number
}

/** The rules that the database keeps. A mutant may leave one out. */
export interface PaymentRules {
  /** A stored operation is skipped unless its verdict may change. */
  skipsStored: boolean
  /** One payment is credited to a transaction. */
  creditsOnce: boolean
  /** The update of a credit is stored under its operation. */
  keepsNaturalKey: boolean
  /** A payment that waited for a transaction may get another verdict. */
  rejudges: boolean
  /** Only the holder of the account writes, and only from the cursor that it knows. */
  comparesAndSets: boolean
  /** A payment that a person closed is neither due nor judged again, and its operation is claimed. */
  closingHolds: boolean
  /** A payment that is opened again is open money. */
  reopenOpens: boolean
  /** A payment is open money again once its credit ended without effect. */
  opensRefused: boolean
  /** Every report of an operation has a claim of its own. */
  claimsBeside: boolean
}

export const ALL_RULES: PaymentRules = {
  skipsStored: true,
  creditsOnce: true,
  keepsNaturalKey: true,
  rejudges: true,
  comparesAndSets: true,
  closingHolds: true,
  reopenOpens: true,
  opensRefused: true,
  claimsBeside: true,
}

/** One row of `anchor_ops.side_look`; times are milliseconds. */
export interface SideLookRow {
  account: string
  source: string
  jumpSeq: number
  balanceCursor: string | null
  effectCursor: string | null
  beganAt: number
  nextAt: number
  lookedAt: number | null
  failure: { code: string; message: string; since: string } | null
  holder: string | null
  leaseUntil: number
}

/** One list of the platform that is read whole; times are milliseconds. */
export interface OpenListRow {
  sep: string
  status: string
  nextPage: number
  listed: string[]
  beganAt: number | null
  wholeAt: number | null
}

/** The tables of the payments, on top of those of the updates. */
export interface PaymentTables {
  base: ModelDatabase
  now: () => number
  rules: PaymentRules
  /** By account and source. */
  observers: Map<string, ObserverRow>
  /** By epoch and operation id, as `paymentKey` joins them. */
  payments: Map<string, PaymentRow>
  /** The payments that were archived, as `payments`, with the state that they had. */
  archived: Map<string, PaymentRow & { stateBefore: string; archivedAt: number }>
  /** By account and source. */
  sideLooks: Map<string, SideLookRow>
  /** Starts of accounts that were chosen so far. */
  jumps: number
  /** Payments by the transaction that they are credited to. */
  creditedBy: Map<string, { epoch: number; operationId: string }>
  /** The newest ledger that was seen of each epoch; the last is the present one. */
  epochs: (SeenLedger | null)[]
  /** By SEP and status. */
  openLists: Map<string, OpenListRow>
  /** Pages that were recorded so far. */
  pages: number
  /** Names whose payments are to be marked as due. */
  dueNames: DueName[]
  /** Steps that marked payments as due so far. */
  marks: number
}

export const paymentKey = (epoch: number, operationId: string) => `${epoch} ${operationId}`

export const presentEpoch = ({ epochs }: PaymentTables): number => epochs.length

/** Keeps the newest ledger of the present epoch. */
export function seeLedger(tables: PaymentTables, ledger: SeenLedger): void {
  const known = tables.epochs.at(-1)
  if (ledger.sequence > (known?.sequence ?? 0)) tables.epochs[tables.epochs.length - 1] = ledger
}

/** `shown_operation` of the payment that is credited to a transaction; undefined without one. */
export function shownCredit(tables: PaymentTables, transactionId: string): string | undefined {
  const credited = tables.creditedBy.get(transactionId)
  if (credited === undefined || credited.epoch === presentEpoch(tables))
    return credited?.operationId
  return `${credited.operationId} of epoch ${credited.epoch}`
}

/** The payment that was credited to a transaction by an update that ended without effect (not `credit_holds`). */
export function refusedCredit(
  tables: PaymentTables,
  transactionId: string,
): PaymentRow | undefined {
  const credited = tables.creditedBy.get(transactionId)
  if (credited === undefined) return undefined
  const row = tables.payments.get(paymentKey(credited.epoch, credited.operationId))
  return row !== undefined && !creditHolds(tables, row) ? row : undefined
}

/** `credit_holds`. No update of a payment is sent anew in the simulation. */
export function creditHolds({ base }: PaymentTables, { attemptId }: PaymentRow): boolean {
  const credit = base.attempt(attemptId ?? '')
  return credit === undefined || !WITHOUT_EFFECT.has(credit.state)
}

export const findObserver = ({ observers }: PaymentTables, args: Json) =>
  observers.get(`${args['account']} ${args['source']}`)

/** The observer's row, if the holder of the call still holds it. */
export function heldObserver(tables: PaymentTables, args: Json): ObserverRow | undefined {
  const row = findObserver(tables, args)
  return row !== undefined && row.holder === args['holder'] ? row : undefined
}

const WITHDRAWALS: ReadonlySet<unknown> = new Set(['withdrawal', 'withdrawal-exchange'])
export const isWithdrawal = ({ kind }: Json): boolean => WITHDRAWALS.has(kind)

export function awaitsPayment(document: Json): boolean {
  const { sep, status } = document
  if (sep === '31') return status === 'pending_sender'
  const mayWait = (sep === '6' || sep === '24') && isWithdrawal(document)
  return mayWait && status === 'pending_user_transfer_start'
}

/** Whether a stored transaction waits: a payment is expected, and the platform has it. */
export const waits = ({ document, goneAt }: TransactionRow): boolean =>
  goneAt === null && awaitsPayment(document)

/** When the transaction began, in milliseconds since 1970. */
export function startOf({ document, firstSeenAt }: TransactionRow): number {
  const startedAt = document['started_at']
  return typeof startedAt === 'string' ? Date.parse(startedAt) : firstSeenAt
}

export const invalid = (functionName: string) => raised(functionName, '22023', 'invalid parameter')
