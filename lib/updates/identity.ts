import { createHash } from 'node:crypto'
import type { Update } from '../platform/evidence.ts'
import { instantNanoseconds } from '../platform/instant.ts'
import {
  PAYMENT_REQUEST_METHOD,
  type PlatformProfile,
  RECEIVED_PAYMENT_METHOD,
} from '../platform/methods.ts'
import type { RefundParam } from '../platform/params.ts'
import { isDecimal } from '../stellar/amount.ts'

/** The origin of the updates that the payment observer stores. */
export const PAYMENT_OBSERVER = 'payment_observer'
/** The origin of the update that credits a payment to the transaction that a person named. */
export const ASSIGNMENT = 'assignment'

/** Whether an update credits a payment that was judged here: nobody outside repeats it, and its operation is known. */
export const creditsPayment = (origin: string) =>
  origin === PAYMENT_OBSERVER || origin === ASSIGNMENT

/** The method of those updates. */
export const PAYMENT_OBSERVER_METHOD = RECEIVED_PAYMENT_METHOD
/** The update whose params name the account that a customer is to pay. */
export const ACCOUNT_METHOD = PAYMENT_REQUEST_METHOD

/** The natural key of the update by which the payment observer credits an operation. */
export const operationKey = (epoch: number, operationId: string) =>
  `operation ${operationId} of epoch ${epoch}`

/** The operation that an update credits; null for an update of another origin. */
export function creditedOperation({
  origin,
  naturalKey: key,
}: {
  origin: string
  naturalKey: string | null
}): string | null {
  return creditsPayment(origin)
    ? (/^operation (\d+) of epoch \d+$/.exec(key ?? '')?.[1] ?? null)
    : null
}

/** The longest natural key that the database takes. */
const MAX_KEY_LENGTH = 512

/**
 * The natural key of an update: its method, its transaction, and the Stellar transaction or refund that it reports. Two
 * updates with the same natural key are one update, even with different idempotency keys. null for an update that may be
 * meant twice.
 */
export function naturalKey(update: Update): string | null {
  const reported = reportedOnce(update)
  if (reported === null) return null
  const { method, params } = update
  return shortKey(JSON.stringify([method.name, params.transaction_id, reported]))
}

/** The natural key of an update that is meant again. Updates that follow the same change of the transaction are one. */
export function keyOfAgain(
  key: string | null,
  { status, updated_at }: { status: string; updated_at: string | null },
): string {
  // The answer to an update has nanoseconds, a reading has microseconds.
  const microseconds = ((instantNanoseconds(updated_at) ?? 0n) + 500n) / 1000n
  return shortKey(JSON.stringify([key, status, String(microseconds)]))
}

function shortKey(key: string): string {
  if (key.length <= MAX_KEY_LENGTH) return key
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}

function reportedOnce({ method: { onceBy }, params }: Update): string | null {
  if (onceBy === 'stellar_transaction_id') {
    return params.stellar_transaction_id?.toLowerCase() ?? null
  }
  const { refund } = params
  return onceBy === 'refund.id' && refund?.id && isCountable(refund) ? refund.id : null
}

/** Whether an update makes a custody service pay. Only a person may send it a second time. */
export function isCustodyMoney(
  { method: { paysByCustody }, params }: Update,
  { custody }: PlatformProfile,
): boolean {
  if (paysByCustody === 'always') return true
  return paysByCustody === 'on_success' && custody && params.success === true
}

/** The refund that an update adds to the recorded refunds. null when it adds none, or when a part of it is missing. */
export function reportedRefund({
  method,
  params: { refund },
}: Update): { id: string; amount: string; fee: string; asset: string } | null {
  if (!method.countsRefund) return null
  const { id, amount, amount_fee: fee } = refund ?? {}
  if (!id || amount?.amount === undefined || fee?.amount === undefined) return null
  if (amount.asset === undefined || !isCountable({ amount, amount_fee: fee })) return null
  return { id, amount: amount.amount, fee: fee.amount, asset: amount.asset }
}

/** Whether a refund can be recorded: the platform never applies one whose amounts are not plain decimals. */
function isCountable({ amount, amount_fee: fee }: RefundParam): boolean {
  return [amount?.amount, fee?.amount].every((text) => text === undefined || isDecimal(text))
}
