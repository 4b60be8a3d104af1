import type { EmulatorState } from '../emulator-state.ts'
import type { StoredTransaction } from '../stored-transaction.ts'
import type { Params } from './params.ts'
import type { MethodName } from './table.ts'

/** One method on one transaction: all that its checks and effects may look at. */
export interface MethodCall {
  method: MethodName
  /** As stored before the call. */
  transaction: StoredTransaction
  params: Params
  state: EmulatorState
  /** Nanoseconds since 1970. */
  now: bigint
}
