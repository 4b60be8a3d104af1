import { describe, expect, test } from 'vitest'
import { askDirectPayment } from '../../../../../lib/anchors/check/info/direct-payment.ts'
import { askOfferings } from '../../../../../lib/anchors/check/info/offerings.ts'
import { askQuotes } from '../../../../../lib/anchors/check/info/quotes.ts'
import { askTransfer } from '../../../../../lib/anchors/check/info/transfer.ts'
import { CHECK_ORIGIN, type CheckIo } from '../../../../../lib/anchors/check/request-evidence.ts'
import type { FetchAnswer, FetchRequest } from '../../../../../lib/net/fetch-untrusted.ts'
import { fetchAnswer, type Scripted, scriptedFetch } from '../../../../helpers/fetch-answer.ts'

const now = (): Date => new Date('2026-01-02T03:04:05Z')
const ENDPOINT = 'https://a.co/x'
const URL_ASKED = 'https://a.co/x/info'

const ASK = {
  sep6: (endpoint: string, io: CheckIo) => askTransfer('sep6', endpoint, io),
  sep24: (endpoint: string, io: CheckIo) => askTransfer('sep24', endpoint, io),
  sep31: askDirectPayment,
  sep38: askQuotes,
  sep59: askOfferings,
}
type Sep = keyof typeof ASK
const SEPS = Object.keys(ASK) as Sep[]
const FIELD: Record<Sep, string> = {
  sep6: 'TRANSFER_SERVER',
  sep24: 'TRANSFER_SERVER_SEP0024',
  sep31: 'DIRECT_PAYMENT_SERVER',
  sep38: 'ANCHOR_QUOTE_SERVER',
  sep59: 'EXTERNAL_ACCOUNT_SERVER',
}
const ENABLED = { A: { enabled: true, funding_methods: ['SEPA'] } }
const ON = { enabled: false }
const GOOD: Record<Sep, object> = {
  sep6: { deposit: ENABLED, withdraw: {}, fee: ON, transactions: ON, transaction: ON },
  sep24: { deposit: { A: { enabled: true } }, withdraw: {}, fee: ON },
  sep31: { receive: ENABLED },
  sep38: { assets: [{ asset: 'stellar:native' }, { asset: 'iso4217:USD' }] },
  sep59: {
    offerings: [{ kind: 'bank_account', country_code: 'MX', currency: 'MXN', rail: 'spei' }],
  },
}

function ask(sep: Sep, answer: Scripted, endpoint = ENDPOINT) {
  return ASK[sep](endpoint, { now, fetch: scriptedFetch({ [URL_ASKED]: answer }).fetch })
}

/** A fetch that answers each request by what it asks for. */
function fetchBy(answer: (request: FetchRequest) => Partial<FetchAnswer>) {
  const asked: FetchRequest[] = []
  const fetch = async (url: string, request: FetchRequest) => {
    asked.push(request)
    return fetchAnswer(url, answer(request))
  }
  return { asked, io: { now, fetch } }
}

const refusal = (error: string) => JSON.stringify({ error })

describe('/info', () => {
  test.each(SEPS)('a good one of %s is conformant and has no finding', async (sep) => {
    const { asked, fetch } = scriptedFetch({ [URL_ASKED]: JSON.stringify(GOOD[sep]) })
    const info = await ASK[sep](ENDPOINT, { now, fetch })
    expect(asked).toMatchObject([
      { url: URL_ASKED, request: { maxBytes: 131_072, refusalBytes: 4_096 } },
    ])
    expect(info).toMatchObject({
      ...{ step: 'conformant', transient: false, findings: [] },
      evidence: { status: 200, at: '2026-01-02T03:04:05.000Z' },
    })
  })

  test.each(['https://a.co/x/', 'https://a.co/x?lang=en#top', 'https://a.co/x//'])(
    'of an endpoint written %s has one URL',
    async (endpoint) => {
      expect(await ask('sep24', JSON.stringify(GOOD.sep24), endpoint)).toMatchObject({
        step: 'conformant',
      })
    },
  )

  const FAULTS: [what: string, answer: Scripted, code: string][] = [
    ['a page', '<html>', 'info_html'],
    ['empty', '', 'info_not_json'],
    ['a list', '[]', 'info_shape'],
    ['of another kind', '{"x":1}', 'info_shape'],
    ['40 levels deep', `{"a":${'['.repeat(40)}${']'.repeat(40)}}`, 'info_too_deep'],
    ['a list of 30,002 numbers', `{"a":[1${',1'.repeat(30_001)}]}`, 'info_too_large'],
    ['404', 404, 'info_not_found'],
    ['410', 410, 'info_not_found'],
    ['a refusal', { status: 400, text: refusal('x') }, 'info_status'],
    ['on a private address', 'address_blocked', 'info_blocked'],
    ['behind many redirects', 'redirect_limit', 'info_blocked'],
    ['5 MB', 'too_large', 'info_too_large'],
    ['not UTF-8', 'not_utf8', 'info_encoding'],
  ]
  test.each(FAULTS.flatMap(([what, ...rest]) => SEPS.map((sep) => [sep, what, ...rest] as const)))(
    'of %s that is %s is declared',
    async (sep, _what, answer, code) => {
      const info = await ask(sep, answer)
      expect(info).toMatchObject({ step: 'declared', transient: false })
      expect(info.findings).toEqual([
        expect.objectContaining({ code, sep: Number(sep.slice(3)), field: FIELD[sep] }),
      ])
    },
  )

  test.each<[Scripted, string]>([
    ['timeout', 'info_timeout'],
    ['aborted', 'info_timeout'],
    ['dns_failed', 'info_unreachable'],
    ['tls_failed', 'info_unreachable'],
    [500, 'info_status'],
    [503, 'info_status'],
    [429, 'info_status'],
    [403, 'info_walled'],
    [{ status: 403, text: '<html>' }, 'info_walled'],
    [{ status: 404, text: '<html>' }, 'info_walled'],
  ])('that is %j is transient: %s', async (answer, code) => {
    const info = await ask('sep6', answer)
    expect(info).toMatchObject({ step: 'declared', transient: true, findings: [{ code }] })
    expect(info).not.toHaveProperty('throttled')
  })

  test('that answers 429 with Retry-After asks for patience', async () => {
    expect(await ask('sep6', { status: 429, retryAfter: '60' })).toMatchObject({
      ...{ step: 'declared', transient: true, throttled: true },
      findings: [{ code: 'info_throttled' }],
    })
  })

  test.each(SEPS)('of %s that refuses strangers is reachable and protected', async (sep) => {
    const { asked, io } = fetchBy(({ method }) =>
      method === 'OPTIONS' ? { status: 200 } : { status: 403, text: refusal('forbidden') },
    )
    const info = await ASK[sep](ENDPOINT, io)
    expect(info).toMatchObject({ step: 'reachable', protected: true, transient: false })
    expect(info.findings.map(({ code }) => code)).toEqual(['info_protected'])
    const [, options] = asked
    expect(options).toMatchObject({ method: 'OPTIONS' })
    expect(options).not.toHaveProperty('origin')
  })

  test.each(SEPS)(
    'of %s that refuses strangers and answers OPTIONS with 404 is off',
    async (sep) => {
      const { io } = fetchBy(({ method }) =>
        method === 'OPTIONS'
          ? { status: 404, text: refusal('No static resource x.') }
          : { status: 403, text: refusal('forbidden') },
      )
      const info = await ASK[sep](ENDPOINT, io)
      expect(info).toMatchObject({ step: 'declared', transient: false })
      expect(info).not.toHaveProperty('protected')
      expect(info.findings.map(({ code }) => code)).toEqual(['info_off'])
    },
  )

  test.each([
    ['a page', { status: 404, text: '<html>' }],
    ['405', { status: 405 }],
    ['500', { status: 500 }],
  ])(
    'that refuses strangers and answers OPTIONS with %s stays protected',
    async (_what, options) => {
      const { io } = fetchBy(({ method }) =>
        method === 'OPTIONS' ? options : { status: 401, text: refusal('x') },
      )
      expect(await ASK.sep31(ENDPOINT, io)).toMatchObject({ step: 'reachable', protected: true })
    },
  )

  test.each<[Sep, string | null, string[]]>([
    ['sep6', '*', []],
    ['sep24', CHECK_ORIGIN, []],
    ['sep24', null, ['info_cors']],
    ['sep59', 'https://other.example.org', ['info_cors']],
    ['sep31', null, []],
    ['sep38', null, []],
  ])('of %s with access-control-allow-origin %s has the notes %j', async (sep, allowed, codes) => {
    const { asked, io } = fetchBy(() => {
      const whole = fetchAnswer('', { text: JSON.stringify(GOOD[sep]) })
      return {
        ...whole,
        url: URL_ASKED,
        headers: { ...whole.headers, accessControlAllowOrigin: allowed },
      }
    })
    const info = await ASK[sep](ENDPOINT, io)
    expect([info.step, info.findings.map(({ code }) => code)]).toEqual(['conformant', codes])
    expect(asked[0]?.origin).toBe(['sep31', 'sep38'].includes(sep) ? undefined : CHECK_ORIGIN)
  })

  test('that refuses only the Origin is read without it', async () => {
    const { io } = fetchBy(({ origin }) =>
      origin === undefined
        ? { text: JSON.stringify(GOOD.sep24), headers: NO_CORS }
        : { status: 403, text: 'Invalid CORS request', headers: NO_CORS },
    )
    expect(await ASK.sep24(ENDPOINT, io)).toMatchObject({
      step: 'conformant',
      findings: [{ code: 'info_cors', actual: 'none' }],
    })
  })

  test('that another host serves is noted, and is conformant', async () => {
    const info = await ask('sep24', {
      text: JSON.stringify(GOOD.sep24),
      url: 'https://b.co/x/info',
    })
    expect(info).toMatchObject({
      step: 'conformant',
      findings: [{ code: 'info_redirected', actual: 'b.co' }],
    })
  })

  test.each([
    'http://a.co',
    'https://a.co:8443',
    'https://127.0.0.1',
    'https://localhost',
    'https://a.internal/x',
  ])('at %s is never asked', async (endpoint) => {
    const { asked, fetch } = scriptedFetch({})
    for (const sep of SEPS) {
      expect(await ASK[sep](endpoint, { now, fetch })).toMatchObject({
        ...{ step: 'declared', transient: false, findings: [{ code: 'info_blocked' }] },
      })
    }
    expect(asked).toEqual([])
  })

  test('whose request fails by a fault of our own throws it', async () => {
    await expect(ask('sep24', new TypeError('ours'))).rejects.toThrow('ours')
  })
})

const NO_CORS = {
  ...{ accessControlAllowOrigin: null, wwwAuthenticate: null, allow: null, cfMitigated: null },
}
