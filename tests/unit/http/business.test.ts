import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { readConfig } from '../../../lib/config.ts'
import { type BusinessRules, decideBusinessAccess } from '../../../lib/http/auth.ts'
import { defineRoute, type HttpDeps, type RouteContext } from '../../../lib/http/handler.ts'
import { createLog } from '../../../lib/log.ts'

const KEY = 'canary-key-of-the-business-1'
const PREVIOUS = 'canary-key-of-last-month-22'
const CRON = 'canary-secret-of-the-scheduler'
const ENV = { BUSINESS_API_KEY: KEY, CRON_SECRET: CRON, NODE_ENV: 'production' }
const url = 'https://ops.example.org/api/transactions/rpc'

function world(env: Record<string, string> = ENV) {
  const lines: string[] = []
  const ran: { input: unknown; context: RouteContext<HttpDeps> }[] = []
  const deps: HttpDeps = {
    config: readConfig(env),
    log: createLog((line) => lines.push(line)),
    now: () => new Date('2026-11-20T00:00:00Z'),
  }
  const run = async (input: unknown, context: RouteContext<HttpDeps>) => {
    ran.push({ input, context })
    return { status: 200, body: { ran: true } }
  }
  const input = z.object({ id: z.string().optional() })
  const route = defineRoute(() => deps, {
    GET: { access: 'business', input, run },
    POST: { access: 'business', input, body: 'lossless', run },
  })
  return { lines, ran, route }
}

const post = (body: BodyInit | null, headers: Record<string, string> = { 'x-api-key': KEY }) =>
  new Request(url, { method: 'POST', headers, body })

describe('the business is known by its key', () => {
  test.each<[string, Record<string, string>]>([
    ['X-Api-Key', { 'x-api-key': KEY }],
    ['Authorization: Bearer', { authorization: `Bearer ${KEY}` }],
    ['Authorization: bearer', { authorization: `bearer ${KEY}` }],
    ['both', { 'x-api-key': KEY, authorization: `Bearer ${KEY}` }],
  ])('in %s', async (_case, headers) => {
    const here = world()
    const answer = await here.route.POST(post('{}', headers))
    expect(answer.status).toBe(200)
    expect(here.ran[0]?.context.access).toBe('business')
  })

  test('and by the one before the last change', async () => {
    const here = world({ ...ENV, BUSINESS_API_KEY_PREVIOUS: PREVIOUS })
    for (const key of [KEY, PREVIOUS]) {
      expect((await here.route.POST(post('{}', { 'x-api-key': key }))).status).toBe(200)
    }
  })

  test('of 512 bytes, and of no more', () => {
    const apiKey = 'k'.repeat(512)
    const decide = (key: string) =>
      decideBusinessAccess(new Headers({ 'x-api-key': key }), { apiKey, previousApiKey: null })
    expect(decide(apiKey)).toBe('business')
    expect(decide(`${apiKey}k`)).toBe('none')
  })
})

describe('nobody else is the business', () => {
  test.each<[string, string, Record<string, string>]>([
    ['nobody', '', {}],
    ['a wrong key', '', { 'x-api-key': 'wrong' }],
    ['an empty key', '', { 'x-api-key': '' }],
    ['an empty Bearer', '', { authorization: 'Bearer ' }],
    ['a key that is longer', '', { 'x-api-key': `${KEY}x` }],
    ['a key that is shorter', '', { 'x-api-key': KEY.slice(0, -1) }],
    ['a key of another letter case', '', { 'x-api-key': KEY.toUpperCase() }],
    ['a repeated key', '', { 'x-api-key': `${KEY}, ${KEY}` }],
    ['a wrong key beside a right Bearer', '', { 'x-api-key': 'w', authorization: `Bearer ${KEY}` }],
    ['a wrong Bearer beside a right key', '', { 'x-api-key': KEY, authorization: 'Bearer w' }],
    ['another scheme', '', { authorization: `Basic ${KEY}` }],
    ['the key without a scheme', '', { authorization: KEY }],
    ['the scheduler by its secret', '', { authorization: `Bearer ${CRON}` }],
    ['the scheduler by its header', '', { 'x-cron-secret': CRON }],
    ['the scheduler in the query', `?secret=${CRON}`, {}],
    ['the cron header', '', { 'x-vercel-cron': '1' }],
    ['the key in the query', `?secret=${KEY}`, {}],
    ['the key in the query by its name', `?apiKey=${KEY}&x-api-key=${KEY}`, {}],
    ['the key in the header of the scheduler', '', { 'x-cron-secret': KEY }],
    ['the word undefined', '', { authorization: 'Bearer undefined' }],
  ])('%s', async (_case, query, headers) => {
    const here = world()
    for (const method of ['GET', 'POST'] as const) {
      const init = method === 'POST' ? { method, headers, body: '{' } : { method, headers }
      const request = new Request(url + query, init)
      request.headers.set('x-request-id', 'request-1')
      const answer = await here.route[method](request)
      expect(answer.status).toBe(401)
      expect(await answer.json()).toEqual({
        error: 'Unauthorized. Provide BUSINESS_API_KEY as X-Api-Key or as Authorization: Bearer.',
        code: 'unauthorized',
        requestId: 'request-1',
        docs: 'docs/errors.md#unauthorized',
      })
      expect(request.bodyUsed).toBe(false)
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    }
    expect(here.ran).toEqual([])
    expect(here.lines.join()).not.toContain('canary')
  })

  test('on a laptop neither', async () => {
    const here = world({ BUSINESS_API_KEY: KEY })
    const answer = await here.route.GET(new Request('http://localhost:3000/api/transactions'))
    expect(answer.status).toBe(401)
  })

  test.each<Record<string, string>>([
    {},
    { CRON_SECRET: CRON, NODE_ENV: 'production' },
    { BUSINESS_API_KEY: ' ' },
  ])('without a key in %j: 503, whatever is presented', async (env) => {
    const here = world(env)
    const credentials: Record<string, string>[] = [
      {},
      { 'x-api-key': '' },
      { 'x-api-key': 'undefined' },
      { 'x-api-key': 'null' },
      { authorization: `Bearer ${CRON}` },
    ]
    for (const headers of credentials) {
      const answer = await here.route.POST(post('{}', headers))
      expect(answer.status).toBe(503)
      expect(await answer.json()).toMatchObject({
        code: 'configuration_invalid',
        error: 'Transaction updates are not configured. Set BUSINESS_API_KEY.',
      })
    }
    expect(here.ran).toEqual([])
  })

  test('whatever texts are presented', () => {
    const word = fc.constantFrom('', ' ', KEY, PREVIOUS, 'Bearer', 'Bearer ', ', ', 'undefined')
    const text = fc.array(word, { maxLength: 4 }).map((words) => words.join(''))
    const rules: BusinessRules = { apiKey: KEY, previousApiKey: null }
    fc.assert(
      fc.property(fc.option(text), fc.option(text), (authorization, apiKey) => {
        const headers = new Headers()
        if (authorization !== null) headers.set('authorization', authorization)
        if (apiKey !== null) headers.set('x-api-key', apiKey)
        const bearer = headers.get('authorization')
        const header = headers.get('x-api-key')
        const right =
          (bearer === null || /^bearer +canary-key-of-the-business-1$/i.test(bearer)) &&
          (header === null || header === KEY) &&
          !(bearer === null && header === null)
        expect(decideBusinessAccess(headers, rules)).toBe(right ? 'business' : 'none')
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('a lossless body', () => {
  async function given(text: string, query = '') {
    const here = world()
    const request = new Request(url + query, {
      method: 'POST',
      headers: { 'x-api-key': KEY },
      body: text,
    })
    const answer = await here.route.POST(request)
    return { answer, ran: here.ran[0] }
  }

  test.each([
    '[{"id":1.0,"params":{"amount_in":{"amount":922337203685.4775807}}}]',
    '{"amount":1.10}',
    '[]',
    '{}',
    '[[1e400]]',
  ])('%s keeps every digit, and its text', async (text) => {
    const { ran } = await given(text)
    expect(ran?.context.body?.text).toBe(text)
    expect(JSON.stringify(ran?.context.body?.value)).toBe(text)
  })

  test.each(['', ' \r\n'])('%j is an empty object', async (text) => {
    const { ran } = await given(text)
    expect(ran?.context.body).toEqual({ text: '{}', value: {} })
  })

  test('has no parameters: those of the path cannot be replaced', async () => {
    const { ran } = await given('{"id":"of-the-body"}', '?id=of-the-path')
    expect(ran?.input).toEqual({ id: 'of-the-path' })
  })

  test.each([
    '{',
    '[1,]',
    '1',
    '1.50',
    '"text"',
    'null',
    'true',
    '{"a":1,"a":2}',
    '{"__proto__":{}}',
    `${'['.repeat(65)}${']'.repeat(65)}`,
    '<html>',
  ])('%j is refused with the documented sentence', async (text) => {
    const { answer, ran } = await given(text)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      error: 'Invalid request body',
      code: 'invalid_request_body',
    })
    expect(ran).toBeUndefined()
  })

  test('may have 256 KB and no more', async () => {
    const filled = (bytes: number) => `["${'x'.repeat(bytes - 4)}"]`
    expect((await given(filled(256 * 1024))).answer.status).toBe(200)
    expect((await given(filled(256 * 1024 + 1))).answer.status).toBe(413)
  })

  test('of a route that reads objects is none', async () => {
    const here = world()
    await here.route.GET(new Request(url, { headers: { 'x-api-key': KEY } }))
    expect(here.ran[0]?.context.body).toBeNull()
  })
})

test('an answer to the business is never stored, and no page of another site reads it', async () => {
  const here = world()
  const headers = { 'x-api-key': KEY }
  const answer = await here.route.GET(new Request(url, { headers }))
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('etag')).toBeNull()
  expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  const preflight = await here.route.OPTIONS(new Request(url, { method: 'OPTIONS' }))
  expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
  expect(JSON.parse(here.lines[0] ?? '')).toMatchObject({ access: 'business', status: 200 })
  expect(here.lines.join()).not.toContain('canary')
})
