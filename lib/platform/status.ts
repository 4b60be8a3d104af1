/** The statuses of SEP-6, SEP-24 and SEP-31 transactions that the Anchor Platform keeps. */
export const TRANSACTION_STATUSES = [
  'incomplete',
  'pending_user_transfer_start',
  'pending_user_transfer_complete',
  'pending_external',
  'pending_anchor',
  'on_hold',
  'pending_stellar',
  'pending_trust',
  'pending_user',
  'pending_customer_info_update',
  'pending_transaction_info_update',
  'pending_sender',
  'pending_receiver',
  'completed',
  'refunded',
  'expired',
  'error',
  'no_market',
  'too_small',
  'too_large',
] as const

export type TransactionStatus = (typeof TRANSACTION_STATUSES)[number]

const KNOWN: ReadonlySet<unknown> = new Set(TRANSACTION_STATUSES)
const FINAL: ReadonlySet<unknown> = new Set(['completed', 'refunded'])
const FAILED: ReadonlySet<unknown> = new Set(['expired', 'error'])

/** Whether a value is a status of the Anchor Platform, spelled as it spells it. */
export function isTransactionStatus(value: unknown): value is TransactionStatus {
  return KNOWN.has(value)
}

/** Whether no update leads out of a status: `completed` and `refunded`. */
export function isFinalStatus(status: string): boolean {
  return FINAL.has(status)
}

/** Whether a status says that the transaction failed: `error` and `expired`, which a recovery may leave. */
export function isErrorStatus(status: string): boolean {
  return FAILED.has(status)
}
