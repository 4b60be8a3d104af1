import {
  matchingName,
  type NamedSecret,
  presentedIn,
  type Refusal,
  refusalOfWrong,
} from './credential.ts'

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
  /** `keyName` is the setting of the secret, or `development`. */
  | { access: 'full'; keyName: string; warn?: 'query_secret' }
  | { access: 'limited' }
  | { access: 'none'; refusals: Refusal[] }

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
  if (facts.querySecrets.length > 1) return refuse({ credential: 'secret', why: 'repeated' })
  const inHeaders = [
    ...presentedIn('authorization', facts.authorization),
    ...presentedIn('x-cron-secret', facts.cronSecretHeader),
  ]
  const presented = [...inHeaders, ...presentedIn('secret', facts.querySecrets[0] ?? null)]
  if (presented.length > 0) {
    const secrets: NamedSecret[] = [
      ['CRON_SECRET', rules.cronSecret],
      ['CRON_SECRET_PREVIOUS', rules.previousCronSecret],
    ]
    const names = presented.map(({ text }) => matchingName(text, secrets))
    const wrong = presented.filter((_, index) => names[index] === null)
    const [keyName] = names
    if (wrong.length > 0 || keyName == null) return refuse(...wrong.map(refusalOfWrong))
    const full = { access: 'full', keyName } as const
    return inHeaders.length > 0 ? full : { ...full, warn: 'query_secret' }
  }
  if (rules.development) {
    return isLocalCaller(facts)
      ? { access: 'full', keyName: 'development' }
      : refuse({ credential: null, why: 'not_local' })
  }
  if ((facts.vercelCron ?? '').trim() !== '') return { access: 'limited' }
  return refuse({ credential: null, why: 'missing' })
}

function refuse(...refusals: Refusal[]): AccessDecision {
  return { access: 'none', refusals }
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
