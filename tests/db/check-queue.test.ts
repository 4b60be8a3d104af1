import { describe, expect, test } from 'vitest'
import type { Capability } from '../../lib/anchors/check/capability.ts'
import {
  brakeWindow,
  claimChecks,
  recordChecks,
  releaseClaims,
  renewClaims,
} from '../../lib/anchors/queue/store.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import {
  callsOf,
  capabilityOf,
  listingOf,
  mustStart,
  okCheck,
  served,
  storeListings,
} from '../helpers/database-rows.ts'

const WINDOW_HOURS = 6
const network = 'mainnet' as const

describe.each(databases())('the queue of checks: $name', (kind) => {
  const database = useDatabase(kind)
  const names = (count: number, prefix = 'a') =>
    Array.from({ length: count }, (_, at) => `${prefix}${String(at).padStart(3, '0')}.example`)
  const list = (domains: string[], source = 'https://directory.example/') =>
    storeListings(
      database.db,
      domains.map((domain) => listingOf(domain)),
      { source },
    )
  const claimOf = async (
    limit: number,
    change: Partial<Parameters<typeof claimChecks>[1]> = {},
  ) => {
    const { runId } = await mustStart(database.db, {
      kind: 'check',
      holder: null,
      leaseSeconds: null,
    })
    const token = crypto.randomUUID()
    const claimed = await claimChecks(database.db, {
      ...{ network, runId, token, limit, claimSeconds: 60, windowHours: WINDOW_HOURS },
      ...{ now: new Date().toISOString(), onlyDue: true, country: null },
      ...change,
    })
    return { runId, token, claimed, domains: claimed.map(({ domain }) => domain) }
  }
  const setPriority = (prefix: string, priority: number) =>
    database.query(`update anchor_ops.due_check set priority = $2 where domain like $1 || '%'`, [
      prefix,
      priority,
    ])
  const expireClaims = () =>
    database.query(`update anchor_ops.due_check set claimed_until = now() - interval '1 second'`)
  const dueRows = () =>
    database.query('select domain, priority from anchor_ops.due_check order by domain')
  const stateOf = async (domain: string) => {
    const [row] = await database.query(
      `select health, window_outcome, capability is not null as capability, operational,
        (select bool_and(listing.operational) from anchor_ops.listing where listing.domain = home_domain.domain) as listings
       from anchor_ops.home_domain where domain = $1`,
      [domain],
    )
    return row
  }
  const goneCheck = (domain: string, startedAt: string, notFoundCount = 1) =>
    okCheck(domain, {
      check: {
        checkedAt: new Date().toISOString(),
        outcome: 'definite',
        error: 'stellar.toml not found (404)',
        operational: false,
        capability: null,
        trust: null,
        listings: [
          {
            ...{ id: `${domain}:on-ramp:MX:MXN`, operational: false, why: ['toml_gone'] },
            ...{ rail: null, asset: null, basis: null, until: null },
          },
        ],
      },
      window: { startedAt },
      before: { lastOutcome: 'ok', okStreak: 1 },
      health: { notFoundCount, okStreak: 0 },
    })

  test('eight claims at once take each home domain once', async () => {
    await list(names(400))
    const claims = await Promise.all(Array.from({ length: 8 }, () => claimOf(60)))
    const all = claims.flatMap(({ domains }) => domains)
    expect(new Set(all).size).toBe(all.length)
    expect(all).toHaveLength(400)
    expect((await claimOf(60)).domains).toEqual([])
  })

  test('three in four places are for listed anchors in service, however many new and dead ones wait', async () => {
    await list([...names(20, 'new'), ...names(20, 'well'), ...names(20, 'dead')])
    await setPriority('well', 0)
    await setPriority('dead', 2)
    await database.query(
      `update anchor_ops.due_check set due_at = now() - interval '1 day' where domain not like 'well%'`,
    )
    const kindsOf = async (limit: number) => {
      const { domains } = await claimOf(limit)
      return ['well', 'new', 'dead'].map(
        (prefix) => domains.filter((domain) => domain.startsWith(prefix)).length,
      )
    }
    expect(await kindsOf(8)).toEqual([6, 2, 0])
    expect(await kindsOf(20)).toEqual([14, 6, 0])
    expect(await kindsOf(20)).toEqual([0, 12, 8])
    expect(await kindsOf(20)).toEqual([0, 0, 12])
  })

  test('a home domain is in the queue while it has an active listing, and a directory brings it forward', async () => {
    await list(['a.example', 'b.example'], 'horizon:https://horizon.example')
    expect(await dueRows()).toEqual([
      { domain: 'a.example', priority: 2 },
      { domain: 'b.example', priority: 2 },
    ])
    await storeListings(database.db, [listingOf('a.example', { currency: 'USD' })])
    await database.query(`update anchor_ops.listing set active = false where domain = 'b.example'`)
    expect(await dueRows()).toEqual([{ domain: 'a.example', priority: 1 }])
    await database.query(`update anchor_ops.listing set active = true where domain = 'b.example'`)
    expect(await dueRows()).toContainEqual({ domain: 'b.example', priority: 2 })
  })

  test('what was claimed is free once it is given back or its claim ends, and not while it is renewed', async () => {
    await list(['a.example', 'b.example'])
    const first = await claimOf(2)
    expect(first.domains).toEqual(['a.example', 'b.example'])
    const { token } = first
    expect(
      await releaseClaims(database.db, { network, token, domains: ['b.example'], country: null }),
    ).toEqual({ due: 2 })
    expect((await claimOf(2)).domains).toEqual(['b.example'])
    await expireClaims()
    const domains = ['a.example', 'b.example']
    const renewal = { network, token, domains, claimSeconds: 60 }
    expect(await renewClaims(database.db, renewal)).toEqual({ renewed: 1 })
    expect((await claimOf(2)).domains).toEqual(['b.example'])
  })

  test('a check whose claim another run took over is not stored, and is not counted', async () => {
    await list(['a.example', 'b.example'])
    const zombie = await claimOf(2)
    await expireClaims()
    const successor = await claimOf(1)
    expect(successor.domains).toEqual(['a.example'])
    const batchOf = ({ runId, token }: typeof zombie, ...domains: string[]) =>
      recordChecks(database.db, {
        ...{ network, runId, token, windowHours: WINDOW_HOURS },
        checks: domains.map((domain) => okCheck(domain)),
      })
    expect((await batchOf(zombie, 'a.example', 'b.example')).recorded).toEqual(['b.example'])
    expect((await batchOf(successor, 'a.example')).recorded).toEqual(['a.example'])
    // A repeat of the same call finds its claims used.
    expect((await batchOf(successor, 'a.example')).recorded).toEqual([])
    expect(await database.query('select from anchor_ops.home_domain_check')).toHaveLength(2)
  })

  test('a check is due again in the window that it names, whatever the clock of the caller says', async () => {
    await list(['a.example'])
    const { record } = callsOf(database, await mustStart(database.db))
    const dueAfter = async (checkedAt: string, startedAt: string, windowsUntilNext: number) => {
      await record(
        okCheck('a.example', { check: { checkedAt }, window: { startedAt }, windowsUntilNext }),
      )
      const [row] = await database.query(
        `select round(extract(epoch from due_at - now()) / 3600)::int as hours from anchor_ops.due_check`,
      )
      return row?.['hours']
    }
    expect(await dueAfter('2026-01-01T02:00:00Z', '2026-01-01T00:00:00Z', 1)).toBe(4)
    expect(await dueAfter('2026-01-01T02:00:00Z', '2026-01-01T00:00:00Z', 4)).toBe(22)
    // This clock went back by days after the window of its last check had begun.
    expect(await dueAfter('2025-12-20T02:00:00Z', '2026-01-01T00:00:00Z', 1)).toBe(6)
  })

  test('a home domain is left alone as long as its server asks, and a day at most', async () => {
    await list(['a.example', 'b.example'], 'horizon:https://horizon.example')
    const { record } = callsOf(database, await mustStart(database.db))
    const hoursAfter = async (patienceSeconds: number) => {
      const checkedAt = '2026-01-01T02:00:00Z'
      await record(okCheck('a.example', { check: { checkedAt, patienceSeconds }, priority: 2 }))
      const [row] = await database.query(
        `select round(extract(epoch from due_at - now()) / 3600)::int as hours from anchor_ops.due_check where domain = 'a.example'`,
      )
      return row?.['hours']
    }
    expect(await hoursAfter(0)).toBe(4)
    expect(await hoursAfter(3_600)).toBe(4)
    expect(await hoursAfter(1_000_000)).toBe(24)
    expect(await hoursAfter(7 * 3_600)).toBe(7)
    // Neither a person who checks what is not due nor a directory that lists it now.
    expect((await claimOf(10, { onlyDue: false })).domains).toEqual(['b.example'])
    await storeListings(database.db, [listingOf('a.example', { currency: 'USD' })])
    expect(await dueRows()).toContainEqual({ domain: 'a.example', priority: 1 })
    expect((await claimOf(10)).domains).toEqual([])
  })

  test('a second check of a window is judged from the health before the window', async () => {
    await list(['a.example'])
    const { record } = callsOf(database, await mustStart(database.db))
    const claimAt = async (now: string) => {
      const { claimed, token } = await claimOf(1, { onlyDue: false, now })
      const domains = ['a.example']
      await releaseClaims(database.db, { network, token, domains, country: null })
      return claimed.map(({ window: { disabled: _, ...window }, health }) => [
        window,
        health.notFoundCount,
      ])
    }
    const first = '2026-01-01T06:00:00.000Z'
    expect(await claimAt('2026-01-01T06:00:00Z')).toEqual([
      [{ startedAt: first, outcome: null }, 0],
    ])
    await record(goneCheck('a.example', first))
    expect(await claimAt('2026-01-01T11:59:59Z')).toEqual([
      [{ startedAt: first, outcome: 'definite' }, 0],
    ])
    expect(await claimAt('2026-01-01T12:00:00Z')).toEqual([
      [{ startedAt: '2026-01-01T12:00:00.000Z', outcome: null }, 1],
    ])
    // No window begins before the last one.
    expect(await claimAt('2025-01-01T00:00:00Z')).toEqual([
      [{ startedAt: first, outcome: 'definite' }, 0],
    ])
  })

  test('the brake undoes what the failures of a window did, and later ones of it do nothing', async () => {
    const domains = names(3)
    await list(domains)
    const { record } = callsOf(database, await mustStart(database.db))
    await record(...domains.map((domain) => okCheck(domain)))
    const before = await stateOf('a000.example')
    const startedAt = '2026-01-01T06:00:00.000Z'
    const failed = await record(
      goneCheck('a000.example', startedAt),
      goneCheck('a001.example', startedAt),
    )
    expect(failed.windows).toEqual([{ startedAt, healthyBefore: 2, failedNow: 2, braked: false }])
    expect(await stateOf('a000.example')).toMatchObject({ operational: false, listings: false })

    const brake = () => brakeWindow(database.db, { network, startedAt })
    expect(await brake()).toEqual({ braked: true, spared: 2 })
    expect(await brake()).toEqual({ braked: false, spared: 0 })
    const spared = {
      ...before,
      window_outcome: 'definite',
      health: expect.objectContaining({ notFoundCount: 0, lastOutcome: 'definite' }),
    }
    expect(await stateOf('a000.example')).toEqual(spared)

    const late = await record(goneCheck('a002.example', startedAt))
    expect(late.windows).toEqual([{ startedAt, healthyBefore: 3, failedNow: 3, braked: true }])
    expect(await stateOf('a002.example')).toEqual(spared)
    // Those of January are more than 90 days older.
    expect(await database.query('select from anchor_ops.home_domain_check')).toHaveLength(3)
  })

  test('anchors that only Horizon names do not pull the brake, also when they are listed within the window', async () => {
    const [free, listed] = [names(8, 'f'), names(20, 'l')]
    await list(free, 'horizon:https://horizon.example')
    await list(listed)
    const { record } = callsOf(database, await mustStart(database.db))
    await record(...[...free, ...listed].map((domain) => okCheck(domain)))
    const startedAt = '2026-01-01T06:00:00.000Z'
    const wells = listed.slice(1).map((domain) =>
      okCheck(domain, {
        check: { checkedAt: startedAt },
        ...{ before: { lastOutcome: 'ok' }, window: { startedAt } },
      }),
    )
    const gone = (domains: string[]) => domains.map((domain) => goneCheck(domain, startedAt))
    const counted = [{ startedAt, healthyBefore: 20, failedNow: 1, braked: false }]
    expect((await record(...gone([...free, 'l000.example']), ...wells)).windows).toEqual(counted)
    await list(free, 'request-body')
    expect((await record(...gone(free))).windows).toEqual(counted)
  })

  describe('failures that a check counts beside a stellar.toml that is well', () => {
    const startedAt = '2026-01-01T06:00:00.000Z'
    const domain = 'a000.example'
    const counting = (failures: number, day: number) =>
      okCheck(domain, {
        check: {
          checkedAt: new Date().toISOString(),
          operational: failures < 2,
          capability: {
            ...capabilityOf({
              sep24: {
                step: 'conformant',
                signedIn: { at: startedAt, outcome: 'failing', failures },
              },
              sep38: { step: 'conformant', pricesAsked: { at: startedAt, failures } },
            }),
            signedInAt: `2026-01-0${day}T06:00:00.000Z`,
          },
          listings: [served(`${domain}:on-ramp:MX:MXN`, { operational: failures < 2 })],
        },
        window: { startedAt },
        before: { lastOutcome: 'ok', okStreak: 1 },
      })
    const shown = async () => {
      const [row] = await database.query(
        `select capability, health ->> 'okStreak' as streak from anchor_ops.home_domain where domain = $1`,
        [domain],
      )
      const { sep, signedInAt } = (row?.['capability'] ?? capabilityOf()) as Capability
      const counts = [sep.sep24.signedIn?.failures ?? 0, sep.sep38.pricesAsked?.failures ?? 0]
      const { operational, listings } = (await stateOf(domain)) ?? {}
      return {
        counts,
        day: signedInAt?.slice(9, 10),
        operational,
        listings,
        streak: row?.['streak'],
      }
    }
    const well = { counts: [1, 1], day: '1', operational: true, listings: true, streak: '1' }
    const brake = () => brakeWindow(database.db, { network, startedAt })
    const begin = async () => {
      await list([domain, 'a001.example'])
      const { record } = callsOf(database, await mustStart(database.db))
      const before = counting(1, 1)
      await record({
        ...before,
        window: { ...before.window, startedAt: '2026-01-01T00:00:00.000Z' },
      })
      expect(await shown()).toEqual(well)
      return record
    }

    test('are undone by the brake, and the sign-in is not repeated', async () => {
      const record = await begin()
      await record(counting(2, 2))
      const failing = { ...well, counts: [2, 2], day: '2', operational: false, listings: false }
      expect(await shown()).toEqual(failing)
      await record(counting(3, 3))
      await brake()
      expect(await shown()).toEqual({ ...well, day: '3' })
    })

    test('do nothing in a braked window', async () => {
      const record = await begin()
      await record(okCheck('a001.example', { window: { startedAt } }))
      await brake()
      await record(counting(2, 2))
      expect(await shown()).toEqual({ ...well, day: '2' })
      await record(counting(0, 3))
      expect(await shown()).toEqual({ ...well, counts: [0, 0], day: '3' })
    })

    test('are forgotten once a check of the window is well, so that the brake keeps what it saw', async () => {
      const record = await begin()
      await record(counting(2, 2))
      await record(counting(0, 3))
      await brake()
      expect(await shown()).toEqual({ ...well, counts: [0, 0], day: '3' })
    })
  })

  test('an anchor that a window checks several times counts once for the brake', async () => {
    await list(['a.example'])
    const { record } = callsOf(database, await mustStart(database.db))
    await record(okCheck('a.example'))
    const startedAt = '2026-01-01T06:00:00.000Z'
    const tally = (failedNow: number) => [{ startedAt, healthyBefore: 1, failedNow, braked: false }]
    expect((await record(goneCheck('a.example', startedAt))).windows).toEqual(tally(1))
    expect((await record(goneCheck('a.example', startedAt))).windows).toEqual(tally(1))
    const well = okCheck('a.example', {
      check: { checkedAt: new Date().toISOString() },
      window: { startedAt, outcome: 'ok' },
      before: { lastOutcome: 'ok', okStreak: 1 },
    })
    expect((await record(well)).windows).toEqual(tally(0))
  })

  test.each([
    ['no check', { limit: 0 }],
    ['more than 1,000 checks', { limit: 1_001 }],
    ['a claim without time', { claimSeconds: 0 }],
    ['a claim of more than an hour', { claimSeconds: 3_601 }],
    ['an unknown run', { runId: crypto.randomUUID() }],
  ])('%s is refused', async (_what, change) => {
    await expect(claimOf(1, change)).rejects.toMatchObject({ code: 'database_unavailable' })
  })
})
