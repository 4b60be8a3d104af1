import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { readConfig } from '../../../lib/config.ts'
import { AppError } from '../../../lib/errors.ts'
import { defineRoute, type HttpDeps, type RouteContext } from '../../../lib/http/handler.ts'
import { integer } from '../../../lib/http/parameters.ts'
import { createSharedAnswers } from '../../../lib/http/shared-answers.ts'
import { createLog } from '../../../lib/log.ts'

const SECRET = 'correct-horse-battery-staple'

interface Ran {
  method: 'GET' | 'POST'
  input: unknown
  context: RouteContext<HttpDeps>
}

function world(env: Record<string, string> = { CRON_SECRET: SECRET }) {
  const lines: string[] = []
  const ran: Ran[] = []
  const deps: HttpDeps = {
    config: readConfig(env),
    log: createLog((line) => lines.push(line)),
    findKey: async () => null,
    logRefusal: (kind, fields) => lines.push(JSON.stringify({ kind, ...fields })),
    countQuerySecret: async () => {},
    sharedAnswers: createSharedAnswers(() => 0),
    afterChange: () => {},
    redact: (text) => text,
    now: () => new Date('2026-11-20T00:00:00Z'),
    later: (_, work) => void work(),
  }
  return { deps, lines, ran }
}

function opsRoute({ deps, ran }: ReturnType<typeof world>) {
  const input = z.object({ limit: integer(1, 500).default(100), name: z.string().optional() })
  const run =
    (method: 'GET' | 'POST') => async (read: unknown, context: RouteContext<HttpDeps>) => {
      ran.push({ method, input: read, context })
      return { status: 200, body: { ran: method } }
    }
  return defineRoute(() => deps, {
    GET: { access: 'ops', input, run: run('GET') },
    POST: { access: 'ops', input, maxBodyBytes: 1_000, run: run('POST') },
  })
}

function publicRoute(
  { deps }: ReturnType<typeof world>,
  run: () => Promise<{ status: number; body: unknown }> = async () => ({
    status: 200,
    body: { anchors: [] },
  }),
) {
  return defineRoute(() => deps, { GET: { access: 'public', input: z.object({}), run } })
}

const bearer = { authorization: `Bearer ${SECRET}` }
const url = 'https://ops.example.org/api/anchors/ops'

describe('every answer', () => {
  test('carries x-request-id, the well-formed one of the caller or a new one', async () => {
    const { GET } = publicRoute(world())
    const made = await GET(new Request(url))
    expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    const taken = await GET(new Request(url, { headers: { 'x-request-id': 'abc-12345' } }))
    expect(taken.headers.get('x-request-id')).toBe('abc-12345')
    const refused = await GET(new Request(url, { headers: { 'x-request-id': 'a b{"x":1}' } }))
    expect(refused.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('is logged in one line with the path and without the query', async () => {
    const here = world()
    await opsRoute(here).GET(new Request(`${url}?secret=${SECRET}&limit=7`))
    expect(here.lines).toHaveLength(1)
    const line = JSON.parse(here.lines[0] ?? '') as Record<string, unknown>
    expect(line).toMatchObject({
      event: 'request',
      method: 'GET',
      path: '/api/anchors/ops',
      status: 200,
      access: 'full',
    })
    expect(here.lines.join()).not.toContain(SECRET)
    expect(here.lines.join()).not.toContain('limit')
  })

  test.each([
    ['a wrong secret', `${url}?secret=wrong-${SECRET}`, {}],
    ['a wrong parameter', `${url}?secret=${SECRET}&limit=secret%3D${SECRET}`, {}],
    [
      'a secret in a body that cannot be read',
      url,
      { headers: bearer, body: `{"secret":"${SECRET}` },
    ],
    [
      'a secret as a parameter',
      url,
      { headers: bearer, body: `{"secret":"${SECRET}","limit":"x"}` },
    ],
  ])('does not show the secret after %s', async (_case, address, init) => {
    const here = world()
    const method = 'body' in init ? 'POST' : 'GET'
    const answer = await opsRoute(here)[method](new Request(address, { method, ...init }))
    const text = (await answer.text()) + JSON.stringify([...answer.headers]) + here.lines.join()
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(text).not.toContain(SECRET)
  })
})

describe('access', () => {
  test('without a right is refused before the body and the parameters are read', async () => {
    const request = new Request(`${url}?limit=nonsense`, { method: 'POST', body: '{' })
    const answer = await opsRoute(world()).POST(request)
    expect(answer.status).toBe(401)
    expect(request.bodyUsed).toBe(false)
  })

  test('a route for everybody that shows more to operators is not stored by caches', async () => {
    const { deps } = world()
    const { GET } = defineRoute(() => deps, {
      GET: {
        access: 'public-or-ops',
        input: z.object({}),
        run: async (_input, { access }) => ({ status: 200, body: { access } }),
      },
    })
    const anybody = await GET(new Request(url, { headers: { authorization: 'Bearer wrong' } }))
    expect(await anybody.json()).toEqual({ access: 'public' })
    expect(anybody.headers.get('cache-control')).toBe('no-store')
    const known = await GET(new Request(url, { headers: bearer }))
    expect(await known.json()).toEqual({ access: 'full' })
  })
})

test('HEAD on a URL without effects is GET without the body', async () => {
  const route = publicRoute(world())
  const get = await route.GET(new Request(url))
  const head = await route.HEAD(new Request(url, { method: 'HEAD' }))
  expect(head.status).toBe(200)
  expect(head.headers.get('etag')).toBe(get.headers.get('etag'))
  expect(await head.text()).toBe('')
})

describe('who is told of changes', () => {
  test.each([
    ['ops', 'GET', bearer, true],
    ['public', 'GET', {}, false],
    ['session', 'POST', {}, false],
    ['public-or-ops', 'GET', {}, false],
    ['public-or-ops', 'GET', bearer, true],
  ] as const)(
    'is told after a %s route by %s with %o: %s',
    async (access, method, headers, isTold) => {
      const { deps } = world()
      const tellings: string[] = []
      const noting = { ...deps, afterChange: () => void tellings.push('told') }
      const route = {
        ...{ access, effects: true, input: z.object({}) },
        run: async () => ({ status: 200, body: {} }),
      }
      const handlers = defineRoute(() => noting, { [method]: route })
      const answer = await handlers[method](new Request(url, { method, headers }))
      expect([answer.status, tellings]).toEqual([200, isTold ? ['told'] : []])
    },
  )
})

describe('storing', () => {
  test('a public answer has an ETag, and a caller who sends it gets 304', async () => {
    const { GET } = publicRoute(world())
    const first = await GET(new Request(url))
    expect(first.headers.get('cache-control')).toBe('public, max-age=60')
    const etag = first.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[0-9a-f]{64}"$/)
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await GET(new Request(url, { headers: { 'if-none-match': known } }))
      expect(again.status).toBe(304)
      expect(await again.text()).toBe('')
      expect(again.headers.get('etag')).toBe(etag)
      expect(again.headers.get('access-control-allow-origin')).toBe('*')
    }
    const other = await GET(new Request(url, { headers: { 'if-none-match': '"other"' } }))
    expect(other.status).toBe(200)
  })

  test('a public answer other than 200 is not stored', async () => {
    const answer = await publicRoute(world(), async () => ({ status: 404, body: null })).GET(
      new Request(url),
    )
    expect(answer.status).toBe(404)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('etag')).toBeNull()
  })

  test('an error of a public URL is not stored, and a page of another site may read it', async () => {
    const { GET } = publicRoute(world(), async () => {
      throw new AppError('database_unavailable', 'The database cannot be reached.')
    })
    const answer = await GET(new Request(url))
    expect(answer.status).toBe(503)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  })
})

describe('errors', () => {
  test('an unknown error is answered with a fixed sentence, and only the log has its detail', async () => {
    const here = world()
    const answer = await publicRoute(here, async () => {
      throw new TypeError('row 7 of table x', { cause: new Error('socket closed') })
    }).GET(new Request(url, { headers: { 'x-request-id': 'request-2' } }))
    expect(answer.status).toBe(500)
    expect(await answer.json()).toEqual({
      error: 'Internal error. Quote the requestId when reporting it.',
      code: 'internal_error',
      requestId: 'request-2',
      docs: 'docs/errors.md#internal_error',
    })
    expect(here.lines[0]).toContain('row 7 of table x')
    expect(here.lines[0]).toContain('socket closed')
    expect(here.lines[0]).toContain('request-2')
  })

  test('a configuration that cannot be read is answered with 503 and shown in the log only', async () => {
    const written: unknown[] = []
    const stdout = process.stdout.write
    process.stdout.write = (text: unknown) => written.push(text) > 0
    try {
      const { GET } = defineRoute(() => world({ STELLAR_NETWORK: 'moonnet' }).deps, {
        GET: {
          access: 'public',
          input: z.object({}),
          run: async () => ({ status: 200, body: {} }),
        },
      })
      const answer = await GET(new Request(url))
      expect(answer.status).toBe(503)
      const text = await answer.text()
      expect(JSON.parse(text)).toMatchObject({
        code: 'configuration_invalid',
        error: expect.stringContaining('cannot be read: STELLAR_NETWORK.'),
      })
      expect(text).not.toContain('moonnet')
    } finally {
      process.stdout.write = stdout
    }
    expect(written.join('')).toContain('STELLAR_NETWORK')
  })

  test('an AppError that a schema throws is answered with its own code and message', async () => {
    const { deps } = world()
    const message = 'Invalid action. Use: import_directory | refresh_capabilities | sync'
    const input = z.preprocess((): unknown => {
      throw new AppError('invalid_action', message)
    }, z.object({}))
    const { GET } = defineRoute(() => deps, {
      GET: { access: 'ops', input, run: async () => ({ status: 200, body: {} }) },
    })
    const answer = await GET(new Request(url, { headers: bearer }))
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: message, code: 'invalid_action' })
  })

  test('a body over the limit of its route is answered with 413 and the limit', async () => {
    const request = new Request(url, { method: 'POST', headers: bearer, body: 'x'.repeat(1_001) })
    const answer = await opsRoute(world()).POST(request)
    expect(answer.status).toBe(413)
    expect(await answer.json()).toMatchObject({
      code: 'body_too_large',
      error: expect.stringContaining('1000 bytes'),
    })
  })

  test('the body wins over the query string, and a wrong value is shown with its place', async () => {
    const here = world()
    const post = (body: string) =>
      opsRoute(here).POST(
        new Request(`${url}?limit=3&name=q`, { method: 'POST', headers: bearer, body }),
      )
    await post('{"limit":4}')
    expect(here.ran[0]?.input).toEqual({ limit: 4, name: 'q' })
    const wrong = await post('{"limit":501}')
    expect(await wrong.json()).toMatchObject({
      code: 'invalid_parameter',
      details: [
        { path: 'limit', message: 'limit is 501 in the body; allowed: an integer from 1 to 500' },
      ],
    })
  })
})

describe('a business route', () => {
  const KEY = 'canary-key-of-the-business-1'

  function businessRoute(here: ReturnType<typeof world>) {
    const input = z.object({ id: z.string().optional() })
    const run = async (read: unknown, context: RouteContext<HttpDeps>) => {
      here.ran.push({ method: 'POST', input: read, context })
      return { status: 200, body: { ran: true } }
    }
    return defineRoute(() => here.deps, {
      GET: { access: 'update', input, run },
      POST: { access: 'update', input, body: 'lossless', run },
    })
  }

  async function call(
    method: 'GET' | 'POST',
    body: string | null,
    env = { BUSINESS_API_KEY: KEY },
  ) {
    const here = world(env)
    const init = { method, body, headers: { 'x-api-key': KEY } }
    const answer = await businessRoute(here)[method](new Request(`${url}?id=of-the-path`, init))
    return { answer, ran: here.ran[0], log: here.lines.join() }
  }

  test('gets its body with every digit, and its parameters from the query string alone', async () => {
    const { ran, log } = await call('POST', '{"id":"of-the-body","n":1.10}')
    expect(ran?.input).toEqual({ id: 'of-the-path' })
    expect(ran?.context.body?.text).toBe('{"id":"of-the-body","n":1.10}')
    expect(JSON.parse(log)).toMatchObject({ access: 'business', status: 200 })
    expect(log).not.toContain('canary')
    expect((await call('GET', null)).ran?.context.body).toBeNull()
  })

  test('reads a body of 256 KB and no more', async () => {
    const filled = (bytes: number) => `["${'x'.repeat(bytes - 4)}"]`
    expect((await call('POST', filled(256 * 1024))).answer.status).toBe(200)
    expect((await call('POST', filled(256 * 1024 + 1))).answer.status).toBe(413)
  })

  test('is not stored, and no page of another site may read it', async () => {
    const { answer } = await call('GET', null)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('etag')).toBeNull()
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('answers a caller without the key before the body is read', async () => {
    const here = world({ BUSINESS_API_KEY: KEY, CRON_SECRET: SECRET })
    const request = new Request(url, { method: 'POST', headers: bearer, body: '{' })
    const answer = await businessRoute(here).POST(request)
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({
      error: 'Unauthorized. Provide BUSINESS_API_KEY as X-Api-Key or as Authorization: Bearer.',
    })
    expect(request.bodyUsed).toBe(false)
  })

  test('answers 503 if no key is configured', async () => {
    const { answer, ran } = await call('POST', '{}', { BUSINESS_API_KEY: ' ' })
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({
      code: 'configuration_invalid',
      error: 'Transaction updates are not configured. Set BUSINESS_API_KEY.',
    })
    expect(ran).toBeUndefined()
  })
})

describe('an answer that caches may store', () => {
  /** A page with one parameter, whose answer says how often it was made. */
  function page(here: ReturnType<typeof world>, more: object = {}) {
    let made = 0
    const input = z.object({ country: z.string().optional(), type: z.string().optional() })
    const run = async (asked: object, { request }: RouteContext<HttpDeps>) => ({
      status: 200,
      body: { made: ++made, asked, origin: new URL(request.url).origin },
    })
    return defineRoute(() => here.deps, {
      GET: { access: 'public', ignoresAlien: true, input, run, ...more },
    })
  }
  const madeFor = async (
    { GET }: ReturnType<typeof page>,
    address: string,
    headers: Record<string, string> = {},
  ) => (await GET(new Request(address, { headers }))).json()
  const home = 'https://ops.example.org/'

  test('is made once, whoever asks with whatever order of parameters and whatever else', async () => {
    const route = page(world())
    await madeFor(route, `${home}?country=MX&type=on`)
    for (const [address, headers] of [
      [`${home}?type=on&country=MX`, {}],
      [`${home}?utm_source=x&country=MX&type=on&secret=${SECRET}`, {}],
      [`${home}?country=MX&type=on`, { cookie: 'a=b', ...bearer, 'x-forwarded-for': '192.0.2.1' }],
    ] as const) {
      expect(await madeFor(route, address, headers)).toMatchObject({ made: 1 })
    }
    expect(await madeFor(route, `${home}?country=PE&type=on`)).toMatchObject({ made: 2 })
  })

  test('is another one for another origin, so that a forged host reaches nobody else', async () => {
    const route = page(world())
    await madeFor(route, 'https://forged.example/?country=MX')
    expect(await madeFor(route, `${home}?country=MX`)).toMatchObject({
      ...{ made: 2, origin: 'https://ops.example.org' },
    })
    expect(await madeFor(route, 'http://ops.example.org/?country=MX')).toMatchObject({ made: 3 })
  })

  test('is another one for another path and for another form', async () => {
    const route = page(world(), { orElse: 'text/csv' })
    expect(await madeFor(route, home)).toMatchObject({ made: 1 })
    expect(await madeFor(route, `${home}other`)).toMatchObject({ made: 2 })
    expect(await madeFor(route, home, { accept: 'text/csv' })).toMatchObject({ made: 3 })
  })

  test('is not made to tell 304, whatever list of tags its holder sends', async () => {
    const here = world()
    const { GET, HEAD } = page(here)
    const first = await GET(new Request(home))
    const tag = first.headers.get('etag') ?? ''
    for (const [held, status] of [
      [tag, 304],
      [`"other", W/${tag}`, 304],
      ['*', 304],
      [`${'"x",'.repeat(2_000)}${tag}`, 304],
      [tag.slice(1, -1), 200],
      ['', 200],
      [',,', 200],
    ] as const) {
      const answer = await GET(new Request(home, { headers: { 'if-none-match': held } }))
      expect([held, answer.status, answer.headers.get('etag')]).toEqual([held, status, tag])
      const text = await answer.text()
      expect(status === 304 ? text : JSON.parse(text).made).toBe(status === 304 ? '' : 1)
    }
    const head = await HEAD(new Request(home, { method: 'HEAD' }))
    expect([head.status, head.headers.get('etag'), await head.text()]).toEqual([200, tag, ''])
    expect(here.lines).toHaveLength(9)
  })

  test('that is an error is made again, and names the request of each who asked', async () => {
    let made = 0
    const run = async () => {
      made += 1
      return { status: 404, body: { error: 'None', code: 'not_found' } }
    }
    const { GET } = publicRoute(world(), run)
    const answers = await Promise.all([GET(new Request(url)), GET(new Request(url))])
    const ids = await Promise.all(answers.map(async (one) => (await one.json()).requestId))
    expect(ids).toEqual(answers.map(({ headers }) => headers.get('x-request-id')))
    expect(new Set(ids).size).toBe(2)
    expect(answers.map(({ headers }) => headers.get('cache-control'))).toEqual([
      'no-store',
      'no-store',
    ])
    await GET(new Request(url))
    expect(made).toBe(2)
  })

  test('has no secret in it, also for who asks later', async () => {
    const here = world()
    here.deps.redact = (text) => text.replaceAll(SECRET, '[redacted]')
    const { GET } = publicRoute(here, async () => ({ status: 200, body: { text: SECRET } }))
    for (let asked = 0; asked < 2; asked += 1) {
      expect(await (await GET(new Request(url))).text()).toBe('{"text":"[redacted]"}')
    }
  })

  test('is not kept by a route whose answers depend on who asks', async () => {
    for (const access of ['public-or-ops', 'session'] as const) {
      const route = page(world(), { access })
      expect(await madeFor(route, home)).toMatchObject({ made: 1 })
      expect(await madeFor(route, home)).toMatchObject({ made: 2 })
    }
  })
})
