import type { buildConnector, Client, Dispatcher, Pool } from 'undici'
import { redactText } from '../log.ts'
import { textOf } from '../text-of.ts'
import { discard, readBoundedText } from './bounded-body.ts'
import { codeOf, connectFailure, FAILURES, Failure, type FailureCode } from './failure.ts'

const CONNECT_TIMEOUT_MS = 2_000
/** The platform waits 30.0 s for its ledger and then answers a POST. We wait longer, so that its answer is heard. */
const HEADERS_TIMEOUT_MS = { GET: 30_000, POST: 40_000 } as const
const TOTAL_TIMEOUT_MS = { GET: 35_000, POST: 45_000 } as const
const MAX_BYTES = 10 * 1024 * 1024
const MAX_HEADER_BYTES = 16 * 1024
/** The part of the body that is read if the status is not 200. It is shown to people only. */
const MAX_ERROR_BYTES = 64 * 1024
/** The platform's Tomcat closes an idle connection after 20 s. We close it earlier. */
const KEEP_ALIVE_MS = 4_000
const USER_AGENT = 'anchor-ops/1'

/** The failures of a call to the operator's own server. */
const OWN_CODES = [
  'dns_failed',
  'connect_failed',
  'tls_failed',
  'timeout',
  'connection_lost',
  'too_large',
  'encoding_unsupported',
  'not_utf8',
] as const satisfies FailureCode[]

export type OwnFetchErrorCode = (typeof OWN_CODES)[number]

export interface OwnFetchOptions {
  /** The only server that is dialled: `https://host:port` or `http://host:port`. */
  origin: string
  /** Time to connect, TLS included. */
  connectTimeoutMs?: number
  /** Time until status and headers arrive, counted from the connection; for a GET, from the call. */
  headersTimeoutMs?: number
  /** Time until the last byte of the answer arrives. */
  totalTimeoutMs?: number
  /** Longest body of an answer with status 200. */
  maxBytes?: number
}

export interface OwnRequest {
  method: 'GET' | 'POST'
  headers?: Record<string, string>
  body?: string
}

export interface OwnAnswer {
  status: number
  contentType: string
  retryAfter: string | null
  /** The complete body for status 200; otherwise the received part of its first 64 KB. */
  text: string
}

export type OwnFetch = (path: string, request: OwnRequest) => Promise<OwnAnswer>

/** Why there is no answer, and whether the server may have received a byte of the request. */
export class OwnFetchError extends Error {
  readonly code: OwnFetchErrorCode
  /** False only if no connection was made, so that the request certainly had no effect. */
  readonly sent: boolean

  constructor(
    code: OwnFetchErrorCode,
    sent: boolean,
    value: string,
    where: string,
    cause?: unknown,
  ) {
    const [what, ofAny, allowed = ofAny] = FAILURES[code]
    super(redactText(`${what}: ${value} at ${where}; ${allowed}`), { cause })
    this.name = 'OwnFetchError'
    this.code = code
    this.sent = sent
  }
}

/**
 * Makes calls to one server that the operator configured; they may carry a credential. Each POST has a connection of its
 * own and is sent once, so that no dead kept connection can lose it. GETs share kept connections; a GET whose connection is
 * lost is sent once more, on a connection of its own. Redirects are not followed. Defaults: connect 2 s, headers 30 s
 * (POST 40 s), total 35 s (POST 45 s), 10 MB. A call throws OwnFetchError.
 */
export function createOwnFetch(options: OwnFetchOptions): OwnFetch {
  let dialler: Promise<Dialler> | undefined
  return async (path, request) => {
    if (!/^\/[\x21-\x7e]*$/.test(path)) {
      throw new TypeError(`Path refused: ${JSON.stringify(path)}; allowed: visible ASCII from /`)
    }
    dialler ??= createDialler(options)
    return call(path, request, options, await dialler)
  }
}

interface Dialler {
  connect: buildConnector.connector
  createClient: (connect: buildConnector.connector) => Client
  /** The kept connections, for GETs. */
  kept: Pool
}

// undici takes about 70 ms to load. It is loaded on the first call, so that other routes start faster.
async function createDialler(options: OwnFetchOptions): Promise<Dialler> {
  const { buildConnector, Client, Pool } = await import('undici')
  // All calls share the connector and its TLS sessions. rejectUnauthorized is set, so that the environment variable
  // NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect.
  const connect = buildConnector({
    allowH2: false,
    rejectUnauthorized: true,
    timeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
  })
  const shared = {
    allowH2: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    // The deadlines of the call replace both.
    headersTimeout: 0,
    bodyTimeout: 0,
  }
  return {
    connect,
    // pipelining 0 switches keep-alive off: the request carries `connection: close`.
    createClient: (connect) => new Client(options.origin, { ...shared, connect, pipelining: 0 }),
    kept: new Pool(options.origin, {
      ...shared,
      connect: (target, callback) =>
        connect(target, (error, socket) =>
          error === null
            ? callback(null, socket)
            : callback(connectFailure(error, describeTimeout), null),
        ),
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
    }),
  }
}

const describeTimeout = (code: string) => `${code} while connecting`

const NOT_CONNECTED: ReadonlySet<string> = new Set(['dns_failed', 'connect_failed', 'tls_failed'])

/** The progress of a call. */
interface Progress {
  dialled: boolean
  connected: boolean
}

async function call(
  path: string,
  request: OwnRequest,
  options: OwnFetchOptions,
  { connect, createClient, kept }: Dialler,
): Promise<OwnAnswer> {
  const progress: Progress = { dialled: false, connected: false }
  const deadline = new AbortController()
  const timers: NodeJS.Timeout[] = []
  const endAfter = (ms: number, what: string) => {
    const abort = () => deadline.abort(new Failure('timeout', `${ms} ms ${what}`))
    timers.push(setTimeout(abort, ms))
  }
  endAfter(options.totalTimeoutMs ?? TOTAL_TIMEOUT_MS[request.method], 'in all')
  const onConnect = () => {
    progress.connected = true
    endAfter(options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS[request.method], 'for the headers')
  }
  const exchangeOn = async (dispatcher: Dispatcher) => {
    const { signal } = deadline
    const answer = await dispatcher.request(requestOf(path, request, signal))
    clearTimeout(timers[1])
    return await readAnswer(answer, options.maxBytes ?? MAX_BYTES, signal)
  }
  const exchangeAlone = async (onConnected: () => void) => {
    const client = createClient(connectOnce(connect, progress, onConnected, deadline.signal))
    try {
      return await exchangeOn(client)
    } finally {
      await client.destroy()
    }
  }
  try {
    if (request.method === 'POST') return await exchangeAlone(onConnect)
    onConnect()
    try {
      return await exchangeOn(kept)
    } catch (error) {
      // A process that had stood still for 3 s lost 194 kept connections at once. A frozen function loses them too.
      if (deadline.signal.aborted || explain(error).code !== 'connection_lost') throw error
      return await exchangeAlone(() => {})
    }
  } catch (error) {
    const { code, value } = explain(deadline.signal.aborted ? deadline.signal.reason : error)
    const where = options.origin + path.replace(/\?.*/, '')
    const sent = progress.connected && !NOT_CONNECTED.has(code)
    throw new OwnFetchError(code, sent, value, where, error)
  } finally {
    for (const timer of timers) clearTimeout(timer)
  }
}

const requestOf = (path: string, { method, headers, body }: OwnRequest, signal: AbortSignal) => ({
  path,
  method,
  headers: {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': USER_AGENT,
    ...headers,
  },
  body: body ?? null,
  signal,
})

/**
 * A connector that dials once. undici would dial again if a connection dies before the request is written, but after the
 * first connection it is no longer certain that nothing was sent.
 */
function connectOnce(
  connect: buildConnector.connector,
  progress: Progress,
  onConnect: () => void,
  deadline: AbortSignal,
): buildConnector.connector {
  return (options, callback) => {
    if (progress.dialled) {
      return callback(new Failure('connection_lost', 'before the request was written'), null)
    }
    progress.dialled = true
    connect(options, (error, socket) => {
      if (error !== null) return callback(connectFailure(error, describeTimeout), null)
      if (deadline.aborted) {
        socket.destroy()
        return callback(new Failure('timeout', 'connected too late'), null)
      }
      onConnect()
      callback(null, socket)
    })
  }
}

async function readAnswer(
  { statusCode: status, headers, body }: Dispatcher.ResponseData,
  maxBytes: number,
  signal: AbortSignal,
): Promise<OwnAnswer> {
  const retryAfter = headers['retry-after']
  return {
    status,
    contentType: String(headers['content-type'] ?? ''),
    retryAfter: retryAfter === undefined ? null : String(retryAfter),
    text:
      status === 200
        ? (await readBoundedText(body, headers, maxBytes, signal)).text
        : await readBeginning(body),
  }
}

/** The first 64 KB of a body. A body that breaks off is not an error here, since the status alone decides. */
async function readBeginning(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= MAX_ERROR_BYTES) break
    }
  } catch {
    // The connection broke or the time ran out. The part received so far is returned.
  } finally {
    discard(body)
  }
  return Buffer.concat(chunks).subarray(0, MAX_ERROR_BYTES).toString()
}

function explain(error: unknown): { code: OwnFetchErrorCode; value: string } {
  if (error instanceof Failure) {
    const code = OWN_CODES.find((own) => own === error.code)
    if (code !== undefined) return { code, value: error.message }
  }
  return { code: 'connection_lost', value: codeOf(error) || textOf(error) }
}
