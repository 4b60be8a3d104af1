import { createHmac } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { readDeliveries } from '../helpers/anchor-platform/events.ts'
import { type LoopbackServer, startLoopbackServer } from '../helpers/loopback-server.ts'
import { createRandom } from '../simulation/random.ts'
import { EVENT_SECRET, EVENTS, PLATFORM_SECRET, useService } from './service.ts'
import { deposit } from './transactions.ts'

const service = useService({ environment: EVENTS, sleep: 'none', platformTimeoutMs: 300 })
const EVENT = '/api/transactions/event'
const KEY = { 'x-api-key': EVENT_SECRET }

const eventOf = (id: string) => ({ payload: { transaction: { id, status: 'completed' } } })

/** Delivers an event, and lets the work after its answer end. */
async function deliver(
  raw: string,
  { path = EVENT, headers = KEY as Record<string, string> } = {},
) {
  const reply = await service.call({ method: 'POST', path, raw, headers })
  await service.background()
  return reply
}
const tell = (id: string) => deliver(JSON.stringify(eventOf(id)))

interface Shown {
  status: string
}

const stored = () => service.query('select id, document from anchor_ops.transaction order by id')
const noted = () =>
  service.query('select transaction_id, events from anchor_ops.noted_event order by transaction_id')
const readings = () =>
  service.emulator.requests().filter(({ path }) => path.startsWith('/transactions/'))

describe('an event', () => {
  test.each([EVENT, '/event', '/event?from=platform'])(
    'at %s makes the service read the transaction, and is answered with {}',
    async (path) => {
      service.platformHas([deposit('one')])
      const { status, text } = await deliver(JSON.stringify(eventOf('one')), { path })
      expect([status, text]).toEqual([200, '{}'])
      // The status is the one of the platform, and not the one that the event claims.
      expect(await stored()).toMatchObject([{ id: 'one', document: { status: 'pending_anchor' } }])
      expect(await noted()).toEqual([])
    },
  )

  test.each([
    '',
    'null',
    '[]',
    '"x"',
    '{"payload":null}',
    '{"payload":{"transaction":[]}}',
    '{"payload":{"transaction":{"id":7}}}',
    '{"payload":{"transaction":{"id":"a/b"}}}',
    '{"type":"quote_created","payload":{"quote":{"id":"q"}}}',
    '{"broken',
    '\ufeff{}',
    `{"payload":{"transaction":{"id":"${'x'.repeat(300_000)}"}}}`,
    '{"__proto__":{"payload":{"transaction":{"id":"one"}}}}',
  ])('that is not understood is answered with {} and reads nothing (%#)', async (raw) => {
    service.platformHas([deposit('one')])
    const before = readings().length
    const { status, text } = await deliver(raw)
    expect([status, text]).toEqual([200, '{}'])
    expect([await noted(), await stored(), readings().length]).toEqual([[], [], before])
  })

  test('of a transaction that the platform does not have leaves nothing', async () => {
    expect((await tell('invented')).status).toBe(200)
    expect([await noted(), await stored()]).toEqual([[], []])
  })

  test('is kept while the platform cannot be read, and the settler reads it later', async () => {
    service.platformHas([deposit('one')])
    service.emulator.setFaults([
      { kind: 'status_before', match: { path: '/transactions/one' }, times: 9 },
    ])
    await tell('one')
    expect(await noted()).toMatchObject([{ transaction_id: 'one' }])
    service.emulator.setFaults([])
    await service.query("update anchor_ops.noted_event set due_at = now() - interval '1 s'")
    expect((await service.settle()).status).toBe(200)
    expect(await stored()).toMatchObject([{ id: 'one' }])
    expect(await noted()).toEqual([])
  })

  test('settles an open attempt that the transaction proves', async () => {
    service.platformHas([deposit('one')])
    service.emulator.setFaults([{ kind: 'late_apply', match: { path: '/' }, delayMs: 60_000 }])
    await service.update('one', 'notify_transaction_error', { message: 'm' })
    expect(await service.attempts('one')).toEqual(['notify_transaction_error UNKNOWN'])
    service.emulator.endDelays()
    await vi.waitFor(() => expect(service.statusAtPlatform('one')).toBe('error'))
    await tell('one')
    expect(await service.attempts('one')).toEqual(['notify_transaction_error APPLIED'])
  })

  test('without the two settings is answered 503 before its body is read', async () => {
    service.deploy({ ANCHOR_PLATFORM_EVENT_AUTH: '', ANCHOR_PLATFORM_EVENT_SECRET: '' })
    const { status, body } = await tell('one')
    expect([status, body.code]).toEqual([503, 'configuration_invalid'])
    expect(await noted()).toEqual([])
  })
})

describe('forged events', () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = (seconds: number, { alg = 'HS256', secret = EVENT_SECRET } = {}) => {
    const now = Math.floor(service.now().getTime() / 1000)
    const signed = `${part({ alg })}.${part({ iat: now + seconds - 30, exp: now + seconds })}`
    const signature = createHmac('sha256', secret).update(signed).digest('base64url')
    return { authorization: `Bearer ${signed}.${alg === 'none' ? '' : signature}` }
  }
  test.each<[string, () => Record<string, string>]>([
    ['a wrong key', () => ({ 'x-api-key': 'wrong-key-0123456789' })],
    ['the key instead of a token', () => KEY],
    ['a wrong signature', () => token(30, { secret: 'w'.repeat(32) })],
    ['an expired token', () => token(-1)],
    ['an unsigned token', () => token(30, { alg: 'none' })],
  ])('with %s are refused, and nothing is stored or read', async (_, headers) => {
    service.deploy({ ...EVENTS, ANCHOR_PLATFORM_EVENT_AUTH: 'jwt' })
    service.platformHas([deposit('one')])
    const right = await deliver(JSON.stringify(eventOf('none')), { headers: token(30) })
    expect(right.status).toBe(200)
    const before = readings().length
    const { status } = await deliver(JSON.stringify(eventOf('one')), { headers: headers() })
    expect(status).toBe(401)
    expect([await noted(), await stored(), readings().length]).toEqual([[], [], before])
  })

  test('with the right key cannot grow the table without bound, and known ids are still taken', async () => {
    await service.query(
      `insert into anchor_ops.noted_event (transaction_id, is_known, noted_at, due_at)
        select 'forged-' || n, false, now(), now() + interval '1 day' from generate_series(1, 10000) as n`,
    )
    service.platformHas([deposit('one'), deposit('two')])
    await service.show('two', { refresh: 'true' })
    await tell('one')
    await tell('two')
    expect(await stored()).toMatchObject([{ id: 'two' }])
    expect(service.log.join('')).toContain('event_left_out')
    const [row] = await service.query(
      'select count(*)::integer as rows from anchor_ops.noted_event',
    )
    expect(row).toEqual({ rows: 10_000 })
  })
})

describe('a storm of events', () => {
  test('for one transaction that is being read makes one more reading', async () => {
    service.platformHas([deposit('one')])
    await service.query("select public.note_event('one'), public.claim_noted_events(1, 60)")
    for (let n = 0; n < 20; n += 1) await tell('one')
    expect(await noted()).toEqual([{ transaction_id: 'one', events: expect.anything() }])
    await service.query(
      `select public.end_noted_events('[{"transaction_id":"one","events":1,"is_read":true}]', 60)`,
    )
    const before = readings().length
    await tell('one')
    expect(readings().length).toBe(before + 1)
    expect(await noted()).toEqual([])
  })
})

describe('events of the emulated platform', () => {
  let receiver: LoopbackServer
  afterEach(() => receiver.close())

  test.each(['api_key', 'jwt'])('with %s bring what another writer saved', async (auth) => {
    service.deploy({ ...EVENTS, ANCHOR_PLATFORM_EVENT_AUTH: auth })
    receiver = await startLoopbackServer(({ method, path, headers, body }, response) => {
      const shown = { authorization: headers.authorization, 'x-api-key': headers['x-api-key'] }
      const given = Object.entries(shown).flatMap(([name, text]) =>
        typeof text === 'string' ? [[name, text] as const] : [],
      )
      void service
        .call({ method, path, raw: body, headers: Object.fromEntries(given) })
        .then(({ status, text }) => response.writeHead(status).end(text))
    })
    service.platformHas([deposit('one')], {
      config: {
        events_enabled: true,
        callback_api_base_url: receiver.origin,
        callback_api_auth_type: auth,
        callback_api_auth_secret: EVENT_SECRET,
      },
    })
    const params = { transaction_id: 'one', message: 'm' }
    const answer = await fetch(service.emulator.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': PLATFORM_SECRET },
      body: JSON.stringify([{ jsonrpc: '2.0', id: 1, method: 'notify_transaction_error', params }]),
    })
    expect(await answer.json()).toMatchObject([{ result: { status: 'error' } }])
    await vi.waitFor(async () => {
      expect(await stored()).toMatchObject([{ id: 'one', document: { status: 'error' } }])
    })
  })
})

describe('the 245 recorded deliveries', () => {
  const bodies = readDeliveries().map(({ request }) => request.body)
  const idOf = (body: string) => /"transaction":\{"id":"([^"]+)"/.exec(body)?.[1]
  const ids = [...new Set(bodies.flatMap((body) => idOf(body) ?? []))].sort()

  test.each([1, 2])(
    'twice, shuffled, a fifth left out, leave the state that reading alone leaves (seed %i)',
    async (seed) => {
      const random = createRandom(seed)
      expect([bodies.length, ids.length > 50]).toEqual([245, true])
      const delivered = [...bodies, ...bodies]
        .filter(() => random.chance(0.8))
        .map((body) => ({ body, place: random.next() }))
        .sort((a, b) => a.place - b.place)
      const at = (status: 'pending_anchor' | 'pending_external', minute: number) => ({
        status,
        updated_at: `2026-11-28T05:${minute}:00Z`,
      })
      // The platform moves on while the events of before still arrive.
      service.platformHas(ids.map((id) => deposit(id, at('pending_anchor', 10))))
      for (const [index, { body }] of delivered.entries()) {
        if (index === Math.floor(delivered.length / 2)) {
          service.platformHas(ids.map((id) => deposit(id, at('pending_external', 20))))
        }
        expect((await deliver(body)).text).toBe('{}')
      }
      expect(await noted()).toEqual([])
      // What the events brought was true when it was read: nothing that an event claimed is stored.
      const shownByEvents = new Set(
        (await stored()).map(({ document }) => (document as Shown).status),
      )
      expect(shownByEvents).toEqual(new Set(['pending_anchor', 'pending_external']))
      const readAll = async () => {
        for (const id of ids) await service.show(id, { refresh: 'true' })
        return stored()
      }
      const afterEvents = await readAll()
      await service.query('delete from anchor_ops.transaction_status')
      await service.query('delete from anchor_ops.transaction')
      const byReadingAlone = await readAll()
      expect(afterEvents).toEqual(byReadingAlone)
    },
  )

  test('all once more a day later, with forged ones between them, change nothing that is stored', async () => {
    service.platformHas(ids.map((id) => deposit(id)))
    for (const id of ids) await service.show(id, { refresh: 'true' })
    const before = await stored()
    expect(before).toHaveLength(ids.length)
    service.passTime(24 * 3_600_000)
    const forged = (place: number) =>
      JSON.stringify(
        eventOf(place % 2 === 0 ? `invented-${place}` : (ids[place % ids.length] ?? '')),
      )
    for (const [place, body] of bodies.entries()) {
      await service.call({ method: 'POST', path: EVENT, raw: body, headers: KEY })
      await service.call({ method: 'POST', path: EVENT, raw: forged(place), headers: KEY })
    }
    await service.background()
    expect(await noted()).toEqual([])
    expect(await stored()).toEqual(before)
  })
})
