import { AppError } from '../errors.ts'
import { createSideLedger } from './horizon/side-ledger.ts'
import { createHorizonSource } from './horizon/source.ts'
import type { LedgerIo } from './request.ts'
import type { LedgerSource } from './source.ts'
import { createStellarRpcSource } from './stellar-rpc/source.ts'

export interface LedgerSettings {
  source: 'horizon' | 'rpc'
  horizonUrl: string
  /** The Horizon that shows claimable balances and clawbacks. Null: nobody sees them. */
  sideUrl: string | null
  /** Needed for the source `rpc` only. */
  rpcUrl: string | null
}

/** Opens the configured source of the ledger. @throws AppError `configuration_invalid` for `rpc` without its URL */
export function openLedger(settings: LedgerSettings, io: LedgerIo): LedgerSource {
  if (settings.source === 'horizon') return createHorizonSource({ url: settings.horizonUrl }, io)
  if (settings.rpcUrl === null) {
    throw new AppError(
      'configuration_invalid',
      'The ledger cannot be read: LEDGER_SOURCE is rpc and STELLAR_RPC_URL is not set.',
    )
  }
  const aside = settings.sideUrl === null ? null : createSideLedger({ url: settings.sideUrl }, io)
  return createStellarRpcSource({ url: settings.rpcUrl, aside }, io)
}
