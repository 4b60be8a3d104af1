import { beforeEach, describe, expect, test } from 'vitest'
import {
  claimLanes,
  pruneEvents,
  recordDelivery,
  registerEndpoints,
} from '../../lib/outbox/store.ts'
import { databases, useDatabase } from '../helpers/database.ts'

const ID = '0123456789abcdef'
const GONE = 'fedcba9876543210'
const TOKEN = '11111111-1111-4111-8111-111111111111'
const MOST_IN_A_CALL = 5_000
const endpoint = (id: string) => ({
  ...{ id, url: 'https://hooks.example.org/', host: 'hooks.example.org', types: null },
  kind: 'webhook' as const,
})

describe.each(databases())('a large backlog of events, $name', (kind) => {
  const database = useDatabase(kind)
  const one = async (sql: string) => Number((await database.query(sql))[0]?.['count'])
  const count = (table: string, condition = 'true') =>
    one(`select count(*) from anchor_ops.${table} where ${condition}`)
  /** Tells events of a subject, published so many days ago. */
  const tell = async (subject: string, events: number, days: number) => {
    await database.query(
      `select anchor_ops.tell('transaction.status', $1, '{}') from generate_series(1, $2::int)`,
      [subject, events],
    )
    await database.query('select anchor_ops.publish_events()')
    await database.query(
      `update anchor_ops.outbox set published_at = clock_timestamp() - make_interval(days => $2),
        kept_until = clock_timestamp() - make_interval(days => $2 - 30) where subject = $1`,
      [subject, days],
    )
  }
  const park = () =>
    database.query(
      'select anchor_ops.park_old_events(endpoint) from anchor_ops.webhook_endpoint as endpoint where id = $1',
      [ID],
    )
  beforeEach(() => registerEndpoints(database.db, [endpoint(ID)]))

  test('is parked 10,000 events at a time, the same share of each subject, and each call goes on', async () => {
    await tell('a', 1, 4)
    await tell('b', 1, 4)
    await tell('b-young', 2, 1)
    // Each subject has 6,000 old events in all.
    await database.query(
      `update anchor_ops.outbox set position = position + 20000 where subject = 'b-young'`,
    )
    await database.query(
      `insert into anchor_ops.outbox (type, subject, data, position, published_at, kept_until)
       select type, subject, data, position + 2 * place, published_at, kept_until
       from anchor_ops.outbox, generate_series(1, 5999) as place where subject in ('a', 'b')`,
    )
    await database.query(
      `update anchor_ops.webhook_lane set after = 0,
        last = (select max(position) from anchor_ops.outbox where outbox.subject = webhook_lane.subject)`,
    )
    const parked: number[][] = []
    for (let call = 0; call < 3; call += 1) {
      await park()
      parked.push([
        await count('parked_event', `subject = 'a'`),
        await count('parked_event', `subject = 'b'`),
      ])
    }
    // The lane with nothing old has a share in the first call.
    expect(parked).toEqual([
      [3_333, 3_333],
      [6_000, 6_000],
      [6_000, 6_000],
    ])
    const lanes = await database.query('select subject from anchor_ops.webhook_lane')
    expect(lanes).toEqual([{ subject: 'b-young' }])
    const unparked = await count(
      'outbox',
      'not exists (select from anchor_ops.parked_event as parked where parked.position = outbox.position)',
    )
    expect(unparked).toBe(2)
  })

  test('is parked behind 500 subjects that have nothing old', async () => {
    await tell('old', 1, 4)
    await database.query(
      `select anchor_ops.tell('transaction.status', 'young ' || place, '{}') from generate_series(1, 500) as place`,
    )
    await database.query('select anchor_ops.publish_events()')
    // They had events before, which were taken.
    await database.query(
      `update anchor_ops.webhook_lane set after = 0, due_at = '-infinity' where subject like 'young %'`,
    )
    await park()
    expect(await count('parked_event')).toBe(0)
    await park()
    expect(await count('parked_event', `subject = 'old'`)).toBe(1)
    expect(await count('webhook_lane', `subject like 'young %'`)).toBe(500)
    const lanes = await claimLanes(database.db, {
      ...{ endpoint: ID, token: TOKEN, lanes: 2, events: 20, claimSeconds: 60 },
    })
    expect(lanes.map(({ events }) => events.length)).toEqual([1, 1])
  })

  test('is deleted in parts, also behind events that are still needed', async () => {
    await tell('needed', 25, 40)
    await park()
    await park()
    await tell('free', 15, 35)
    await database.query(`delete from anchor_ops.webhook_lane where subject = 'free'`)
    const deleted: number[] = []
    for (let call = 0; call < 5; call += 1) deleted.push(await pruneEvents(database.db, 10))
    expect(deleted).toEqual([0, 0, 5, 10, 0])
    expect(await count('outbox', `subject = 'needed'`)).toBe(25)
    await database.query(
      `update anchor_ops.parked_event set parked_at = parked_at - interval '91 days'`,
    )
    const left: number[] = []
    for (let call = 0; call < 3; call += 1) {
      await pruneEvents(database.db, 10)
      left.push(await count('parked_event'))
    }
    expect(left).toEqual([15, 5, 0])
    await database.query('update anchor_ops.outbox set kept_until = clock_timestamp()')
    for (let call = 0; call < 3; call += 1) await pruneEvents(database.db, 10)
    expect(await count('outbox')).toBe(0)
  })

  test('of a URL that was removed is deleted in parts, and the URL with the last of them', async () => {
    await registerEndpoints(database.db, [endpoint(GONE)])
    await database.query(
      `insert into anchor_ops.webhook_lane (endpoint, subject, after, last, due_at)
       select '${GONE}', 's' || place, 0, 1, now() from generate_series(1, ${MOST_IN_A_CALL + 10}) as place`,
    )
    await database.query(
      `insert into anchor_ops.parked_event (endpoint, position, event_id, subject, tries)
       select '${GONE}', place, gen_random_uuid(), 's', 1 from generate_series(1, ${MOST_IN_A_CALL + 20}) as place`,
    )
    await database.query(
      `update anchor_ops.webhook_endpoint set configured_at = now() - interval '4 days' where id = '${GONE}'`,
    )
    const left: number[][] = []
    for (let call = 0; call < 2; call += 1) {
      await registerEndpoints(database.db, [endpoint(ID)])
      left.push([
        await count('webhook_lane', `endpoint = '${GONE}'`),
        await count('parked_event', `endpoint = '${GONE}'`),
        await count('webhook_endpoint', `id = '${GONE}'`),
      ])
    }
    expect(left).toEqual([
      [10, 20, 1],
      [0, 0, 0],
    ])
  })

  test('is due in parts for a host that is back', async () => {
    await tell('first', 1, 0)
    await database.query(
      `insert into anchor_ops.webhook_lane (endpoint, subject, after, last, due_at)
       select '${ID}', 's' || place, 0, 1, now() + interval '10 minutes' from generate_series(1, ${MOST_IN_A_CALL + 10}) as place`,
    )
    const claim = { endpoint: ID, token: TOKEN, lanes: 1, events: 1, claimSeconds: 60 }
    const [lane] = await claimLanes(database.db, claim)
    await database.query('update anchor_ops.webhook_endpoint set failures = 5')
    const position = lane?.events[0]?.position ?? ''
    const delivery = { endpoint: ID, subject: 'first', token: TOKEN, claimSeconds: 60 }
    expect(await recordDelivery(database.db, { ...delivery, position, missed: [] })).toBe(true)
    expect(await count('webhook_lane', 'due_at > clock_timestamp()')).toBe(10)
  })
})
