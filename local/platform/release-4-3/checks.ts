import { checkAssetClass } from '../methods/amount-checks.ts'
import { isStellar } from '../methods/assets.ts'
import type { MethodCall } from '../methods/call.ts'
import {
  assetClasses,
  type Check,
  checkAgainstStored,
  checkAmountExpected,
  checkFee,
  checkSent,
  METHOD_CHECKS,
} from '../methods/checks.ts'
import type { MethodName } from '../methods/table.ts'
import { invalidParams } from '../rpc-error.ts'
import { checkDepositInfo } from './deposit-info.ts'

function checkInteractiveAmounts(call: MethodCall): void {
  const { params } = call
  const classes = assetClasses(call)
  checkSent(call, 'amount_in', 'positive')
  checkAssetClass('amount_in', params.amount_in?.asset, classes.in)
  checkSent(call, 'amount_out', 'positive')
  checkAssetClass('amount_out', params.amount_out?.asset, classes.out)
  if (params.fee_details === undefined) throw invalidParams('fee_details must be set')
  checkFee(call)
  if (isStellar(params.fee_details.asset ?? '') !== (classes.in === 'stellar')) {
    throw invalidParams(`fee asset should be a ${classes.in} asset`)
  }
  checkAmountExpected(call)
}

/** `amount_out` may be missing: an exchange without a firm quote gets it later. */
function checkRequestedAmounts(call: MethodCall, feeRefusal: string): void {
  const { params, transaction } = call
  const { amount_in: amountIn, fee_details: fee, amount_expected: expected } = params
  const isNone = amountIn === undefined && fee === undefined && expected === undefined
  if (!isNone && (amountIn === undefined || fee === undefined)) {
    throw invalidParams(
      'All (amount_out is optional) or none of the amount_in, amount_out, and fee_details should be set',
    )
  }
  const classes = assetClasses(call)
  for (const field of ['amount_in', 'amount_out'] as const) {
    if (params[field] === undefined) continue
    checkAssetClass(field, params[field].asset, field === 'amount_in' ? classes.in : classes.out)
    checkSent(call, field, 'non-negative')
  }
  if (fee !== undefined) checkAssetClass('fee_details', fee.asset, classes.in)
  checkFee(call)
  checkAmountExpected(call)
  if (amountIn === undefined && transaction.amount_in === undefined) {
    throw invalidParams('amount_in is required')
  }
  checkAmountOut(call)
  if (fee === undefined && transaction.amount_fee === undefined) throw invalidParams(feeRefusal)
}

function checkAmountOut({ params, transaction }: MethodCall): void {
  const { sep, amount_out: stored, quote_id: quote } = transaction
  if (sep === '31' || params.amount_out !== undefined || stored !== undefined) return
  if (quote !== undefined) {
    throw invalidParams('amount_out is required for transactions with firm quotes')
  }
  if (transaction.amount_in_asset === transaction.amount_out_asset) {
    throw invalidParams('amount_out is required for non-exchange transactions')
  }
}

function checkReceived(call: MethodCall): void {
  const { amount_in: amountIn, amount_out: amountOut, fee_details: fee } = call.params
  const rest = amountOut !== undefined || fee !== undefined
  const all = amountIn !== undefined && amountOut !== undefined && fee !== undefined
  if (rest && !all) {
    throw invalidParams(
      'Invalid amounts combination provided: all, none or only amount_in should be set',
    )
  }
  checkAgainstStored(call, 'amount_in', 'positive')
  checkAgainstStored(call, 'amount_out', 'positive')
  checkFee(call)
}

/** The checks of each method of 4.3.0. Those of refunds are as in 2.8.4. */
export const CHECKS_OF_4_3: Partial<Record<MethodName, Check>> = {
  ...METHOD_CHECKS,
  notify_interactive_flow_completed: checkInteractiveAmounts,
  request_offchain_funds: (call) => checkRequestedAmounts(call, 'fee_details is required'),
  request_onchain_funds: (call) => {
    checkRequestedAmounts(call, 'fee_details or amount_fee is required')
    checkDepositInfo(call)
  },
  notify_offchain_funds_received: checkReceived,
  notify_onchain_funds_received: checkReceived,
  notify_amounts_updated: (call) => {
    checkAgainstStored(call, 'amount_out', 'non-negative')
    if (call.params.fee_details === undefined) throw invalidParams('fee_details must be set')
    checkFee(call)
  },
}
