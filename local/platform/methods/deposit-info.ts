import { internalError, invalidParams, RpcError } from '../rpc-error.ts'
import { requestedAsset } from './assets.ts'
import type { MethodCall } from './call.ts'

const LONG_MAX = 2n ** 63n - 1n
const MAX_TEXT_MEMO_BYTES = 28
const HASH_BYTES = 32

function generatorOf({ transaction, state }: MethodCall): 'self' | 'custody' | 'none' {
  return transaction.sep === '6'
    ? state.config.sep6_deposit_info_generator_type
    : state.config.sep24_deposit_info_generator_type
}

/** Checks whether the request may set address and memo, and whether the memo is valid. @throws RpcError */
export function checkDepositInfo(call: MethodCall): void {
  const { memo, memo_type: type, destination_account: account } = call.params
  if (generatorOf(call) === 'none') {
    if (!memo) throw invalidParams('memo and memo_type are required')
    checkMemo(memo, type)
    if (account === undefined) throw invalidParams('destination_account is required')
    return
  }
  if (memo !== undefined || type !== undefined || account !== undefined) {
    throw invalidParams(
      "Anchor is not configured to accept memo, memo_type and destination_account. Please set configuration sep24.deposit_info_generator_type to 'none' if you want to enable this feature",
    )
  }
}

function checkMemo(memo: string, type: string | undefined): void {
  if (!type) throw invalidMemo('memo_type is required if memo is specified')
  switch (type) {
    case 'text':
      if (Buffer.byteLength(memo) > MAX_TEXT_MEMO_BYTES) {
        throw internalError('text cannot be more than 28-bytes long.')
      }
      return
    case 'id':
      checkIdMemo(memo)
      return
    case 'hash':
      decodeHashMemo(memo)
      return
    case 'return':
      throw invalidMemo('Unsupported value: return')
    case 'none':
      throw invalidMemo('memo must be empty when memoType is none')
    default:
      throw invalidMemo(`Invalid memo type: ${type}`)
  }
}

/** The platform fails to print this error because it holds its cause, and the whole answer is a 500. */
const invalidMemo = (reason: string): RpcError =>
  new RpcError(-32602, `Invalid memo or memo_type: ${reason}`, { breaksAnswer: true })

function checkIdMemo(memo: string): void {
  const value = /^[+-]?\d+$/.test(memo) ? BigInt(memo.replace('+', '')) : null
  if (value === null || value > LONG_MAX || value < -LONG_MAX - 1n) {
    throw invalidMemo(`Invalid memo ${memo} of type:MEMO_ID`)
  }
  if (value < 0n) throw internalError('MEMO_ID must be between 0 and 2^64-1')
}

function decodeHashMemo(memo: string): Buffer {
  const illegal = /[^A-Za-z0-9+/=]/.exec(memo)
  if (illegal !== null) {
    throw internalError(`Illegal base64 character ${illegal[0].charCodeAt(0).toString(16)}`)
  }
  const bytes = Buffer.from(memo, 'base64')
  if (bytes.length !== HASH_BYTES) throw internalError('bytes must be 32-bytes long.')
  return bytes
}

interface DepositInfo {
  account: string | undefined
  memo: string
  memoType: string
}

/** The account and the memo for the user's Stellar payment. @throws RpcError */
export function depositInfo(call: MethodCall): DepositInfo {
  const info = generate(call)
  if (info.memoType === 'hash' && call.state.config.custody_type === 'fireblocks') {
    throw invalidParams('Memo type[hash] is not supported for custody type[fireblocks]')
  }
  return info
}

function generate(call: MethodCall): DepositInfo {
  const { params, transaction, state } = call
  switch (generatorOf(call)) {
    case 'none': {
      const { memo = '', memo_type: memoType = '', destination_account: account } = params
      const stored = memoType === 'hash' ? decodeHashMemo(memo).toString('hex') : memo
      return { account, memo: stored, memoType }
    }
    case 'custody': {
      const info = state.config.custody_deposit_info
      if (info === undefined) throw internalError('The custody service gave no deposit address')
      return { account: info.address, memo: info.memo, memoType: info.memo_type }
    }
    case 'self': {
      const id = transaction.id.slice(0, HASH_BYTES).padStart(HASH_BYTES, '0')
      const account =
        transaction.sep === '24'
          ? transaction.to_account
          : requestedAsset(state.assets, transaction)?.distribution_account
      return { account, memo: Buffer.from(id).toString('base64'), memoType: 'hash' }
    }
  }
}
