import * as z from 'zod'
import type { Caller } from '../caller.ts'
import type { Database } from '../db/client.ts'
import { describeDecision } from '../decisions/describe.ts'
import { decisionNote } from '../decisions/note.ts'
import type { Decision } from '../decisions/store.ts'
import { AppError } from '../errors.ts'
import { choice, integer, parseBody } from '../http/parameters.ts'
import { decidePayment } from './store.ts'

const OPERATION = 'the operation id of an observed payment, 1 to 20 digits'

export const paymentParameters = z.object({
  epoch: integer(1, 1_000_000).optional(),
  operationId: z.string({ error: OPERATION }).regex(/^\d{1,20}$/, { error: OPERATION }),
})

const decisionParameters = z.object({
  decision: choice(['handled', 'reopened']),
  note: decisionNote,
})

/**
 * Records that a person has handled a payment that waits, or that it waits again.
 *
 * @throws AppError `invalid_request_body`, `invalid_parameter`, `not_found`, `decision_refused` for a payment that does not
 *   wait, with who decided before; `database_unavailable`
 */
export async function decidePaymentByPerson(
  { operationId, epoch }: z.output<typeof paymentParameters>,
  body: object,
  { keyName }: Caller,
  { db }: { db: Database },
): Promise<{ payment: { operationId: string; verdict: string }; decision: Decision }> {
  const { decision: asked, note } = parseBody(decisionParameters, body)
  const decided = await decidePayment(db, {
    operationId,
    epoch: epoch ?? null,
    decision: asked,
    note,
    keyName,
  })
  if (decided === null) {
    throw new AppError('not_found', `No payment with the operation "${operationId}" is recorded`)
  }
  const { verdict, decision } = decided
  if (decided.decided && decision !== null) return { payment: { operationId, verdict }, decision }
  throw new AppError(
    'decision_refused',
    `The payment "${operationId}" is ${verdict}${describeDecision(decision)}; allowed: handled for a payment that waits for a person, reopened for one that was called handled`,
  )
}
