import { z } from 'zod'

const amount = z.object({ amount: z.string(), asset: z.string().optional() })
const text = z.string().optional()

const refunds = z.object({
  amount_refunded: amount,
  amount_fee: amount,
  payments: z.array(
    z.object({ id: text, id_type: z.enum(['stellar', 'external']), amount, fee: amount }),
  ),
})

const stellarTransaction = z.object({
  id: z.string(),
  memo: text,
  memo_type: text,
  created_at: z.string(),
  envelope: text,
  payments: z.array(
    z.object({
      id: z.string(),
      amount,
      payment_type: z.enum(['payment', 'path_payment']),
      source_account: z.string(),
      destination_account: z.string(),
    }),
  ),
})

export const STATUSES = [
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
export type Status = (typeof STATUSES)[number]

const KINDS = [
  'deposit',
  'deposit-exchange',
  'withdrawal',
  'withdrawal-exchange',
  'receive',
] as const
export type Kind = (typeof KINDS)[number]

const withoutNulls = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).filter(([, column]) => column !== null))
    : value

/** The columns of a transaction, of all SEPs together. Other columns are kept as they are. */
export const storedTransaction = z.preprocess(
  withoutNulls,
  z.looseObject({
    sep: z.enum(['6', '24', '31']),
    id: z.string(),
    kind: z.enum(KINDS).optional(),
    status: z.enum(STATUSES),
    type: text,
    started_at: text,
    updated_at: text,
    completed_at: text,
    transfer_received_at: text,
    user_action_required_by: text,
    request_asset_code: text,
    request_asset_issuer: text,
    amount_expected: text,
    amount_in: text,
    amount_in_asset: text,
    amount_out: text,
    amount_out_asset: text,
    amount_fee: text,
    amount_fee_asset: text,
    fee_details_list: z.array(z.object({ name: text, description: text, amount: text })).optional(),
    quote_id: text,
    message: text,
    refunds: refunds.optional(),
    stellar_transactions: z.array(stellarTransaction).optional(),
    stellar_transaction_id: text,
    external_transaction_id: text,
    from_account: text,
    to_account: text,
    withdraw_anchor_account: text,
    memo: text,
    memo_type: text,
    refund_memo: text,
    refund_memo_type: text,
    sep10_account: text,
    sep10_account_memo: text,
    client_domain: text,
    client_name: text,
    sender_id: text,
    receiver_id: text,
    stellar_account_id: text,
    stellar_memo: text,
    stellar_memo_type: text,
    creator: z.unknown().optional(),
    required_info_message: text,
    required_info_updates: z.unknown().optional(),
    required_customer_info_message: text,
    required_customer_info_updates: z.array(z.string().nullable()).optional(),
    instructions: z.record(z.string(), z.object({ value: text, description: text })).optional(),
  }),
)

export type StoredTransaction = z.infer<typeof storedTransaction>
export type StoredRefunds = z.infer<typeof refunds>
export type StellarTransaction = z.infer<typeof stellarTransaction>

/** The kind of a transaction. SEP-31 has only one kind and no column for it. */
export const kindOf = (transaction: StoredTransaction): Kind =>
  transaction.sep === '31' ? 'receive' : (transaction.kind ?? 'deposit')

/** Whether the user gets an asset on Stellar: a deposit or a deposit exchange. */
export const isDeposit = (transaction: StoredTransaction): boolean =>
  kindOf(transaction).startsWith('deposit')
