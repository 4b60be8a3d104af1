import { type CatalogueHealth, readHealth } from './anchors/catalogue.ts'
import type { Database } from './db/client.ts'
import type { Answer } from './http/handler.ts'
import type { Log } from './log.ts'

/** Two missed six-hourly runs and an hour for the run itself: then the catalogue is old. */
const STALE_AFTER_MS = 13 * 60 * 60 * 1000

interface HealthDeps {
  config: { access: { cronSecret: string | null; weakCronSecret: boolean }; version: string }
  db: Database
  log: Log
  now: () => Date
}

interface Check {
  status: 'ok' | 'warning' | 'error'
  [figure: string]: unknown
}

function checkConfiguration({ access }: HealthDeps['config']): Check {
  if (access.cronSecret === null) return { status: 'warning', reason: 'no_cron_secret' }
  if (access.weakCronSecret) return { status: 'warning', reason: 'weak_cron_secret' }
  return { status: 'ok' }
}

function checkLastSync(runs: CatalogueHealth['lastRuns'], now: Date): Check {
  const finishedAt = runs.find(({ kind }) => kind === 'sync')?.finishedAt
  if (finishedAt === undefined) return { status: 'warning', reason: 'never' }
  const stale = now.getTime() - Date.parse(finishedAt) > STALE_AFTER_MS
  return { status: stale ? 'warning' : 'ok', ...(stale ? { reason: 'stale' } : {}), finishedAt }
}

async function checkDatabase({ db, log, now }: HealthDeps) {
  const startedAt = performance.now()
  try {
    const { homeDomains, lastRuns } = await readHealth(db)
    const ms = Math.round(performance.now() - startedAt)
    return {
      database: { status: 'ok', ms, homeDomains } satisfies Check,
      lastSync: checkLastSync(lastRuns, now()),
    }
  } catch (error) {
    log('error', 'health_database_failed', { error })
    const failed: Check = { status: 'error' }
    return { database: failed, lastSync: failed }
  }
}

/**
 * Says whether this deployment can do its work: 503 when its database cannot be used, else 200. Reasons, numbers and
 * times are only shown when `detailed`.
 */
export async function checkHealth(
  deps: HealthDeps,
  { detailed }: { detailed: boolean },
): Promise<Answer> {
  const { database, lastSync } = await checkDatabase(deps)
  const checks: Record<string, Check> = {
    database,
    configuration: checkConfiguration(deps.config),
    lastSync,
  }
  const shown = detailed
    ? checks
    : Object.fromEntries(Object.entries(checks).map(([name, { status }]) => [name, { status }]))
  const failed = database.status === 'error'
  return {
    status: failed ? 503 : 200,
    body: { status: failed ? 'error' : 'ok', version: deps.config.version, checks: shown },
  }
}
