import {
  AmountError,
  isDecimal,
  isSameDecimal,
  parseAmount,
  sumDecimals,
} from '../stellar/amount.ts'
import { AssetError, isStellarAssetName, parseAsset } from '../stellar/asset.ts'
import { notSent, type ParamProblem, refused, unreadableParam } from './param-problem.ts'
import type { AmountParam, FeeDetailsParam } from './params.ts'

const STELLAR_RULE =
  'digits with at most 7 after a point, from 0 to 922337203685.4775807, without sign or exponent'
const DECIMAL_RULE = 'digits, at most 30 after a point, without sign or exponent'
const ASSET_RULE = 'stellar:CODE:ISSUER, stellar:native or iso4217:CODE'

/** The grammar of Java's BigDecimal, which the platform reads amounts by: digits of any script are digits. */
const PLATFORM_DECIMAL = /^[+-]?(?:\p{Nd}+\.?\p{Nd}*|\.\p{Nd}+)(?:[eE][+-]?\p{Nd}+)?$/u

export interface AmountRule {
  /** Zero is refused. */
  positive: boolean
  /** Where the asset comes from: `request`, and is checked as well; or the transaction has it. */
  asset: 'request' | 'stored'
}

/** The platform's check of one amount, in its order and words. */
export function amountProblems(
  field: string,
  { amount, asset }: AmountParam,
  { positive, asset: source }: AmountRule,
): ParamProblem[] {
  const path = `${field}.amount`
  return [
    ...valueProblems(path, amount ?? '', positive),
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
  return /^-.*[1-9]/.test(value.replace(/[eE].*$/, ''))
}

/**
 * An amount that the platform would take and this service does not send, whatever else is wrong: `+1`, `1e2`, `.5`, more
 * decimals or more units than the ledger has. The platform stores an amount as it is written, and everybody after it
 * would have to read it.
 */
export function unsendableAmount(
  path: string,
  value: string | undefined,
  ofLedger: boolean,
): ParamProblem[] {
  if (value === undefined || !PLATFORM_DECIMAL.test(value) || isNegative(value)) return []
  if (ofLedger ? isStellarAmount(value) : isDecimal(value)) return []
  return [notSent(path, value, ofLedger ? STELLAR_RULE : DECIMAL_RULE, `${path} is invalid`)]
}

function isStellarAmount(value: string): boolean {
  try {
    parseAmount(value)
    return true
  } catch (error) {
    if (error instanceof AmountError) return false
    throw error
  }
}

/** The platform's check of an asset's name; which of the well-formed ones it supports only it knows. */
function assetProblems(field: string, asset: string | undefined): ParamProblem[] {
  const path = `${field}.asset`
  if (asset === undefined || asset === '') {
    return [refused(path, asset, ASSET_RULE, `${path} cannot be empty`)]
  }
  try {
    parseAsset(asset)
    return []
  } catch (error) {
    if (!(error instanceof AssetError)) throw error
    return [refused(path, asset, ASSET_RULE, `'${asset}' is not a supported asset.`)]
  }
}

/** The platform's check that an asset is of the ledger or is not; a missing one breaks it (-32603). */
export function assetClassProblems(
  field: string,
  asset: string | undefined,
  stellar: boolean,
): ParamProblem[] {
  const path = `${field}.asset`
  if (asset === undefined) {
    const message = 'Cannot invoke "String.startsWith(String)" because "asset" is null'
    const problem = unreadableParam(path, asset, ASSET_RULE, message)
    return [{ ...problem, decides: 'status_allows' }]
  }
  if (isStellarAssetName(asset) === stellar) return []
  const kind = stellar ? 'stellar' : 'non-stellar'
  const rule = stellar ? 'an asset that starts with stellar:' : 'an asset like iso4217:USD'
  return [refused(path, asset, rule, `${path} should be ${kind} asset`)]
}

/** The platform's check of a fee with its parts: the parts add up to the total, exactly. */
export function feeDetailsProblems({ total, asset, details }: FeeDetailsParam): ParamProblem[] {
  const problems = [
    ...valueProblems('fee_details.amount', total ?? '', false),
    ...assetProblems('fee_details', asset),
  ]
  if (details === undefined) return problems
  const parts: string[] = []
  for (const [index, { amount }] of details.entries()) {
    if (isDecimal(amount)) parts.push(amount)
    else {
      // Without a readable amount the platform fails in the middle of its sum.
      const problem = unreadableParam(`fee_details.details[${index}].amount`, amount, DECIMAL_RULE)
      problems.push({ ...problem, decides: 'status_allows' })
    }
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
