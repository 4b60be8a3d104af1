import type { EmulatorState, LedgerOperation } from '../emulator-state.ts'
import { isPayment, type LedgerPayment, operationsOf } from '../methods/ledger.ts'
import { internalError, type RpcError } from '../rpc-error.ts'

/** A Stellar transaction as the platform stores it. */
interface ReadTransaction {
  transaction: LedgerPayment['transaction']
  createdAt: string
  /** Who pays. */
  source: string | undefined
}

/** Reads a Stellar transaction, also one without a payment. @throws RpcError (-32603) */
export function readLedger(
  state: EmulatorState,
  hash: string,
  reason: 'received' | 'sent',
): ReadTransaction {
  const operations = operationsOrRefusal(state, hash, reason)
  const [first] = operations
  const createdAt = first?.created_at ?? ''
  const payments = operations.filter(isPayment)
  return {
    createdAt,
    source: payments[0] && payerOf(payments[0]),
    transaction: {
      id: hash,
      created_at: createdAt,
      envelope: first?.envelope_xdr,
      payments: payments.map((payment) => ({
        id: payment.payment_id,
        // The amount that was sent stands under the asset that was received.
        amount: { amount: payment.send_amount ?? payment.amount, asset: payment.asset },
        payment_type: payment.type === 'payment' ? 'payment' : 'path_payment',
        source_account: payerOf(payment),
        destination_account: payment.to,
      })),
    },
  }
}

const payerOf = ({ transaction_source: source, from }: LedgerOperation): string => source ?? from

/** SEP-31 looks at the first payment, and fails where there is none or where it is a path payment. @throws RpcError */
export function checkFirstPayment(state: EmulatorState, hash: string): void {
  const [first] = operationsOrRefusal(state, hash, 'received').filter(isPayment)
  if (first === undefined) throw internalError('Index 0 out of bounds for length 0')
  if (first.type === 'payment') return
  throw internalError(
    'Cannot invoke "org.stellar.anchor.ledger.LedgerTransaction$LedgerPaymentOperation.getFrom()" because the return value of "org.stellar.anchor.ledger.LedgerTransaction$LedgerOperation.getPaymentOperation()" is null',
  )
}

function operationsOrRefusal(state: EmulatorState, hash: string, reason: 'received' | 'sent') {
  try {
    return operationsOf(state, hash)
  } catch (error) {
    const isAway = !state.config.horizon_reachable || state.onSilence !== undefined
    const isUnknown = !isAway && !state.horizonStatus.has(hash)
    throw isUnknown ? unknown(hash, reason) : failed(hash, error as RpcError)
  }
}

function unknown(hash: string, reason: 'received' | 'sent'): RpcError {
  return internalError(
    reason === 'received'
      ? `Transaction (hash=${hash}) not found`
      : `Failed to retrieve Stellar transaction by ID[${hash}]`,
  )
}

const failed = (hash: string, { message }: RpcError): RpcError =>
  internalError(`Failed to retrieve Stellar transaction by ID[${hash}]: ${message}`)
