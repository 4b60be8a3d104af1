import createFetchClient, { type Client } from 'openapi-fetch'
import type { components, paths } from './api.ts'
import { KEYED_PATHS } from './keyed-paths.ts'
import { realWait, sendUntilAnswered, type Wait } from './retry.ts'

export type { components, paths } from './api.ts'
export { AnchorOpsError, type ErrorCode, NoAnswerError } from './errors.ts'

export type Attempt = components['schemas']['Attempt']
export type AttemptState = Attempt['state']

/** The lists that are read page by page, with the key of their rows. */
const LISTS = {
  '/api/anchors/catalog': 'anchors',
  '/api/anchors/changes': 'changes',
  '/api/transactions': 'transactions',
  '/api/attempts': 'attempts',
  '/api/payments': 'payments',
  '/api/decisions': 'decisions',
} as const
export type ListPath = keyof typeof LISTS

type Answer<P extends ListPath> = paths[P]['get']['responses'][200]['content']['application/json']
export type Row<P extends ListPath> =
  Answer<P> extends Record<(typeof LISTS)[P], (infer R)[]> ? R : never
export type Query<P extends ListPath> = NonNullable<paths[P]['get']['parameters']['query']>

const UNSETTLED: ReadonlySet<AttemptState> = new Set(['READY', 'SENDING', 'UNKNOWN'])
const LONGEST_WAIT_MS = 30_000

export interface Settings {
  /** Where the service is, such as `https://ops.example.com`. */
  url: string
  /** BUSINESS_API_KEY or the secret of a named key. What is public needs none. */
  key?: string
  /** How often a request without an answer is repeated; 3 by default. */
  retries?: number
  fetch?: (request: Request) => Promise<Response>
  wait?: Wait
}

export interface UpdateOptions {
  /** Names the request. Give your own, kept beside your order, so that a repeat after a crash is the same request. */
  idempotencyKey?: string
  signal?: AbortSignal
}

/** An update that was stored. */
export interface SentUpdate {
  id: string
  transactionId: string
  state: AttemptState
}

export interface AnchorOps {
  /** Every operation of the API, with the types of its parameters and answers. An error is thrown. */
  api: Client<paths, 'application/json'>
  /** Sends one update of a transaction. */
  update(
    transactionId: string,
    method: string,
    params?: Record<string, unknown>,
    options?: UpdateOptions,
  ): Promise<SentUpdate>
  /** Every row of a list, page after page. */
  list<P extends ListPath>(path: P, query?: Query<P>): AsyncGenerator<Row<P>, void>
  /** Waits until it is known what became of an update, or until a person must decide (`MANUAL`, `LOST`). */
  waitUntilSettled(
    attempt: Pick<SentUpdate, 'id' | 'transactionId'>,
    options?: { signal?: AbortSignal },
  ): Promise<Attempt>
}

export function createAnchorOps(settings: Settings): AnchorOps {
  const { fetch = globalThis.fetch, wait = realWait, retries = 3 } = settings
  const api = createFetchClient<paths, 'application/json'>({
    baseUrl: settings.url,
    ...(settings.key === undefined ? {} : { headers: { 'X-Api-Key': settings.key } }),
    fetch: (request) => sendUntilAnswered(request, { fetch, wait, retries }),
  })
  api.use({
    onRequest({ request, schemaPath }) {
      // Such a request gets a key of its own, unless the caller gives one.
      const isKeyed = request.method === 'POST' && KEYED_PATHS.has(schemaPath)
      if (isKeyed && !request.headers.has('idempotency-key')) {
        request.headers.set('idempotency-key', crypto.randomUUID())
      }
      return request
    },
  })
  return {
    api,
    update: (...asked) => sendUpdate(api, ...asked),
    list: (path, query) => readList(api, path, query),
    waitUntilSettled: (attempt, options) => waitUntilSettled(api, wait, attempt, options?.signal),
  }
}

async function sendUpdate(
  api: Client<paths, 'application/json'>,
  transactionId: string,
  method: string,
  params: Record<string, unknown> = {},
  { idempotencyKey, signal }: UpdateOptions = {},
): Promise<SentUpdate> {
  const { data } = await api.POST('/api/transactions/{id}/{method}', {
    params: {
      path: { id: transactionId, method },
      header: idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey },
    },
    body: params,
    signal: signal ?? null,
  })
  const { id, state } = answered(data).attempt
  return { id, transactionId, state }
}

async function* readList<P extends ListPath>(
  api: Client<paths, 'application/json'>,
  path: P,
  query?: Query<P>,
): AsyncGenerator<Row<P>, void> {
  // The types of the six lists cannot be told apart inside a generic function.
  const read = api.GET as unknown as (
    path: ListPath,
    init: { params: { query: object } },
  ) => Promise<{ data?: Record<string, Row<P>[]> & { next: string | null } }>
  let cursor: string | null = null
  do {
    const page = cursor === null ? { ...query } : { ...query, cursor }
    const { data } = await read(path, { params: { query: page } })
    const answer = answered(data)
    yield* answer[LISTS[path]] ?? []
    cursor = answer.next
  } while (cursor !== null)
}

async function waitUntilSettled(
  api: Client<paths, 'application/json'>,
  wait: Wait,
  { id, transactionId }: Pick<SentUpdate, 'id' | 'transactionId'>,
  signal: AbortSignal | undefined,
): Promise<Attempt> {
  for (let pause = 1000; ; pause = Math.min(pause * 2, LONGEST_WAIT_MS)) {
    const { data } = await api.GET('/api/transactions/{id}', {
      params: { path: { id: transactionId } },
      signal: signal ?? null,
    })
    const found = answered(data).attempts.find(({ attemptId }) => attemptId === id)
    if (found === undefined) throw new Error(`transaction ${transactionId} has no attempt ${id}`)
    if (!UNSETTLED.has(found.state)) return found
    await wait(pause, signal)
  }
}

/** The answer of a request. An error was thrown before, so only an empty answer has none. */
function answered<T>(data: T | undefined): T {
  if (data === undefined) throw new Error('the answer is empty; a JSON object was expected')
  return data
}
