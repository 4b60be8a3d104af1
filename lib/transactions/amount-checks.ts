import {
  AmountError,
  isDecimal,
  isSameDecimal,
  parseAmount,
  sumDecimals,
} from '../stellar/amount.ts'
import { AssetError, isStellarAssetName, parseAsset } from '../stellar/asset.ts'
import { notSent, type ParamProblem, refused, unreadable } from './param-problem.ts'
import type { AmountParam, FeeDetailsParam } from './rpc-params.ts'

const STELLAR_RULE =
  'digits with at most 7 after a point, from 0 to 922337203685.4775807, without sign or exponent'
const DECIMAL_RULE = 'digits, at most 30 after a point, without sign or exponent'
const ASSET_RULE = 'stellar:CODE:ISSUER, stellar:native or iso4217:CODE'

/** The grammar of Java's BigDecimal in ASCII, which the platform reads amounts by. */
const PLATFORM_DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

export interface AmountRule {
  /** Zero is refused. */
  positive: boolean
  /**
   * Where the asset comes from: `request`, checked as well; or the one the transaction is known to have, null when it is
   * not known.
   */
  asset: 'request' | { known: string | null }
  /** At most 7 decimals whatever the asset: what the ledger of refunds adds up. */
  sevenDecimals?: boolean
}

/** The platform's check of one amount, in its order and words, and this service's narrower grammar. */
export function amountProblems(
  field: string,
  { amount, asset }: AmountParam,
  rule: AmountRule,
): ParamProblem[] {
  const problems: ParamProblem[] = []
  const value = amount ?? ''
  const name = rule.asset === 'request' ? (asset ?? '') : (rule.asset.known ?? '')
  const path = `${field}.amount`
  if (value === '') problems.push(refused(path, amount, DECIMAL_RULE, `${path} cannot be empty`))
  else
    problems.push(
      ...valueProblems(
        path,
        value,
        rule.sevenDecimals === true || isStellarAssetName(name),
        rule.positive,
      ),
    )
  if (rule.asset === 'request') problems.push(...assetProblems(field, asset))
  return problems
}

function valueProblems(
  path: string,
  value: string,
  sevenDecimals: boolean,
  positive: boolean,
): ParamProblem[] {
  const rule = sevenDecimals ? STELLAR_RULE : DECIMAL_RULE
  const invalid = `${path} is invalid`
  if (!PLATFORM_DECIMAL.test(value)) return [refused(path, value, rule, invalid)]
  const signed = /^-.*[1-9].*$/.test(value.replace(/[eE].*$/, ''))
  const zero = isSameDecimal(value, '0')
  if (positive && (signed || zero)) {
    return [refused(path, value, 'more than 0', `${path} should be positive`)]
  }
  if (signed) return [refused(path, value, '0 or more', `${path} should be non-negative`)]
  const readable = sevenDecimals ? isStellarAmount(value) : isDecimal(value)
  // The platform takes +1, 1e2 and .5, and stores them as they are; nobody after it should have to read them.
  return readable ? [] : [notSent(path, value, rule, invalid)]
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
export function assetProblems(field: string, asset: string | undefined): ParamProblem[] {
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
    const problem = unreadable(path, asset, ASSET_RULE, message)
    return [{ ...problem, decides: 'status_allows' }]
  }
  if (isStellarAssetName(asset) === stellar) return []
  const kind = stellar ? 'stellar' : 'non-stellar'
  const rule = stellar ? 'an asset that starts with stellar:' : 'an asset like iso4217:USD'
  return [refused(path, asset, rule, `${path} should be ${kind} asset`)]
}

/** The platform's check of a fee with its parts: the parts add up to the total, exactly. */
export function feeDetailsProblems({ total, asset, details }: FeeDetailsParam): ParamProblem[] {
  const fee = {
    ...(total === undefined ? {} : { amount: total }),
    ...(asset === undefined ? {} : { asset }),
  }
  const problems = amountProblems('fee_details', fee, { positive: false, asset: 'request' })
  if (details === undefined) return problems
  const ofStellarAsset = asset !== undefined && isStellarAssetName(asset)
  const parts: string[] = []
  for (const [index, { amount }] of details.entries()) {
    if (ofStellarAsset ? isStellarAmount(amount ?? '') : isDecimal(amount)) {
      parts.push(amount ?? '')
      continue
    }
    // Without a readable amount the platform fails in the middle of its sum (-32603).
    const rule = ofStellarAsset ? STELLAR_RULE : DECIMAL_RULE
    problems.push(notSent(`fee_details.details[${index}].amount`, amount, rule))
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
