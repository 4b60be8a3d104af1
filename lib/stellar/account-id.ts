import { decodeStrKey } from './strkey.ts'

/** Whether a text is an account id: `G…`, 56 characters, checksum right (SEP-23). */
export function isAccountId(value: unknown): value is string {
  return decodeStrKey(value, 'account') !== null
}

/** Whether a text is a contract id: `C…`, 56 characters, checksum right (SEP-23). */
export function isContractId(value: unknown): value is string {
  return decodeStrKey(value, 'contract') !== null
}
