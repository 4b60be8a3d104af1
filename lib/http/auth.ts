import { hash, timingSafeEqual } from 'node:crypto'

/** What the decision needs of the configuration; see AccessConfig in lib/config.ts. */
export interface AccessRules {
  cronSecret: string | null
  previousCronSecret: string | null
  production: boolean
}

/** What a request says about its caller. Null: the header is not there. */
export interface AccessFacts {
  authorization: string | null
  /** Header x-cron-secret: the same standing as a Bearer token. */
  cronSecretHeader: string | null
  /** Every value of the query parameter `secret`. */
  querySecrets: readonly string[]
  /** Header x-vercel-cron: no proof of anything, anybody can send it. */
  vercelCron: string | null
  /** Every host name the request carries: of its URL and of its Host header. */
  hosts: readonly string[]
  /** Header sec-fetch-site, which only a browser sets and no page can forge. */
  fetchSite: string | null
}

export type AccessDecision =
  | { access: 'full'; warn?: 'query_secret' }
  | { access: 'limited' }
  | { access: 'none' }

const NONE: AccessDecision = { access: 'none' }

/** Longest presented credential that is hashed (bytes of UTF-8). */
const MAX_SECRET_BYTES = 512

const digest = (text: string) => hash('sha256', text, 'buffer')

/** Compares with all secrets every time, so that the answer's time does not tell which one was close. */
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

/** The token of `Bearer <token>`; an Authorization header of another scheme is a credential that is wrong. */
function bearerToken(authorization: string): string {
  return /^Bearer +(.+)$/i.exec(authorization)?.[1] ?? ''
}

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Said by the Host: a page of another site cannot name itself localhost, nor hide its sec-fetch-site. */
function isLocalCaller({ hosts, fetchSite }: AccessFacts): boolean {
  return (
    hosts.length > 0 &&
    hosts.every((host) => LOOPBACK_HOSTS.has(host)) &&
    (fetchSite === null || fetchSite === 'same-origin' || fetchSite === 'none')
  )
}

/**
 * Decides what a caller of the ops routes may do. Full: everything. Limited: the scheduled sync, with no parameter of
 * the caller. A credential that was presented and is wrong is never rescued by another rule, and a header repeated in
 * transit arrives joined by commas, which makes it wrong.
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
  if (!rules.production) return isLocalCaller(facts) ? { access: 'full' } : NONE
  return (facts.vercelCron ?? '').trim() === '' ? NONE : { access: 'limited' }
}

/** The keys of the business; see Config in lib/config.ts. */
export interface BusinessRules {
  apiKey: string | null
  previousApiKey: string | null
}

/**
 * Decides whether a caller is the business, which may update transactions. Its key stands in `X-Api-Key` or in
 * `Authorization: Bearer`, and only there; what else a request carries, and where it runs, changes nothing. Presented
 * twice, both must be right. `unset`: there is no key to compare with.
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

/** Reads the facts out of a request; `url` is its parsed URL. */
export function accessFacts(request: Request, url: URL): AccessFacts {
  const host = request.headers.get('host')
  return {
    authorization: request.headers.get('authorization'),
    cronSecretHeader: request.headers.get('x-cron-secret'),
    querySecrets: url.searchParams.getAll('secret'),
    vercelCron: request.headers.get('x-vercel-cron'),
    hosts: [url.hostname, ...(host === null ? [] : [hostname(host)])],
    fetchSite: request.headers.get('sec-fetch-site'),
  }
}

/** True for a call that says it comes from Vercel's scheduler. A label for the log and the run, not an identity. */
export function isScheduled(request: Request): boolean {
  return (
    (request.headers.get('user-agent') ?? '').startsWith('vercel-cron/') ||
    (request.headers.get('x-vercel-cron') ?? '') !== ''
  )
}
