import { isDecimal, isSameDecimal, parseAmount, sumDecimals } from '../stellar/amount.ts'
import { isStellarAssetName, parseAsset } from '../stellar/asset.ts'
import { failing, notSent, type ParamProblem, refused } from './param-problem.ts'
import { type AmountParam, type FeeDetailsParam, type ParamCheck, takes } from './params.ts'

const STELLAR_RULE =
  'digits with at most 7 after a point, from 0 to 922337203685.4775807, without sign or exponent'
const DECIMAL_RULE = 'digits, at most 30 after a point, without sign or exponent'
const ASSET_RULE = 'stellar:CODE:ISSUER, stellar:native or iso4217:CODE'

/** The grammar of Java's BigDecimal, by which the platform reads amounts. It accepts the digits of every script. */
const PLATFORM_DECIMAL = /^[+-]?(?:\p{Nd}+(?:\.\p{Nd}*)?|\.\p{Nd}+)(?:[eE][+-]?\p{Nd}+)?$/u

/**
 * Refuses amounts that the platform accepts but this service does not send: `+1`, `1e2`, `.5`, and amounts with more
 * decimals or more units than the ledger has. The platform stores an amount as it was written, so every later reader
 * would have to understand that form.
 */
export const plainAmounts: ParamCheck = (update) => {
  const { params, known, transaction } = update
  return (['amount_in', 'amount_out', 'amount_fee', 'amount_expected'] as const).flatMap((name) => {
    if (!takes(update, name)) return []
    const asset = known[name]?.type === 'amount' ? transaction?.[name].asset : params[name]?.asset
    return unsendableAmount(`${name}.amount`, params[name]?.amount, isOfLedger(asset))
  })
}

/** Refuses fees that this service does not send, for the reason given at `plainAmounts`. */
export const plainFeeDetails: ParamCheck = (update) => {
  if (!takes(update, 'fee_details')) return []
  const { total, asset, details = [] } = update.params.fee_details ?? {}
  const ofLedger = isOfLedger(asset)
  return [
    ...unsendableAmount('fee_details.amount', total, ofLedger),
    ...details.flatMap(({ amount }, index) =>
      unsendableAmount(`fee_details.details[${index}].amount`, amount, ofLedger),
    ),
  ]
}

/** No amount that may be sent is as long. The length is looked at before any pattern. */
const MOST_CHARACTERS = 255

/** Refuses an amount that the platform accepts, but that is not a plain decimal or does not fit the ledger. */
export function unsendableAmount(
  path: string,
  value: string | undefined,
  ofLedger: boolean,
): ParamProblem[] {
  if (value === undefined) return []
  if (value.length > MOST_CHARACTERS) {
    return [notSent(path, value, `at most ${MOST_CHARACTERS} characters`, `${path} is invalid`)]
  }
  if (!PLATFORM_DECIMAL.test(value) || isNegative(value)) return []
  if (ofLedger ? parseAmount(value) !== null : isDecimal(value)) return []
  return [notSent(path, value, ofLedger ? STELLAR_RULE : DECIMAL_RULE, `${path} is invalid`)]
}

function isOfLedger(asset: string | null | undefined): boolean {
  return typeof asset === 'string' && isStellarAssetName(asset)
}

/** Checks an amount whose asset the transaction has. */
export function ofStoredAsset(
  field: string,
  amount: AmountParam | undefined,
  positive: boolean,
): ParamProblem[] {
  return amount === undefined ? [] : amountProblems(field, amount, { positive, asset: 'stored' })
}

interface AmountRule {
  /** Zero is refused. */
  positive: boolean
  /** Where the asset comes from. An asset of the request is checked as well. */
  asset: 'request' | 'stored'
}

export function amountProblems(
  field: string,
  { amount, asset }: AmountParam,
  { positive, asset: source }: AmountRule,
): ParamProblem[] {
  return [
    ...valueProblems(`${field}.amount`, amount ?? '', positive),
    ...(source === 'request' ? assetProblems(field, asset) : []),
  ]
}

function valueProblems(path: string, value: string, positive: boolean): ParamProblem[] {
  if (value === '') return [refused(path, value, DECIMAL_RULE, `${path} cannot be empty`)]
  if (!PLATFORM_DECIMAL.test(value)) {
    return [refused(path, value, DECIMAL_RULE, `${path} is invalid`)]
  }
  if (positive && (isNegative(value) || isSameDecimal(value, '0'))) {
    return [refused(path, value, 'more than 0', `${path} should be positive`)]
  }
  return isNegative(value)
    ? [refused(path, value, '0 or more', `${path} should be non-negative`)]
    : []
}

function isNegative(value: string): boolean {
  const [mantissa = ''] = value.split(/[eE]/, 1)
  return mantissa.startsWith('-') && /[1-9]/.test(mantissa)
}

/** Checks that a text names an asset. Which assets are supported is in the platform's configuration. */
function assetProblems(field: string, asset: string | undefined): ParamProblem[] {
  const path = `${field}.asset`
  if (asset === undefined || asset === '') {
    return [refused(path, asset, ASSET_RULE, `${path} cannot be empty`)]
  }
  if (parseAsset(asset) !== null) return []
  return [refused(path, asset, ASSET_RULE, `'${asset}' is not a supported asset.`)]
}

/** Checks that an asset is, or is not, an asset of the ledger. */
export function assetClassProblems(
  field: string,
  asset: string | undefined,
  stellar: boolean,
): ParamProblem[] {
  const path = `${field}.asset`
  if (asset === undefined) {
    const message = 'Cannot invoke "String.startsWith(String)" because "asset" is null'
    return [failing(path, asset, ASSET_RULE, message)]
  }
  if (isStellarAssetName(asset) === stellar) return []
  const kind = stellar ? 'stellar' : 'non-stellar'
  const rule = stellar ? 'an asset that starts with stellar:' : 'an asset like iso4217:USD'
  return [refused(path, asset, rule, `${path} should be ${kind} asset`)]
}

/** Checks a fee and its parts, whose sum must be exactly the total. */
export function feeDetailsProblems({ total, asset, details }: FeeDetailsParam): ParamProblem[] {
  const problems = [
    ...valueProblems('fee_details.amount', total ?? '', false),
    ...assetProblems('fee_details', asset),
  ]
  if (details === undefined) return problems
  const parts: string[] = []
  for (const [index, { amount }] of details.entries()) {
    if (isDecimal(amount)) parts.push(amount)
    else problems.push(failing(`fee_details.details[${index}].amount`, amount, DECIMAL_RULE))
  }
  if (parts.length < details.length || !isDecimal(total)) return problems
  const sum = sumDecimals(parts)
  if (isSameDecimal(sum, total)) return problems
  const message = 'fee_details.total is not equal to the sum of (fee_details.details.amount)'
  return [
    ...problems,
    refused('fee_details.total', total, `the sum of fee_details.details, ${sum}`, message),
  ]
}
