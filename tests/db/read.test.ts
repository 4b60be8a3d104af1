import { beforeAll, describe, expect, test } from 'vitest'
import { NO_FILTER, readCatalog, readCountries } from '../../lib/anchors/catalog-store.ts'
import { readHomeDomain } from '../../lib/anchors/store.ts'
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

const TRANSFER = {
  sep24: {
    step: 'reachable',
    endpoint: 'https://good.example/sep24',
    features: { accountCreation: true },
    assets: {
      MXN: { deposit: { enabled: true, feeFixed: '1.5000000' }, withdraw: { enabled: false } },
    },
  },
  sep6: { step: 'declared', assets: { BRL: { deposit: { enabled: true, feePercent: '0.1' } } } },
} as const

const ISSUER = 'GBC6NRTTQLRCABQHIR5J4R4YDJWFWRAO4ZRQIM2SVI5GSIZ2HZ42RINW'
const MXN = {
  code: 'MXN',
  issuer: ISSUER,
  status: 'live',
  anchorAsset: 'MXN',
  anchorAssetType: 'fiat',
}

const NEVER_WELL = { seenAt: null, lastOkAt: null, protected: false, kept: false, signedIn: null }

describe.each(databases())('reading: $name', (kind) => {
  const database = useDatabase(kind, { reset: 'once' })

  beforeAll(async () => {
    const { db } = database
    await storeListings(db, [
      listingOf('good.example'),
      listingOf('good.example', { type: 'off-ramp' }),
      listingOf('good.example', { country: 'BR', currency: 'BRL' }),
      listingOf('machine-off.example'),
      listingOf('failing.example', { country: 'ZZ', currency: 'USDC' }),
      listingOf('unchecked.example'),
      listingOf('person-off.example'),
      listingOf('z-last.example', { currency: 'mxn' }),
    ])
    const testnet = { ...listingOf('good.example'), id: 'testnet:good.example:on-ramp:MX:MXN' }
    await storeListings(db, [testnet], { network: 'testnet' })
    await callsOf(database, await mustStart(db)).record(
      okCheck('good.example', {
        check: {
          capability: { ...capabilityOf(TRANSFER), currencies: [MXN] },
          listings: [
            served('good.example:on-ramp:MX:MXN'),
            served('good.example:off-ramp:MX:MXN'),
            served('good.example:on-ramp:BR:BRL', { rail: 'sep6', asset: 'BRL' }),
          ],
        },
      }),
      okCheck('machine-off.example', { health: { autoDisabledReason: 'policy' } }),
      okCheck('failing.example', {
        check: { operational: false, outcome: 'policy', error: 'Untrusted anchor: x' },
      }),
      okCheck('person-off.example'),
    )
    await database.query(
      `update anchor_ops.listing set active = false where domain = 'person-off.example'`,
    )
  })

  const read = (filter: Partial<Parameters<typeof readCatalog>[1]> = {}) =>
    readCatalog(database.db, {
      network: 'mainnet',
      ...NO_FILTER,
      limit: 100,
      cursor: null,
      ...filter,
    })
  const domains = async (filter: Parameters<typeof read>[0]) =>
    (await read(filter)).anchors.map(({ domain }) => domain.replace('.example', ''))

  test('a row shows what its home domain supports, and the fees of its own direction', async () => {
    const { anchors, next } = await read({ country: 'MX', sep: 'sep24' })
    expect(next).toBeNull()
    expect(anchors).toEqual([
      expect.objectContaining({ type: 'off-ramp', fees: { enabled: false, unit: 'MXN' } }),
      {
        id: 'good.example:on-ramp:MX:MXN',
        name: 'Anchor good.example',
        domain: 'good.example',
        network: 'mainnet',
        country: 'MX',
        currency: 'MXN',
        type: 'on-ramp',
        operational: true,
        sep: {
          sep6: 'declared',
          sep10: 'absent',
          sep12: 'absent',
          sep24: 'reachable',
          sep31: 'absent',
          sep38: 'absent',
          sep45: 'absent',
          sep59: 'absent',
        },
        why: ['country_unconfirmed'],
        ...{ rail: 'sep24', asset: 'MXN', basis: 'code', pairing: 'given' },
        evidence: {
          sep24: { ...NEVER_WELL },
          sep6: { ...NEVER_WELL },
        },
        fees: { enabled: true, feeFixed: '1.5000000', unit: 'MXN' },
        step: 'reachable',
        railUrl: 'https://good.example/sep24',
        features: { accountCreation: true },
        signingKey: null,
        stellarAsset: {
          code: 'MXN',
          issuer: ISSUER,
          contract: null,
          status: 'live',
          anchorAsset: 'MXN',
          anchorAssetType: 'fiat',
          link: null,
        },
        updatedAt: expect.any(String),
        lastCheckedAt: '2026-01-01T00:00:00.000Z',
      },
    ])
  })

  test('the fees are those of SEP-24, else of SEP-6, else null', async () => {
    expect((await read({ country: 'BR' })).anchors[0]?.fees).toEqual({
      enabled: true,
      feePercent: '0.1',
      unit: 'BRL',
    })
    expect((await read({ country: 'ZZ' })).anchors[0]?.fees).toBeNull()
  })

  test('only active listings are read, and one is operational when its check passed and it is not disabled', async () => {
    expect(await domains({})).toEqual([
      'failing',
      'good',
      'good',
      'good',
      'machine-off',
      'unchecked',
      'z-last',
    ])
    expect(await domains({ operationalOnly: true })).toEqual(['good', 'good', 'good'])
  })

  test.each([
    [{ country: 'BR' }, 1],
    [{ country: 'br' }, 0],
    [{ currency: 'MXN' }, 5],
    [{ currency: 'mxn' }, 5],
    [{ minStep: 'declared' as const }, 3],
    [{ minStep: 'reachable' as const }, 2],
    [{ minStep: 'conformant' as const }, 0],
    [{ sep: 'sep24' as const, minStep: 'reachable' as const }, 3],
    [{ sep: 'sep6' as const, minStep: 'reachable' as const }, 0],
    [{ asset: 'MXN' }, 2],
    [{ asset: 'mxn' }, 0],
    [{ issuer: ISSUER }, 2],
    [{ asset: 'BRL', issuer: ISSUER }, 0],
    [{ updatedSince: '2026-01-01T00:00:00Z' }, 7],
    [{ updatedSince: '2100-01-01T00:00:00Z' }, 0],
    [{ type: 'off-ramp' as const }, 1],
    [{ sep: 'sep6' as const }, 3],
    [{ sep: 'sep31' as const }, 0],
    [{ country: 'MX', currency: 'MXN', type: 'on-ramp' as const, sep: 'sep24' as const }, 1],
    [{ country: `' or true --` }, 0],
    [{ network: 'testnet' as const }, 1],
  ])('%j finds %d rows', async (filter, found) => {
    expect((await read(filter)).anchors).toHaveLength(found)
  })

  test.each([1, 2, 3, 6, 7, 8])('pages of %d give every row once, in order', async (limit) => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await read({ limit, cursor })
      expect(page.anchors.length).toBeGreaterThan(0)
      expect(seen).not.toContain(page.anchors[0]?.id)
      seen.push(...page.anchors.map(({ id }) => id))
      cursor = page.next
    } while (cursor !== null)
    expect(seen).toEqual((await read()).anchors.map(({ id }) => id))
    expect(seen).toEqual(seen.toSorted())
  })

  test('a page begins behind its cursor, whether a row has that id or not', async () => {
    const first = await read({ limit: 2 })
    const rest = await read({ cursor: first.next })
    expect([...first.anchors, ...rest.anchors]).toHaveLength(7)
    expect((await read({ cursor: 'a' })).anchors).toHaveLength(7)
    expect((await read({ cursor: '\u{10ffff}' })).anchors).toEqual([])
  })

  const countries = (network: 'mainnet' | 'testnet', includeNonOperational: boolean) =>
    readCountries(database.db, { network, includeNonOperational })
  const country = (
    code: string,
    currencies: string[],
    onRampCount: number,
    offRampCount: number,
    operationalAnchors: number,
  ) => ({ code, currencies, onRampCount, offRampCount, operationalAnchors })

  test('countries count anchors once each, the operational ones or all when asked', async () => {
    const brazil = country('BR', ['BRL'], 1, 0, 1)
    expect(await countries('mainnet', false)).toEqual([brazil, country('MX', ['MXN'], 1, 1, 1)])
    expect(await countries('mainnet', true)).toEqual([
      brazil,
      country('MX', ['MXN', 'mxn'], 4, 1, 1),
      country('ZZ', ['USDC'], 1, 0, 0),
    ])
    expect(await countries('testnet', false)).toEqual([])
  })

  test('the evidence on a domain has all its listings, inactive ones too, and its checks', async () => {
    expect(
      await readHomeDomain(database.db, { network: 'mainnet', domain: 'person-off.example' }),
    ).toMatchObject({
      network: 'mainnet',
      domain: 'person-off.example',
      outcome: 'ok',
      operational: false,
      capability: capabilityOf(),
      trust: { trusted: true, reasons: [] },
      listings: [
        { id: 'person-off.example:on-ramp:MX:MXN', active: false, source: 'request-body' },
      ],
      checks: [{ checkedAt: '2026-01-01T00:00:00.000Z', outcome: 'ok', durationMs: 12 }],
    })
  })

  test('a SEP-10 that is silent says since when, and no other protocol says anything of that', async () => {
    const silentSince = '2025-12-30T00:00:00.000Z'
    const evidence = { sep10: { ...NEVER_WELL, silentSince }, sep24: NEVER_WELL }
    const domain = 'silent.example'
    await storeListings(database.db, [listingOf(domain, { country: 'PE' })])
    const seps = { sep10: { step: 'declared', silentSince }, sep24: { step: 'reachable' } } as const
    const run = await mustStart(database.db, { kind: 'check', holder: null, leaseSeconds: null })
    await callsOf(database, run).record(
      okCheck(domain, { check: { capability: capabilityOf(seps), listings: [] } }),
    )
    const [row] = (await read({ country: 'PE' })).anchors
    expect(row?.evidence).toEqual(evidence)
    const shown = await readHomeDomain(database.db, { network: 'mainnet', domain })
    expect(shown?.evidence).toEqual(evidence)
  })

  test('a domain that was never checked is known, and one without a listing is null', async () => {
    const wanted = { network: 'mainnet', domain: 'unchecked.example' } as const
    expect(await readHomeDomain(database.db, wanted)).toMatchObject({
      lastCheckedAt: null,
      capability: null,
      outcome: null,
      checks: [],
    })
    for (const domain of ['strange.example', '', `' or true --`, 'good.example\0']) {
      expect(await readHomeDomain(database.db, { network: 'mainnet', domain })).toBeNull()
    }
  })
})
