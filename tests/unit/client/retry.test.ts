import { glob, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { AnchorOpsError, createAnchorOps, NoAnswerError } from '../../../client/src/client.ts'
import { realWait } from '../../../client/src/retry.ts'

const ROOT = resolve(import.meta.dirname, '../../..')

const json = (status: number, body: unknown, headers = {}) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  })
const APPLIED = () => json(200, { transaction: {}, attempt: { id: 'a', state: 'APPLIED' } })
const UNAVAILABLE = () => json(503, { error: 'down', code: 'database_unavailable', requestId: 'r' })
const LOST = () => {
  throw new TypeError('fetch failed')
}

/** A client whose service gives these answers, one for each request. */
function clientOf(...answers: (() => Response)[]) {
  const requests: { url: string; key: string | null; body: string }[] = []
  const waits: number[] = []
  const ops = createAnchorOps({
    url: 'http://service.test',
    key: 'secret',
    wait: async (ms) => void waits.push(ms),
    fetch: async (request) => {
      const key = request.headers.get('idempotency-key')
      requests.push({ url: request.url, key, body: await request.text() })
      const answer = answers[requests.length - 1]
      if (answer === undefined) throw new Error(`request ${requests.length} was not expected`)
      return answer()
    },
  })
  return { ops, requests, waits }
}

test('an update is repeated with its body under the key that was made for it', async () => {
  const { ops, requests } = clientOf(LOST, UNAVAILABLE, APPLIED)
  const sent = await ops.update('t-1', 'notify_trust_set', { success: true })
  expect(sent).toEqual({ id: 'a', transactionId: 't-1', state: 'APPLIED' })
  expect(requests).toHaveLength(3)
  expect(requests[0]?.key).toMatch(/^[0-9a-f-]{36}$/)
  expect(new Set(requests.map((request) => JSON.stringify(request))).size).toBe(1)
})

test.each<[string, number, string]>([
  ['a page of nginx', 502, '<html><h1>502 Bad Gateway</h1></html>'],
  [
    'a text of Vercel',
    504,
    'An error occurred with your deployment\n\nFUNCTION_INVOCATION_TIMEOUT',
  ],
  ['JSON of Vercel', 503, '{"error":{"code":"503","message":"SERVICE_UNAVAILABLE"}}'],
  ['JSON of a load balancer', 502, '{"message":"Internal server error"}'],
  ['JSON of a Java gateway', 503, '{"status":503,"error":"Service Unavailable","path":"/"}'],
  ['nothing', 504, ''],
])('after %s an update is sent again under the same key', async (_, status, body) => {
  const gateway = () => new Response(body, { status, headers: { 'retry-after': '3' } })
  const { ops, requests, waits } = clientOf(gateway, APPLIED)
  expect(await ops.update('t', 'm', { message: 'x' })).toMatchObject({ state: 'APPLIED' })
  expect(requests).toHaveLength(2)
  expect(requests[1]).toEqual(requests[0])
  expect(waits).toEqual([3000])
})

test.each<[number, object]>([
  [503, { error: 'not set', code: 'configuration_invalid', requestId: 'r' }],
  [502, { error: 'no', code: -32603, attempt: { id: 'a', state: 'REJECTED' } }],
  [502, { status: 'error', action: 'sync' }],
  [500, {}],
])('%d with %j of the service is not repeated', async (status, body) => {
  const { ops, requests } = clientOf(() => json(status, body))
  await expect(ops.update('t', 'm')).rejects.toBeInstanceOf(AnchorOpsError)
  expect(requests).toHaveLength(1)
})

test('a decision without a key is not repeated after an answer of a gateway', async () => {
  const { ops, requests } = clientOf(() => new Response('<html>', { status: 502 }))
  const decision = ops.api.POST('/api/keys/{name}', {
    params: { path: { name: 'anna' } },
    body: { decision: 'revoked' },
  })
  await expect(decision).rejects.toMatchObject({ status: 502, code: null })
  expect(requests).toHaveLength(1)
})

test('the key of the caller is kept, and told when no answer comes', async () => {
  const { ops, requests } = clientOf(LOST, LOST, LOST, LOST)
  const error = await ops.update('t', 'm', {}, { idempotencyKey: 'order-7' }).catch((one) => one)
  expect(error).toBeInstanceOf(NoAnswerError)
  expect(error.idempotencyKey).toBe('order-7')
  expect(requests.map(({ key }) => key)).toEqual(Array(4).fill('order-7'))
})

test('two updates get two keys', async () => {
  const { ops, requests } = clientOf(APPLIED, APPLIED)
  for (let calls = 0; calls < 2; calls += 1) await ops.update('t', 'm')
  expect(requests[0]?.key).not.toBe(requests[1]?.key)
})

test('a running request is asked for again after the time that the service names', async () => {
  const running = () =>
    json(409, { error: 'runs', code: 'idempotency_running' }, { 'retry-after': '7' })
  const { ops, waits } = clientOf(running, APPLIED)
  await ops.update('t', 'm')
  expect(waits).toEqual([7000])
})

test('a refusal is thrown with its code and not repeated', async () => {
  const { ops, requests } = clientOf(() =>
    json(422, { error: 'another body', code: 'idempotency_conflict', requestId: 'r-1' }),
  )
  const error = await ops.update('t', 'm').catch((one) => one)
  expect(error).toBeInstanceOf(AnchorOpsError)
  expect(error).toMatchObject({ status: 422, code: 'idempotency_conflict', requestId: 'r-1' })
  expect(error.idempotencyKey).toBe(requests[0]?.key)
})

test('a decision has no key, so it is not repeated', async () => {
  const { ops, requests } = clientOf(LOST)
  const decision = ops.api.POST('/api/payments/{operationId}', {
    params: { path: { operationId: '1' } },
    body: {} as never,
  })
  await expect(decision).rejects.toBeInstanceOf(NoAnswerError)
  expect(requests).toHaveLength(1)
})

test('a list is read to its last page', async () => {
  const page = (ids: string[], next: string | null) => () =>
    json(200, { attempts: ids.map((attemptId) => ({ attemptId })), next })
  const { ops, requests } = clientOf(page(['1', '2'], 'c+1'), page([], 'c2'), page(['3'], null))
  const ids: string[] = []
  for await (const row of ops.list('/api/attempts', { limit: 2 })) ids.push(row.attemptId)
  expect(ids).toEqual(['1', '2', '3'])
  expect(requests.map(({ url }) => new URL(url).search)).toEqual([
    '?limit=2',
    '?limit=2&cursor=c%2B1',
    '?limit=2&cursor=c2',
  ])
})

test('waiting ends when the outcome is known or a person must decide', async () => {
  const shown = (state: string) => () =>
    json(200, {
      attempts: [
        { attemptId: 'other', state: 'APPLIED' },
        { attemptId: 'a', state },
      ],
    })
  const { ops, waits } = clientOf(shown('READY'), shown('SENDING'), shown('UNKNOWN'), shown('LOST'))
  const settled = await ops.waitUntilSettled({ id: 'a', transactionId: 't' })
  expect(settled.state).toBe('LOST')
  expect(waits).toEqual([1000, 2000, 4000])
})

test('a wait ends at once with the reason of a caller who gave up', async () => {
  const caller = new AbortController()
  const waiting = realWait(3_600_000, caller.signal)
  caller.abort(new Error('not wanted any more'))
  await expect(waiting).rejects.toThrow('not wanted any more')
  await expect(realWait(3_600_000, caller.signal)).rejects.toThrow('not wanted any more')
  await realWait(1, new AbortController().signal)
})

test('the client uses nothing that only Node has, so that a wallet in a browser can use it', async () => {
  let sources = 0
  for await (const source of glob('client/src/*.ts', { cwd: ROOT })) {
    sources += 1
    expect(await readFile(join(ROOT, source), 'utf8')).not.toMatch(/from 'node:|process\.|Buffer\b/)
  }
  expect(sources).toBeGreaterThan(2)
})
