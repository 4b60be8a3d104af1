import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { callChecked, type Database } from '../../lib/db/client.ts'
import { jsonObject } from '../../lib/db/shapes.ts'
import { databases, describeMeetings, useDatabase } from '../helpers/database.ts'

const PER_CALLER = 3
const PER_OWNER = 4
const IN_ALL = 12
const WINDOW_SECONDS = 600

const begun = z.object({
  state: z.enum(['begun', 'kept', 'refused']),
  id: z.string().optional(),
  result: jsonObject.optional(),
  limit: z.string().optional(),
  retryAfterSeconds: z.number().optional(),
})
type Begun = z.infer<typeof begun>

interface Asked {
  domain: string
  owner?: string
  caller?: number
  network?: string
}

const callerOf = (caller: number) => caller.toString(16).padStart(64, '0')

function parametersOf({ domain, owner = domain, caller = 1, network = 'mainnet' }: Asked) {
  return {
    ...{ network, domain, owner, caller: callerOf(caller) },
    ...{ keptSeconds: 60, runningSeconds: 20, windowSeconds: WINDOW_SECONDS },
    ...{ perCaller: PER_CALLER, perOwner: PER_OWNER, inAll: IN_ALL },
  }
}

const begin = (db: Database, asked: Asked): Promise<Begun> =>
  callChecked(db, begun, 'begin_requested_check', parametersOf(asked))

const finish = (db: Database, id: string | undefined, result: object) =>
  callChecked(db, z.object({ stored: z.boolean() }), 'finish_requested_check', { id, result })

/** `begun`, `kept`, or the limit that refused. */
const outcomeOf = ({ state, limit }: Begun) => limit ?? state

function tally(all: readonly Begun[]): Record<string, number> {
  const groups = Map.groupBy(all, outcomeOf)
  return Object.fromEntries([...groups].map(([outcome, { length }]) => [outcome, length]))
}

const names = (count: number, prefix = 'a') =>
  Array.from({ length: count }, (_, place) => `${prefix}${place}.example`)

describe.each(databases())('checks that anybody may ask for: $name', (kind) => {
  const database = useDatabase(kind)
  const { db } = database
  const age = (seconds: number) =>
    database.query(
      'update anchor_ops.requested_check set asked_at = asked_at - make_interval(secs => $1)',
      [seconds],
    )
  const stored = async () =>
    (await database.query('select count(*)::int as checks from anchor_ops.requested_check'))[0]

  test('of one domain run one at a time, and what one found is shown again for a minute and counts nothing', async () => {
    const first = await begin(db, { domain: 'a.example' })
    expect(first).toMatchObject({ state: 'begun' })
    expect(await begin(db, { domain: 'a.example', caller: 2 })).toEqual({
      ...{ state: 'refused', limit: 'running', retryAfterSeconds: 20 },
    })
    expect(await finish(db, first.id, { found: 1 })).toEqual({ stored: true })
    for (let asked = 0; asked < PER_CALLER + 1; asked += 1) {
      expect(await begin(db, { domain: 'a.example' })).toEqual({
        ...{ state: 'kept', result: { found: 1 } },
      })
    }
    expect(await stored()).toEqual({ checks: 1 })
    await age(61)
    expect(outcomeOf(await begin(db, { domain: 'a.example' }))).toBe('begun')
  })

  test('of one domain on two networks do not stand for each other', async () => {
    const { id } = await begin(db, { domain: 'a.example' })
    await finish(db, id, { found: 1 })
    expect(outcomeOf(await begin(db, { domain: 'a.example', network: 'testnet' }))).toBe('begun')
  })

  test('that broke off without a result hold up the next one of the domain for 20 s and no longer', async () => {
    await begin(db, { domain: 'a.example' })
    await age(21)
    expect(outcomeOf(await begin(db, { domain: 'a.example' }))).toBe('begun')
  })

  test.each([
    ['caller', PER_CALLER, (domain: string): Asked => ({ domain, caller: 7 })],
    [
      'domain',
      PER_OWNER,
      (domain: string, place: number): Asked => ({ domain, owner: 'owner.example', caller: place }),
    ],
    ['all', IN_ALL, (domain: string, place: number): Asked => ({ domain, caller: place })],
  ] as const)(
    'are refused by the limit of %s after %i in ten minutes, with the seconds until the oldest has left them',
    async (limit, most, askedAt) => {
      const [first = '', ...rest] = names(most)
      expect(outcomeOf(await begin(db, askedAt(first, 1)))).toBe('begun')
      await age(200)
      for (const [place, domain] of rest.entries()) {
        expect(outcomeOf(await begin(db, askedAt(domain, place + 2)))).toBe('begun')
      }
      const refused = await begin(db, askedAt('further.example', most + 2))
      expect(refused).toMatchObject({ state: 'refused', limit })
      const seconds = refused.retryAfterSeconds ?? 0
      // The calls between take far less than a minute.
      expect(seconds).toBeGreaterThan(WINDOW_SECONDS - 200 - 60)
      expect(seconds).toBeLessThanOrEqual(WINDOW_SECONDS - 200)
      expect(await stored()).toEqual({ checks: most })
      await age(seconds)
      expect(outcomeOf(await begin(db, askedAt('further.example', most + 2)))).toBe('begun')
      expect(await stored()).toEqual({ checks: most })
    },
  )

  test('of one caller that are refused leave the others theirs', async () => {
    for (const domain of names(PER_CALLER)) await begin(db, { domain, caller: 1 })
    expect(outcomeOf(await begin(db, { domain: 'b.example', caller: 1 }))).toBe('caller')
    expect(outcomeOf(await begin(db, { domain: 'b.example', caller: 2 }))).toBe('begun')
  })

  test('are counted exactly when many callers ask at once', async () => {
    const ofCaller = await Promise.all(
      names(12, 'c').map((domain) => begin(db, { domain, caller: 1 })),
    )
    expect(tally(ofCaller)).toEqual({ begun: PER_CALLER, caller: 12 - PER_CALLER })
    const ofDomain = await Promise.all(
      names(12, 'd').map((domain, place) =>
        begin(db, { domain, owner: 'owner.example', caller: 100 + place }),
      ),
    )
    expect(tally(ofDomain)).toEqual({ begun: PER_OWNER, domain: 12 - PER_OWNER })
    const ofOne = await Promise.all(
      Array.from({ length: 8 }, (_, place) =>
        begin(db, { domain: 'one.example', caller: 200 + place }),
      ),
    )
    expect(tally(ofOne)).toEqual({ begun: 1, running: 7 })
    const left = IN_ALL - PER_CALLER - PER_OWNER - 1
    const ofAll = await Promise.all(
      names(12, 'e').map((domain, place) => begin(db, { domain, caller: 300 + place })),
    )
    expect(tally(ofAll)).toEqual({ begun: left, all: 12 - left })
    expect(await stored()).toEqual({ checks: IN_ALL })
  })

  test('whose row is gone before they end store nothing', async () => {
    const { id } = await begin(db, { domain: 'a.example' })
    await age(WINDOW_SECONDS + 1)
    await begin(db, { domain: 'b.example' })
    expect(await finish(db, id, { found: 1 })).toEqual({ stored: false })
  })
})

describeMeetings('checks that anybody may ask for: two calls that meet', ({ database, meet }) => {
  const statement = `select public.begin_requested_check('mainnet', $1, $1, $2, 60, 20, ${WINDOW_SECONDS},
    ${PER_CALLER}, ${PER_OWNER}, ${IN_ALL}) as begun`

  test('the second counts the one of the first, which is not committed when it comes', async () => {
    for (const domain of names(PER_CALLER - 1)) await begin(database.db, { domain })
    const late = await meet(statement, ['b.example', callerOf(1)], ([row]) => {
      expect(row?.['begun']).toMatchObject({ state: 'begun' })
      return begin(database.db, { domain: 'c.example' })
    })
    expect(outcomeOf(late)).toBe('caller')
  })
})
