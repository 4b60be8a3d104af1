import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { request as httpRequest, maxHeaderSize } from 'node:http'
import { type Handler, startServer } from '../../serve/server.ts'
import { createUnderWay } from '../../serve/under-way.ts'

/** Names the call of a request, which would else be lost on the way through the socket. */
const CALL_HEADER = 'x-test-call'

type InContext = ReturnType<typeof AsyncLocalStorage.snapshot>

/**
 * Puts the server of `npm run serve` between a caller and the routes: each request goes over a socket of loopback, as a proxy
 * with TLS hands it on. The routes still run in this process, with the clock and the faults of the test.
 *
 * A head of more than 16 KB alone goes to the routes without the socket, because Node.js answers it with 431 before any code
 * of ours runs (tests/unit/serve/server.test.ts).
 */
export async function overServer(handle: Handler): Promise<Handler> {
  const calls = new Map<string, InContext>()
  const server = await startServer({
    handle: (request) => {
      const inContext = calls.get(request.headers.get(CALL_HEADER) ?? '')
      if (inContext === undefined) throw new Error('A request came that no test has sent.')
      return inContext(handle, asOnVercel(request))
    },
    hostname: '127.0.0.1',
    port: 0,
    underWay: createUnderWay(),
  })
  return async (request) => {
    if (headBytes(request) > MOST_HEAD_BYTES) return handle(request)
    const id = randomUUID()
    calls.set(id, AsyncLocalStorage.snapshot())
    try {
      return await forward(request, server.url, id)
    } finally {
      calls.delete(id)
    }
  }
}

/** What Node.js takes, less the headers that the way through the socket adds. */
const MOST_HEAD_BYTES = maxHeaderSize - 512

const headBytes = ({ url, headers }: Request): number =>
  [...headers].reduce((sum, [name, value]) => sum + name.length + value.length + 4, url.length)

/** The server has noted the address of its socket for its own request. Of this one the routes read it as on Vercel. */
function asOnVercel(request: Request): Request {
  const { url, method, headers, body, signal } = request
  return new Request(url, { method, headers, body, signal, ...(body && { duplex: 'half' }) })
}

async function forward(request: Request, server: string, id: string): Promise<Response> {
  const { host, protocol, pathname, search } = new URL(request.url)
  const body = Buffer.from(await request.arrayBuffer())
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  const sent = httpRequest(
    server + pathname + search,
    {
      method: request.method,
      headers: {
        ...Object.fromEntries(request.headers),
        // A caller may name another host than the one that it connects to.
        host: request.headers.get('host') ?? host,
        'x-forwarded-proto': protocol.replace(':', ''),
        ...(body.length > 0 && { 'content-length': String(body.length) }),
        [CALL_HEADER]: id,
      },
    },
    async (answer) => {
      try {
        const chunks: Buffer[] = []
        for await (const chunk of answer) chunks.push(chunk)
        const status = answer.statusCode ?? 500
        const read = [204, 304].includes(status) ? null : Buffer.concat(chunks)
        const headers = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
          values.map((value): [string, string] => [name, value]),
        )
        resolve(new Response(read, { status, headers }))
      } catch (error) {
        reject(error)
      }
    },
  )
  sent.on('error', reject)
  sent.end(body)
  return promise
}
