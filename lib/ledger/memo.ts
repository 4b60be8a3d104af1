import { MAX_TEXT_BYTES, parseMemo } from '../stellar/memo.ts'
import { textOf } from '../text-of.ts'
import type { LedgerMemo } from './source.ts'

/** `ignoreBOM` keeps a byte order mark: it is part of the memo. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A text memo from its bytes; undefined for more bytes than a memo has. Bytes that are not UTF-8 are shown in base64, and
 * so is a text with U+0000, which PostgreSQL cannot store. No transaction expects such a memo.
 */
export function textMemo(bytes: Uint8Array): LedgerMemo | undefined {
  if (bytes.length > MAX_TEXT_BYTES) return undefined
  try {
    const value = strictUtf8.decode(bytes)
    if (!value.includes('\0')) return { type: 'text', value }
  } catch {
    // The bytes are not UTF-8.
  }
  return { type: 'other', shown: `text of the bytes ${Buffer.from(bytes).toString('base64')}` }
}

/** A memo of type `id`, or of type `hash` in base64; undefined for a value that does not fit its type. */
export function plainMemo(value: unknown, type: 'id' | 'hash'): LedgerMemo | undefined {
  return parseMemo(value, type) ?? undefined
}

/** A memo of type `return`, from the hash of the returned transaction in base64; undefined for another value. */
export function returnMemo(base64: unknown): LedgerMemo | undefined {
  return plainMemo(base64, 'hash') && { type: 'other', shown: `return ${textOf(base64)}` }
}
