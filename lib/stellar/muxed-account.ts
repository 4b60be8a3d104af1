import { decodeStrKey, encodeStrKey } from './strkey.ts'

const KEY_BYTES = 32

/** One customer of an account that many share. */
export interface MuxedAccount {
  /** `G…` */
  account: string
  /** From 0 to 18446744073709551615, decimal text. */
  id: string
}

/** The account and the id within a muxed address (`M…`, 69 characters, SEP-23), or null when the text is none. */
export function parseMuxedAccount(value: unknown): MuxedAccount | null {
  const bytes = decodeStrKey(value, 'muxedAccount')
  if (bytes === null) return null
  return {
    account: encodeStrKey(bytes.subarray(0, KEY_BYTES), 'account'),
    id: String(Buffer.from(bytes.subarray(KEY_BYTES)).readBigUInt64BE()),
  }
}
