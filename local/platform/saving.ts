import { type EmulatorState, findTransaction, saveTransaction } from './emulator-state.ts'
import { internalError } from './rpc-error.ts'
import type { StoredTransaction } from './stored-transaction.ts'

/** The text of -32603 by which the optimistic lock of 4.2 and later refuses. */
export const LOCK_CONFLICT =
  'Transaction was modified by another request. Please re-read the transaction state and retry if appropriate.'

/**
 * One request has one memory of its rows. A deadline that a refused item had set stays in it, is shown to the items behind,
 * and is saved with the next accepted one, without a new `updated_at`.
 */
export type RequestMemory = Map<string, string | undefined>

/** The state as the items of a request see it. */
export function remembered(state: EmulatorState, memory: RequestMemory): EmulatorState {
  if (memory.size === 0) return state
  const transactions = new Map(state.transactions)
  for (const [key, row] of state.transactions) {
    if (memory.has(row.id)) {
      transactions.set(key, { ...row, user_action_required_by: memory.get(row.id) })
    }
  }
  return { ...state, transactions }
}

/** Saves what the items of a request left in its memory. */
export function flush(state: EmulatorState, memory: RequestMemory): void {
  for (const [key, row] of remembered(state, memory).transactions) state.transactions.set(key, row)
  memory.clear()
}

/** Saves the whole row. Release 2.8.4 overwrites what was saved since; 4.2 and later refuse with a lock conflict. */
export function save(
  state: EmulatorState,
  before: StoredTransaction,
  after: StoredTransaction,
): void {
  const { optimistic_lock: lock, release } = state.config
  const isLocked = lock ?? release === '4.3.0'
  if (isLocked && findTransaction(state, before.id) !== before) throw internalError(LOCK_CONFLICT)
  saveTransaction(state, after)
}

/** The columns that hold texts of any length. Every other column of texts has 255 characters. */
const LONG_COLUMNS: readonly string[] = [
  'message',
  'required_info_message',
  'required_customer_info_message',
]
const TOO_LONG = 255

/** PostgreSQL refuses a text that is too long for its column, and a NUL in any text. Nothing of the call is saved. */
export function checkColumns(row: StoredTransaction, { config: { release } }: EmulatorState): void {
  const isLong = Object.entries(row).some(
    ([column, value]) =>
      typeof value === 'string' && value.length > TOO_LONG && !LONG_COLUMNS.includes(column),
  )
  const hasNul = Object.values(row).some(
    (value) => typeof value === 'string' && value.includes('\0'),
  )
  if (!isLong && !hasNul) return
  const cause = isLong
    ? 'value too long for type character varying(255)'
    : 'invalid byte sequence for encoding "UTF8": 0x00'
  throw internalError(
    release === '2.8.4'
      ? 'could not execute statement; SQL [n/a]; nested exception is org.hibernate.exception.DataException: could not execute statement'
      : `could not execute statement [ERROR: ${cause}] [update sep${row.sep}_transaction]`,
  )
}

/** PostgreSQL is asked for no id with a NUL in it. The text of 4.3.0 was not recorded. */
export function checkId(id: string, { config: { release } }: EmulatorState): void {
  if (!id.includes('\0') || release !== '2.8.4') return
  throw internalError(
    'could not extract ResultSet; SQL [n/a]; nested exception is org.hibernate.exception.DataException: could not extract ResultSet',
  )
}
