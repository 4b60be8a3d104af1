/** A memo tells the receiver what a payment is for. The value of a hash is lower-case hex. */
export type Memo =
  | { type: 'text'; value: string }
  | { type: 'id'; value: string }
  | { type: 'hash'; value: string }

const MAX_ID = 2n ** 64n - 1n
const HASH_BYTES = 32
/** The most bytes of a text memo, in UTF-8. */
export const MAX_TEXT_BYTES = 28

/**
 * Reads a memo as the Anchor Platform and Horizon write it, a hash in base64. Nothing is trimmed and no letter is changed.
 *
 * @returns null for a value that does not fit its type, and for the type `return`, which the Anchor Platform refuses
 */
export function parseMemo(value: unknown, type: unknown): Memo | null {
  if (typeof value !== 'string') return null
  if (type === 'text') return isMemoText(value) ? { type, value } : null
  if (type === 'id') return isMemoId(value) ? { type, value } : null
  const hex = type === 'hash' ? hexOfBase64(value) : null
  return hex === null ? null : { type: 'hash', value: hex }
}

/**
 * Reads a memo by its value, in whatever spelling somebody gave it to the Anchor Platform, which shows it unchanged: an id
 * with leading zeros or a `+`, a hash in hex of either case or in base64 with or without padding.
 *
 * @returns null for a value that no memo of this type has
 */
export function readMemo(text: string, type: string | null): Memo | null {
  const isHex = type === 'hash' && /^[0-9a-f]{64}$/i.test(text)
  return isHex
    ? { type: 'hash', value: text.toLowerCase() }
    : parseMemo(type === 'id' ? memoValue(text, type) : text, type)
}

/**
 * The value by which a memo is looked up. The database function `memo_value` makes the same text of it. What is no memo of
 * its type stays as it is.
 */
export function memoValue(text: string, type: string | null): string {
  if (type === 'id' && /^\+?\d{1,40}$/.test(text)) return BigInt(text.replace('+', '')).toString()
  if (type !== 'hash') return text
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase()
  const isBase64 = /^[A-Za-z0-9+/]{43}=?$/.test(text)
  return isBase64 ? Buffer.from(text, 'base64').toString('hex') : text
}

/** The memo as the Anchor Platform and Horizon write it, a hash in base64. */
export function formatMemo(memo: Memo): string {
  return memo.type === 'hash' ? Buffer.from(memo.value, 'hex').toString('base64') : memo.value
}

/** Whether two memos are the same on the ledger: type and bytes. */
export function isSameMemo(one: Memo, other: Memo): boolean {
  return one.type === other.type && one.value === other.value
}

/** The 32 bytes of a hash memo as lower-case hex, or null when the text is not base64 of 32 bytes. */
export function hexOfBase64(base64: string): string | null {
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(base64)) return null
  const bytes = Buffer.from(base64, 'base64')
  // The last letter has two bits that belong to no byte, so four spellings give the same bytes. Only one of them is valid.
  const exact = bytes.toString('base64').replace('=', '') === base64.replace('=', '')
  return bytes.length === HASH_BYTES && exact ? bytes.toString('hex') : null
}

/**
 * The texts as which the Anchor Platform may show a memo that a person asks for. It shows a hash in the spelling in which
 * it was sent, base64 or hex, and each of them finds the other. A `+` that was not encoded in a URL arrives as a blank.
 */
export function spellingsOfMemo(text: string): string[] {
  const isHex = /^[0-9a-f]{64}$/i.test(text)
  const hex = isHex ? text.toLowerCase() : hexOfBase64(text.replaceAll(' ', '+'))
  if (hex === null) return [text]
  const base64 = formatMemo({ type: 'hash', value: hex })
  return [...new Set([text, base64, base64.replace('=', ''), hex, hex.toUpperCase()])]
}

function isMemoText(value: string): boolean {
  return value.isWellFormed() && Buffer.byteLength(value, 'utf8') <= MAX_TEXT_BYTES
}

function isMemoId(value: string): boolean {
  return /^(?:0|[1-9]\d{0,19})$/.test(value) && BigInt(value) <= MAX_ID
}
