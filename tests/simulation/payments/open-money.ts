import type { DustLimit } from '../../../lib/stellar/dust.ts'
import type { ModelDatabase } from '../model-database/database.ts'
import type { AttemptRow } from '../model-database/tables.ts'
import type { ModelPayments } from './model-database/database.ts'
import type { PaymentRow } from './model-database/tables.ts'
import { type ModelLedger, stroopsIn } from './model-ledger.ts'

export interface OpenMoneySettings {
  accounts: readonly string[]
  dust: readonly DustLimit[]
}

interface OpenMoneyWorld {
  base: ModelDatabase
  payments: ModelPayments
  ledger: ModelLedger
  settings: OpenMoneySettings
  /** By epoch and operation. */
  closed: ReadonlySet<string>
  now: () => number
}

/** What is open money, written a second time: from the operations, the updates and the decisions of persons. */
export function createOpenMoneyWatch(world: OpenMoneyWorld): { check(): string[] } {
  /** Since when each open payment has been open. */
  const since = new Map<string, number>()
  const seen = new Set<string>()

  function check(): string[] {
    const { payments, ledger, now } = world
    const found: string[] = []
    for (const row of payments.paymentsOfAllEpochs()) {
      const key = `${row.epoch} ${row.operationId}`
      const isNew = !seen.has(key)
      seen.add(key)
      if (isOpen(world, row)) {
        const closedAt = ledger.find(row.operationId, row.transactionHash)?.closedAtMs ?? now()
        if (!since.has(key)) since.set(key, isNew ? Math.min(closedAt, now()) : now())
      } else {
        since.delete(key)
      }
      const wanted = since.get(key) ?? null
      if (row.openSince === wanted) continue
      found.push(
        `${row.operationId} (${row.verdict}) is open since ${shown(row.openSince)} and must be since ${shown(wanted)}`,
      )
    }
    return found
  }

  return { check }
}

const shown = (at: number | null) => (at === null ? 'never' : new Date(at).toISOString())

/** Whether a payment that is recorded belongs to nobody. */
function isOpen(world: OpenMoneyWorld, row: PaymentRow): boolean {
  const { base, payments, ledger, settings, closed } = world
  const operation = ledger.find(row.operationId, row.transactionHash)
  if (operation === undefined || !operation.successful) return false
  if (closed.has(`${row.epoch} ${row.operationId}`)) return false
  if (['outgoing', 'catching_up', 'transaction_failed'].includes(row.verdict)) return false
  const credit = base.attempt(row.attemptId ?? '')
  if (row.verdict === 'credited' && credit !== undefined && !ENDED_IN_VAIN.has(credit.state)) {
    return false
  }
  if (base.attempts().some((one) => reports(one, row))) return false
  const { from, kind, asset, stroops } = operation
  const isObserved = settings.accounts.some(
    (account) =>
      account === from &&
      (payments.observer(account, 'horizon') ?? payments.observer(account, 'rpc')),
  )
  if (kind !== 'clawback' && isObserved) return false
  const limit = settings.dust.find((one) => one.asset === `stellar:${asset}`)
  return limit === undefined || stroops === null || stroops >= stroopsIn(limit.amount)
}

export const ENDED_IN_VAIN: ReadonlySet<string> = new Set([
  'REJECTED',
  'NOT_APPLIED',
  'EXPIRED',
  'WITHDRAWN',
])

/** Whether the platform was told of the operation by an update, which claimed it when it was sent. */
function reports({ state, ledger }: AttemptRow, row: PaymentRow): boolean {
  if (state !== 'APPLIED' && state !== 'LOST') return false
  const claimed = ledger?.['claimed'] as
    | { stellarTransaction: string; operationIds?: string[] }
    | undefined
  if (claimed?.stellarTransaction !== row.transactionHash) return false
  return claimed.operationIds === undefined || claimed.operationIds.includes(row.operationId)
}
