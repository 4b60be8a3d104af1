import type { Asset } from '../emulator-state.ts'
import { internalError, invalidParams } from '../rpc-error.ts'
import { addDecimals, compareDecimals, parseDecimal, significantDecimals } from './amounts.ts'
import { isStellar } from './assets.ts'
import type { FeeDetailParam, FeeDetailsParam } from './params.ts'

interface CheckedAmount {
  amount: string | undefined
  asset: string | undefined
}

/** Checks an amount and its asset in the platform's order. @throws RpcError (-32602) that names `field` */
export function checkAmount(
  field: string,
  { amount, asset }: CheckedAmount,
  sign: 'positive' | 'non-negative',
  assets: readonly Asset[],
): void {
  if (!amount) throw invalidParams(`${field}.amount cannot be empty`)
  const decimal = parseDecimal(amount)
  if (decimal === null) throw invalidParams(`${field}.amount is invalid`)
  if (decimal.unscaled < 0n || (sign === 'positive' && decimal.unscaled === 0n)) {
    throw invalidParams(`${field}.amount should be ${sign}`)
  }
  if (!asset) throw invalidParams(`${field}.asset cannot be empty`)
  const known = assets.find(({ id }) => id === asset)
  if (known === undefined) throw invalidParams(`'${asset}' is not a supported asset.`)
  const allowed = known.significant_decimals
  if (allowed !== undefined && significantDecimals(decimal) > allowed) {
    throw invalidParams(`'${amount}' has invalid significant decimals. Expected: '${allowed}'`)
  }
}

/** Checks whether an asset is on Stellar. @throws RpcError: -32602, or -32603 without an asset */
export function checkAssetClass(
  field: string,
  asset: string | undefined,
  expected: 'stellar' | 'non-stellar',
): void {
  if (asset === undefined) {
    throw internalError('Cannot invoke "String.startsWith(String)" because "asset" is null')
  }
  if (isStellar(asset) !== (expected === 'stellar')) {
    throw invalidParams(`${field}.asset should be ${expected} asset`)
  }
}

/** Checks the total of a fee, its asset against the stored one, and the sum of its parts. @throws RpcError */
export function checkFeeDetails(
  fee: FeeDetailsParam,
  storedAsset: string | undefined,
  assets: readonly Asset[],
): void {
  const { total, asset, details } = fee
  checkAmount('fee_details', { amount: total, asset }, 'non-negative', assets)
  if (storedAsset !== undefined && asset !== storedAsset) {
    throw invalidParams(
      `fee_details.asset is different from expected database asset (${storedAsset})`,
    )
  }
  const totalDecimal = parseDecimal(total ?? '')
  if (details === undefined || totalDecimal === null) return
  if (compareDecimals(totalDecimal, addDecimals(details.map(amountOfDetail))) !== 0) {
    throw invalidParams('fee_details.total is not equal to the sum of (fee_details.details.amount)')
  }
}

function amountOfDetail({ amount }: FeeDetailParam) {
  if (amount === undefined) {
    throw internalError('Cannot read field "intCompact" because "augend" is null')
  }
  const decimal = parseDecimal(amount)
  if (decimal === null) throw internalError(`Not a decimal number: ${amount}`)
  return decimal
}
