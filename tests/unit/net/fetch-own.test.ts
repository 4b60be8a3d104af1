import { once } from 'node:events'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import tls from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createOwnFetch, OwnFetchError, type OwnFetchOptions } from '../../../lib/net/fetch-own.ts'
import { createCertificateAuthority } from '../../../local/world/certificates.ts'
import {
  type Behaviour,
  type LoopbackServer,
  resetConnection,
  startLoopbackServer,
} from '../../helpers/loopback-server.ts'

const CANARY = 'canary-credential-0123456789'

let server: LoopbackServer

beforeEach(async () => {
  server = await startLoopbackServer((_request, response) => response.end('{}'))
})
afterEach(() => server.close())

const post = { method: 'POST', headers: { 'x-api-key': CANARY }, body: '[]' } as const

const call = (options: Partial<OwnFetchOptions> = {}) =>
  createOwnFetch({ origin: server.origin, ...options })('/', post)

async function failure(options?: Partial<OwnFetchOptions>): Promise<OwnFetchError> {
  const error = await call(options).catch((reason: unknown) => reason)
  if (!(error instanceof OwnFetchError)) throw new Error('the call was expected to fail')
  return error
}

describe('an answer', () => {
  test('has status, type, Retry-After and the whole text', async () => {
    server.behave = (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'retry-after': '7' }).end('[1]')
    expect(await call()).toEqual({
      status: 200,
      contentType: 'application/json',
      retryAfter: '7',
      text: '[1]',
    })
  })

  test('follows a request that is sent once, unchanged, over a connection of its own', async () => {
    const fetch = createOwnFetch({ origin: server.origin })
    await fetch('/base/', { ...post, body: '["é"]' })
    await fetch('/transactions?sep=24', { method: 'GET' })
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        path: '/base/',
        body: '["é"]',
        headers: { 'x-api-key': CANARY, connection: 'close', 'accept-encoding': 'identity' },
      },
      { method: 'GET', path: '/transactions?sep=24', body: '' },
    ])
    expect(server.requests[1]?.headers).not.toHaveProperty('x-api-key')
    expect(server.connections).toBe(2)
  })

  test.each([400, 403, 404, 429, 500, 503])('of status %i has its text', async (status) => {
    server.behave = (_request, response) => response.writeHead(status).end('why')
    expect(await call()).toMatchObject({ status, text: 'why' })
  })

  test('of status 403 whose body breaks off has the part received', async () => {
    server.behave = (_request, response) => {
      response.writeHead(403, { 'content-length': '100' }).write('{"error"')
      response.socket?.end()
    }
    expect(await call()).toMatchObject({ status: 403, text: '{"error"' })
  })

  test('of status 500 with an endless body is cut at 64 KB', async () => {
    server.behave = (_request, response) => {
      const write = () => {
        while (!response.destroyed && response.write(Buffer.alloc(9_999, 'x')));
      }
      response.writeHead(500).on('drain', write)
      write()
    }
    expect(await call()).toMatchObject({ status: 500, text: 'x'.repeat(64 * 1024) })
  })
})

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])(
    '%i is an answer, and nothing reaches its target',
    async (status) => {
      const other = await startLoopbackServer((_request, response) => response.end('{}'))
      server.behave = (_request, response) =>
        response.writeHead(status, { location: `${other.origin}/` }).end()
      try {
        expect((await call()).status).toBe(status)
        expect(server.requests).toHaveLength(1)
        expect(other.connections).toBe(0)
      } finally {
        await other.close()
      }
    },
  )
})

describe('a failure before the connection is made says that nothing was sent', () => {
  test('when the connection is refused', async () => {
    await server.close()
    expect(await failure()).toMatchObject({ code: 'connect_failed', sent: false })
    server = await startLoopbackServer((_request, response) => response.end())
  })

  test('when the name does not exist', async () => {
    const error = await failure({ origin: 'http://platform.invalid', connectTimeoutMs: 500 })
    expect(error.sent).toBe(false)
    expect(['dns_failed', 'timeout']).toContain(error.code)
  })

  test('when the server has no TLS', async () => {
    const origin = server.origin.replace('http:', 'https:')
    expect(await failure({ origin })).toMatchObject({ code: 'tls_failed', sent: false })
    expect(server.requests).toEqual([])
  })

  test('when the TLS handshake takes too long', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(
      0,
      '127.0.0.1',
    )
    await once(silent, 'listening')
    const origin = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const error = await failure({ origin, connectTimeoutMs: 50 })
    expect(error).toMatchObject({ code: 'timeout', sent: false })
    await new Promise((resolve) => silent.close(resolve))
  })
})

describe('over TLS', () => {
  const trusted = tls.getCACertificates('default')
  afterEach(() => tls.setDefaultCACertificates(trusted))

  test('nothing is sent to a server without a certificate of a trusted authority', async () => {
    const authority = await createCertificateAuthority()
    const received: string[] = []
    const secure = createTlsServer(
      {
        SNICallback: (hostname, callback) => {
          authority.secureContext(hostname).then((context) => callback(null, context), callback)
        },
      },
      (request, response) => {
        received.push(String(request.headers['x-api-key']))
        response.end('[]')
      },
    ).listen(0, '127.0.0.1')
    await once(secure, 'listening')
    const origin = `https://localhost:${(secure.address() as AddressInfo).port}`
    try {
      expect(await failure({ origin })).toMatchObject({ code: 'tls_failed', sent: false })
      expect(received).toEqual([])
      tls.setDefaultCACertificates([...trusted, authority.ca])
      expect(await call({ origin })).toMatchObject({ status: 200, text: '[]' })
      expect(received).toEqual([CANARY])
    } finally {
      secure.closeAllConnections()
      await new Promise((resolve) => secure.close(resolve))
    }
  })
})

describe('a later failure says that the request may have arrived', () => {
  test.each<[string, string, Behaviour, Partial<OwnFetchOptions>?]>([
    ['a reset', 'connection_lost', resetConnection],
    ['an end without an answer', 'connection_lost', (_request, response) => response.socket?.end()],
    ['no answer in time', 'timeout', () => {}, { headersTimeoutMs: 20 }],
    [
      'a body that never ends',
      'timeout',
      (_request, response) => response.writeHead(200).write('['),
      { totalTimeoutMs: 500 },
    ],
    [
      'a body shorter than it says',
      'connection_lost',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('[')
        response.socket?.end()
      },
    ],
    [
      'an answer that is not HTTP',
      'connection_lost',
      (_request, response) => response.socket?.end('hello\r\n\r\n'),
    ],
    [
      'a body over the limit',
      'too_large',
      (_request, response) => response.end('x'.repeat(1_001)),
      { maxBytes: 1_000 },
    ],
    [
      'a body that is not text',
      'not_utf8',
      (_request, response) => response.end(Buffer.from([0xff])),
    ],
    [
      'a coding that was not asked for',
      'encoding_unsupported',
      (_request, response) => response.writeHead(200, { 'content-encoding': 'zstd' }).end('x'),
    ],
  ])('%s: %s', async (_case, code, behave, options) => {
    server.behave = behave
    const error = await failure(options)
    expect(error).toMatchObject({ code, sent: true })
    // The deadline may end the call before the server, in the same process, has read the request.
    const least = code === 'timeout' ? 0 : 1
    expect(server.requests.length).toBeGreaterThanOrEqual(least)
    expect(server.requests.length).toBeLessThanOrEqual(1)
    expect(server.connections).toBeLessThanOrEqual(1)
  })

  test('a connection cut before the request is read is not dialled a second time', async () => {
    server.onConnection = (socket) => socket.resetAndDestroy()
    const error = await failure()
    expect(['connection_lost', 'connect_failed']).toContain(error.code)
    expect(server.connections).toBe(1)
    expect(server.requests).toEqual([])
  })
})

describe('a GET that loses its connection', () => {
  const get = { method: 'GET' } as const

  test('is sent once more on a new connection, and not on another kept one', async () => {
    const fetch = createOwnFetch({ origin: server.origin })
    const used = new Set<unknown>()
    server.behave = (request, response) => {
      if (used.has(response.socket)) return resetConnection(request, response)
      used.add(response.socket)
      response.end('{}')
    }
    const all = () => Promise.all(Array.from({ length: 20 }, () => fetch('/', get)))
    await all()
    const before = server.requests.length
    expect((await all()).map(({ text }) => text)).toEqual(Array(20).fill('{}'))
    expect(server.requests.length - before).toBeLessThanOrEqual(40)
  })

  test('twice fails', async () => {
    server.behave = resetConnection
    const fetch = createOwnFetch({ origin: server.origin })
    await expect(fetch('/', get)).rejects.toMatchObject({ code: 'connection_lost', sent: true })
    expect(server.requests).toHaveLength(2)
  })

  test('has one deadline for both', async () => {
    server.behave = (request, response) => {
      if (server.requests.length === 1) resetConnection(request, response)
    }
    const fetch = createOwnFetch({ origin: server.origin, totalTimeoutMs: 300 })
    await expect(fetch('/', get)).rejects.toMatchObject({ code: 'timeout' })
    expect(server.requests).toHaveLength(2)
  })
})

test('an error names the place and what is allowed, without credential and query', async () => {
  server.behave = resetConnection
  const fetch = createOwnFetch({ origin: server.origin })
  const error = await fetch(`/a?secret=${CANARY}`, post).catch((reason: unknown) => reason)
  if (!(error instanceof Error)) throw new Error('the call was expected to fail')
  expect(error.message).toMatch(
    /^Connection lost or answer malformed: \w+ at http:\/\/127\.0\.0\.1:\d+\/a; a complete /,
  )
  expect(error.message + error.stack + String(error.cause)).not.toContain('canary')
})

test.each(['', 'transactions', 'http://evil.example/', '/a b', '/é', '/a\r\nx: y'])(
  'the path %j is refused before anything is dialled',
  async (path) => {
    const fetch = createOwnFetch({ origin: server.origin })
    await expect(fetch(path, { method: 'GET' })).rejects.toThrow(TypeError)
    expect(server.connections).toBe(0)
  },
)
