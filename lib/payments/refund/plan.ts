import type { LedgerPayment } from '../../ledger/source.ts'
import { isAccountId, isContractId } from '../../stellar/account-id.ts'
import { formatAmount } from '../../stellar/amount.ts'
import { type Asset, formatAsset } from '../../stellar/asset.ts'
import { type Memo, readMemo } from '../../stellar/memo.ts'
import { formatMuxedAccount } from '../../stellar/muxed-account.ts'
import { stroopsOf } from '../verdict/expectation.ts'

/** The memo of a refund; `return` holds the hash of the Stellar transaction that is paid back. */
export type RefundMemo = Memo | { type: 'return'; value: string }

/** What a refund pays, before the ledger is asked for the sequence of the account. */
export interface RefundPlan {
  /** The observed account, which pays. */
  source: string
  /** `G…`, or the payer's muxed address `M…`. */
  destination: string
  asset: Asset
  /** In the form of SEP-38. */
  assetName: string
  amount: string
  memo: RefundMemo
  /** What a person should look at before it is signed. */
  cautions: string[]
}

type PaidPayment = Pick<
  LedgerPayment,
  'kind' | 'from' | 'fromMuxedId' | 'asset' | 'amount' | 'transactionHash'
> & { account: string }

/** The memo that a transaction of the platform names for its refund. */
export interface NamedRefundMemo {
  transactionId: string
  memo: string
  type: string | null
}

const EXCHANGE =
  'If an exchange paid, it may need a memo of its customer: ask the customer before you sign.'

/** Plans the refund of a payment. @returns a text that says why none can be prepared */
export function planRefund(
  payment: PaidPayment,
  named: NamedRefundMemo | null,
): RefundPlan | string {
  const { account, from, kind, asset, amount } = payment
  if (kind === 'clawback') return 'Nothing came in: the issuer took the asset back.'
  // Its creator may take an unclaimed balance back, and would have the refund too.
  if (kind === 'claimable_balance' && isAccountId(from)) {
    return 'The money has not come in while the account has not claimed the balance: leave it to its creator, or claim it first and pay it back by hand.'
  }
  if (from === null) return 'The source does not show who paid.'
  if (isContractId(from)) {
    return `The contract ${from} paid. A payment to it would need a contract call: ask its owner where to pay.`
  }
  const destination = destinationOf(payment)
  if (destination === null) return `${from} is not an account that can be paid.`
  if (from === account) return 'The account paid itself.'
  const paid = stroopsOf(amount)
  if (asset === null || paid === null || paid === 0n) {
    return 'The source does not show what was received.'
  }
  const memo = memoOf(payment, named)
  if (memo === null) {
    return `Transaction ${named?.transactionId} names the refund memo ${JSON.stringify(named?.memo)} of type ${named?.type}, which no memo can be.`
  }
  const cautions = memo.type === 'return' && payment.fromMuxedId === null ? [EXCHANGE] : []
  return {
    source: account,
    destination,
    asset,
    assetName: formatAsset(asset),
    amount: formatAmount(paid),
    memo,
    cautions,
  }
}

function destinationOf({ from, fromMuxedId }: PaidPayment): string | null {
  if (!isAccountId(from)) return null
  return fromMuxedId === null ? from : formatMuxedAccount({ account: from, id: fromMuxedId })
}

function memoOf(
  { transactionHash }: PaidPayment,
  named: NamedRefundMemo | null,
): RefundMemo | null {
  if (named !== null) return readMemo(named.memo, named.type)
  return { type: 'return', value: transactionHash }
}
