import { describe, expect, test } from 'vitest'
import { finishRun } from '../../lib/anchors/store.ts'
import type { Endpoint } from '../../lib/outbox/endpoint.ts'
import {
  claimLanes,
  recordDelivery,
  registerEndpoints,
  releaseLanes,
} from '../../lib/outbox/store.ts'
import { databases, describeMeetings, useDatabase } from '../helpers/database.ts'

const ID = '0123456789abcdef'
const TOKEN = '11111111-1111-4111-8111-111111111111'
const endpoint = (types: Endpoint['types'] = null): Endpoint => ({
  id: ID,
  url: 'https://hooks.example.org/',
  host: 'hooks.example.org',
  kind: 'webhook',
  types,
})
const TELL = `select anchor_ops.tell('transaction.status', each.subject, '{}')
  from unnest($1::text[]) with ordinality as each (subject, place) order by each.place`
const wanted = { endpoint: ID, token: TOKEN, lanes: 8, events: 20, claimSeconds: 60 }

describe.each(databases())('the lanes of an endpoint, $name', (kind) => {
  const database = useDatabase(kind)

  test('end with the types of their events, so that they do not take the place of others', async () => {
    await registerEndpoints(database.db, [endpoint()])
    await database.query(TELL, [['a', 'b']])
    await registerEndpoints(database.db, [endpoint()])
    await database.query("select anchor_ops.tell('observer.alarm', 'b', '{}')")
    await registerEndpoints(database.db, [endpoint(['observer.alarm'])])
    const lanes = await claimLanes(database.db, wanted)
    expect(lanes.map(({ subject, events }) => [subject, events.map(({ type }) => type)])).toEqual([
      ['b', ['observer.alarm']],
    ])
  })

  test('end with their last event of a type that is left, and are not claimed for nothing behind it', async () => {
    await registerEndpoints(database.db, [endpoint()])
    await database.query("select anchor_ops.tell('observer.alarm', 'a', '{}')")
    await database.query(TELL, [['a']])
    await registerEndpoints(database.db, [endpoint()])
    await registerEndpoints(database.db, [endpoint(['observer.alarm'])])
    const [lane] = await claimLanes(database.db, wanted)
    const position = lane?.events[0]?.position ?? ''
    const claimed = { endpoint: ID, subject: 'a', token: TOKEN, position, claimSeconds: 60 }
    expect(await recordDelivery(database.db, { ...claimed, missed: [] })).toBe(true)
    expect(await database.query('select from anchor_ops.webhook_lane')).toEqual([])
  })
})

describeMeetings('deliveries: two transactions that meet', ({ database, meet }) => {
  test('while endpoints are named anew, a delivery of one of their lanes can be recorded', async () => {
    await registerEndpoints(database.db, [endpoint()])
    await database.query(TELL, [['a']])
    await registerEndpoints(database.db, [endpoint()])
    await database.query(TELL, [['a']])
    const published = await meet(
      'select from anchor_ops.webhook_lane for update',
      [],
      () => registerEndpoints(database.db, [endpoint()]),
      'select from anchor_ops.webhook_endpoint for no key update',
    )
    expect(published).toBe(1)
  })

  test('two runs that go wrong at once tell it once', async () => {
    const runs = await database.query(
      `insert into anchor_ops.run (kind, trigger) values ('check', 'manual'), ('check', 'manual') returning id`,
    )
    const [first, second] = runs.map(({ id }) => String(id))
    const answer = { status: 'ok', degraded: true }
    await meet(
      'update anchor_ops.run set finished_at = clock_timestamp(), answer = $2 where id = $1',
      [first, answer],
      () => finishRun(database.db, { runId: second ?? '', fence: null, answer, failure: null }),
    )
    const told = await database.query('select type from anchor_ops.outbox')
    expect(told).toEqual([{ type: 'run.degraded' }])
  })

  test('lanes are given back in the order in which new events reach them', async () => {
    await registerEndpoints(database.db, [endpoint()])
    for (const subject of ['b', 'a']) {
      await database.query(TELL, [[subject]])
      await registerEndpoints(database.db, [endpoint()])
    }
    await claimLanes(database.db, wanted)
    await database.query('analyze anchor_ops.webhook_lane')
    await meet(
      "select from anchor_ops.webhook_lane where subject = 'a' for update",
      [],
      () => releaseLanes(database.db, { endpoint: ID, token: TOKEN, subjects: ['b', 'a'] }),
      "select from anchor_ops.webhook_lane where subject = 'b' for update",
    )
    expect(await claimLanes(database.db, wanted)).toHaveLength(2)
  })
})
