import type { MethodCall } from '../methods/call.ts'
import type { MethodName } from '../methods/table.ts'
import { amounts, METHOD_WRITES, requestedAmounts, type Write } from '../methods/writes.ts'
import type { StoredTransaction } from '../stored-transaction.ts'
import { depositInfo } from './deposit-info.ts'
import { checkFirstPayment, readLedger } from './ledger.ts'

type Columns = Partial<StoredTransaction>

function depositColumns(call: MethodCall): Columns {
  const { account, memo } = depositInfo(call)
  if (call.transaction.sep === '31') {
    return { to_account: account, stellar_memo: memo, stellar_memo_type: 'id' }
  }
  return {
    memo,
    memo_type: 'id',
    withdraw_anchor_account: account,
    ...(call.transaction.sep === '24' && { to_account: account }),
  }
}

function memoOf({ sep, memo, memo_type, stellar_memo, stellar_memo_type }: StoredTransaction) {
  return sep === '31' ? { memo: stellar_memo, memo_type: stellar_memo_type } : { memo, memo_type }
}

/** A Stellar transaction is always added, also one that pays nobody, with the memo of the row. */
function stellarColumns(call: MethodCall, reason: 'received' | 'sent'): Columns {
  const { transaction, params, state } = call
  const hash = params.stellar_transaction_id ?? ''
  const paid = readLedger(state, hash, reason)
  if (transaction.sep === '31') checkFirstPayment(state, hash)
  const { id, ...rest } = paid.transaction
  return {
    stellar_transactions: [
      ...(transaction.stellar_transactions ?? []),
      { id, ...memoOf(transaction), ...rest },
    ],
    stellar_transaction_id: hash,
    ...(reason === 'received' && {
      transfer_received_at: paid.createdAt,
      ...(transaction.sep === '31' && paid.source !== undefined && { from_account: paid.source }),
    }),
  }
}

/** The columns that each method of 4.3.0 writes besides the columns of every call. It reads no `amount_fee`. */
export const WRITES_OF_4_3: Partial<Record<MethodName, Write>> = {
  ...METHOD_WRITES,
  request_onchain_funds: (call) => ({ ...requestedAmounts(call), ...depositColumns(call) }),
  notify_onchain_funds_received: (call) => ({
    ...amounts(call),
    ...stellarColumns(call, 'received'),
  }),
  notify_onchain_funds_sent: (call) => stellarColumns(call, 'sent'),
}
