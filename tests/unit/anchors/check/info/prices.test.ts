import { describe, expect, test } from 'vitest'
import { askPrices, questionsFor } from '../../../../../lib/anchors/check/info/prices.ts'
import type { AssetSupport, Quote } from '../../../../../lib/anchors/check/offers.ts'
import type { FetchRequest } from '../../../../../lib/net/fetch-untrusted.ts'
import { type Scripted, scriptedFetch } from '../../../../helpers/fetch-answer.ts'

const now = (): Date => new Date('2026-01-02T03:04:05Z')
const NATIVE = 'stellar:native'
const USDC = 'stellar:USDC:GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN'
const EURC = 'stellar:EURC:GDHU6WRG4IEQXM5NZ4BMPKOXHW76MZM4Y2IEMFDVXBSDP6SJY4ITNPP2'
const USD = 'iso4217:USD'
const BRL = 'iso4217:BRL'
const QUOTES: Quote[] = [
  { asset: NATIVE },
  { asset: USDC },
  { asset: USD, buyMethods: ['WIRE'] },
  { asset: BRL, buyMethods: ['WIRE', 'PIX'], sellMethods: ['TED'] },
]

const priced = (asset: string, price: unknown = '1.25') =>
  JSON.stringify({ buy_assets: [{ asset, price, decimals: 4 }] })
const NONE = '{"buy_assets":[]}'
const refusal = (status: number, error: string) => ({ status, text: JSON.stringify({ error }) })

/** Asks a server that answers the requests in this order, and the last answer to all that follow. */
async function ask(answers: Scripted[], quotes = QUOTES) {
  const asked: string[] = []
  const fetch = async (url: string, request: FetchRequest) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] ?? 404
    asked.push(url)
    return scriptedFetch({}, answer).fetch(url, request)
  }
  const prices = await askPrices('https://a.co/sep38/', quotes, [], { now, fetch })
  return { ...prices, codes: prices.findings.map(({ code }) => code), asked }
}

describe('/prices', () => {
  test('are asked for until one answer has a price of a listed asset', async () => {
    const result = await ask([NONE, priced(BRL)])
    expect(result).toMatchObject({
      ...{ step: 'verified', transient: false, codes: [], evidence: { status: 200 } },
      prices: [{ at: '2026-01-02T03:04:05.000Z', sells: NATIVE, buys: [BRL] }],
    })
    expect(result.asked.map((url) => new URL(url).searchParams.toString())).toEqual([
      `sell_asset=${encodeURIComponent(USDC)}&sell_amount=100`,
      `sell_asset=${encodeURIComponent(NATIVE)}&sell_amount=100`,
    ])
  })

  test('are asked for the assets of the ledger, then with a method, then for money off it', () => {
    expect(questionsFor(QUOTES, [])).toEqual([
      { sell_asset: USDC, sell_amount: '100' },
      { sell_asset: NATIVE, sell_amount: '100' },
      { sell_asset: USDC, sell_amount: '100', buy_delivery_method: 'WIRE' },
      { sell_asset: USDC, sell_amount: '100', buy_delivery_method: 'PIX' },
      { sell_asset: USD, sell_amount: '100' },
      { sell_asset: BRL, sell_amount: '100' },
    ])
  })

  test('are asked for at most nine times', async () => {
    const many = (prefix: string, count: number): Quote[] =>
      Array.from({ length: count }, (_, i) => ({
        asset: `${prefix}${i}`,
        buyMethods: [`m${i}`],
      }))
    const { asked } = await ask([NONE], [...many('stellar:', 60), ...many('iso4217:', 40)])
    expect(asked).toHaveLength(9)
  })

  const LIMITS: [string, Record<string, AssetSupport>[], string][] = [
    ['there are none', [], '100'],
    ['100 lies within them', [limits('USDC', '1', '10000')], '100'],
    ['the smallest amount is above it', [limits('USDC', '250.5', '10000')], '250.5'],
    ['the largest amount is below it', [limits('USDC', '1', '20')], '20'],
    ['the largest amount is 0', [limits('USDC', '0', '0')], '100'],
    ['two rails have some', [limits('USDC', '1', '90'), limits(USDC, '5', '80')], '80'],
    [
      'two rails contradict one another',
      [limits('USDC', '200', '300'), limits(USDC, '5', '80')],
      '100',
    ],
    ['another asset has some', [limits('EURC', '500', '600')], '100'],
    ['they are written by issuer', [limits(USDC.slice('stellar:'.length), '500', '600')], '500'],
  ]
  test.each(LIMITS)('are asked for an amount that fits the limits: %s', (_when, all, amount) => {
    const [first] = questionsFor(QUOTES, all)
    expect(first).toEqual({ sell_asset: USDC, sell_amount: amount })
  })

  test.each<[unknown, boolean]>([
    ['1.25', true],
    ['0.0000001', true],
    ['1E-7', true],
    [1.25, true],
    [1e-7, true],
    ['0', false],
    ['0.000', false],
    ['-1', false],
    ['1e400', false],
    ['NaN', false],
    ['Infinity', false],
    ['', false],
    [' 1', false],
    [0, false],
    [-1, false],
    [null, false],
    [true, false],
    [['1'], false],
    [{ toString: 1 }, false],
    ['9'.repeat(100_000), false],
  ])('have the price %j: %s', async (price, isPrice) => {
    const { step, codes } = await ask([priced(BRL, price)], [{ asset: USDC }, { asset: BRL }])
    expect([step, codes[0]]).toEqual(
      isPrice ? ['verified', undefined] : ['reachable', 'prices_price'],
    )
  })

  test('are not believed where one of two values is a price', async () => {
    const asset = `{"asset":"${BRL}","price":"0","price":"1.25","decimals":4}`
    expect(await ask([`{"buy_assets":[${asset}]}`])).toMatchObject({
      step: 'reachable',
      prices: [],
      codes: expect.arrayContaining(['prices_key_twice']),
    })
  })

  test('have no price of 1e400, written as a number', async () => {
    const body = priced(BRL, '?').replace('"?"', '1e400')
    expect(await ask([body])).toMatchObject({
      step: 'reachable',
      codes: ['prices_price', 'prices_none'],
    })
  })

  test.each([['iso4217:XXX'], [USDC], ['__proto__']])(
    'of %s, which is not listed or is the asset sold, show nothing',
    async (asset) => {
      const { step, prices, codes } = await ask([priced(asset)], [{ asset: USDC }])
      expect([step, prices]).toEqual(['conformant', []])
      expect(new Set(codes)).toEqual(new Set(['prices_none']))
    },
  )

  test.each<[string, Scripted[], string, string[]]>([
    ['none', [NONE], 'conformant', Array(6).fill('prices_none')],
    [
      'a rule of its own',
      [refusal(400, 'amount below minimum')],
      'conformant',
      Array(6).fill('prices_refused'),
    ],
    [
      'an unknown asset',
      [refusal(404, 'sell_asset not found')],
      'conformant',
      Array(6).fill('prices_refused'),
    ],
    ['404', [refusal(404, 'No static resource sep38/prices.')], 'declared', ['prices_not_found']],
    ['no path', [404], 'declared', ['prices_not_found']],
    ['a page', ['<html>'], 'reachable', ['prices_html']],
    ['no JSON', ['?'], 'reachable', ['prices_not_json']],
    ['deep JSON', ['['.repeat(40)], 'reachable', ['prices_too_deep']],
    ['a list', ['[]'], 'reachable', ['prices_shape']],
    ['an object', ['{"sell_assets":[]}'], 'reachable', ['prices_shape']],
    [
      'an entry that is none',
      ['{"buy_assets":["x"]}'],
      'reachable',
      ['prices_field', 'prices_none'],
    ],
    [
      'an entry without a name',
      ['{"buy_assets":[{"price":"1"}]}'],
      'reachable',
      ['prices_field', 'prices_none'],
    ],
    ['5 MB', ['too_large'], 'reachable', ['prices_too_large']],
    ['a redirect inward', ['redirect_blocked'], 'reachable', ['prices_blocked']],
  ])('that are %s leave the step %s', async (_what, answers, step, codes) => {
    const result = await ask(answers)
    expect(result).toMatchObject({ step, transient: false, codes, prices: [] })
    expect(result).not.toHaveProperty('failing')
  })

  test.each<[string, Scripted[], number]>([
    ['502', [refusal(502, 'service not available')], 6],
    ['500', [500], 6],
    ['the 404 of a business without words', [refusal(404, 'Not Found')], 6],
    ['502 for one asset and nothing for the others', [refusal(502, 'x'), NONE], 6],
    ['silence', ['timeout'], 1],
  ])('that are %s show that the business fails', async (_what, answers, requests) => {
    const result = await ask(answers)
    expect(result).toMatchObject({ step: 'conformant', failing: true, transient: true })
    expect(result.asked).toHaveLength(requests)
  })

  test('that fail for one pair and exist for another are verified', async () => {
    const result = await ask([refusal(502, 'x'), NONE, priced(USD)])
    expect(result).toMatchObject({ step: 'verified', transient: false, codes: [] })
    expect(result).not.toHaveProperty('failing')
  })

  test.each<[string, Scripted, object, string]>([
    [
      'refused to strangers',
      refusal(403, 'forbidden'),
      { protected: true, transient: false },
      'prices_protected',
    ],
    ['walled', { status: 403, text: '<html>' }, { transient: true }, 'prices_walled'],
    [
      'throttled',
      { status: 429, retryAfter: '9' },
      { transient: true, throttled: true },
      'prices_throttled',
    ],
    ['unreachable', 'connect_failed', { transient: true }, 'prices_unreachable'],
    ['cut off by the end of the check', 'aborted', { transient: true }, 'prices_timeout'],
  ])('that are %s are not asked for again', async (_what, answer, expected, code) => {
    const result = await ask([answer])
    expect(result).toMatchObject({ step: 'conformant', ...expected, codes: [code] })
    expect(result).not.toHaveProperty('failing')
    expect(result.asked).toHaveLength(1)
  })

  test('of no assets are not asked for', async () => {
    expect(await ask([NONE], [])).toMatchObject({
      step: 'conformant',
      asked: [],
      codes: ['prices_none'],
    })
  })

  test('of EURC are found when USDC has none', async () => {
    const quotes = [{ asset: USDC }, { asset: EURC }, { asset: USD }]
    const { prices } = await ask([refusal(400, 'x'), priced(USD)], quotes)
    expect(prices).toMatchObject([{ sells: EURC, buys: [USD] }])
  })
})

function limits(key: string, minAmount: string, maxAmount: string): Record<string, AssetSupport> {
  return { [key]: { receive: { enabled: true, minAmount, maxAmount } } }
}
