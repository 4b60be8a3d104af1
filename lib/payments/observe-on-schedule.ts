import type { Config } from '../config.ts'
import type { Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { LedgerSource } from '../ledger/source.ts'
import type { Log } from '../log.ts'
import { NETWORK_PASSPHRASE } from '../stellar/network.ts'
import type { UpdateIo } from '../updates/context.ts'
import type { AccountReport } from './account-report.ts'
import { observeAccounts } from './observe.ts'
import { type RestartedObserver, type RestartParameters, restartObserver } from './restart.ts'

export interface ObserveDeps {
  config: Config
  db: Database
  now: () => Date
  log: Log
  ledger: () => Promise<LedgerSource>
  updates: () => Promise<UpdateIo>
}

/** Kept free at the end of a function's time: one update takes 35 s at most, and its reading as long again. */
const CLOSING_RESERVE_MS = 80_000

/**
 * Observes as much as one function's time allows; with parameters, starts one account anew instead.
 *
 * @throws AppError `configuration_invalid`, `invalid_parameter`, `observer_running`, `source_unavailable`,
 *   `database_unavailable`
 */
export async function observeOnSchedule(
  restart: RestartParameters,
  deps: ObserveDeps,
): Promise<{ accounts: AccountReport[] } | RestartedObserver> {
  const { config, db, now, log } = deps
  const { accounts, start, amountPolicy: policy } = config.observer
  if (accounts.length === 0) {
    throw new AppError(
      'configuration_invalid',
      'No account is observed. Set PAYMENT_OBSERVER_ACCOUNTS and PAYMENT_OBSERVER_START.',
    )
  }
  const startedAt = now().getTime()
  const budgetMs = Math.max(config.sync.maxDurationSeconds * 1000 - CLOSING_RESERVE_MS, 10_000)
  const isOver = () => now().getTime() - startedAt > budgetMs
  const ledger = await deps.ledger()
  const networkPassphrase = NETWORK_PASSPHRASE[config.network]
  if (restart !== null) {
    return restartObserver(restart, { accounts, networkPassphrase }, { db, ledger, log })
  }
  const updates = config.platform === null ? null : await deps.updates()
  return observeAccounts(
    { accounts, start, policy, networkPassphrase },
    { db, ledger, now, log, isOver, updates },
  )
}
