import { formatAsset } from '../../lib/stellar/asset.ts'
import type { LedgerOperation } from '../platform/emulator-state.ts'
import { horizonAmount } from './horizon/records.ts'
import { assetIn } from './input.ts'
import type { ClosedOperation, OperationForm } from './ledger-transaction.ts'
import type { SimulatedLedger } from './simulated-ledger.ts'

/** The operations of a transaction in the form that the emulated platform reads; undefined for an unknown hash. */
export function readForPlatform(
  ledger: SimulatedLedger,
  hash: string,
): LedgerOperation[] | undefined {
  return ledger.transaction(hash)?.operations.map((operation) => ({
    type: operation.form.type,
    created_at: operation.transaction.closedAt.toISOString(),
    payment_id: String(operation.id),
    from: operation.source,
    ...movedBy(operation),
  }))
}

function movedBy({ form }: ClosedOperation): { to: string; amount: string; asset: string } {
  switch (form.type) {
    case 'payment':
    case 'path_payment_strict_receive':
    case 'path_payment_strict_send':
      return {
        to: form.to,
        amount: horizonAmount(form.amount),
        asset: form.asset.replace(/^stellar:/, ''),
      }
    default:
      // The platform reads payments only.
      return { to: '', amount: '0', asset: 'native' }
  }
}

/**
 * Puts the transactions of an emulator's fixture on the ledger under their own hashes, so that Horizon shows them too. It
 * skips transactions that are on the ledger.
 *
 * @throws Error for an operation that is not a payment, or that no ledger would take
 */
export function writeFixture(
  ledger: SimulatedLedger,
  fixture: ReadonlyMap<string, readonly LedgerOperation[]>,
): void {
  for (const [hash, operations] of fixture) {
    const source = operations[0]?.from
    if (source === undefined || ledger.transaction(hash) !== null) continue
    ledger.close([{ hash, source, operations: operations.map(operationOf) }])
  }
}

function operationOf({ type, from, to, amount, asset }: LedgerOperation): OperationForm {
  const moved = { source: from, to, amount, asset: sep38(asset) }
  if (type === 'payment') return { type, ...moved }
  if (type === 'path_payment_strict_receive' || type === 'path_payment_strict_send') {
    return { type, ...moved, sourceAsset: moved.asset, sourceAmount: amount }
  }
  throw new Error(`Ledger fixture refused: operation ${type}; allowed: payments and path payments`)
}

const sep38 = (asset: string): string =>
  formatAsset(assetIn(asset.startsWith('stellar:') ? asset : `stellar:${asset}`))
