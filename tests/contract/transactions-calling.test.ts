import { describe, expect, test, vi } from 'vitest'
import { useService } from './service.ts'
import { amountsUpdated, deposit, item, withdrawal } from './transactions.ts'

const service = useService()
const failed = (id: string, message = 'broken') =>
  item('notify_transaction_error', { transaction_id: id, message })

test('without a platform an update answers 503, and nothing is stored', async () => {
  service.deploy({
    ANCHOR_PLATFORM_URL: undefined,
    ANCHOR_PLATFORM_AUTH: undefined,
    ANCHOR_PLATFORM_SECRET: undefined,
  })
  const replies = [
    await service.rpc([failed('t')]),
    await service.update('t', 'notify_transaction_error', { message: 'm' }),
  ]
  for (const { status, body } of replies) {
    expect([status, body.code]).toEqual([503, 'configuration_invalid'])
  }
  expect(await service.attempts('t')).toEqual([])
})

describe('Idempotency-Key', () => {
  const keyed = (key: string) => ({ 'idempotency-key': key })

  test('the same key and body get the same bytes, and nothing is sent again', async () => {
    service.platformHas([withdrawal('t')])
    const body = [amountsUpdated('t', 'one'), amountsUpdated('t', 'two', '4.5000000')]
    const first = await service.rpc(body, keyed('k-1'))
    expect(first.body.map(({ result }: { result: object }) => result)).toMatchObject([
      { message: 'one' },
      { message: 'two', amount_fee: { amount: '4.5000000' } },
    ])
    const second = await service.rpc(body, keyed('k-1'))
    expect([second.status, second.text]).toEqual([first.status, first.text])
    expect(service.sent()).toHaveLength(2)
    expect(service.applied()).toBe(2)
  })

  test('errors are repeated as they were, even if they would not occur any more', async () => {
    const body = [failed('t'), { jsonrpc: '2.0', id: 7 }, item('no_such_method', {})]
    const first = await service.rpc(body, keyed('k-2'))
    expect(first.body.map(({ error }: { error: { code: number } }) => error.code)).toEqual([
      -32600, -32600, -32601,
    ])
    service.platformHas([deposit('t')])
    expect((await service.rpc(body, keyed('k-2'))).text).toBe(first.text)
    expect(service.sent()).toEqual([])
  })

  test('a refused update by URL is repeated with its status', async () => {
    service.platformHas([deposit('t')])
    const first = await service.update('t', 'notify_transaction_error', {}, keyed('k-3'))
    expect(first.status).toBe(400)
    const second = await service.update('t', 'notify_transaction_error', {}, keyed('k-3'))
    expect([second.status, second.text]).toEqual([400, first.text])
  })

  test('the same key with another body is 422, and nothing of it is stored', async () => {
    service.platformHas([deposit('t'), deposit('u')])
    await service.rpc([failed('t')], keyed('k-4'))
    const other = await service.rpc([failed('u')], keyed('k-4'))
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_conflict'])
    expect(await service.attempts('u')).toEqual([])
    expect(service.sent()).toEqual(['t notify_transaction_error'])
  })

  test('the same key and body on another URL is 422', async () => {
    service.platformHas([deposit('t'), deposit('u')])
    const params = { message: 'm' }
    await service.update('t', 'notify_transaction_error', params, keyed('k-5'))
    for (const reply of [
      await service.update('u', 'notify_transaction_error', params, keyed('k-5')),
      await service.update('t', 'notify_transaction_recovery', params, keyed('k-5')),
      await service.rpc(params, keyed('k-5')),
    ]) {
      expect(reply.status).toBe(422)
    }
    expect(service.sent()).toEqual(['t notify_transaction_error'])
  })

  test('another body with the same key is a 422 while the first request runs', async () => {
    service.deploy({}, { platformTimeoutMs: 1_000 })
    service.platformHas([deposit('t')])
    service.emulator.setFaults([{ kind: 'no_answer', applied: false, match: { path: '/' } }])
    const first = service.rpc([failed('t')], keyed('k-6'))
    await vi.waitFor(() => expect(service.sent()).toHaveLength(1))
    const second = await service.rpc([failed('t')], keyed('k-6'))
    // The ids of the two calls differ, so the bodies differ.
    expect(second.status).toBe(422)
    expect((await first).body[0].error.data.state).toBe('unknown')
  })

  test('the same key and body is a 409 with retry-after while the first request runs, and then the answer', async () => {
    service.platformHas([deposit('t')])
    const finishing = Promise.withResolvers<void>()
    const answered = Promise.withResolvers<void>()
    service.interceptDatabase(async ({ name }) => {
      if (name !== 'finish_request') return undefined
      finishing.resolve()
      await answered.promise
      return undefined
    })
    const body = [failed('t')]
    const first = service.rpc(body, keyed('k-7'))
    await finishing.promise
    const second = await service.rpc(body, keyed('k-7'))
    answered.resolve()
    expect([second.status, second.body.code]).toEqual([409, 'idempotency_running'])
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0)
    const told = await first
    expect((await service.rpc(body, keyed('k-7'))).text).toBe(told.text)
    expect(service.sent()).toHaveLength(1)
  })

  test('a key has 1 to 255 characters', async () => {
    service.platformHas([deposit('t')])
    const long = await service.rpc([failed('t')], keyed('k'.repeat(256)))
    expect([long.status, long.body.code]).toEqual([400, 'invalid_parameter'])
    expect(long.body.error).toContain('Idempotency-Key')
    const none = await service.rpc([failed('t')], keyed(''))
    expect(none.status).toBe(400)
    expect(service.sent()).toEqual([])
    expect((await service.rpc([failed('t')], keyed('k'.repeat(255)))).status).toBe(200)
  })

  test('ten requests at once with one key have one effect', async () => {
    service.platformHas([withdrawal('t')])
    const body = [amountsUpdated('t', 'once')]
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => service.rpc(body, keyed('k-10'))),
    )
    expect(service.sent()).toHaveLength(1)
    expect(service.applied()).toBe(1)
    expect(await service.attempts('t')).toEqual(['notify_amounts_updated APPLIED'])
    const told = replies.filter(({ status }) => status === 200).map(({ text }) => text)
    expect(new Set(told).size).toBe(1)
    for (const { status } of replies) expect([200, 409]).toContain(status)
  })

  test('ten updates at once without a key are applied in order', async () => {
    service.platformHas([withdrawal('t')])
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) => service.rpc([amountsUpdated('t', `m${index}`)])),
    )
    expect(replies.map(({ body }) => body[0].result?.message)).toEqual(
      Array.from({ length: 10 }, (_, index) => `m${index}`),
    )
    expect(service.applied()).toBe(10)
  })

  test('a database that is down before anything is stored is a 503, nothing is sent, and the key stays free', async () => {
    service.platformHas([deposit('t')])
    const body = [failed('t')]
    service.interceptDatabase(async () => new Response('{"message":"down"}', { status: 503 }))
    const down = await service.rpc(body, keyed('k-11'))
    expect([down.status, down.body.code]).toEqual([503, 'database_unavailable'])
    expect(service.sent()).toEqual([])
    service.interceptDatabase(null)
    expect((await service.rpc(body, keyed('k-11'))).body[0].result.status).toBe('error')
    expect(service.sent()).toHaveLength(1)
  })
})
