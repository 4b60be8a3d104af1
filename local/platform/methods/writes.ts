import { formatInstant } from '../instants.ts'
import { isDeposit, type StoredTransaction } from '../stored-transaction.ts'
import type { MethodCall } from './call.ts'
import { depositInfo } from './deposit-info.ts'
import { type LedgerPayment, lookUpPayments } from './ledger.ts'
import type { FeeDetailsParam } from './params.ts'
import { withRefund } from './refunds.ts'
import type { MethodName } from './table.ts'

type Columns = Partial<StoredTransaction>
export type Write = (call: MethodCall) => Columns

/** Writes the sent amounts with their assets. Amounts that were not sent stay as they are. */
export function requestedAmounts({ params }: MethodCall): Columns {
  const { amount_in: amountIn, amount_out: amountOut, amount_fee: fee } = params
  const expected = params.amount_expected?.amount ?? amountIn?.amount
  return {
    ...(amountIn && { amount_in: amountIn.amount, amount_in_asset: amountIn.asset }),
    ...(amountOut && { amount_out: amountOut.amount, amount_out_asset: amountOut.asset }),
    ...(fee && { amount_fee: fee.amount, amount_fee_asset: fee.asset }),
    ...(params.fee_details && {
      ...feeColumns(params.fee_details),
      amount_fee_asset: params.fee_details.asset,
    }),
    ...(expected !== undefined && { amount_expected: expected }),
  }
}

const feeColumns = ({ total, details }: FeeDetailsParam): Columns => ({
  amount_fee: total,
  fee_details_list: details,
})

/** Writes the sent amounts in the stored assets. `fee_details` wins over `amount_fee`. */
export function amounts({ params }: MethodCall): Columns {
  return {
    ...(params.amount_in && { amount_in: params.amount_in.amount }),
    ...(params.amount_out && { amount_out: params.amount_out.amount }),
    ...(params.amount_fee && { amount_fee: params.amount_fee.amount }),
    ...(params.fee_details && feeColumns(params.fee_details)),
  }
}

const externalId = ({ params }: MethodCall): Columns =>
  params.external_transaction_id === undefined
    ? {}
    : { external_transaction_id: params.external_transaction_id }

function offchainFundsSent(call: MethodCall): Columns {
  const { params, transaction, now } = call
  const announced = isDeposit(transaction) && params.external_transaction_id !== undefined
  return {
    ...externalId(call),
    ...(announced && { transfer_received_at: params.funds_sent_at ?? formatInstant(now) }),
  }
}

function offchainFundsReceived(call: MethodCall): Columns {
  const { params, transaction, now } = call
  const given = params.external_transaction_id === undefined ? undefined : params.funds_received_at
  return {
    ...externalId(call),
    ...amounts(call),
    transfer_received_at: given ?? transaction.transfer_received_at ?? formatInstant(now),
  }
}

/** A stored payment has the memo of the transaction, except in SEP-6. */
function stellarColumns(
  { transaction }: MethodCall,
  { transaction: paid }: LedgerPayment,
): Columns {
  const memo = {
    '6': {},
    '24': { memo: transaction.memo, memo_type: transaction.memo_type },
    '31': { memo: transaction.stellar_memo, memo_type: transaction.stellar_memo_type },
  }[transaction.sep]
  const { id, ...rest } = paid
  return {
    stellar_transactions: [...(transaction.stellar_transactions ?? []), { id, ...memo, ...rest }],
    stellar_transaction_id: id,
  }
}

const paymentsOf = ({ params, state }: MethodCall): LedgerPayment | null =>
  lookUpPayments(state, params.stellar_transaction_id ?? '')

function onchainFundsReceived(call: MethodCall): Columns {
  const paid = paymentsOf(call)
  return {
    ...amounts(call),
    ...(paid && { ...stellarColumns(call, paid), transfer_received_at: paid.receivedAt }),
  }
}

function onchainFundsSent(call: MethodCall): Columns {
  const paid = paymentsOf(call)
  return paid === null ? {} : stellarColumns(call, paid)
}

function refundPending(call: MethodCall): Columns {
  const { refund } = call.params
  if (!isDeposit(call.transaction) || refund === undefined) return {}
  return { refunds: withRefund(call, refund, 'append') }
}

function refundSent(call: MethodCall): Columns {
  const { refund } = call.params
  if (refund === undefined) return {}
  const how = call.transaction.sep === '31' ? 'replace_all' : 'replace_same_id'
  return { refunds: withRefund(call, refund, how) }
}

function depositColumns(call: MethodCall): Columns {
  const { account, memo, memoType } = depositInfo(call)
  return {
    memo,
    memo_type: memoType,
    withdraw_anchor_account: account,
    ...(call.transaction.sep === '24' && { to_account: account }),
  }
}

function customerInfo({ params, transaction }: MethodCall): Columns {
  if (transaction.sep !== '6') return {}
  const { required_customer_info_message: message, required_customer_info_updates: updates } =
    params
  return {
    ...(message !== undefined && { required_customer_info_message: message }),
    ...(updates !== undefined && { required_customer_info_updates: updates }),
  }
}

/** The columns that each method writes besides the columns of every call. Undefined clears a column. */
export const METHOD_WRITES: Partial<Record<MethodName, Write>> = {
  notify_interactive_flow_completed: requestedAmounts,
  request_offchain_funds: (call) => ({
    ...requestedAmounts(call),
    ...(call.transaction.sep === '6' &&
      call.params.instructions && { instructions: call.params.instructions }),
  }),
  request_onchain_funds: (call) => ({ ...requestedAmounts(call), ...depositColumns(call) }),
  notify_offchain_funds_sent: offchainFundsSent,
  notify_offchain_funds_received: offchainFundsReceived,
  notify_offchain_funds_available: externalId,
  notify_offchain_funds_pending: externalId,
  notify_onchain_funds_sent: onchainFundsSent,
  notify_onchain_funds_received: onchainFundsReceived,
  notify_amounts_updated: amounts,
  notify_refund_pending: refundPending,
  notify_refund_sent: refundSent,
  request_customer_info_update: customerInfo,
  notify_transaction_on_hold: ({ transaction, now }) => ({
    transfer_received_at: transaction.transfer_received_at ?? formatInstant(now),
  }),
}
