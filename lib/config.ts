import { ConfigurationError } from './errors.ts'
import { type Release, releaseOfVersion } from './platform/releases/families.ts'
import { readSettings, type Settings } from './settings.ts'
import type { DustLimit } from './stellar/dust.ts'
import { DEFAULT_HORIZON_URL, type Network } from './stellar/network.ts'
import type { ObserverStart } from './stellar/observer-start.ts'

export interface AccessConfig {
  cronSecret: string | null
  previousCronSecret: string | null
  /** Whether callers on this machine need no secret. No variable sets it: the local service does. */
  development: boolean
  weakCronSecret: boolean
}

export interface Config {
  network: Network
  /** Null without the two variables: routes that need the database answer 503 configuration_invalid. */
  supabase: DatabaseConfig | null
  access: AccessConfig
  discovery: {
    mode: 'directory' | 'horizon'
    directoryUrl: string | null
    directoryHome: string
    allowHorizon: boolean
    horizonUrl: string
    allowedDomains: string[]
  }
  sync: { sep1DisableThreshold: number; domainConcurrency: number; maxDurationSeconds: number }
  evidence: {
    /** Older evidence makes no listing operational. */
    maxAgeHours: number
    /** The checks of one window count once against an anchor. */
    windowHours: number
    /** The Stellar RPC server that shows the accounts of issuers. Null: Horizon shows them, one by one. */
    rpcUrl: string | null
    /** Whether listed anchors are signed in to once a day. */
    signIn: boolean
    /** The account that signs in, `S…`. Null: an account made for the run and forgotten after it. */
    signInSeed: string | null
  }
  trust: { requireSep10: boolean; requireSigningKey: boolean; requireSep24OrSep31: boolean }
  /** The Anchor Platform whose transactions are updated. Null: its routes answer 503 configuration_invalid. */
  platform: PlatformConfig | null
  /** The credential of the platform's event deliveries. Null: their route answers 503 configuration_invalid. */
  events: { auth: 'api_key' | 'jwt'; secret: string } | null
  /** The keys of the business that may update transactions. Without keys its routes answer 503 configuration_invalid. */
  business: { apiKey: string | null; previousApiKey: string | null; weakApiKey: boolean }
  /** Where the ledger is read. Null: no payment is observed, and no update is checked against the ledger. */
  ledger: LedgerConfig | null
  observer: {
    /** `G…`, each once. Without accounts nothing is observed. */
    accounts: string[]
    /** Where the first observation of an account begins. Null only without accounts. */
    start: ObserverStart | null
    amountPolicy: 'exact' | 'at_least'
    /** After how many days a payment that is final is archived. Null: never. */
    retentionDays: number | null
    /** A smaller payment is no open money. */
    dust: readonly DustLimit[]
  }
  webhooks: {
    /** Where every event is delivered. */
    urls: string[]
    /** Each signs every event; the newest first. */
    secrets: string[]
    /** Where people are told of what wants one, as Slack reads it. */
    alertUrl: string | null
  }
  /** Hosts that are never fetched: this deployment, its database and its Anchor Platform. */
  ownHosts: string[]
  version: string
}

export interface DatabaseConfig {
  url: string
  serviceKey: string
  /** Where PostgREST is, below the URL. By default where the gateway of Supabase has it. */
  path?: string
}

export interface LedgerConfig {
  source: 'horizon' | 'rpc'
  horizonUrl: string
  /**
   * The Horizon that shows claimable balances and clawbacks. Null if Stellar RPC is the source and no Horizon is set: the
   * default one may be of another ledger than the server that the operator chose.
   */
  sideUrl: string | null
  /** Null only if the source is Horizon. */
  rpcUrl: string | null
}

/** The platform server of the Anchor Platform, and the credential that it demands. */
export interface PlatformConfig {
  /** Without a slash at the end. The path, if any, is the server's context path. */
  url: string
  auth: 'none' | 'api_key' | 'jwt'
  /** The API key, or the signing secret of at least 32 bytes. Null without authentication. */
  secret: string | null
  /** The header that carries the credential. */
  authHeader: string
  /** The release that a person chose; null to find out which it is. */
  release: Release | null
  /** Whether the platform moves money itself, through a custody service. */
  custody: boolean
}

/**
 * Reads the configuration from environment variables; a blank variable counts as unset.
 * @throws AppError `configuration_invalid` naming every bad variable at once, never the value of a secret
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const read = readSettings(env)
  if ('problems' in read) {
    throw new ConfigurationError(read.problems)
  }
  return configOf(read.settings)
}

function configOf(read: Settings): Config {
  const network: Network = read.STELLAR_NETWORK === 'testnet' ? 'testnet' : 'mainnet'
  const horizonUrl = read.STELLAR_HORIZON_URL ?? DEFAULT_HORIZON_URL[network]
  const supabase = supabaseOf(read)
  const platform = platformOf(read)
  return {
    network,
    supabase,
    access: {
      cronSecret: read.CRON_SECRET ?? null,
      previousCronSecret: read.CRON_SECRET_PREVIOUS ?? null,
      development: false,
      weakCronSecret: isAnyWeak(read.CRON_SECRET, read.CRON_SECRET_PREVIOUS),
    },
    discovery: {
      mode: read.ANCHOR_DISCOVERY_MODE,
      directoryUrl: read.STELLAR_ANCHOR_DIRECTORY_URL ?? null,
      directoryHome: read.STELLAR_ANCHOR_DIRECTORY_HOME,
      allowHorizon: read.ANCHOR_ENABLE_HORIZON_FALLBACK,
      horizonUrl,
      allowedDomains: read.ANCHOR_DIRECTORY_ALLOWED_DOMAINS,
    },
    sync: {
      sep1DisableThreshold: read.ANCHOR_SEP1_404_DISABLE_THRESHOLD,
      domainConcurrency: read.ANCHOR_DOMAIN_CONCURRENCY,
      maxDurationSeconds: read.FUNCTION_MAX_DURATION_SECONDS,
    },
    evidence: {
      maxAgeHours: read.ANCHOR_EVIDENCE_MAX_AGE_HOURS,
      windowHours: read.ANCHOR_WINDOW_HOURS,
      rpcUrl: read.STELLAR_RPC_URL ?? null,
      signIn: read.ANCHOR_SIGN_IN === 'on',
      signInSeed: read.ANCHOR_SIGN_IN_SEED ?? null,
    },
    trust: {
      requireSep10: read.ANCHOR_TRUST_REQUIRE_SEP10,
      requireSigningKey: read.ANCHOR_TRUST_REQUIRE_SIGNING_KEY,
      requireSep24OrSep31: read.ANCHOR_TRUST_REQUIRE_SEP24_OR_SEP31,
    },
    platform,
    events: eventsOf(read),
    business: {
      apiKey: read.BUSINESS_API_KEY ?? null,
      previousApiKey: read.BUSINESS_API_KEY_PREVIOUS ?? null,
      weakApiKey: isAnyWeak(read.BUSINESS_API_KEY, read.BUSINESS_API_KEY_PREVIOUS),
    },
    ledger: ledgerOf(read, horizonUrl),
    observer: {
      accounts: read.PAYMENT_OBSERVER_ACCOUNTS,
      start: read.PAYMENT_OBSERVER_START ?? null,
      amountPolicy: read.PAYMENT_AMOUNT_POLICY,
      retentionDays: read.PAYMENT_RETENTION_DAYS ?? null,
      dust: read.PAYMENT_DUST,
    },
    webhooks: {
      urls: read.WEBHOOK_URLS,
      secrets: read.WEBHOOK_SECRET,
      alertUrl: read.ALERT_WEBHOOK_URL ?? null,
    },
    ownHosts: [
      read.VERCEL_URL,
      read.VERCEL_BRANCH_URL,
      read.VERCEL_PROJECT_PRODUCTION_URL,
      ...[supabase, platform].flatMap((own) => (own === null ? [] : [new URL(own.url).hostname])),
    ].filter((host) => host !== undefined),
    version: read.VERCEL_GIT_COMMIT_SHA?.slice(0, 7) ?? 'development',
  }
}

function supabaseOf(read: Settings): Config['supabase'] {
  const serviceKey = read.SUPABASE_SERVICE_ROLE_KEY ?? read.SUPABASE_SECRET_KEY
  if (serviceKey === undefined) return null
  if (read.POSTGREST_URL !== undefined) return { url: read.POSTGREST_URL, serviceKey, path: '' }
  return read.SUPABASE_URL === undefined ? null : { url: read.SUPABASE_URL, serviceKey }
}

function platformOf(read: Settings): PlatformConfig | null {
  if (read.ANCHOR_PLATFORM_URL === undefined) return null
  const defaultHeader = read.ANCHOR_PLATFORM_AUTH === 'api_key' ? 'x-api-key' : 'authorization'
  return {
    url: read.ANCHOR_PLATFORM_URL,
    auth: read.ANCHOR_PLATFORM_AUTH,
    secret: read.ANCHOR_PLATFORM_SECRET ?? null,
    authHeader: read.ANCHOR_PLATFORM_AUTH_HEADER ?? defaultHeader,
    release: releaseOfVersion(read.ANCHOR_PLATFORM_VERSION),
    custody: read.ANCHOR_PLATFORM_CUSTODY,
  }
}

function eventsOf(read: Settings): Config['events'] {
  const { ANCHOR_PLATFORM_EVENT_AUTH: auth, ANCHOR_PLATFORM_EVENT_SECRET: secret } = read
  return auth === undefined || secret === undefined ? null : { auth, secret }
}

function ledgerOf(read: Settings, horizonUrl: string): LedgerConfig | null {
  if (read.LEDGER_SOURCE === undefined && read.PAYMENT_OBSERVER_ACCOUNTS.length === 0) return null
  return {
    source: read.LEDGER_SOURCE ?? 'horizon',
    horizonUrl,
    sideUrl: read.LEDGER_SOURCE === 'rpc' ? (read.STELLAR_HORIZON_URL ?? null) : horizonUrl,
    rpcUrl: read.STELLAR_RPC_URL ?? null,
  }
}

function isAnyWeak(...secrets: (string | undefined)[]): boolean {
  return secrets.some((secret) => secret !== undefined && isWeak(secret))
}

/** Fewer than 16 characters, fewer than 6 different ones, or a character other than printable ASCII. */
function isWeak(text: string): boolean {
  return text.length < 16 || new Set(text).size < 6 || !/^[\x21-\x7e]+$/.test(text)
}
