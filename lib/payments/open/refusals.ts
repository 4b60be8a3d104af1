import type { Caller, Scope } from '../../caller.ts'
import type { Database } from '../../db/client.ts'
import { describeDecision } from '../../decisions/describe.ts'
import type { Decision } from '../../decisions/store.ts'
import { AppError } from '../../errors.ts'
import type { StoredPayment } from '../store.ts'
import { type DecidedPayment, type PaymentKey, readArchivedPayment } from './store.ts'

/** The refusal of a decision about a payment that is not stored. @throws AppError `database_unavailable` */
export async function missingPayment(db: Database, key: PaymentKey): Promise<AppError> {
  const archived = await readArchivedPayment(db, key)
  if (archived === null) return unknownPayment(key)
  return new AppError(
    'decision_refused',
    `The payment "${key.operationId}" is archived since ${archived.payment.archivedAt}; allowed: a payment that is not archived`,
  )
}

export function unknownPayment({ operationId, epoch }: PaymentKey): AppError {
  const where = epoch === null ? 'the present epoch' : `epoch ${epoch}`
  return new AppError(
    'not_found',
    `No payment with the operation "${operationId}" is recorded in ${where}; allowed: the operation id of a recorded payment`,
  )
}

/** @throws AppError `forbidden` for a key without one of these scopes */
export function refuseWithout(scopes: readonly Scope[], { keyName, rights }: Caller): void {
  const missing = scopes.filter((scope) => !rights.has(scope))
  if (missing.length === 0) return
  throw new AppError(
    'forbidden',
    `The key "${keyName}" may decide, and this needs more; allowed: a key with the scopes decide, ${scopes.join(', ')}`,
  )
}

/** The refusal of a decision that does not hold, with both values of each part. */
export function differing(
  what: string,
  differences: readonly { part: string; paid: string; expected: string }[],
  allowed: string,
): AppError {
  const details = differences.map(({ part, paid, expected }) => ({
    path: part,
    message: `${part} is ${paid}, and ${expected} is expected`,
  }))
  const parts = details.map(({ message }) => message).join('; ')
  return new AppError('decision_refused', `${what}: ${parts}; allowed: ${allowed}`, { details })
}

/** What was decided. @throws AppError `decision_refused` if nothing was, with who decided before */
export function acceptDecided(
  { decided, refusal, payment, decision }: DecidedPayment,
  allowed: string,
): { payment: StoredPayment; decision: Decision } {
  if (decided && decision !== null) return { payment, decision }
  const who = describeDecision(decision)
  const about = `The payment "${payment.operationId}" is ${payment.state}${who}`
  throw new AppError(
    'decision_refused',
    `${about}; ${whyRefused(refusal) ?? `allowed: ${allowed}`}`,
  )
}

function whyRefused(refusal: DecidedPayment['refusal']): string | null {
  switch (refusal?.code) {
    case undefined:
      return null
    case 'operation_claimed': {
      const [claim] = refusal.claimedBy
      const rule = 'allowed: an operation that counts for nothing else'
      if (claim?.closedAs !== undefined)
        return `the payment was closed as ${claim.closedAs}; ${rule}`
      return claim?.transactionId === undefined
        ? `its Stellar transaction pays back the payment ${claim?.refundOf}; ${rule}`
        : `the operation was reported for the transaction "${claim.transactionId}"; ${rule}`
    }
    case 'transaction_credited':
      return `the transaction was credited with the operation "${refusal.operationId}" of epoch ${refusal.epoch}; allowed: a transaction that was not credited with a payment`
    case 'blocked_by_manual':
      return 'an earlier update of the transaction waits for a person; allowed: to decide that one first'
    case 'natural_key_used':
      return 'an update credits the operation already; allowed: to wait for its end'
  }
}
