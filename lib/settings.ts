import * as z from 'zod'
import { KNOWN_VERSIONS, releaseOfVersion } from './platform/releases/families.ts'
import { isAccountId } from './stellar/account-id.ts'
import { DUST_LIMITS, type DustLimit, parseDustLimits } from './stellar/dust.ts'
import { orNull, parseHttpsUrl } from './stellar/home-domain.ts'
import {
  OBSERVER_STARTS,
  type ObserverStart,
  parseObserverStart,
} from './stellar/observer-start.ts'
import { decodeStrKey } from './stellar/strkey.ts'
import { trimEnd } from './trim-end.ts'

// The rule of every environment variable. lib/config.ts makes the configuration out of the values. `.env.example` describes
// each variable for operators, and a test compares the two.

/** Longest credential that is compared, in bytes of UTF-8. A longer one is wrong without being hashed. */
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

const horizonUrl = url(
  'an https URL without user name, query and fragment',
  ({ protocol, search, hash }) => protocol === 'https:' && search === '' && hash === '',
)

const rpcUrl = url(
  'an https URL without user name and fragment',
  ({ protocol, hash }) => protocol === 'https:' && hash === '',
)

/** A single label, or a name under a suffix for private use. Public DNS has neither. */
const PRIVATE_NAME = /^(?:[a-z0-9-]+|.+\.(?:localhost|internal|local|svc))$/
/** Loopback and the private ranges of RFC 1918 and RFC 4193. */
const PRIVATE_ADDRESS =
  /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)[\d.]+$|^\[(?:::1|f[cd][0-9a-f:]+)\]$/

/** An http URL is allowed where nobody else can listen. */
const privateUrl = url(
  'an https URL, or an http URL of a private host, without query',
  ({ protocol, hostname, search, hash }) =>
    search === '' &&
    hash === '' &&
    (protocol === 'https:' ||
      (protocol === 'http:' && (PRIVATE_NAME.test(hostname) || PRIVATE_ADDRESS.test(hostname)))),
).transform((text) => trimEnd(new URL(text).href, '/'))

const TAKEN_HEADER =
  /^(?:host|connection|keep-alive|accept|accept-encoding|user-agent|te|trailer|upgrade|expect|(?:content|transfer|proxy)-.+)$/

/** The name of an HTTP header that the request does not use otherwise (RFC 9110 5.1). */
const credentialHeader = z
  .string()
  .toLowerCase()
  .refine((name) => /^[!#$%&'*+.^_`|~a-z0-9-]{1,64}$/.test(name) && !TAKEN_HEADER.test(name), {
    error: 'Authorization, X-Api-Key or another header name that HTTP itself does not use',
  })

/** A shorter secret is guessed in no time. One of fewer than 16 characters is weak, and the log and the health say so. */
const MIN_SECRET_LENGTH = 8

/** A secret that is sent in a header, where other characters would be lost or refused. */
const sentSecret = z.string().regex(/^[\x20-\x7e]{8,512}$/, {
  error: 'printable ASCII of 8 to 512 bytes',
})

const secret = z
  .string()
  .refine(
    (text) => text.length >= MIN_SECRET_LENGTH && Buffer.byteLength(text) <= MAX_SECRET_BYTES,
    { error: `${MIN_SECRET_LENGTH} characters or more, and at most ${MAX_SECRET_BYTES} bytes` },
  )

/** The secret of an account (SEP-23). */
const seed = z.string().refine((text) => decodeStrKey(text, 'seed') !== null, {
  error: 'a secret seed (S…)',
})

function integerFrom(min: number, max: number) {
  const error = `an integer from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,9}$/, { error })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error })
}

const integer = (min: number, max: number, byDefault: number) =>
  integerFrom(min, max).default(byDefault)

function oneOf<const T extends string>(allowed: readonly T[]) {
  return z
    .string()
    .toLowerCase()
    .pipe(z.enum(allowed, { error: allowed.join(', ') }))
}

const VERSION = `auto, or a release of ${KNOWN_VERSIONS}`
const platformVersion = z
  .string()
  .toLowerCase()
  .refine((text) => text === 'auto' || releaseOfVersion(text) !== null, { error: VERSION })

const YES = ['true', '1', 'yes']
const NO = ['false', '0', 'no']
const flag = oneOf([...YES, ...NO])
  .transform((text) => YES.includes(text))
  .default(false)

/** On unless the text is false, 0 or no, so that a typing error does not switch a requirement off. */
const requirement = z
  .string()
  .transform((text) => !NO.includes(text.toLowerCase()))
  .default(true)

/** A host that we deliver to is an outside host, which the guarded fetch reaches by https on port 443 alone. */
const WEBHOOK_URL = 'an https URL of a public host without user name and port'
const isWebhookUrl = (text: string) => orNull(parseHttpsUrl, text) !== null && !text.includes('#')

const commaList = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
)

const DOMAIN_PATTERN = /^(\*\.)?([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$/
const domains = commaList
  .transform((parts) => parts.map((part) => part.toLowerCase()))
  .refine((parts) => parts.every((part) => DOMAIN_PATTERN.test(part)), {
    error: 'a comma list of domains, each exact or as *.example.org',
  })
  .default([])

const MAX_OBSERVED = 20
const accountIds = commaList
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

const dustLimits = z
  .string()
  .transform((text, context): DustLimit[] => {
    const limits = parseDustLimits(text)
    if (limits !== null) return limits
    context.issues.push({ code: 'custom', input: text, message: DUST_LIMITS })
    return z.NEVER
  })
  .default([])

const MAX_WEBHOOKS = 10
const webhookUrls = commaList
  .refine(
    (urls) =>
      urls.length <= MAX_WEBHOOKS &&
      urls.every(isWebhookUrl) &&
      new Set(urls.map((url) => new URL(url).href)).size === urls.length,
    { error: `a comma list of at most ${MAX_WEBHOOKS} URLs, each once and ${WEBHOOK_URL}` },
  )
  .default([])

const MAX_WEBHOOK_SECRETS = 4
/** Secrets of Standard Webhooks: 24 to 64 random bytes in base64. */
const webhookSecrets = commaList
  .refine(
    (secrets) =>
      secrets.length <= MAX_WEBHOOK_SECRETS &&
      secrets.every((one) =>
        /^whsec_(?:[A-Za-z0-9+/]{4}){8,21}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(one),
      ),
    {
      error: `a comma list of at most ${MAX_WEBHOOK_SECRETS} secrets, each whsec_ and the base64 of 24 to 64 bytes`,
    },
  )
  .default([])

/** The variables that an operator may set. */
const SETTINGS = {
  SUPABASE_URL: supabaseUrl.optional(),
  POSTGREST_URL: privateUrl.optional(),
  SUPABASE_SERVICE_ROLE_KEY: z.string().optional(),
  SUPABASE_SECRET_KEY: z.string().optional(),
  CRON_SECRET: secret.optional(),
  CRON_SECRET_PREVIOUS: secret.optional(),
  STELLAR_NETWORK: oneOf(['mainnet', 'testnet', 'public']).default('mainnet'),
  ANCHOR_DISCOVERY_MODE: oneOf(['directory', 'horizon']).default('directory'),
  STELLAR_ANCHOR_DIRECTORY_URL: httpsUrl.optional(),
  STELLAR_ANCHOR_DIRECTORY_HOME: httpsUrl.default('https://anchors.stellar.org/'),
  ANCHOR_ENABLE_HORIZON_FALLBACK: flag,
  STELLAR_HORIZON_URL: horizonUrl.optional(),
  ANCHOR_DIRECTORY_ALLOWED_DOMAINS: domains,
  ANCHOR_SEP1_404_DISABLE_THRESHOLD: integer(1, 20, 3),
  ANCHOR_DOMAIN_CONCURRENCY: integer(1, 64, 64),
  ANCHOR_EVIDENCE_MAX_AGE_HOURS: integer(1, 720, 72),
  ANCHOR_WINDOW_HOURS: integer(1, 24, 6),
  ANCHOR_SIGN_IN: oneOf(['on', 'off']).default('on'),
  ANCHOR_SIGN_IN_SEED: seed.optional(),
  // A run keeps its last 20 s for closing and starts no check in the 12 s before that, so 60 s is the least useful value.
  FUNCTION_MAX_DURATION_SECONDS: integer(60, 3_600, 300),
  ANCHOR_TRUST_REQUIRE_SEP10: requirement,
  ANCHOR_TRUST_REQUIRE_SIGNING_KEY: requirement,
  ANCHOR_TRUST_REQUIRE_SEP24_OR_SEP31: requirement,
  ANCHOR_PLATFORM_URL: privateUrl.optional(),
  ANCHOR_PLATFORM_AUTH: oneOf(['none', 'api_key', 'jwt']).default('none'),
  ANCHOR_PLATFORM_SECRET: sentSecret.optional(),
  ANCHOR_PLATFORM_AUTH_HEADER: credentialHeader.optional(),
  ANCHOR_PLATFORM_VERSION: platformVersion.default('auto'),
  ANCHOR_PLATFORM_CUSTODY: flag,
  ANCHOR_PLATFORM_EVENT_AUTH: oneOf(['api_key', 'jwt']).optional(),
  ANCHOR_PLATFORM_EVENT_SECRET: sentSecret.optional(),
  BUSINESS_API_KEY: secret.optional(),
  BUSINESS_API_KEY_PREVIOUS: secret.optional(),
  LEDGER_SOURCE: oneOf(['horizon', 'rpc']).optional(),
  STELLAR_RPC_URL: rpcUrl.optional(),
  PAYMENT_OBSERVER_ACCOUNTS: accountIds,
  PAYMENT_OBSERVER_START: observerStart.optional(),
  PAYMENT_AMOUNT_POLICY: oneOf(['exact', 'at_least']).default('exact'),
  PAYMENT_RETENTION_DAYS: integerFrom(1, 36_500).optional(),
  PAYMENT_DUST: dustLimits,
  WEBHOOK_URLS: webhookUrls,
  WEBHOOK_SECRET: webhookSecrets,
  ALERT_WEBHOOK_URL: z.string().refine(isWebhookUrl, { error: WEBHOOK_URL }).optional(),
}

/** The variables that Vercel sets (Vercel: docs/environment-variables/system-environment-variables). */
const PLATFORM = {
  VERCEL_URL: z.string().optional(),
  VERCEL_BRANCH_URL: z.string().optional(),
  VERCEL_PROJECT_PRODUCTION_URL: z.string().optional(),
  VERCEL_GIT_COMMIT_SHA: z.string().optional(),
}

/** The names of all variables, by who sets them. */
export const ENVIRONMENT_NAMES = {
  settings: Object.keys(SETTINGS),
  platform: Object.keys(PLATFORM),
}

/** Variables whose value is never shown. Providers of Stellar RPC put their key into its URL, and Slack into a webhook's. */
const SECRET_NAMES = /KEY|SECRET|SEED|RPC_URL|WEBHOOK/

/** HMAC with SHA-256 needs a key of 32 bytes or more (RFC 7518 3.2). The platform refuses tokens of a shorter key. */
const MIN_JWT_SECRET_BYTES = 32

type Environment = Record<string, string>

/** The secrets, by what they open. One that opens two things opens both to whoever may use one of them. */
const SECRETS_BY_USE = [
  ['CRON_SECRET', 'CRON_SECRET_PREVIOUS'],
  ['BUSINESS_API_KEY', 'BUSINESS_API_KEY_PREVIOUS'],
  ['ANCHOR_PLATFORM_SECRET'],
  ['ANCHOR_PLATFORM_EVENT_SECRET'],
  ['SUPABASE_SERVICE_ROLE_KEY', 'SUPABASE_SECRET_KEY'],
  ['WEBHOOK_SECRET'],
]

/** The first secret that is equal to one of another use. */
function sharedSecret(env: Environment): string | null {
  const used = new Map<string, { name: string; use: readonly string[] }>()
  for (const use of SECRETS_BY_USE) {
    for (const name of use) {
      const value = env[name]
      const other = value === undefined ? undefined : used.get(value)
      if (other !== undefined && other.use !== use) {
        return `${name} is the same as ${other.name}; allowed: a secret of its own for each`
      }
      if (value !== undefined) used.set(value, { name, use })
    }
  }
  return null
}

/** The problem of a secret that signs tokens and is too short for that; null where it is long enough, or not set. */
function shortTokenSecret(env: Environment, name: string): string | null {
  const bytes = Buffer.byteLength(env[name] ?? '')
  return bytes > 0 && bytes < MIN_JWT_SECRET_BYTES
    ? `${name} is a value of ${bytes} bytes; allowed with jwt: at least ${MIN_JWT_SECRET_BYTES} bytes`
    : null
}

/** The rules about two variables. Each returns the problem, or null. */
const PAIR_RULES: readonly ((env: Environment) => string | null)[] = [
  sharedSecret,
  (env) =>
    env['SUPABASE_URL'] !== undefined && env['POSTGREST_URL'] !== undefined
      ? 'POSTGREST_URL is set, and SUPABASE_URL is too; allowed: one of them'
      : null,
  ...['SUPABASE_URL', 'POSTGREST_URL'].map(
    (name) => (env: Environment) =>
      env[name] !== undefined && supabaseKey(env) === undefined
        ? `SUPABASE_SERVICE_ROLE_KEY is not set, but ${name} is; allowed: both or neither`
        : null,
  ),
  (env) =>
    (env['SUPABASE_URL'] ?? env['POSTGREST_URL']) === undefined && supabaseKey(env) !== undefined
      ? 'SUPABASE_URL is not set, but its key is; allowed: both or neither'
      : null,
  (env) =>
    platformAuth(env) !== 'none' && env['ANCHOR_PLATFORM_SECRET'] === undefined
      ? `ANCHOR_PLATFORM_SECRET is not set, but ANCHOR_PLATFORM_AUTH is "${platformAuth(env)}"; allowed: both, or none`
      : null,
  (env) =>
    platformAuth(env) === 'none' && env['ANCHOR_PLATFORM_SECRET'] !== undefined
      ? 'ANCHOR_PLATFORM_AUTH is none, but ANCHOR_PLATFORM_SECRET is set; allowed: api_key or jwt with a secret'
      : null,
  (env) => (platformAuth(env) === 'jwt' ? shortTokenSecret(env, 'ANCHOR_PLATFORM_SECRET') : null),
  (env) => {
    const names = ['ANCHOR_PLATFORM_EVENT_AUTH', 'ANCHOR_PLATFORM_EVENT_SECRET'] as const
    const [missing] = names.filter((name) => env[name] === undefined)
    const other = names.find((name) => env[name] !== undefined)
    return missing !== undefined && other !== undefined
      ? `${missing} is not set, but ${other} is; allowed: both or neither`
      : null
  },
  (env) =>
    env['ANCHOR_PLATFORM_EVENT_AUTH']?.toLowerCase() === 'jwt'
      ? shortTokenSecret(env, 'ANCHOR_PLATFORM_EVENT_SECRET')
      : null,
  // Without the URL the runs for the platform have nothing to do, and whoever forgot it would not be told.
  ...['ANCHOR_PLATFORM_SECRET', 'ANCHOR_PLATFORM_EVENT_SECRET'].map(
    (name) => (env: Environment) =>
      env[name] !== undefined && env['ANCHOR_PLATFORM_URL'] === undefined
        ? `ANCHOR_PLATFORM_URL is not set, but ${name} is; allowed: both, or no secret`
        : null,
  ),
  (env) =>
    env['WEBHOOK_URLS'] !== undefined && env['WEBHOOK_SECRET'] === undefined
      ? 'WEBHOOK_SECRET is not set, but WEBHOOK_URLS is; allowed: both, or no URL'
      : null,
  (env) =>
    env['LEDGER_SOURCE']?.toLowerCase() === 'rpc' && env['STELLAR_RPC_URL'] === undefined
      ? 'STELLAR_RPC_URL is not set, but LEDGER_SOURCE is "rpc"; allowed: both, or horizon'
      : null,
  (env) =>
    env['PAYMENT_OBSERVER_ACCOUNTS'] !== undefined && env['PAYMENT_OBSERVER_START'] === undefined
      ? `PAYMENT_OBSERVER_START is not set, but PAYMENT_OBSERVER_ACCOUNTS is; allowed: ${OBSERVER_STARTS}`
      : null,
  (env) =>
    env['PAYMENT_OBSERVER_START'] !== undefined && env['PAYMENT_OBSERVER_ACCOUNTS'] === undefined
      ? 'PAYMENT_OBSERVER_ACCOUNTS is not set, but PAYMENT_OBSERVER_START is; allowed: both or neither'
      : null,
]

function supabaseKey(env: Environment): string | undefined {
  return env['SUPABASE_SERVICE_ROLE_KEY'] ?? env['SUPABASE_SECRET_KEY']
}

function platformAuth(env: Environment): string {
  return (env['ANCHOR_PLATFORM_AUTH'] ?? 'none').toLowerCase()
}

const ENVIRONMENT = z.object({ ...SETTINGS, ...PLATFORM })

/** The value of every variable. */
export type Settings = z.output<typeof ENVIRONMENT>

/** Reads all variables; a blank one counts as unset. @returns the settings, or what is wrong with each bad variable */
export function readSettings(
  env: Record<string, string | undefined>,
): { settings: Settings } | { problems: string[] } {
  const given = present(env)
  const parsed = ENVIRONMENT.safeParse(given)
  const problems = PAIR_RULES.map((rule) => rule(given)).filter((problem) => problem !== null)
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0])
    const value = SECRET_NAMES.test(name) ? 'a value that is not shown' : `"${given[name]}"`
    problems.push(`${name} is ${value}; allowed: ${issue.message}`)
  }
  if (!parsed.success || problems.length > 0) return { problems }
  return { settings: parsed.data }
}

/** The variables that are not blank, without surrounding spaces. */
function present(env: Record<string, string | undefined>): Environment {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => {
      const text = value?.trim() ?? ''
      return text === '' ? [] : [[name, text]]
    }),
  )
}
