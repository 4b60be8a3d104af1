import { PlatformReadError } from '../platform/client.ts'
import { RPC_INTERNAL_ERROR, type RpcError } from '../platform/envelope.ts'
import { findEvidence } from '../platform/evidence.ts'
import type { PlatformProfile, RpcMethod } from '../platform/methods.ts'
import type { PlatformReply } from '../platform/reply.ts'
import { explainStatusRefusal, refusedState, stateOf } from '../platform/status-rules.ts'
import type { PlatformTransaction } from '../platform/transaction.ts'
import type { ReadyAttempt, UpdateIo } from './context.ts'
import { afterSeconds, putOffUntil, QUIET_SECONDS } from './result.ts'

/** The move of an attempt after its send: its new state, and what is recorded with it. */
interface Move {
  to: 'APPLIED' | 'REJECTED' | 'UNKNOWN' | 'READY'
  outcome: Record<string, unknown>
  transaction: PlatformTransaction | null
  settleAt: string | null
}

/** Judges the reply to an attempt. An error reply needs one more reading of the transaction. */
export async function judgeReply(
  reply: PlatformReply,
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
        settleAt: null,
      }
    case 'refused':
      return judgeRefused(reply, attempt, io)
    case 'not_sent':
      return {
        to: 'READY',
        outcome: { by: 'us', reason: reply.reason },
        transaction: null,
        settleAt: putOffUntil(null, io),
      }
    case 'error':
      return judgeError(reply, attempt, pre, io)
    case 'unclear':
      return unknown({ reason: reply.reason, body: reply.body }, io)
  }
}

/** The statuses that a change of the platform's configuration may cure. */
const CURABLE: ReadonlySet<number> = new Set([401, 403, 404])

/** Retry after 429. Retry after 401/403/404 only if unattended. Never retry custody money. */
function judgeRefused(
  { status, reason, retryAfterMs }: Extract<PlatformReply, { kind: 'refused' }>,
  { custody, unattended }: ReadyAttempt,
  io: UpdateIo,
): Move {
  if (!custody && (status === 429 || (unattended && CURABLE.has(status)))) {
    const settleAt = putOffUntil(Math.ceil((retryAfterMs ?? 0) / 1000), io)
    return { to: 'READY', outcome: { by: 'us', reason }, transaction: null, settleAt }
  }
  const data = { reason: 'platform_refused', httpStatus: status }
  const error = { code: RPC_INTERNAL_ERROR, message: reason, data }
  return {
    to: 'REJECTED',
    outcome: { by: 'platform', error },
    transaction: null,
    settleAt: null,
  }
}

/**
 * An error with our rpc id says that the platform has finished the request. It may have saved the update before the error,
 * mostly with -32603, so the transaction is read again. After -32603 a custody service may have paid although nothing was
 * saved.
 */
async function judgeError(
  reply: Extract<PlatformReply, { kind: 'error' }>,
  { method, params, custody }: ReadyAttempt,
  pre: PlatformTransaction,
  io: UpdateIo,
): Promise<Move> {
  const failed = reply.code === RPC_INTERNAL_ERROR
  const answered = { code: reply.code, message: reply.message }
  if (failed && custody) return unknown({ reason: reply.message, error: answered }, io)
  let now: PlatformTransaction | null
  try {
    now = await io.platform.getTransaction(params.transaction_id)
  } catch (error) {
    if (!(error instanceof PlatformReadError)) throw error
    return unknown({ reason: `${reply.message}; then: ${error.message}`, error: answered }, io)
  }
  const evidence = now === null ? 'changed' : findEvidence({ method, params }, pre, now, io.profile)
  if (evidence === 'applied') {
    const outcome = { by: 'evidence', error: answered }
    return { to: 'APPLIED', outcome, transaction: now, settleAt: null }
  }
  if (failed && evidence === 'changed') {
    return unknown({ reason: reply.message, error: answered }, io)
  }
  const error = explained(reply, method, now ?? pre, io.profile)
  return { to: 'REJECTED', outcome: { by: 'platform', error }, transaction: now, settleAt: null }
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

function unknown(detail: Record<string, unknown>, io: UpdateIo): Move {
  return {
    to: 'UNKNOWN',
    outcome: { by: 'us', ...detail },
    transaction: null,
    settleAt: afterSeconds(io, QUIET_SECONDS),
  }
}
