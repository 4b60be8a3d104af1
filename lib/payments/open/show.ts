import * as z from 'zod'
import type { Config } from '../../config.ts'
import type { Database } from '../../db/client.ts'
import type { Decision } from '../../decisions/store.ts'
import { AppError } from '../../errors.ts'
import { integer } from '../../http/parameters.ts'
import type { LedgerSource } from '../../ledger/source.ts'
import { NETWORK_PASSPHRASE } from '../../stellar/network.ts'
import { planRefund } from '../refund/plan.ts'
import { type PreparedRefund, prepareRefund } from '../refund/prepare.ts'
import { isDecidable, type StoredPayment } from '../store.ts'
import { type Action, actionsOfPayment } from './actions.ts'
import { unknownPayment } from './refusals.ts'
import { type ArchivedPayment, ledgerPaymentOf, readArchivedPayment, readPayment } from './store.ts'

const OPERATION = 'the operation id of an observed payment, 1 to 20 digits'

export const paymentParameters = z.object({
  epoch: integer(1, 1_000_000).optional(),
  operationId: z.string({ error: OPERATION }).regex(/^\d{1,20}$/, { error: OPERATION }),
})

interface ShowDeps {
  config: Pick<Config, 'ledger' | 'network'>
  db: Database
  ledger: () => Promise<LedgerSource>
  now: () => Date
}

/** A payment with its history, what people decided about it, what may be done, and its refund. */
interface ShownPayment {
  payment: StoredPayment | ArchivedPayment
  decisions: Decision[]
  actions: Action[]
  /** null for a payment about which nobody may decide. */
  refund: PreparedRefund | null
}

/**
 * Shows one payment. An open one has its refund prepared, for which the ledger is asked.
 *
 * @throws AppError `not_found`, `database_unavailable`
 */
export async function showPayment(
  { operationId, epoch }: z.output<typeof paymentParameters>,
  origin: string,
  deps: ShowDeps,
): Promise<ShownPayment> {
  const key = { operationId, epoch: epoch ?? null }
  const found = await readPayment(deps.db, key)
  if (found === null) {
    const archived = await readArchivedPayment(deps.db, key)
    if (archived === null) throw unknownPayment(key)
    return { ...archived, actions: [], refund: null }
  }
  const { payment, decisions, refundMemo } = found
  return {
    payment,
    decisions,
    actions: actionsOfPayment(payment, origin),
    refund: isDecidable(payment) ? await refundOf(payment, refundMemo, deps) : null,
  }
}

async function refundOf(
  stored: StoredPayment,
  refundMemo: Parameters<typeof planRefund>[1],
  { config, ledger, now }: ShowDeps,
): Promise<PreparedRefund> {
  if (!stored.isPresentEpoch) {
    return { unavailable: `Epoch ${stored.epoch} of the ledger has ended: the network was reset.` }
  }
  const plan = planRefund({ ...ledgerPaymentOf(stored), account: stored.account }, refundMemo)
  const networkPassphrase = NETWORK_PASSPHRASE[config.network]
  try {
    return await prepareRefund(plan, { ledger: await ledger(), networkPassphrase, now })
  } catch (error) {
    // The payment is shown all the same where no ledger is configured.
    if (!(error instanceof AppError)) throw error
    return { unavailable: error.message }
  }
}
