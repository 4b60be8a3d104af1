import type { Config } from '../config.ts'
import type { Database } from '../db/client.ts'
import { VERDICTS } from '../payments/verdict/codes.ts'
import type { PlatformProfile } from '../platform/methods.ts'
import { kindsToRun, overdueAfterSeconds } from '../schedule/kinds.ts'
import { EXPOSITION_TYPE, writeExposition } from './exposition.ts'
import { gaugesOf } from './gauges.ts'
import { readMetrics } from './store.ts'

/**
 * The figures of this deployment for Prometheus. They come from the database alone: a monitor that asks every few seconds
 * asks no platform and no ledger.
 *
 * @throws AppError `database_unavailable`
 */
export async function showMetrics({
  config,
  db,
  profile,
}: {
  config: Config
  db: Database
  profile: () => Promise<PlatformProfile | null>
}): Promise<{ type: string; body: string }> {
  const { maxDurationSeconds } = config.sync
  const [read, known] = await Promise.all([
    readMetrics(db, {
      network: config.network,
      accounts: config.observer.accounts,
      source: config.ledger?.source ?? null,
      overdueSeconds: overdueAfterSeconds('check', maxDurationSeconds),
    }),
    profile(),
  ])
  const gauges = gaugesOf(read, {
    version: config.version,
    network: config.network,
    release: known?.release ?? null,
    kinds: kindsToRun(config),
    maxDurationSeconds,
    verdicts: VERDICTS,
  })
  return { type: EXPOSITION_TYPE, body: writeExposition(gauges) }
}
