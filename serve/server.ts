import type { Server as NodeServer } from 'node:http'
import { serve } from 'srvx'
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
 * Listens for requests.
 *
 * @param settings.underWay gets each request until its answer has been written and its work has ended
 * @throws Error if the port is taken, or the host is not one of this machine
 */
export async function startServer(settings: {
  handle: Handler
  hostname: string
  port: number
  underWay: UnderWay
}): Promise<RunningServer> {
  const { handle, hostname, port, underWay } = settings
  let isDraining = false
  const answer = async (request: Request) => {
    const answered = await handle(request)
    if (isDraining) answered.headers.set('connection', 'close')
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
    node: { keepAliveTimeout: KEEP_ALIVE_MS },
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
  node.on('request', (request, answer) => {
    const { socket } = request
    // A caller who is still sending a body that nobody reads on would wait until its own time is over.
    answer.once('finish', () => {
      if (!request.complete) socket.destroySoon()
    })
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
