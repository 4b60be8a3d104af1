import type { LedgerConfig } from '../config.ts'
import type { FetchUntrusted } from '../net/fetch-untrusted.ts'
import type { LedgerSource } from './ledger-source.ts'

/** The configured source of the ledger. */
export function openLedger(
  _ledger: LedgerConfig,
  _io: { fetch: FetchUntrusted; sleep: (ms: number) => Promise<void>; now: () => Date },
): LedgerSource {
  throw new TypeError('Not there yet')
}
