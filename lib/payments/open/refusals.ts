import type { Caller, Scope } from '../../caller.ts'
import type { Database } from '../../db/client.ts'
import { describeDecision } from '../../decisions/describe.ts'
import type { Decision } from '../../decisions/store.ts'
import { AppError } from '../../errors.ts'
import { isDecidable, type StoredPayment } from '../store.ts'
import { type DecidedPayment, type PaymentKey, readArchivedPayment } from './store.ts'

/** The refusal of a decision about a payment that is not stored. @throws AppError `database_unavailable` */
export async function missingPayment(db: Database, key: PaymentKey): Promise<AppError> {
  const archived = await readArchivedPayment(db, key)
  if (archived === null) return unknownPayment(key)
  return refusedPayment(
    key.operationId,
    `is archived since ${archived.payment.archivedAt}`,
    'a payment that is not archived',
  )
}

/** The payment that the URL names, as errors about it begin. */
const named = (operationId: string) =>
  ({ path: 'operationId', what: `The payment "${operationId}"`, place: 'path' }) as const

/** @param problem goes on with the sentence that names the payment */
export function refusedPayment(operationId: string, problem: string, allowed: string): AppError {
  return new AppError('decision_refused', [{ ...named(operationId), problem, allowed }])
}

/**
 * Refuses to credit a payment or to pay it back when its ledger is gone. One that nobody may decide about passes, because
 * the database says who decided before.
 *
 * @throws AppError `decision_refused` for a payment of an older epoch
 */
export function refuseOlderEpoch(payment: StoredPayment): void {
  if (payment.isPresentEpoch || !isDecidable(payment)) return
  const { problem, allowed } = OLDER_EPOCH(payment.epoch)
  throw refusedPayment(payment.operationId, problem, allowed)
}

const OLDER_EPOCH = (epoch: number) => ({
  problem: `was made in epoch ${epoch} of the ledger, which a reset of the network has ended`,
  allowed: 'reported, ignored or reopen',
})

export function unknownPayment({ operationId, epoch }: PaymentKey): AppError {
  const where = epoch === null ? 'the present epoch' : `epoch ${epoch}`
  const problem = `is not recorded in ${where}`
  const allowed = 'the operation id of a recorded payment'
  return new AppError('not_found', [{ ...named(operationId), problem, allowed }])
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

/**
 * The refusal of a decision that does not hold, with both values of each part.
 *
 * @param asked the key of the body that names what the payment is compared with, and how the sentence about it goes on
 */
export function differing(
  { path, value, problem }: { path: string; value: string; problem: string },
  differences: readonly { part: string; paid: string; expected: string }[],
  allowed: string,
): AppError {
  const what = `${path} is "${value}"`
  return new AppError(
    'decision_refused',
    differences.map(({ part, paid, expected }) => ({
      path: part,
      what,
      place: 'body',
      problem: `${problem}: ${part} is ${paid}, and ${expected} is expected`,
      allowed,
    })),
  )
}

/** What was decided. @throws AppError `decision_refused` if nothing was, with who decided before */
export function acceptDecided(
  { decided, refusal, payment, decision }: DecidedPayment,
  allowed: string,
): { payment: StoredPayment; decision: Decision } {
  if (decided && decision !== null) return { payment, decision }
  const state = `is ${payment.state}${describeDecision(decision)}`
  const why = whyRefused(refusal)
  throw why === null
    ? refusedPayment(payment.operationId, state, allowed)
    : refusedPayment(payment.operationId, `${state}; ${why.problem}`, why.allowed)
}

function whyRefused(
  refusal: DecidedPayment['refusal'],
): { problem: string; allowed: string } | null {
  switch (refusal?.code) {
    case undefined:
      return null
    case 'operation_claimed':
      return {
        problem: describeClaim(refusal.claimedBy[0]),
        allowed: 'an operation that counts for nothing else',
      }
    case 'transaction_credited':
      return {
        problem: `the transaction was credited with the operation "${refusal.operationId}" of epoch ${refusal.epoch}`,
        allowed: 'a transaction that was not credited with a payment',
      }
    case 'older_epoch': {
      const { problem, allowed } = OLDER_EPOCH(refusal.epoch)
      return { problem: `it ${problem}`, allowed }
    }
    case 'blocked_by_manual':
      return {
        problem: 'an earlier update of the transaction waits for a person',
        allowed: 'to decide that one first',
      }
    case 'natural_key_used':
      return {
        problem: 'an update credits the operation already',
        allowed: 'to wait for its end',
      }
  }
}

type Claim = Extract<
  NonNullable<DecidedPayment['refusal']>,
  { code: 'operation_claimed' }
>['claimedBy'][number]

function describeClaim(claim: Claim | undefined): string {
  if (claim?.closedAs !== undefined) return `the payment was closed as ${claim.closedAs}`
  return claim?.transactionId === undefined
    ? `its Stellar transaction pays back the payment ${claim?.refundOf}`
    : `the operation was reported for the transaction "${claim.transactionId}"`
}
