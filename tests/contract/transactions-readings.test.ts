import { beforeEach, describe, expect, test } from 'vitest'
import { KEY, useService } from './service.ts'
import { deposit, item, withdrawal } from './transactions.ts'

const service = useService({ sleep: 'none', platformTimeoutMs: 500 })
const RPC = '/api/transactions/rpc'
const read = (id = 'one') => item('get_transaction', { transaction_id: id })
const fail = (id = 'one') =>
  item('notify_transaction_error', { transaction_id: id, message: 'the bank is closed' })
const statuses = (body: { result?: { status: string } }[]) =>
  body.map(({ result }) => result?.status)

describe('a call that only reads, before a 4.3.0', () => {
  beforeEach(() => {
    service.deploy({ ANCHOR_PLATFORM_VERSION: '4.3.0' }, { platformTimeoutMs: 500 })
    service.platformHas([deposit('one'), deposit('two')], {
      config: { release: '4.3.0', platform_api_auth_type: 'api_key' },
    })
  })

  test('shows what the updates of the same request made, in its own place, and stores nothing', async () => {
    const { status, body } = await service.rpc([read(), fail(), read('two'), read('nobody')])
    expect(status).toBe(200)
    expect(statuses(body)).toEqual(['error', 'error', 'pending_anchor', undefined])
    expect(body[3].error).toMatchObject({
      code: -32603,
      message: expect.stringContaining('nobody'),
    })
    const stored = await service.query('select transaction_id from anchor_ops.attempt')
    expect(stored).toEqual([{ transaction_id: 'one' }])
  })

  test('is answered as one object where it came as one', async () => {
    const { body } = await service.rpc(read())
    expect(body).toMatchObject({ jsonrpc: '2.0', result: { id: 'one', status: 'pending_anchor' } })
  })

  test('reads anew where a request is repeated with its key, and the update is not sent again', async () => {
    const ask = { method: 'POST', path: RPC, headers: { ...KEY, 'idempotency-key': 'k' } }
    const body = [fail(), read('two')]
    expect(statuses((await service.call({ ...ask, body })).body)).toEqual([
      'error',
      'pending_anchor',
    ])
    await service.rpc([fail('two')])
    expect(statuses((await service.call({ ...ask, body })).body)).toEqual(['error', 'error'])
    expect(service.sent()).toHaveLength(2 + 2)
  })

  test('leaves no place open where the platform was exchanged for one without such methods', async () => {
    const ask = { method: 'POST', path: RPC, headers: { ...KEY, 'idempotency-key': 'k' } }
    const body = [read(), read('two')]
    await service.call({ ...ask, body })
    service.deploy({ ANCHOR_PLATFORM_VERSION: '2.8.4' })
    service.platformHas([deposit('one')])
    const { body: repeated } = await service.call({ ...ask, body })
    expect(repeated).toMatchObject([{ error: { code: -32601 } }, { error: { code: -32601 } }])
  })

  test('needs the scope read', async () => {
    const secret = await service.makeKey('updater', ['update'])
    const headers = { 'x-api-key': secret }
    const { body } = await service.call({
      method: 'POST',
      path: RPC,
      headers,
      body: [read(), fail()],
    })
    expect(body[0].error).toMatchObject({
      code: -32600,
      message: expect.stringContaining('"read"'),
    })
    expect(body[1].result.status).toBe('error')
  })

  test.each([
    ['unreachable', { kind: 'status_before', status: 503 }],
    ['unreachable', { kind: 'reset_before' }],
    ['unreadable', { kind: 'missing_item', match: { method: 'get_transaction' } }],
    ['unreadable', { kind: 'wrong_id', match: { method: 'get_transaction' } }],
    ['unreadable', { kind: 'garbage' }],
  ] as const)('says that the platform is %s when it meets %j', async (reason, fault) => {
    service.emulator.setFaults([{ times: 9, ...fault }])
    const { status, body } = await service.rpc([read()])
    expect(status).toBe(200)
    expect(body[0].error).toMatchObject({ code: -32603, data: { reason } })
  })
})

test('an update keeps its place under its key when the platform is upgraded before the repeat', async () => {
  const body = [read(), item('notify_transaction_on_hold', { transaction_id: 'one' })]
  const onHold = [withdrawal('one')]
  service.deploy({ ANCHOR_PLATFORM_VERSION: '2.8.4' })
  service.platformHas(onHold)
  service.interceptDatabase(async ({ name }) =>
    name === 'finish_request' ? new Response('lost', { status: 502 }) : undefined,
  )
  expect((await service.rpc(body, { 'idempotency-key': 'k' })).status).toBe(503)
  service.interceptDatabase(null)
  await service.age(200)
  service.deploy({ ANCHOR_PLATFORM_VERSION: '4.3.0' })
  await service.rpc(body, { 'idempotency-key': 'k' })
  expect(await service.attempts('one')).toHaveLength(1)
})
