import { decodeStrKey, STR_KEY_VERSION } from './str-key.ts'

const KEY_BYTES = 32

/** Whether a text is an account id: `G…`, 56 characters, checksum right (SEP-23). */
export function isAccountId(value: unknown): value is string {
  return decodeStrKey(value, STR_KEY_VERSION.account, KEY_BYTES) !== null
}

/** Whether a text is a contract id: `C…`, 56 characters, checksum right (SEP-23). */
export function isContractId(value: unknown): value is string {
  return decodeStrKey(value, STR_KEY_VERSION.contract, KEY_BYTES) !== null
}
