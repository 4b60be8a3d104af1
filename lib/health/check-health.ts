import { readCatalogHealth } from '../anchors/store.ts'
import { type AttentionCounts, countAttention } from '../attention/store.ts'
import type { Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { readEventHealth } from '../events/store.ts'
import { readQuerySecretCalls } from '../keys/query-secret-use.ts'
import type { Log } from '../log.ts'
import { type ConfiguredWebhooks, endpointsOf } from '../outbox/endpoint.ts'
import { type OutboxHealth, readOutboxHealth } from '../outbox/store.ts'
import { type BookHealth, readBookHealth } from '../payments/books/store.ts'
import { type OpenMoney, readOpenMoney } from '../payments/open/store.ts'
import { type ObserverHealth, readObserverHealth } from '../payments/store.ts'
import type { Release } from '../platform/releases/families.ts'
import { kindsToRun } from '../schedule/kinds.ts'
import { readScheduledRuns, type ScheduledRuns } from '../schedule/store.ts'
import { checkPlatform, type PlatformCheckDeps } from '../updates/check-platform.ts'
import { readUpdateHealth, type UpdateHealth } from '../updates/store-reads.ts'
import {
  type ConfiguredSecrets,
  type HealthCheck,
  hasSecret,
  type JudgedPart,
  judgeAnchors,
  judgeConfiguration,
  judgeEvents,
  judgeLastSync,
  judgeObserver,
  judgeOpenMoney,
  judgePlatform,
  judgeSchedule,
  judgeUnsettled,
  judgeWebhooks,
} from './judge.ts'
import { type Reason, reason } from './reasons.ts'

interface HealthDeps {
  config: ConfiguredSecrets & {
    sync: { maxDurationSeconds: number }
    observer: { accounts: readonly string[] }
    ledger: { source: 'horizon' | 'rpc'; sideUrl: string | null } | null
    platform: { release: Release | null } | null
    events: object | null
    webhooks: ConfiguredWebhooks
    version: string
  }
  updates: PlatformCheckDeps['updates']
  db: Database
  log: Log
}

/** What the database knows. Null: the part is not configured, or nobody may see it. */
interface Stored {
  ms: number
  homeDomains: number
  runs: ScheduledRuns
  updates: UpdateHealth
  waiting: AttentionCounts
  observer: ObserverHealth | null
  openMoney: OpenMoney | null
  books: BookHealth | null
  events: { lastEventAt: string | null; waiting: number } | null
  webhooks: OutboxHealth | null
  querySecretCalls: number | null
}

async function readStored({ config, db }: HealthDeps, detailed: boolean): Promise<Stored> {
  const startedAt = performance.now()
  const { accounts } = config.observer
  const observes = accounts.length > 0
  const observed = { accounts, source: config.ledger?.source ?? null }
  const endpoints = endpointsOf(config.webhooks).map(({ id }) => id)
  const [
    catalog,
    runs,
    updates,
    waiting,
    observer,
    openMoney,
    books,
    events,
    webhooks,
    querySecretCalls,
  ] = await Promise.all([
    readCatalogHealth(db),
    readScheduledRuns(db),
    readUpdateHealth(db),
    countAttention(db, observed),
    observes ? readObserverHealth(db) : null,
    observes ? readOpenMoney(db) : null,
    observes ? readBookHealth(db, accounts) : null,
    config.events === null ? null : readEventHealth(db),
    endpoints.length === 0 ? null : readOutboxHealth(db, endpoints),
    detailed ? readQuerySecretCalls(db) : null,
  ])
  const ms = Math.round(performance.now() - startedAt)
  const { homeDomains } = catalog
  return {
    ms,
    homeDomains,
    runs,
    updates,
    waiting,
    observer,
    openMoney,
    books,
    events,
    webhooks,
    querySecretCalls,
  }
}

/** The checks of what the database knows. What fails elsewhere, such as deliveries, gets a check and its judge here. */
function judgeStored(config: HealthDeps['config'], stored: Stored): Record<string, JudgedPart> {
  const { ms, homeDomains, runs, updates, waiting } = stored
  const { now } = updates
  const settings = {
    kinds: kindsToRun(config),
    maxDurationSeconds: config.sync.maxDurationSeconds,
  }
  return {
    database: { check: { status: 'ok', ms, homeDomains }, reasons: [] },
    lastSync: judgeLastSync(runs, settings),
    schedule: judgeSchedule(runs, settings),
    unsettled: judgeUnsettled(updates),
    observer: judgeObserver(config, stored.observer, stored.books),
    openMoney: judgeOpenMoney(stored.openMoney, now),
    anchors: judgeAnchors(waiting),
    events: judgeEvents(stored.events),
    webhooks: judgeWebhooks(stored.webhooks),
  }
}

/** The same checks while the database cannot be used. */
function judgeWithout(config: HealthDeps['config'], error: unknown): Record<string, JudgedPart> {
  const isUnset = error instanceof AppError && error.code === 'configuration_invalid'
  const found = isUnset
    ? reason('database', 'not_configured', 'No database is configured.')
    : reason('database', 'unavailable', 'The database cannot be used.')
  const unknown: JudgedPart = { check: { status: 'error' }, reasons: [] }
  const observes = config.observer.accounts.length > 0
  return {
    database: { check: { status: 'error', reason: found.code }, reasons: [found] },
    lastSync: unknown,
    schedule: unknown,
    unsettled: unknown,
    observer: observes ? unknown : judgeObserver(config, null, null),
    openMoney: observes ? unknown : judgeOpenMoney(null, ''),
    anchors: unknown,
    events: config.events === null ? judgeEvents(null) : unknown,
    webhooks: endpointsOf(config.webhooks).length === 0 ? judgeWebhooks(null) : unknown,
  }
}

/** What the health route answers. */
interface HealthAnswer {
  status: 200 | 503
  body: {
    status: 'ok' | 'degraded' | 'error'
    version: string
    reasons?: Reason[]
    checks: Record<string, HealthCheck>
  }
}

/** Without a secret nobody can prove to be an operator, and what is missing would be told to nobody. */
function isToldToAll(name: string, { access }: HealthDeps['config']): boolean {
  return name === 'configuration' && !hasSecret(access)
}

/** The checks in the order in which they are shown. */
const ORDER = [
  'database',
  'configuration',
  'lastSync',
  'schedule',
  'unsettled',
  'observer',
  'openMoney',
  'anchors',
  'platform',
  'events',
  'webhooks',
]

/**
 * Checks whether this deployment can do its work: 503 if the database cannot be used, else 200. `degraded`: something waits
 * for a person or fails, and `reasons` say what to do. Reasons, figures and times are shown only if `detailed`.
 */
export async function checkHealth(
  deps: HealthDeps,
  { detailed }: { detailed: boolean },
): Promise<HealthAnswer> {
  const { config, log } = deps
  const [stored, platform] = await Promise.all([
    readStored(deps, detailed).catch((error: unknown) => {
      log('error', 'health_database_failed', { error })
      return { error }
    }),
    config.platform === null ? null : checkPlatform(deps),
  ])
  const failed = 'error' in stored
  const querySecretCalls = failed ? null : stored.querySecretCalls
  const judged: Record<string, JudgedPart> = {
    ...(failed ? judgeWithout(config, stored.error) : judgeStored(config, stored)),
    configuration: judgeConfiguration(config, querySecretCalls),
    platform: judgePlatform(platform),
  }
  const all = ORDER.flatMap((name) =>
    judged[name] === undefined ? [] : [[name, judged[name]] as const],
  )
  const reasons = all.flatMap(([, one]) => one.reasons)
  // A fault of the configuration stops no work that is not told of by another check.
  const isDegraded = reasons.some(({ check }) => check !== 'configuration')
  const working = isDegraded ? 'degraded' : 'ok'
  const checks = all.map(([name, { check }]) => [
    name,
    detailed || isToldToAll(name, config) ? check : { status: check.status },
  ])
  return {
    status: failed ? 503 : 200,
    body: {
      status: failed ? 'error' : working,
      version: config.version,
      ...(detailed && { reasons }),
      checks: Object.fromEntries(checks),
    },
  }
}
