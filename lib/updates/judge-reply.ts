import { RPC_INTERNAL_ERROR, type RpcError } from '../platform/envelope.ts'
import { findEvidence } from '../platform/evidence.ts'
import type { PlatformProfile, RpcMethod } from '../platform/methods.ts'
import { isTemporary, isUnknownToLedger, type PlatformReply } from '../platform/reply.ts'
import { explainStatusRefusal, refusedState, stateOf } from '../platform/status-rules.ts'
import type { PlatformTransaction } from '../platform/transaction.ts'
import { type ReadyAttempt, tryReading, type UpdateIo } from './context.ts'
import { creditsPayment } from './identity.ts'
import { LOOK_AGAIN_SECONDS } from './look-again.ts'
import { SETTLER_READS_AFTER_SECONDS, type sendAndWatch } from './proof.ts'
import { PAUSED, putOffSeconds } from './result.ts'

/** The move of an attempt after its send: its new state, and what is recorded with it. */
export interface Move {
  to: 'APPLIED' | 'REJECTED' | 'UNKNOWN' | 'READY'
  outcome: Record<string, unknown>
  transaction: PlatformTransaction | null
  settleInSeconds: number | null
}

/** Judges the reply to an attempt. An error or a refusal needs one more reading of the transaction. */
export async function judgeReply(
  reply: Awaited<ReturnType<typeof sendAndWatch>>,
  attempt: ReadyAttempt,
  pre: PlatformTransaction,
  io: UpdateIo,
): Promise<Move> {
  switch (reply.kind) {
    case 'result':
      return {
        to: 'APPLIED',
        outcome: { by: 'platform' },
        transaction: reply.transaction,
        settleInSeconds: LOOK_AGAIN_SECONDS,
      }
    case 'shown':
      return appliedByEvidence(reply.transaction, { reason: 'the transaction shows the update' })
    case 'refused':
      return judgeRefused(reply, attempt, pre, io)
    case 'conflict':
      // Custody pays before the platform saves. Any other update is sent again at once, so it is not put off.
      return attempt.custody
        ? unknown({ reason: reply.message })
        : { ...later(reply.message, null), settleInSeconds: null }
    case 'not_sent':
      return later(reply.reason, null, reply.code === 'paused' ? PAUSED : {})
    case 'error':
      return judgeError(reply, attempt, pre, io)
    case 'unclear':
      return unknown({ reason: reply.reason, body: reply.body })
  }
}

/** The statuses that a change of the platform's configuration may cure. */
const CURABLE: ReadonlySet<number> = new Set([401, 403, 404])

/** With these and with 200 (the batch limit) the platform itself says that it has not begun. */
const NOT_BEGUN: ReadonlySet<number> = new Set([200, 401, 403])

/**
 * A gateway may answer 400, 404 or 429 although the platform applied the update, so one reading decides. If the
 * transaction is unchanged: retry after 429; retry after 401/403/404 only if unattended; never retry custody money, which
 * the platform may still be paying while the gateway has answered.
 */
async function judgeRefused(
  { status, reason, retryAfterMs }: Extract<PlatformReply, { kind: 'refused' }>,
  attempt: ReadyAttempt,
  pre: PlatformTransaction,
  io: UpdateIo,
): Promise<Move> {
  const { custody, unattended } = attempt
  const seen = await lookAgain(attempt, pre, io)
  if (seen.kind === 'applied') return appliedByEvidence(seen.transaction, { reason })
  if (seen.kind === 'unreadable') return unknown({ reason: `${reason}; then: ${seen.reason}` })
  if (seen.kind === 'changed' || (custody && !NOT_BEGUN.has(status))) return unknown({ reason })
  if (!custody && (status === 429 || (unattended && CURABLE.has(status)))) {
    return later(reason, Math.ceil((retryAfterMs ?? 0) / 1000))
  }
  const data = { reason: 'platform_refused', httpStatus: status }
  const error = { ...internalError(reason), data }
  return {
    to: 'REJECTED',
    outcome: { by: 'platform', error },
    transaction: seen.transaction,
    settleInSeconds: null,
  }
}

/**
 * An error with our rpc id says that the platform has finished the request. It may have saved the update before the error,
 * mostly with -32603, so the transaction is read again. After -32603 a custody service may have paid although nothing was
 * saved.
 */
async function judgeError(
  reply: Extract<PlatformReply, { kind: 'error' }>,
  attempt: ReadyAttempt,
  pre: PlatformTransaction,
  io: UpdateIo,
): Promise<Move> {
  const { method, custody, origin } = attempt
  const failed = reply.code === RPC_INTERNAL_ERROR
  const answered = { code: reply.code, message: reply.message }
  if (failed && custody) return unknown({ reason: reply.message, error: answered })
  const seen = await lookAgain(attempt, pre, io)
  if (seen.kind === 'applied') return appliedByEvidence(seen.transaction, { error: answered })
  if (seen.kind === 'unreadable') {
    return unknown({ reason: `${reply.message}; then: ${seen.reason}`, error: answered })
  }
  if (failed && seen.kind === 'changed') {
    return unknown({ reason: reply.message, error: answered })
  }
  const temporary = failed && isTemporary(reply.message)
  // Nobody repeats the credit of a payment, so it is sent again here. Its payment was read from a ledger, so that a platform
  // whose ledger does not know it yet lags behind.
  const isCurable = temporary || (failed && isUnknownToLedger(reply.message))
  if (isCurable && creditsPayment(origin)) return later(reply.message, null)
  const error = temporary
    ? { ...internalError(reply.message), data: { reason: 'platform_ledger_unavailable' } }
    : explained(reply, method, seen.transaction ?? pre, io.profile)
  return {
    to: 'REJECTED',
    outcome: { by: 'platform', error },
    transaction: seen.transaction,
    settleInSeconds: null,
  }
}

type SecondReading =
  | { kind: 'applied'; transaction: PlatformTransaction }
  /** `transaction` is null when the platform has none with this id. */
  | { kind: 'unchanged' | 'changed'; transaction: PlatformTransaction | null }
  | { kind: 'unreadable'; reason: string }

/** Reads the transaction after the send and compares it with the reading before. */
async function lookAgain(
  { method, params }: ReadyAttempt,
  pre: PlatformTransaction,
  io: UpdateIo,
): Promise<SecondReading> {
  const reading = await tryReading(params.transaction_id, io)
  if ('failure' in reading) return { kind: 'unreadable', reason: reading.failure }
  const { transaction } = reading
  if (transaction === null) return { kind: 'changed', transaction }
  return { kind: findEvidence({ method, params }, pre, transaction, io.profile), transaction }
}

function appliedByEvidence(
  transaction: PlatformTransaction,
  detail: Record<string, unknown>,
): Move {
  const outcome = { by: 'evidence', ...detail }
  return { to: 'APPLIED', outcome, transaction, settleInSeconds: LOOK_AGAIN_SECONDS }
}

/** The update had no effect and is sent again later. */
function later(reason: string, retryAfterSeconds: number | null, mark: object = {}): Move {
  const settleInSeconds = putOffSeconds(retryAfterSeconds)
  return { to: 'READY', outcome: { by: 'us', reason, ...mark }, transaction: null, settleInSeconds }
}

function internalError(message: string): RpcError {
  return { code: RPC_INTERNAL_ERROR, message }
}

/** Adds to a refusal of the status why it is refused and which methods are legal now. */
function explained(
  { code, message }: { code: number; message: string },
  method: RpcMethod,
  transaction: PlatformTransaction,
  profile: PlatformProfile,
): RpcError {
  const error = { code: code as RpcError['code'], message }
  if (!/^RPC method\[.*\] is not supported\. Status\[/.test(message)) return error
  const state = refusedState(message, stateOf(transaction))
  const { sentence, legalMethods } = explainStatusRefusal(method, state, profile)
  return { ...error, data: { explanation: sentence, legalMethods } }
}

function unknown(detail: Record<string, unknown>): Move {
  return {
    to: 'UNKNOWN',
    outcome: { by: 'us', ...detail },
    transaction: null,
    settleInSeconds: SETTLER_READS_AFTER_SECONDS,
  }
}
