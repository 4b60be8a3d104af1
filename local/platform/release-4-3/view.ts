import type { EmulatorState } from '../emulator-state.ts'
import { requestedAsset } from '../methods/assets.ts'
import { internalError } from '../rpc-error.ts'
import { kindOf, type StoredTransaction } from '../stored-transaction.ts'
import { type TransactionView, viewFeeDetails, viewRefunds } from '../transaction-view.ts'

/** Shows a stored transaction as 4.3.0 does. @throws RpcError */
export function viewOf4_3(
  transaction: StoredTransaction,
  state: Pick<EmulatorState, 'assets'>,
): TransactionView {
  const { sep } = transaction
  if (sep !== '31' && transaction.kind === undefined) {
    throw internalError('No matching constant for [null]')
  }
  const requested = requestedAsset(state.assets, transaction)?.id
  const isSep31 = sep === '31'
  const expectedAsset = isSep31 ? transaction.amount_in_asset : requested
  return {
    fundingMethod: sep === '24' ? undefined : (transaction['funding_method'] ?? transaction.type),
    id: transaction.id,
    sep,
    kind: kindOf(transaction),
    status: transaction.status,
    type: sep === '6' ? transaction.type : undefined,
    amount_expected:
      expectedAsset === undefined
        ? undefined
        : { amount: transaction.amount_expected, asset: expectedAsset },
    amount_in: viewAmount(transaction, 'amount_in', requested),
    amount_out: viewAmount(transaction, 'amount_out', requested),
    fee_details: viewFeeDetails(transaction),
    quote_id: transaction.quote_id,
    started_at: transaction.started_at,
    updated_at: transaction.updated_at,
    completed_at: transaction.completed_at,
    user_action_required_by: transaction.user_action_required_by,
    transfer_received_at: sep === '24' ? undefined : transaction.transfer_received_at,
    message: isSep31 ? transaction.required_info_message : transaction.message,
    refunds: viewRefunds(transaction),
    stellar_transactions: transaction.stellar_transactions,
    source_account: transaction.from_account,
    destination_account: transaction.to_account,
    external_transaction_id: transaction.external_transaction_id,
    ...viewMemos(transaction),
    client_domain: transaction.client_domain,
    client_name: transaction.client_name,
    customers: viewCustomers(transaction),
    creator: isSep31 ? transaction.creator : customerOf(transaction),
    request_client_ip_address: transaction['request_client_ip_address'],
  }
}

function viewMemos(transaction: StoredTransaction) {
  const { memo, memo_type, refund_memo, refund_memo_type } = transaction
  if (transaction.sep !== '31') return { memo, memo_type, refund_memo, refund_memo_type }
  const { stellar_memo: own, stellar_memo_type: type } = transaction
  return { memo: own, memo_type: type, refund_memo: own, refund_memo_type: type }
}

function viewAmount(
  transaction: StoredTransaction,
  column: 'amount_in' | 'amount_out',
  requested: string | undefined,
) {
  const amount = transaction[column]
  const asset = transaction[`${column}_asset`] ?? (transaction.sep === '31' ? undefined : requested)
  if (asset === undefined) return undefined
  return amount === undefined && transaction.sep !== '31' ? undefined : { amount, asset }
}

function customerOf(transaction: StoredTransaction) {
  const { web_auth_account: account, web_auth_account_memo: memo } = transaction as Record<
    string,
    unknown
  >
  return { account: account ?? transaction.sep10_account, memo: memo ?? undefined }
}

function viewCustomers(transaction: StoredTransaction) {
  if (transaction.sep === '31') {
    return { sender: { id: transaction.sender_id }, receiver: { id: transaction.receiver_id } }
  }
  return { sender: customerOf(transaction), receiver: customerOf(transaction) }
}
