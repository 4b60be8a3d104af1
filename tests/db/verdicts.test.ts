import { beforeEach, describe, expect, test } from 'vitest'
import { NO_FILTER, readCatalog } from '../../lib/anchors/catalog-store.ts'
import type { ListingVerdict } from '../../lib/anchors/check/check.ts'
import { decideAnchor, readHomeDomain } from '../../lib/anchors/store.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import {
  callsOf,
  listingOf,
  mustStart,
  okCheck,
  served,
  storeListings,
} from '../helpers/database-rows.ts'

const DOMAIN = 'a.example'
const ON = 'a.example:on-ramp:MX:MXN'
const OFF = 'a.example:off-ramp:MX:MXN'

describe.each(databases())('the verdict on a listing: $name', (kind) => {
  const database = useDatabase(kind)
  let calls: ReturnType<typeof callsOf>
  beforeEach(async () => {
    await storeListings(database.db, [listingOf(DOMAIN), listingOf(DOMAIN, { type: 'off-ramp' })])
    calls = callsOf(database, await mustStart(database.db))
  })

  const checked = (listings: ListingVerdict[] | null, health = {}) =>
    calls.record(okCheck(DOMAIN, { check: { listings }, health }))
  const shown = async () => {
    const { anchors } = await readCatalog(database.db, {
      ...{ network: 'mainnet', ...NO_FILTER, limit: 10, cursor: null },
    })
    return Object.fromEntries(anchors.map(({ id, operational, why }) => [id, [operational, why]]))
  }
  const decide = (decision: 'enable' | 'disable' | 'forget', listing: string | null = null) =>
    decideAnchor(database.db, {
      ...{ network: 'mainnet', domain: DOMAIN, note: 'seen by eye', keyName: 'ana' },
      ...{ listing, decision },
    })

  test('is that of its own row, and "unchecked" before the first check', async () => {
    expect(await shown()).toEqual({ [ON]: [false, ['unchecked']], [OFF]: [false, ['unchecked']] })
    const closed = {
      ...{ operational: false, rail: null, asset: null, basis: null, until: null },
      why: ['sep24_asset_closed' as const],
    }
    await checked([served(ON), served(OFF, closed)])
    expect(await shown()).toEqual({
      [ON]: [true, ['country_unconfirmed']],
      [OFF]: [false, ['sep24_asset_closed']],
    })
  })

  test('turns into the reason that its evidence names for its end', async () => {
    await checked([
      served(ON, { until: '2025-12-31T23:59:59.000Z', rail: 'sep24', stale: 'web_auth_stale' }),
      served(OFF, { until: '2025-12-31T23:59:59.000Z', rail: 'sep31' }),
    ])
    expect(await shown()).toEqual({
      [ON]: [false, ['web_auth_stale']],
      [OFF]: [false, ['sep31_stale']],
    })
  })

  test.each([0, 12])(
    'ends when it says, for all listings, recorded %i minutes later',
    async (minutes) => {
      const now = Date.now()
      const until = new Date(now + 3_600_000).toISOString()
      const checkedAt = new Date(now - minutes * 60_000).toISOString()
      const check = { checkedAt, listings: [served(ON, { until }), served(OFF, { until })] }
      await calls.record(okCheck(DOMAIN, { check }))
      const { listings = [] } =
        (await readHomeDomain(database.db, { network: 'mainnet', domain: DOMAIN })) ?? {}
      expect(listings.map(({ operationalUntil }) => operationalUntil)).toEqual([until, until])
    },
  )

  test.each([-2, 2])(
    'ends by the clock of the database, where that of the caller is %i days off',
    async (days) => {
      const wrong = Date.now() + days * 86_400_000
      const until = new Date(wrong + 3_600_000).toISOString()
      const checkedAt = new Date(wrong).toISOString()
      await calls.record(
        okCheck(DOMAIN, { check: { checkedAt, listings: [served(ON, { until })] } }),
      )
      expect(
        await database.query(
          `select operational_until > clock_timestamp() + interval '50 minutes'
           and operational_until <= clock_timestamp() + interval '1 hour' as right
         from anchor_ops.listing where id = $1`,
          [ON],
        ),
      ).toEqual([{ right: true }])
    },
  )

  test('stays when a check was unsure, and until its evidence is too old', async () => {
    await checked([served(ON), served(OFF, { until: '2025-12-31T23:59:59.000Z', rail: 'sep31' })])
    await checked(null)
    expect(await shown()).toEqual({
      [ON]: [true, ['country_unconfirmed']],
      [OFF]: [false, ['sep31_stale']],
    })
  })

  test('yields to the switch of its home domain', async () => {
    await checked([served(ON)], { autoDisabledReason: 'policy' })
    expect(await shown()).toMatchObject({
      [ON]: [false, ['domain_disabled', 'country_unconfirmed']],
    })
  })

  test('yields to a person, for the whole home domain or for one listing, until they forget it', async () => {
    await checked([served(ON)], { autoDisabledReason: 'policy' })
    await decide('enable')
    expect(await shown()).toEqual({
      [ON]: [true, ['enabled_by_person', 'domain_disabled', 'country_unconfirmed']],
      [OFF]: [true, ['enabled_by_person', 'domain_disabled', 'unchecked']],
    })
    await decide('disable', OFF)
    expect(await shown()).toMatchObject({
      [OFF]: [false, ['disabled_by_person', 'domain_disabled', 'unchecked']],
    })
    await checked([served(ON), served(OFF)])
    expect(await shown()).toEqual({
      [ON]: [true, ['enabled_by_person', 'country_unconfirmed']],
      [OFF]: [false, ['disabled_by_person', 'country_unconfirmed']],
    })
    await decide('forget')
    await decide('forget', OFF)
    expect(await shown()).toEqual({
      [ON]: [true, ['country_unconfirmed']],
      [OFF]: [true, ['country_unconfirmed']],
    })
    const known = await readHomeDomain(database.db, { network: 'mainnet', domain: DOMAIN })
    expect(known?.decisions.map((made) => [made.keyName, made.subject, made.decision])).toEqual([
      ['ana', OFF, 'forget'],
      ['ana', `mainnet:${DOMAIN}`, 'forget'],
      ['ana', OFF, 'disable'],
      ['ana', `mainnet:${DOMAIN}`, 'enable'],
    ])
  })

  test('of a listing that a person took off the list is never operational', async () => {
    await checked([served(ON)])
    await decide('enable', ON)
    await database.query(`update anchor_ops.listing set active = false`)
    const known = await readHomeDomain(database.db, { network: 'mainnet', domain: DOMAIN })
    expect(known?.listings.map(({ operational }) => operational)).toEqual([false, false])
  })

  test('is changed by no check of another home domain, and decided for no unknown one', async () => {
    await storeListings(database.db, [listingOf('b.example')])
    await calls.record(okCheck('b.example', { check: { listings: [served(ON)] } }))
    expect(await shown()).toMatchObject({ [ON]: [false, ['unchecked']] })
    expect(await decide('enable', 'b.example:on-ramp:MX:MXN')).toEqual({ decided: false })
    const strange = { network: 'mainnet', domain: 'c.example', listing: null } as const
    const words = { decision: 'enable', note: 'x', keyName: 'ana' } as const
    expect(await decideAnchor(database.db, { ...strange, ...words })).toBeNull()
    expect(await decideAnchor(database.db, { ...strange, ...words, network: 'testnet' })).toBeNull()
  })
})
