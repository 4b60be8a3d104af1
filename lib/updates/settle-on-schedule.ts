import type { Config } from '../config.ts'
import type { UpdateIo } from './context.ts'
import { type Settlement, settleUpdates } from './settle.ts'

export interface SettleDeps {
  config: Config
  now: () => Date
  updates: () => Promise<UpdateIo>
}

/** Kept free at the end of a function's time: one attempt takes 35 s at most, and its reading as long again. */
const CLOSING_RESERVE_MS = 80_000

/** Settles as much as one function's time allows. @throws AppError `configuration_invalid`, `database_unavailable` */
export async function settleOnSchedule({ config, now, updates }: SettleDeps): Promise<Settlement> {
  const startedAt = now().getTime()
  const budgetMs = Math.max(config.sync.maxDurationSeconds * 1000 - CLOSING_RESERVE_MS, 10_000)
  return settleUpdates({ isOver: () => now().getTime() - startedAt > budgetMs }, await updates())
}
