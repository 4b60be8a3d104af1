import { parseAmount } from '../../lib/stellar/amount.ts'
import { type Asset, parseAsset } from '../../lib/stellar/asset.ts'
import { type Memo, parseMemo } from '../../lib/stellar/memo.ts'

const ALLOWED_MEMO: Record<string, string> = {
  text: 'at most 28 bytes of UTF-8',
  id: 'digits without a leading zero, from 0 to 18446744073709551615',
  hash: '32 bytes in base64',
}

/** The stroops of an amount that a test or a person gave. @throws Error with the allowed form */
export function stroopsOf(amount: unknown): bigint {
  return (
    parseAmount(amount) ??
    refuse(
      'Amount',
      amount,
      'a text of digits, at most 7 of them after a point, from 0 to 922337203685.4775807',
    )
  )
}

/** The asset that a test or a person gave in SEP-38 form. @throws Error with the allowed form */
export function assetIn(text: unknown): Asset {
  return (
    parseAsset(text) ??
    refuse('Asset', text, 'stellar:CODE:ISSUER, stellar:native or iso4217:CODE (SEP-38)')
  )
}

/** The memo that a person gave, a hash in base64. @throws Error with the allowed form */
export function memoIn(value: unknown, type: string): Memo {
  return parseMemo(value, type) ?? refuse('Memo', value, `${type}: ${ALLOWED_MEMO[type]}`)
}

function refuse(what: string, value: unknown, allowed: string): never {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 120)) : typeof value
  throw new Error(`${what} refused: ${shown}; allowed: ${allowed}.`)
}
