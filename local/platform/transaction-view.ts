import type { EmulatorState } from './emulator-state.ts'
import { requestedAsset } from './methods/assets.ts'
import { internalError } from './rpc-error.ts'
import { kindOf, type StoredRefunds, type StoredTransaction } from './stored-transaction.ts'

interface Amount {
  amount?: string | undefined
  asset?: string | undefined
}

/** A transaction with the platform's keys in their order. An undefined value leaves its key out. */
export type TransactionView = Record<string, unknown>

/**
 * Shows a stored transaction. SEP-24 hides `transfer_received_at`, on which its rules depend.
 *
 * @throws RpcError for a transaction without a kind, or of an asset that left the configuration
 */
export function viewTransaction(
  transaction: StoredTransaction,
  state: Pick<EmulatorState, 'assets'>,
): TransactionView {
  if (transaction.sep !== '31' && transaction.kind === undefined) {
    throw internalError('No matching constant for [null]')
  }
  const requested = requestedAsset(state.assets, transaction)?.id
  const { sep } = transaction
  const isSep6 = sep === '6'
  const isSep31 = sep === '31'
  const accounts = isSep31 ? undefined : transaction
  return {
    id: transaction.id,
    sep,
    kind: kindOf(transaction),
    status: transaction.status,
    type: isSep6 ? transaction.type : undefined,
    amount_expected: {
      amount: transaction.amount_expected,
      asset: isSep31 ? transaction.amount_in_asset : requested,
    },
    amount_in: viewAmount(transaction, 'amount_in', requested),
    amount_out: viewAmount(transaction, 'amount_out', requested),
    amount_fee: viewAmount(transaction, 'amount_fee', requested),
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
    source_account: accounts?.from_account,
    destination_account: accounts?.to_account,
    external_transaction_id: transaction.external_transaction_id,
    memo: accounts?.memo,
    memo_type: accounts?.memo_type,
    refund_memo: accounts?.refund_memo,
    refund_memo_type: accounts?.refund_memo_type,
    client_domain: transaction.client_domain,
    client_name: transaction.client_name,
    customers: viewCustomers(transaction),
    creator: isSep31 ? transaction.creator : undefined,
    ...(isSep6 && {
      required_info_message: transaction.required_info_message,
      required_info_updates: transaction.required_info_updates,
      required_customer_info_message: transaction.required_customer_info_message,
      required_customer_info_updates: transaction.required_customer_info_updates,
      instructions: transaction.instructions,
    }),
  }
}

/** SEP-31 shows an empty object when no amount is stored; the other SEPs show none. */
function viewAmount(
  transaction: StoredTransaction,
  column: 'amount_in' | 'amount_out' | 'amount_fee',
  requested: string | undefined,
): Amount | undefined {
  const amount = transaction[column]
  const asset = transaction[`${column}_asset`]
  if (transaction.sep === '31') return { amount, asset }
  return amount === undefined ? undefined : { amount, asset: asset ?? requested }
}

export function viewFeeDetails(transaction: StoredTransaction) {
  const { amount_fee: total, amount_fee_asset: asset, fee_details_list: details } = transaction
  return total === undefined ? undefined : { total, asset, details }
}

/** SEP-24 and SEP-31 do not store the assets and id types of refunds. They show the asset of `amount_in`. */
export function viewRefunds({ sep, refunds, amount_in_asset: asset }: StoredTransaction) {
  if (refunds === undefined || sep === '6') return refunds
  const inAsset = ({ amount }: Amount) => ({ amount, asset })
  return {
    amount_refunded: inAsset(refunds.amount_refunded),
    amount_fee: inAsset(refunds.amount_fee),
    payments: refunds.payments.map((payment: StoredRefunds['payments'][number]) => ({
      id: payment.id,
      id_type: 'stellar',
      amount: inAsset(payment.amount),
      fee: inAsset(payment.fee),
    })),
  }
}

function viewCustomers(transaction: StoredTransaction) {
  switch (transaction.sep) {
    case '6': {
      const customer = { account: transaction.sep10_account, memo: transaction.sep10_account_memo }
      return { sender: customer, receiver: customer }
    }
    case '31':
      return { sender: { id: transaction.sender_id }, receiver: { id: transaction.receiver_id } }
    default:
      return undefined
  }
}
