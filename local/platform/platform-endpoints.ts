import type { IncomingHttpHeaders } from 'node:http'
import { isAuthorized } from './auth.ts'
import type { EmulatorState } from './emulator-state.ts'
import { type HttpAnswer, jsonAnswer } from './http-answer.ts'
import { dateOf } from './instants.ts'
import {
  answerBatch,
  type BatchAnswer,
  type BatchOptions,
  type ItemSummary,
  readBatch,
  summarise,
} from './rpc-endpoint.ts'
import { answerTransaction, answerTransactions } from './transactions-endpoint.ts'

export interface PlatformRequest {
  method: string
  url: URL
  headers: IncomingHttpHeaders
  body: string
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

/** Answers a request as the platform server does. Checks the credentials first. */
export async function answerRequest(
  request: PlatformRequest,
  state: EmulatorState,
  options: BatchOptions,
): Promise<BatchAnswer> {
  if (request.method === 'OPTIONS') return withoutItems(jsonAnswer(200, {}))
  const now = dateOf(options.now())
  if (!(await isAuthorized(request.headers, state.config, now))) {
    return withoutItems({ ...jsonAnswer(403, {}), body: '{\n  "error": "forbidden"\n}' })
  }
  const { pathname, searchParams } = request.url
  if (pathname === '/') {
    return request.method === 'POST'
      ? answerPost(request, state, options)
      : withoutItems(unsupportedMethod(request))
  }
  return withoutItems(answerRead(request, pathname, searchParams, state, now))
}

const unsupportedMethod = ({ method }: PlatformRequest): HttpAnswer =>
  jsonAnswer(500, { error: `Request method '${method}' not supported` })

function answerPost(
  request: PlatformRequest,
  state: EmulatorState,
  options: BatchOptions,
): BatchAnswer {
  const type = request.headers['content-type'] ?? ''
  if (!/^application\/(?:json|[^;]*\+json)\s*(?:;|$)/i.test(type)) {
    // Spring adds its default encoding to the type that it names.
    const named = /charset/i.test(type) || type === '' ? type : `${type};charset=UTF-8`
    return withoutItems(jsonAnswer(500, { error: `Content type '${named}' not supported` }))
  }
  return answerBatch(request.body, state, options)
}

function answerRead(
  request: PlatformRequest,
  path: string,
  query: URLSearchParams,
  state: EmulatorState,
  now: Date,
): HttpAnswer {
  const id = transactionIdIn(path)
  const known = path === '/transactions' || path === '/health' || id !== undefined
  if (!known) {
    return jsonAnswer(404, { timestamp: now.toISOString(), status: 404, error: 'Not Found', path })
  }
  if (request.method !== 'GET') return unsupportedMethod(request)
  if (id !== undefined) return answerTransaction(state, id)
  return path === '/transactions' ? answerTransactions(state, query) : health(now)
}

const health = (now: Date): HttpAnswer =>
  jsonAnswer(200, {
    started_at: now.toISOString(),
    version: '2.8.4',
    elapsed_time_ms: 0,
    number_of_checks: 1,
    checks: { config: { status: 'green' } },
  })
