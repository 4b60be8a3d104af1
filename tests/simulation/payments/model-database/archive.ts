import { isoTime, type Json } from '../../model-database/tables.ts'
import { markDue } from './due.ts'
import { whyNotOpen } from './open-money.ts'
import {
  creditHolds,
  invalid,
  type PaymentRow,
  type PaymentTables,
  paymentKey,
  presentEpoch,
} from './tables.ts'

const DAY_MS = 86_400_000

/** `archive_payments`. */
export function archivePayments(tables: PaymentTables, args: Json) {
  const { payments, archived, now } = tables
  const limit = Number(args['limit'])
  const olderThanDays = Number(args['olderThanDays'])
  if (olderThanDays < 0 || limit < 1 || limit > 1000) throw invalid('archive_payments')
  markDue(tables)
  const before = now() - olderThanDays * DAY_MS
  const due = [...payments.values()]
    .filter((row) => row.openSince === null && row.judgedAt < before)
    .filter((row) => mayArchive(tables, row, before))
    .toSorted(byAge)
    .slice(0, limit)
  for (const row of due) {
    const key = paymentKey(row.epoch, row.operationId)
    const stateBefore = String(whyNotOpen(tables, row))
    archived.set(key, { ...row, stateBefore, archivedAt: now() })
    payments.delete(key)
  }
  return { archived: due.length }
}

/** `read_archived_payment`. */
export function readArchivedPayment(tables: PaymentTables, args: Json) {
  const epoch = Number(args['epoch'] ?? presentEpoch(tables))
  const row = tables.archived.get(paymentKey(epoch, String(args['operationId'])))
  if (row === undefined) return null
  const { operationId, account, transactionHash, amount, verdict, transactionId, facts } = row
  const subject = `${epoch}/${operationId}`
  return {
    payment: {
      ...{ epoch, operationId, account, transactionHash, amount, verdict, transactionId },
      kind: facts['kind'],
      asset: facts['asset'],
      closedAt: facts['closedAt'],
      state: 'archived',
      stateBefore: row.stateBefore,
      archivedAt: isoTime(row.archivedAt),
    },
    decisions: tables.base.tables.decisions
      .filter((made) => made.subject === subject)
      .map((made) => ({ ...made, at: isoTime(made.at) })),
  }
}

/** `may_archive`. */
function mayArchive(tables: PaymentTables, row: PaymentRow, before: number): boolean {
  const { base, observers } = tables
  if (row.dueAt !== null) return false
  if (row.verdict === 'credited' && !creditHolds(tables, row)) return false
  const isFinal = (attemptId: string | null) => {
    const attempt = base.attempt(attemptId ?? '')
    if (attempt?.state !== 'APPLIED' || attempt.settleAt !== null) return false
    return (attempt.outcome?.['decision'] ?? null) === null
  }
  switch (whyNotOpen(tables, row)) {
    case 'failed':
    case 'own':
    case 'dust':
      return true
    case 'outgoing': {
      const { to } = row.facts
      return to === row.account || ![...observers.values()].some(({ account }) => account === to)
    }
    case 'closed': {
      const closed = base.tables.decisions.find(({ id }) => id === row.closedBy)
      return closed !== undefined && closed.at < before
    }
    case 'credited':
      return isFinal(row.attemptId)
    case 'reported_by_hand':
      return base.tables.claims
        .filter(({ stellarTransaction }) => stellarTransaction === row.transactionHash)
        .filter(({ operationId }) => operationId === '' || operationId === row.operationId)
        .every(({ attemptId }) => attemptId === null || isFinal(attemptId))
    default:
      return false
  }
}

const byAge = (a: PaymentRow, b: PaymentRow) =>
  a.judgedSeq - b.judgedSeq || a.epoch - b.epoch || (a.operationId < b.operationId ? -1 : 1)
