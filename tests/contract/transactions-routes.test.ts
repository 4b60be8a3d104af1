import { describe, expect, test } from 'vitest'
import { BEARER, KEY, useService } from './service.ts'
import { amountsUpdated, deposit, item, USDC, withdrawal } from './transactions.ts'

const service = useService({ sleep: 'none' })
const attemptOf = async (id: string) => (await service.show(id)).body.attempts.at(-1)

describe('POST /api/transactions/{id}/{method}', () => {
  test('an applied update is a 200 with the transaction and its attempt', async () => {
    service.platformHas([deposit('t')])
    const { status, body, headers } = await service.update('t', 'notify_transaction_error', {
      message: 'm',
    })
    expect(status).toBe(200)
    expect(body.transaction).toMatchObject({ id: 't', status: 'error', message: 'm' })
    expect(body.attempt).toEqual({ id: expect.any(String), state: 'APPLIED' })
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-request-id')).toBeTruthy()
  })

  test('a body that names another transaction than the URL is a 400, and nothing is stored', async () => {
    service.platformHas([deposit('t'), deposit('u')])
    for (const transaction_id of ['u', '', 1, ['t'], { id: 't' }]) {
      const body = { transaction_id, message: 'm' }
      const reply = await service.update('t', 'notify_transaction_error', body)
      expect([reply.status, reply.body.code]).toEqual([400, 'invalid_parameter'])
      expect(reply.body.details[0]).toMatchObject({ path: 'transaction_id' })
    }
    expect(await service.query('select 1 from anchor_ops.attempt')).toEqual([])
    for (const [id, transaction_id] of [
      ['t', 't'],
      ['u', null],
    ] as const) {
      const body = { transaction_id, message: 'm' }
      expect((await service.update(id, 'notify_transaction_error', body)).status).toBe(200)
    }
    expect(service.sent()).toEqual(['t notify_transaction_error', 'u notify_transaction_error'])
  })

  test('on the rpc route an update that is stored and not sent yet is queued', async () => {
    service.platformHas([deposit('t')])
    service.deploy({ ANCHOR_PLATFORM_URL: 'http://127.0.0.1:9' })
    const update = { transaction_id: 't', message: 'm' }
    const { body } = await service.rpc([item('notify_transaction_error', update)])
    expect(body[0].error).toMatchObject({ code: -32603, data: { state: 'queued' } })
    expect(await service.attempts('t')).toEqual(['notify_transaction_error READY'])
  })

  test.each<[number, string, string, object]>([
    [400, 't', 'notify_transaction_error', {}],
    [400, 't', 'notify_refund_pending', {}],
    [400, 't', 'notify_transaction_error', { message: {} }],
    [400, 't', 'request_trust', { user_action_required_by: 'tomorrow' }],
    [404, '..', 'notify_transaction_error', { message: 'm' }],
    [404, 'a/b', 'notify_transaction_error', { message: 'm' }],
    [404, 'a\\b', 'notify_transaction_error', { message: 'm' }],
    [404, 't', 'toString', {}],
    [404, 'nobody', 'notify_transaction_error', { message: 'm' }],
    [404, 't', 'no_such_method', {}],
    [409, 't', 'notify_transaction_recovery', {}],
  ])('answers %i to %s %s %j', async (status, id, method, params) => {
    service.platformHas([deposit('t')])
    const reply = await service.update(id, method, params)
    expect(reply.status).toBe(status)
    expect(reply.body.error).toEqual(expect.any(String))
    expect(service.applied()).toBe(0)
  })

  test('a 409 names the methods that are legal now', async () => {
    service.platformHas([deposit('t')])
    const { body } = await service.update('t', 'notify_transaction_recovery')
    expect(body.error).toMatch(/^RPC method\[notify_transaction_recovery\] is not supported/)
    expect(body.data.legalMethods).toContain('notify_transaction_error')
  })

  test('the legal methods follow the receipt of funds that the platform names in its refusal', async () => {
    service.platformHas([
      withdrawal('funded'),
      withdrawal('t', { transfer_received_at: undefined }),
    ])
    const legal = async (id: string) =>
      (await service.update(id, 'request_trust')).body.data.legalMethods
    expect(await legal('funded')).toContain('notify_amounts_updated')
    expect(await legal('funded')).not.toContain('notify_transaction_expired')
    expect(await legal('t')).toContain('notify_transaction_expired')
    expect(await legal('t')).not.toContain('notify_amounts_updated')
  })

  test('an unknown result is a 202 whose attempt is settled later', async () => {
    service.platformHas([deposit('t')])
    service.emulator.setFaults([{ kind: 'reset_before', match: { path: '/' } }])
    const { status, body } = await service.update('t', 'notify_transaction_error', { message: 'm' })
    expect(status).toBe(202)
    expect(body.attempt).toMatchObject({ state: 'UNKNOWN', settleBy: expect.any(String) })
    expect(body).not.toHaveProperty('error')
    expect(Date.parse(body.attempt.settleBy)).toBeGreaterThan(Date.now())
    expect(await attemptOf('t')).toMatchObject({ attemptId: body.attempt.id, state: 'UNKNOWN' })
    await service.age(200)
    expect((await service.settle()).body).toMatchObject({ settled: 1, applied: 1 })
    expect(await attemptOf('t')).toMatchObject({ state: 'APPLIED' })
    expect(service.applied()).toBe(1)
  })

  test('an update is stored while the platform cannot be reached, and sent once it is back', async () => {
    service.platformHas([deposit('t')])
    const { url } = service.emulator
    service.deploy({ ANCHOR_PLATFORM_URL: 'http://127.0.0.1:9' })
    const { status, body } = await service.update('t', 'notify_transaction_error', { message: 'm' })
    // The contract has 502 for a platform out of reach. An update that is stored is sent later, so it is a 202.
    expect(status).toBe(202)
    expect(body.attempt.state).toBe('READY')
    expect(await service.attempts('t')).toEqual(['notify_transaction_error READY'])
    service.deploy({ ANCHOR_PLATFORM_URL: url })
    await service.age(120)
    expect((await service.settle()).body).toMatchObject({ settled: 1, applied: 1 })
    expect(service.statusAtPlatform('t')).toBe('error')
  })

  test('without a database an update is a 503 and nothing is sent', async () => {
    service.platformHas([deposit('t')])
    service.interceptDatabase(async () => new Response('{}', { status: 503 }))
    const { status } = await service.update('t', 'notify_transaction_error', { message: 'm' })
    expect(status).toBe(503)
    expect(service.sent()).toEqual([])
  })
})

describe('GET /api/transactions', () => {
  const list = (query: Record<string, string> | string = {}) =>
    service.call({ path: '/api/transactions', query, headers: KEY })
  const idsOf = ({ body }: { body: { transactions: { id: string }[] } }) =>
    body.transactions.map(({ id }) => id)

  async function store(): Promise<void> {
    service.platformHas([
      deposit('a', { updated_at: '2026-01-01T00:00:00Z' }),
      deposit('b', { updated_at: '2026-01-02T00:00:00Z', status: 'completed' }),
      withdrawal('c', { updated_at: '2026-01-03T00:00:00Z' }),
      { ...withdrawal('d', { updated_at: '2026-01-04T00:00:00Z' }), sep: '6' },
    ])
    for (const id of ['a', 'b', 'c', 'd']) await service.show(id, { refresh: 'true' })
  }

  test('filters by status, kind, SEP and time', async () => {
    await store()
    expect(idsOf(await list()).sort()).toEqual(['a', 'b', 'c', 'd'])
    expect(idsOf(await list({ status: 'completed' }))).toEqual(['b'])
    expect(idsOf(await list({ kind: 'withdrawal' })).sort()).toEqual(['c', 'd'])
    expect(idsOf(await list({ sep: '6' }))).toEqual(['d'])
    expect(idsOf(await list({ kind: 'deposit', status: 'pending_anchor' }))).toEqual(['a'])
    expect(idsOf(await list({ updatedSince: '2026-01-03T00:00:00Z' })).sort()).toEqual(['c', 'd'])
  })

  test('pages by limit and cursor hold each transaction once', async () => {
    await store()
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await list({ limit: '1', ...(cursor === null ? {} : { cursor }) })
      expect(page.body.transactions.length).toBeLessThanOrEqual(1)
      seen.push(...idsOf(page))
      cursor = page.body.next
    } while (cursor !== null && seen.length < 10)
    expect(seen.sort()).toEqual(['a', 'b', 'c', 'd'])
  })
})

describe('GET /api/transactions/{id}', () => {
  test('a transaction that is not stored is a 404 until refresh reads it from the platform', async () => {
    service.platformHas([withdrawal('t', { memo: '12', memo_type: 'id' })])
    expect((await service.show('t')).status).toBe(404)
    const { status, body } = await service.show('t', { refresh: 'true' })
    expect(status).toBe(200)
    expect(body.transaction).toMatchObject({
      amount_in: { amount: '100', asset: USDC },
      memo: '12',
      memo_type: 'id',
    })
    expect(body.history).toMatchObject([{ status: 'pending_anchor' }])
    expect((await service.show('nobody', { refresh: 'true' })).status).toBe(404)
  })

  test('refresh stores what somebody else changed, and keeps the history', async () => {
    service.platformHas([withdrawal('t')])
    await service.show('t', { refresh: 'true' })
    service.platformHas([
      withdrawal('t', { status: 'completed', updated_at: '2026-05-05T00:00:00Z' }),
    ])
    expect((await service.show('t')).body.transaction.status).toBe('pending_anchor')
    const { body } = await service.show('t', { refresh: 'true' })
    expect(body.transaction.status).toBe('completed')
    expect(body.history.map(({ status }: { status: string }) => status)).toEqual([
      'pending_anchor',
      'completed',
    ])
  })

  test('an older reading never replaces a newer one', async () => {
    service.platformHas([withdrawal('t', { status: 'error', updated_at: '2026-05-05T00:00:00Z' })])
    await service.show('t', { refresh: 'true' })
    service.platformHas([withdrawal('t', { updated_at: '2026-04-04T00:00:00Z' })])
    expect((await service.show('t', { refresh: 'true' })).body.transaction.status).toBe('error')
  })

  test('refresh of a transaction that the platform no longer has says so, and shows what was stored', async () => {
    service.platformHas([withdrawal('t')])
    expect((await service.show('t', { refresh: 'true' })).body).toMatchObject({ atPlatform: true })
    service.platformHas([])
    const { status, body } = await service.show('t', { refresh: 'true' })
    expect(status).toBe(200)
    expect(body).toMatchObject({ atPlatform: false, transaction: { id: 't' } })
    expect((await service.show('t')).body).not.toHaveProperty('atPlatform')
  })

  test('refresh is a 502 if the platform cannot be read', async () => {
    service.deploy({ ANCHOR_PLATFORM_URL: 'http://127.0.0.1:9' })
    const { status, body } = await service.show('t', { refresh: 'true' })
    expect([status, body.code]).toEqual([502, 'platform_unavailable'])
  })

  test('an id of any characters is one segment of the path at the platform', async () => {
    for (const id of ['a/b', 'a b', '%', '..', "'; drop table", 'ü', 'x'.repeat(300)]) {
      const { status } = await service.show(id, { refresh: 'true' })
      expect([400, 404, 502]).toContain(status)
    }
    const reads = service.emulator.requests().filter(({ method }) => method === 'GET')
    const paths = reads.map(({ path }) => path)
    for (const path of paths) expect(path).toMatch(/^\/transactions\/[^/]+$/)
  })
})

describe('a person’s decision', () => {
  const decide = (id: string, attemptId: string, body: unknown) =>
    service.call({
      method: 'POST',
      path: `/api/transactions/${id}/attempts/${attemptId}`,
      body,
      headers: KEY,
    })

  /** A custody payment whose answer was lost, left to a person after 180 s. */
  async function manual(id: string, headers: Record<string, string> = {}): Promise<string> {
    service.deploy({ ANCHOR_PLATFORM_CUSTODY: 'true' })
    service.platformHas([deposit(id)], {
      config: {
        custody_type: 'fireblocks',
        sep24_deposit_info_generator_type: 'custody',
        destination_has_trustline: true,
      },
    })
    service.emulator.setFaults([{ kind: 'reset_before', match: { path: '/' } }])
    const { body } = await service.update(id, 'do_stellar_payment', {}, headers)
    expect(body.attempt.state).toBe('UNKNOWN')
    await service.age(200)
    expect((await service.settle()).body).toMatchObject({ settled: 1, manual: 1, remaining: 0 })
    return body.attempt.id
  }

  test.each([
    ['applied', 'APPLIED', 202, undefined],
    ['rejected', 'REJECTED', 409, 'The update was rejected: a person decided so.'],
    ['not_applied', 'NOT_APPLIED', 409, 'The update was not applied: a person decided so.'],
  ])(
    '%s settles an attempt that was left to a person, and a repeat of its request hears so',
    async (decision, state, told, error) => {
      const key = { 'idempotency-key': 'k' }
      const attemptId = await manual('t', key)
      const { status, body } = await decide('t', attemptId, {
        decision,
        note: 'seen in Fireblocks',
      })
      expect(status).toBe(200)
      expect(body).toMatchObject({
        attempt: { id: attemptId, state },
        decision: { decision, keyName: 'BUSINESS_API_KEY', note: 'seen in Fireblocks' },
        waiting: [],
      })
      expect(await attemptOf('t')).toMatchObject({ state, note: 'seen in Fireblocks' })
      const repeat = await service.update('t', 'do_stellar_payment', {}, key)
      expect([repeat.status, repeat.body.error]).toEqual([told, error])
      expect(repeat.body.attempt).toMatchObject({ id: attemptId, state })
      const again = await decide('t', attemptId, { decision, note: 'again' })
      expect([again.status, again.body.code]).toEqual([409, 'decision_refused'])
    },
  )

  test('custody money is not sent again before the decision, and its transaction waits', async () => {
    const attemptId = await manual('t')
    service.emulator.setFaults([])
    await service.age(10_000)
    expect((await service.settle()).body).toMatchObject({ settled: 0 })
    const blocked = await service.rpc([
      item('notify_transaction_error', { transaction_id: 't', message: 'm' }),
    ])
    expect(blocked.body[0].error).toMatchObject({ code: -32603, data: { state: 'manual' } })
    expect(service.sent()).toHaveLength(1)
    await decide('t', attemptId, { decision: 'not_applied', note: 'no payment in Fireblocks' })
    const free = await service.rpc([
      item('notify_transaction_error', { transaction_id: 't', message: 'm' }),
    ])
    expect(free.body[0].result.status).toBe('error')
  })

  test('is about the attempt of the URL: a body that names one is refused', async () => {
    const attemptId = await manual('t')
    const other = '6f1c2b1e-0b1a-4c8e-9a53-0d6c9a1b2c3d'
    const body = { id: 't', attemptId, decision: 'applied', note: 'n' }
    const { status } = await decide('t', other, body)
    expect(status).toBe(400)
    expect((await decide('t', other, { decision: 'applied', note: 'n' })).status).toBe(404)
    expect(await attemptOf('t')).toMatchObject({ state: 'MANUAL' })
  })

  test('is a 409 for an attempt that is done or silent for less than 180 s, and a 404 for another transaction', async () => {
    service.platformHas([deposit('t'), deposit('u')])
    const done = await service.update('t', 'notify_transaction_error', { message: 'm' })
    const decision = { decision: 'rejected', note: 'n' }
    expect((await decide('t', done.body.attempt.id, decision)).status).toBe(409)
    service.emulator.setFaults([{ kind: 'reset_before', match: { path: '/' } }])
    const open = await service.update('u', 'notify_transaction_error', { message: 'm' })
    expect((await decide('u', open.body.attempt.id, decision)).status).toBe(409)
    expect((await decide('t', open.body.attempt.id, decision)).status).toBe(404)
  })
})

describe('settling and health', () => {
  test('a settler that finds nothing answers with zeros', async () => {
    expect((await service.settle()).body).toEqual({
      settled: 0,
      applied: 0,
      rejected: 0,
      notApplied: 0,
      manual: 0,
      remaining: 0,
    })
  })

  test('an update that the transaction does not show is not settled before 180 s of silence', async () => {
    service.platformHas([withdrawal('t')])
    service.emulator.setFaults([{ kind: 'reset_before', match: { path: '/' } }])
    await service.rpc([amountsUpdated('t', 'm')])
    expect((await service.settle()).body.settled).toBe(0)
    await service.age(170)
    expect((await service.settle()).body.settled).toBe(0)
    await service.age(20)
    expect((await service.settle()).body).toMatchObject({ settled: 1, applied: 1 })
  })

  test('two settlers at once settle each attempt once', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e']
    service.platformHas(ids.map((id) => withdrawal(id)))
    service.emulator.setFaults([{ kind: 'reset_before', times: 5, match: { path: '/' } }])
    await service.rpc(ids.map((id) => amountsUpdated(id, 'm')))
    await service.age(200)
    // A new instance has a closed breaker. The breaker of the old one reads nothing for a while.
    service.deploy()
    const [one, two] = await Promise.all([service.settle(), service.settle()])
    expect(one.body.settled + two.body.settled).toBe(5)
    expect(service.applied()).toBe(5)
  })

  test('health counts unsettled attempts, and shows the figures to the operator only', async () => {
    service.platformHas([withdrawal('t')])
    service.emulator.setFaults([{ kind: 'reset_before', match: { path: '/' } }])
    await service.rpc([amountsUpdated('t', 'm')])
    const health = (headers = {}) => service.call({ path: '/api/health', headers })
    expect((await health(BEARER)).body.checks.unsettled).toMatchObject({
      status: 'ok',
      unknown: 1,
      manual: 0,
    })
    await service.age(2 * 3600)
    expect((await health(BEARER)).body.checks.unsettled.status).toBe('warning')
    const open = await health()
    expect([open.status, open.body.checks.unsettled]).toEqual([200, { status: 'warning' }])
  })
})
