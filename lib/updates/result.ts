import { AppError } from '../errors.ts'
import { RPC_INTERNAL_ERROR, RPC_INVALID_REQUEST, type RpcError } from '../platform/envelope.ts'
import { textOf } from '../text-of.ts'
import type { AttemptState } from './stored-attempt.ts'

/** The settler runs every minute and settles an update after 180 s. If one is open for an hour, it does not run. */
export const LATE_UPDATE_SECONDS = 3_600

/**
 * 180 s after its send an update is no longer on its way: the network, and the calls that the platform makes before it
 * saves, take less. The promise that an update is applied once depends on this time.
 */
export const QUIET_SECONDS = 180
/** The wait after an update could not be sent or its transaction could not be read. */
const PUT_OFF_SECONDS = 30
/** The longest wait, even if a busy platform or ledger asks for more. */
const LONGEST_PUT_OFF_SECONDS = 60

/** In the outcome of an attempt: an earlier send than the last one may have been applied. The mark stays there. */
export const IN_DOUBT = { mayBeApplied: true } as const

/** In the outcome of an attempt that was put off by an open breaker: it is sent as soon as the platform answers. */
export const PAUSED = { paused: true } as const

export function isPaused({ outcome }: { outcome: Record<string, unknown> | null }): boolean {
  return outcome?.['paused'] === true
}

/** The mark of an attempt, for its next outcome. */
export function doubtOf(attempt: { outcome: Record<string, unknown> | null }): object {
  return mayBeApplied(attempt) ? IN_DOUBT : {}
}

export function mayBeApplied({ outcome }: { outcome: Record<string, unknown> | null }): boolean {
  return outcome?.['mayBeApplied'] === true
}

interface Clock {
  now: () => Date
}

/** What the caller of an update hears. */
export type UpdateResult =
  | {
      kind: 'applied'
      attemptId: string
      transaction: Readonly<Record<string, unknown>>
      /** The evidence of the ledger check, for a method that has one. */
      ledger?: Record<string, unknown>
    }
  /** `state` is set unless it ended REJECTED. */
  | {
      kind: 'rejected'
      attemptId: string | null
      error: RpcError
      state?: 'NOT_APPLIED' | 'EXPIRED' | 'WITHDRAWN'
    }
  /** The outcome is not known yet, or a person must decide it. Never report it as failed. */
  | {
      kind: 'open'
      attemptId: string
      state: AttemptState
      reason: string
      settleBy: string | null
    }

/** The result of an update of a request. */
export type RequestedResult =
  | UpdateResult
  /** Whether the update is stored is not known. A repeat of the request with this key stores it at most once. */
  | { kind: 'unstored'; idempotencyKey: string }

/** The error for a request whose only update is `unstored`. */
export function unstored(): AppError {
  return new AppError('database_unavailable', 'Whether the update is stored is not known.')
}

/** The result of an update whose outcome will be known later. */
export function openResult(
  attemptId: string,
  state: AttemptState,
  reason: string,
  settleBy: string | null,
): UpdateResult {
  return { kind: 'open', attemptId, state, reason, settleBy }
}

/** Turns the stored state and outcome of an attempt into the result for its caller. */
export function toResult(
  attemptId: string,
  state: AttemptState,
  outcome: Record<string, unknown> | null,
  transaction: Readonly<Record<string, unknown>>,
  io: Clock,
  settleBy: string | null = null,
): UpdateResult {
  if (state === 'APPLIED') return { kind: 'applied', attemptId, transaction }
  if (state === 'REJECTED') {
    const error = outcome?.['error'] as RpcError | undefined
    return { kind: 'rejected', attemptId, error: error ?? ownRejection(outcome) }
  }
  if (state === 'EXPIRED' || state === 'WITHDRAWN') {
    const reason = state === 'EXPIRED' ? 'expired' : 'withdrawn'
    const ending = state === 'EXPIRED' ? 'expired' : 'was withdrawn'
    const message = `The update was not applied: it ${ending}.`
    const data = { ...(outcome ?? {}), reason }
    return {
      kind: 'rejected',
      attemptId,
      state,
      error: { code: RPC_INVALID_REQUEST, message, data },
    }
  }
  if (state === 'NOT_APPLIED') {
    const reason = isDecided(outcome) ? DECIDED : outcome?.['reason']
    const message = `The update was not applied: ${textOf(reason ?? 'the transaction did not change')}`
    return { kind: 'rejected', attemptId, state, error: { code: RPC_INTERNAL_ERROR, message } }
  }
  const reason = textOf(outcome?.['reason'] ?? 'The outcome is not known yet.')
  const waitsForPerson = state === 'MANUAL' || state === 'LOST'
  const latest = settleBy ?? (waitsForPerson ? null : afterSeconds(io, QUIET_SECONDS))
  return openResult(attemptId, state, reason, latest)
}

/** The reason in the outcome of such an attempt says why a person had to decide, and not why it ended. */
function isDecided(outcome: Record<string, unknown> | null): boolean {
  return outcome?.['decision'] !== undefined
}

const DECIDED = 'a person decided so.'

/** The error for a rejection by the database, such as a refund above `amount_in`, or by a person. */
export function ownRejection(outcome: Record<string, unknown> | null): RpcError {
  if (isDecided(outcome)) {
    const message = `The update was rejected: ${DECIDED}`
    return { code: RPC_INVALID_REQUEST, message, data: { reason: 'decided' } }
  }
  const reason = textOf(outcome?.['reason'] ?? 'refused')
  const data = { reason, ...(outcome ?? {}) }
  if (reason === 'refund_exceeds') {
    return { code: -32602, message: 'Refund amount exceeds amount_in', data }
  }
  const message = OWN_REJECTIONS[reason] ?? `The update was refused before it was sent: ${reason}`
  return { code: RPC_INVALID_REQUEST, message, data }
}

const OWN_REJECTIONS: Readonly<Record<string, string>> = {
  custody_paid:
    'A person found that an earlier update of this transaction had paid, so this one is not sent; send it as a new update if it is to pay again.',
  stellar_operation_claimed:
    'stellar_transaction_id refused: the payment was reported for another transaction before; allowed: another payment, or "force" with a note.',
  reported_before:
    'stellar_transaction_id refused: the payment was reported for this transaction before; allowed: an Idempotency-Key that was not used before, or "force" with a note.',
}

/** The next try comes in 30 s, or later if the other side asks for that, but in 60 s at the latest. */
export function putOffSeconds(retryAfterSeconds: number | null): number {
  const seconds = Math.max(retryAfterSeconds ?? 0, PUT_OFF_SECONDS)
  return Math.min(seconds, LONGEST_PUT_OFF_SECONDS)
}

/** The time in so many seconds, as ISO 8601, for the caller. The database measures times by its own clock. */
export function afterSeconds({ now }: Clock, seconds: number): string {
  return new Date(now().getTime() + seconds * 1000).toISOString()
}
