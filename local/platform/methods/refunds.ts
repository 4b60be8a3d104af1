import { internalError, invalidParams } from '../rpc-error.ts'
import { isDeposit, type Status, type StoredRefunds } from '../stored-transaction.ts'
import { checkAmount } from './amount-checks.ts'
import {
  addDecimals,
  compareDecimals,
  type Decimal,
  formatRefundTotal,
  parseDecimal,
  roundHalfDown,
} from './amounts.ts'
import { firstAssetWithCode } from './assets.ts'
import type { MethodCall } from './call.ts'
import type { RefundParam } from './params.ts'

type Payment = StoredRefunds['payments'][number]

/** Checks a refund against the stored assets. @param request the Java class that messages about null name */
export function checkRefund(
  { transaction, state }: MethodCall,
  refund: RefundParam,
  request: string,
): void {
  const asset = transaction.amount_in_asset
  const amount = refund.amount ?? missingPart(request, 'getAmount')
  checkAmount('refund.amount', { amount: amount.amount, asset }, 'positive', state.assets)
  const fee = refund.amount_fee ?? missingPart(request, 'getAmountFee')
  checkAmount('refund.amountFee', { amount: fee.amount, asset }, 'non-negative', state.assets)
  if (amount.asset !== asset) {
    throw invalidParams('refund.amount.asset does not match transaction amount_in_asset')
  }
  if (transaction.amount_fee_asset === undefined) {
    throw internalError(
      'Cannot invoke "String.equals(Object)" because the return value of "org.stellar.anchor.platform.data.JdbcSepTransaction.getAmountFeeAsset()" is null',
    )
  }
  if (fee.asset !== transaction.amount_fee_asset) {
    // The platform's message has the word twice.
    throw invalidParams('refund.amount_fee.asset does not match match transaction amount_fee_asset')
  }
}

function missingPart(request: string, getter: string): never {
  throw internalError(
    `Cannot invoke "org.stellar.anchor.api.rpc.method.AmountAssetRequest.getAmount()" because the return value of "org.stellar.anchor.api.rpc.method.${request}$Refund.${getter}()" is null`,
  )
}

/** The fraction digits to which amounts are rounded, half down, before they are added; undefined: not rounded. */
function refundDecimals({ transaction, state }: MethodCall): number | undefined {
  const { amount_in_asset: asset } = transaction
  if (asset === undefined) {
    throw internalError('Cannot invoke "String.split(String)" because "asset" is null')
  }
  return firstAssetWithCode(state.assets, asset).significant_decimals
}

function rounded(amount: string | undefined, decimals: number | undefined): Decimal {
  const decimal = amount === undefined ? null : parseDecimal(amount)
  if (decimal === null) throw internalError('Cannot read field "scale" because "val" is null')
  return decimals === undefined ? decimal : roundHalfDown(decimal, decimals)
}

function sumOf(amounts: readonly (string | undefined)[], decimals: number | undefined): Decimal {
  return addDecimals(amounts.map((amount) => rounded(amount, decimals)))
}

const amountsOf = (refund: RefundParam) => [refund.amount?.amount, refund.amount_fee?.amount]

/** Compares a refunded total with the rounded `amount_in`. */
export function compareToAmountIn(call: MethodCall, total: Decimal): -1 | 0 | 1 {
  const amountIn = rounded(call.transaction.amount_in, refundDecimals(call))
  return compareDecimals(total, amountIn)
}

/** The sum of the stored refunds and `refund`, with their fees. */
export function totalWithRefund(call: MethodCall, refund: RefundParam): Decimal {
  const stored = call.transaction.refunds?.amount_refunded.amount ?? '0'
  return sumOf([stored, ...amountsOf(refund)], refundDecimals(call))
}

/** The status after a refund was sent. @throws RpcError (-32602) if more than `amount_in` is refunded */
export function statusByRefundTotal(call: MethodCall): Status {
  const comparison = compareToAmountIn(call, totalAfterRefundSent(call))
  if (comparison > 0) throw invalidParams('Refund amount exceeds amount_in')
  return comparison === 0 ? 'refunded' : 'pending_anchor'
}

function totalAfterRefundSent(call: MethodCall): Decimal {
  const { refund } = call.params
  const { refunds, sep, status } = call.transaction
  const decimals = refundDecimals(call)
  if (refunds === undefined || sep === '31') {
    if (refund === undefined) throw missingRefund()
    return sumOf(amountsOf(refund), decimals)
  }
  if (refund === undefined) return rounded(refunds.amount_refunded.amount, decimals)
  // A repeated id counts twice here: the platform adds the refund to the stored total.
  if (status === 'pending_anchor') return totalWithRefund(call, refund)
  if (!refunds.payments.some((payment) => hasId(payment, refund.id, sep))) {
    throw invalidParams('Invalid refund id')
  }
  return addDecimals(
    refunds.payments.map((payment) =>
      sumOf(
        hasId(payment, refund.id, sep)
          ? amountsOf(refund)
          : [payment.amount.amount, payment.fee.amount],
        decimals,
      ),
    ),
  )
}

const missingRefund = () =>
  internalError(
    'Cannot invoke "org.stellar.anchor.api.rpc.method.NotifyRefundSentRequest$Refund.getAmount()" because "refund" is null',
  )

function hasId(payment: Payment, id: string | undefined, sep: string): boolean {
  if (payment.id === undefined) {
    const getter = `org.stellar.anchor.sep${sep}.Sep${sep}RefundPayment.getId()`
    throw internalError(
      `Cannot invoke "String.equals(Object)" because the return value of "${getter}" is null`,
    )
  }
  return payment.id === id
}

/** Adds `refund` to the stored refunds, after the payments that stay. */
export function withRefund(
  call: MethodCall,
  refund: RefundParam,
  how: 'append' | 'replace_same_id' | 'replace_all',
): StoredRefunds {
  const { transaction } = call
  const external = transaction.sep === '6' && isDeposit(transaction)
  const payment: Payment = {
    id: refund.id,
    id_type: external ? 'external' : 'stellar',
    amount: { amount: refund.amount?.amount ?? '', asset: refund.amount?.asset },
    fee: { amount: refund.amount_fee?.amount ?? '', asset: refund.amount_fee?.asset },
  }
  const stored = how === 'replace_all' ? [] : (transaction.refunds?.payments ?? [])
  const kept =
    how === 'append' ? stored : stored.filter((one) => !hasId(one, refund.id, transaction.sep))
  return withTotals([...kept, payment], refund, refundDecimals(call))
}

/** Both sums are rounded to 4 fraction digits before they are added, and the result is rounded again. */
function withTotals(
  payments: Payment[],
  refund: RefundParam,
  decimals: number | undefined,
): StoredRefunds {
  const print = (amounts: readonly string[]) => formatRefundTotal(sumOf(amounts, decimals))
  const fees = print(payments.map((payment) => payment.fee.amount))
  const amounts = print(payments.map((payment) => payment.amount.amount))
  return {
    amount_refunded: { amount: print([fees, amounts]), asset: refund.amount?.asset },
    amount_fee: { amount: fees, asset: refund.amount_fee?.asset },
    payments,
  }
}
