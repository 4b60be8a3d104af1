import { randomUUID } from 'node:crypto'
import type * as z from 'zod'
import type { Caller } from '../caller.ts'
import { AppError, ConfigurationError } from '../errors.ts'
import type { Later } from '../later.ts'
import { type CallFields, createLog, type Log, loggingCall } from '../log.ts'
import { textOf } from '../text-of.ts'
import {
  type AdmissionRules,
  admit,
  type CallerAccess,
  isForBusiness,
  type NotAdmitted,
  type RouteAccess,
} from './admit.ts'
import { type Answer, type Sent, type ShowError, sendAnswer, sendError } from './answer.ts'
import { isScheduled } from './auth.ts'
import type { KeyLookup } from './business-auth.ts'
import { callerAddress } from './caller-address.ts'
import { EVENT_STREAM_TYPE, openEventStream } from './event-stream.ts'
import { type MediaType, preferredType } from './media-type.ts'
import {
  alienInBody,
  alienInQuery,
  emptyInQuery,
  mergeParameters,
  type Parameters,
  parameterNames,
  parseParameters,
} from './parameters.ts'
import { pathNames, queryWithPath } from './path-parameters.ts'
import type { LosslessBody } from './read-body.ts'
import { type RefusalLog, type Refused, refusedAdmission, refusedWork } from './refusal-log.ts'
import { preflight, redacted, toResponse } from './response.ts'
import type { SharedAnswers } from './shared-answers.ts'
import { type StorableAnswer, sendStorable, writeStorable } from './storable-answer.ts'

export interface HttpDeps {
  config: AdmissionRules
  log: Log
  findKey: KeyLookup
  logRefusal: RefusalLog
  /** Counts a call with the secret in the query alone. */
  countQuerySecret: () => Promise<void>
  /** The answers of storable routes that this process has just given. */
  sharedAnswers: SharedAnswers<StorableAnswer>
  /** Called after each call of a key or of the scheduler that may have changed something, whatever became of it. */
  afterChange: () => void
  /** Keeps the configured secrets out of answers. */
  redact: (text: string) => string
  now: () => Date
  later: Later
}

/** Sends an event of a call whose work takes long, to a caller who asked for events. */
export type SendEvent = (event: string, data: object) => void

export interface RouteContext<D> {
  deps: D
  access: CallerAccess
  caller: Caller
  /** The body if the route reads it lossless, else null. */
  body: LosslessBody | null
  /** Whether the call says that it comes from the scheduler. */
  scheduled: boolean
  requestId: string
  request: Request
  /** The form that the caller prefers, of JSON and the route's `orElse`. */
  preferred: MediaType
  /** Does nothing unless the caller gets events. */
  sendEvent: SendEvent
}

export interface Route<D, S extends z.ZodType> {
  access: RouteAccess
  input: S
  /**
   * `object` (default): the keys of the body are parameters and win over the query string. `only`: the body alone has
   * parameters. `form`: the same, and the body is the form of a page. `lossless`: the context holds the body, an object or
   * array with every digit kept, and only the query string has parameters.
   */
  body?: 'object' | 'only' | 'form' | 'lossless'
  /**
   * Whether parameters that the route does not have are ignored in place of being refused: links to pages get parameters
   * from whoever passes them on.
   */
  ignoresAlien?: boolean
  /** Longest body that is read, in bytes. Default: 64 KB, or 256 KB for the business. */
  maxBodyBytes?: number
  /** Whether GET changes anything (default for `ops`). Then HEAD is refused, and no cache stores the answer. */
  effects?: boolean
  /** A form of the answer beside JSON, which the header Accept may prefer. `text/event-stream`: events, then the answer. */
  orElse?: Exclude<MediaType, 'application/json'>
  /** The header x-vercel-cron alone runs this GET route, without parameters, whatever method the call uses. */
  scheduled?: boolean
  run(input: z.output<S>, context: RouteContext<D>): Promise<Answer>
}

export type Handler = (request: Request) => Promise<Response>

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
type Method = (typeof METHODS)[number]

const DEFAULT_MAX_BODY_BYTES = 64 * 1024
const BUSINESS_MAX_BODY_BYTES = 256 * 1024

/** Facts about a call for the response headers and the log, filled in while the call is served. */
interface CallRecord extends CallFields {
  access?: CallerAccess | 'none'
  querySecret?: boolean
  refused?: Refused
}

/** The routes of one URL. */
interface Routes<D> {
  GET: Route<D, z.ZodType> | undefined
  POST: Route<D, z.ZodType> | undefined
  /** The path, with its parameters in braces; null if it has none. */
  path: string | null
  allow: readonly string[]
  isPublic: boolean
  /** Null: errors are answered as JSON. */
  showError: ShowError | null
}

/**
 * Makes the handlers of one URL. A call passes method, access, body and parameters in this order, then the route runs, and
 * one line is logged. A caller with limited access runs the scheduled route without parameters, or is refused.
 *
 * @param path the path with its parameters in braces, such as `/api/anchors/{domain}`, if it has any
 * @param showError writes an error of a page for people
 */
export function defineRoute<D extends HttpDeps, G extends z.ZodType, P extends z.ZodType>(
  deps: () => D,
  {
    path,
    showError,
    GET,
    POST,
  }: { path?: string; showError?: ShowError; GET?: Route<D, G>; POST?: Route<D, P> },
): Record<Method, Handler> {
  const routes: Routes<D> = {
    GET,
    POST,
    path: path ?? null,
    allow: [
      ...(GET ? ['GET'] : []),
      ...(GET && !hasEffects(GET) ? ['HEAD'] : []),
      ...(POST ? ['POST'] : []),
      'OPTIONS',
    ],
    isPublic: [GET, POST].some((route) => route?.access.startsWith('public')),
    showError: showError ?? null,
  }
  async function handle(request: Request): Promise<Response> {
    const record: CallRecord = { requestId: requestIdOf(request) }
    return loggingCall(record, () => respond(request, routes, deps, record))
  }
  return Object.fromEntries(METHODS.map((method) => [method, handle])) as Record<Method, Handler>
}

/** A call that was not refused. Running it works the route and gives its answer. */
interface Admitted {
  /** Whether the caller gets events, and the answer as the last of them. */
  isStreamed: boolean
  run: (sendEvent: SendEvent) => Promise<Sent>
}

async function respond<D extends HttpDeps>(
  request: Request,
  routes: Routes<D>,
  deps: () => D,
  record: CallRecord,
): Promise<Response> {
  const startedAt = performance.now()
  const open = openDeps(deps)
  // A caller may put a secret into the header of the request id by mistake.
  if (open.redact(record.requestId) !== record.requestId) record.requestId = randomUUID()
  const failed = (error: unknown): Sent => {
    const sent = sendError(error, record.requestId, {}, routes.showError)
    if (sent.status >= 500) open.log('error', 'request_failed', { error })
    return sent
  }
  const finished = (sent: Sent): Sent => {
    logCall(request, sent.status, performance.now() - startedAt, record, open)
    return redacted(sent, open.redact)
  }
  const send = (sent: Sent): Response => {
    const { requestId, querySecret = false } = record
    const isHead = request.method === 'HEAD'
    return toResponse(sent, { requestId, querySecret, isPublic: routes.isPublic, isHead })
  }
  const served = await serve(request, routes, open.deps, record).catch(failed)
  if (!('run' in served)) return send(finished(served))
  if (!served.isStreamed) return send(finished(await served.run(() => {}).catch(failed)))

  const events = openEventStream()
  const sendEvent: SendEvent = (event, data) =>
    events.send(event, open.redact(JSON.stringify(data)))
  // The run goes on when the caller has gone away.
  open.deps().later('events', async () => {
    const { status, text } = finished(await served.run(sendEvent).catch(failed))
    events.end(status < 400 ? 'answer' : 'failed', textOf(text))
  })
  return send({ status: 200, text: null, stream: events.body, headers: EVENT_HEADERS })
}

const EVENT_HEADERS = {
  'content-type': EVENT_STREAM_TYPE,
  // Without these a proxy may hold events back until the stream ends.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  vary: 'accept',
}

function logCall(
  request: Request,
  status: number,
  ms: number,
  { access, refused }: CallRecord,
  { log, logRefusal }: Pick<HttpDeps, 'log' | 'logRefusal'>,
): void {
  const call = { method: request.method, path: shownPath(request), status }
  if (refused === undefined) {
    log('info', 'request', { ...call, ms: Math.round(ms), access })
  } else {
    logRefusal(refused.kind, { ...call, address: callerAddress(request), ...refused.fields })
  }
}

/** Decides whether a call is served. What is refused gets its answer at once. */
async function serve<D extends HttpDeps>(
  request: Request,
  { GET, POST, path, allow, isPublic }: Routes<D>,
  open: () => D,
  record: CallRecord,
): Promise<Sent | Admitted> {
  const { method } = request
  const { requestId } = record
  if (method === 'OPTIONS') return preflight(allow, isPublic)
  const asked = method === 'POST' ? POST : GET
  if (asked === undefined || !allow.includes(method)) return refuseMethod(request, allow, requestId)

  const deps = open()
  const scheduled = GET?.scheduled === true ? GET : null
  const needed = { access: asked.access, scheduled: scheduled !== null }
  const admission = await admit(needed, request, deps.config, deps.findKey, deps.now)
  if (admission.access === 'none') {
    record.access = 'none'
    record.refused = refusedAdmission(admission)
    return sendNotAdmitted(admission, requestId)
  }
  const { access, caller, querySecret } = admission
  Object.assign(record, { access, querySecret, keyName: caller.keyName })
  // A function may be frozen once it has answered, so the count is stored before.
  if (querySecret) await countOrLog(deps)

  const route = access === 'limited' && scheduled !== null ? scheduled : asked
  const { body, ...parameters } =
    access === 'limited' || access === 'event'
      ? NO_PARAMETERS
      : await readParameters(route, request, path)
  const input = readInput(route, path === null ? [] : pathNames(path), parameters)
  const { headers } = request
  const preferred = await preferredType(headers.get('accept'), route.orElse)
  const context = {
    ...{ deps, access, caller, body, requestId, request, preferred },
    scheduled: isScheduled(request),
  }
  return {
    isStreamed: preferred === 'text/event-stream',
    run: async (sendEvent) => {
      const run = () => runRoute(route, input, { ...context, sendEvent })
      // A cache must not give the one form to whoever asks for the other.
      const vary = route.orElse === undefined ? {} : { vary: 'accept' }
      if (isStorable(route)) {
        const question = questionOf(route, request, { input, preferred })
        const make = async () => writeStorable(await run(), deps.redact, vary)
        const shared = await deps.sharedAnswers.get(question, make)
        return sendStorable(shared, { requestId, ifNoneMatch: headers.get('if-none-match') })
      }
      const answer = await run()
      if (answer.refused !== undefined) record.refused = refusedWork(answer.refused)
      const sent = sendAnswer(answer, requestId)
      return { ...sent, headers: { ...sent.headers, ...vary } }
    },
  }
}

/** Whether everybody who asks for the same gets the same answer, so that caches may store it. */
function isStorable<D, S extends z.ZodType>(route: Route<D, S>): boolean {
  return route.access === 'public' && !hasEffects(route)
}

/**
 * Everything that the answer to a storable route depends on: the origin that links name, the path, and what was read from
 * the query string. A page ignores the rest of the query; a route of the API refuses it, but its links repeat the query.
 */
function questionOf<D, S extends z.ZodType>(
  { ignoresAlien = false }: Route<D, S>,
  { url }: Request,
  asked: { input: z.output<S>; preferred: MediaType },
): string {
  const { origin, pathname, search } = new URL(url)
  return JSON.stringify([
    origin,
    pathname,
    ignoresAlien ? '' : search,
    asked.preferred,
    asked.input,
  ])
}

/**
 * Runs a route. Whoever waits to be told of changes is told after one that may have made some. Without a key nobody makes any,
 * so a stranger starts no delivery. Where more is known of the caller or of the call, the route itself calls `afterChange`.
 */
async function runRoute<D extends HttpDeps, S extends z.ZodType>(
  route: Route<D, S>,
  input: z.output<S>,
  context: RouteContext<D>,
): Promise<Answer> {
  try {
    return await route.run(input, context)
  } finally {
    const mayChange = context.request.method === 'POST' || hasEffects(route)
    if (mayChange && context.access !== 'public') context.deps.afterChange()
  }
}

function refuseMethod(request: Request, allow: readonly string[], requestId: string): Sent {
  const message = `Method ${request.method} is not served by ${shownPath(request)}; allowed: ${allow.join(', ')}`
  const error = new AppError('method_not_allowed', message)
  return sendError(error, requestId, { allow: allow.join(', ') })
}

function sendNotAdmitted({ error }: NotAdmitted, requestId: string): Sent {
  const isUnknown = error.code === 'unauthorized'
  return sendError(error, requestId, {
    'www-authenticate': isUnknown ? 'Bearer' : 'Bearer error="insufficient_scope"',
  })
}

/** Counts a call with the secret in the query. A count that fails does not fail the call. */
async function countOrLog({
  countQuerySecret,
  log,
}: Pick<HttpDeps, 'countQuerySecret' | 'log'>): Promise<void> {
  try {
    await countQuerySecret()
  } catch (error) {
    log('warn', 'query_secret_not_counted', { error })
  }
}

/** The path as the log and answers show it: decoded, so that a secret in it is redacted in whatever way it was encoded. */
function shownPath({ url }: Request): string {
  const { pathname } = new URL(url)
  try {
    return decodeURIComponent(pathname)
  } catch {
    return pathname
  }
}

function hasEffects<D, S extends z.ZodType>(route: Route<D, S>): boolean {
  return route.effects ?? route.access === 'ops'
}

/** The caller's own request id if it is well formed, else a new one. */
function requestIdOf(request: Request): string {
  const given = request.headers.get('x-request-id') ?? ''
  return /^[A-Za-z0-9-]{8,64}$/.test(given) ? given : randomUUID()
}

/**
 * The dependencies, and a log that works even without them. If the configuration cannot be read, the log names every bad
 * variable and the caller gets a fixed sentence.
 */
function openDeps<D extends HttpDeps>(
  deps: () => D,
): Pick<HttpDeps, 'log' | 'logRefusal' | 'redact'> & { deps: () => D } {
  try {
    const opened = deps()
    const { log, logRefusal, redact } = opened
    return { log, logRefusal, redact, deps: () => opened }
  } catch (error) {
    const log = createLog()
    log('error', 'configuration_invalid', { error })
    const names = error instanceof ConfigurationError ? error.variables.join(', ') : 'see its log'
    const shown = new AppError(
      'configuration_invalid',
      `The configuration of this deployment cannot be read: ${names}. Its log says what is wrong with each.`,
    )
    return {
      log,
      // Without a configuration nobody is refused.
      logRefusal: () => {},
      redact: (text) => text,
      deps: () => {
        throw error instanceof AppError ? shown : error
      },
    }
  }
}

/** The parameters of a call by their place, and the body of a route that reads it lossless. */
interface CallParameters {
  /** Null for a call without a body, or with one that the route reads lossless. */
  ofBody: Record<string, unknown> | null
  ofQuery: URLSearchParams
  body: LosslessBody | null
}

const NO_PARAMETERS: CallParameters = { ofBody: null, ofQuery: new URLSearchParams(), body: null }

/** Reads the parameters of a call. @throws AppError `invalid_parameter`, also for one that the route does not have */
function readInput<D, S extends z.ZodType>(
  { access, input, body = 'object', ignoresAlien = false }: Route<D, S>,
  path: readonly string[],
  { ofBody, ofQuery }: Pick<CallParameters, 'ofBody' | 'ofQuery'>,
): z.output<S> {
  const names = parameterNames(input).filter((name) => !path.includes(name))
  const given = mergeParameters(ofBody, ofQuery, path)
  const isOfBody = body === 'only' || body === 'form'
  const parameters: Parameters = isOfBody ? { ...given, absent: 'body' } : given
  if (ignoresAlien) return parseParameters(input, parameters)
  return parseParameters(input, parameters, [
    ...(ofBody === null ? [] : alienInBody(names, ofBody)),
    ...alienInQuery(isOfBody ? [] : names, path, ofQuery),
    // Operators and browsers may send a form with empty fields.
    ...(isForBusiness(access) ? emptyInQuery(ofQuery) : []),
  ])
}

async function readParameters<D, S extends z.ZodType>(
  route: Route<D, S>,
  request: Request,
  path: string | null,
): Promise<CallParameters> {
  const url = new URL(request.url)
  const ofQuery = path === null ? url.searchParams : queryWithPath(url, path)
  if (request.method !== 'POST') return { ...NO_PARAMETERS, ofQuery }
  const byDefault = isForBusiness(route.access) ? BUSINESS_MAX_BODY_BYTES : DEFAULT_MAX_BODY_BYTES
  const maxBytes = route.maxBodyBytes ?? byDefault
  const { readBody, readForm, readLosslessBody } = await import('./read-body.ts')
  if (route.body === 'form') {
    return { ofBody: await readForm(request, maxBytes), ofQuery, body: null }
  }
  return route.body === 'lossless'
    ? { ofBody: null, ofQuery, body: await readLosslessBody(request, maxBytes) }
    : { ofBody: await readBody(request, maxBytes), ofQuery, body: null }
}
