import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { inspect } from 'node:util'
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { FetchPolicy } from '../../../lib/net/fetch-policy.ts'
import {
  createFetchUntrusted,
  FetchError,
  type FetchRequest,
} from '../../../lib/net/fetch-untrusted.ts'
import { createCertificateAuthority } from '../../../local/world/certificates.ts'
import { type Handler, type HttpsWorld, startHttpsWorld } from '../../helpers/https-world.ts'

let world: HttpsWorld

beforeAll(async () => {
  world = await startHttpsWorld({})
})
afterAll(() => world.close())

/** Serves one host with one handler and fetches it once. */
async function get(
  handler: Handler,
  request: Partial<FetchRequest> = {},
  policy: FetchPolicy = {},
) {
  world.hosts.set('anchor.sim', handler)
  world.connections = 0
  world.requests.length = 0
  const { fetch, close } = createFetchUntrusted({ ...world.policy, ...policy })
  try {
    return await fetch('https://anchor.sim/start', { maxBytes: 1000, ...request })
  } finally {
    await close()
  }
}

async function failure(handler: Handler, request?: Partial<FetchRequest>, policy?: FetchPolicy) {
  const error = await get(handler, request, policy).catch((reason: unknown) => reason)
  if (!(error instanceof FetchError)) throw new Error('the fetch was expected to fail')
  return error
}

const send =
  (body: string | Buffer, headers: Record<string, string> = {}): Handler =>
  (_request, response) =>
    response.writeHead(200, headers).end(body)

/** Writes a chunk again and again until the client closes the connection. */
function flood(response: ServerResponse, chunk: Buffer): void {
  const write = () => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on('drain', write)
  write()
}

describe('an answer', () => {
  test('has status, final URL, type and text', async () => {
    const answer = await get(send('VERSION="2.0.0"', { 'content-type': 'text/plain' }))
    expect(answer).toMatchObject({
      status: 200,
      url: 'https://anchor.sim/start',
      contentType: 'text/plain',
      retryAfter: null,
      text: 'VERSION="2.0.0"',
      bytes: 15,
    })
    expect(answer.durationMs).toBeGreaterThanOrEqual(0)
  })

  test.each([201, 204, 304, 400, 404, 410, 429, 500, 503])(
    'of status %i has no text and keeps Retry-After',
    async (status) => {
      const handler: Handler = (_request, response) =>
        response
          .writeHead(status, { 'retry-after': '7' })
          .end(status === 204 ? undefined : 'secret')
      const { text, bytes, retryAfter, ...answer } = await get(handler)
      expect([answer.status, text, bytes, retryAfter]).toEqual([status, '', 0, '7'])
    },
  )

  test('of status 404 is returned before its body ends', async () => {
    const handler: Handler = (_request, response) =>
      flood(response.writeHead(404), Buffer.alloc(9999))
    expect((await get(handler)).status).toBe(404)
  })

  test.each([
    ['identity', (text: string) => Buffer.from(text)],
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['x-gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('in coding %s is decoded', async (coding, encode) => {
    const text = 'SIGNING_KEY="é"\n'.repeat(50)
    const answer = await get(send(encode(text), { 'content-encoding': coding }))
    expect([answer.text, answer.bytes]).toEqual([text, Buffer.byteLength(text)])
  })

  test.each<[string, Buffer, string, object, string]>([
    ['UTF-16', Buffer.from('\ufeffé', 'utf16le'), '', { encoding: 'utf-16le' }, 'é'],
    ['Latin-1', Buffer.from('é=1', 'latin1'), '', { encoding: 'broken_utf8' }, '\uFFFD=1'],
    ['a character set as its coding', Buffer.from('é'), 'UTF-8', { contentEncoding: 'UTF-8' }, 'é'],
    [
      'gzip behind a framing',
      gzipSync('é'),
      'aws-chunked,gzip',
      { contentEncoding: 'aws-chunked,gzip' },
      'é',
    ],
  ])(
    'of %s is read only where the request allows it',
    async (_what, body, coding, repairs, text) => {
      const handler = send(body, coding === '' ? {} : { 'content-encoding': coding })
      expect(await get(handler, { lenientText: true })).toMatchObject({ text, repairs })
      expect((await failure(handler)).code).toMatch(/^(?:not_utf8|encoding_unsupported)$/)
    },
  )

  test('of UTF-8 has no repairs where the request allows them', async () => {
    const answer = await get(send(gzipSync('é'), { 'content-encoding': 'gzip' }), {
      lenientText: true,
    })
    expect(answer.text).toBe('é')
    expect(answer).not.toHaveProperty('repairs')
  })

  test('of JSON loses its long texts while it arrives, where the request asks for it', async () => {
    const body = JSON.stringify({ short: 'kept', long: 'x'.repeat(500) })
    const { text } = await get(send(body), { cutTextsAt: 100 })
    expect(JSON.parse(text)).toMatchObject({ short: 'kept' })
    expect(text.length).toBeLessThan(300)
    expect((await get(send(body))).text).toBe(body)
  })

  test('that a fault of our own keeps from being read says which', async () => {
    const handler: Handler = (_request, response) => response.writeHead(404).end('x')
    const error = await failure(handler, { refusalBytes: 1n as never })
    expect(error.code).toBe('connection_lost')
    expect(error.message).toContain('BigInt')
  })

  test('in an unknown coding, or in two, is refused where the request allows repairs', async () => {
    for (const coding of ['zstd', 'gzip, gzip', 'none, gzip, gzip']) {
      const handler = send(gzipSync(gzipSync('x')), { 'content-encoding': coding })
      await expect(get(handler, { lenientText: true })).rejects.toMatchObject({
        code: 'encoding_unsupported',
      })
    }
  })

  test.each([
    ['plain', (text: string) => Buffer.from(text), {}],
    ['gzip', gzipSync, { 'content-encoding': 'gzip' }],
    ['br', brotliCompressSync, { 'content-encoding': 'br' }],
  ] as const)(
    'of status 403 shows its beginning, if asked, in coding %s',
    async (_, encode, headers) => {
      const handler: Handler = (_request, response) =>
        response.writeHead(403, headers).end(encode('{"error":"forbidden"}'.padEnd(3000, 'é')))
      const { status, text, bytes } = await get(handler, { refusalBytes: 30 })
      expect([status, text.slice(0, 21), bytes]).toEqual([403, '{"error":"forbidden"}', 30])
    },
  )

  test.each<[string, Handler]>([
    ['hangs', (_request, response) => void response.writeHead(500).write('{"er')],
    [
      'breaks off',
      (_request, response) =>
        void response
          .writeHead(500, { 'content-length': '99' })
          .write('{"er', () => response.destroy()),
    ],
    [
      'is in an unknown coding',
      (_request, response) => response.writeHead(500, { 'content-encoding': 'zstd' }).end('{"er'),
    ],
    [
      'is no gzip',
      (_request, response) => response.writeHead(500, { 'content-encoding': 'gzip' }).end('{"er'),
    ],
    ['never ends', (_request, response) => flood(response.writeHead(500), Buffer.alloc(9999))],
  ])('whose refusal %s has its status all the same', async (_, handler) => {
    expect((await get(handler, { refusalBytes: 4096, timeoutMs: 300 })).status).toBe(500)
  })

  test('shows the headers that a check reads, and cuts each', async () => {
    const { headers } = await get(
      send('', {
        'access-control-allow-origin': '*',
        'www-authenticate': 'Bearer '.padEnd(5000, 'x'),
        allow: 'GET,OPTIONS',
        'cf-mitigated': 'challenge',
      }),
    )
    expect(headers).toEqual({
      accessControlAllowOrigin: '*',
      wwwAuthenticate: 'Bearer '.padEnd(200, 'x'),
      allow: 'GET,OPTIONS',
      cfMitigated: 'challenge',
    })
  })

  test('loses a leading byte order mark and no other', async () => {
    expect((await get(send('\ufeffa\ufeffb'))).text).toBe('a\ufeffb')
  })

  test('may have exactly the bytes allowed', async () => {
    expect((await get(send('x'.repeat(1000)))).bytes).toBe(1000)
    expect((await failure(send('x'.repeat(1001)))).code).toBe('too_large')
  })

  test('for the next path of a host comes over the same connection', async () => {
    world.hosts.set('anchor.sim', send('x'))
    world.connections = 0
    const { fetch, close } = createFetchUntrusted(world.policy)
    for (const path of ['.well-known/stellar.toml', 'sep24/info', 'sep6/info']) {
      await fetch(`https://anchor.sim/${path}`, { maxBytes: 10 })
    }
    expect(world.connections).toBe(1)
    await close()
  })
})

describe('a request', () => {
  test('holds no credential, cookie or referrer', async () => {
    let sent: Record<string, unknown> = {}
    await get(
      (request, response) => {
        sent = request.headers
        response.end()
      },
      { accept: 'text/plain', headers: { 'x-client': 'test' } },
    )
    expect(Object.keys(sent).sort()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
      'x-client',
    ])
    expect([sent['host'], sent['accept']]).toEqual(['anchor.sim', 'text/plain'])
  })

  test.each(['Authorization', 'cookie', 'Proxy-Authorization', 'Host'])(
    'with the header %s is refused',
    async (name) => {
      await expect(get(send(''), { headers: { [name]: 'x' } })).rejects.toThrow(TypeError)
      expect(world.connections).toBe(0)
    },
  )

  test('asks as the page of an origin, or with OPTIONS', async () => {
    const seen: unknown[] = []
    const handler: Handler = ({ method, headers }, response) => {
      seen.push([method, headers.origin])
      response.end()
    }
    await get(handler, { origin: 'https://wallet.sim' })
    await get(handler, { method: 'OPTIONS' })
    expect(seen).toEqual([
      ['GET', 'https://wallet.sim'],
      ['OPTIONS', undefined],
    ])
  })

  test('with a token sends it to the host of its URL only', async () => {
    const seen: unknown[] = []
    const handler: Handler = ({ url, headers }, response) => {
      seen.push([url, headers.authorization])
      response.writeHead(302, { location: 'https://other.sim/next' }).end()
    }
    const failed = await failure(handler, { bearer: 'the-token' })
    expect(seen).toEqual([['/start', 'Bearer the-token']])
    expect(failed.code).toBe('redirect_limit')
    expect(inspect(failed)).not.toContain('the-token')
  })

  test('with a JSON text is a POST of exactly that text', async () => {
    const seen: unknown[] = []
    const handler: Handler = (request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        seen.push(request.method, request.headers['content-type'], body)
        response.writeHead(200).end('{"ok":true}')
      })
    }
    const json = '{"jsonrpc":"2.0","text":"\u00e9"}'
    expect(await get(handler, { json })).toMatchObject({ status: 200, text: '{"ok":true}' })
    expect(await get(handler, { json: '' })).toMatchObject({ status: 200 })
    expect(await get(handler, {})).toMatchObject({ status: 200 })
    expect(seen).toEqual([
      ...['POST', 'application/json', json],
      ...['POST', 'application/json', ''],
      ...['GET', undefined, ''],
    ])
  })

  test.each([301, 302, 303, 307, 308])(
    'with a JSON text does not follow status %i, whatever maxRedirects is',
    async (status) => {
      const handler: Handler = (_request, response) =>
        response.writeHead(status, { location: '/next' }).end()
      const error = await failure(handler, { json: '{}', maxRedirects: 3 })
      expect(error.code).toBe('redirect_limit')
      expect(world.requests).toHaveLength(1)
    },
  )

  test('ends when its caller aborts it before or after the start', async () => {
    const before = await failure(send(''), { signal: AbortSignal.abort() })
    expect([before.code, world.connections]).toEqual(['aborted', 0])
    const controller = new AbortController()
    const during = await failure(() => controller.abort(), { signal: controller.signal })
    expect(during.code).toBe('aborted')
  })

  test('that is still running at close is aborted', async () => {
    const { fetch, close } = createFetchUntrusted(world.policy)
    world.hosts.set('anchor.sim', () => void close())
    await expect(fetch('https://anchor.sim/', { maxBytes: 1 })).rejects.toMatchObject({
      code: 'aborted',
    })
  })
})

describe('redirects', () => {
  const chain = (length: number, status = 302): Handler => {
    let left = length
    return (_request, response) => {
      if (left-- === 0) response.end('end')
      else response.writeHead(status, { location: `/hop${left}` }).end('ignored')
    }
  }

  test.each([301, 302, 303, 307, 308])('status %i is followed', async (status) => {
    const answer = await get(chain(1, status))
    expect(answer).toMatchObject({ url: 'https://anchor.sim/hop0', text: 'end' })
  })

  test('three are followed and a fourth is refused', async () => {
    expect((await get(chain(3))).text).toBe('end')
    expect((await failure(chain(4))).code).toBe('redirect_limit')
    expect(world.requests).toHaveLength(4)
  })

  test('a caller may allow none', async () => {
    expect((await failure(chain(1), { maxRedirects: 0 })).code).toBe('redirect_limit')
    expect(world.requests).toHaveLength(1)
  })

  test('a loop is refused after three redirects', async () => {
    expect((await failure(chain(Number.POSITIVE_INFINITY))).code).toBe('redirect_limit')
  })

  test.each([
    ['https://www.sim.sim/x', 'https://www.sim.sim/x'],
    ['HTTPS://WWW.SIM.SIM:443/x#y', 'https://www.sim.sim/x'],
    ['//www.sim.sim/x', 'https://www.sim.sim/x'],
    ['../x?q=1', 'https://anchor.sim/x?q=1'],
    ['?q=1', 'https://anchor.sim/start?q=1'],
  ])('Location %s leads to %s', async (location, url) => {
    world.hosts.set('www.sim.sim', send('there'))
    const handler: Handler = (request, response) => {
      if (request.url === '/start') response.writeHead(301, { location }).end()
      else response.end('there')
    }
    expect(await get(handler)).toMatchObject({ url, text: 'there' })
  })

  test('one deadline covers all hops', async () => {
    const handler: Handler = (_request, response) => {
      setTimeout(() => response.writeHead(302, { location: '/again' }).end(), 60)
    }
    const { code } = await failure(handler, { timeoutMs: 150, maxRedirects: 1000 })
    expect(code).toBe('timeout')
  })
})

describe('a hostile body ends in an error', () => {
  const zeros = Buffer.alloc(100 * 1024 * 1024)
  const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }
  const emptyMember = gzipSync('')

  const coded = (coding: string, body: string | Buffer) =>
    send(body, { 'content-encoding': coding })
  const cut = (declared: number, body: string): Handler => {
    return (_request, response) => {
      response.writeHead(200, { 'content-length': declared })
      response.write(body, () => response.destroy())
    }
  }

  test.each<[string, string, Handler]>([
    ['100 MB in gzip', 'too_large', coded('gzip', gzipSync(zeros))],
    ['100 MB in brotli', 'too_large', coded('br', brotliCompressSync(zeros, quick))],
    ['endless chunks', 'too_large', (_q, response) => flood(response, Buffer.alloc(16_384))],
    [
      'endless empty gzip members',
      'too_large',
      (_q, response) => {
        response.setHeader('content-encoding', 'gzip')
        flood(response, Buffer.concat(Array(100).fill(emptyMember)))
      },
    ],
    [
      'a length above the limit, never sent',
      'too_large',
      (_q, response) => response.writeHead(200, { 'content-length': 1e12 }).flushHeaders(),
    ],
    ['a length larger than the body', 'connection_lost', cut(900, 'short')],
    ['1 MB of one header', 'too_large', send('', { 'x-long': 'x'.repeat(1_000_000) })],
    [
      '2 000 headers',
      'too_large',
      send('', Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`x-${i}`, 'xxxxxxxx']))),
    ],
    ['gzip, gzip', 'encoding_unsupported', coded('gzip, gzip', gzipSync(gzipSync('x')))],
    ['500 codings', 'encoding_unsupported', coded(Array(500).fill('gzip').join(','), 'x')],
    ['deflate', 'encoding_unsupported', coded('deflate', 'x')],
    ['zstd', 'encoding_unsupported', coded('zstd', zstdCompressSync('x'))],
    ['an unknown coding', 'encoding_unsupported', coded('__proto__', 'x')],
    ['plain text as gzip', 'encoding_unsupported', coded('gzip', 'VERSION="2.0.0"')],
    ['plain text as brotli', 'encoding_unsupported', coded('br', 'VERSION="2.0.0"')],
    ['half a gzip', 'encoding_unsupported', coded('gzip', gzipSync('hello').subarray(0, 15))],
    [
      'half a brotli',
      'encoding_unsupported',
      coded('br', brotliCompressSync('hello').subarray(0, 4)),
    ],
    ['Latin-1', 'not_utf8', send(Buffer.from('Z\u00fcrich', 'latin1'))],
    ['UTF-16', 'not_utf8', send(Buffer.from('\ufeffhello', 'utf16le'))],
    ['an encoded surrogate', 'not_utf8', send(Buffer.from([0xed, 0xa0, 0x80]))],
    ['an overlong slash', 'not_utf8', send(Buffer.from([0xc0, 0xaf]))],
    ['half a character', 'not_utf8', send(Buffer.from('é').subarray(0, 1))],
  ])('%s: %s', async (_name, code, handler) => {
    expect((await failure(handler)).code).toBe(code)
  })

  test.each<[string, Handler]>([
    ['cut after the headers', (_q, response) => response.flushHeaders()],
    ['cut before the headers', () => {}],
  ])('%s: connection_lost', async (_name, handler) => {
    const cutting: Handler = (request, response) => {
      handler(request, response)
      setImmediate(() => request.socket.destroy())
    }
    expect((await failure(cutting)).code).toBe('connection_lost')
  })

  test.each([
    ['an SSH greeting', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['a bare line feed in a header', 'HTTP/1.1 200 OK\r\nx: a\nb\r\ncontent-length: 0\r\n\r\n'],
    ['a bad chunk size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
    [
      'a switch of protocols',
      'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    ],
  ])('%s: connection_lost', async (_name, text) => {
    const { code } = await failure((request) => void request.socket.end(text))
    expect(code).toBe('connection_lost')
  })
})

describe('a slow answer ends in a timeout', () => {
  const repeat = (response: ServerResponse, step: () => void) => {
    const timer = setInterval(step, 10)
    response.on('close', () => clearInterval(timer))
  }

  test.each<[string, Handler]>([
    ['no headers', () => {}],
    ['no body', (_q, response) => response.flushHeaders()],
    ['half a body', (_q, response) => void response.write('x')],
    ['one byte at a time', (_q, response) => repeat(response, () => response.write('x'))],
    [
      'one byte of header at a time',
      (request, response) => {
        request.socket.write('HTTP/1.1 200 OK\r\nx: ')
        repeat(response, () => request.socket.write('x'))
      },
    ],
    [
      'endless 103',
      (_q, response) =>
        repeat(response, () => response.writeEarlyHints({ link: '</a>; rel=preload' })),
    ],
    [
      'half a gzip',
      (_q, response) => {
        response.setHeader('content-encoding', 'gzip')
        response.write(gzipSync('hello').subarray(0, 12))
      },
    ],
  ])('%s', async (_name, handler) => {
    expect((await failure(handler, { timeoutMs: 100 })).code).toBe('timeout')
  })

  test("the policy's deadline holds if the request has none", async () => {
    expect((await failure(() => {}, {}, { requestTimeoutMs: 50 })).code).toBe('timeout')
  })
})

describe('the connection', () => {
  const servers: Server[] = []
  afterAll(() => Promise.all(servers.map((server) => new Promise((done) => server.close(done)))))

  /** The port of a TCP server that does something to every connection. */
  async function tcp(onConnection: (socket: import('node:net').Socket) => void): Promise<number> {
    const server = createServer((socket) => {
      // Without reading, the server would miss the end of the connection and could not close.
      socket.resume().on('error', () => {})
      onConnection(socket)
    })
    servers.push(server)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return (server.address() as AddressInfo).port
  }

  test('to a certificate of another authority fails, whatever the environment says', async () => {
    const { ca } = await createCertificateAuthority('Another CA')
    expect((await failure(send('x'), {}, { ca })).code).toBe('tls_failed')
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    expect((await failure(send('x'), {}, { ca })).code).toBe('tls_failed')
    expect(world.requests).toEqual([])
  })

  test("to a certificate outside the system's authorities fails", async () => {
    const { ca: _ca, ...policy } = world.policy
    const { fetch, close } = createFetchUntrusted(policy)
    await expect(fetch('https://anchor.sim/', { maxBytes: 1 })).rejects.toMatchObject({
      code: 'tls_failed',
    })
    await close()
  })

  test("to another host's certificate fails", async () => {
    const wrong = await startHttpsWorld({ 'anchor.sim': send('x') }, () => 'other.sim')
    const { fetch, close } = createFetchUntrusted(wrong.policy)
    const error = await fetch('https://anchor.sim/', { maxBytes: 1 }).catch((reason) => reason)
    expect([error.code, error.cause.code]).toEqual(['tls_failed', 'ERR_TLS_CERT_ALTNAME_INVALID'])
    expect(wrong.requests).toEqual([])
    await close()
    await wrong.close()
  })

  test('to a server without TLS fails', async () => {
    const port = await tcp((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx'))
    expect((await failure(send('x'), {}, { port })).code).toBe('tls_failed')
  })

  test('closed before the handshake, or refused, is not a matter of TLS', async () => {
    const port = await tcp((socket) => socket.destroy())
    expect((await failure(send('x'), {}, { port })).code).toBe('connect_failed')
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const free = (closed.address() as AddressInfo).port
    await new Promise((resolve) => closed.close(resolve))
    expect((await failure(send('x'), {}, { port: free })).code).toBe('connect_failed')
  })

  test('to a server without a TLS handshake ends in a timeout', async () => {
    const port = await tcp(() => {})
    const { code } = await failure(send('x'), {}, { port, connectTimeoutMs: 60 })
    expect(code).toBe('timeout')
  })

  test('to an unknown host fails in DNS', async () => {
    const { fetch, close } = createFetchUntrusted(world.policy)
    await expect(fetch('https://nobody.sim/', { maxBytes: 1 })).rejects.toMatchObject({
      code: 'dns_failed',
    })
    await close()
  })

  test('close without a fetch opens nothing', async () => {
    await expect(createFetchUntrusted().close()).resolves.toBeUndefined()
  })
})

describe('errors and answers hold no secret', () => {
  const everything = (error: unknown): string =>
    error instanceof Error
      ? `${error.message}\n${error.stack}\n${JSON.stringify(error)}\n${everything(error.cause)}`
      : ''

  test.each([
    'https://user:CANARY@anchor.sim/',
    'https://CANARY@anchor.sim/',
    'http://user:CANARY@anchor.sim/?a=b',
    'https://nobody.sim/api?secret=CANARY',
    'https://nobody.sim/api?x=1&CRON_SECRET=CANARY&y=2',
    'https://127.0.0.1/?secret=CANARY',
    'https://anchor.sim:99/?api_key=CANARY',
    'https://anchor.sim/redirect?access_token=CANARY',
    'http://anchor.sim/?secret=CANARY',
    'https://anchor.sim/\n?secret=CANARY',
  ])('%j', async (url) => {
    world.hosts.set('anchor.sim', (_request, response) => {
      response.writeHead(302, { location: 'https://u:CANARY@127.0.0.1/?secret=CANARY' }).end()
    })
    const { fetch, close } = createFetchUntrusted(world.policy)
    const error = await fetch(url, { maxBytes: 1 }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(FetchError)
    expect(everything(error)).not.toContain('CANARY')
    await close()
  })

  test('the URL of an answer keeps its other parameters', async () => {
    const handler: Handler = (request, response) => {
      if (request.url !== '/start') response.end()
      else response.writeHead(302, { location: '/x?cursor=7&secret=CANARY&limit=9' }).end()
    }
    expect((await get(handler)).url).toBe('https://anchor.sim/x?cursor=7&secret=[redacted]&limit=9')
  })

  test('an error says what failed, the value, where, and what is allowed', async () => {
    const error = await failure(send('x'.repeat(2000)))
    expect(error.message).toBe(
      'Answer too large: more than 1000 bytes at https://anchor.sim/start; no more than that is read',
    )
  })
})

describe('an error names the value that was refused', () => {
  const hang: Handler = () => {}
  const to =
    (headers: Record<string, string>): Handler =>
    (_request, response) => {
      response.writeHead(302, headers).end()
    }

  test.each<[string, Handler, Partial<FetchRequest>]>([
    ['No complete answer in time: 50 ms at ', hang, { timeoutMs: 50 }],
    ['Request aborted: by the caller at ', hang, { signal: AbortSignal.abort() }],
    ['Answer too large: more than 10 bytes at ', send('x'.repeat(11)), { maxBytes: 10 }],
    [
      'Answer too large: more than 16384 bytes of headers at ',
      send('', { 'x-long': 'x'.repeat(17_000) }),
      {},
    ],
    ['Body is not text: 1 bytes at ', send(Buffer.from([0xff])), {}],
    ['Body not decodable: "zstd" at ', send('x', { 'content-encoding': 'zstd' }), {}],
    ['Too many redirects: 3 redirects at ', to({ location: '/start' }), {}],
    ['Too many redirects: 1 redirects at ', to({ location: '/start' }), { maxRedirects: 1 }],
    ['Too many redirects: 0 redirects at ', to({ location: '/start' }), { json: '{}' }],
    ['Redirect refused: no Location at ', to({}), {}],
    ['Redirect refused: "http://anchor.sim/" at ', to({ location: 'http://anchor.sim/' }), {}],
  ])('%s', async (message, handler, request) => {
    const error = await failure(handler, request)
    expect(error.message.startsWith(`${message}https://anchor.sim/start; `)).toBe(true)
  })

  test.each([
    ['https://anchor.sim:8443/', 'URL refused: port at '],
    ['http://anchor.sim/', 'URL refused: url_form at '],
    ['https://localhost/', 'Host refused: "localhost" ('],
  ])('of the URL %s', async (url, message) => {
    const { fetch } = createFetchUntrusted(world.policy)
    await expect(fetch(url, { maxBytes: 10 })).rejects.toThrow(message)
  })

  test('of a host of our own', async () => {
    const { fetch } = createFetchUntrusted({ ...world.policy, denyHosts: ['anchor.sim'] })
    const message = 'Host refused: own host api.anchor.sim at https://api.anchor.sim/'
    await expect(fetch('https://api.anchor.sim/', { maxBytes: 10 })).rejects.toThrow(message)
  })

  test('of a header that could carry a credential', async () => {
    const { fetch } = createFetchUntrusted(world.policy)
    const refused = fetch('https://anchor.sim/', { maxBytes: 10, headers: { Cookie: 'x' } })
    await expect(refused).rejects.toThrow(
      new TypeError('Request refused: header Cookie; no credentials go to strangers'),
    )
  })
})

test('a request says who asks, and what it takes', async () => {
  const seen: Record<string, unknown>[] = []
  const handler: Handler = (request, response) => {
    seen.push(request.headers)
    response.end('')
  }
  await get(handler)
  await get(handler, { accept: 'text/plain', json: '{}' })
  expect(seen[0]).toMatchObject({
    accept: '*/*',
    'accept-encoding': 'gzip, br',
    'user-agent': 'anchor-ops/1 (reads stellar.toml and /info of anchors)',
  })
  expect(seen[0]).not.toHaveProperty('content-type')
  expect(seen[1]).toMatchObject({ accept: 'text/plain', 'content-type': 'application/json' })
})
