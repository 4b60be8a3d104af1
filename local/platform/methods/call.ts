import type { EmulatorState } from '../emulator-state.ts'
import type { StoredTransaction } from '../stored-transaction.ts'
import type { Params } from './params.ts'
import type { MethodName } from './table.ts'

/** A call of one method on one transaction, with everything that its checks and writes read. */
export interface MethodCall {
  method: MethodName
  /** The transaction before the call. */
  transaction: StoredTransaction
  params: Params
  state: EmulatorState
  /** Nanoseconds since 1970. */
  now: bigint
}
