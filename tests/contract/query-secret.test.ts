import { describe, expect, test } from 'vitest'
import { databases, describeOnReal, useDatabase } from '../helpers/database.ts'
import { useInstances } from './instances.ts'
import { findTexts, logLines, writtenForms } from './rows.ts'
import { BEARER, CRON_SECRET, KEY, OPS, type Service } from './service.ts'

const HEALTH = '/api/health'
const SETTLE = '/api/transactions/settle'
const SECRET = { secret: CRON_SECRET }

describeOnReal(
  'health counts the calls with the secret in the query, over two instances',
  (kind) => {
    const { a, b, proxy } = useInstances(kind)

    const configuration = async (service: Service) =>
      (await service.call({ path: HEALTH, headers: BEARER })).body.checks.configuration
    const counted = async (service: Service) => (await configuration(service)).querySecretCalls

    test('50 concurrent calls count 50, on both', async () => {
      const replies = await Promise.all(
        Array.from({ length: 50 }, (_, at) =>
          (at % 2 === 0 ? a : b).call({ path: at % 3 === 0 ? HEALTH : SETTLE, query: SECRET }),
        ),
      )
      for (const { status, headers } of replies) {
        expect([status, headers.get('warning')]).toEqual([200, expect.stringMatching(/^299 - /)])
      }
      expect([await counted(a), await counted(b)]).toEqual([50, 50])
    })

    test('a call counts once before it is answered, whatever it is answered', async () => {
      for (const query of [{ action: 'nonsense' }, { action: 'sync', limit: 'x' }]) {
        expect((await a.call({ path: OPS, query: { ...SECRET, ...query } })).status).toBe(400)
      }
      const { body } = await a.call({ path: HEALTH, query: SECRET })
      expect(body.checks.configuration.querySecretCalls).toBe(3)
    })

    test('a call with the secret in a header, a wrong secret, or on a route without it does not count', async () => {
      const calls = [
        { path: HEALTH, headers: BEARER },
        { path: HEALTH, headers: BEARER, query: SECRET },
        { path: SETTLE, headers: { 'x-cron-secret': CRON_SECRET }, query: SECRET },
        { path: SETTLE, query: { secret: 'wrong' } },
        { path: SETTLE, query: { secret: '' } },
        { path: HEALTH, query: `secret=${CRON_SECRET}&secret=${CRON_SECRET}` },
        { path: SETTLE, query: SECRET, headers: { authorization: 'Bearer wrong' } },
        { path: '/api/anchors/catalog', query: SECRET },
        { path: '/api/payments', query: SECRET, headers: KEY },
        { path: '/api/payments', query: SECRET },
        { method: 'OPTIONS', path: SETTLE, query: SECRET },
        { method: 'DELETE', path: SETTLE, query: SECRET },
      ]
      for (const asked of calls) await a.call(asked)
      expect(await counted(b)).toBe(0)
    })

    test('a caller without the secret sees no count', async () => {
      await a.call({ path: HEALTH, query: SECRET })
      const { body } = await a.call({ path: HEALTH })
      expect(body.checks.configuration).toEqual({ status: 'ok' })
    })

    test('a count that fails is logged and does not fail the call', async () => {
      proxy.setFaults([{ call: 'count_query_secret', kind: 'cut', times: 9 }])
      const { status, headers } = await a.call({ path: SETTLE, query: SECRET })
      expect([status, headers.get('warning')]).toEqual([200, expect.any(String)])
      expect(logLines(a, 'query_secret_not_counted')).toHaveLength(1)
      proxy.setFaults([])
      expect(await counted(b)).toBe(0)
    })

    test('a count that cannot be read is left out', async () => {
      proxy.setFaults([{ call: 'read_query_secret_calls', kind: 'cut', times: 9 }])
      expect(await configuration(a)).toEqual({ status: 'ok' })
    })

    test('no form in which the secret may be written reaches the log or an answer', async () => {
      const secret = 'canary+Qx81/vTz 04=Lm&We"93%é'
      a.deploy({ CRON_SECRET: secret })
      const query = { secret }
      // As a browser writes it: only what a path may not hold is encoded.
      const escaped = secret.replace('%', '%25').replace('/', '%2F')
      const mixed = new URL(`http://x/${escaped}`).pathname.slice(1)
      const everyByte = Buffer.from(secret).toString('hex').replace(/../g, '%$&')
      const statuses: number[] = []
      const answers: string[] = []
      for (const asked of [
        { path: HEALTH, query },
        { path: HEALTH, query: `secret=${encodeURIComponent(secret).toLowerCase()}` },
        { path: SETTLE, query: { ...query, [secret]: secret } },
        { path: OPS, query: { ...query, action: 'refresh_capabilities', limit: secret } },
        { path: `/api/transactions/${encodeURIComponent(secret)}`, query },
        { path: `/api/transactions/${everyByte}`, query },
        {
          path: `/api/transactions/${mixed}`,
          query,
        },
        { method: 'DELETE', path: `/api/transactions/${everyByte}`, query },
        { path: HEALTH, query, headers: { 'x-request-id': 'canary-Qx81' } },
      ]) {
        const { status, text } = await a.call(asked)
        statuses.push(status)
        answers.push(text)
      }
      expect(statuses).toEqual([200, 200, 400, 400, 401, 401, 401, 405, 200])
      const forms = [
        ...[encodeURIComponent(secret).toLowerCase(), everyByte, mixed],
        new URLSearchParams(query).toString(),
      ]
      const places = { log: a.log.join(''), answers: answers.join('') }
      expect(findTexts([...writtenForms(secret), ...forms], places)).toEqual([])
    })
  },
)

describe.each(databases())('the count of a minute: $name', (kind) => {
  const database = useDatabase(kind)
  const read = () => database.db.call('read_query_secret_calls', {})
  const count = () => database.db.call('count_query_secret', {})
  const store = (age: string, calls: number) =>
    database.query(
      'insert into anchor_ops.query_secret_use (minute, calls) values (now() - $1::interval, $2)',
      [age, calls],
    )

  test('counts for a day, and is deleted after two', async () => {
    await store('23 hours 50 minutes', 1_000)
    await store('1 day', 200)
    await store('1 day 23 hours', 30)
    await store('2 days 1 second', 4)
    expect(await read()).toEqual({ calls: 1_000 })
    await count()
    await count()
    expect(await read()).toEqual({ calls: 1_002 })
    const stored = await database.query('select calls::int from anchor_ops.query_secret_use')
    expect(stored.map(({ calls }) => calls)).not.toContain(4)
    expect(stored.map(({ calls }) => calls)).toEqual(expect.arrayContaining([1_000, 200, 30]))
  })
})
