import {
  amountGroup,
  custodyRefund,
  failureMessage,
  interactiveFlow,
  memoOfPayment,
  pendingRefund,
  receivedAmounts,
  sentRefund,
  stellarTransactionId,
  updatedAmounts,
} from '../param-checks.ts'
import type { MethodRow } from './method-row.ts'
import {
  ALL_OF_6,
  ALL_OF_24,
  AMOUNT,
  AMOUNT_IF,
  ASSET_AMOUNT,
  ASSET_AMOUNT_IF,
  DEADLINE,
  DEPOSITS,
  deposits,
  depositsAndWithdrawals,
  FEE_DETAILS_IF,
  INSTANT,
  NEEDED_TEXT,
  NOT_RECEIVED,
  OPEN,
  RECEIVED,
  RECEIVED_AMOUNTS,
  RECEIVED_WITH_CUSTODY,
  REFUND_IF,
  REQUESTED_AMOUNTS,
  sep6,
  sep31,
  TEXT,
  TEXT_IF,
  WITHDRAWALS,
  withdrawals,
} from './parts.ts'

/** The updates of the Anchor Platform 2.8, in the order of its own table. The later releases differ from it. */
export const METHODS_OF_2_8 = {
  notify_interactive_flow_completed: {
    params: {
      amount_in: ASSET_AMOUNT,
      amount_out: ASSET_AMOUNT,
      amount_fee: ASSET_AMOUNT_IF,
      fee_details: FEE_DETAILS_IF,
      amount_expected: AMOUNT,
      ...DEADLINE,
    },
    rules: [{ sep: '24', kinds: ALL_OF_24, from: ['incomplete'], to: ['pending_anchor'] }],
    checks: [interactiveFlow],
    repeat: 'illegal',
  },
  request_offchain_funds: {
    params: {
      ...REQUESTED_AMOUNTS,
      instructions: { type: 'instructions', required: false },
      ...DEADLINE,
    },
    rules: [
      ...deposits(['incomplete'], ['pending_user_transfer_start']),
      ...deposits(['pending_anchor'], ['pending_user_transfer_start'], NOT_RECEIVED),
      sep6(
        DEPOSITS,
        ['pending_customer_info_update'],
        ['pending_user_transfer_start'],
        NOT_RECEIVED,
      ),
    ],
    checks: [amountGroup({ inIsStellar: false })],
    repeat: 'illegal',
  },
  notify_offchain_funds_sent: {
    params: { funds_sent_at: INSTANT, external_transaction_id: TEXT },
    rules: [
      ...deposits(['pending_user_transfer_start'], ['pending_external']),
      ...withdrawals(['pending_anchor'], ['completed'], RECEIVED),
      ...withdrawals(['pending_user_transfer_complete', 'pending_external'], ['completed']),
      sep31(['pending_receiver', 'pending_external'], ['completed']),
    ],
    repeat: 'illegal',
  },
  notify_offchain_funds_received: {
    params: {
      funds_received_at: INSTANT,
      external_transaction_id: TEXT,
      ...RECEIVED_AMOUNTS,
    },
    rules: [
      ...deposits(['pending_user_transfer_start', 'on_hold'], ['pending_anchor']),
      ...deposits(['pending_external'], ['pending_anchor'], RECEIVED),
    ],
    checks: [receivedAmounts({ exclusiveFee: true })],
    repeat: 'illegal',
  },
  notify_refund_pending: {
    // Withdrawals ignore the refund.
    params: { refund: { ...REFUND_IF, kinds: DEPOSITS } },
    rules: [
      ...deposits(['pending_anchor'], ['pending_external']),
      ...withdrawals(['pending_user_transfer_complete', 'pending_external'], ['pending_anchor']),
    ],
    checks: [pendingRefund],
    onceBy: 'refund.id',
    countsRefund: true,
    appendsRefund: true,
    repeat: 'counts',
  },
  notify_refund_sent: {
    params: { refund: REFUND_IF },
    rules: [
      ...deposits(['pending_anchor', 'pending_external'], ['refunded', 'pending_anchor'], RECEIVED),
      ...withdrawals(['pending_stellar'], ['refunded', 'pending_anchor']),
      ...withdrawals(['pending_anchor'], ['refunded', 'pending_anchor'], RECEIVED),
      sep31(['pending_stellar', 'pending_receiver'], ['refunded', 'pending_anchor']),
    ],
    checks: [sentRefund],
    onceBy: 'refund.id',
    countsRefund: true,
    repeat: 'counts',
  },
  request_trust: {
    params: DEADLINE,
    rules: deposits(['pending_anchor'], ['pending_trust'], { fundsReceived: true, custody: false }),
    ledger: 'trustline',
    repeat: 'illegal',
  },
  notify_trust_set: {
    params: { success: { type: 'boolean', required: false } },
    rules: [
      ...deposits(['pending_trust'], ['pending_anchor'], { custody: false }),
      ...deposits(['pending_trust'], ['pending_stellar'], { custody: true, success: true }),
      ...deposits(['pending_trust'], ['pending_anchor'], { custody: true, success: false }),
    ],
    paysByCustody: 'on_success',
    ledger: 'trustline',
    repeat: 'illegal',
  },
  request_customer_info_update: {
    params: {
      required_customer_info_message: TEXT,
      required_customer_info_updates: { type: 'texts', required: false },
      ...DEADLINE,
    },
    rules: [
      sep6(
        ALL_OF_6,
        ['incomplete', 'pending_anchor', 'pending_customer_info_update'],
        ['pending_customer_info_update'],
      ),
      sep31(['pending_receiver'], ['pending_customer_info_update']),
    ],
    repeat: 'harmless',
  },
  notify_customer_info_updated: {
    params: {},
    rules: [sep31(['pending_customer_info_update'], ['pending_receiver'])],
    repeat: 'harmless',
  },
  do_stellar_payment: {
    params: {},
    rules: deposits(
      ['pending_anchor'],
      ['pending_stellar', 'pending_trust'],
      RECEIVED_WITH_CUSTODY,
    ),
    paysByCustody: 'always',
    ledger: 'trustline',
    repeat: 'counts',
  },
  notify_onchain_funds_sent: {
    params: { stellar_transaction_id: NEEDED_TEXT },
    rules: [
      ...deposits(['pending_stellar'], ['completed']),
      ...deposits(['pending_anchor'], ['completed'], RECEIVED),
    ],
    checks: [stellarTransactionId],
    onceBy: 'stellar_transaction_id',
    ledger: 'payout',
    forcible: true,
    repeat: 'counts',
  },
  notify_onchain_funds_received: {
    params: { stellar_transaction_id: NEEDED_TEXT, ...RECEIVED_AMOUNTS },
    rules: [
      ...withdrawals(['pending_user_transfer_start', 'on_hold'], ['pending_anchor']),
      sep31(['pending_sender'], ['pending_receiver']),
    ],
    checks: [stellarTransactionId, receivedAmounts({ exclusiveFee: false })],
    onceBy: 'stellar_transaction_id',
    repeat: 'counts',
    againFrom: ['on_hold'],
    ledger: 'receipt',
    forcible: true,
  },
  notify_offchain_funds_available: {
    params: { external_transaction_id: TEXT, ...DEADLINE },
    rules: withdrawals(['pending_anchor', 'on_hold'], ['pending_user_transfer_complete'], RECEIVED),
    repeat: 'illegal',
  },
  notify_offchain_funds_pending: {
    params: { external_transaction_id: TEXT, ...DEADLINE },
    rules: [
      ...withdrawals(['pending_anchor'], ['pending_external'], RECEIVED),
      sep31(['pending_receiver'], ['pending_external']),
    ],
    repeat: 'illegal',
  },
  notify_transaction_error: {
    params: { message: NEEDED_TEXT },
    rules: [...depositsAndWithdrawals(OPEN, ['error']), sep31(OPEN, ['error'])],
    checks: [failureMessage],
    repeat: 'illegal',
  },
  notify_transaction_expired: {
    params: { message: NEEDED_TEXT },
    rules: [
      ...depositsAndWithdrawals(OPEN, ['expired'], NOT_RECEIVED),
      sep31(OPEN, ['expired'], NOT_RECEIVED),
    ],
    checks: [failureMessage],
    repeat: 'illegal',
  },
  do_stellar_refund: {
    params: { refund: { type: 'refund_without_id', required: true } },
    rules: [
      ...withdrawals(['pending_anchor'], ['pending_stellar'], RECEIVED_WITH_CUSTODY),
      sep31(['pending_receiver'], ['pending_stellar'], { custody: true }),
    ],
    checks: [custodyRefund],
    paysByCustody: 'always',
    repeat: 'counts',
  },
  request_onchain_funds: {
    params: {
      ...REQUESTED_AMOUNTS,
      destination_account: TEXT_IF,
      memo: TEXT_IF,
      memo_type: TEXT_IF,
      ...DEADLINE,
    },
    rules: [
      ...withdrawals(['incomplete'], ['pending_user_transfer_start']),
      ...withdrawals(['pending_anchor'], ['pending_user_transfer_start'], NOT_RECEIVED),
      sep6(WITHDRAWALS, ['pending_customer_info_update'], ['pending_user_transfer_start']),
    ],
    checks: [amountGroup({ inIsStellar: true }), memoOfPayment],
    repeat: 'illegal',
  },
  notify_amounts_updated: {
    params: {
      amount_out: { type: 'amount', required: true },
      amount_fee: AMOUNT_IF,
      fee_details: FEE_DETAILS_IF,
    },
    rules: withdrawals(['pending_anchor'], ['pending_anchor'], RECEIVED),
    checks: [updatedAmounts],
    repeat: 'harmless',
  },
  notify_transaction_recovery: {
    params: {},
    rules: [
      ...depositsAndWithdrawals(['error', 'expired'], ['pending_anchor'], RECEIVED),
      sep31(['error', 'expired'], ['pending_receiver'], RECEIVED),
    ],
    repeat: 'illegal',
  },
  notify_transaction_on_hold: {
    params: DEADLINE,
    rules: [
      ...depositsAndWithdrawals(['pending_user_transfer_start'], ['on_hold']),
      ...withdrawals(['pending_anchor'], ['on_hold']),
    ],
    repeat: 'illegal',
  },
} satisfies Record<string, MethodRow>

export type MethodName = keyof typeof METHODS_OF_2_8
