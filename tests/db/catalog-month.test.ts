import { expect, test } from 'vitest'
import { listChanges } from '../../lib/anchors/changes.ts'
import { isMassFailure } from '../../lib/anchors/health/health.ts'
import { judgeCheck } from '../../lib/anchors/queue/judge-check.ts'
import {
  brakeWindow,
  claimChecks,
  noteExpiredListings,
  recordChecks,
} from '../../lib/anchors/queue/store.ts'
import { decideAnchor } from '../../lib/anchors/store.ts'
import { describeOnReal, type TestDatabase, useDatabase } from '../helpers/database.ts'
import { listingOf, mustStart, storeListings } from '../helpers/database-rows.ts'
import { createModelCatalog } from '../simulation/catalog/model-catalog.ts'
import {
  type Catalog,
  LIVES,
  liveThrough,
  MONTH,
  operationalAfter,
} from '../simulation/catalog/month.ts'
import { randomMonth } from '../simulation/catalog/random-month.ts'
import { checkOf, timeOf, WINDOW_HOURS } from '../simulation/catalog/sight.ts'

const network = 'mainnet' as const

/** The database behind the calls of a run. Time passes in it by moving what it waits for closer. */
function databaseCatalog({ db, query }: TestDatabase): Catalog {
  let passed = 0
  const passTo = async (hour: number) => {
    const seconds = (hour - passed) * 3_600
    passed = hour
    for (const column of ['due_check.due_at', 'listing.operational_until']) {
      const [table, time] = column.split('.')
      await query(`update anchor_ops.${table} set ${time} = ${time} - make_interval(secs => $1)`, [
        seconds,
      ])
    }
  }
  return {
    list: async (domains, source) => {
      await storeListings(
        db,
        domains.map((domain) => listingOf(domain)),
        { source, countedAfterHours: 0, force: true },
      )
    },
    passTo,
    run: async (hour, all, sightOf) => {
      await passTo(hour)
      await noteExpiredListings(db, { network })
      const { runId } = await mustStart(db, { kind: 'check', holder: null, leaseSeconds: null })
      const token = crypto.randomUUID()
      const claimed = await claimChecks(db, {
        ...{ network, runId, token, limit: 1_000, claimSeconds: 60, windowHours: WINDOW_HOURS },
        ...{ now: timeOf(hour), onlyDue: !all, country: null },
      })
      const checks = claimed.map((one) =>
        judgeCheck(one, checkOf(one.domain, hour, sightOf(one.domain)), {
          ...{ sep1DisableThreshold: 3, windowHours: WINDOW_HOURS },
        }),
      )
      const done = await recordChecks(db, {
        network,
        runId,
        token,
        windowHours: WINDOW_HOURS,
        checks,
      })
      expect(done.recorded).toHaveLength(checks.length)
      for (const window of done.windows) {
        if (window.braked || !isMassFailure(window)) continue
        await brakeWindow(db, { network, startedAt: window.startedAt })
      }
    },
    decide: async (domain, decision) => {
      const [row] = await query(
        `select held ->> 'since' as since from anchor_ops.home_domain where domain = $1`,
        [domain],
      )
      const heldSince = row?.['since'] as string | null
      const words = { note: 'seen by eye', keyName: 'ana', listing: null, heldSince }
      const decided = await decideAnchor(db, { network, domain, decision, ...words })
      // Chance also accepts where no new identity is held, which is refused.
      const expected = decision === 'accept' ? expect.any(Boolean) : true
      expect(decided).toMatchObject({ decided: expected })
    },
    operational: async () => {
      const rows = await query(
        `select domain from anchor_ops.judged_listing where active and operational_now order by domain`,
      )
      return rows.map(({ domain }) => String(domain))
    },
    told: async () => {
      const told = []
      let cursor: string | undefined
      do {
        const page = await listChanges(
          { limit: 50, ...(cursor === undefined ? {} : { cursor }) },
          { db, config: { network } },
        )
        told.push(...page.changes)
        cursor = page.next ?? undefined
      } while (cursor !== undefined)
      return told
    },
  }
}

async function kindsOf(catalog: Catalog) {
  return (await catalog.told()).map(({ domain, kind }) => ({ domain, kind }))
}

describeOnReal('a month of the catalog', (kind) => {
  const database = useDatabase(kind)

  test.each([1, 2, 3, 232])(
    'that chance makes of seed %i is told as the model of the simulation tells it',
    async (seed) => {
      const { lives, weather } = randomMonth(seed)
      const [real, model] = [databaseCatalog(database), createModelCatalog()]
      await liveThrough(lives, weather, real)
      await liveThrough(lives, weather, model)
      const byDomain = async (catalog: Catalog) =>
        Object.groupBy(await kindsOf(catalog), ({ domain }) => domain)
      expect(await byDomain(real)).toEqual(await byDomain(model))
      expect(await real.operational()).toEqual(await model.operational())
    },
  )

  test('ends with the right listings on and off, and every switch is told', async () => {
    const catalog = databaseCatalog(database)
    await liveThrough(LIVES, MONTH, catalog, async (window) => {
      const told = await catalog.told()
      expect(await catalog.operational(), `window ${window}`).toEqual(operationalAfter(told))
    })
    const told = await catalog.told()
    const tells = Object.keys(LIVES).map((domain) => [
      domain,
      told.flatMap((one) => (one.domain === domain ? [one.kind] : [])),
    ])
    expect(Object.fromEntries(tells)).toEqual(
      Object.fromEntries(Object.entries(LIVES).map(([domain, life]) => [domain, life.tells])),
    )
    const on = Object.entries(LIVES).filter(([, { isOperational }]) => isOperational)
    expect(await catalog.operational()).toEqual(on.map(([domain]) => domain).toSorted())
  })
})
