import type { RpcErrorCode } from '../rpc-error.ts'
import {
  type Kind,
  kindOf,
  STATUSES,
  type Status,
  type StoredTransaction,
} from '../stored-transaction.ts'
import type { ParamName, ParamTypes } from './params.ts'

interface Scope {
  sep: StoredTransaction['sep']
  kinds: readonly Kind[]
}

/** Next statuses that depend on the call. `next-status.ts` computes them. */
type ComputedStatus = 'by_refund_total' | 'by_trustline' | 'by_trust_set' | 'by_customer'

export interface Rule {
  scopes: readonly Scope[]
  from: readonly Status[]
  /** Whether `transfer_received_at` must be set (true) or unset (false); undefined if either is allowed. */
  fundsReceived?: boolean
  to: Status | ComputedStatus
}

export interface Method {
  /** The params besides `transaction_id` and `message`, which every method takes. */
  params: ParamTypes
  required?: Partial<Record<ParamName, 'not_null' | 'not_blank'>>
  /** Whether custody must be enabled or disabled, and the code of the refusal. */
  custody?: { enabled: boolean; code: RpcErrorCode }
  rules: readonly Rule[]
}

const SEP24_DEPOSIT: Scope = { sep: '24', kinds: ['deposit'] }
const SEP24_WITHDRAWAL: Scope = { sep: '24', kinds: ['withdrawal'] }
const SEP6_DEPOSIT: Scope = { sep: '6', kinds: ['deposit', 'deposit-exchange'] }
const SEP6_WITHDRAWAL: Scope = { sep: '6', kinds: ['withdrawal', 'withdrawal-exchange'] }
const SEP31: Scope = { sep: '31', kinds: ['receive'] }

const DEPOSITS = [SEP24_DEPOSIT, SEP6_DEPOSIT]
const WITHDRAWALS = [SEP24_WITHDRAWAL, SEP6_WITHDRAWAL]
const TRANSFERS = [...DEPOSITS, ...WITHDRAWALS]
const ALL = [...TRANSFERS, SEP31]

/** The kinds of transactions, as the tables of both releases group them. */
export const SCOPES = {
  DEPOSITS,
  TRANSFERS,
  SEP24_DEPOSIT,
  SEP24_WITHDRAWAL,
  SEP6: [SEP6_DEPOSIT, SEP6_WITHDRAWAL],
  SEP31,
} as const

const CLOSED: readonly Status[] = ['completed', 'refunded', 'expired', 'error']
const OPEN = STATUSES.filter((status) => !CLOSED.includes(status))

const REQUESTED_AMOUNTS: ParamTypes = {
  amount_in: 'amountAsset',
  amount_out: 'amountAsset',
  amount_fee: 'amountAsset',
  fee_details: 'feeDetails',
  amount_expected: 'amount',
  user_action_required_by: 'instant',
}

const RECEIVED_AMOUNTS: ParamTypes = {
  amount_in: 'amount',
  amount_out: 'amount',
  amount_fee: 'amount',
  fee_details: 'feeDetails',
}

const METHOD_TABLE = {
  notify_interactive_flow_completed: {
    params: REQUESTED_AMOUNTS,
    required: { amount_in: 'not_null', amount_out: 'not_null' },
    rules: [
      { scopes: [SEP24_DEPOSIT, SEP24_WITHDRAWAL], from: ['incomplete'], to: 'pending_anchor' },
    ],
  },
  request_offchain_funds: {
    params: { ...REQUESTED_AMOUNTS, instructions: 'instructions' },
    rules: [
      { scopes: DEPOSITS, from: ['incomplete'], to: 'pending_user_transfer_start' },
      {
        scopes: DEPOSITS,
        from: ['pending_anchor'],
        fundsReceived: false,
        to: 'pending_user_transfer_start',
      },
      {
        scopes: [SEP6_DEPOSIT],
        from: ['pending_customer_info_update'],
        fundsReceived: false,
        to: 'pending_user_transfer_start',
      },
    ],
  },
  notify_offchain_funds_sent: {
    params: { funds_sent_at: 'instant', external_transaction_id: 'text' },
    rules: [
      { scopes: DEPOSITS, from: ['pending_user_transfer_start'], to: 'pending_external' },
      { scopes: WITHDRAWALS, from: ['pending_anchor'], fundsReceived: true, to: 'completed' },
      {
        scopes: WITHDRAWALS,
        from: ['pending_user_transfer_complete', 'pending_external'],
        to: 'completed',
      },
      { scopes: [SEP31], from: ['pending_receiver', 'pending_external'], to: 'completed' },
    ],
  },
  notify_offchain_funds_received: {
    params: { ...RECEIVED_AMOUNTS, funds_received_at: 'instant', external_transaction_id: 'text' },
    rules: [
      {
        scopes: DEPOSITS,
        from: ['pending_user_transfer_start', 'on_hold'],
        to: 'pending_anchor',
      },
      { scopes: DEPOSITS, from: ['pending_external'], fundsReceived: true, to: 'pending_anchor' },
    ],
  },
  notify_refund_pending: {
    params: { refund: 'refund' },
    rules: [
      { scopes: DEPOSITS, from: ['pending_anchor'], to: 'pending_external' },
      {
        scopes: WITHDRAWALS,
        from: ['pending_user_transfer_complete', 'pending_external'],
        to: 'pending_anchor',
      },
    ],
  },
  notify_refund_sent: {
    params: { refund: 'refund' },
    rules: [
      {
        scopes: DEPOSITS,
        from: ['pending_anchor', 'pending_external'],
        fundsReceived: true,
        to: 'by_refund_total',
      },
      { scopes: WITHDRAWALS, from: ['pending_stellar'], to: 'by_refund_total' },
      {
        scopes: WITHDRAWALS,
        from: ['pending_anchor'],
        fundsReceived: true,
        to: 'by_refund_total',
      },
      { scopes: [SEP31], from: ['pending_stellar', 'pending_receiver'], to: 'by_refund_total' },
    ],
  },
  request_trust: {
    params: { user_action_required_by: 'instant' },
    custody: { enabled: false, code: -32600 },
    rules: [
      { scopes: DEPOSITS, from: ['pending_anchor'], fundsReceived: true, to: 'pending_trust' },
    ],
  },
  notify_trust_set: {
    params: { success: 'boolean' },
    rules: [{ scopes: DEPOSITS, from: ['pending_trust'], to: 'by_trust_set' }],
  },
  request_customer_info_update: {
    params: {
      required_customer_info_message: 'text',
      required_customer_info_updates: 'textList',
      user_action_required_by: 'instant',
    },
    rules: [
      {
        scopes: [SEP6_DEPOSIT, SEP6_WITHDRAWAL],
        from: ['incomplete', 'pending_anchor', 'pending_customer_info_update'],
        to: 'pending_customer_info_update',
      },
      { scopes: [SEP31], from: ['pending_receiver'], to: 'pending_customer_info_update' },
    ],
  },
  notify_customer_info_updated: {
    params: {},
    rules: [{ scopes: [SEP31], from: ['pending_customer_info_update'], to: 'pending_receiver' }],
  },
  do_stellar_payment: {
    params: {},
    custody: { enabled: true, code: -32600 },
    rules: [
      { scopes: DEPOSITS, from: ['pending_anchor'], fundsReceived: true, to: 'by_trustline' },
    ],
  },
  notify_onchain_funds_sent: {
    params: { stellar_transaction_id: 'text' },
    required: { stellar_transaction_id: 'not_blank' },
    rules: [
      { scopes: DEPOSITS, from: ['pending_stellar'], to: 'completed' },
      { scopes: DEPOSITS, from: ['pending_anchor'], fundsReceived: true, to: 'completed' },
    ],
  },
  notify_onchain_funds_received: {
    params: { ...RECEIVED_AMOUNTS, stellar_transaction_id: 'text' },
    required: { stellar_transaction_id: 'not_blank' },
    rules: [
      {
        scopes: WITHDRAWALS,
        from: ['pending_user_transfer_start', 'on_hold'],
        to: 'pending_anchor',
      },
      { scopes: [SEP31], from: ['pending_sender'], to: 'pending_receiver' },
    ],
  },
  notify_offchain_funds_available: {
    params: { external_transaction_id: 'text', user_action_required_by: 'instant' },
    rules: [
      {
        scopes: WITHDRAWALS,
        from: ['pending_anchor', 'on_hold'],
        fundsReceived: true,
        to: 'pending_user_transfer_complete',
      },
    ],
  },
  notify_offchain_funds_pending: {
    params: { external_transaction_id: 'text', user_action_required_by: 'instant' },
    rules: [
      {
        scopes: WITHDRAWALS,
        from: ['pending_anchor'],
        fundsReceived: true,
        to: 'pending_external',
      },
      { scopes: [SEP31], from: ['pending_receiver'], to: 'pending_external' },
    ],
  },
  notify_transaction_error: {
    params: {},
    rules: [{ scopes: ALL, from: OPEN, to: 'error' }],
  },
  notify_transaction_expired: {
    params: {},
    rules: [{ scopes: ALL, from: OPEN, fundsReceived: false, to: 'expired' }],
  },
  do_stellar_refund: {
    params: { refund: 'refundRequest' },
    required: { refund: 'not_null' },
    custody: { enabled: true, code: -32602 },
    rules: [
      {
        scopes: WITHDRAWALS,
        from: ['pending_anchor'],
        fundsReceived: true,
        to: 'pending_stellar',
      },
      { scopes: [SEP31], from: ['pending_receiver'], to: 'pending_stellar' },
    ],
  },
  request_onchain_funds: {
    params: { ...REQUESTED_AMOUNTS, destination_account: 'text', memo: 'text', memo_type: 'text' },
    rules: [
      { scopes: WITHDRAWALS, from: ['incomplete'], to: 'pending_user_transfer_start' },
      {
        scopes: WITHDRAWALS,
        from: ['pending_anchor'],
        fundsReceived: false,
        to: 'pending_user_transfer_start',
      },
      {
        scopes: [SEP6_WITHDRAWAL],
        from: ['pending_customer_info_update'],
        to: 'pending_user_transfer_start',
      },
    ],
  },
  notify_amounts_updated: {
    params: { amount_out: 'amount', amount_fee: 'amount', fee_details: 'feeDetails' },
    required: { amount_out: 'not_null' },
    rules: [
      { scopes: WITHDRAWALS, from: ['pending_anchor'], fundsReceived: true, to: 'pending_anchor' },
    ],
  },
  notify_transaction_recovery: {
    params: {},
    rules: [
      { scopes: TRANSFERS, from: ['error', 'expired'], fundsReceived: true, to: 'pending_anchor' },
      { scopes: [SEP31], from: ['error', 'expired'], fundsReceived: true, to: 'pending_receiver' },
    ],
  },
  notify_transaction_on_hold: {
    params: { user_action_required_by: 'instant' },
    rules: [
      { scopes: TRANSFERS, from: ['pending_user_transfer_start'], to: 'on_hold' },
      { scopes: WITHDRAWALS, from: ['pending_anchor'], to: 'on_hold' },
    ],
  },
} satisfies Record<string, Method>

export type MethodName = keyof typeof METHOD_TABLE

/** The methods of the platform server 2.8.4. */
export const METHODS: Readonly<Record<MethodName, Method>> = METHOD_TABLE

/** Finds the rule that allows a method on a transaction; undefined when no rule does. */
export function findRule({ rules }: Method, transaction: StoredTransaction): Rule | undefined {
  const fundsReceived = transaction.transfer_received_at !== undefined
  return rules.find(
    (rule) =>
      rule.scopes.some(
        ({ sep, kinds }) => sep === transaction.sep && kinds.includes(kindOf(transaction)),
      ) &&
      rule.from.includes(transaction.status) &&
      (rule.fundsReceived === undefined || rule.fundsReceived === fundsReceived),
  )
}
