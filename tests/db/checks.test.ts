import { beforeEach, describe, expect, test } from 'vitest'
import { finding } from '../../lib/anchors/check/finding.ts'
import type { Listing } from '../../lib/anchors/discovery/directory-row.ts'
import { NEW_HEALTH } from '../../lib/anchors/health/health.ts'
import type { JudgedCheck } from '../../lib/anchors/queue/store.ts'
import { readHomeDomain } from '../../lib/anchors/store.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import {
  callsOf,
  capabilityOf,
  listingOf,
  mustFail,
  mustStart,
  okCheck,
  storeListings,
} from '../helpers/database-rows.ts'

const ROW = { currency: 'MXN', type: 'on-ramp', source: 'request-body', active: true }

describe.each(databases())('checks: $name', (kind) => {
  const database = useDatabase(kind)
  let run: Awaited<ReturnType<typeof mustStart>>
  beforeEach(async () => {
    run = await mustStart(database.db)
  })

  const store = (...listings: Listing[]) => storeListings(database.db, listings)
  const due = (limit = 10, country: string | null = null) =>
    callsOf(database, run).due(limit, country)
  const record = (...checks: JudgedCheck[]) => callsOf(database, run).record(...checks)
  const evidence = (domain: string) => readHomeDomain(database.db, { network: 'mainnet', domain })
  const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString()

  describe('due home domains', () => {
    test('come never checked first, then longest unchecked first, then by name', async () => {
      await store(...['d', 'c', 'b', 'a', 'e'].map((name) => listingOf(`${name}.example`)))
      await record(okCheck('b.example'))
      await record(okCheck('e.example'))
      await record(okCheck('a.example'))
      const names = async (limit: number) =>
        (await due(limit)).domains.map(({ domain }) => domain[0]).join('')
      expect(await names(10)).toBe('cdbea')
      expect(await names(3)).toBe('cdb')
      // The three that were checked are due in the next window.
      expect((await due(3)).due).toBe(2)
    })

    test('come once each, with all their listings', async () => {
      await store(
        listingOf('a.example'),
        listingOf('a.example', { type: 'off-ramp' }),
        listingOf('a.example', { country: 'BR' }),
      )
      await database.query(`update anchor_ops.listing set active = false where type = 'off-ramp'`)
      expect(await due()).toEqual({
        due: 1,
        domains: [
          {
            domain: 'a.example',
            listings: [
              {
                ...ROW,
                id: 'a.example:off-ramp:MX:MXN',
                country: 'MX',
                type: 'off-ramp',
                active: false,
              },
              { ...ROW, id: 'a.example:on-ramp:BR:MXN', country: 'BR' },
              { ...ROW, id: 'a.example:on-ramp:MX:MXN', country: 'MX' },
            ],
            capability: null,
            durationMs: null,
            window: { startedAt: expect.any(String), outcome: null, disabled: null },
            health: NEW_HEALTH,
            ...{ identity: null, held: null },
          },
        ],
      })
    })

    test('leave out a domain that a person disabled, and keep one that the health rules disabled', async () => {
      await store(listingOf('person.example'), listingOf('machine.example'))
      await database.query(
        `update anchor_ops.listing set active = false where domain = 'person.example'`,
      )
      await record(okCheck('machine.example', { health: { autoDisabledReason: 'sep1_not_found' } }))
      expect((await due()).domains.map(({ domain }) => domain)).toEqual(['machine.example'])
    })

    test('can be narrowed to a country, and come with their listings elsewhere too', async () => {
      await store(
        listingOf('a.example'),
        listingOf('a.example', { country: 'BR' }),
        listingOf('b.example', { country: 'BR' }),
      )
      const found = await due(10, 'MX')
      expect(found.due).toBe(1)
      expect(found.domains.map(({ listings }) => listings.map(({ id }) => id))).toEqual([
        ['a.example:on-ramp:BR:MXN', 'a.example:on-ramp:MX:MXN'],
      ])
    })

    test('are those of one network', async () => {
      await store(listingOf('a.example'))
      const { claim } = callsOf(database, run)
      expect(await claim({ network: 'testnet' })).toEqual([])
      expect(await claim({ network: 'testnet', onlyDue: true })).toEqual([])
    })

    test('come with the capability and health that the last check recorded', async () => {
      await store(listingOf('a.example'))
      const check = okCheck('a.example', {
        check: { durationMs: 1234 },
        health: { okStreak: 3, notFoundCount: 0 },
      })
      await record(check)
      expect((await due()).domains[0]).toEqual({
        domain: 'a.example',
        listings: [{ ...ROW, id: 'a.example:on-ramp:MX:MXN', country: 'MX' }],
        capability: check.check.capability,
        durationMs: 1234,
        window: { startedAt: expect.any(String), outcome: null, disabled: null },
        health: check.health,
        ...{ identity: null, held: null },
      })
    })
  })

  describe('recorded checks', () => {
    beforeEach(() => store(listingOf('a.example')))

    test('leave the last good capability, verdict and state when the check could not tell', async () => {
      const sep24 = { step: 'reachable', endpoint: 'https://a.example/sep24' } as const
      const good = okCheck('a.example', {
        check: { checkedAt: at(1), capability: capabilityOf({ sep24 }) },
      })
      await record(good)
      await record(
        okCheck('a.example', {
          check: {
            checkedAt: at(2),
            outcome: 'unsure',
            error: 'stellar.toml: timeout',
            capability: null,
            trust: null,
            operational: null,
          },
          health: { lastOutcome: 'unsure' },
        }),
      )
      expect(await evidence('a.example')).toMatchObject({
        capability: good.check.capability,
        trust: good.check.trust,
        operational: true,
        outcome: 'unsure',
        error: 'stellar.toml: timeout',
        evidenceAt: at(1),
        lastOkAt: at(1),
        lastCheckedAt: at(2),
        health: { lastOutcome: 'unsure' },
      })
    })

    test('clear the error of the previous check after a success', async () => {
      await record(
        okCheck('a.example', { check: { checkedAt: at(1), outcome: 'unsure', error: 'x' } }),
      )
      await record(okCheck('a.example', { check: { checkedAt: at(2) } }))
      expect(await evidence('a.example')).toMatchObject({ error: null, outcome: 'ok' })
    })

    test('leave the time at which a domain was disabled until it returns', async () => {
      const off = { autoDisabledReason: 'sep1_not_found' } as const
      await record(okCheck('a.example', { check: { checkedAt: at(1) }, health: off }))
      const first = (await evidence('a.example'))?.autoDisabledAt
      expect(first).not.toBeNull()
      await record(okCheck('a.example', { check: { checkedAt: at(2) }, health: off }))
      expect((await evidence('a.example'))?.autoDisabledAt).toBe(first)
      await record(okCheck('a.example', { check: { checkedAt: at(3) } }))
      expect(await evidence('a.example')).toMatchObject({
        autoDisabledAt: null,
        health: { autoDisabledReason: null },
      })
    })

    test('change nothing that a person or a directory wrote', async () => {
      const written = () =>
        database.query(
          'select id, name, active, source, first_listed_at, last_listed_at, person_says from anchor_ops.listing',
        )
      const before = await written()
      await record(okCheck('a.example', { health: { autoDisabledReason: 'policy' } }))
      expect(await written()).toEqual(before)
    })

    test('skip a domain that is not known', async () => {
      expect(await record(okCheck('unknown.example'), okCheck('a.example'))).toMatchObject({
        recorded: ['a.example'],
      })
      expect(await evidence('unknown.example')).toBeNull()
    })

    test('add nothing to the history when the same batch comes again', async () => {
      await record(okCheck('a.example'))
      await record(okCheck('a.example'))
      expect((await evidence('a.example'))?.checks).toHaveLength(1)
    })

    test('take the later of two checks of a domain in one batch', async () => {
      expect(
        await record(
          okCheck('a.example', { check: { checkedAt: at(2), durationMs: 2 } }),
          okCheck('a.example', { check: { checkedAt: at(1), durationMs: 1 } }),
        ),
      ).toMatchObject({ recorded: ['a.example'] })
      expect((await evidence('a.example'))?.durationMs).toBe(2)
    })

    test("are dated now when the caller's clock is ahead", async () => {
      await record(okCheck('a.example', { check: { checkedAt: '2999-01-01T00:00:00.000Z' } }))
      expect(
        await database.query(
          'select last_checked_at <= clock_timestamp() as past from anchor_ops.home_domain',
        ),
      ).toEqual([{ past: true }])
    })

    test('fill a history of 90 days, whose newest 50 checks are shown, newest first', async () => {
      await store(listingOf('b.example'))
      await database.query(
        `insert into anchor_ops.home_domain_check (network, domain, checked_at, run_id, outcome, duration_ms, findings)
         select 'mainnet', domain, '2026-01-01'::timestamptz - make_interval(days => place), gen_random_uuid(), 'ok', 1, '[]'
         from generate_series(1, 100) as place, unnest('{a.example,b.example}'::text[]) as domain`,
      )
      await record(okCheck('a.example', { check: { checkedAt: at(0) } }))
      const checks = (await evidence('a.example'))?.checks ?? []
      expect(checks).toHaveLength(50)
      expect(checks[0]).toMatchObject({ checkedAt: at(0), runId: run.runId })
      expect(checks.at(-1)?.checkedAt).toBe('2025-11-13T00:00:00.000Z')
      expect(
        await database.query(
          'select domain, count(*)::int as kept from anchor_ops.home_domain_check group by 1 order by 1',
        ),
      ).toEqual([
        { domain: 'a.example', kept: 91 },
        { domain: 'b.example', kept: 100 },
      ])
    })

    test('that find what the last one found store it once a month, and show it', async () => {
      const findings = (actual: string) => [finding('toml_status', { actual })]
      const times = [
        '2026-01-31T00:00:00.000Z',
        '2026-01-31T06:00:00.000Z',
        '2026-02-01T00:00:00.000Z',
      ]
      for (const [index, checkedAt] of times.entries()) {
        await record(
          okCheck('a.example', {
            check: { checkedAt, findings: findings('500'), durationMs: index },
          }),
        )
      }
      await record(
        okCheck('a.example', {
          check: {
            checkedAt: '2026-02-01T06:00:00.000Z',
            findings: findings('404'),
            durationMs: 9,
          },
        }),
      )
      expect(
        await database.query(
          'select findings is null as same from anchor_ops.home_domain_check order by checked_at',
        ),
      ).toEqual([{ same: false }, { same: true }, { same: false }, { same: false }])
      const shown = await evidence('a.example')
      expect(shown?.checks.map(({ findings: [one] }) => one?.actual)).toEqual([
        '404',
        '500',
        '500',
        '500',
      ])
      expect(shown?.days).toEqual([
        { day: '2026-02-01', checks: 2, ok: 2, medianMs: 2, p95Ms: 9, steps: '' },
        { day: '2026-01-31', checks: 2, ok: 2, medianMs: 0, p95Ms: 1, steps: '' },
      ])
    })

    test('are all refused when one of the batch cannot be stored', async () => {
      await store(listingOf('b.example'))
      const bad = okCheck('b.example', { priority: 5 as 0 })
      await mustFail(record(okCheck('a.example'), bad), 'database_unavailable')
      expect((await evidence('a.example'))?.lastCheckedAt).toBeNull()
    })

    test('store hostile text of an anchor as text, and the other checks with it', async () => {
      const text = 'x\0y \ud800 \u202e \'; drop table x; --"}]'
      const hostile = okCheck('a.example', {
        check: {
          error: text + 'e'.repeat(5_000),
          capability: { ...capabilityOf(), signingKey: text },
          findings: [{ code: 'internal_error', sep: 1, expected: 'x', actual: text }],
        },
      })
      await store(listingOf('b.example'))
      expect((await record(hostile, okCheck('b.example'))).recorded).toHaveLength(2)
      const kept = 'x\ufffdy \ufffd \u202e \'; drop table x; --"}]'
      const stored = await evidence('a.example')
      expect(stored?.capability?.signingKey).toBe(kept)
      expect(stored?.findings).toEqual([
        { code: 'internal_error', sep: 1, expected: 'x', actual: kept },
      ])
      expect(stored?.error).toHaveLength(1_000)
    })

    test('take one call for 1,000 checks', async () => {
      const names = Array.from({ length: 1_000 }, (_, place) => `d${place}.example`)
      await store(...names.map((name) => listingOf(name)))
      expect((await record(...names.map((name) => okCheck(name)))).recorded).toHaveLength(1_000)
      expect(await due(1)).toMatchObject({ due: 1, domains: [{ domain: 'a.example' }] })
    })
  })
})
