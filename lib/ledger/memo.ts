import { MAX_TEXT_BYTES, parseMemo } from '../stellar/memo.ts'
import type { LedgerMemo } from './source.ts'

// A byte order mark is part of a memo like any other letter.
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A text memo from its bytes. Bytes that are no UTF-8, and U+0000, which no database column of texts holds, are shown as
 * base64: nobody can expect such a memo. Undefined for more bytes than a memo has.
 */
export function textMemo(bytes: Uint8Array): LedgerMemo | undefined {
  if (bytes.length > MAX_TEXT_BYTES) return undefined
  try {
    const value = strictUtf8.decode(bytes)
    if (!value.includes('\0')) return { type: 'text', value }
  } catch {
    // Shown as bytes.
  }
  return { type: 'other', shown: `text of the bytes ${Buffer.from(bytes).toString('base64')}` }
}

/** An id or a hash in base64; undefined where it is none. */
export function plainMemo(value: unknown, type: 'id' | 'hash'): LedgerMemo | undefined {
  return parseMemo(value, type) ?? undefined
}

/** The memo that says which transaction is sent back, from its hash in base64; undefined where it is none. */
export function returnMemo(base64: unknown): LedgerMemo | undefined {
  return plainMemo(base64, 'hash') && { type: 'other', shown: `return ${base64}` }
}
