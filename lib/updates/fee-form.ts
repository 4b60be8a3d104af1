import { isJsonObject, scalarText } from '../lossless-json.ts'
import type { RpcError } from '../platform/envelope.ts'
import type { RpcMethod } from '../platform/methods.ts'
import { notSent, refusalOf } from '../platform/param-problem.ts'

const RULE =
  'amount_fee with amount and asset, which is sent as fee_details, or fee_details with total and asset'

/**
 * Writes `amount_fee` as `fee_details` where the release has only the latter, as from 3.0 on; the platform ignores the old
 * form, and the fee would be lost. The amount keeps every digit. A fee without an asset is refused: where 2.x takes the
 * stored asset, `fee_details` must name it. Releases that have `amount_fee` take `fee_details` too.
 */
export function takeFee(
  { params: known }: Pick<RpcMethod, 'params'>,
  params: unknown,
): { params: unknown; isRewritten: boolean } | { refusal: RpcError } {
  const asGiven = { params, isRewritten: false }
  const isNewForm = Object.hasOwn(known, 'fee_details') && !Object.hasOwn(known, 'amount_fee')
  if (!isNewForm || !isJsonObject(params)) return asGiven
  const { amount_fee: given, ...rest } = params
  if (given === undefined || given === null) return asGiven
  // The platform reads `fee_details`, and the warning about `amount_fee` says that it does not have it.
  if (rest['fee_details'] !== undefined && rest['fee_details'] !== null) return asGiven
  const { amount, asset } = isJsonObject(given) ? given : {}
  if (scalarText(amount) === null || typeof asset !== 'string' || asset === '') {
    return { refusal: refusalOf([notSent('amount_fee', given, RULE)]) }
  }
  return { params: { ...rest, fee_details: { total: amount, asset } }, isRewritten: true }
}
