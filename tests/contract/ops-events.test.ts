import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { jsonAnswer, statusAnswer } from '../../local/world/answer.ts'
import { undescribed } from '../helpers/described-answer.ts'
import { servePages } from './page-server.ts'
import { BEARER, OPS, useService } from './service.ts'
import { anchor, paths, row, tomlAnswered } from './sites.ts'

const service = useService({ clock: 'hours', sleep: 'none' })

const DIRECTORY = 'https://directory.example.org/anchors.json'
const DOMAINS = ['one.example.org', 'two.example.org', 'gone.example.org']
const EVENTS = { ...BEARER, accept: 'text/event-stream' }

let server: Awaited<ReturnType<typeof servePages>>
let url: string
beforeAll(async () => {
  server = await servePages(service)
  url = `${server.origin}${OPS}`
})
afterAll(() => server.close())
beforeEach(() => {
  service.sites.set(
    'directory.example.org',
    paths({ '/anchors.json': jsonAnswer(DOMAINS.map((domain) => row(domain))) }),
  )
  for (const domain of DOMAINS) service.sites.set(domain, anchor(domain))
  service.sites.set('gone.example.org', tomlAnswered(statusAnswer(404)))
  service.deploy({ STELLAR_ANCHOR_DIRECTORY_URL: DIRECTORY })
})

interface Event {
  event: string
  // biome-ignore lint/suspicious/noExplicitAny: a test reads an event as a caller does, without our types
  data: any
}

/** Reads a stream as its standard says: a comment begins with a colon, an empty line ends an event. */
function eventsOf(text: string): Event[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '' && !block.startsWith(':'))
    .map((block) => {
      const fields = block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2))
      const { event = '', data = '' } = Object.fromEntries(fields) as Record<string, string>
      return { event, data: JSON.parse(data) }
    })
}

const stream = async (query: string, init: RequestInit = {}) => {
  const response = await fetch(`${url}${query}`, { headers: EVENTS, ...init })
  return { response, events: eventsOf(await response.text()) }
}

/** The last event must be an answer that the OpenAPI document has for the status. */
const expectDescribed = (body: unknown, status: number) =>
  expect(undescribed({ method: 'GET', pathname: OPS }, { status, body, isJson: true })).toBeNull()

describe('Accept: text/event-stream', () => {
  test('streams one event for each checked home domain with the counts so far, and ends with the answer', async () => {
    const headers = { ...EVENTS, 'user-agent': 'vercel-cron/1.0' }
    const { response, events } = await stream('?action=sync', { headers })
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ])
    expect(response.headers.get('cache-control')).toBe('no-store, no-transform')
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    const checked = events.slice(0, -1)
    expect(checked.map(({ event }) => event)).toEqual(['checked', 'checked', 'checked'])
    expect(checked.map(({ data }) => data.domain).sort()).toEqual([...DOMAINS].sort())
    expect(checked.map(({ data }) => data.processed)).toEqual([1, 2, 3])
    expect(checked.at(-1)?.data).toMatchObject({ processed: 3, ok: 2, errors: 1 })
    expect(checked.find(({ data }) => data.domain === 'gone.example.org')?.data).toMatchObject({
      ...{ status: 'error', error: 'stellar.toml not found (404)' },
    })
    const last = events.at(-1)
    expect(last?.event).toBe('answer')
    expectDescribed(last?.data, 200)
    // A second delivery of the same schedule gets the stored answer of the first as JSON.
    const again = await service.call({
      path: OPS,
      query: { action: 'sync' },
      headers: { ...BEARER, 'user-agent': 'vercel-cron/1.0' },
    })
    expect(again.body).toEqual({ ...last?.data, skipped: 'recent' })
  })

  test('takes a posted body, and an import has no event but its answer', async () => {
    const body = JSON.stringify({ action: 'import_directory', anchors: [row('new.example.org')] })
    const { events } = await stream('', { method: 'POST', body })
    expect(events).toMatchObject([{ event: 'answer', data: { totalNormalized: 2, dryRun: true } }])
  })

  test('ends with the documented error when the run fails', async () => {
    service.interceptDatabase(async ({ name }) =>
      name === 'claim_checks' ? Response.json({}, { status: 500 }) : undefined,
    )
    const { response, events } = await stream('?action=sync')
    expect(response.status).toBe(200)
    const [failed] = events
    expect(events).toHaveLength(1)
    expect(failed).toMatchObject({ event: 'failed', data: { code: 'database_unavailable' } })
    expect(failed?.data.requestId).toBe(response.headers.get('x-request-id'))
    expectDescribed(failed?.data, 503)
    expect(service.log.join('')).toContain('"status":503')
  })

  test('ends with the answer of a sync whose source failed, after the checks of the known anchors', async () => {
    await stream('?action=sync')
    service.sites.set('directory.example.org', paths({}))
    const { events } = await stream('?action=sync')
    expect(events.map(({ event }) => event)).toEqual(['checked', 'checked', 'checked', 'failed'])
    expect(events.at(-1)?.data).toMatchObject({ status: 'error', refresh: { processed: 3 } })
    expectDescribed(events.at(-1)?.data, 502)
  })

  test.each<[string, number, string, RequestInit]>([
    ['without a credential', 401, '?action=sync', { headers: { accept: 'text/event-stream' } }],
    ['for an action that there is not', 400, '?action=drop', {}],
    ['for a parameter that cannot be read', 400, '?action=sync&refreshLimit=x', {}],
    ['for a body that is not JSON', 400, '', { method: 'POST', body: '{' }],
    ['for a method that is not served', 405, '', { method: 'PUT' }],
  ])('is refused before the stream begins %s', async (_, status, query, init) => {
    const response = await fetch(`${url}${query}`, { headers: EVENTS, ...init })
    expect([response.status, response.headers.get('content-type')]).toEqual([
      status,
      'application/json; charset=utf-8',
    ])
    expect(await response.json()).toHaveProperty('error')
  })

  test.each([
    ['*/*', 'application/json'],
    ['application/json, text/event-stream;q=0.5', 'application/json'],
    ['text/event-stream, application/json;q=0.5', 'text/event-stream'],
    ['text/event-stream;q=0', 'application/json'],
  ])('is weighed by q-values: %s gets %s', async (accept, type) => {
    const response = await fetch(`${url}?action=refresh_capabilities`, {
      headers: { ...BEARER, accept },
    })
    expect(response.headers.get('content-type')).toBe(`${type}; charset=utf-8`)
    expect(response.headers.get('vary')).toBe('accept')
    await response.text()
  })

  test('goes on when the caller goes away in the middle of the run', async () => {
    const isReading = Promise.withResolvers<void>()
    const hasGone = Promise.withResolvers<void>()
    service.interceptDatabase(async ({ name }) => {
      if (name === 'finish_run') await hasGone.promise
      return undefined
    })
    const { response, socket } = await open('?action=sync')
    response.once('data', () => isReading.resolve())
    await isReading.promise
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.destroy()
    await closed
    hasGone.resolve()
    await service.background()
    const [run] = await service.query(
      `select finished_at is not null as finished, answer -> 'refresh' as refresh from anchor_ops.run`,
    )
    expect(run).toMatchObject({ finished: true, refresh: { processed: 3, ok: 2, errors: 1 } })
    expect(service.log.join('')).toMatch(/"event":"request".*"status":200/)
  })

  test('keeps the answer for a reader who reads nothing until the run is over', async () => {
    const { response, socket } = await open('?action=sync')
    response.pause()
    await service.background()
    let text = ''
    for await (const chunk of response) text += chunk
    expect(eventsOf(text).map(({ event }) => event)).toEqual([
      ...['checked', 'checked', 'checked', 'answer'],
    ])
    socket.destroy()
  })

  test('shows no secret of the deployment in an event', async () => {
    service.sites.set(
      'gone.example.org',
      paths({
        '/.well-known/stellar.toml': statusAnswer(302, {
          location: `https://${SECRET}.example.org/`,
        }),
      }),
    )
    service.canaries.push(SECRET)
    service.deploy({ STELLAR_ANCHOR_DIRECTORY_URL: DIRECTORY, CRON_SECRET: SECRET })
    const headers = { authorization: `Bearer ${SECRET}`, accept: 'text/event-stream' }
    const response = await fetch(`${url}?action=sync`, { headers })
    const text = await response.text()
    expect(eventsOf(text)).toHaveLength(4)
    expect(text).not.toContain(SECRET)
  })
})

const SECRET = 'canary-events-xk29dkw02mdlq8'

/** Opens a stream whose socket the test holds. */
function open(
  query: string,
): Promise<{ response: IncomingMessage; socket: IncomingMessage['socket'] }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}${query}`, { headers: EVENTS, agent: false })
    request.once('error', reject)
    request.once('response', (response) => resolve({ response, socket: response.socket }))
    request.end()
  })
}
