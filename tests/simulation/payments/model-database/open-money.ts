import { type AttemptRow, WITHOUT_EFFECT } from '../../model-database/tables.ts'
import type { PaymentRow, PaymentTables } from './tables.ts'

/** `why_not_open`. */
export function whyNotOpen({ base, observers }: PaymentTables, row: PaymentRow): string | null {
  const { verdict, attemptId, operationId, transactionHash, facts } = row
  if (row.closedBy !== null) return 'closed'
  if (facts['successful'] === false || verdict === 'transaction_failed') return 'failed'
  if (verdict === 'outgoing' || verdict === 'catching_up') return verdict
  const credit = base.attempt(attemptId ?? '')
  const holds = credit !== undefined && !WITHOUT_EFFECT.has(credit.state)
  if (verdict === 'credited' && holds) return 'credited'
  const isReported = base.tables.claims.some(
    (claim) =>
      claim.stellarTransaction === transactionHash &&
      (claim.operationId === '' || claim.operationId === operationId) &&
      HELD.has(String(base.attempt(claim.attemptId ?? '')?.state)),
  )
  if (isReported) return 'reported_by_hand'
  const isObserved = [...observers.values()].some(({ account }) => account === facts['from'])
  if (facts['kind'] !== 'clawback' && isObserved) return 'own'
  return row.isDust ? 'dust' : null
}

const HELD: ReadonlySet<string> = new Set(['APPLIED', 'LOST'])

/** The trigger `payment_open`. */
export function setOpen(tables: PaymentTables, row: PaymentRow, isNew = false): void {
  const { now } = tables
  const since = isNew
    ? Math.min(Date.parse(String(row.facts['closedAt'])), row.recordedAt)
    : (row.openSince ?? now())
  row.openSince = whyNotOpen(tables, row) === null ? since : null
}

/** The trigger `attempt_sets_open`. */
export function setOpenOfAttempt(
  tables: PaymentTables,
  { params, state, origin }: AttemptRow,
): void {
  const isReport = state === 'APPLIED' && origin !== 'payment_observer'
  if (!WITHOUT_EFFECT.has(state) && !isReport) return
  if (!tables.rules.opensRefused) return
  const hash = params['stellar_transaction_id']
  if (typeof hash !== 'string') return
  for (const row of tables.payments.values()) {
    if (row.transactionHash === hash.toLowerCase()) setOpen(tables, row)
  }
}
