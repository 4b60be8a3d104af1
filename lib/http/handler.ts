import { createHash, randomUUID } from 'node:crypto'
import type * as z from 'zod'
import { AppError } from '../errors.ts'
import { createLog, type Log } from '../log.ts'
import { errorAnswer } from './answer.ts'
import {
  type AccessRules,
  accessFacts,
  type BusinessRules,
  decideAccess,
  decideBusinessAccess,
  isScheduled,
} from './auth.ts'
import { mergeParameters, parseParameters } from './parameters.ts'
import { type LosslessBody, readBody, readLosslessBody } from './read-body.ts'

export interface HttpDeps {
  config: { access: AccessRules; business: BusinessRules }
  log: Log
  now: () => Date
}

export interface Answer {
  status: number
  body: unknown
  headers?: Record<string, string>
}

export interface RouteContext<D> {
  deps: D
  access: 'full' | 'limited' | 'public' | 'business'
  /** The body of a route that reads it lossless, else null. */
  body: LosslessBody | null
  /** The call says it comes from the scheduler. */
  scheduled: boolean
  requestId: string
  request: Request
}

export interface Route<D, S extends z.ZodType> {
  /**
   * `ops`: by the access decision. `public`: anybody. `public-or-ops`: anybody, and full access is recognised.
   * `business`: the holder of a business key.
   */
  access: 'ops' | 'public' | 'public-or-ops' | 'business'
  input: S
  /**
   * `object` (by default): the body's keys are parameters, and win over the query string. `lossless`: the body is an
   * object or an array that the route finds in its context with every digit; only the query string has parameters.
   */
  body?: 'object' | 'lossless'
  /** Longest body that is read, in bytes; by default 64 KB, or 256 KB of the business. */
  maxBodyBytes?: number
  /** True (for `ops` by default): the answer is never stored, and HEAD is refused because it would run the route. */
  effects?: boolean
  run(input: z.output<S>, context: RouteContext<D>): Promise<Answer>
}

export type Handler = (request: Request) => Promise<Response>

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
type Method = (typeof METHODS)[number]

const DEFAULT_MAX_BODY_BYTES = 64 * 1024
const BUSINESS_MAX_BODY_BYTES = 256 * 1024

const UNAUTHORIZED =
  'Unauthorized cron request. Provide ?secret=... matching CRON_SECRET or configure Vercel cron header.'
const BUSINESS_UNAUTHORIZED =
  'Unauthorized. Provide BUSINESS_API_KEY as X-Api-Key or as Authorization: Bearer.'
const QUERY_SECRET_WARNING =
  '299 - "The query parameter secret is deprecated: send the header Authorization: Bearer instead"'

const hasEffects = <D, S extends z.ZodType>(route: Route<D, S>) =>
  route.effects ?? route.access === 'ops'

function requestIdOf(request: Request): string {
  const given = request.headers.get('x-request-id') ?? ''
  return /^[A-Za-z0-9-]{8,64}$/.test(given) ? given : randomUUID()
}

function matchesTag(ifNoneMatch: string | null, tag: string): boolean {
  if (ifNoneMatch === null) return false
  return ifNoneMatch
    .split(',')
    .map((part) => part.trim().replace(/^W\//, ''))
    .some((part) => part === tag || part === '*')
}

/** What the body of a request gives its route. */
interface Given {
  parameters: Record<string, unknown>
  body: LosslessBody | null
}

const NOTHING_GIVEN: Given = { parameters: {}, body: null }

async function readGiven<D, S extends z.ZodType>(
  route: Route<D, S>,
  request: Request,
): Promise<Given> {
  const byDefault = route.access === 'business' ? BUSINESS_MAX_BODY_BYTES : DEFAULT_MAX_BODY_BYTES
  const maxBytes = route.maxBodyBytes ?? byDefault
  return route.body === 'lossless'
    ? { parameters: {}, body: await readLosslessBody(request, maxBytes) }
    : { parameters: await readBody(request, maxBytes), body: null }
}

/** What is sent, apart from the headers that every answer carries. */
interface Sent {
  status: number
  text: string | null
  headers: Record<string, string>
}

function sendError(error: unknown, requestId: string, headers: Record<string, string> = {}): Sent {
  const { status, body, headers: own } = errorAnswer(error, requestId)
  return {
    status,
    text: JSON.stringify(body),
    headers: { 'cache-control': 'no-store', ...own, ...headers },
  }
}

/**
 * An error of the table that a route answers in its own shape still carries what a report of it must quote. A refused
 * update has the platform's numeric code, and is repeated byte for byte.
 */
function withRequestId(answer: Answer, requestId: string): Answer {
  const { body } = answer
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined
  return answer.status >= 400 && typeof code === 'string'
    ? { ...answer, body: { ...(body as object), requestId, docs: `docs/errors.md#${code}` } }
    : answer
}

function sendAnswer(answer: Answer, storable: boolean, ifNoneMatch: string | null): Sent {
  const text = JSON.stringify(answer.body)
  if (!storable || answer.status !== 200) {
    return {
      status: answer.status,
      text,
      headers: { 'cache-control': 'no-store', ...answer.headers },
    }
  }
  const etag = `"${createHash('sha256').update(text).digest('hex')}"`
  const headers = { 'cache-control': 'public, max-age=60', etag, ...answer.headers }
  return matchesTag(ifNoneMatch, etag)
    ? { status: 304, text: null, headers }
    : { status: 200, text, headers }
}

/**
 * The dependencies and a log that is there even without them. Configuration that cannot be read is the operator's to
 * see, in the log; a caller only learns that it is so.
 */
function openDeps<D extends HttpDeps>(
  deps: () => D,
  requestId: string,
): { log: Log; deps: () => D } {
  try {
    const opened = deps()
    return { log: opened.log, deps: () => opened }
  } catch (error) {
    const log = createLog()
    log('error', 'configuration_invalid', { requestId, error })
    const shown = new AppError(
      'configuration_invalid',
      'The configuration of this deployment cannot be read. Its log names every bad variable.',
    )
    return {
      log,
      deps: () => {
        throw error instanceof AppError ? shown : error
      },
    }
  }
}

/** What becomes known of a call while it is served, for its answer's headers and its line in the log. */
interface CallRecord {
  requestId: string
  log: Log
  access?: RouteContext<unknown>['access'] | 'none'
  querySecret?: boolean
}

/**
 * Makes the handlers of one URL: method, access, body, parameters, then the route's own work, and one line in the log.
 * Access is decided before anything else of the request is read. Limited access runs the GET route, which is how a
 * scheduler calls, with no parameter of the caller; a URL without one refuses it.
 */
export function defineRoute<D extends HttpDeps, G extends z.ZodType, P extends z.ZodType>(
  deps: () => D,
  routes: { GET?: Route<D, G>; POST?: Route<D, P> },
): Record<Method, Handler> {
  const { GET, POST }: { GET?: Route<D, z.ZodType>; POST?: Route<D, z.ZodType> } = routes
  const isPublic = [GET, POST].some((route) => route?.access.startsWith('public'))
  const allow = [
    ...(GET ? ['GET'] : []),
    ...(GET && !hasEffects(GET) ? ['HEAD'] : []),
    ...(POST ? ['POST'] : []),
    'OPTIONS',
  ]

  function preflight(): Sent {
    const cors = {
      'access-control-allow-methods': allow.join(', '),
      'access-control-allow-headers': '*',
    }
    return {
      status: 204,
      text: null,
      headers: { allow: allow.join(', '), ...(isPublic ? cors : {}) },
    }
  }

  function refuseMethod({ method, url }: Request, { requestId }: CallRecord): Sent {
    const { pathname } = new URL(url)
    const message = `Method ${method} is not served by ${pathname}; allowed: ${allow.join(', ')}`
    const error = new AppError('method_not_allowed', message)
    return sendError(error, requestId, { allow: allow.join(', ') })
  }

  /** The route that serves this caller, and as whom; null refuses. */
  function admit(
    asked: Route<D, z.ZodType>,
    request: Request,
    record: CallRecord,
    rules: HttpDeps['config'],
  ) {
    if (asked.access === 'business') return admitBusiness(asked, request, rules.business)
    const decision = decideAccess(accessFacts(request, new URL(request.url)), rules.access)
    const { access } = decision
    if (asked.access === 'public') return { route: asked, access: 'public' } as const
    record.querySecret = decision.access === 'full' && decision.warn === 'query_secret'
    if (access === 'full') return { route: asked, access } as const
    if (asked.access === 'public-or-ops') return { route: asked, access: 'public' } as const
    return access === 'limited' && GET?.access === 'ops' ? ({ route: GET, access } as const) : null
  }

  function admitBusiness(asked: Route<D, z.ZodType>, { headers }: Request, rules: BusinessRules) {
    const access = decideBusinessAccess(headers, rules)
    if (access === 'unset') {
      throw new AppError(
        'configuration_invalid',
        'Transaction updates are not configured. Set BUSINESS_API_KEY.',
      )
    }
    return access === 'business' ? ({ route: asked, access } as const) : null
  }

  async function serve(request: Request, open: () => D, record: CallRecord): Promise<Sent> {
    const { method } = request
    const { requestId } = record
    if (method === 'OPTIONS') return preflight()
    const asked = method === 'POST' ? POST : GET
    if (asked === undefined || !allow.includes(method)) return refuseMethod(request, record)

    const opened = open()
    const admitted = admit(asked, request, record, opened.config)
    record.access = admitted?.access ?? 'none'
    if (admitted === null) {
      const message = asked.access === 'business' ? BUSINESS_UNAUTHORIZED : UNAUTHORIZED
      const error = new AppError('unauthorized', message)
      return sendError(error, requestId, { 'www-authenticate': 'Bearer' })
    }

    const { route, access } = admitted
    const limited = access === 'limited'
    const given = method === 'POST' && !limited ? await readGiven(route, request) : NOTHING_GIVEN
    const query = limited ? new URLSearchParams() : new URL(request.url).searchParams
    const input = parseParameters(route.input, mergeParameters(given.parameters, query))
    const answer = await route.run(input, {
      deps: opened,
      access,
      body: given.body,
      scheduled: isScheduled(request),
      requestId,
      request,
    })
    const storable = route.access === 'public' && !hasEffects(route)
    return sendAnswer(
      withRequestId(answer, requestId),
      storable,
      request.headers.get('if-none-match'),
    )
  }

  const handle: Handler = async (request) => {
    const startedAt = performance.now()
    const requestId = requestIdOf(request)
    const open = openDeps(deps, requestId)
    const record: CallRecord = { requestId, log: open.log }
    let sent: Sent
    try {
      sent = await serve(request, open.deps, record)
    } catch (error) {
      sent = sendError(error, requestId)
      if (sent.status >= 500) record.log('error', 'request_failed', { requestId, error })
    }
    record.log('info', 'request', {
      method: request.method,
      path: new URL(request.url).pathname,
      status: sent.status,
      ms: Math.round(performance.now() - startedAt),
      access: record.access,
      requestId,
    })

    const headers = new Headers(sent.headers)
    headers.set('x-request-id', requestId)
    if (sent.text !== null) headers.set('content-type', 'application/json; charset=utf-8')
    if (record.querySecret === true) headers.set('warning', QUERY_SECRET_WARNING)
    if (isPublic) {
      headers.set('access-control-allow-origin', '*')
      headers.set('access-control-expose-headers', 'etag, x-request-id')
    }
    const text = request.method === 'HEAD' ? null : sent.text
    return new Response(text, { status: sent.status, headers })
  }

  return Object.fromEntries(METHODS.map((method) => [method, handle])) as Record<Method, Handler>
}
