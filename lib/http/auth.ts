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

/** Compares with both secrets every time, so that the answer's time does not tell which one was close. */
function isSecret(presented: string, rules: AccessRules): boolean {
  if (Buffer.byteLength(presented) > MAX_SECRET_BYTES) return false
  const given = digest(presented)
  const matches = [rules.cronSecret, rules.previousCronSecret].map((secret) => {
    const same = timingSafeEqual(given, digest(secret ?? ''))
    return secret !== null && secret.trim() !== '' && same
  })
  return matches.includes(true)
}

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
    const right = presented.map((secret) => isSecret(secret, rules))
    if (right.includes(false)) return NONE
    return inHeaders.length > 0 ? { access: 'full' } : { access: 'full', warn: 'query_secret' }
  }
  if (!rules.production) return isLocalCaller(facts) ? { access: 'full' } : NONE
  return (facts.vercelCron ?? '').trim() === '' ? NONE : { access: 'limited' }
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
