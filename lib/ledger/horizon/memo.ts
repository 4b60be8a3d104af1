import { plainMemo, returnMemo, textMemo } from '../memo.ts'
import type { LedgerMemo } from '../source.ts'

/** The parts of Horizon's transaction that hold its memo. */
export interface HorizonMemo {
  memo_type?: unknown
  memo?: unknown
  memo_bytes?: unknown
}

/** Reads the memo of a Horizon transaction; undefined where it cannot be read. */
export function readHorizonMemo({
  memo_type,
  memo,
  memo_bytes,
}: HorizonMemo): LedgerMemo | undefined {
  switch (memo_type) {
    case 'none':
      return { type: 'none' }
    case 'text':
      return readText(memo, memo_bytes)
    case 'id':
    case 'hash':
      return plainMemo(memo, memo_type)
    case 'return':
      return returnMemo(memo)
    default:
      return undefined
  }
}

// `memo` has U+FFFD in place of what is no UTF-8, `memo_bytes` has the bytes of the ledger. An empty text is left out.
function readText(memo: unknown, memoBytes: unknown): LedgerMemo | undefined {
  if (memoBytes !== undefined) {
    const bytes = bytesOfBase64(memoBytes)
    return bytes === null ? undefined : textMemo(bytes)
  }
  const text = memo ?? ''
  if (typeof text !== 'string' || !text.isWellFormed() || text.includes('\ufffd')) return undefined
  return textMemo(Buffer.from(text, 'utf8'))
}

function bytesOfBase64(value: unknown): Buffer | null {
  if (typeof value !== 'string') return null
  const bytes = Buffer.from(value, 'base64')
  return bytes.toString('base64') === value ? bytes : null
}
