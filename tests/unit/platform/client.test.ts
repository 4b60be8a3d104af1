import * as fc from 'fast-check'
import { jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createLog } from '../../../lib/log.ts'
import { parseLosslessJson } from '../../../lib/lossless-json.ts'
import { createOwnFetch, type OwnFetchOptions } from '../../../lib/net/fetch-own.ts'
import {
  createPlatformApi,
  type PlatformApi,
  PlatformReadError,
} from '../../../lib/platform/client.ts'
import type { PlatformReply } from '../../../lib/platform/reply.ts'
import {
  type Behaviour,
  type LoopbackServer,
  resetConnection,
  startLoopbackServer,
} from '../../helpers/loopback-server.ts'

const CANARY = 'canary-secret/of"the platform+0123456789'
const START = Date.parse('2026-11-20T00:00:00Z')
const RPC_ID = 'ours-1'
const ID = 'transaction-1'
const UPDATE = {
  rpcId: RPC_ID,
  method: 'notify_offchain_funds_sent',
  params: { transaction_id: ID, external_transaction_id: 'e-1' },
}
const TRANSACTION = { id: ID, sep: '24', kind: 'withdrawal', status: 'completed' }

let server: LoopbackServer

beforeEach(async () => {
  server = await startLoopbackServer(json([result()]))
})
afterEach(() => server.close())

function result(change: Record<string, unknown> = {}) {
  return { jsonrpc: '2.0', result: TRANSACTION, id: RPC_ID, ...change }
}

function error(code: unknown, change: Record<string, unknown> = {}) {
  return { jsonrpc: '2.0', error: { id: ID, code, message: 'why' }, id: RPC_ID, ...change }
}

function send(status: number, text: string, headers: Record<string, string> = {}): Behaviour {
  return (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
}

const json = (body: unknown) => send(200, JSON.stringify(body))

type Auth = 'none' | 'api_key' | 'jwt'

/** A client with its log lines, its waits and its clock. */
function client(auth: Auth = 'none', options: Partial<OwnFetchOptions> & { path?: string } = {}) {
  const lines: string[] = []
  const sleeps: number[] = []
  const clock = { at: START }
  const { origin } = server
  // Short deadlines hold for the update alone, not for the auth check before it.
  const fetches = { GET: createOwnFetch({ origin }), POST: createOwnFetch({ origin, ...options }) }
  const api = createPlatformApi(
    {
      url: server.origin + (options.path ?? ''),
      auth,
      secret: auth === 'none' ? null : CANARY,
      authHeader: auth === 'api_key' ? 'x-api-key' : 'authorization',
    },
    {
      fetch: (path, request) => fetches[request.method](path, request),
      now: () => new Date(clock.at),
      sleep: async (ms) => {
        sleeps.push(ms)
      },
      log: createLog((line) => lines.push(line)),
    },
  )
  return { ...api, lines, sleeps, clock }
}

/** A platform that refuses requests without the credential. */
function guarded(behave: Behaviour, header = 'x-api-key'): Behaviour {
  return (request, response) =>
    request.headers[header] === undefined
      ? send(403, '{\n  "error": "forbidden"\n}')(request, response)
      : behave(request, response)
}

const isUpdate = ({ method }: { method: string }) => method === 'POST'

async function readFailure(read: Promise<unknown>): Promise<PlatformReadError> {
  const reason = await read.catch((caught: unknown) => caught)
  if (!(reason instanceof PlatformReadError)) throw new Error('the read was expected to fail')
  return reason
}

describe('an update', () => {
  test('is one POST of a batch of one to the root of the platform', async () => {
    await client('none', { path: '/context' }).send(UPDATE)
    expect(server.requests).toHaveLength(1)
    const [request] = server.requests
    expect(request).toMatchObject({ method: 'POST', path: '/context/' })
    expect(request?.headers['content-type']).toBe('application/json')
    expect(JSON.parse(request?.body ?? '')).toEqual([
      { jsonrpc: '2.0', method: UPDATE.method, params: UPDATE.params, id: RPC_ID },
    ])
  })

  test('carries amounts as texts with every digit of the request', async () => {
    const params = parseLosslessJson(
      `{"transaction_id":"${ID}","amount_in":{"amount":922337203685.4775807},"refund":{"amount":{"amount":1.10}}}`,
    ) as Record<string, unknown>
    await client().send({ ...UPDATE, params })
    expect(server.requests[0]?.body).toContain('{"amount":"922337203685.4775807"}')
    expect(server.requests[0]?.body).toContain('{"amount":"1.10"}')
  })

  test('is not sent where the auth check before it takes longer than 3 s', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const asked = Promise.withResolvers<void>()
    server.behave = () => asked.resolve()
    const sending = client('api_key').send(UPDATE)
    await asked.promise
    await vi.advanceTimersByTimeAsync(3_000)
    expect(await sending).toMatchObject({ kind: 'not_sent', code: 'auth_unknown' })
    expect(server.requests.map(({ method }) => method)).toEqual(['GET'])
  })

  test('with a JavaScript number is not sent', async () => {
    const params = { transaction_id: ID, amount_in: { amount: 0.1 } }
    await expect(client().send({ ...UPDATE, params })).rejects.toThrow(TypeError)
    expect(server.connections).toBe(0)
  })

  test('that was applied is answered with the transaction and every digit of its amounts', async () => {
    server.behave = send(
      200,
      `[{"jsonrpc":"2.0","result":{"id":"${ID}","sep":"24","kind":"deposit","status":"completed",
        "amount_in":{"amount":922337203685.4775807,"asset":"iso4217:USD"},
        "amount_out":{"amount":"1.10","asset":"stellar:native"}},"id":"${RPC_ID}"}]`,
      { 'content-type': 'application/json;charset=UTF-8' },
    )
    const reply = await client().send(UPDATE)
    expect(reply).toMatchObject({
      kind: 'result',
      transaction: {
        id: ID,
        status: 'completed',
        amount_in: { amount: '922337203685.4775807' },
        amount_out: { amount: '1.10' },
      },
    })
    expect(JSON.stringify(reply)).toContain('"amount":922337203685.4775807')
  })

  test.each([-32600, -32601, -32602, -32603])(
    'that was answered with the error %i is reported with its code',
    async (code) => {
      server.behave = json([error(code)])
      expect(await client().send(UPDATE)).toEqual({ kind: 'error', code, message: 'why' })
    },
  )

  test('that was answered with an error without a message is reported with an empty one', async () => {
    server.behave = json([{ jsonrpc: '2.0', error: { code: -32603 }, id: RPC_ID }])
    expect(await client().send(UPDATE)).toEqual({ kind: 'error', code: -32603, message: '' })
  })
})

const UNCLEAR: [string, Behaviour, Partial<OwnFetchOptions>?][] = [
  ['late', () => {}, { headersTimeoutMs: 20 }],
  ['reset after reading it', resetConnection],
  ['closed without an answer', (_request, response) => response.socket?.end()],
  [
    'slow in the middle of the body',
    (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).write('[{'),
    { totalTimeoutMs: 500 },
  ],
  ['500', send(500, '{"error":"Could not write JSON: Failed making field"}')],
  ['500 with a good answer in it', send(500, JSON.stringify([result()]))],
  ['502', send(502, '<html>Bad Gateway</html>', { 'content-type': 'text/html' })],
  ['503', send(503, '')],
  ['504', send(504, '')],
  ['201', send(201, JSON.stringify([result()]))],
  ['204', send(204, '')],
  ['409', send(409, '{}')],
  ['a redirect', send(302, '', { location: '/elsewhere' })],
  ['HTML', send(200, '<html></html>', { 'content-type': 'text/html' })],
  ['HTML that is called JSON', send(200, '<html></html>')],
  ['nothing', send(200, '')],
  ['truncated JSON', send(200, JSON.stringify([result()]).slice(0, -5))],
  ['a doubled answer', send(200, JSON.stringify([result()]).repeat(2))],
  ['10 MB and more', send(200, `[${' '.repeat(10 * 1024 * 1024)}]`)],
  ['10 MB of JSON', send(200, `[${' '.repeat(10 * 1024 * 1024 - 2)}]`)],
  ['a wrong content type', send(200, JSON.stringify([result()]), { 'content-type': 'text/plain' })],
  ['an object in place of the array', json(result())],
  ['an empty array', json([])],
  ['null', json(null)],
  ['[null]', json([null])],
  ['[[]]', json([[]])],
  ['a number', json(5)],
  ['[5]', json([5])],
  ['a wrong id', json([result({ id: 'another' })])],
  ['no id', json([result({ id: undefined })])],
  ['the id null', json([result({ id: null })])],
  ['an id of another type', json([result({ id: [RPC_ID] })])],
  ['the id twice', json([result(), result()])],
  ['a second answer', json([result(), result({ id: 'another' })])],
  ['a second id in the answer', send(200, `[{"id":"x",${JSON.stringify(result()).slice(1)}]`)],
  ['another version', json([result({ jsonrpc: '1.0' })])],
  ['neither result nor error', json([{ jsonrpc: '2.0', id: RPC_ID }])],
  ['both result and error', json([{ ...result(), ...error(-32600) }])],
  ['a result that is null', json([result({ result: null })])],
  ['a result that is not a transaction', json([result({ result: { id: ID } })])],
  ['another transaction', json([result({ result: { ...TRANSACTION, id: 'another' } })])],
  ['an error without code', json([error(undefined)])],
  ['an error whose code is a text', json([error('-32600')])],
  ['an error that is a text', json([error(0, { error: 'forbidden' })])],
  [
    'an error about another transaction',
    json([error(-32600, { error: { id: 'another', code: -32600, message: '' } })]),
  ],
  ['an error without an id', json([error(-32600, { id: undefined })])],
  [
    'the limit of batches with another id',
    json([error(0, { id: 'x', error: { code: -32600, message: 'RPC batch size limit[40]' } })]),
  ],
  ['an error with another id', json([error(-32600, { id: 'another' })])],
]

describe('an update whose answer proves nothing is unclear, and is never reported as failed or applied', () => {
  test.each(UNCLEAR)('%s', async (_case, behave, options) => {
    server.behave = guarded((request, response) =>
      isUpdate(request) ? behave(request, response) : json({})(request, response),
    )
    const here = client('api_key', options)
    const reply = await here.send(UPDATE)
    expect(reply).toMatchObject({ kind: 'unclear', reason: expect.stringMatching(/./) })
    if (reply.kind === 'unclear') expect(Buffer.byteLength(reply.body)).toBeLessThanOrEqual(4_096)
    // A deadline may end the call before the server, in the same process, has read it.
    const sent = server.requests.filter(isUpdate).length
    expect(sent).toBeGreaterThanOrEqual(options === undefined ? 1 : 0)
    expect(sent).toBeLessThanOrEqual(1)
    expect(JSON.stringify(reply) + here.lines.join()).not.toContain('canary')
  })

  test('an answer that is cut at any byte', async () => {
    const whole = JSON.stringify([result()])
    const here = client()
    for (let length = 0; length < whole.length; length++) {
      server.behave = send(200, whole.slice(0, length))
      expect((await here.send(UPDATE)).kind).toBe('unclear')
    }
  })

  test('an answer of any other JSON', async () => {
    const here = client()
    await fc.assert(
      fc.asyncProperty(fc.json(), async (text) => {
        server.behave = send(200, text)
        expect((await here.send(UPDATE)).kind).toBe('unclear')
      }),
    )
  })
})

describe('an update that the platform did not process is refused', () => {
  test.each([400, 401, 403, 404, 413, 429])('%i', async (status) => {
    server.behave = send(status, '{"error":"forbidden"}', { 'retry-after': '7' })
    const reply = await client().send(UPDATE)
    expect(reply).toEqual({
      kind: 'refused',
      status,
      reason: `the platform answered ${status}: {"error":"forbidden"}`,
      retryAfterMs: status === 429 ? 7_000 : null,
    })
  })

  test('an error about the size of the batch, which has no id', async () => {
    const message = 'RPC batch size limit[0] exceeded'
    server.behave = json([{ jsonrpc: '2.0', error: { code: -32600, message } }])
    expect(await client().send(UPDATE)).toMatchObject({ kind: 'refused', status: 200 })
  })
})

describe('an update of which no byte left is reported as not sent', () => {
  test('the connection is refused', async () => {
    await server.close()
    const reply = await client().send(UPDATE)
    server = await startLoopbackServer(json([]))
    expect(reply).toMatchObject({ kind: 'not_sent', code: 'unreachable' })
  })

  test('after a reset before the reading it is not repeated', async () => {
    server.onConnection = (socket) => socket.resetAndDestroy()
    const { kind } = await client().send(UPDATE)
    expect(['unclear', 'not_sent']).toContain(kind)
    expect(server.connections).toBe(1)
  })
})

describe('a redirect to another origin', () => {
  test.each([301, 302, 303, 307, 308])(
    'is not followed, so that it gets no credential: %i',
    async (status) => {
      const other = await startLoopbackServer(json([result()]))
      try {
        server.behave = guarded(send(status, '', { location: `${other.origin}/` }))
        const here = client('api_key')
        expect((await here.send(UPDATE)).kind).toBe('unclear')
        expect((await readFailure(here.getTransaction(ID))).code).toBe('refused')
        expect(other.connections).toBe(0)
        expect(server.requests).toHaveLength(3)
      } finally {
        await other.close()
      }
    },
  )
})

describe('the credential', () => {
  test('is the API key in the configured header of every request except for the auth check', async () => {
    server.behave = guarded((request, response) =>
      (isUpdate(request) ? json([result()]) : json(TRANSACTION))(request, response),
    )
    const here = client('api_key')
    await here.send(UPDATE)
    await here.getTransaction(ID)
    expect(server.requests.map(({ headers }) => headers['x-api-key'])).toEqual([
      undefined,
      CANARY,
      CANARY,
    ])
  })

  test('is a fresh HS256 token of 30 seconds with iat and exp', async () => {
    server.behave = guarded(json([result()]), 'authorization')
    const here = client('jwt')
    await here.send(UPDATE)
    here.clock.at += 60_000
    await here.send(UPDATE)
    const tokens = server.requests.filter(isUpdate).map(({ headers }) => headers.authorization)
    expect(tokens).toHaveLength(2)
    for (const [index, header] of tokens.entries()) {
      const { payload, protectedHeader } = await jwtVerify(
        header?.replace(/^Bearer /, '') ?? '',
        new TextEncoder().encode(CANARY),
        { algorithms: ['HS256'], currentDate: new Date(START + index * 60_000) },
      )
      expect(protectedHeader.alg).toBe('HS256')
      expect(payload).toEqual({
        iat: START / 1000 + index * 60,
        exp: START / 1000 + index * 60 + 30,
      })
    }
  })

  test.each<[Auth, string | null]>([
    ['jwt', 'canary-of-31-bytes-123456789012'],
    ['jwt', null],
    ['api_key', null],
    ['api_key', ''],
  ])('that cannot work for %s is refused at the start', (auth, secret) => {
    const make = () =>
      createPlatformApi(
        { url: server.origin, auth, secret, authHeader: 'authorization' },
        {
          fetch: createOwnFetch({ origin: server.origin }),
          now: () => new Date(START),
          sleep: async () => {},
          log: () => {},
        },
      )
    expect(make).toThrow(
      expect.objectContaining({
        code: 'configuration_invalid',
        message: expect.stringContaining('ANCHOR_PLATFORM_SECRET'),
      }),
    )
    expect(make).not.toThrow(/canary/)
  })

  test.each<[Auth, string]>([
    ['api_key', 'x-api-key'],
    ['jwt', 'authorization'],
  ])('of type %s stays hidden when the platform sends it back', async (auth, header) => {
    const here = client(auth)
    const shown: unknown[] = []
    const echoes: ((text: string) => Behaviour)[] = [
      (text) => send(500, text),
      (text) => send(400, text),
      (text) => send(403, JSON.stringify({ error: text })),
      (text) => send(200, text, { 'content-type': 'text/plain' }),
      (text) => send(200, '[]', { 'content-type': encodeURIComponent(text) }),
      // The body is cut in the middle of the credential, after a long Bearer token that is redacted.
      (text) => send(200, `Bearer ${'a'.repeat(8_000)} ${'x'.repeat(170)}${text}`),
      (text) => json([error(-32600, { error: { code: -32600, message: text } })]),
    ]
    for (const echo of echoes) {
      server.behave = guarded((request, response) => {
        const text = String(request.headers[header])
        echo(text)(request, response)
      }, header)
      shown.push(await here.send(UPDATE), await readFailure(here.getTransaction(ID)))
    }
    const text = JSON.stringify(
      shown.map((one) => (one instanceof Error ? [one.message, one.stack, one.cause] : one)),
    )
    expect(shown).toHaveLength(echoes.length * 2)
    for (const secret of ['canary', 'eyJ']) {
      expect(text).not.toContain(secret)
      expect(here.lines.join()).not.toContain(secret)
    }
  })
})

describe('the auth check of the platform', () => {
  const updates = () => server.requests.filter(isUpdate)

  test('is one reading, without the credential, of a transaction that does not exist', async () => {
    server.behave = guarded(json([result()]))
    const here = client('api_key')
    await Promise.all([here.send(UPDATE), here.send(UPDATE)])
    await here.send(UPDATE)
    const checks = server.requests.filter(({ method }) => method === 'GET')
    expect(checks).toHaveLength(1)
    expect(checks[0]?.path).toMatch(/^\/transactions\/[0-9a-f-]{36}$/)
    expect(JSON.stringify(checks[0])).not.toContain('canary')
    expect(updates()).toHaveLength(3)
  })

  test.each<[number, string]>([
    [200, 'unprotected'],
    [404, 'unprotected'],
    [302, 'auth_unknown'],
    [500, 'auth_unknown'],
    [503, 'auth_unknown'],
  ])('that is answered with %i stops every update: %s', async (status, code) => {
    server.behave = send(status, '{}')
    const here = client('api_key')
    expect(await here.send(UPDATE)).toMatchObject({ kind: 'not_sent', code })
    expect(updates()).toEqual([])
    expect(here.lines.join()).toContain(`"level":"error"`)
  })

  test('is repeated after it failed, so that no restart is needed', async () => {
    server.behave = json([result()])
    const here = client('api_key')
    expect((await here.send(UPDATE)).kind).toBe('not_sent')
    server.behave = guarded(json([result()]))
    expect((await here.send(UPDATE)).kind).toBe('result')
  })

  test('that is not answered stops every update', async () => {
    server.behave = resetConnection
    expect(await client('jwt').send(UPDATE)).toMatchObject({
      kind: 'not_sent',
      code: 'auth_unknown',
    })
    expect(updates()).toEqual([])
  })

  test('is left out for a platform that demands no credential', async () => {
    await client().send(UPDATE)
    expect(server.requests).toHaveLength(1)
  })
})

describe('the breaker', () => {
  test('opens after 5 failures, lets one call out every 15 s, and closes after the first answer', async () => {
    server.behave = resetConnection
    const here = client()
    const kinds: PlatformReply['kind'][] = []
    for (let count = 0; count < 7; count++) kinds.push((await here.send(UPDATE)).kind)
    expect(kinds).toEqual([...Array(5).fill('unclear'), 'not_sent', 'not_sent'])
    expect(server.requests).toHaveLength(5)
    expect(here.lines.join()).toContain('platform_breaker_open')

    here.clock.at += 15_000
    expect((await here.send(UPDATE)).kind).toBe('unclear')
    expect(await here.send(UPDATE)).toMatchObject({ kind: 'not_sent', code: 'paused' })
    expect((await readFailure(here.getTransaction(ID))).code).toBe('paused')
    expect(here.isPaused()).toBe(true)

    here.clock.at += 15_000
    expect(here.isPaused()).toBe(false)
    server.behave = json([result()])
    expect((await here.send(UPDATE)).kind).toBe('result')
    expect((await here.send(UPDATE)).kind).toBe('result')
  })

  test('stays closed when 5 failures take more than 30 s', async () => {
    server.behave = resetConnection
    const here = client()
    for (let count = 0; count < 10; count++) {
      expect((await here.send(UPDATE)).kind).toBe('unclear')
      here.clock.at += 8_000
    }
  })

  test.each([400, 401, 403, 404, 413, 429, 500])(
    'does not count an answer with status %i as a failure',
    async (status) => {
      server.behave = send(status, '')
      const here = client()
      for (let count = 0; count < 8; count++) await here.send(UPDATE)
      expect(server.requests).toHaveLength(8)
    },
  )

  test('stays closed when readings find all kept connections closed', async () => {
    const readings = (here: PlatformApi) =>
      Promise.all(Array.from({ length: 40 }, () => here.getTransaction(ID)))
    const used = new Set<unknown>()
    server.behave = (request, response) => {
      if (used.has(response.socket)) return resetConnection(request, response)
      used.add(response.socket)
      json(TRANSACTION)(request, response)
    }
    const here = client()
    await readings(here)
    expect(await readings(here)).toHaveLength(40)
    expect(here.isPaused()).toBe(false)
    expect(here.sleeps).toEqual([])
  })

  test('lets calls out again when the clock is set back', async () => {
    server.behave = resetConnection
    const here = client()
    for (let count = 0; count < 5; count++) await here.send(UPDATE)
    here.clock.at -= 3_600_000
    server.behave = json([result()])
    expect((await here.send(UPDATE)).kind).toBe('result')
  })
})

describe('a read', () => {
  test('returns the transaction', async () => {
    server.behave = json(TRANSACTION)
    const id = 'a+b ?é'
    expect(await client('none', { path: '/context' }).getTransaction(ID)).toMatchObject(TRANSACTION)
    server.behave = json({ ...TRANSACTION, id })
    expect(await client().getTransaction(id)).toMatchObject({ id })
    expect(server.requests.map(({ path }) => path)).toEqual([
      `/context/transactions/${ID}`,
      '/transactions/a%2Bb%20%3F%C3%A9',
    ])
  })

  test("returns null only for the platform's own answer that there is none", async () => {
    server.behave = send(404, `{"error":"transaction (id=${ID}) is not found"}`)
    expect(await client().getTransaction(ID)).toBeNull()
    expect(server.requests).toHaveLength(1)
  })

  test.each(['', '.', '..', 'a/b', 'a\\b'])('of the id %j sends no request', async (id) => {
    expect(await client().getTransaction(id)).toBeNull()
    expect(server.connections).toBe(0)
  })

  test.each<[string, Behaviour, string, number]>([
    ['404 of another URL', send(404, '{"status":404,"error":"Not Found"}'), 'refused', 1],
    ['404 in HTML', send(404, '<html>not found</html>'), 'refused', 1],
    ['400', send(400, '{"error":"x"}'), 'refused', 1],
    ['403', send(403, '{"error":"forbidden"}'), 'credential_refused', 1],
    ['a redirect', send(301, '', { location: '/' }), 'refused', 1],
    ['HTML', send(200, '<html>', { 'content-type': 'text/html' }), 'unreadable', 1],
    ['truncated JSON', send(200, '{"id":"'), 'unreadable', 1],
    ['another transaction', json({ ...TRANSACTION, id: 'another' }), 'unreadable', 1],
    ['no transaction', json({ id: ID }), 'unreadable', 1],
    ['too much', send(200, ' '.repeat(10 * 1024 * 1024 + 1)), 'unreadable', 1],
    ['500', send(500, '{"error":"x"}'), 'unreachable', 3],
    ['503', send(503, ''), 'unreachable', 3],
    ['429', send(429, ''), 'unreachable', 3],
    // A GET that loses its connection is sent once more on another one.
    ['a reset', resetConnection, 'unreachable', 6],
    ['429 for a minute', send(429, '', { 'retry-after': '60' }), 'unreachable', 1],
  ])('that is answered with %s fails with its code', async (_case, behave, code, requests) => {
    server.behave = behave
    expect((await readFailure(client().getTransaction(ID))).code).toBe(code)
    expect(server.requests).toHaveLength(requests)
  })

  test('is repeated after a random wait that doubles, or after Retry-After', async () => {
    const answers = [send(500, ''), send(429, '', { 'retry-after': '2' }), json(TRANSACTION)]
    server.behave = (request, response) => answers.shift()?.(request, response)
    const here = client()
    expect(await here.getTransaction(ID)).toMatchObject(TRANSACTION)
    const [first = -1, second] = here.sleeps
    expect(first).toBeGreaterThanOrEqual(0)
    expect(first).toBeLessThan(400)
    expect(second).toBe(2_000)
  })

  test('of a page sends its filter and returns the transactions', async () => {
    server.behave = json({ records: [TRANSACTION, { ...TRANSACTION, id: 'transaction-2' }] })
    const page = await client().listTransactions({
      sep: '24',
      statuses: ['pending_anchor', 'error'],
      orderBy: 'created_at',
      order: 'desc',
      pageNumber: 0,
      pageSize: 20,
    })
    expect(page.map(({ id }) => id)).toEqual([ID, 'transaction-2'])
    expect(server.requests[0]?.path).toBe(
      '/transactions?sep=24&statuses=pending_anchor%2Cerror&order_by=created_at&order=desc&page_number=0&page_size=20',
    )
  })

  test.each([[{}], [{ records: [{}] }], [[]], [null], [{ records: TRANSACTION }]])(
    'of a page that is %j is unreadable',
    async (body) => {
      server.behave = json(body)
      expect((await readFailure(client().listTransactions({ sep: '6' }))).code).toBe('unreadable')
    },
  )
})

test('each update writes one log line with its ids and its kind, without its params', async () => {
  const here = client()
  await here.send({ ...UPDATE, params: { ...UPDATE.params, message: 'private words' } })
  expect(here.lines).toHaveLength(1)
  expect(JSON.parse(here.lines[0] ?? '')).toMatchObject({
    event: 'platform_update',
    method: UPDATE.method,
    rpcId: RPC_ID,
    transactionId: ID,
    kind: 'result',
  })
  expect(here.lines.join()).not.toContain('private words')
})
