import { type Config, readConfig } from './config.ts'
import { createDatabase, type Database } from './db/client.ts'
import { createSharedReads, type ReadShared } from './db/shared-reads.ts'
import { AppError } from './errors.ts'
import type { KeyLookup } from './http/business-auth.ts'
import { createRefusalLog, type RefusalLog } from './http/refusal-log.ts'
import { createSharedAnswers, type SharedAnswers } from './http/shared-answers.ts'
import type { StorableAnswer } from './http/storable-answer.ts'
import { createLater, type Later } from './later.ts'
import type { LedgerSource } from './ledger/source.ts'
import { createLog, type Log } from './log.ts'
import type { OwnFetch } from './net/fetch-own.ts'
import type { FetchPolicy } from './net/fetch-policy.ts'
import { createFetchUntrusted, type FetchUntrusted } from './net/fetch-untrusted.ts'
import { createDeliverySoon } from './outbox/soon.ts'
import type { PlatformProfile } from './platform/methods.ts'
import { createRedactor, type Redactor } from './redactor.ts'
import type { UpdateIo } from './updates/context.ts'
import type { OpenUpdates } from './updates/open.ts'

/** The dependencies of the routes, made once per function instance. */
export interface Deps {
  config: Config
  db: Database
  /** Reads of the public routes, which many may ask at once. */
  readShared: ReadShared
  fetch: FetchUntrusted
  /** Sends webhooks. */
  fetchWebhook: FetchUntrusted
  now: () => Date
  sleep: (ms: number) => Promise<void>
  log: Log
  /** Starts work that goes on after the answer. */
  later: Later
  sharedAnswers: SharedAnswers<StorableAnswer>
  /** Forgets shared answers, and delivers the events of a change after the answer if a webhook is set. */
  afterChange: () => void
  findKey: KeyLookup
  logRefusal: RefusalLog
  countQuerySecret: () => Promise<void>
  /** Keeps the configured secrets out of answers. */
  redact: Redactor
  /** The Anchor Platform and the other dependencies of updates, loaded on the first call. */
  updates: () => Promise<UpdateIo>
  /** What is known of the Anchor Platform without asking it; null if nothing is. */
  profile: () => Promise<PlatformProfile | null>
  /** The configured source of the ledger, loaded on the first call. */
  ledger: () => Promise<LedgerSource>
}

/** The replacements that the local server and the tests use. No environment variable sets them. */
export interface DepsOverrides {
  databaseFetch?: typeof fetch
  fetchPolicy?: FetchPolicy
  ledger?: LedgerSource
  platformFetch?: OwnFetch
  now?: () => Date
  sleep?: (ms: number) => Promise<void>
  /** A clock that never goes back. It limits the lines of refused calls and the readings of keys. */
  monotonicMs?: () => number
  later?: Later
  /** Makes the log out of the redactor, which knows every configured secret. */
  makeLog?: (redact: Redactor) => Log
}

/**
 * Each of 10 URLs gets 8 requests at once, also where one host has them all. A request that waits for a connection would be
 * over before it began, and would count as a failure of its host.
 */
const WEBHOOK_CONNECTIONS = 100

/** Builds the clients from the configuration. Without database settings every database call ends in a 503. */
export function createDeps(config: Config, overrides: DepsOverrides = {}): Deps {
  const { databaseFetch, fetchPolicy, now = () => new Date() } = overrides
  const { sleep = wait, makeLog = (redact) => createLog(undefined, redact) } = overrides
  const { monotonicMs = () => performance.now() } = overrides
  const redact = createRedactor(secretsOf(config), urlsOf(config))
  const log = makeLog(redact)
  if (config.access.weakCronSecret) {
    log('warn', 'weak_cron_secret', { allowed: 'at least 16 random characters' })
  }
  if (config.business.weakApiKey) {
    log('warn', 'weak_business_api_key', { allowed: 'at least 16 random characters' })
  }
  const db = config.supabase
    ? createDatabase({
        ...config.supabase,
        redact,
        ...(databaseFetch ? { fetch: databaseFetch } : {}),
      })
    : UNCONFIGURED_DATABASE
  const io = { db, now, sleep, log }
  const sharedAnswers = createSharedAnswers<StorableAnswer>(monotonicMs)
  const policy = { ...fetchPolicy, denyHosts: config.ownHosts }
  const { fetch } = createFetchUntrusted(policy)
  const { fetch: fetchWebhook } = createFetchUntrusted({
    ...policy,
    connectionsPerHost: WEBHOOK_CONNECTIONS,
  })
  const later = overrides.later ?? createLater(log)
  const deliverAfterChange = createAfterChange(config, later, {
    config,
    db,
    fetchWebhook,
    now,
    log,
  })
  let opened: Promise<OpenUpdates> | undefined
  let source = overrides.ledger && Promise.resolve(overrides.ledger)
  const ledger = () => {
    source ??= openSource(config, { fetch, now, sleep })
    return source
  }
  return {
    config,
    db,
    readShared: createSharedReads(),
    fetch,
    fetchWebhook,
    now,
    sleep,
    log,
    later,
    sharedAnswers,
    afterChange: () => {
      sharedAnswers.forget()
      deliverAfterChange()
    },
    findKey: createLateLookup(db, monotonicMs),
    logRefusal: createRefusalLog(log, monotonicMs),
    countQuerySecret: async () => {
      const { countQuerySecret } = await import('./keys/query-secret-use.ts')
      return countQuerySecret(db)
    },
    redact,
    updates: async () => {
      const isConfigured = config.ledger !== null || overrides.ledger !== undefined
      opened ??= openPlatform(config, isConfigured ? ledger : null, io, overrides.platformFetch)
      return (await opened)()
    },
    profile: () => readProfile(config, db),
    ledger,
  }
}

function createAfterChange(
  { webhooks }: Config,
  later: Later,
  deps: Parameters<typeof import('./outbox/deliver.ts').deliverSoon>[0],
): () => void {
  if (webhooks.urls.length === 0 && webhooks.alertUrl === null) return () => {}
  return createDeliverySoon(later, async () => {
    const { deliverSoon } = await import('./outbox/deliver.ts')
    return deliverSoon(deps)
  })
}

function secretsOf(config: Config): string[] {
  const { access, business, events, evidence, platform, supabase, webhooks } = config
  return [
    access.cronSecret,
    access.previousCronSecret,
    business.apiKey,
    business.previousApiKey,
    evidence.signInSeed,
    events?.secret,
    platform?.secret,
    supabase?.serviceKey,
    // Without their prefix, so that they are found however they are written.
    ...webhooks.secrets.map((secret) => secret.slice('whsec_'.length)),
  ].filter((secret) => typeof secret === 'string')
}

/** Providers of Horizon, Stellar RPC and webhooks put their key into the path or the query. */
function urlsOf(config: Config): string[] {
  const { evidence, ledger, platform, supabase, discovery, webhooks } = config
  const urls = [
    ledger?.rpcUrl,
    evidence.rpcUrl,
    ledger?.horizonUrl,
    discovery.horizonUrl,
    platform?.url,
    supabase?.url,
    webhooks.alertUrl,
    ...webhooks.urls,
  ]
  return urls.filter((url) => typeof url === 'string')
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** The lookup of named keys, loaded on the first call that presents one: most calls of most routes present none. */
function createLateLookup(db: Database, monotonicMs: () => number): KeyLookup {
  let lookup: Promise<KeyLookup> | undefined
  return async (presented) => {
    lookup ??= import('./keys/lookup.ts').then((keys) => keys.createKeyLookup(db, monotonicMs))
    return (await lookup)(presented)
  }
}

async function openPlatform(
  { platform }: Config,
  ledger: (() => Promise<LedgerSource>) | null,
  io: Omit<UpdateIo, 'platform' | 'profile' | 'turns' | 'ledger'>,
  fetch: OwnFetch | undefined,
): Promise<OpenUpdates> {
  if (platform === null) {
    throw new AppError(
      'configuration_invalid',
      'No Anchor Platform is configured. Set ANCHOR_PLATFORM_URL.',
    )
  }
  const { openUpdates } = await import('./updates/open.ts')
  return openUpdates(platform, { ...io, ledger: ledger === null ? null : await ledger() }, fetch)
}

async function readProfile({ platform }: Config, db: Database): Promise<PlatformProfile | null> {
  if (platform === null) return null
  const { release, custody } = platform
  if (release !== null) return { release, custody }
  const { nameOfPlatform, storedRelease } = await import('./updates/release.ts')
  const found = await storedRelease(nameOfPlatform(platform.url), db)
  return found && { release: found, custody }
}

async function openSource(
  { ledger }: Config,
  io: { fetch: FetchUntrusted; now: () => Date; sleep: (ms: number) => Promise<void> },
): Promise<LedgerSource> {
  if (ledger === null) {
    throw new AppError(
      'configuration_invalid',
      'No ledger source is configured. Set LEDGER_SOURCE or PAYMENT_OBSERVER_ACCOUNTS.',
    )
  }
  const { openLedger } = await import('./ledger/open.ts')
  return openLedger(ledger, io)
}

const UNCONFIGURED_DATABASE: Database = {
  call: async () => {
    throw new AppError(
      'configuration_invalid',
      'No database is configured. Set SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY.',
    )
  },
}

let current: Deps | undefined
let open = (): Deps => {
  current ??= createDeps(readConfig(process.env))
  return current
}

/** The dependencies of this function instance. @throws AppError `configuration_invalid` naming every bad variable */
export function deps(): Deps {
  return open()
}

/** Replaces where each call of a route gets its dependencies. The local server and the tests use it. */
export function useDeps(replacement: () => Deps): void {
  open = replacement
}
