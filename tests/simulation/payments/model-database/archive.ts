import type { Json } from '../../model-database/tables.ts'
import { invalid, type PaymentRow, type PaymentTables, paymentKey } from './tables.ts'

const DAY_MS = 86_400_000

/** `archive_payments`. */
export function archivePayments(tables: PaymentTables, args: Json) {
  const { payments, archived, now } = tables
  const limit = Number(args['limit'])
  const olderThanDays = Number(args['olderThanDays'])
  if (olderThanDays < 0 || limit < 1 || limit > 1000) throw invalid('archive_payments')
  const due = [...payments.values()]
    .filter((row) => row.judgedAt <= now() - olderThanDays * DAY_MS && mayArchive(tables, row))
    .toSorted(byAge)
    .slice(0, limit)
  for (const row of due) {
    const key = paymentKey(row.epoch, row.operationId)
    archived.set(key, row)
    payments.delete(key)
  }
  return { archived: due.length }
}

/** `may_archive`. */
function mayArchive({ base }: PaymentTables, { verdict, attemptId, dueAt }: PaymentRow): boolean {
  if (dueAt !== null) return false
  if (verdict !== 'credited') return verdict === 'outgoing' || verdict === 'transaction_failed'
  const attempt = base.attempt(attemptId ?? '')
  return attempt?.state === 'APPLIED' && attempt.settleAt === null
}

const byAge = (a: PaymentRow, b: PaymentRow) =>
  a.judgedSeq - b.judgedSeq || a.epoch - b.epoch || (a.operationId < b.operationId ? -1 : 1)
