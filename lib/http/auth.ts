import { hash, timingSafeEqual } from 'node:crypto'

/** The settings that decide access to the ops routes; see AccessConfig in lib/config.ts. */
export interface AccessRules {
  cronSecret: string | null
  previousCronSecret: string | null
  /** The development rule: a caller on this machine needs no secret. Only the local service sets it. */
  development: boolean
}

/** The parts of a request that decide access. Null: the header is missing. */
export interface AccessFacts {
  authorization: string | null
  /** Header x-cron-secret, which counts as much as a Bearer token. */
  cronSecretHeader: string | null
  /** Every value of the query parameter `secret`. */
  querySecrets: readonly string[]
  /** Header x-vercel-cron. It proves nothing, because anybody can send it. */
  vercelCron: string | null
  /** The host names of the URL and of the Host header. */
  hosts: readonly string[]
  /** Header sec-fetch-site. Only browsers set it, and a page cannot change it. */
  fetchSite: string | null
  /** Header origin. A browser sends it with a POST, and for a call from a page of another origin. */
  origin: string | null
  /** The origin of the URL. */
  ownOrigin: string
  /** Whether a proxy says that it forwards the call of another. */
  forwarded: boolean
}

export type AccessDecision =
  | { access: 'full'; warn?: 'query_secret' }
  | { access: 'limited' }
  | { access: 'none' }

const NONE: AccessDecision = { access: 'none' }

/** Longest credential that is hashed, in bytes of UTF-8. */
const MAX_SECRET_BYTES = 512

const digest = (text: string) => hash('sha256', text, 'buffer')

/** Compares with every secret each time, so that the time taken does not show which secret matched. */
function isOneOf(presented: string, secrets: readonly (string | null)[]): boolean {
  if (Buffer.byteLength(presented) > MAX_SECRET_BYTES) return false
  const given = digest(presented)
  const matches = secrets.map((secret) => {
    const same = timingSafeEqual(given, digest(secret ?? ''))
    return !isBlank(secret) && same
  })
  return matches.includes(true)
}

const isBlank = (secret: string | null) => (secret ?? '').trim() === ''

/** The token of `Bearer <token>`. Empty for another scheme, which makes the credential wrong. */
function bearerToken(authorization: string): string {
  return /^Bearer +([^ ].*)$/i.exec(authorization)?.[1] ?? ''
}

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Whether the caller is on this machine. A page of another site cannot set Host to localhost, and cannot drop
 * sec-fetch-site or origin. A proxy on this machine may bring calls from anywhere.
 */
function isLocalCaller({ hosts, fetchSite, origin, ownOrigin, forwarded }: AccessFacts): boolean {
  return (
    !forwarded &&
    (origin === null || origin === ownOrigin) &&
    hosts.length > 0 &&
    hosts.every((host) => LOOPBACK_HOSTS.has(host)) &&
    (fetchSite === null || fetchSite === 'same-origin' || fetchSite === 'none')
  )
}

/**
 * Decides what a caller of the ops routes may do. Full: everything. Limited: the scheduled work without parameters. A
 * wrong credential is refused whatever else the request holds. A repeated header arrives joined by commas and is wrong.
 */
export function decideAccess(facts: AccessFacts, rules: AccessRules): AccessDecision {
  if (facts.querySecrets.length > 1) return NONE
  const [querySecret] = facts.querySecrets
  const inHeaders = [
    ...(facts.authorization === null ? [] : [bearerToken(facts.authorization)]),
    ...(facts.cronSecretHeader === null ? [] : [facts.cronSecretHeader]),
  ]
  const presented = [...inHeaders, ...(querySecret === undefined ? [] : [querySecret])]
  if (presented.length > 0) {
    const secrets = [rules.cronSecret, rules.previousCronSecret]
    const right = presented.map((secret) => isOneOf(secret, secrets))
    if (right.includes(false)) return NONE
    return inHeaders.length > 0 ? { access: 'full' } : { access: 'full', warn: 'query_secret' }
  }
  if (rules.development) return isLocalCaller(facts) ? { access: 'full' } : NONE
  return (facts.vercelCron ?? '').trim() === '' ? NONE : { access: 'limited' }
}

/** The keys of the business; see Config in lib/config.ts. */
export interface BusinessRules {
  apiKey: string | null
  previousApiKey: string | null
}

/**
 * Decides whether a caller is the business, which may update transactions. Only `X-Api-Key` and `Authorization: Bearer`
 * count, and if both are sent, both must be right. There is no development rule.
 * @returns `unset` if no key is configured
 */
export function decideBusinessAccess(
  headers: Headers,
  { apiKey, previousApiKey }: BusinessRules,
): 'business' | 'none' | 'unset' {
  const keys = [apiKey, previousApiKey]
  if (keys.every(isBlank)) return 'unset'
  const authorization = headers.get('authorization')
  const header = headers.get('x-api-key')
  const presented = [
    ...(authorization === null ? [] : [bearerToken(authorization)]),
    ...(header === null ? [] : [header]),
  ]
  const right = presented.map((key) => isOneOf(key, keys))
  return right.length > 0 && !right.includes(false) ? 'business' : 'none'
}

function hostname(host: string): string {
  return URL.parse(`http://${host}`)?.hostname ?? host
}

/** The headers by which a proxy names the caller whose call it forwards. */
const FORWARDING = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via']

/** Reads the facts of a request; `url` is its parsed URL. */
export function accessFacts(request: Request, url: URL): AccessFacts {
  const host = request.headers.get('host')
  return {
    authorization: request.headers.get('authorization'),
    cronSecretHeader: request.headers.get('x-cron-secret'),
    querySecrets: url.searchParams.getAll('secret'),
    vercelCron: request.headers.get('x-vercel-cron'),
    hosts: [url.hostname, ...(host === null ? [] : [hostname(host)])],
    fetchSite: request.headers.get('sec-fetch-site'),
    origin: request.headers.get('origin'),
    ownOrigin: url.origin,
    forwarded: FORWARDING.some((name) => request.headers.has(name)),
  }
}

/** Whether a call says that it comes from Vercel's scheduler. It labels the log and the run; it proves nothing. */
export function isScheduled(request: Request): boolean {
  return (
    (request.headers.get('user-agent') ?? '').startsWith('vercel-cron/') ||
    (request.headers.get('x-vercel-cron') ?? '') !== ''
  )
}
