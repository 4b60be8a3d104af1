import type { Database } from '../../db/client.ts'
import type { StoredPayment } from '../store.ts'
import type { VerdictCode } from '../verdict/codes.ts'
import { type Action, actionsOfPayment } from './actions.ts'
import { readOpenPayments } from './store.ts'

/** A page of open money, the oldest first, with what a person may do about each payment. */
export async function listOpenPayments(
  filter: {
    verdict: VerdictCode | null
    account: string | null
    asset: string | null
    since: string | null
    limit: number
    cursor: string | null
  },
  origin: string,
  { db }: { db: Database },
): Promise<{ payments: (StoredPayment & { actions: Action[] })[]; next: string | null }> {
  const { payments, next } = await readOpenPayments(db, filter)
  const listed = payments.map((payment) => ({
    ...payment,
    actions: actionsOfPayment(payment, origin),
  }))
  return { payments: listed, next }
}
