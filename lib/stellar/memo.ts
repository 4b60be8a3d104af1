/** What a payment carries so that its receiver knows what it is for. A hash is kept as lower-case hex. */
export type Memo =
  | { type: 'text'; value: string }
  | { type: 'id'; value: string }
  | { type: 'hash'; value: string }

const MAX_ID = 2n ** 64n - 1n
const MAX_TEXT_BYTES = 28
const HASH_BYTES = 32

const ALLOWED = {
  text: 'at most 28 bytes of UTF-8',
  id: 'digits without a leading zero, from 0 to 18446744073709551615',
  hash: '32 bytes in base64',
} as const

/** A memo that cannot stand on the ledger. */
export class MemoError extends Error {
  readonly value: unknown

  constructor(value: unknown, type: unknown) {
    super(`Memo refused: ${shown(value)} of type ${allowedFor(type)}.`)
    this.name = 'MemoError'
    this.value = value
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : typeof value
}

function allowedFor(type: unknown): string {
  if (isMemoType(type)) return `${type}; allowed: ${ALLOWED[type]}`
  return `${shown(type)}; allowed types: text, id, hash`
}

function isMemoType(type: unknown): type is Memo['type'] {
  return typeof type === 'string' && Object.hasOwn(ALLOWED, type)
}

/**
 * Reads a memo as the Anchor Platform and Horizon write it, a hash in base64. Nothing is trimmed and no letter changed.
 *
 * @throws MemoError also for the type `return`, which the Anchor Platform does not take
 */
export function parseMemo(value: unknown, type: unknown): Memo {
  const memo = memoOrNull(value, type)
  if (memo === null) throw new MemoError(value, type)
  return memo
}

/** The memo that `parseMemo` returns, or null where it refuses the value. */
export function memoOrNull(value: unknown, type: unknown): Memo | null {
  if (typeof value === 'string' && isMemoType(type)) {
    if (type === 'text' && isMemoText(value)) return { type, value }
    if (type === 'id' && isMemoId(value)) return { type, value }
    const hex = type === 'hash' ? hexOfBase64(value) : null
    if (hex !== null) return { type: 'hash', value: hex }
  }
  return null
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
  // The last letter holds two bits that no byte needs: only one of four spellings is right.
  const exact = bytes.toString('base64').replace('=', '') === base64.replace('=', '')
  return bytes.length === HASH_BYTES && exact ? bytes.toString('hex') : null
}

function isMemoText(value: string): boolean {
  return value.isWellFormed() && Buffer.byteLength(value, 'utf8') <= MAX_TEXT_BYTES
}

function isMemoId(value: string): boolean {
  return /^(?:0|[1-9]\d{0,19})$/.test(value) && BigInt(value) <= MAX_ID
}
