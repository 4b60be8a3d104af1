import { createHash } from 'node:crypto'
import type { PlatformProfile } from '../platform/methods.ts'
import type { RefundParam, UpdateParams } from '../platform/params.ts'
import { isDecimal } from '../stellar/amount.ts'

/** The origin of updates that no person asked for: the payment observer's. */
export const PAYMENT_OBSERVER = 'payment_observer'

/** The longest natural key that the database takes. */
const MAX_KEY_LENGTH = 512

/**
 * What makes two updates the same whatever their idempotency keys say: the Stellar transaction or the refund that they
 * report of one transaction. null for updates that may repeat.
 */
export function naturalKey(method: string, params: UpdateParams): string | null {
  const key = (value: string) => storable(JSON.stringify([method, params.transaction_id, value]))
  switch (method) {
    case 'notify_onchain_funds_sent':
    case 'notify_onchain_funds_received':
      return params.stellar_transaction_id === undefined
        ? null
        : key(params.stellar_transaction_id.toLowerCase())
    case 'notify_refund_sent':
    case 'notify_refund_pending':
      return !params.refund?.id || !isCountable(params.refund) ? null : key(params.refund.id)
    default:
      return null
  }
}

function storable(key: string): string {
  if (key.length <= MAX_KEY_LENGTH) return key
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}

/** Whether an update makes a custody service pay: it is never sent twice by a machine. */
export function isCustodyMoney(
  method: string,
  params: UpdateParams,
  { custody }: PlatformProfile,
): boolean {
  if (method === 'do_stellar_payment' || method === 'do_stellar_refund') return true
  return method === 'notify_trust_set' && custody && params.success === true
}

/** The refund that an update reports, as texts for the ledger of refunds; null when it reports none in full. */
export function reportedRefund(
  method: string,
  { refund }: UpdateParams,
): { id: string; amount: string; fee: string; asset: string } | null {
  if (method !== 'notify_refund_sent' && method !== 'notify_refund_pending') return null
  const { id, amount, amount_fee: fee } = refund ?? {}
  if (!id || amount?.amount === undefined || fee?.amount === undefined) return null
  if (amount.asset === undefined || !isCountable({ amount, amount_fee: fee })) return null
  return { id, amount: amount.amount, fee: fee.amount, asset: amount.asset }
}

/** A refund of no plain decimals, such as a negative one, is never applied, and the ledger has no place for it. */
function isCountable({ amount, amount_fee: fee }: RefundParam): boolean {
  return [amount?.amount, fee?.amount].every((text) => text === undefined || isDecimal(text))
}
