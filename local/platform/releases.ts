import type { EmulatorRelease, EmulatorState } from './emulator-state.ts'
import type { Json } from './json-body.ts'
import { type Check, METHOD_CHECKS } from './methods/checks.ts'
import { METHODS, type Method, type MethodName } from './methods/table.ts'
import { METHOD_WRITES, type Write } from './methods/writes.ts'
import { CHECKS_OF_4_3 } from './release-4-3/checks.ts'
import { readIn4_3 } from './release-4-3/reads.ts'
import { METHODS_OF_4_3, missing } from './release-4-3/table.ts'
import { viewOf4_3 } from './release-4-3/view.ts'
import { WRITES_OF_4_3 } from './release-4-3/writes.ts'
import type { StoredTransaction } from './stored-transaction.ts'
import { type TransactionView, viewTransaction } from './transaction-view.ts'

/** What one release of the platform server does in its own way. */
export interface ReleaseRules {
  methods: Readonly<Partial<Record<MethodName, Method>>>
  checks: Partial<Record<MethodName, Check>>
  writes: Partial<Record<MethodName, Write>>
  /** The text about a method that the release does not have. */
  missing: (name: string) => string
  view: (transaction: StoredTransaction, state: Pick<EmulatorState, 'assets'>) => TransactionView
  /** Carries out a method that only reads; undefined for any other method. */
  read: (
    method: string,
    params: Json | undefined,
    state: EmulatorState,
  ) => { result: unknown } | undefined
}

const RULES: Readonly<Record<EmulatorRelease, ReleaseRules>> = {
  '2.8.4': {
    methods: METHODS,
    checks: METHOD_CHECKS,
    writes: METHOD_WRITES,
    missing: (name) => `No matching RPC method[${name}]`,
    view: viewTransaction,
    read: () => undefined,
  },
  '4.3.0': {
    methods: METHODS_OF_4_3,
    checks: CHECKS_OF_4_3,
    writes: WRITES_OF_4_3,
    missing,
    view: viewOf4_3,
    read: readIn4_3,
  },
}

export const rulesOf = ({ config }: Pick<EmulatorState, 'config'>): ReleaseRules =>
  RULES[config.release]
