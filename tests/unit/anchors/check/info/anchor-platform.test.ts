import { describe, expect, test } from 'vitest'
import { askDirectPayment } from '../../../../../lib/anchors/check/info/direct-payment.ts'
import { askKycGate } from '../../../../../lib/anchors/check/info/kyc-gate.ts'
import { askPrices } from '../../../../../lib/anchors/check/info/prices.ts'
import { askQuotes, readQuotes } from '../../../../../lib/anchors/check/info/quotes.ts'
import { askTransfer } from '../../../../../lib/anchors/check/info/transfer.ts'
import type { CheckIo } from '../../../../../lib/anchors/check/request-evidence.ts'
import { FetchError, type FetchRequest } from '../../../../../lib/net/fetch-untrusted.ts'
import { readSepServer, type SepExchange } from '../../../../helpers/anchor-platform/sep-server.ts'
import { fetchAnswer } from '../../../../helpers/fetch-answer.ts'

const HOST = 'https://a.co'
const all = readSepServer()
const plain = all.filter(({ request }) => request.headers['authorization'] === undefined)

const queryOf = (path: string) => [...new URL(path, HOST).searchParams].toString()
const pathOf = (path: string) => new URL(path, HOST).pathname

function hasPath({ request }: SepExchange, path: string): boolean {
  return pathOf(request.path) === path
}

/** The exchange of a setting that answers a request. */
function recorded(setting: string, url: string, { method, origin }: FetchRequest) {
  const { pathname } = new URL(url)
  const wanted = method ?? 'GET'
  const same = plain.filter(
    (one) => one.setting === setting && one.request.method === wanted && hasPath(one, pathname),
  )
  const asked = same.filter(({ request }) => queryOf(request.path) === queryOf(url))
  const withOrigin = asked.find(
    ({ request }) => (request.headers['origin'] !== undefined) === (origin !== undefined),
  )
  // The recordings ask for USDC alone where the business fails. It would fail for each asset.
  return withOrigin ?? asked[0] ?? (pathname.endsWith('/prices') ? same[0] : undefined)
}

function replay(setting: string): CheckIo {
  const fetch = async (url: string, request: FetchRequest) => {
    const exchange = recorded(setting, url, request)
    // Where a protocol is on, the recordings show 200 for every OPTIONS, and most settings have none.
    if (exchange === undefined && request.method === 'OPTIONS') return fetchAnswer(url)
    if (exchange === undefined) throw new Error(`Not recorded in ${setting}: ${url}`)
    const { status, headers, body } = exchange.response
    if (status === 0) throw new FetchError('timeout', url, '6000 ms')
    return fetchAnswer(url, {
      ...{ status, text: body, contentType: headers['content-type'] ?? '' },
      headers: {
        accessControlAllowOrigin: headers['access-control-allow-origin'] ?? null,
        wwwAuthenticate: headers['www-authenticate'] ?? null,
        ...{ allow: headers['allow'] ?? null, cfMitigated: null },
      },
    })
  }
  return { fetch, now: () => new Date('2026-11-28T12:00:00Z') }
}

const [defaultQuotes] = plain.filter((one) => hasPath(one, '/sep38/info'))
const quotes = readQuotes(defaultQuotes?.response.body ?? '').quotes ?? []

interface Shown {
  step: string
  protected?: true
  failing?: true
  findings: { code: string }[]
}

const ASK: Record<string, (io: CheckIo) => Promise<Shown>> = {
  '/sep6/info': (io) => askTransfer('sep6', `${HOST}/sep6`, io),
  '/sep24/info': (io) => askTransfer('sep24', `${HOST}/sep24`, io),
  '/sep31/info': (io) => askDirectPayment(`${HOST}/sep31`, io),
  '/sep38/info': (io) => askQuotes(`${HOST}/sep38`, io),
  '/sep38/prices': (io) => askPrices(`${HOST}/sep38`, quotes, [], io),
  '/sep12/customer': (io) => askKycGate(`${HOST}/sep12`, io),
}

function settingsWith(path: string): string[] {
  const found = plain.filter((one) => one.request.method === 'GET' && hasPath(one, path))
  return [...new Set(found.map(({ setting }) => setting))]
}

/** What a person reads from a healthy server. The gate shows a token, whatever stands behind it. */
const HEALTHY: Record<string, string> = {
  '/sep6/info': 'conformant',
  '/sep24/info': 'conformant',
  '/sep31/info': 'conformant',
  '/sep38/info': 'conformant',
  '/sep38/prices': 'verified',
  '/sep12/customer': 'reachable protected',
}
const OFF = 'declared info_not_found'
const FAILING = 'conformant failing prices_failing'
/** What a person reads otherwise. A database that is away shows in none of these answers. */
const OTHERWISE: Record<string, Record<string, string>> = {
  off: {
    ...{ '/sep6/info': OFF, '/sep24/info': OFF, '/sep31/info': OFF, '/sep38/info': OFF },
    '/sep38/prices': 'declared prices_not_found',
    '/sep12/customer': 'declared kyc_off',
  },
  closed: {
    '/sep6/info': 'reachable info_no_assets',
    '/sep31/info': 'reachable info_no_assets',
  },
  'sep38-protected': {
    '/sep38/info': 'reachable protected info_protected',
    '/sep38/prices': 'conformant protected prices_protected',
  },
  'business-rate-400': { '/sep38/prices': 'conformant prices_refused' },
  'business-rate-500': { '/sep38/prices': FAILING },
  'business-rate-cut': { '/sep38/prices': FAILING },
  'business-rate-html': { '/sep38/prices': FAILING },
  'business-rate-zero': { '/sep38/prices': FAILING },
  'business-rate-baddec': { '/sep38/prices': FAILING },
  'business-rate-hang': { '/sep38/prices': 'conformant failing prices_timeout' },
}

const cases = Object.keys(ASK).flatMap((path) =>
  settingsWith(path).map((setting) => {
    return [setting, path, OTHERWISE[setting]?.[path] ?? HEALTHY[path]] as const
  }),
)

describe('the SEP server of the Anchor Platform 4.3.0', () => {
  test.each(cases)('in the setting %s shows %s: %s', async (setting, path, expected) => {
    const result = await ASK[path]?.(replay(setting))
    const flags = (['protected', 'failing'] as const).filter((flag) => result?.[flag] === true)
    // Some settings were recorded without an Origin, so that no answer has a CORS header.
    const codes = result?.findings.map(({ code }) => code).filter((code) => code !== 'info_cors')
    expect([result?.step, ...flags, ...new Set(codes)].join(' ')).toBe(expected)
  })

  test('is read in every recorded setting with one of these answers', () => {
    expect(new Set(cases.map(([, path]) => path))).toEqual(new Set(Object.keys(ASK)))
    expect(cases).toHaveLength(78)
  })

  test('has its assets, directions, limits and tokens read', async () => {
    const { assets } = await askTransfer('sep6', `${HOST}/sep6`, replay('default'))
    const open = {
      ...{ enabled: true, authenticationRequired: true, minAmount: '1', maxAmount: '10000' },
      fundingMethods: ['SEPA', 'SWIFT', 'cash'],
    }
    const ways = { deposit: open, withdraw: open, depositExchange: open, withdrawExchange: open }
    expect(assets).toEqual({ native: ways, USDC: ways })
    expect(quotes).toEqual([
      { asset: expect.stringMatching(/^stellar:USDC:G/) },
      { asset: 'stellar:native' },
      {
        asset: 'iso4217:USD',
        countries: ['US'],
        sellMethods: ['WIRE'],
        buyMethods: ['WIRE', 'PIX'],
      },
      {
        asset: 'iso4217:BRL',
        countries: ['BR'],
        sellMethods: ['WIRE'],
        buyMethods: ['WIRE', 'PIX'],
      },
    ])
  })
})
