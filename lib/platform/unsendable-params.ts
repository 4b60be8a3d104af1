import { isAccountId, isContractId } from '../stellar/account-id.ts'
import { isStellarAssetName } from '../stellar/asset.ts'
import { parseMuxedAccount } from '../stellar/muxed-account.ts'
import { unsendableAmount } from './amount-checks.ts'
import type { RpcMethod } from './methods.ts'
import { notSent, type ParamProblem } from './param-problem.ts'
import type { UpdateParams } from './params.ts'
import type { PlatformTransaction } from './transaction.ts'

const MAX_REFUND_ID_LENGTH = 255
const AMOUNTS = ['amount_in', 'amount_out', 'amount_fee', 'amount_expected'] as const

/**
 * What this service never sends although the platform might take it, or fail on it in a way that leaves open whether the
 * update was applied: amounts that are not plainly written, hashes and accounts that the ledger cannot have, refunds
 * without an id.
 */
export function unsendableParams(
  { name: method, params: known }: RpcMethod,
  params: UpdateParams,
  transaction: PlatformTransaction | null,
): ParamProblem[] {
  const takes = (name: string) => Object.hasOwn(known, name) && params[name] !== undefined
  const problems: ParamProblem[] = []
  for (const name of AMOUNTS) {
    if (!takes(name)) continue
    const asset = known[name]?.type === 'amount' ? transaction?.[name].asset : params[name]?.asset
    problems.push(...unsendableAmount(`${name}.amount`, params[name]?.amount, isOfLedger(asset)))
  }
  if (takes('fee_details')) {
    const { total, asset, details = [] } = params.fee_details ?? {}
    const ofLedger = isOfLedger(asset)
    problems.push(
      ...unsendableAmount('fee_details.amount', total, ofLedger),
      ...details.flatMap(({ amount }, index) =>
        unsendableAmount(`fee_details.details[${index}].amount`, amount, ofLedger),
      ),
    )
  }
  // Withdrawals ignore the refund of a notice that one is pending.
  const counts =
    method !== 'notify_refund_pending' || transaction?.kind.startsWith('deposit') === true
  if (takes('refund') && counts) {
    problems.push(...unsendableRefund(known['refund']?.type, params))
  }
  if (takes('refund')) problems.push(...unsendableRefundId(params))
  if (takes('stellar_transaction_id')) problems.push(...unsendableHash(params))
  if (takes('destination_account')) problems.push(...unsendableAccount(params))
  return problems
}

function isOfLedger(asset: string | null | undefined): boolean {
  return typeof asset === 'string' && isStellarAssetName(asset)
}

// The ledger of refunds adds up seven decimals, whatever the asset.
function unsendableRefund(type: string | undefined, { refund }: UpdateParams): ParamProblem[] {
  const { id, amount, amount_fee: fee } = refund ?? {}
  const problems = [
    ...unsendableAmount('refund.amount.amount', amount?.amount, true),
    ...unsendableAmount('refund.amountFee.amount', fee?.amount, true),
  ]
  if (type === 'refund' && (id === undefined || id === '')) {
    // The platform takes one refund without id, and fails on every later one.
    problems.push(notSent('refund.id', id, 'an id of its own for each refund'))
  }
  return problems
}

// What the ledger of refunds has no place for would fail the whole request.
function unsendableRefundId({ refund: { id } = {} }: UpdateParams): ParamProblem[] {
  if (id === undefined || id.length <= MAX_REFUND_ID_LENGTH) return []
  return [notSent('refund.id', id, `at most ${MAX_REFUND_ID_LENGTH} characters`)]
}

// Horizon knows no other hash: the platform would fail (-32603) after it began the update.
function unsendableHash({ stellar_transaction_id: hash = '' }: UpdateParams): ParamProblem[] {
  if (hash.trim() === '' || /^[0-9a-f]{64}$/i.test(hash)) return []
  const rule = 'the hash of a Stellar transaction, 64 hexadecimal digits'
  return [notSent('stellar_transaction_id', hash, rule)]
}

function unsendableAccount({ destination_account: account = '' }: UpdateParams): ParamProblem[] {
  const payable =
    isAccountId(account) || isContractId(account) || parseMuxedAccount(account) !== null
  if (account === '' || payable) return []
  return [notSent('destination_account', account, 'an account id, G… or M…, or a contract id')]
}
