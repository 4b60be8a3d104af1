import { RPC_INTERNAL_ERROR, RPC_INVALID_REQUEST, type RpcError } from '../platform/envelope.ts'
import type { AttemptState } from './store.ts'

/**
 * An update that was silent this long is not under way any more: the network and the platform's own calls before it saves
 * take less. Everything that is promised about "once" rests on it.
 */
export const QUIET_SECONDS = 180
/** The next look at an update that could not be sent, or at a transaction that could not be read. */
const PUT_OFF_SECONDS = 30
/** The longest that a busy platform or ledger is left alone, whatever it asks for. */
const LONGEST_PUT_OFF_SECONDS = 60

interface Clock {
  now: () => Date
}

/** What is known of an update and may be told. */
export type UpdateResult =
  | {
      kind: 'applied'
      attemptId: string
      transaction: Readonly<Record<string, unknown>>
      /** What the ledger showed before, for the methods that ask it. */
      ledger?: Record<string, unknown>
    }
  | { kind: 'rejected'; attemptId: string | null; error: RpcError }
  /** Not known yet, or a person's to say: never to be called failed. */
  | {
      kind: 'open'
      attemptId: string
      state: AttemptState
      reason: string
      settleBy: string | null
    }

/** An update of which more will be known later. */
export function openResult(
  attemptId: string,
  state: AttemptState,
  reason: string,
  settleBy: string | null,
): UpdateResult {
  return { kind: 'open', attemptId, state, reason, settleBy }
}

/** What a stored state and outcome say to whoever asks. */
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
  if (state === 'NOT_APPLIED') {
    const message = `The update was not applied: ${String(outcome?.['reason'] ?? 'the transaction did not change')}`
    return { kind: 'rejected', attemptId, error: { code: RPC_INTERNAL_ERROR, message } }
  }
  const reason = String(outcome?.['reason'] ?? 'The outcome is not known yet.')
  const latest = settleBy ?? (state === 'MANUAL' ? null : afterSeconds(io, QUIET_SECONDS))
  return openResult(attemptId, state, reason, latest)
}

/** A rejection that the database itself decided, such as a refund above what was paid in. */
function ownRejection(outcome: Record<string, unknown> | null): RpcError {
  const reason = String(outcome?.['reason'] ?? 'refused')
  const data = { reason, ...(outcome ?? {}) }
  if (reason === 'refund_exceeds') {
    return { code: -32602, message: 'Refund amount exceeds amount_in', data }
  }
  return {
    code: RPC_INVALID_REQUEST,
    message: `The update was refused before it was sent: ${reason}`,
    data,
  }
}

/** When the other side is tried again: in 30 s, or later where it asks for that. */
export function putOffUntil(retryAfterSeconds: number | null, io: Clock): string {
  const seconds = Math.max(retryAfterSeconds ?? 0, PUT_OFF_SECONDS)
  return afterSeconds(io, Math.min(seconds, LONGEST_PUT_OFF_SECONDS))
}

/** ISO 8601. */
export function afterSeconds({ now }: Clock, seconds: number): string {
  return new Date(now().getTime() + seconds * 1000).toISOString()
}
