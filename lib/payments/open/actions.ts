import { FAILED } from '../../updates/stored-attempt.ts'
import { isDecidable, type StoredPayment } from '../store.ts'

/** Something that a person may do, and the call that does it. */
export interface Action {
  action: string
  /** What the person says or asks for by it. */
  means: string
  method: 'POST'
  url: string
  body: Record<string, unknown>
  /** The scopes that the key needs, or the secret of the operator. */
  needs: readonly string[]
}

/** Stands in the body of an action for the person's own words. */
export const NOTE = 'how it is known'

type Payment = Pick<
  StoredPayment,
  | 'operationId'
  | 'epoch'
  | 'isPresentEpoch'
  | 'state'
  | 'transactionId'
  | 'evidence'
  | 'latestAttempt'
>

/** What a person may do about a payment. `origin` is that of the URLs. */
export function actionsOfPayment(payment: Payment, origin: string): Action[] {
  const { operationId, epoch, state } = payment
  const url = `${origin}/api/payments/${encodeURIComponent(operationId)}?epoch=${epoch}`
  const decide = (decision: string, means: string, rest: object = {}): Action => ({
    action: decision,
    means,
    method: 'POST',
    url,
    body: { decision, ...rest, note: NOTE },
    needs: ['decide'],
  })
  if (state === 'closed') return [decide('reopen', 'It is open money again.')]
  if (!isDecidable(payment)) return []
  const closing = [
    decide('reported', 'It was credited outside of this service.'),
    decide('ignored', 'Nothing is left to do.'),
  ]
  // Nothing is credited or paid back on a ledger that is gone.
  if (!payment.isPresentEpoch) return closing
  return [
    ...replayOf(payment, origin),
    {
      ...decide(
        'assign',
        'It pays this transaction. What does not hold is shown first, and needs force.',
        {
          transaction_id: meantBy(payment) ?? 'the id of the transaction',
        },
      ),
      needs: ['decide', 'update'],
    },
    decide('refunded', 'It was paid back, which the ledger must show.', {
      stellar_transaction_id: 'the hash of the refund',
    }),
    ...closing,
  ]
}

/** The one transaction that a payment may be for, by its verdict. */
function meantBy({ transactionId, evidence }: Payment): string | null {
  if (transactionId !== null) return transactionId
  const { candidates, windows } = evidence
  const [first] = Array.isArray(candidates) ? candidates : Array.isArray(windows) ? windows : []
  const id: unknown = typeof first === 'object' && first !== null ? first.id : first
  return typeof id === 'string' ? id : null
}

function replayOf({ transactionId, latestAttempt }: Payment, origin: string): Action[] {
  if (transactionId === null || latestAttempt === null || !FAILED.has(latestAttempt.state))
    return []
  const means = 'The update that credits the payment is sent anew.'
  const action = attemptAction(
    { transactionId, attemptId: latestAttempt.id },
    'replay',
    means,
    origin,
  )
  return [{ ...action, needs: ['decide', 'update'] }]
}

/** The decision about an attempt. */
export function attemptAction(
  { transactionId, attemptId }: { transactionId: string; attemptId: string },
  decision: string,
  means: string,
  origin: string,
): Action {
  return {
    action: decision,
    means,
    method: 'POST',
    url: `${origin}/api/transactions/${encodeURIComponent(transactionId)}/attempts/${attemptId}`,
    body: { decision, note: NOTE },
    needs: ['decide'],
  }
}
