import { plainMemo, textMemo } from './memo.ts'
import type { LedgerMemo } from './source.ts'

/**
 * What a transfer of an asset's own contract carries for its receiver (`to_muxed_id` of CAP-67): the id of a muxed address,
 * or a memo. Both are null when it carries nothing, undefined when it cannot be read.
 */
export interface CarriedId {
  toMuxedId: string | null | undefined
  memo: LedgerMemo | null | undefined
}

export const NOTHING_CARRIED: CarriedId = { toMuxedId: null, memo: null }
export const UNREADABLE_ID: CarriedId = { toMuxedId: undefined, memo: undefined }

/** The id of a muxed address, decimal text. */
export function carriedMuxedId(text: string): CarriedId {
  const id = plainMemo(text, 'id')
  return id?.type === 'id' ? { toMuxedId: id.value, memo: null } : UNREADABLE_ID
}

/** A text. One that is longer than a memo, or is not UTF-8, names no transaction. */
export function carriedText(bytes: Uint8Array): CarriedId {
  return { toMuxedId: null, memo: textMemo(bytes) ?? otherMemo('text of the bytes', bytes) }
}

/** Bytes. 32 of them are a hash; others name no transaction. */
export function carriedBytes(bytes: Uint8Array): CarriedId {
  const base64 = Buffer.from(bytes).toString('base64')
  return { toMuxedId: null, memo: plainMemo(base64, 'hash') ?? otherMemo('the bytes', bytes) }
}

/** The most bytes that are shown. */
const MAX_SHOWN = 64

function otherMemo(what: string, bytes: Uint8Array): LedgerMemo {
  const shown = Buffer.from(bytes.subarray(0, MAX_SHOWN)).toString('base64')
  const more = bytes.length > MAX_SHOWN ? `, the first ${MAX_SHOWN} of ${bytes.length}` : ''
  return { type: 'other', shown: `${what} ${shown}${more}` }
}
