import { internalError, invalidParams, invalidRequest } from '../rpc-error.ts'
import { isDeposit } from '../stored-transaction.ts'
import { checkAmount, checkAssetClass, checkFeeDetails } from './amount-checks.ts'
import { isStellar } from './assets.ts'
import type { MethodCall } from './call.ts'
import { checkDepositInfo } from './deposit-info.ts'
import type { AmountParam } from './params.ts'
import { checkRefund, compareToAmountIn, totalWithRefund } from './refunds.ts'
import type { MethodName } from './table.ts'

export type Check = (call: MethodCall) => void
type Sign = 'positive' | 'non-negative'

/** Checks an amount of the request against the asset that was sent with it, if there is one. */
export function checkSent(call: MethodCall, field: AmountField, sign: Sign): void {
  const sent = call.params[field]
  if (sent !== undefined) checkAmount(field, sent, sign, call.state.assets)
}
type AmountField = 'amount_in' | 'amount_out' | 'amount_fee'

/** Checks an amount of the request against the stored asset, if there is an amount. */
export function checkAgainstStored(call: MethodCall, field: AmountField, sign: Sign): void {
  const amount = call.params[field]?.amount
  const asset = call.transaction[`${field}_asset`]
  if (call.params[field] !== undefined)
    checkAmount(field, { amount, asset }, sign, call.state.assets)
}

export function checkFee({ params, transaction, state }: MethodCall): void {
  if (params.fee_details === undefined) return
  checkFeeDetails(params.fee_details, transaction.amount_fee_asset, state.assets)
}

export function checkAmountExpected({ params, state }: MethodCall): void {
  if (params.amount_expected === undefined) return
  const { amount } = params.amount_expected
  const asset = params.amount_in?.asset
  checkAmount('amount_expected', { amount, asset }, 'positive', state.assets)
}

const hasFee = ({ params }: MethodCall): boolean =>
  params.amount_fee !== undefined || params.fee_details !== undefined

const hasBothFees = ({ params }: MethodCall): boolean =>
  params.amount_fee !== undefined && params.fee_details !== undefined

function checkOneFee(call: MethodCall): void {
  if (hasBothFees(call) || !hasFee(call)) {
    throw invalidParams('Either amount_fee or fee_details must be set')
  }
}

/** A withdrawal takes an asset on Stellar in, a deposit pays one out. */
export const assetClasses = (call: MethodCall) =>
  isDeposit(call.transaction)
    ? ({ in: 'non-stellar', out: 'stellar' } as const)
    : ({ in: 'stellar', out: 'non-stellar' } as const)

function checkInteractiveAmounts(call: MethodCall): void {
  const { params } = call
  const classes = assetClasses(call)
  checkSent(call, 'amount_in', 'positive')
  checkAssetClass('amount_in', params.amount_in?.asset, classes.in)
  checkSent(call, 'amount_out', 'positive')
  checkAssetClass('amount_out', params.amount_out?.asset, classes.out)
  checkOneFee(call)
  checkSent(call, 'amount_fee', 'non-negative')
  checkFee(call)
  const feeAsset = params.amount_fee?.asset ?? params.fee_details?.asset ?? ''
  if (isStellar(feeAsset) !== (classes.in === 'stellar')) {
    throw invalidParams(`fee asset should be a ${classes.in} asset`)
  }
  checkAmountExpected(call)
}

/** Both `request_*_funds` take all amounts or none, and none only if all are stored. */
function checkRequestedAmounts(call: MethodCall): void {
  const { params, transaction } = call
  const { amount_in: amountIn, amount_out: amountOut, amount_expected: expected } = params
  const none = !amountIn && !amountOut && !hasFee(call) && !expected
  const all = amountIn && amountOut && hasFee(call)
  if (!none && !all) {
    throw invalidParams(
      'All or none of the amount_in, amount_out, and (fee_details or amount_fee) should be set',
    )
  }
  if (hasBothFees(call)) throw invalidParams('Either fee_details or amount_fee should be set')
  const classes = assetClasses(call)
  checkRequested(call, 'amount_in', classes.in)
  checkRequested(call, 'amount_out', classes.out)
  checkRequested(call, 'amount_fee', classes.in)
  if (params.fee_details) checkAssetClass('fee_details', params.fee_details.asset, classes.in)
  checkFee(call)
  checkAmountExpected(call)
  if (!amountIn && transaction.amount_in === undefined) {
    throw invalidParams('amount_in is required')
  }
  if (!amountOut && transaction.amount_out === undefined) {
    throw invalidParams('amount_out is required')
  }
  if (!hasFee(call) && transaction.amount_fee === undefined) {
    throw invalidParams('fee_details or amount_fee is required')
  }
}

function checkRequested(
  call: MethodCall,
  field: AmountField,
  expected: 'stellar' | 'non-stellar',
): void {
  const sent: AmountParam | undefined = call.params[field]
  if (sent === undefined) return
  checkAssetClass(field, sent.asset, expected)
  checkSent(call, field, 'non-negative')
}

/** Both `notify_*_funds_received` take no amounts, all amounts, or `amount_in` alone. */
function checkReceivedCombination(call: MethodCall): void {
  const { amount_in: amountIn, amount_out: amountOut } = call.params
  const rest = amountOut !== undefined || hasFee(call)
  const all = amountIn !== undefined && amountOut !== undefined && hasFee(call)
  if (rest && !all) {
    throw invalidParams(
      'Invalid amounts combination provided: all, none or only amount_in should be set',
    )
  }
}

function checkReceivedAmounts(call: MethodCall): void {
  checkAgainstStored(call, 'amount_in', 'positive')
  checkAgainstStored(call, 'amount_out', 'positive')
  checkAgainstStored(call, 'amount_fee', 'non-negative')
  checkFee(call)
}

function checkRefundPending(call: MethodCall): void {
  if (!isDeposit(call.transaction)) {
    if (call.transaction.amount_in_asset === undefined) {
      throw internalError('Cannot invoke "String.split(String)" because "asset" is null')
    }
    return
  }
  const { refund } = call.params
  if (refund === undefined) throw invalidParams('refund must not be null')
  checkRefund(call, refund, 'NotifyRefundPendingRequest')
  if (compareToAmountIn(call, totalWithRefund(call, refund)) > 0) {
    throw invalidParams('Refund amount exceeds amount_in')
  }
}

/** `statusByRefundTotal` checks the sums of `notify_refund_sent`. */
function checkRefundSent(call: MethodCall): void {
  const { refund } = call.params
  const { sep, status, refunds } = call.transaction
  if (refund === undefined && (sep === '31' || status === 'pending_anchor')) {
    throw invalidParams('refund is required')
  }
  if (sep === '31' && status === 'pending_receiver' && (refunds?.payments.length ?? 0) > 0) {
    throw onlyOneRefund('notify_refund_sent')
  }
  if (refund !== undefined) checkRefund(call, refund, 'NotifyRefundSentRequest')
}

function checkStellarRefund(call: MethodCall): void {
  const { refund } = call.params
  const { sep, refunds } = call.transaction
  if (refund === undefined) return
  checkRefund(call, refund, 'DoStellarRefundRequest')
  if (sep === '31' && refunds !== undefined) throw onlyOneRefund('do_stellar_refund')
  const comparison = compareToAmountIn(call, totalWithRefund(call, refund))
  if (comparison > 0) throw invalidParams('Refund amount exceeds amount_in')
  if (sep === '31' && comparison < 0) throw invalidParams('Refund amount is less than amount_in')
}

const onlyOneRefund = (method: MethodName) =>
  invalidRequest(
    `Multiple refunds aren't supported for kind[RECEIVE], protocol[31] and action[${method}]`,
  )

/** The checks of each method besides status, required params, custody and message. They throw RpcError. */
export const METHOD_CHECKS: Partial<Record<MethodName, Check>> = {
  notify_interactive_flow_completed: checkInteractiveAmounts,
  request_offchain_funds: checkRequestedAmounts,
  request_onchain_funds: (call) => {
    checkRequestedAmounts(call)
    checkDepositInfo(call)
  },
  notify_offchain_funds_received: (call) => {
    checkReceivedCombination(call)
    if (hasBothFees(call)) throw invalidParams('Either amount_fee or fee_details should be set')
    checkReceivedAmounts(call)
  },
  notify_onchain_funds_received: (call) => {
    checkReceivedCombination(call)
    checkReceivedAmounts(call)
  },
  notify_amounts_updated: (call) => {
    checkOneFee(call)
    checkAgainstStored(call, 'amount_out', 'non-negative')
    checkAgainstStored(call, 'amount_fee', 'non-negative')
    checkFee(call)
  },
  notify_refund_pending: checkRefundPending,
  notify_refund_sent: checkRefundSent,
  do_stellar_refund: checkStellarRefund,
}
