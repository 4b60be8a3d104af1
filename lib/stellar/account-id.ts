import { decodeStrKey, encodeStrKey } from './strkey.ts'

/** An account and the id that its owner gave one of its customers (SEP-23). */
export interface MuxedAccount {
  accountId: string
  /** Decimal text, from 0 to 18446744073709551615. */
  id: string
}

/** Whether a text is an account id: `G…`, 56 characters, checksum right (SEP-23). */
export function isAccountId(value: unknown): value is string {
  return decodeStrKey(value, 'account') !== null
}

/** Whether a text is a contract id: `C…`, 56 characters, checksum right (SEP-23). */
export function isContractId(value: unknown): value is string {
  return decodeStrKey(value, 'contract') !== null
}

/** Takes a muxed account apart: `M…`, 69 characters, checksum right (SEP-23); null for every other value. */
export function readMuxedAccount(value: unknown): MuxedAccount | null {
  const bytes = decodeStrKey(value, 'muxedAccount')
  if (bytes === null) return null
  const id = Buffer.from(bytes.subarray(32)).readBigUInt64BE()
  return { accountId: encodeStrKey(bytes.subarray(0, 32), 'account'), id: String(id) }
}
