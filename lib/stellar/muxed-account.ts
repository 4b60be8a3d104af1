import { decodeStrKey, encodeStrKey } from './strkey.ts'

const KEY_BYTES = 32
const ID_BYTES = 8

/** An account with the id of one customer. Many customers share the account. */
export interface MuxedAccount {
  /** `G…` */
  account: string
  /** From 0 to 18446744073709551615, decimal text. */
  id: string
}

/** Reads a muxed address (`M…`, 69 characters, SEP-23); null for every other value. */
export function parseMuxedAccount(value: unknown): MuxedAccount | null {
  const bytes = decodeStrKey(value, 'muxedAccount')
  if (bytes === null) return null
  return {
    account: encodeStrKey(bytes.subarray(0, KEY_BYTES), 'account'),
    id: String(Buffer.from(bytes.subarray(KEY_BYTES)).readBigUInt64BE()),
  }
}

/** Writes the muxed address (`M…`); null for an account that is not an account id (`G…`). */
export function formatMuxedAccount({ account, id }: MuxedAccount): string | null {
  const key = decodeStrKey(account, 'account')
  if (key === null) return null
  const bytes = Buffer.alloc(KEY_BYTES + ID_BYTES)
  bytes.set(key)
  bytes.writeBigUInt64BE(BigInt(id), KEY_BYTES)
  return encodeStrKey(bytes, 'muxedAccount')
}
