import { createHash } from 'node:crypto'
import { requestedAsset } from '../methods/assets.ts'
import type { MethodCall } from '../methods/call.ts'
import { invalidParams } from '../rpc-error.ts'

const MOST_MEMO = 2n ** 64n - 1n

function generatorOf({ transaction, state: { config } }: MethodCall): 'self' | 'none' {
  const chosen = {
    '6': config.sep6_deposit_info_generator_type,
    '24': config.sep24_deposit_info_generator_type,
    '31': config.sep31_deposit_info_generator_type,
  }[transaction.sep]
  return chosen === 'none' ? 'none' : 'self'
}

/** Checks whether the request may set address and memo, and whether the memo is a number of 64 bits. @throws RpcError */
export function checkDepositInfo(call: MethodCall): void {
  const { memo, destination_account: account } = call.params
  if (generatorOf(call) === 'none') {
    if (!memo) throw invalidParams('memo and memo_type are required')
    if (!/^\d{1,20}$/.test(memo) || BigInt(memo) > MOST_MEMO) {
      throw invalidParams(`Invalid id memo: Invalid memo ${memo} of type: MEMO_ID`)
    }
    if (account === undefined) throw invalidParams('destination_account is required')
    return
  }
  if (memo !== undefined || account !== undefined) {
    throw invalidParams(
      "Anchor is not configured to accept memo, memo_type and destination_account. Please set configuration deposit_info_generator_type to 'none' if you want to enable this feature",
    )
  }
}

/** The account and the memo for the user's payment. The platform makes a random memo; here it comes from the id. */
export function depositInfo(call: MethodCall): { account: string | undefined; memo: string } {
  const { params, transaction, state } = call
  if (generatorOf(call) === 'none') {
    return { account: params.destination_account, memo: params.memo ?? '' }
  }
  const { sep, to_account: known, memo, memo_type: type } = transaction
  const isKept = sep === '24' && type === 'id' && memo !== undefined
  const account =
    sep === '6' ? requestedAsset(state.assets, transaction)?.distribution_account : known
  return { account, memo: isKept ? memo : memoFor(transaction.id) }
}

function memoFor(id: string): string {
  const bytes = createHash('sha256').update(id).digest()
  return String(bytes.readBigUInt64BE() >> 1n)
}
