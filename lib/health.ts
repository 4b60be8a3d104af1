import { type CatalogueHealth, readHealth } from './anchors/catalogue.ts'
import type { Database } from './db/client.ts'
import type { Answer } from './http/handler.ts'
import type { Log } from './log.ts'
import { readUpdateHealth, type UpdateHealth } from './transactions/update-log.ts'

/** Settled by evidence after 180 s, and the settler comes every 5 minutes: an hour says that it does not. */
const UNSETTLED_AFTER_MS = 60 * 60 * 1000
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

function checkUnsettled({ ready, sending, unknown, manual, ...oldest }: UpdateHealth): Check {
  const figures = { ready, sending, unknown, manual }
  const since = [oldest.oldestReadyAt, oldest.oldestUnknownAt]
    .filter((time) => time !== null)
    .sort()[0]
  if (manual > 0) return { status: 'warning', reason: 'needs_a_person', ...figures }
  const isLate =
    since !== undefined && Date.parse(oldest.now) - Date.parse(since) > UNSETTLED_AFTER_MS
  return isLate
    ? { status: 'warning', reason: 'late', since, ...figures }
    : { status: 'ok', ...figures }
}

async function checkDatabase({ db, log, now }: HealthDeps) {
  const startedAt = performance.now()
  try {
    const [catalogue, updates] = await Promise.all([readHealth(db), readUpdateHealth(db)])
    const { homeDomains, lastRuns } = catalogue
    const ms = Math.round(performance.now() - startedAt)
    return {
      database: { status: 'ok', ms, homeDomains } satisfies Check,
      lastSync: checkLastSync(lastRuns, now()),
      unsettled: checkUnsettled(updates),
    }
  } catch (error) {
    log('error', 'health_database_failed', { error })
    const failed: Check = { status: 'error' }
    return { database: failed, lastSync: failed, unsettled: failed }
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
  const { database, lastSync, unsettled } = await checkDatabase(deps)
  const checks: Record<string, Check> = {
    database,
    configuration: checkConfiguration(deps.config),
    lastSync,
    unsettled,
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
