import * as z from 'zod'
import type { Caller } from '../../caller.ts'
import type { Config } from '../../config.ts'
import type { Database } from '../../db/client.ts'
import { decisionNote } from '../../decisions/note.ts'
import type { Decision } from '../../decisions/store.ts'
import { AppError } from '../../errors.ts'
import { boolean, parseDecision } from '../../http/parameters.ts'
import { LedgerError, type LedgerSource, type LedgerTransaction } from '../../ledger/source.ts'
import type { UpdateIo } from '../../updates/context.ts'
import { judgeRefund } from '../refund/judge.ts'
import type { StoredPayment } from '../store.ts'
import { assign, assignParameters } from './assign.ts'
import {
  acceptDecided,
  differing,
  missingPayment,
  refuseOlderEpoch,
  refuseWithout,
} from './refusals.ts'
import type { paymentParameters } from './show.ts'
import {
  decidePayment,
  ledgerPaymentOf,
  type PaymentKey,
  readPayment,
  type ShownRefund,
} from './store.ts'

const HASH = 'the hash of the refund, 64 characters of hex'

const noted = z.object({ note: decisionNote })
const refundedParameters = z.object({
  note: decisionNote,
  stellar_transaction_id: z
    .string({ error: HASH })
    .regex(/^[0-9a-f]{64}$/i, { error: HASH })
    .transform((hash) => hash.toLowerCase()),
  force: boolean().default(false),
})
/** The decisions about a payment, with the keys of each. */
export const paymentDecisions = {
  assign: assignParameters,
  refunded: refundedParameters,
  reported: noted,
  ignored: noted,
  reopen: noted,
}

interface DecideDeps {
  config: Pick<Config, 'observer'>
  db: Database
  ledger: () => Promise<LedgerSource>
  updates: () => Promise<UpdateIo>
}

interface PaymentDecision {
  payment: StoredPayment
  decision: Decision
  /** The update that credits an assigned payment. `reason` says why it is not APPLIED. */
  attempt?: { id: string; state: string; reason?: string }
}

/**
 * Carries out a person's decision about a payment: to which transaction it belongs, or how it was closed.
 *
 * @throws AppError `invalid_request_body`, `invalid_parameter`, `forbidden`, `not_found`, `decision_refused` with what does
 *   not hold, or with who decided before; `source_unavailable`, `platform_unavailable`, `configuration_invalid`,
 *   `database_unavailable`
 */
export async function decidePaymentByPerson(
  { operationId, epoch }: z.output<typeof paymentParameters>,
  body: object,
  caller: Caller,
  deps: DecideDeps,
): Promise<PaymentDecision> {
  const given = parseDecision(paymentDecisions, body)
  const key = { operationId, epoch: epoch ?? null }
  if (given.decision === 'assign') return assign(key, given, caller, deps)
  const { decision, note } = given
  const { asked, refund } =
    given.decision === 'refunded'
      ? await readRefund(key, given, caller, deps)
      : { asked: {}, refund: null }
  const { keyName } = caller
  const wanted = { ...key, decision, note, keyName, asked, refund }
  const decided = await decidePayment(deps.db, wanted)
  if (decided === null) throw await missingPayment(deps.db, key)
  return acceptDecided(decided, decision === 'reopen' ? 'a closed payment' : 'open money')
}

/** Reads the refund on the ledger, and compares it with the payment. */
async function readRefund(
  key: PaymentKey,
  { stellar_transaction_id: hash, force }: z.output<typeof refundedParameters>,
  caller: Caller,
  { db, ledger }: DecideDeps,
): Promise<{ asked: Record<string, string>; refund: ShownRefund }> {
  if (force) refuseWithout(['force'], caller)
  const found = await readPayment(db, key)
  if (found === null) throw await missingPayment(db, key)
  const { payment } = found
  refuseOlderEpoch(payment)
  const shown = await readTransaction(hash, await ledger())
  const paid = { ...ledgerPaymentOf(payment), account: payment.account }
  const { differences, choices, amount } = judgeRefund(paid, shown)
  // Another amount may be meant, such as the payment less a fee. Whom and what it pays is beyond doubt.
  const isAmount = differences.every(({ part }) => part === 'amount')
  if (differences.length > 0 && !(force && isAmount)) {
    const rule = isAmount ? 'the same amount, or "force": true' : 'a refund of this payment'
    const problem = 'and does not pay the payment back'
    const asked = { path: 'stellar_transaction_id', value: hash, problem }
    throw differing(asked, differences, rule)
  }
  const refund = { stellarTransaction: hash, choices, amount, differences }
  return { asked: { stellarTransactionId: hash }, refund }
}

async function readTransaction(
  hash: string,
  ledger: LedgerSource,
): Promise<LedgerTransaction | null> {
  try {
    return await ledger.transaction(hash)
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error
    throw new AppError('source_unavailable', error.message, { cause: error })
  }
}
