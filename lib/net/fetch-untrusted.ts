import type { Agent, Dispatcher } from 'undici'
import { redactText } from '../log.ts'
import { HomeDomainError, parseHttpsUrl } from '../stellar/home-domain.ts'
import { textOf } from '../text-of.ts'
import { codeOf, FAILURES, Failure, type FailureCode } from './failure.ts'
import type { FetchPolicy } from './fetch-policy.ts'
import type { TextRepairs } from './lenient-text.ts'

/** Default deadline of one call over all hops: half of the 12 s that the two requests of a check may take. */
export const REQUEST_TIMEOUT_MS = 6_000
const MAX_REDIRECTS = 3
const MAX_URL_LENGTH = 2048
const MAX_HEADER_BYTES = 16 * 1024
// Long enough for /info to reuse the connection of the stellar.toml, and short enough not to gather thousands of idle
// connections.
const KEEP_ALIVE_MS = 100
// A check asks one host up to eight times side by side. With two connections, two answers that hang would hold up the others
// until their deadline.
const CONNECTIONS_PER_HOST = 4
// An agent walks through all its origins when a connection ends. At 1,000 domains a single agent leaves 50 MB of garbage.
const AGENTS = 16
const USER_AGENT = 'anchor-ops/1 (reads stellar.toml and /info of anchors)'

const REDIRECT_STATUS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const FORBIDDEN_HEADER = /^(?:authorization|proxy-authorization|cookie|host)$/i

export interface FetchRequest {
  accept?: string
  /** Longest body, on the wire and after decompression. */
  maxBytes: number
  /** Longer texts of a JSON document are cut while it arrives, so that they take no memory. */
  cutTextsAt?: number
  /** Reads text that is not UTF-8, or has a Content-Encoding that names no coding. `repairs` of the answer says so. */
  lenientText?: true
  /** The deadline over all hops. */
  timeoutMs?: number
  maxRedirects?: number
  signal?: AbortSignal
  /** Credentials are refused, because a stranger would get them. */
  headers?: Record<string, string>
  /** A JSON text, sent by POST. Then no redirect is followed, whatever `maxRedirects` is. */
  json?: string
  /** Asks which methods a path knows, instead of GET. */
  method?: 'OPTIONS'
  /** The origin of a web page, so that the answer shows its CORS headers. */
  origin?: string
  /** A token that the host itself gave. No redirect is followed then, and no error and no answer shows it. */
  bearer?: string
  /** Leaves the body of the answer unread: the status says enough. */
  ignoreBody?: true
  /** Reads this many bytes of an answer whose status is not 200. Without it such a body is not read. */
  refusalBytes?: number
}

/** The response headers that a check reads. Each is at most 200 characters. */
export interface ShownHeaders {
  accessControlAllowOrigin: string | null
  wwwAuthenticate: string | null
  allow: string | null
  cfMitigated: string | null
}

export interface FetchAnswer {
  status: number
  /** The URL that answered, without secrets. */
  url: string
  contentType: string
  retryAfter: string | null
  headers: ShownHeaders
  /** With another status than 200 only the beginning, of `refusalBytes` bytes at most. */
  text: string
  bytes: number
  /** What was wrong with a text that `lenientText` allowed to read. */
  repairs?: TextRepairs
  durationMs: number
}

export type FetchUntrusted = (url: string, request: FetchRequest) => Promise<FetchAnswer>
export type FetchErrorCode = FailureCode

/** Why there is no answer. The message and `url` hold no password and no secret query value. */
export class FetchError extends Error {
  readonly code: FetchErrorCode
  readonly url: string

  constructor(code: FetchErrorCode, url: string, value: string, cause?: unknown) {
    const [what, allowed] = FAILURES[code]
    const shownUrl = withoutSecrets(url)
    super(`${what}: ${withoutSecrets(value)} at ${shownUrl}; ${allowed}`, { cause })
    this.name = 'FetchError'
    this.code = code
    this.url = shownUrl
  }
}

/**
 * Makes a GET, an OPTIONS, or a POST of a JSON text, for URLs that strangers chose. It dials https only and checks every
 * address at the socket and every redirect. One deadline covers all hops; bodies are bounded strict UTF-8. `fetch` throws
 * FetchError, and TypeError for a header that could carry a credential. `close` ends the connections.
 */
export function createFetchUntrusted(policy: FetchPolicy = {}): {
  fetch: FetchUntrusted
  close(): Promise<void>
} {
  let client: Promise<Client> | undefined
  return {
    fetch: async (text, request) => {
      client ??= createClient(policy)
      return fetchBefore(text, request, policy, await client)
    },
    close: async () => {
      await (await client)?.close()
    },
  }
}

interface Client {
  close: () => Promise<unknown>
  bodies: typeof import('./bounded-body.ts')
  request: (url: URL, options: RequestOptions) => Promise<Dispatcher.ResponseData>
}

interface RequestOptions {
  method: 'GET' | 'POST' | 'OPTIONS'
  headers: Record<string, string>
  body: string | null
  signal: AbortSignal
}

// undici takes about 60 ms to load, and the decoders of bodies 5 ms. Both are loaded on the first fetch, so that routes start
// faster.
async function createClient(policy: FetchPolicy): Promise<Client> {
  const [undici, { createGuardedConnector }, { discard, readBeginning, readBoundedText }] =
    await Promise.all([
      import('undici'),
      import('./guarded-connector.ts'),
      import('./bounded-body.ts'),
    ])
  const { Agent, buildConnector, request } = undici
  const connect = await createGuardedConnector(buildConnector, policy)
  const createAgent = () =>
    new Agent({
      connect,
      allowH2: false,
      connections: policy.connectionsPerHost ?? CONNECTIONS_PER_HOST,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      // The deadline over all hops replaces both.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
  const agents = new Map<number, Agent>()
  const agentOf = (place: number): Agent => {
    const agent = agents.get(place) ?? createAgent()
    agents.set(place, agent)
    return agent
  }
  return {
    close: () => Promise.all([...agents.values()].map((agent) => agent.destroy())),
    bodies: { discard, readBeginning, readBoundedText },
    request: (url, options) =>
      request(url, { ...options, dispatcher: agentOf(placeOf(url.hostname, AGENTS)) }),
  }
}

/** A number below `places`, always the same for a text. Texts spread evenly over the numbers. */
function placeOf(text: string, places: number): number {
  let sum = 0
  for (let index = 0; index < text.length; index += 1) {
    sum = (sum * 31 + text.charCodeAt(index)) % 1_000_003
  }
  return sum % places
}

async function fetchBefore(
  text: string,
  request: FetchRequest,
  policy: FetchPolicy,
  client: Client,
): Promise<FetchAnswer> {
  const headers = requestHeaders(request)
  const timeoutMs = request.timeoutMs ?? policy.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
  const controller = new AbortController()
  const onTimeout = () => controller.abort(new Failure('timeout', `${timeoutMs} ms`))
  const onAbort = () => controller.abort(new Failure('aborted', 'by the caller'))
  const timer = setTimeout(onTimeout, timeoutMs)
  request.signal?.addEventListener('abort', onAbort, { once: true })
  if (request.signal?.aborted) onAbort()
  const trail = { url: text }
  try {
    return await fetchFollowing(trail, request, policy, client, {
      method: request.json === undefined ? (request.method ?? 'GET') : 'POST',
      headers,
      body: request.json ?? null,
      signal: controller.signal,
    })
  } catch (error) {
    const reason: unknown = controller.signal.aborted ? controller.signal.reason : error
    const failure = toFailure(reason)
    throw new FetchError(failure.code, trail.url, failure.message, failure.cause)
  } finally {
    clearTimeout(timer)
    request.signal?.removeEventListener('abort', onAbort)
  }
}

async function fetchFollowing(
  trail: { url: string },
  request: FetchRequest,
  policy: FetchPolicy,
  client: Client,
  options: RequestOptions,
): Promise<FetchAnswer> {
  const startedMs = performance.now()
  const mayFollow = request.json === undefined && request.bearer === undefined
  const maxRedirects = mayFollow ? (request.maxRedirects ?? MAX_REDIRECTS) : 0
  const { discard, readBeginning, readBoundedText } = client.bodies
  let url = parseTarget(trail.url, policy)
  for (let redirects = 0; ; redirects++) {
    trail.url = url.href
    options.signal.throwIfAborted()
    const { statusCode: status, headers, body } = await client.request(url, options)
    if (REDIRECT_STATUS.has(status)) {
      discard(body)
      if (redirects >= maxRedirects)
        throw new Failure('redirect_limit', `${maxRedirects} redirects`)
      url = redirectTarget(headers.location, url, policy)
      continue
    }
    const { maxBytes, cutTextsAt, lenientText } = request
    const isRead = status === 200 && request.ignoreBody === undefined
    const read = isRead
      ? await readBoundedText(body, headers, maxBytes, options.signal, cutTextsAt, lenientText)
      : await readBeginning(body, headers, request.refusalBytes ?? 0, options.signal)
    return {
      status,
      url: withoutSecrets(url.href),
      contentType: String(headers['content-type'] ?? ''),
      retryAfter: headers['retry-after'] === undefined ? null : String(headers['retry-after']),
      headers: {
        accessControlAllowOrigin: shownHeader(headers['access-control-allow-origin']),
        wwwAuthenticate: shownHeader(headers['www-authenticate']),
        allow: shownHeader(headers['allow']),
        cfMitigated: shownHeader(headers['cf-mitigated']),
      },
      ...read,
      durationMs: Math.round(performance.now() - startedMs),
    }
  }
}

function shownHeader(value: string | string[] | undefined): string | null {
  return value === undefined ? null : String(value).slice(0, 200)
}

function requestHeaders(request: FetchRequest): Record<string, string> {
  const forbidden = Object.keys(request.headers ?? {}).find((name) => FORBIDDEN_HEADER.test(name))
  if (forbidden !== undefined) {
    throw new TypeError(`Request refused: header ${forbidden}; no credentials go to strangers`)
  }
  return {
    accept: request.accept ?? '*/*',
    'accept-encoding': 'gzip, br',
    'user-agent': USER_AGENT,
    ...request.headers,
    ...(request.origin === undefined ? {} : { origin: request.origin }),
    ...(request.bearer === undefined ? {} : { authorization: `Bearer ${request.bearer}` }),
    ...(request.json === undefined ? {} : { 'content-type': 'application/json' }),
  }
}

function parseTarget(text: string, policy: FetchPolicy): URL {
  const url = parseHttpsUrl(text)
  const isOwn = (own: string) => url.hostname === own || url.hostname.endsWith(`.${own}`)
  if (policy.denyHosts?.some(isOwn)) throw new Failure('host_blocked', `own host ${url.hostname}`)
  return url
}

function redirectTarget(
  location: string | string[] | undefined,
  from: URL,
  policy: FetchPolicy,
): URL {
  if (typeof location !== 'string') {
    throw new Failure('redirect_blocked', location === undefined ? 'no Location' : 'two Locations')
  }
  try {
    // An absolute Location is read as written, because WHATWG URL would normalise a disguised address first.
    if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return parseTarget(location, policy)
    if (location.startsWith('//')) return parseTarget(`https:${location}`, policy)
    if (location.length > MAX_URL_LENGTH || !/^[\u0021-\u005b\u005d-\u007e]+$/.test(location)) {
      throw new HomeDomainError('forbidden_character', location)
    }
    return parseTarget(new URL(location, from).href, policy)
  } catch (error) {
    throw new Failure('redirect_blocked', JSON.stringify(location.slice(0, 200)), error)
  }
}

const URL_CODES: ReadonlySet<string> = new Set(['length', 'url_form', 'userinfo', 'port'])

function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof HomeDomainError) {
    const code = URL_CODES.has(error.code) ? 'url_blocked' : 'host_blocked'
    const value =
      code === 'url_blocked' ? error.code : `${JSON.stringify(error.value)} (${error.code})`
    return new Failure(code, value, error)
  }
  const code = codeOf(error)
  const value = code || textOf(error)
  if (/^(?:UND_ERR_HEADERS_OVERFLOW|HPE_HEADER_OVERFLOW)$/.test(code)) {
    return new Failure('too_large', `more than ${MAX_HEADER_BYTES} bytes of headers`, error)
  }
  if (/^(?:Z_|ERR_BROTLI|ERR__ERROR|ERR_PADDING)/.test(code)) {
    return new Failure('encoding_unsupported', code, error)
  }
  if (/^UND_ERR_(?:DESTROYED|CLOSED)$/.test(code)) return new Failure('aborted', 'closed', error)
  return new Failure('connection_lost', value, error)
}

/** A stranger's URL without secrets and control characters, to show, store and log. */
function withoutSecrets(text: string): string {
  return redactText(text.slice(0, MAX_URL_LENGTH).replace(/[\u0000-\u001f\u007f]/g, '\ufffd'))
}
