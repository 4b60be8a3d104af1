import { describe, expect, test } from 'vitest'
import { statusAnswer } from '../../local/world/answer.ts'
import type { Site } from '../../local/world/world-server.ts'
import { BEARER, KEY, useService } from '../contract/service.ts'
import { anchor, row, tomlAnswered } from '../contract/sites.ts'
import { describeOnReal, emptyDatabase, useDatabase } from '../helpers/database.ts'

const DAY_MS = 86_400_000
const DOMAINS = Array.from({ length: 6 }, (_, at) => `a${at}.example.org`)
const [DISABLED = '', GONE = ''] = [DOMAINS[1], DOMAINS[5]]

describeOnReal('a run that checks what is due, disturbed at each of its database calls', (kind) => {
  const database = useDatabase(kind)
  const sites = new Map<string, Site>()
  const one = useService({ database, sites, sleep: 'none' })
  const two = useService({ database, sites, sleep: 'none' })
  const drain = (service: typeof one) =>
    service.call({ path: '/api/anchors/check', headers: BEARER })
  const load = (domains: string[]) =>
    two.ops({
      action: 'import_directory',
      anchors: domains.map((domain) => row(domain, { type: 'on' })),
      dryRun: false,
    })
  const decide = (domain: string, decision: string) =>
    two.call({
      method: 'POST',
      path: `/api/anchors/${domain}/decisions`,
      headers: KEY,
      body: { decision, note: 'seen by a person' },
    })
  const expireClaims = () =>
    database.query(`update anchor_ops.due_check set claimed_until = now() - interval '1 second'`)

  const begin = async () => {
    one.interceptDatabase(null)
    await emptyDatabase(database)
    sites.clear()
    for (const domain of DOMAINS) sites.set(domain, anchor(domain))
    sites.set(GONE, tomlAnswered(statusAnswer(404)))
    // Both instances stand at the same time, so that every check falls into one window.
    const now = Date.now()
    for (const service of [one, two]) service.setClock(now)
    await load(DOMAINS)
    one.databaseCalls.length = 0
  }
  /** Disturbs the run at its call number `at`, before or after the call takes effect. */
  const disturb = (at: number, moment: 'before' | 'after', disturbance: () => Promise<unknown>) => {
    let calls = 0
    one.interceptDatabase(async (_call, pass) => {
      calls += 1
      if (calls !== at + 1) return undefined
      if (moment === 'before') {
        await disturbance()
        return undefined
      }
      const response = await pass()
      await disturbance()
      return response
    })
  }
  const stateOf = async () => ({
    checks: await database.query(
      `select domain, count(*)::int as checks from anchor_ops.home_domain_check group by domain order by domain`,
    ),
    waiting: await database.query(
      `select domain from anchor_ops.due_check where due_at <= now() or claimed_until > now()`,
    ),
    gone: await database.query(
      `select (health ->> 'notFoundCount')::int as count from anchor_ops.home_domain where domain = $1`,
      [GONE],
    ),
  })
  const checkedOnce = (domains: string[]) => ({
    checks: domains.toSorted().map((domain) => ({ domain, checks: 1 })),
    waiting: [],
    gone: [{ count: 1 }],
  })
  /** Calls the disturbance at every place, and what must hold then. */
  const everywhere = async (
    disturbance: () => Promise<unknown>,
    then: (reply: Awaited<ReturnType<typeof drain>>, place: string) => Promise<void>,
  ) => {
    await begin()
    await drain(one)
    const names = one.databaseCalls.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['claim_checks', 'record_checks', 'finish_run']))
    for (const [at, name] of names.entries()) {
      for (const moment of ['before', 'after'] as const) {
        await begin()
        disturb(at, moment, disturbance)
        await then(await drain(one), `${moment} ${name}`)
      }
    }
  }

  test('a killed run: after its claims end another run checks the rest, and nothing twice', async () => {
    let isDead = false
    const die = async () => {
      isDead = true
      one.interceptDatabase(async () => {
        throw new TypeError('killed')
      })
      throw new TypeError('killed')
    }
    await everywhere(die, async ({ status }, place) => {
      expect([isDead, status], place).toEqual([true, 503])
      await expireClaims()
      expect((await drain(two)).status, place).toBe(200)
      expect(await stateOf(), place).toEqual(checkedOnce(DOMAINS))
    })
  })

  test('a run whose claims another one took over: what it finds late is not stored', async () => {
    const takeOver = async () => {
      await expireClaims()
      await drain(two)
    }
    await everywhere(takeOver, async ({ status, body }, place) => {
      expect([status, body.remaining], place).toEqual([200, 0])
      expect(await stateOf(), place).toEqual(checkedOnce(DOMAINS))
    })
  })

  test('an import in between: what is new is checked, and the rest once', async () => {
    await everywhere(
      async () => {
        sites.set('b.example.org', anchor('b.example.org'))
        await load([...DOMAINS, 'b.example.org'])
      },
      async ({ status }, place) => {
        expect(status, place).toBe(200)
        await drain(two)
        expect(await stateOf(), place).toEqual(checkedOnce([...DOMAINS, 'b.example.org']))
      },
    )
  })

  test('a decision in between stands, whatever the run records', async () => {
    await everywhere(
      async () => {
        expect((await decide(DISABLED, 'disable')).status).toBe(200)
        expect((await decide(GONE, 'enable')).status).toBe(200)
      },
      async ({ status }, place) => {
        expect(status, place).toBe(200)
        // Whom a person enabled is checked anew, so the run that had claimed it stores nothing of it.
        await drain(two)
        expect(await stateOf(), place).toEqual(checkedOnce(DOMAINS))
        const said = await database.query(
          `select domain, person_says from anchor_ops.home_domain where person_says is not null order by domain`,
        )
        expect(said, place).toEqual([
          { domain: DISABLED, person_says: 'disable' },
          { domain: GONE, person_says: 'enable' },
        ])
        const { body } = await two.call({ path: `/api/anchors/${DISABLED}` })
        expect(body.listings.map((one: { operational: boolean }) => one.operational)).toEqual([
          false,
        ])
      },
    )
  })

  describe.each([
    ['forward', 2 * DAY_MS],
    ['back', -2 * DAY_MS],
  ])('a clock that jumps %s by two days', (_, jumpMs) => {
    test('makes nothing due again, and forgets nothing', async () => {
      await everywhere(
        async () => one.setClock(Date.now() + jumpMs),
        async ({ status }, place) => {
          expect(status, place).toBe(200)
          await expireClaims()
          await drain(two)
          expect(await stateOf(), place).toEqual(checkedOnce(DOMAINS))
        },
      )
    })
  })
})
