import { describe, expect, test } from 'vitest'
import { readQuotes } from '../../../../../lib/anchors/check/info/quotes.ts'
import type { Quote } from '../../../../../lib/anchors/check/offers.ts'

const USDC = 'stellar:USDC:GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN'
const NATIVE = { asset: 'stellar:native' }
const BRL = 'iso4217:BRL'

function read(info: unknown) {
  const { step, quotes, findings } = readQuotes(JSON.stringify(info))
  return { step, quotes, codes: findings.map(({ code }) => code) }
}

describe('/info of SEP-38', () => {
  test.each<[string, object, Omit<Quote, 'asset'>]>([
    ['nothing beside its name', {}, {}],
    ['nulls', { country_codes: null, buy_delivery_methods: null }, {}],
    ['no countries', { country_codes: [] }, {}],
    ['an alpha-2 country', { country_codes: ['BR'] }, { countries: ['BR'] }],
    ['an alpha-3 country', { country_codes: ['BRA'] }, { countries: ['BR'] }],
    ['subdivisions', { country_codes: ['BR-SP', 'BR-RJ', 'US-CA'] }, { countries: ['BR', 'US'] }],
    [
      'delivery methods',
      {
        sell_delivery_methods: [{ name: 'PIX', description: 'Send' }, { name: 'cash' }],
        buy_delivery_methods: [{ name: 'ACH', description: 'Receive' }],
      },
      { sellMethods: ['PIX', 'cash'], buyMethods: ['ACH'] },
    ],
  ])('is conformant with money that has %s', (_what, entry, expected) => {
    expect(read({ assets: [NATIVE, { asset: BRL, ...entry }] })).toEqual({
      ...{ step: 'conformant', codes: [], quotes: [NATIVE, { asset: BRL, ...expected }] },
    })
  })

  test.each<[string, unknown[], string]>([
    ['a name that is none', [NATIVE, { asset: BRL }, { asset: 'USD' }], 'info_field'],
    [
      'a wrong checksum',
      [NATIVE, { asset: BRL }, { asset: `${USDC.slice(0, -1)}A` }],
      'info_field',
    ],
    ['an entry that is a text', [NATIVE, { asset: BRL }, USDC], 'info_field'],
    ['an entry without a name', [NATIVE, { asset: BRL }, {}], 'info_field'],
    ['an asset twice', [NATIVE, { asset: BRL }, { asset: BRL }], 'info_field'],
    [
      'a country of an asset of the ledger',
      [{ ...NATIVE, country_codes: ['BR'] }, { asset: BRL }],
      'info_field',
    ],
    [
      'a method of an asset of the ledger',
      [{ ...NATIVE, buy_delivery_methods: [] }, { asset: BRL }],
      'info_field',
    ],
    ['countries in a text', [NATIVE, { asset: BRL, country_codes: 'BR' }], 'info_field'],
    ['methods in an object', [NATIVE, { asset: BRL, buy_delivery_methods: {} }], 'info_field'],
    ['a method in a text', [NATIVE, { asset: BRL, buy_delivery_methods: ['PIX'] }], 'info_field'],
    ['a method without a name', [NATIVE, { asset: BRL, buy_delivery_methods: [{}] }], 'info_field'],
    ['assets of the ledger only', [NATIVE, { asset: USDC }], 'info_no_pair'],
    ['money off the ledger only', [{ asset: BRL }], 'info_no_pair'],
  ])('is reachable with %s', (_what, assets, code) => {
    const { step, codes } = read({ assets })
    expect([step, codes]).toEqual(['reachable', [code]])
  })

  test('keeps a country that it cannot read, because without one every country would do', () => {
    const entry = { asset: BRL, country_codes: ['Nigeria', 7, '\u0000', ''] }
    const { step, quotes, codes } = read({ assets: [NATIVE, entry] })
    expect(quotes?.[1]?.countries).toEqual(['Nigeria', '7', '\uFFFD', '?'])
    expect([step, codes]).toEqual(['reachable', Array(4).fill('info_country')])
  })

  test('with no assets is reachable', () => {
    expect(read({ assets: [] })).toEqual({
      ...{ step: 'reachable', quotes: [], codes: ['info_no_assets'] },
    })
  })

  test.each([{}, { assets: {} }, { buy_assets: [] }, { deposit: {} }])('is not %j', (info) => {
    expect(read(info)).toEqual({ step: 'declared', quotes: undefined, codes: ['info_shape'] })
  })

  test('keeps 100 assets, 20 methods and 250 countries', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => index)
    const fiat = many(200).map((i) => {
      const letters = [i % 26, Math.floor(i / 26)].map((one) => String.fromCharCode(65 + one))
      return { asset: `iso4217:X${letters.join('')}` }
    })
    const wide = {
      asset: BRL,
      country_codes: many(400).map((i) => `?${i}`),
      buy_delivery_methods: many(400).map((i) => ({ name: `m${i}` })),
    }
    const { quotes, codes } = read({ assets: [NATIVE, wide, ...fiat] })
    expect(quotes).toHaveLength(100)
    expect(quotes?.[1]?.countries).toHaveLength(250)
    expect(quotes?.[1]?.buyMethods).toHaveLength(20)
    expect(codes[0]).toBe('info_too_many_assets')
  })
})
