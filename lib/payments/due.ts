import { findDue, recordDue } from './due-store.ts'
import { addToReport, judge, LEASE_SECONDS, type Observation } from './page.ts'

const PAGE_SIZE = 200

/**
 * Judges stored payments again whose transaction became known, began to wait, or expects something else than before. It
 * takes the longest due first, until none is left that was due when it began, or `isDueOver`.
 *
 * @returns false when another run has the account
 * @throws AppError `database_unavailable`
 */
export async function judgeDue(observation: Observation): Promise<boolean> {
  const { db, account, source, holder, epoch, awaiting, isDueOver } = observation
  // Nothing can be judged better than before until every transaction that waits is known.
  if (awaiting.isCatchingUp) return true
  let before: string | null = null
  while (!isDueOver()) {
    const due = await findDue(db, { account, epoch, limit: PAGE_SIZE, before })
    const { payments } = due
    if (payments.length === 0) return true
    before = due.before
    const judged = await judge(payments, observation)
    const recorded = await recordDue(db, {
      ...{ account, source, holder, leaseSeconds: LEASE_SECONDS },
      payments: judged,
    })
    if (!recorded.recorded) return false
    addToReport(observation, recorded)
    if (payments.length < PAGE_SIZE) return true
  }
  return true
}
