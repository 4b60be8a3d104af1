import type { IncomingHttpHeaders } from 'node:http'
import { isAuthorized } from './auth.ts'
import type { EmulatorState } from './emulator-state.ts'
import { type HttpAnswer, jsonAnswer } from './http-answer.ts'
import { dateOf } from './instants.ts'
import {
  answerBatchSlowly,
  type BatchAnswer,
  type BatchOptions,
  type ItemSummary,
  readBatch,
  summarise,
  type WaitAtStep,
} from './rpc-endpoint.ts'
import { answerTransaction, answerTransactions } from './transactions-endpoint.ts'

export interface PlatformRequest {
  method: string
  /** The path and query as they were sent. `url` has no backslash any more. */
  target: string
  url: URL
  headers: IncomingHttpHeaders
  body: string
}

export interface RequestOptions extends BatchOptions {
  wait: WaitAtStep
}

/** Of the first line and the headers together. */
const MAX_HEAD_BYTES = 8_192
/** The web server refuses an encoded slash, any backslash, and an incomplete escape. */
const UNCARRIABLE = /%2f|%5c|\\|%(?![0-9a-f]{2})/i

/** Tomcat's page for a request that never reaches the platform. */
const BAD_REQUEST_PAGE: HttpAnswer = {
  status: 400,
  contentType: 'text/html;charset=utf-8',
  body: '<!doctype html><html lang="en"><head><title>HTTP Status 400 – Bad Request</title><style type="text/css">body {font-family:Tahoma,Arial,sans-serif;} h1, h2, h3, b {color:white;background-color:#525D76;} h1 {font-size:22px;} h2 {font-size:16px;} h3 {font-size:14px;} p {font-size:12px;} a {color:black;} .line {height:1px;background-color:#525D76;border:none;}</style></head><body><h1>HTTP Status 400 – Bad Request</h1></body></html>',
}

const EMPTY: HttpAnswer = { status: 200, contentType: null, body: '' }
/** The answer to `Accept` without JSON. The call is not carried out. */
const NOT_ACCEPTABLE: HttpAnswer = { status: 406, contentType: null, body: '' }
/** The answer to an `Accept` that names no media type. */
const UNREADABLE_ACCEPT: HttpAnswer = { status: 500, contentType: null, body: '' }
const FORBIDDEN: HttpAnswer = {
  status: 403,
  contentType: 'application/json;charset=ISO-8859-1',
  body: '{\n  "error": "forbidden"\n}',
}

const TRANSACTION_PATH = /^\/transactions\/([^/]+)$/

function transactionIdIn(path: string): string | undefined {
  const id = TRANSACTION_PATH.exec(path)?.[1]
  try {
    return id === undefined ? undefined : decodeURIComponent(id)
  } catch {
    return id
  }
}

const withoutItems = (answer: HttpAnswer): BatchAnswer => ({ ...answer, items: null, applied: 0 })

/** Lists the items of a request for the faults and the record of requests. */
export function itemsOf({ method, url, body }: PlatformRequest): ItemSummary[] {
  if (method === 'POST' && url.pathname === '/') {
    return (readBatch(body) ?? []).flatMap((item) => (item === null ? [] : [summarise(item)]))
  }
  const transactionId = transactionIdIn(url.pathname)
  return transactionId === undefined ? [] : [{ id: undefined, method: undefined, transactionId }]
}

/** The bytes before the body: the first line, and a line for each header. */
function headBytes({ method, target, headers }: PlatformRequest): number {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`${method} ${target} HTTP/1.1`, ...lines, ''].join('\r\n').length
}

/** Answers a request as the platform server does. Checks the credentials first. */
export async function answerRequest(
  request: PlatformRequest,
  state: EmulatorState,
  options: RequestOptions,
): Promise<BatchAnswer> {
  const [path = ''] = request.target.split('?')
  if (headBytes(request) > MAX_HEAD_BYTES || UNCARRIABLE.test(path)) {
    return withoutItems(BAD_REQUEST_PAGE)
  }
  const now = dateOf(options.now())
  const isOld = state.config.release === '2.8.4'
  if (request.method === 'OPTIONS') {
    // What 4.3.0 answers here for a path that it does not have was not recorded.
    const isUnknown = isOld && path !== '/' && !isKnown(path)
    return withoutItems(isUnknown ? notFound(path, now, state) : EMPTY)
  }
  const isOpen = state.config.release === '4.3.0' && path === '/health'
  if (!isOpen && !isAuthorized(request.headers, state.config, now)) {
    return withoutItems(FORBIDDEN)
  }
  const refused = refusedAccept(request.headers.accept)
  if (refused !== null) return withoutItems(refused)
  const { pathname, searchParams } = request.url
  if (pathname === '/') {
    return request.method === 'POST'
      ? answerPost(request, state, options)
      : withoutItems(unsupportedMethod(request, state))
  }
  return withoutItems(answerRead(request, pathname, searchParams, state, now))
}

/** The answer to an `Accept` that does not take JSON; null for any other. */
function refusedAccept(accept = ''): HttpAnswer | null {
  if (accept === '' || /\*\/\*|application\/(\*|json)/i.test(accept)) return null
  if (!accept.includes('/')) return UNREADABLE_ACCEPT
  const like = /application\/[\w.-]+\+json/i.exec(accept)?.[0]
  if (like === undefined) return NOT_ACCEPTABLE
  const refusal = jsonAnswer(500, { error: 'Could not find acceptable representation' })
  return { ...refusal, contentType: `${like};charset=UTF-8` }
}

const unsupportedMethod = (
  { method }: PlatformRequest,
  { config: { release } }: EmulatorState,
): HttpAnswer => {
  const verb = release === '2.8.4' ? 'not supported' : 'is not supported'
  return jsonAnswer(500, { error: `Request method '${method}' ${verb}` })
}

async function answerPost(
  request: PlatformRequest,
  state: EmulatorState,
  options: RequestOptions,
): Promise<BatchAnswer> {
  const type = request.headers['content-type'] ?? ''
  const fault = faultOfType(type)
  if (fault !== null) return withoutItems(jsonAnswer(500, { error: fault }))
  if (!/^application\/(?:json|[^;]*\+json)\s*(?:;|$)/i.test(type)) {
    // Spring adds its default encoding to the type that it names.
    const given = type === '' ? 'application/octet-stream' : type
    const named = /charset/i.test(given) || type === '' ? given : `${given};charset=UTF-8`
    const error =
      state.config.release === '2.8.4'
        ? `Content type '${named}' not supported`
        : `Content-Type '${named}' is not supported`
    return withoutItems(jsonAnswer(500, { error }))
  }
  return answerBatchSlowly(request.body, state, options, options.wait)
}

/** Why a content type cannot be read; null where it can, or where none is given. */
function faultOfType(type: string): string | null {
  if (type === '') return null
  const [media = '', ...parameters] = type.split(';').map((part) => part.trim())
  if (!media.includes('/')) return `Invalid mime type "${type}": does not contain '/'`
  if (/^[^*]+\/\*$/.test(media)) return "Content-Type cannot contain wildcard subtype '*'"
  const charset = parameters
    .map((one) => /^charset=(.*)$/i.exec(one)?.[1])
    .find((one) => one !== undefined)
  if (charset === undefined || CHARSETS.test(charset)) return null
  return `Invalid mime type "${type}": unsupported charset '${charset}'`
}

const CHARSETS = /^"?(?:utf-?8|utf-?16(?:be|le)?|iso-8859-\d+|us-ascii|latin1|windows-125\d)"?$/i

/** A path of the platform, whatever its method. */
const isKnown = (path: string): boolean =>
  path === '/transactions' || path === '/health' || transactionIdIn(path) !== undefined

function answerRead(
  request: PlatformRequest,
  path: string,
  query: URLSearchParams,
  state: EmulatorState,
  now: Date,
): HttpAnswer {
  const id = transactionIdIn(path)
  const isOld = state.config.release === '2.8.4'
  // Spring 5 takes a path with a slash behind it for the same.
  const isList = path === '/transactions' || (isOld && path === '/transactions/')
  if (isOld && path === '/error') return errorPage(now)
  if (!isList && !isKnown(path)) return notFound(path, now, state)
  // The web server answers HEAD as GET, and leaves the body out.
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return unsupportedMethod(request, state)
  if (path === '/health') return health(now, state)
  return id === undefined ? answerTransactions(state, query) : answerTransaction(state, id)
}

/** Spring 5 answers its error document; Spring 6 looks for a static file of this name. */
function notFound(path: string, now: Date, { config: { release } }: EmulatorState): HttpAnswer {
  if (release === '2.8.4') {
    return jsonAnswer(404, { timestamp: now.toISOString(), status: 404, error: 'Not Found', path })
  }
  const name = path.split('/').filter(Boolean).join('/')
  return jsonAnswer(404, { error: `No static resource ${name}.` })
}

/** The page of errors of Spring 5, which somebody asks for without an error. */
const errorPage = (now: Date): HttpAnswer =>
  jsonAnswer(500, { timestamp: now.toISOString(), status: 999, error: 'None' })

const health = (now: Date, { config: { release } }: EmulatorState): HttpAnswer =>
  jsonAnswer(200, {
    started_at: now.toISOString(),
    // The build of 4.3.0 that was run prints the token that its release process replaces.
    version: release === '2.8.4' ? release : '%APP_VERSION_TOKEN%',
    elapsed_time_ms: 0,
    number_of_checks: 1,
    checks: { config: { status: 'green' } },
  })
