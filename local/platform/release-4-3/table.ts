import { METHODS, type Method, type MethodName, SCOPES } from '../methods/table.ts'

const { DEPOSITS, TRANSFERS, SEP24_DEPOSIT, SEP24_WITHDRAWAL, SEP6, SEP31 } = SCOPES

/** The names that 4.3.0 still knows, and whose handlers are gone. */
const WITHOUT_HANDLER: readonly string[] = ['do_stellar_payment', 'do_stellar_refund']

/** The text about a method that 4.3.0 does not carry out. */
export function missing(name: string): string {
  return WITHOUT_HANDLER.includes(name)
    ? `RPC method[${name}] handler is not found`
    : `No matching RPC method[${name}]`
}

const {
  do_stellar_payment: _payment,
  do_stellar_refund: _refund,
  request_customer_info_update: _customer,
  ...KEPT
} = METHODS

const REQUESTED = {
  amount_in: 'amountAsset',
  amount_out: 'amountAsset',
  fee_details: 'feeDetails',
  amount_expected: 'amount',
  user_action_required_by: 'instant',
} as const
const RECEIVED = { amount_in: 'amount', amount_out: 'amount', fee_details: 'feeDetails' } as const

/** The methods of the platform server 4.3.0 that update. */
export const METHODS_OF_4_3: Readonly<Partial<Record<MethodName, Method>>> = {
  ...KEPT,
  notify_interactive_flow_completed: {
    ...KEPT.notify_interactive_flow_completed,
    params: REQUESTED,
    rules: [
      { scopes: [SEP24_DEPOSIT, SEP24_WITHDRAWAL], from: ['incomplete'], to: 'pending_anchor' },
    ],
  },
  request_offchain_funds: {
    ...KEPT.request_offchain_funds,
    params: { ...REQUESTED, instructions: 'instructions' },
  },
  request_onchain_funds: {
    params: { ...REQUESTED, destination_account: 'text', memo: 'text' },
    rules: [
      ...KEPT.request_onchain_funds.rules,
      { scopes: [SEP31], from: ['pending_receiver'], fundsReceived: false, to: 'pending_sender' },
    ],
  },
  notify_offchain_funds_received: {
    params: { ...RECEIVED, external_transaction_id: 'text', funds_received_at: 'instant' },
    rules: [
      {
        scopes: DEPOSITS,
        from: ['pending_user_transfer_start', 'on_hold', 'pending_external'],
        to: 'pending_anchor',
      },
    ],
  },
  notify_onchain_funds_received: {
    ...KEPT.notify_onchain_funds_received,
    params: { ...RECEIVED, stellar_transaction_id: 'text' },
  },
  notify_amounts_updated: {
    params: { amount_out: 'amount', fee_details: 'feeDetails' },
    required: { amount_out: 'not_null' },
    rules: [
      { scopes: TRANSFERS, from: ['pending_anchor'], fundsReceived: true, to: 'pending_anchor' },
    ],
  },
  request_trust: {
    params: { user_action_required_by: 'instant' },
    rules: [
      { scopes: DEPOSITS, from: ['pending_anchor'], fundsReceived: true, to: 'pending_trust' },
    ],
  },
  notify_trust_set: {
    params: { success: 'boolean' },
    rules: [{ scopes: DEPOSITS, from: ['pending_trust'], to: 'pending_anchor' }],
  },
  notify_customer_info_updated: {
    params: { customer_id: 'text', customer_type: 'text' },
    rules: [
      {
        scopes: SEP6,
        from: ['incomplete', 'pending_anchor', 'pending_customer_info_update'],
        to: 'by_customer',
      },
      {
        scopes: [SEP31],
        from: ['pending_receiver', 'pending_customer_info_update'],
        to: 'by_customer',
      },
    ],
  },
}
