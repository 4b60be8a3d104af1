import * as z from 'zod'
import { AppError } from './errors.ts'
import { isAccountId } from './stellar/account-id.ts'
import { DEFAULT_HORIZON_URL, type Network } from './stellar/network.ts'
import {
  OBSERVER_STARTS,
  type ObserverStart,
  parseObserverStart,
} from './stellar/observer-start.ts'

export interface AccessConfig {
  cronSecret: string | null
  previousCronSecret: string | null
  /** NODE_ENV is production, or the code runs on a host: the development rule is off. */
  production: boolean
  hosted: boolean
  weakCronSecret: boolean
}

export interface Config {
  network: Network
  /** Null when neither variable is set: routes that need the database answer 503 configuration_invalid. */
  supabase: { url: string; serviceKey: string } | null
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
  trust: { requireSep10: boolean; requireSigningKey: boolean; requireSep24OrSep31: boolean }
  /** The Anchor Platform whose transactions are updated. Null: routes that need it answer 503 configuration_invalid. */
  platform: PlatformConfig | null
  /** The keys of the business that may update transactions. Both null: its routes answer 503 configuration_invalid. */
  business: { apiKey: string | null; previousApiKey: string | null; weakApiKey: boolean }
  /** Where the ledger is read. Null: no payment is observed, and none is checked before it is reported as sent. */
  ledger: LedgerConfig | null
  observer: {
    /** `G…`, each once; none: nothing is observed. */
    accounts: string[]
    /** Where an account begins that was never observed; null only without accounts. */
    start: ObserverStart | null
    amountPolicy: 'exact' | 'at_least'
  }
  /** Hosts that are never fetched: this deployment, its database and its Anchor Platform. */
  ownHosts: string[]
  version: string
}

export interface LedgerConfig {
  source: 'horizon' | 'rpc'
  horizonUrl: string
  /** Null only where the source is Horizon. */
  rpcUrl: string | null
}

/** The platform server's own API, reached with the credential it asks for. */
export interface PlatformConfig {
  /** Without a slash at the end; the path, if any, is the server's context path. */
  url: string
  auth: 'none' | 'api_key' | 'jwt'
  /** The API key, or the secret of at least 32 bytes that signs; null without authentication. */
  secret: string | null
  /** The header that carries the credential. */
  authHeader: string
  version: '2.8.4' | '4.3.0'
  /** The platform moves money itself, through a custody service. */
  custody: boolean
}

/** Longest credential that is compared (bytes of UTF-8); a longer presented one is wrong without being hashed. */
const MAX_SECRET_BYTES = 512

function url(allowed: string, accepts: (url: URL) => boolean) {
  return z.string().refine(
    (text) => {
      const parsed = URL.parse(text)
      return parsed !== null && parsed.username === '' && parsed.password === '' && accepts(parsed)
    },
    { error: allowed },
  )
}

const httpsUrl = url('an https URL without user name', ({ protocol }) => protocol === 'https:')

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])
const supabaseUrl = url(
  'an https URL, or an http URL of localhost',
  ({ protocol, hostname }) =>
    protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname)),
)

/** Names that no public DNS answers: a single label, or under a suffix kept for private use. */
const PRIVATE_NAME = /^(?:[a-z0-9-]+|.+\.(?:localhost|internal|local|svc))$/
/** Loopback and the private ranges of RFC 1918 and RFC 4193. */
const PRIVATE_ADDRESS =
  /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)[\d.]+$|^\[(?:::1|f[cd][0-9a-f:]+)\]$/

const platformUrl = url(
  'an https URL, or an http URL of a private host, without query',
  ({ protocol, hostname, search, hash }) =>
    search === '' &&
    hash === '' &&
    (protocol === 'https:' ||
      (protocol === 'http:' && (PRIVATE_NAME.test(hostname) || PRIVATE_ADDRESS.test(hostname)))),
).transform((text) => new URL(text).href.replace(/\/+$/, ''))

const TAKEN_HEADER =
  /^(?:host|connection|keep-alive|accept|accept-encoding|user-agent|te|trailer|upgrade|expect|(?:content|transfer|proxy)-.+)$/

/** The name of an HTTP header that carries nothing yet (RFC 9110 5.1). */
const credentialHeader = z
  .string()
  .toLowerCase()
  .refine((name) => /^[!#$%&'*+.^_`|~a-z0-9-]{1,64}$/.test(name) && !TAKEN_HEADER.test(name), {
    error: 'Authorization, X-Api-Key or another header name that HTTP itself does not use',
  })

/** Goes out in a header, so that other characters would be lost or refused. */
const sentSecret = z.string().regex(/^[\x20-\x7e]{1,512}$/, {
  error: 'printable ASCII of at most 512 bytes',
})

function integer(min: number, max: number, byDefault: number) {
  const error = `an integer from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,9}$/, { error })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error })
    .default(byDefault)
}

function oneOf<const T extends string>(allowed: readonly T[]) {
  return z
    .string()
    .toLowerCase()
    .pipe(z.enum(allowed, { error: allowed.join(', ') }))
}

const YES = ['true', '1', 'yes']
const NO = ['false', '0', 'no']
const flag = oneOf([...YES, ...NO])
  .transform((text) => YES.includes(text))
  .default(false)

/** A requirement stays on unless it is switched off in so many words: a typing error must not lower the bar. */
const requirement = z
  .string()
  .transform((text) => !NO.includes(text.toLowerCase()))
  .default(true)

const secret = z.string().refine((text) => Buffer.byteLength(text) <= MAX_SECRET_BYTES, {
  error: `at most ${MAX_SECRET_BYTES} bytes`,
})

const domainPattern = /^(\*\.)?([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$/
const domains = z
  .string()
  .toLowerCase()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  )
  .refine((parts) => parts.every((part) => domainPattern.test(part)), {
    error: 'a comma list of domains, each exact or as *.example.org',
  })
  .default([])

const MAX_OBSERVED = 20

const accountIds = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  )
  .refine(
    (ids) =>
      ids.length <= MAX_OBSERVED && ids.every(isAccountId) && new Set(ids).size === ids.length,
    { error: `a comma list of at most ${MAX_OBSERVED} account ids (G…), each once` },
  )
  .default([])

const observerStart = z.string().transform((text, context): ObserverStart => {
  const start = parseObserverStart(text.toLowerCase())
  if (start !== null) return start
  context.issues.push({ code: 'custom', input: text, message: OBSERVER_STARTS })
  return z.NEVER
})

/** What an operator may set. `.env.example` describes each one; a test keeps the two in step. */
const SETTINGS = {
  SUPABASE_URL: supabaseUrl.optional(),
  SUPABASE_SERVICE_ROLE_KEY: z.string().optional(),
  SUPABASE_SECRET_KEY: z.string().optional(),
  CRON_SECRET: secret.optional(),
  CRON_SECRET_PREVIOUS: secret.optional(),
  NODE_ENV: z.string().toLowerCase().optional(),
  STELLAR_NETWORK: oneOf(['mainnet', 'testnet', 'public']).default('mainnet'),
  ANCHOR_DISCOVERY_MODE: oneOf(['directory', 'horizon']).default('directory'),
  STELLAR_ANCHOR_DIRECTORY_URL: httpsUrl.optional(),
  STELLAR_ANCHOR_DIRECTORY_HOME: httpsUrl.default('https://anchors.stellar.org/'),
  ANCHOR_ENABLE_HORIZON_FALLBACK: flag,
  STELLAR_HORIZON_URL: url(
    'an https URL without user name, query and fragment',
    ({ protocol, search, hash }) => protocol === 'https:' && search === '' && hash === '',
  ).optional(),
  ANCHOR_DIRECTORY_ALLOWED_DOMAINS: domains,
  ANCHOR_SEP1_404_DISABLE_THRESHOLD: integer(1, 20, 3),
  ANCHOR_DOMAIN_CONCURRENCY: integer(1, 64, 8),
  // A run keeps 20 s for closing and starts no check in the 12 s before: below a minute little would be left.
  FUNCTION_MAX_DURATION_SECONDS: integer(60, 3_600, 300),
  ANCHOR_TRUST_REQUIRE_SEP10: requirement,
  ANCHOR_TRUST_REQUIRE_SIGNING_KEY: requirement,
  ANCHOR_TRUST_REQUIRE_SEP24_OR_SEP31: requirement,
  ANCHOR_PLATFORM_URL: platformUrl.optional(),
  ANCHOR_PLATFORM_AUTH: oneOf(['none', 'api_key', 'jwt']).default('none'),
  ANCHOR_PLATFORM_SECRET: sentSecret.optional(),
  ANCHOR_PLATFORM_AUTH_HEADER: credentialHeader.optional(),
  ANCHOR_PLATFORM_VERSION: oneOf(['2.8.4', '4.3.0']).default('2.8.4'),
  ANCHOR_PLATFORM_CUSTODY: flag,
  BUSINESS_API_KEY: secret.optional(),
  BUSINESS_API_KEY_PREVIOUS: secret.optional(),
  LEDGER_SOURCE: oneOf(['horizon', 'rpc']).optional(),
  STELLAR_RPC_URL: url(
    'an https URL without user name and fragment',
    ({ protocol, hash }) => protocol === 'https:' && hash === '',
  ).optional(),
  PAYMENT_OBSERVER_ACCOUNTS: accountIds,
  PAYMENT_OBSERVER_START: observerStart.optional(),
  PAYMENT_AMOUNT_POLICY: oneOf(['exact', 'at_least']).default('exact'),
}

/** What a host sets by itself (Vercel: docs/environment-variables/system-environment-variables). */
const PLATFORM = {
  VERCEL: z.string().optional(),
  VERCEL_ENV: z.string().optional(),
  VERCEL_URL: z.string().optional(),
  VERCEL_BRANCH_URL: z.string().optional(),
  VERCEL_PROJECT_PRODUCTION_URL: z.string().optional(),
  VERCEL_GIT_COMMIT_SHA: z.string().optional(),
}

/** Variables that only a host's own runtime sets; any of them means the code does not run on a laptop. */
const HOST_MARKERS = [
  'AWS_LAMBDA_FUNCTION_NAME',
  'K_SERVICE',
  'KUBERNETES_SERVICE_HOST',
  'FLY_APP_NAME',
  'RENDER_SERVICE_ID',
  'RAILWAY_ENVIRONMENT_ID',
  'DYNO',
  'WEBSITE_INSTANCE_ID',
] as const

/** The names readConfig reads, by who sets them. */
export const ENVIRONMENT_NAMES = {
  settings: Object.keys(SETTINGS),
  platform: [...Object.keys(PLATFORM), ...HOST_MARKERS],
}

/** Providers of Stellar RPC put their key into its URL. */
const SECRET_NAMES = /KEY|SECRET|RPC_URL/

const ENVIRONMENT = z.object({ ...SETTINGS, ...PLATFORM })

/** A value as it was meant: surrounding spaces cut, blank is unset. */
function present(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => {
      const text = value?.trim() ?? ''
      return text === '' ? [] : [[name, text]]
    }),
  )
}

/** Fewer than 16 characters, fewer than 6 different ones, or anything but printable ASCII. */
function isWeak(text: string): boolean {
  return text.length < 16 || new Set(text).size < 6 || !/^[\x21-\x7e]+$/.test(text)
}

function supabaseProblems(env: Record<string, string>): string[] {
  const url = env['SUPABASE_URL']
  const key = env['SUPABASE_SERVICE_ROLE_KEY'] ?? env['SUPABASE_SECRET_KEY']
  if (url !== undefined && key === undefined) {
    return ['SUPABASE_SERVICE_ROLE_KEY is not set, but SUPABASE_URL is; allowed: both or neither']
  }
  if (url === undefined && key !== undefined) {
    return ['SUPABASE_URL is not set, but its key is; allowed: both or neither']
  }
  return []
}

/** HMAC with SHA-256 takes a key of at least its output's size (RFC 7518 3.2); the platform verifies none with a shorter. */
const MIN_JWT_SECRET_BYTES = 32

function platformProblems(env: Record<string, string>): string[] {
  const auth = (env['ANCHOR_PLATFORM_AUTH'] ?? 'none').toLowerCase()
  const secret = env['ANCHOR_PLATFORM_SECRET']
  if (auth !== 'none' && secret === undefined) {
    return [
      `ANCHOR_PLATFORM_SECRET is not set, but ANCHOR_PLATFORM_AUTH is "${auth}"; allowed: both, or none`,
    ]
  }
  if (auth === 'none' && secret !== undefined) {
    return [
      'ANCHOR_PLATFORM_AUTH is none, but ANCHOR_PLATFORM_SECRET is set; allowed: api_key or jwt with a secret',
    ]
  }
  if (auth === 'jwt' && secret !== undefined && Buffer.byteLength(secret) < MIN_JWT_SECRET_BYTES) {
    return [
      `ANCHOR_PLATFORM_SECRET is a value of ${Buffer.byteLength(secret)} bytes; allowed with jwt: at least ${MIN_JWT_SECRET_BYTES} bytes`,
    ]
  }
  return []
}

function observerProblems(env: Record<string, string>): string[] {
  const source = (env['LEDGER_SOURCE'] ?? 'horizon').toLowerCase()
  const accounts = env['PAYMENT_OBSERVER_ACCOUNTS']
  const start = env['PAYMENT_OBSERVER_START']
  return [
    ...(source === 'rpc' && env['STELLAR_RPC_URL'] === undefined
      ? ['STELLAR_RPC_URL is not set, but LEDGER_SOURCE is "rpc"; allowed: both, or horizon']
      : []),
    ...(accounts !== undefined && start === undefined
      ? [
          `PAYMENT_OBSERVER_START is not set, but PAYMENT_OBSERVER_ACCOUNTS is; allowed: ${OBSERVER_STARTS}`,
        ]
      : []),
  ]
}

/**
 * Reads the configuration out of environment variables; a blank variable counts as unset.
 * @throws AppError `configuration_invalid` naming every bad variable at once, never the value of a secret.
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = present(env)
  const parsed = ENVIRONMENT.safeParse(given)
  const problems = [
    ...supabaseProblems(given),
    ...platformProblems(given),
    ...observerProblems(given),
  ]
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0])
    const value = SECRET_NAMES.test(name) ? 'a value that is not shown' : `"${given[name]}"`
    problems.push(`${name} is ${value}; allowed: ${issue.message}`)
  }
  if (!parsed.success || problems.length > 0) {
    throw new AppError(
      'configuration_invalid',
      `The environment cannot be read: ${problems.join('. ')}.`,
    )
  }

  const read = parsed.data
  const network: Network = read.STELLAR_NETWORK === 'testnet' ? 'testnet' : 'mainnet'
  const serviceKey = read.SUPABASE_SERVICE_ROLE_KEY ?? read.SUPABASE_SECRET_KEY
  const hosted =
    (read.VERCEL === '1' && read.VERCEL_ENV !== 'development') ||
    HOST_MARKERS.some((name) => given[name] !== undefined)
  const supabase =
    read.SUPABASE_URL !== undefined && serviceKey !== undefined
      ? { url: read.SUPABASE_URL, serviceKey }
      : null

  const platform =
    read.ANCHOR_PLATFORM_URL === undefined
      ? null
      : {
          url: read.ANCHOR_PLATFORM_URL,
          auth: read.ANCHOR_PLATFORM_AUTH,
          secret: read.ANCHOR_PLATFORM_SECRET ?? null,
          authHeader:
            read.ANCHOR_PLATFORM_AUTH_HEADER ??
            (read.ANCHOR_PLATFORM_AUTH === 'api_key' ? 'x-api-key' : 'authorization'),
          version: read.ANCHOR_PLATFORM_VERSION,
          custody: read.ANCHOR_PLATFORM_CUSTODY,
        }

  const horizonUrl = read.STELLAR_HORIZON_URL ?? DEFAULT_HORIZON_URL[network]
  const readsLedger = read.LEDGER_SOURCE !== undefined || read.PAYMENT_OBSERVER_ACCOUNTS.length > 0

  return {
    network,
    supabase,
    access: {
      cronSecret: read.CRON_SECRET ?? null,
      previousCronSecret: read.CRON_SECRET_PREVIOUS ?? null,
      production: read.NODE_ENV === 'production' || hosted,
      hosted,
      weakCronSecret: [read.CRON_SECRET, read.CRON_SECRET_PREVIOUS].some(
        (text) => text !== undefined && isWeak(text),
      ),
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
    trust: {
      requireSep10: read.ANCHOR_TRUST_REQUIRE_SEP10,
      requireSigningKey: read.ANCHOR_TRUST_REQUIRE_SIGNING_KEY,
      requireSep24OrSep31: read.ANCHOR_TRUST_REQUIRE_SEP24_OR_SEP31,
    },
    platform,
    business: {
      apiKey: read.BUSINESS_API_KEY ?? null,
      previousApiKey: read.BUSINESS_API_KEY_PREVIOUS ?? null,
      weakApiKey: [read.BUSINESS_API_KEY, read.BUSINESS_API_KEY_PREVIOUS].some(
        (text) => text !== undefined && isWeak(text),
      ),
    },
    ledger: readsLedger
      ? {
          source: read.LEDGER_SOURCE ?? 'horizon',
          horizonUrl,
          rpcUrl: read.STELLAR_RPC_URL ?? null,
        }
      : null,
    observer: {
      accounts: read.PAYMENT_OBSERVER_ACCOUNTS,
      start: read.PAYMENT_OBSERVER_START ?? null,
      amountPolicy: read.PAYMENT_AMOUNT_POLICY,
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
