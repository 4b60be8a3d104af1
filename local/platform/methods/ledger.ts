import type { EmulatorState, LedgerOperation } from '../emulator-state.ts'
import { internalError, RpcError } from '../rpc-error.ts'
import type { StellarTransaction } from '../stored-transaction.ts'

/** Reads the operations of a Stellar transaction. @throws RpcError (-32603) if it is unknown or Horizon is away */
export function operationsOf(state: EmulatorState, hash: string): LedgerOperation[] {
  state.onSilence?.()
  if (!state.config.horizon_reachable || state.onSilence !== undefined) {
    throw new RpcError(-32603, `Failed to retrieve Stellar transaction by ID[${hash}]`, {
      breaksAnswer: true,
    })
  }
  const status = state.horizonStatus.get(hash)
  if (status === 429) {
    throw internalError('The rate limit for the requesting IP address is over its alloted limit.')
  }
  if (status !== undefined) throw horizonError(status)
  const operations = state.ledger.get(hash) ?? state.readLedger?.(hash)
  if (operations === undefined) throw horizonError(404)
  return operations
}

const horizonError = (status: number): RpcError =>
  internalError(`Error response from the server. Code: ${status} , body: {"status":${status}}`)

export const isPayment = ({ type }: LedgerOperation): boolean =>
  type === 'payment' || type.startsWith('path_payment')

export interface LedgerPayment {
  transaction: Omit<StellarTransaction, 'memo' | 'memo_type'>
  /** The time of the last payment. */
  receivedAt: string
}

/** Reads the payments of a Stellar transaction as the platform stores them; null without a payment. */
export function lookUpPayments(state: EmulatorState, hash: string): LedgerPayment | null {
  const payments = operationsOf(state, hash).filter(isPayment)
  const first = payments[0]
  const last = payments.at(-1)
  if (first === undefined || last === undefined) return null
  return {
    receivedAt: last.created_at,
    transaction: {
      id: hash,
      created_at: first.created_at,
      envelope: first.envelope_xdr,
      payments: payments.map((payment) => ({
        id: payment.payment_id,
        amount: { amount: payment.amount, asset: payment.asset },
        payment_type: payment.type === 'payment' ? 'payment' : 'path_payment',
        source_account: payment.from,
        destination_account: payment.to,
      })),
    },
  }
}

/** Whether the user's account can take the asset. Every account takes native lumens. */
export function hasTrustline(state: EmulatorState, assetId: string): boolean {
  return assetId === 'stellar:native' || state.config.destination_has_trustline
}
