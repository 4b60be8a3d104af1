import type { LedgerPayment } from '../../ledger/source.ts'
import { formatAmount } from '../../stellar/amount.ts'
import { operationKey, PAYMENT_OBSERVER, PAYMENT_OBSERVER_METHOD } from '../../updates/identity.ts'
import type { NewUpdate } from '../../updates/store.ts'
import type { JudgedPayment } from '../store.ts'
import type { CandidateTransaction } from './codes.ts'
import { namesOf, stroopsOf } from './expectation.ts'
import { judgePayment, namesIn, type VerdictContext } from './verdict.ts'

/**
 * Judges the payments of one page in their order, so that a transaction is credited once. A credited payment gets the
 * update that tells the Anchor Platform the received amount.
 *
 * @param candidates every stored transaction that a memo of the page names
 */
export function judgePage<Payment extends LedgerPayment>(
  payments: readonly Payment[],
  candidates: readonly CandidateTransaction[],
  context: Pick<VerdictContext, 'account' | 'policy' | 'isCatchingUp'> & { epoch: number },
): (Payment & JudgedPayment)[] {
  const byName = new Map<string, CandidateTransaction[]>()
  for (const transaction of new Map(candidates.map((one) => [one.id, one])).values()) {
    for (const name of namesOf(transaction)) {
      byName.set(name, [...(byName.get(name) ?? []), transaction])
    }
  }
  /** The operations of this page that were credited, by their transactions. */
  const credits = new Map<string, string>()
  const namedBy = (payment: LedgerPayment) =>
    namesIn(payment)
      .flatMap((name) => byName.get(name) ?? [])
      .map((one) => ({ ...one, creditedBy: credits.get(one.id) ?? one.creditedBy }))
  return payments.map((payment) => {
    const named = namedBy(payment)
    const verdict = judgePayment(payment, { ...context, candidates: named })
    const { transactionId } = verdict
    if (verdict.code !== 'credited' || transactionId === null) {
      return { ...payment, verdict, update: null }
    }
    const { epoch } = context
    const update = creditOf(payment, { epoch, transactionId, index: credits.size })
    credits.set(transactionId, payment.operationId)
    const [marked] = named
      .filter(({ id }) => id === transactionId)
      .map(({ mark }) => ({ transactionMark: mark }))
    return { ...payment, verdict, update, ...marked }
  })
}

/** The update has no asset: the platform takes it from the transaction, and the verdict has compared it. */
export function creditOf(
  { operationId, transactionHash, amount }: LedgerPayment,
  { epoch, transactionId, index }: { epoch: number; transactionId: string; index: number },
): NewUpdate {
  const received = stroopsOf(amount)
  if (received === null) throw new RangeError(`Operation ${operationId} is credited without amount`)
  return {
    index,
    transactionId,
    method: PAYMENT_OBSERVER_METHOD,
    params: {
      transaction_id: transactionId,
      stellar_transaction_id: transactionHash,
      amount_in: { amount: formatAmount(received) },
    },
    naturalKey: operationKey(epoch, operationId),
    custody: false,
    origin: PAYMENT_OBSERVER,
    keyName: null,
    refund: null,
    expiresInSeconds: null,
    rpcId: null,
    forced: null,
    replay: null,
  }
}
