/** The statuses of SEP-6, SEP-24 and SEP-31 transactions in the Anchor Platform. */
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

export const SEPS = ['6', '24', '31'] as const
export type Sep = (typeof SEPS)[number]

/** SEP-24 has deposits and withdrawals, SEP-6 their exchanges as well, SEP-31 only `receive`. */
export const KINDS = [
  'deposit',
  'deposit-exchange',
  'withdrawal',
  'withdrawal-exchange',
  'receive',
] as const
export type Kind = (typeof KINDS)[number]
