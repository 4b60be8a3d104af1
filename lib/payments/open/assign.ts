import * as z from 'zod'
import type { Caller } from '../../caller.ts'
import type { Config } from '../../config.ts'
import type { Database } from '../../db/client.ts'
import { decisionNote } from '../../decisions/note.ts'
import type { Decision } from '../../decisions/store.ts'
import { AppError } from '../../errors.ts'
import { boolean } from '../../http/parameters.ts'
import type { UpdateIo } from '../../updates/context.ts'
import { ASSIGNMENT } from '../../updates/identity.ts'
import { transactionId } from '../../updates/read-routes.ts'
import { refreshById } from '../../updates/refresh-by-id.ts'
import { sendAssigned } from '../../updates/submit.ts'
import { type FoundTransaction, findCandidates, isDecidable, type StoredPayment } from '../store.ts'
import { differencesOf } from '../verdict/differences.ts'
import { shownExpected, stroopsOf } from '../verdict/expectation.ts'
import { creditOf } from '../verdict/judge-page.ts'
import { shownPayment } from '../verdict/verdict.ts'
import {
  acceptDecided,
  differing,
  missingPayment,
  refusedPayment,
  refuseOlderEpoch,
  refuseWithout,
} from './refusals.ts'
import { assignPayment, ledgerPaymentOf, type PaymentKey, readPayment } from './store.ts'

export const assignParameters = z.object({
  note: decisionNote,
  transaction_id: transactionId,
  force: boolean().default(false),
})

interface AssignDeps {
  config: Pick<Config, 'observer'>
  db: Database
  updates: () => Promise<UpdateIo>
}

interface AssignedPayment {
  payment: StoredPayment
  decision: Decision
  /** The update that credits it. `reason` says why it is not APPLIED. */
  attempt: { id: string; state: string; reason?: string }
}

/**
 * Credits a payment to the transaction that a person names, by the update that the observer would send. The payment is
 * compared with the transaction as the platform shows it now; what does not hold needs `force`.
 *
 * @throws AppError `forbidden`, `not_found`, `decision_refused`, `platform_unavailable`, `configuration_invalid`,
 *   `database_unavailable`
 */
export async function assign(
  key: PaymentKey,
  asked: z.output<typeof assignParameters>,
  caller: Caller,
  { config, db, updates }: AssignDeps,
): Promise<AssignedPayment> {
  const { transaction_id: id, force, note } = asked
  refuseWithout(force ? ['update', 'force'] : ['update'], caller)
  const found = await readPayment(db, key)
  if (found === null) throw await missingPayment(db, key)
  const stored = found.payment
  refuseOlderEpoch(stored)
  const io = await updates()
  const candidate = await readCandidate(id, db, io)
  // A credit that ended without effect has paid nothing.
  const transaction = candidate.creditRefused ? { ...candidate, creditedBy: null } : candidate
  const payment = ledgerPaymentOf(stored)
  const { account, epoch, operationId, amount } = stored
  if (stroopsOf(amount) === null) {
    throw refusedPayment(
      operationId,
      'has no amount that the source shows',
      'to report it by hand, then reported',
    )
  }
  if (transaction.sep === '31' && payment.kind !== 'payment') {
    throw refusedPayment(
      operationId,
      `is a ${payment.kind}, of which the Anchor Platform cannot be told for a SEP-31 transaction`,
      'to credit it outside, then reported',
    )
  }
  const policy = config.observer.amountPolicy
  const differences = differencesOf(payment, transaction, { account, policy })
  // A payment that is not open is refused, or is a repeat, whatever it is compared with.
  if (isDecidable(stored) && differences.length > 0 && !force) {
    const problem = `and expects another payment than "${operationId}"`
    const asked = { path: 'transaction_id', value: id, problem }
    throw differing(asked, differences, 'a payment as expected, or "force": true')
  }
  const { keyName } = caller
  const credit = creditOf(payment, { epoch, transactionId: id, index: 0 })
  const decided = await assignPayment(db, {
    operationId,
    epoch,
    update: { ...credit, origin: ASSIGNMENT, keyName },
    sentence: `Assigned to transaction ${id} by "${keyName}": ${note}`,
    evidence: {
      seen: shownPayment(payment),
      expected: shownExpected(transaction),
      policy,
      differences,
    },
    note,
    keyName,
    asked: { transactionId: id },
  })
  if (decided === null) throw await missingPayment(db, key)
  const { decision, payment: assigned } = acceptDecided(decided, 'open money')
  return answerOf(assigned, { decision, update: credit }, db, io)
}

/** Reads a transaction from the platform, and as it is stored then. */
async function readCandidate(id: string, db: Database, io: UpdateIo): Promise<FoundTransaction> {
  const { isComplete, missing } = await refreshById([id], { ...io, isOver: () => false })
  if (!isComplete) {
    throw new AppError(
      'platform_unavailable',
      `The transaction "${id}" could not be read from the Anchor Platform.`,
    )
  }
  const memos = [{ type: 'transaction_id', value: id }]
  const [candidate] = missing.includes(id) ? [] : await findCandidates(db, { memos })
  if (candidate !== undefined) return candidate
  throw new AppError('not_found', [
    {
      path: 'transaction_id',
      what: `transaction_id is "${id}"`,
      place: 'body',
      problem: 'and no transaction of the Anchor Platform',
      allowed: 'the id of a transaction that the platform shows',
    },
  ])
}

/** Sends the update that credits an assigned payment, unless that was done before. */
async function answerOf(
  assigned: StoredPayment,
  { decision, update }: { decision: Decision; update: { method: string; params: object } },
  db: Database,
  io: UpdateIo,
): Promise<AssignedPayment> {
  const { operationId, epoch, attemptId, attemptState } = assigned
  if (attemptId === null || attemptState === null) throw new TypeError('It has no update')
  if (attemptState !== 'READY') {
    return { payment: assigned, decision, attempt: { id: attemptId, state: attemptState } }
  }
  const { method, params } = update
  const result = await sendAssigned({ attemptId, operationId, method, params }, io)
  const payment = (await readPayment(db, { operationId, epoch }))?.payment ?? assigned
  const state = payment.attemptState ?? attemptState
  if (result.kind === 'applied') return { payment, decision, attempt: { id: attemptId, state } }
  const reason = result.kind === 'open' ? result.reason : result.error.message
  return { payment, decision, attempt: { id: attemptId, state, reason } }
}
