import { toAppError } from '../../../lib/db/errors.ts'
import type { AttemptState } from '../../../lib/updates/stored-attempt.ts'
import type { Decimal } from './decimal.ts'
import type { DecisionRow } from './decisions.ts'

export type Json = Record<string, unknown>

/** One row of `anchor_ops.attempt`; times are milliseconds. */
export interface AttemptRow {
  id: string
  seq: number
  transactionId: string
  method: string
  params: Json
  naturalKey: string | null
  custody: boolean
  origin: string
  keyName: string | null
  requestKey: string | null
  itemIndex: number
  state: AttemptState
  tries: number
  rpcId: string | null
  pre: Json | null
  post: Json | null
  sentAt: number | null
  settleAt: number | null
  expiresAt: number | null
  unreadableSince: number | null
  outcome: Json | null
  note: string | null
  forced: string | null
  ledger: Json | null
  claimedUntil: number | null
  createdAt: number
  updatedAt: number
}

/** One row of `anchor_ops.request`, under its idempotency key. */
export interface RequestRow {
  bodySha256: string
  answer: unknown
  done: boolean
  takenAt: number
  takenBy: string
  takenOver: boolean
}

export interface RefundRow {
  transactionId: string
  refundId: string
  method: string
  total: Decimal
  asset: string
  attemptId: string
}

/** One row of `anchor_ops.operation_claim` that was not released. */
export interface ClaimRow {
  stellarTransaction: string
  /** Empty for the whole Stellar transaction. */
  operationId: string
  /** With the attempt of the transaction; both are null for a decision about a payment. */
  transactionId: string | null
  attemptId: string | null
  decisionId: string | null
}

export interface TransactionRow {
  document: Json
  updatedMicroseconds: number
  firstSeenAt: number
  /** When the document was last stored. */
  seenAt: number
  /** When it was first seen closed; null while it is not closed. */
  closedSeenAt: number | null
  /** When the platform was first found not to have it; null once it shows it. */
  goneAt: number | null
  earlierSince: number | null
  earlierCount: number
  wentBack: Json | null
}

/** One row of `anchor_ops.noted_event`; times are milliseconds. */
export interface NotedRow {
  isKnown: boolean
  events: number
  notedAt: number
  dueAt: number
}

/** The tables of the updates. Each function of the model runs at once and whole, as in one transaction of Postgres. */
export interface Tables {
  /** The clock of the database server, in milliseconds since 1970. */
  now: () => number
  requests: Map<string, RequestRow>
  attempts: AttemptRow[]
  attemptById: Map<string, AttemptRow>
  refunds: RefundRow[]
  claims: ClaimRow[]
  /** Every report of an operation has a claim of its own. A mutant may leave that out. */
  claimsBeside: boolean
  decisions: DecisionRow[]
  transactions: Map<string, TransactionRow>
  /** By transaction. */
  noted: Map<string, NotedRow>
  /** The triggers of other parts. */
  triggers: Triggers
}

export interface Triggers {
  /** After a statement that stored transactions; `before` is null for a new one. */
  stored(changes: readonly { before: TransactionRow | null; after: TransactionRow }[]): void
  /** After an attempt moved. */
  moved(attempt: AttemptRow, from: AttemptState): void
}

export const OPEN: ReadonlySet<AttemptState> = new Set(['SENDING', 'UNKNOWN', 'MANUAL', 'LOST'])
/** The states of the index `attempt_one_open_per_transaction`. */
const ONE_OPEN: ReadonlySet<AttemptState> = new Set(['SENDING', 'UNKNOWN', 'MANUAL'])
export const ENDED: ReadonlySet<AttemptState> = new Set([
  'APPLIED',
  'REJECTED',
  'NOT_APPLIED',
  'EXPIRED',
  'WITHDRAWN',
])
export const WITHOUT_EFFECT: ReadonlySet<AttemptState> = new Set([
  'REJECTED',
  'NOT_APPLIED',
  'EXPIRED',
  'WITHDRAWN',
])

const MOVES: ReadonlySet<string> = new Set([
  'READY SENDING',
  'READY APPLIED',
  'READY REJECTED',
  'READY EXPIRED',
  'READY WITHDRAWN',
  'READY MANUAL',
  'SENDING READY',
  'SENDING UNKNOWN',
  'SENDING APPLIED',
  'SENDING REJECTED',
  'UNKNOWN APPLIED',
  'UNKNOWN REJECTED',
  'UNKNOWN MANUAL',
  'MANUAL APPLIED',
  'MANUAL REJECTED',
  'MANUAL NOT_APPLIED',
  'APPLIED LOST',
  'LOST APPLIED',
  'LOST REJECTED',
  'LOST NOT_APPLIED',
])
const MOVES_WITHOUT_CUSTODY: ReadonlySet<string> = new Set(['UNKNOWN READY', 'UNKNOWN NOT_APPLIED'])

/** `may_be_applied`. */
export const mayBeApplied = ({ outcome }: AttemptRow): boolean => outcome?.['mayBeApplied'] === true

/** @throws AppError when the attempt does not exist */
export function findAttempt({ attemptById }: Tables, functionName: string, id: string): AttemptRow {
  const found = attemptById.get(id)
  if (found === undefined) throw raised(functionName, 'AO003', `attempt ${id}: is not known`)
  return found
}

/** Changes the state as the trigger of the table allows. @throws AppError for any other change */
export function moveAttempt(
  tables: Tables,
  functionName: string,
  attempt: AttemptRow,
  to: AttemptState,
): void {
  if (attempt.state === to) return
  const name = `${attempt.state} ${to}`
  const isAllowed = MOVES.has(name) || (!attempt.custody && MOVES_WITHOUT_CUSTODY.has(name))
  const isFourthTry = name === 'UNKNOWN READY' && attempt.tries >= 3
  if (!isAllowed || isFourthTry) {
    throw raised(functionName, 'AO002', `attempt ${attempt.id}: ${name}`)
  }
  const isSecond = (one: AttemptRow) =>
    one !== attempt && one.transactionId === attempt.transactionId && ONE_OPEN.has(one.state)
  if (ONE_OPEN.has(to) && tables.attempts.some(isSecond)) {
    throw raised(functionName, '23505', 'attempt_one_open_per_transaction')
  }
  const from = attempt.state
  attempt.state = to
  attempt.updatedAt = tables.now()
  attempt.unreadableSince = null
  attempt.claimedUntil = null
  if (WITHOUT_EFFECT.has(to)) {
    tables.claims = tables.claims.filter(({ attemptId }) => attemptId !== attempt.id)
  }
  tables.triggers.moved(attempt, from)
}

export const isoTime = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())

/** The error that the shipped client makes of an SQLSTATE. */
export const raised = (functionName: string, code: string, message: string) =>
  toAppError(functionName, { code, message })
