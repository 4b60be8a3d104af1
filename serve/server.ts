import type { Server as NodeServer } from 'node:http'
import { type ServerRequest, serve } from 'srvx'
import { noteCallerAddress } from '../lib/http/caller-address.ts'
import { callerOf, type IsTrustedProxy } from './caller.ts'
import type { UnderWay } from './under-way.ts'

export type Handler = (request: Request) => Promise<Response>

export interface RunningServer {
  /** The URL that answers, without a slash at the end. */
  url: string
  /** Accepts no further connection. Requests that are under way, and those on open connections, are answered. */
  drain(): void
  /** Cuts the connections that are left. */
  close(): Promise<void>
}

/**
 * How long a connection without a request stays open. It is longer than the 60 s that proxies keep one, so that no proxy
 * sends a request into a connection that is being closed.
 */
const KEEP_ALIVE_MS = 65_000

/**
 * Connections that wait to be accepted. Beyond Node's 511 the system lets a caller try again after 1, 3 and 7 s; it may hold
 * fewer than this (net.core.somaxconn).
 */
const MOST_WAITING = 4_096

/** How long a body that no route reads may be, so that its connection serves the next request. */
const MAX_UNREAD_BYTES = 65_536

/**
 * Listens for requests.
 *
 * @param settings.isTrustedProxy whose X-Forwarded-For is believed; nobody's by default
 * @param settings.underWay gets each request until its answer has been written and its work has ended
 * @throws Error if the port is taken, or the host is not one of this machine
 */
export async function startServer(settings: {
  handle: Handler
  hostname: string
  port: number
  isTrustedProxy?: IsTrustedProxy | undefined
  underWay: UnderWay
}): Promise<RunningServer> {
  const { handle, hostname, port, isTrustedProxy = () => false, underWay } = settings
  let isDraining = false
  const answer = async (request: ServerRequest) => {
    const { remoteAddress } = request.runtime?.node?.req.socket ?? {}
    const forwarded = request.headers.get('x-forwarded-for')
    noteCallerAddress(request, callerOf(remoteAddress, forwarded, isTrustedProxy))
    const answered = await handle(request)
    if (isDraining || isLeftUnread(request)) answered.headers.set('connection', 'close')
    return answered
  }
  const server = serve({
    // A caller may be gone before the work that it asked for has ended.
    fetch: (request) => underWay.add(answer(request)),
    hostname,
    port,
    // The URL decides nothing but the links in answers, and caches keep pages apart by these headers (lib/pages/layout.ts), so
    // whoever forges them deceives himself alone.
    trustProxy: true,
    node: { keepAliveTimeout: KEEP_ALIVE_MS, backlog: MOST_WAITING },
    gracefulShutdown: false,
    silent: true,
  })
  await server.ready().catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : cause
    throw new Error(
      `Cannot listen on ${hostname}:${port}: ${why}; allowed: a free port, set PORT to choose another`,
      { cause },
    )
  })
  const node = server.node?.server as NodeServer
  // An answer that is being written is under way too.
  node.on('request', (_, answer) => {
    void underWay.add(new Promise<void>((resolve) => answer.once('close', resolve)))
  })
  return {
    url: (server.url ?? '').replace(/\/$/, ''),
    drain: () => {
      isDraining = true
      node.close()
    },
    close: async () => {
      node.closeAllConnections()
      await server.close(true)
    },
  }
}

/**
 * Whether the answer comes before a body that nobody reads on. The connection ends with the answer then, which says so: a
 * caller who goes on sending would do it until its own time is over. Of a short body Node throws the rest away, and the
 * connection serves the next request.
 */
function isLeftUnread({ runtime }: ServerRequest): boolean {
  const received = runtime?.node?.req
  if (received === undefined || received.complete) return false
  const { 'content-length': length, 'transfer-encoding': encoding } = received.headers
  const bytes = Number(length ?? (encoding === undefined ? 0 : Number.POSITIVE_INFINITY))
  return received.destroyed || bytes > MAX_UNREAD_BYTES
}
