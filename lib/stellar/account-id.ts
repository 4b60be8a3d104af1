import { decodeStrKey } from './strkey.ts'

/** Whether a value is an account id: `G…`, 56 characters with the right checksum (SEP-23). */
export function isAccountId(value: unknown): value is string {
  return decodeStrKey(value, 'account') !== null
}

/** Whether a value is a contract id: `C…`, 56 characters with the right checksum (SEP-23). */
export function isContractId(value: unknown): value is string {
  return decodeStrKey(value, 'contract') !== null
}
