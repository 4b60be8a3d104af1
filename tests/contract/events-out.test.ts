import { beforeEach, expect, test } from 'vitest'
import { EVENT_TYPE_NAMES, EVENT_TYPES, type EventTypeName } from '../../lib/outbox/event-types.ts'
import { redirectAnswer, statusAnswer } from '../../local/world/answer.ts'
import { useDatabase } from '../helpers/database.ts'
import { openOpsPage } from './ops-page.ts'
import { servePages } from './page-server.ts'
import { BEARER, BUSINESS_KEY, KEY, useService } from './service.ts'
import { amountsUpdated, withdrawal } from './transactions.ts'
import {
  createReceiver,
  type Hook,
  OLD_WEBHOOK_SECRET,
  type Receiver,
  WEBHOOK_SECRET,
} from './webhook-receiver.ts'

const HOOK = 'https://hooks.example.org/anchor-ops?to=canary-hook-Rt57wQz1'
const ALERT = 'https://chat.example.org/services/canary-chat-Mn48sLp2'
const database = useDatabase()
const service = useService({
  database,
  environment: { WEBHOOK_URLS: HOOK, WEBHOOK_SECRET },
})
let receiver: Receiver
beforeEach(() => {
  receiver = createReceiver()
  service.sites.set('hooks.example.org', receiver.site)
  service.canaries.push(
    ...['canary-hook-Rt57wQz1', 'canary-chat-Mn48sLp2'],
    ...[WEBHOOK_SECRET, OLD_WEBHOOK_SECRET].map((secret) => secret.slice('whsec_'.length)),
  )
})

const deliver = async () => {
  const { status, body } = await service.call({ path: '/api/events/deliver', headers: BEARER })
  expect(status).toBe(200)
  await service.background()
  return body
}
const events = async (query: Record<string, string> = {}) =>
  (await service.call({ path: '/api/events', query, headers: KEY })).body.events
const health = async () =>
  (await service.call({ path: '/api/health', headers: BEARER })).body.checks.webhooks
/** Writes an event, as a trigger does. */
const tell = (subject: string, n: number, type: EventTypeName = 'transaction.status') =>
  database.query('select anchor_ops.tell($1, $2, $3)', [
    type,
    subject,
    { transactionId: subject, from: null, to: `status_${n}` },
  ])
const told = (list: Receiver['got'] = receiver.taken) =>
  list.map(({ subject, data }) => `${subject} ${data.to}`)
/** Moves everything that deliveries wait for into the past. */
const age = async (hours: number) => {
  await database.query(
    `update anchor_ops.webhook_lane set due_at = due_at - make_interval(hours => $1),
      failed_at = failed_at - make_interval(hours => $1), refused_since = refused_since - make_interval(hours => $1),
      claimed_until = claimed_until - make_interval(hours => $1)`,
    [hours],
  )
  await database.query(
    `update anchor_ops.webhook_endpoint set failing_since = failing_since - make_interval(hours => $1),
      paused_until = paused_until - make_interval(hours => $1), delivered_at = delivered_at - make_interval(hours => $1)`,
    [hours],
  )
  await database.query(
    `update anchor_ops.outbox set at = at - make_interval(hours => $1), published_at = published_at - make_interval(hours => $1),
      kept_until = kept_until - make_interval(hours => $1)`,
    [hours],
  )
  await database.query(
    'update anchor_ops.parked_event set parked_at = parked_at - make_interval(hours => $1)',
    [hours],
  )
}

test('an update tells of its transaction and of its attempt, in order, at once after the answer', async () => {
  service.platformHas([withdrawal('t1')])
  await deliver()
  await service.rpc([amountsUpdated('t1', 'm')])
  await service.background()
  expect(receiver.taken).toMatchObject([
    { type: 'transaction.status', subject: 'transaction/t1', data: { from: null } },
    { type: 'attempt.settled', subject: 'transaction/t1', data: { to: 'APPLIED' } },
  ])
  for (const hook of receiver.taken) {
    expect(EVENT_TYPES[hook.type as EventTypeName].data.strict().parse(hook.data)).toEqual(
      hook.data,
    )
  }
  expect(await events()).toMatchObject([
    { type: 'transaction.status', deliveries: [{ host: 'hooks.example.org', state: 'delivered' }] },
    { type: 'attempt.settled', deliveries: [{ state: 'delivered' }] },
  ])
})

test('a change that a reading finds is told at once after the answer', async () => {
  service.platformHas([withdrawal('t1')])
  await deliver()
  expect((await service.show('t1', { refresh: 'true' })).status).toBe(200)
  await service.background()
  expect(receiver.taken).toMatchObject([{ type: 'transaction.status' }])
})

test('a call without a key starts no delivery, whatever it asks for, and the decision of a form does', async () => {
  const pages = await servePages(service)
  try {
    await deliver()
    await tell('a', 1)
    for (const reply of [
      await pages.get('/api/check?domain=hooks.example.org'),
      await pages.get('/check?domain=other.example.org'),
      await pages.post('/ops/sign-in', { key: 'wrong' }),
      await pages.post('/ops/decisions', { target: '/', action: 'disable' }),
      await pages.get('/api/transactions/t1?refresh=true'),
    ]) {
      expect([200, 401]).toContain(reply.status)
    }
    await service.background()
    expect(told()).toEqual([])

    const { headers } = await pages.post('/ops/sign-in', { key: BUSINESS_KEY })
    await service.background()
    expect(told()).toEqual([])
    const cookie = headers.get('set-cookie')?.split(';')[0] ?? ''
    const csrf = /name="csrf" value="([^"]+)"/.exec((await pages.get('/ops', { cookie })).text)?.[1]
    const form = { csrf: csrf ?? '', target: '/api/transactions/settle', action: 'settle' }
    await pages.post('/ops/decisions', { ...form, body_settle: '{}' }, { cookie })
    await service.background()
    expect(told()).toEqual(['a status_1'])
  } finally {
    await pages.close()
  }
})

test('each event has a signature of every secret, so that a receiver with the old one takes it during a rotation', async () => {
  service.deploy({ WEBHOOK_SECRET: `${WEBHOOK_SECRET},${OLD_WEBHOOK_SECRET}` })
  for (const secret of [WEBHOOK_SECRET, OLD_WEBHOOK_SECRET]) {
    const one = createReceiver(secret)
    service.sites.set('hooks.example.org', one.site)
    await deliver()
    await tell('a', 1)
    expect(await deliver()).toEqual({ delivered: 1, failed: 0, parked: 0 })
    expect(one.taken).toHaveLength(1)
  }
})

test('a URL gets the events from the moment on in which it is set', async () => {
  await tell('a', 1)
  service.deploy({ WEBHOOK_URLS: undefined, WEBHOOK_SECRET: undefined })
  await deliver()
  await tell('a', 2)
  service.deploy()
  await deliver()
  await tell('a', 3)
  await deliver()
  expect(told()).toEqual(['a status_2', 'a status_3'])
  expect((await events()).map((one: { deliveries: object[] }) => one.deliveries.length)).toEqual([
    0, 1, 1,
  ])
})

test('a host that fails holds up its own events alone, and gets them all in order once it is back', async () => {
  service.deploy({ WEBHOOK_URLS: `${HOOK},https://other.example.org/` })
  const other = createReceiver()
  service.sites.set('other.example.org', other.site)
  receiver.answer = () => statusAnswer(500)
  await deliver()
  for (const n of [1, 2, 3])
    for (const subject of ['a', 'b', 'c', 'd', 'e', 'f']) await tell(subject, n)
  for (let hour = 0; hour < 24; hour += 1) {
    await deliver()
    await age(1)
  }
  expect(told(other.taken)).toHaveLength(18)
  expect(receiver.taken).toEqual([])
  // After 5 failures one event is tried at a time, however many wait.
  expect(receiver.got.length).toBeLessThan(6 + 2 * 24)
  expect(await health()).toMatchObject({ status: 'warning', reason: 'failing', parked: 0 })

  receiver.answer = () => null
  await deliver()
  expect(Object.groupBy(told(), (text) => text.slice(0, 1))).toEqual(
    Object.fromEntries(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((subject) => [
        subject,
        [1, 2, 3].map((n) => `${subject} status_${n}`),
      ]),
    ),
  )
  expect(await health()).toMatchObject({ status: 'ok' })
})

test('an event that a host refuses for a day while it takes others is parked, and the next one of its subject names it', async () => {
  receiver.answer = ({ subject, data }) =>
    subject === 'a' && data.to === 'status_1' ? statusAnswer(400) : null
  await deliver()
  await tell('a', 1)
  await tell('a', 2)
  await deliver()
  for (let hour = 0; hour < 26; hour += 1) {
    await age(1)
    await tell('b', hour)
    await deliver()
  }
  const [parked] = await events({ parked: 'true' })
  expect(parked).toMatchObject({
    subject: 'a',
    data: { to: 'status_1' },
    deliveries: [{ state: 'parked', failure: 'http_400' }],
  })
  const ofA = receiver.taken.filter(({ subject }) => subject === 'a')
  expect(ofA).toMatchObject([{ data: { to: 'status_2' }, missed: [parked.id] }])
  expect(await health()).toMatchObject({ status: 'warning', reason: 'parked', parked: 1 })
  await tell('a', 3)
  await deliver()
  expect(receiver.taken.at(-1)).not.toHaveProperty('missed')

  const page = await openOpsPage(service)
  const rows = await page.cards('.told li')
  const ofPage = (text: string) => rows.filter((one) => one.text.includes(text))
  expect(ofPage('parked')).toHaveLength(1)
  expect(ofPage('transaction status status_1')[0]?.text).toMatch(/parked, \d+ tries, http_400/)
  expect(ofPage('transaction status status_3')[0]?.text).toContain('delivered hooks.example.org')
  expect((await ofPage('status_3')[0]?.press('replay'))?.text).toContain('Done: replay.')
  await service.background()
  expect(receiver.taken.at(-1)).toMatchObject({ data: { to: 'status_3' }, replayed: true })
  const ofReader = await openOpsPage(service, [await service.makeKey('reader', ['read'])])
  const seen = await ofReader.cards('.told li')
  expect(seen.some(({ text }) => text.includes('status_1'))).toBe(true)
  expect(seen.flatMap(({ actions }) => actions)).toEqual([])
  await Promise.all([page.close(), ofReader.close()])

  // A person has it sent again once the host would take it.
  receiver.answer = () => null
  const path = `/api/events/${parked.id}/replay`
  const { status, body } = await service.call({ method: 'POST', path, headers: KEY })
  expect([status, body]).toMatchObject([202, { id: parked.id, endpoints: [expect.any(String)] }])
  await service.background()
  expect(receiver.taken.at(-1)).toMatchObject({
    id: parked.id,
    replayed: true,
    data: { to: 'status_1' },
  })
  expect(await events({ parked: 'true' })).toEqual([])
  expect(await health()).toMatchObject({ status: 'ok', parked: 0 })
})

test.each([1, 7])(
  'with %i events that a host refuses, one in two hours that it takes is not held up, and those are parked after a day',
  async (refused) => {
    receiver.answer = ({ subject }) => (subject === 'taken' ? null : statusAnswer(422))
    await deliver()
    for (let n = 0; n < refused; n += 1) await tell(`refused${n}`, 1)
    for (let hour = 0; hour < 30; hour += 1) {
      if (hour % 2 === 0) await tell('taken', hour)
      await deliver()
      await age(1)
    }
    // While the host is tried with one event at a time, an hour passes between two tries of this test.
    expect(receiver.taken.length).toBeGreaterThanOrEqual(14)
    expect(await events({ parked: 'true' })).toHaveLength(refused)
  },
)

test('every parked event of a subject is named once, the oldest in the next event', async () => {
  receiver.answer = () => statusAnswer(503)
  await deliver()
  for (let n = 0; n < 150; n += 1) await tell('a', n)
  await deliver()
  await age(73)
  for (const n of [150, 151, 152]) await tell('a', n)
  receiver.answer = () => null
  await deliver()
  await deliver()
  await deliver()
  const parked = (await events({ parked: 'true', limit: '200' })).map(({ id }: Hook) => id)
  expect(parked).toHaveLength(150)
  expect(told()).toEqual(['a status_150', 'a status_151', 'a status_152'])
  await tell('a', 153)
  await deliver()
  expect(receiver.taken.flatMap(({ missed = [] }) => missed)).toEqual(parked)
  expect(receiver.taken[0]?.missed).toHaveLength(100)
})

test('two URLs of one host get as many requests at once as two of two hosts, so that one which hangs holds up no other', async () => {
  service.deploy({ WEBHOOK_URLS: `${HOOK},https://hooks.example.org/other` })
  const { promise: all, resolve } = Promise.withResolvers<void>()
  receiver.answer = () => {
    if (receiver.got.length === 16) resolve()
    return { ...statusAnswer(204), body: '', until: all }
  }
  await deliver()
  for (let n = 0; n < 8; n += 1) await tell(`subject${n}`, n)
  expect(await deliver()).toEqual({ delivered: 16, failed: 0, parked: 0 })
})

test('a host that takes nothing for 3 days has its old events parked, and gets the later ones', async () => {
  receiver.answer = () => statusAnswer(503)
  await deliver()
  for (const subject of ['a', 'b', 'c', 'd', 'e']) await tell(subject, 1)
  await deliver()
  await age(73)
  await tell('a', 2)
  receiver.answer = () => null
  await deliver()
  await deliver()
  expect(await events({ parked: 'true' })).toHaveLength(5)
  expect(receiver.taken).toMatchObject([{ subject: 'a', data: { to: 'status_2' } }])
  expect(receiver.taken[0]?.missed).toHaveLength(1)

  const [ofB] = await events({ parked: 'true', subject: 'b' })
  await service.call({ method: 'POST', path: `/api/events/${ofB.id}/replay`, headers: KEY })
  await service.background()
  expect(receiver.taken.at(-1)).toMatchObject({ id: ofB.id, replayed: true })
  expect(receiver.taken.at(-1)).not.toHaveProperty('missed')
})

test('a host is left alone for as long as its Retry-After asks', async () => {
  receiver.answer = () => statusAnswer(429, { 'retry-after': '1800' })
  await deliver()
  await tell('a', 1)
  await deliver()
  await tell('b', 1)
  await age(0)
  await deliver()
  expect(receiver.got).toHaveLength(1)
  receiver.answer = () => null
  await age(1)
  await deliver()
  expect(told().toSorted()).toEqual(['a status_1', 'b status_1'])
})

test.each([
  [
    'a redirect to a private address',
    () => redirectAnswer('https://10.0.0.1/', 307),
    'redirect_limit',
  ],
  ['a reset', () => ({ kind: 'reset' as const }), 'connection_lost'],
])('%s is a failure, and nothing else is asked', async (_, answer, failure) => {
  receiver.answer = answer
  await deliver()
  await tell('a', 1)
  expect(await deliver()).toEqual({ delivered: 0, failed: 1, parked: 0 })
  expect(await events()).toMatchObject([{ deliveries: [{ state: 'waiting', tries: 1, failure }] }])
  expect(service.requests()).toEqual({ 'hooks.example.org': 1 })
})

test('a webhook at our own host is never dialled', async () => {
  service.sites.set('ops-own.example.org', receiver.site)
  service.deploy({
    WEBHOOK_URLS: 'https://ops-own.example.org/',
    VERCEL_URL: 'ops-own.example.org',
  })
  await deliver()
  await tell('a', 1)
  await deliver()
  expect(service.requests()).toEqual({})
  expect(await events()).toMatchObject([{ deliveries: [{ failure: 'host_blocked' }] }])
})

test.each(['endless', 'gzip-bomb'] as const)(
  'an answer 200 with a body that is %s counts as taken',
  async (kind) => {
    receiver.answer = () => ({ kind })
    await deliver()
    await tell('a', 1)
    expect(await deliver()).toEqual({ delivered: 1, failed: 0, parked: 0 })
  },
)

test('people are told of what wants one, and of nothing else, in a text that calls nobody by itself', async () => {
  service.deploy({ ALERT_WEBHOOK_URL: ALERT })
  const texts: string[] = []
  service.sites.set('chat.example.org', {
    answer: (_url, request) => {
      expect(request?.headers).not.toHaveProperty('webhook-signature')
      texts.push(JSON.parse(request?.body ?? '').text)
      return statusAnswer(200)
    },
  })
  await deliver()
  for (const type of EVENT_TYPE_NAMES) {
    await database.query('select anchor_ops.tell($1, $2, $3)', [
      type,
      type,
      { domain: '<!channel>', account: 'G', kind: 'sync', transactionId: 't&' },
    ])
  }
  await deliver()
  const wanted = EVENT_TYPE_NAMES.filter((type) => EVENT_TYPES[type].alert !== null)
  expect(texts).toHaveLength(wanted.length)
  expect(texts.join('\n')).toContain('The anchor &lt;!channel&gt; shows another identity')
  expect(texts.join('\n')).not.toContain('<')
  expect(receiver.taken).toHaveLength(EVENT_TYPE_NAMES.length)
})

test('events are read on from a position, from an instant, by type and by subject', async () => {
  for (const n of [1, 2, 3]) {
    await tell('a', n)
    await tell('b', n)
  }
  await deliver()
  const page = (await service.call({ path: '/api/events', query: { limit: '4' }, headers: KEY }))
    .body
  expect(page.events).toHaveLength(4)
  const rest = await events({ cursor: page.next })
  expect(told([...page.events, ...rest] as never)).toEqual(
    [1, 2, 3].flatMap((n) => [`a status_${n}`, `b status_${n}`]),
  )
  expect(await events({ subject: 'b', type: 'transaction.status' })).toHaveLength(3)
  expect(await events({ type: 'observer.alarm' })).toEqual([])
  expect(await events({ since: '2999-01-01T00:00:00Z' })).toEqual([])
  expect(await events({ since: '2020-01-01T00:00:00Z' })).toHaveLength(6)
})

test('an id of no event is not found, and without a webhook nothing is sent again', async () => {
  const path = '/api/events/6f1c2b1e-0b1a-4c8e-9a53-0d6c9a1b2c3d/replay'
  expect((await service.call({ method: 'POST', path, headers: KEY })).status).toBe(404)
  service.deploy({ WEBHOOK_URLS: undefined, WEBHOOK_SECRET: undefined })
  expect((await service.call({ method: 'POST', path, headers: KEY })).status).toBe(503)
})

test('events are deleted 30 days after they were told, except those that wait or are parked', async () => {
  receiver.answer = ({ subject }) => (subject === 'poison' ? statusAnswer(400) : null)
  await deliver()
  await tell('a', 1)
  await tell('poison', 1)
  await deliver()
  await age(25)
  await tell('a', 2)
  await deliver()
  await age(31 * 24)
  await tell('a', 3)
  await deliver()
  expect(told(await events())).toEqual(['poison status_1', 'a status_3'])
  await age(91 * 24)
  await deliver()
  await deliver()
  expect(await events()).toEqual([])
})
