import { type CatalogHealth, readCatalogHealth } from './anchors/store.ts'
import type { Database } from './db/client.ts'
import { readEventHealth } from './events/store.ts'
import { readQuerySecretCalls } from './keys/query-secret-use.ts'
import type { Log } from './log.ts'
import { type BookHealth, readBookHealth } from './payments/books/store.ts'
import { type OpenMoney, readOpenMoney } from './payments/open/store.ts'
import { isCatchingUp } from './payments/open-list-store.ts'
import { type ObserverHealth, readObserverHealth } from './payments/store.ts'
import type { Release } from './platform/releases/families.ts'
import { checkPlatform, type PlatformCheckDeps } from './updates/check-platform.ts'
import { LATE_UPDATE_SECONDS } from './updates/result.ts'
import { readUpdateHealth, type UpdateHealth } from './updates/store-reads.ts'

/** The catalog is stale after two missed runs, six hours apart, and an hour for the run itself. */
const STALE_AFTER_MS = 13 * 60 * 60 * 1000

/** The observer runs every minute. After 10 minutes it has stopped or cannot keep up. */
const LATE_SECONDS = 10 * 60
/** A snapshot is taken once a day. After a day and a half one is missing. */
const LATE_BOOKS_SECONDS = 36 * 60 * 60
/** A side look is due every 55 minutes. */
const LATE_SIDE_LOOK_SECONDS = 2 * 60 * 60

interface HealthDeps {
  config: {
    access: { cronSecret: string | null; weakCronSecret: boolean }
    observer: { accounts: readonly string[] }
    ledger: { source: 'horizon' | 'rpc'; sideUrl: string | null } | null
    platform: { release: Release | null } | null
    events: object | null
    version: string
  }
  updates: PlatformCheckDeps['updates']
  db: Database
  log: Log
  now: () => Date
}

interface Check {
  status: 'ok' | 'warning' | 'error'
  [figure: string]: unknown
}

/** @param querySecretCalls how many calls of the last day used the deprecated `?secret=`; null if it was not read */
function checkConfiguration(
  { access }: HealthDeps['config'],
  querySecretCalls: number | null,
): Check {
  const figures = querySecretCalls === null ? {} : { querySecretCalls }
  if (access.cronSecret === null) return { status: 'warning', reason: 'no_cron_secret', ...figures }
  if (access.weakCronSecret) return { status: 'warning', reason: 'weak_cron_secret', ...figures }
  return { status: 'ok', ...figures }
}

function checkLastSync(runs: CatalogHealth['lastRuns'], now: Date): Check {
  const finishedAt = runs.find(({ kind }) => kind === 'sync')?.finishedAt
  if (finishedAt === undefined) return { status: 'warning', reason: 'never' }
  const stale = now.getTime() - Date.parse(finishedAt) > STALE_AFTER_MS
  return { status: stale ? 'warning' : 'ok', ...(stale ? { reason: 'stale' } : {}), finishedAt }
}

function checkUnsettled({
  ready,
  sending,
  unknown,
  manual,
  wentBack,
  ...oldest
}: UpdateHealth): Check {
  const figures = { ready, sending, unknown, manual, wentBack }
  const since = [oldest.oldestReadyAt, oldest.oldestUnknownAt]
    .filter((time) => time !== null)
    .sort()[0]
  if (wentBack > 0) return { status: 'warning', reason: 'platform_went_back', ...figures }
  if (manual > 0) return { status: 'warning', reason: 'needs_a_person', ...figures }
  const isLate =
    since !== undefined && Date.parse(oldest.now) - Date.parse(since) > LATE_UPDATE_SECONDS * 1000
  return isLate
    ? { status: 'warning', reason: 'late', since, ...figures }
    : { status: 'ok', ...figures }
}

function checkObserver(
  { observer, ledger, platform }: HealthDeps['config'],
  read: ObserverHealth | null,
  books: BookHealth | null,
): Check {
  if (read === null || books === null || ledger === null) {
    return { status: 'ok', reason: 'not_configured' }
  }
  const catchesUp = platform !== null && isCatchingUp(read.openLists)
  const accounts = observer.accounts.map((account) => {
    const observed = read.accounts.find(
      (one) => one.account === account && one.source === ledger.source,
    )
    if (observed === undefined) return { account, reason: 'never_observed' }
    const lagSeconds = secondsBetween(observed.completeUntil, read.now)
    const isLate = lagSeconds === null || lagSeconds > LATE_SECONDS
    const reason =
      observed.alarm?.code ??
      (observed.observedAt === null
        ? 'never_observed'
        : catchesUp
          ? 'catching_up'
          : isLate
            ? 'late'
            : null)
    return { ...observed, lagSeconds, reason }
  })
  const { unlisted, openLists } = read
  const sideLooks = { seen: ledger.sideUrl !== null }
  const figures = { unlisted, openLists, sideLooks, books, accounts }
  const reasons = [
    ...accounts.map((account) => account.reason),
    reasonOfBooks(books, read.now),
    unlisted.length > 0 ? 'transactions_unlisted' : null,
    sideReason(ledger, accounts, read.now),
  ]
  const reason = reasons.find((one) => one !== null) ?? null
  return reason === null ? { status: 'ok', ...figures } : { status: 'warning', reason, ...figures }
}

/** Why claimable balances and clawbacks are not seen; null if they are. */
function sideReason(
  { sideUrl }: { sideUrl: string | null },
  accounts: readonly {
    account: string
    sideLook?: ObserverHealth['accounts'][number]['sideLook']
  }[],
  now: string,
): string | null {
  if (sideUrl === null) return 'claimable_balances_unseen'
  const looks = accounts.flatMap(({ sideLook }) => sideLook ?? [])
  if (looks.some(({ failure }) => failure !== null)) return 'side_look_failed'
  const isLate = looks.some(
    ({ beganAt, lookedAt }) =>
      (secondsBetween(lookedAt ?? beganAt, now) ?? 0) > LATE_SIDE_LOOK_SECONDS,
  )
  return isLate ? 'side_look_late' : null
}

/** Money that came in and belongs to nobody. */
function checkOpenMoney(read: OpenMoney | null): Check {
  if (read === null) return { status: 'ok', reason: 'not_configured' }
  const { payments, ...figures } = read
  if (payments === 0) return { status: 'ok', payments }
  return { status: 'warning', reason: 'waits_for_a_person', payments, ...figures }
}

/** Events only make readings earlier, so nothing about them is a fault. */
function checkEvents(read: { lastEventAt: string | null; waiting: number } | null): Check {
  if (read === null) return { status: 'ok', reason: 'not_configured' }
  const { lastEventAt, waiting } = read
  return { status: 'ok', ...(lastEventAt === null && { reason: 'never' }), lastEventAt, waiting }
}

/** A difference that nobody explained, or books that stand still. A fault of theirs holds up no payment. */
function reasonOfBooks({ differences, accounts }: BookHealth, now: string): string | null {
  if (differences > 0) return 'reconciliation_difference'
  const isLate = accounts.some(
    ({ snapshotAt }) => (secondsBetween(snapshotAt, now) ?? Infinity) > LATE_BOOKS_SECONDS,
  )
  return isLate ? 'books_late' : null
}

function secondsBetween(since: string | null, now: string): number | null {
  if (since === null) return null
  return Math.max(0, Math.round((Date.parse(now) - Date.parse(since)) / 1000))
}

/**
 * Checks the access to the Anchor Platform. `error`: every update waits until somebody sets what `message` names.
 * `warning`: the platform cannot be read now.
 */
async function checkAccess(deps: HealthDeps): Promise<Check> {
  if (deps.config.platform === null) return { status: 'ok', reason: 'not_configured' }
  const { problem, release } = await checkPlatform(deps)
  const figures = release === null ? {} : { ...release }
  if (problem === null) return { status: 'ok', ...figures }
  const { code: reason, reason: message } = problem
  const isPassing = reason === 'unreachable'
  return { status: isPassing ? 'warning' : 'error', reason, message, ...figures }
}

async function checkDatabase({ config, db, log, now }: HealthDeps, detailed: boolean) {
  const startedAt = performance.now()
  const observes = config.observer.accounts.length > 0
  try {
    const [catalog, updates, observer, openMoney, books, events, querySecretCalls] =
      await Promise.all([
        readCatalogHealth(db),
        readUpdateHealth(db),
        observes ? readObserverHealth(db) : null,
        observes ? readOpenMoney(db) : null,
        observes ? readBookHealth(db, config.observer.accounts) : null,
        config.events === null ? null : readEventHealth(db),
        detailed ? readQuerySecretCalls(db) : null,
      ])
    const { homeDomains, lastRuns } = catalog
    const ms = Math.round(performance.now() - startedAt)
    return {
      database: { status: 'ok', ms, homeDomains } satisfies Check,
      lastSync: checkLastSync(lastRuns, now()),
      unsettled: checkUnsettled(updates),
      observer: checkObserver(config, observer, books),
      openMoney: checkOpenMoney(openMoney),
      events: checkEvents(events),
      querySecretCalls,
    }
  } catch (error) {
    log('error', 'health_database_failed', { error })
    const failed: Check = { status: 'error' }
    return {
      database: failed,
      lastSync: failed,
      unsettled: failed,
      observer: observes ? failed : checkObserver(config, null, null),
      openMoney: observes ? failed : checkOpenMoney(null),
      events: config.events === null ? checkEvents(null) : failed,
      querySecretCalls: null,
    }
  }
}

/** What the health route answers. */
interface HealthAnswer {
  status: 200 | 503
  body: { status: 'ok' | 'degraded' | 'error'; version: string; checks: Record<string, Check> }
}

/** The checks that show work: a fault of theirs waits for a person, or something fails. */
const WORK: readonly string[] = ['lastSync', 'unsettled', 'observer', 'openMoney', 'platform']

/**
 * Checks whether this deployment can do its work: 503 if the database cannot be used, else 200. `degraded`: something waits
 * for a person or fails. Reasons, figures and times are shown only if `detailed`.
 */
export async function checkHealth(
  deps: HealthDeps,
  { detailed }: { detailed: boolean },
): Promise<HealthAnswer> {
  const [{ querySecretCalls, ...stored }, platform] = await Promise.all([
    checkDatabase(deps, detailed),
    checkAccess(deps),
  ])
  const checks: Record<string, Check> = {
    database: stored.database,
    configuration: checkConfiguration(deps.config, querySecretCalls),
    lastSync: stored.lastSync,
    unsettled: stored.unsettled,
    observer: stored.observer,
    openMoney: stored.openMoney,
    platform,
    events: stored.events,
  }
  const shown = detailed
    ? checks
    : Object.fromEntries(Object.entries(checks).map(([name, { status }]) => [name, { status }]))
  const failed = stored.database.status === 'error'
  const isDegraded = WORK.some(
    (name) => checks[name]?.status !== 'ok' && checks[name]?.['reason'] !== 'never',
  )
  const working = isDegraded ? 'degraded' : 'ok'
  return {
    status: failed ? 503 : 200,
    body: { status: failed ? 'error' : working, version: deps.config.version, checks: shown },
  }
}
