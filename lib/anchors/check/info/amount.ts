import { isJsonNumber } from '../../../lossless-json.ts'
import { isGreaterDecimal, withoutExponent } from '../../../stellar/amount.ts'
import type { TransferSupport } from '../offers.ts'
import { isAbsent, type Recorder, shownValue } from './read-json.ts'

// 20 digits on either side are more than a Stellar asset (12 and 7) or a currency has.
const AMOUNT = /^(?:0|[1-9]\d{0,19})(?:\.\d{1,20})?$/

/** A plain decimal with all its digits, or null. The JSON number `1e-7` becomes `0.0000001`, and `1e400` is null. */
function readAmount(value: unknown): string | null {
  if (typeof value === 'string') return AMOUNT.test(value) ? value : null
  if (!isJsonNumber(value)) return null
  const plain = withoutExponent(value.rawJSON)
  return AMOUNT.test(plain) ? plain : null
}

const AMOUNT_FIELDS = [
  ['feeFixed', 'fee_fixed'],
  ['feePercent', 'fee_percent'],
  ['feeMinimum', 'fee_minimum'],
  ['minAmount', 'min_amount'],
  ['maxAmount', 'max_amount'],
] as const

/** Reads fees and limits of one asset. The SEPs want numbers; a text that holds a number is read, and is a fault. */
export function readAmounts(
  entry: Record<string, unknown>,
  field: string,
  recorder: Recorder,
): Omit<TransferSupport, 'enabled'> {
  const amounts: Omit<TransferSupport, 'enabled'> = {}
  for (const [name, key] of AMOUNT_FIELDS) {
    const value = entry[key]
    if (isAbsent(value)) continue
    const amount = readAmount(value)
    if (amount === null) recorder.fault('info_amount', `${field}.${key}`, shownValue(value))
    else amounts[name] = amount
    if (amount !== null && typeof value === 'string') {
      recorder.fault('info_amount_text', `${field}.${key}`, value)
    }
  }
  const { minAmount, maxAmount } = amounts
  if (
    minAmount !== undefined &&
    maxAmount !== undefined &&
    isGreaterDecimal(minAmount, maxAmount)
  ) {
    recorder.fault('info_limits_reversed', field, `${minAmount} > ${maxAmount}`)
  }
  return amounts
}
