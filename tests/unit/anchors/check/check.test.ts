import { describe, expect, test } from 'vitest'
import type { Capability } from '../../../../lib/anchors/check/capability.ts'
import { type Check, checkHomeDomain } from '../../../../lib/anchors/check/check.ts'
import type { FetchUntrusted } from '../../../../lib/net/fetch-untrusted.ts'
import { writeChallenge } from '../../../../local/world/challenge.ts'
import { type SimulatedSigner, simulatedSigner } from '../../../../local/world/simulated-keys.ts'
import { type Scripted, scriptedFetch } from '../../../helpers/fetch-answer.ts'

const SIGNER = simulatedSigner('kantoor.money')
const NOW = '2026-01-02T03:04:05.678Z'
const AUTH_URL = 'https://pay.kantoor.money/auth'
const TOML_URL = 'https://kantoor.money/.well-known/stellar.toml'
const INFO_URL = 'https://pay.kantoor.money/sep24/info'
const SEP6_URL = 'https://pay.kantoor.money/sep6/info'
const TOML = `
NETWORK_PASSPHRASE = "Public Global Stellar Network ; September 2015"
SIGNING_KEY = "${SIGNER.accountId}"
WEB_AUTH_ENDPOINT = "https://pay.kantoor.money/auth"
TRANSFER_SERVER_SEP0024 = "https://pay.kantoor.money/sep24"
`
const LISTINGS = [
  {
    ...{ id: 'kantoor.money:on-ramp:NL:EUR', country: 'NL', currency: 'EURK' },
    ...{ type: 'on-ramp' as const, source: 's', active: true },
  },
]
const NO_ISSUERS = { find: async () => new Map() }
const TRUST = { requireSep10: true, requireSigningKey: true, requireSep24OrSep31: true }
const REST =
  '"withdraw":{},"transactions":{"enabled":true},"transaction":{"enabled":true},"fee":{"enabled":false}'
const INFO = `{"deposit":{"EURK":{"enabled":true,"fee_fixed":1.50}},${REST}}`

const OPTIONS = {
  ...{ network: 'mainnet' as const, trust: TRUST, maxAgeHours: 72 },
  ...{ listings: LISTINGS, issuers: NO_ISSUERS, signIn: null },
}

function check(
  script: Record<string, Scripted>,
  options: {
    previous?: Capability | null
    domain?: string
    network?: 'mainnet' | 'testnet'
    now?: string
  } = {},
): Promise<Check> {
  return checkHomeDomain(
    options.domain ?? 'kantoor.money',
    { ...OPTIONS, network: options.network ?? 'mainnet', previous: options.previous ?? null },
    { fetch: fetchOf(script), now: () => new Date(options.now ?? NOW) },
  )
}

/** Answers by the script. Without a line for it, WEB_AUTH_ENDPOINT gives a right challenge. */
function fetchOf(script: Record<string, Scripted>): FetchUntrusted {
  const { fetch } = scriptedFetch(script, 'dns_failed')
  return async (url, request) => {
    if (!url.startsWith(`${AUTH_URL}?`)) return fetch(url, request)
    const scripted = script[AUTH_URL]
    const answer = scripted ?? challengeFor(new URL(url).searchParams.get('account') ?? '', SIGNER)
    return scriptedFetch({ [url]: answer }).fetch(url, request)
  }
}

function challengeFor(account: string, server: SimulatedSigner): Scripted {
  const passphrase = 'Public Global Stellar Network ; September 2015'
  const { envelope } = writeChallenge({
    ...{ server, account, passphrase, from: 0, until: 4_000_000_000 },
    ...{ homeDomain: 'kantoor.money', webAuthDomain: 'pay.kantoor.money' },
  })
  const body = { transaction: envelope.toString('base64'), network_passphrase: passphrase }
  return JSON.stringify(body)
}

function codes({ findings }: Check): string[] {
  return findings.map(({ code }) => code)
}

describe('checkHomeDomain', () => {
  test('a good anchor is ok, trusted, operational and without findings', async () => {
    const result = await check({ [TOML_URL]: TOML, [INFO_URL]: INFO })
    expect(result).toEqual({
      patienceSeconds: 0,
      domain: 'kantoor.money',
      checkedAt: '2026-01-02T03:04:05.678Z',
      durationMs: expect.any(Number),
      outcome: 'ok',
      trust: { trusted: true, reasons: [] },
      operational: true,
      listings: [
        {
          ...{ id: 'kantoor.money:on-ramp:NL:EUR', operational: true, rail: 'sep24' },
          ...{ asset: 'EURK', basis: 'code', why: ['country_unconfirmed'] },
          until: '2026-01-05T03:04:05.678Z',
        },
      ],
      findings: [],
      capability: expect.objectContaining({
        salvaged: false,
        toml: {
          url: TOML_URL,
          status: 200,
          durationMs: 7,
          bytes: TOML.length,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          at: '2026-01-02T03:04:05.678Z',
        },
        sep: expect.objectContaining({
          sep10: expect.objectContaining({ step: 'verified' }),
          sep24: {
            step: 'conformant',
            endpoint: 'https://pay.kantoor.money/sep24',
            seen: expect.objectContaining({ status: 200 }),
            lastOkAt: NOW,
            assets: { EURK: { deposit: { enabled: true, feeFixed: '1.50' } } },
          },
        }),
      }),
    })
  })

  test.each([404, 410])(
    'a stellar.toml that answers %i makes the anchor not operational and keeps its capability',
    async (status) => {
      expect(await check({ [TOML_URL]: status })).toMatchObject({
        outcome: 'definite',
        error: `stellar.toml not found (${status})`,
        capability: null,
        trust: null,
        operational: false,
        findings: [{ code: 'toml_not_found', sep: 1, actual: String(status) }],
      })
    },
  )

  test.each<[Scripted, string]>([
    [400, 'toml_status'],
    [403, 'toml_status'],
    [429, 'toml_status'],
    [500, 'toml_status'],
    [503, 'toml_status'],
    [204, 'toml_status'],
    ['dns_failed', 'toml_unreachable'],
    ['connect_failed', 'toml_unreachable'],
    ['tls_failed', 'toml_unreachable'],
    ['connection_lost', 'toml_unreachable'],
    ['timeout', 'toml_timeout'],
    ['aborted', 'toml_timeout'],
    ['too_large', 'toml_too_large'],
    ['not_utf8', 'toml_encoding'],
    ['encoding_unsupported', 'toml_encoding'],
    ['address_blocked', 'toml_blocked'],
    ['host_blocked', 'toml_blocked'],
    ['redirect_blocked', 'toml_blocked'],
    ['redirect_limit', 'toml_blocked'],
    ['url_blocked', 'toml_blocked'],
  ])('a stellar.toml that answers %s is unsure and changes nothing', async (answer, code) => {
    const result = await check({ [TOML_URL]: answer })
    expect(result).toMatchObject({
      outcome: 'unsure',
      error: `stellar.toml unavailable (${answer})`,
      capability: null,
      trust: null,
      operational: null,
    })
    expect(codes(result)).toEqual([code])
  })

  test.each([
    ['<html></html>', 'Untrusted anchor: stellar.toml is an HTML page', 'toml_html'],
    [' \n', 'Untrusted anchor: stellar.toml is empty', 'toml_empty'],
    ['lorem ipsum', 'Untrusted anchor: stellar.toml is not valid TOML', 'toml_unreadable'],
  ])(
    '%j in place of the stellar.toml makes the anchor untrusted and keeps its capability',
    async (text, error, code) => {
      const result = await check({ [TOML_URL]: text })
      expect(result).toMatchObject({
        outcome: 'policy',
        error,
        capability: null,
        operational: false,
        trust: { trusted: false },
      })
      expect(codes(result)).toEqual([code])
    },
  )

  test('an untrusted anchor is not operational even if its /info answers', async () => {
    const text = TOML.replace(/SIGNING_KEY.*/, '').replace(/WEB_AUTH.*/, '')
    expect(await check({ [TOML_URL]: text, [INFO_URL]: INFO })).toMatchObject({
      outcome: 'policy',
      error: 'Untrusted anchor: WEB_AUTH_ENDPOINT is missing; SIGNING_KEY is missing',
      operational: false,
      capability: { sep: { sep24: { step: 'conformant' } } },
    })
  })

  test('an anchor of the public network is untrusted on the test network', async () => {
    const result = await check({ [TOML_URL]: TOML, [INFO_URL]: INFO }, { network: 'testnet' })
    expect(result).toMatchObject({
      outcome: 'policy',
      trust: { reasons: [{ code: 'network_mismatch' }] },
    })
  })

  test.each<[string, Scripted, boolean, string]>([
    [
      'readable with faults',
      `{"deposit":{"EURK":{"enabled":true},"B":{}},${REST}}`,
      true,
      'info_enabled_missing',
    ],
    [
      'without an enabled asset',
      `{"deposit":{"A":{"enabled":false}},${REST}}`,
      false,
      'info_no_assets',
    ],
    ['gone', 404, false, 'info_not_found'],
    ['down', 503, false, 'info_status'],
    ['an HTML page', '<html>', false, 'info_html'],
    ['inside', 'address_blocked', false, 'info_blocked'],
  ])(
    'an anchor whose /info is %s stays ok; operational: %s',
    async (_what, answer, operational, code) => {
      const result = await check({ [TOML_URL]: TOML, [INFO_URL]: answer })
      expect(result).toMatchObject({ outcome: 'ok', operational })
      expect(codes(result)).toEqual([code])
    },
  )

  test('an outage of /info keeps an anchor operational, and a missing /info does not', async () => {
    const { capability: previous } = await check({ [TOML_URL]: TOML, [INFO_URL]: INFO })
    const outage = await check({ [TOML_URL]: TOML, [INFO_URL]: 'timeout' }, { previous })
    expect(outage).toMatchObject({ outcome: 'ok', operational: true })
    expect(outage.capability?.sep.sep24).toEqual({ ...previous?.sep.sep24, kept: true })
    expect(codes(outage)).toEqual(['info_timeout', 'capability_kept'])
    const late = await check(
      { [TOML_URL]: TOML, [INFO_URL]: 'timeout' },
      { previous: outage.capability, now: '2026-01-05T03:04:06.000Z' },
    )
    expect(late).toMatchObject({ operational: false, listings: [{ why: ['sep24_stale'] }] })
    const end = await check({ [TOML_URL]: TOML, [INFO_URL]: 404 }, { previous: outage.capability })
    expect(end).toMatchObject({
      outcome: 'ok',
      operational: false,
      capability: { sep: { sep24: { step: 'declared' } } },
    })
  })

  test.each<[string, Record<string, Scripted>]>([
    ['stellar.toml', { [TOML_URL]: { status: 503, retryAfter: '7200' } }],
    ['/info', { [TOML_URL]: TOML, [INFO_URL]: { status: 429, retryAfter: '7200' } }],
    [
      'challenge',
      { [TOML_URL]: TOML, [INFO_URL]: INFO, [AUTH_URL]: { status: 429, retryAfter: '7200' } },
    ],
  ])('tells how long the server of the %s asks to be left alone', async (_, script) => {
    expect((await check(script)).patienceSeconds).toBe(7_200)
  })

  describe('without KYC_SERVER, SEP-12 is looked for at TRANSFER_SERVER', () => {
    const GATE_URL = 'https://pay.kantoor.money/sep6/customer'
    const sep6 = `${TOML}TRANSFER_SERVER = "https://pay.kantoor.money/sep6"\n`
    const files = { [INFO_URL]: INFO, [SEP6_URL]: INFO }
    const gate = { status: 403, text: '{"error":"forbidden"}' }
    const kyc = ({ capability }: Check) => capability?.sep.sep12

    test('which is there when it refuses strangers', async () => {
      const there = await check({ ...files, [TOML_URL]: sep6, [GATE_URL]: gate })
      expect(kyc(there)).toMatchObject({
        ...{ step: 'reachable', protected: true, endpoint: 'https://pay.kantoor.money/sep6' },
      })
      const later = await check(
        { ...files, [TOML_URL]: sep6, [GATE_URL]: 'timeout' },
        { previous: there.capability, now: '2026-01-03T03:04:06.000Z' },
      )
      expect(kyc(later)).toMatchObject({ step: 'reachable', kept: true })
      const open = await check({ ...files, [TOML_URL]: sep6, [GATE_URL]: '{"status":"ACCEPTED"}' })
      expect(open.findings).toContainEqual(
        expect.objectContaining({ code: 'kyc_open', field: 'TRANSFER_SERVER' }),
      )
    })

    test('and lacks nothing when it is not there, which counts for a day', async () => {
      const none = await check({ ...files, [TOML_URL]: sep6, [GATE_URL]: 404 })
      expect(kyc(none)).toMatchObject({ step: 'absent', seen: { status: 404 } })
      expect(codes(none).filter((code) => code.startsWith('kyc_'))).toEqual([])
      const again = (now: string) =>
        check({ ...files, [TOML_URL]: sep6, [GATE_URL]: gate }, { previous: none.capability, now })
      expect(kyc(await again('2026-01-02T09:04:05.000Z'))?.step).toBe('absent')
      expect(kyc(await again('2026-01-03T03:04:05.000Z'))?.step).toBe('reachable')
    })

    test('unless there is one that cannot be used', async () => {
      const text = `KYC_SERVER = "ftp://a.co"\n${sep6}`
      const unusable = await check({ ...files, [TOML_URL]: text, [GATE_URL]: gate })
      expect(kyc(unusable)).toEqual({ step: 'absent' })
    })
  })

  test('an anchor that only declares SEP-31 is not operational', async () => {
    const text = TOML.replace(
      'TRANSFER_SERVER_SEP0024',
      'KYC_SERVER = "https://a.co"\nDIRECT_PAYMENT_SERVER',
    )
    expect(await check({ [TOML_URL]: text })).toMatchObject({
      outcome: 'ok',
      operational: false,
      listings: [{ why: ['rail_missing'] }],
    })
  })

  test.each<[string, Scripted | SimulatedSigner, string]>([
    ['signed by another key', simulatedSigner('thief'), 'web_auth_refuted'],
    ['missing', 404, 'web_auth_missing'],
    [
      'refused for this home domain',
      { status: 400, text: '{"error":"home_domain [x] is not supported."}' },
      'web_auth_home_domain',
    ],
  ])('a challenge %s makes no listing operational', async (_, auth, why) => {
    const isSigner = typeof auth === 'object' && 'accountId' in auth
    const result = isSigner
      ? await checkHomeDomain(
          'kantoor.money',
          { ...OPTIONS, previous: null },
          {
            now: () => new Date(NOW),
            fetch: async (url, request) =>
              url.startsWith(`${AUTH_URL}?`)
                ? scriptedFetch({
                    [url]: challengeFor(new URL(url).searchParams.get('account') ?? '', auth),
                  }).fetch(url, request)
                : scriptedFetch({ [TOML_URL]: TOML, [INFO_URL]: INFO }).fetch(url, request),
          },
        )
      : await check({ [TOML_URL]: TOML, [INFO_URL]: INFO, [AUTH_URL]: auth as Scripted })
    expect(result).toMatchObject({ outcome: 'ok', operational: false, listings: [{ why: [why] }] })
  })

  test('a refuted challenge ends the stored verdicts also while the network is unsure', async () => {
    const issuer = simulatedSigner('issuer').accountId
    const text = `${TOML.replace(/NETWORK_PASSPHRASE.*/, 'x = 1')}[[CURRENCIES]]\ncode = "EURK"\nissuer = "${issuer}"\n`
    const unsure = await check({ [TOML_URL]: text, [INFO_URL]: INFO, [AUTH_URL]: 'timeout' })
    expect(unsure).toMatchObject({ outcome: 'unsure', operational: null, listings: null })
    const thief = simulatedSigner('thief')
    const refuted = await checkHomeDomain(
      'kantoor.money',
      { ...OPTIONS, previous: null },
      {
        now: () => new Date(NOW),
        fetch: async (url, request) => {
          const account = new URL(url).searchParams.get('account') ?? ''
          const script = {
            [TOML_URL]: text,
            [INFO_URL]: INFO,
            ...(account && { [url]: challengeFor(account, thief) }),
          }
          return scriptedFetch(script).fetch(url, request)
        },
      },
    )
    expect(refuted).toMatchObject({ operational: false, listings: [{ why: ['web_auth_refuted'] }] })
  })

  test('all requests share one time budget and the caller’s signal', async () => {
    const text = `${TOML}TRANSFER_SERVER = "https://pay.kantoor.money/sep6"\n`
    const script = { [TOML_URL]: text, [INFO_URL]: INFO, [SEP6_URL]: INFO }
    const { asked, fetch } = scriptedFetch(script)
    const caller = new AbortController()
    const result = await checkHomeDomain(
      'kantoor.money',
      { ...OPTIONS, listings: [], previous: null },
      { fetch, now: () => new Date(), signal: caller.signal },
    )
    expect(result.capability?.sep).toMatchObject({
      sep6: { step: 'conformant' },
      sep24: { step: 'conformant' },
    })
    const paths = asked.map(({ url }) => url.replace(/\?.*/, ''))
    const gate = 'https://pay.kantoor.money/sep6/customer'
    expect(paths).toEqual([TOML_URL, INFO_URL, SEP6_URL, AUTH_URL, gate])
    const signals = new Set(asked.map(({ request }) => request.signal))
    expect(signals.size).toBe(1)
    caller.abort()
    expect([...signals].every((signal) => signal?.aborted)).toBe(true)
  })

  test('a salvaged file is marked as salvaged', async () => {
    const result = await check({ [TOML_URL]: `${TOML}\nVERSION = "2`, [INFO_URL]: INFO })
    expect(result).toMatchObject({
      outcome: 'ok',
      operational: true,
      capability: { salvaged: true },
    })
    expect(codes(result)).toEqual(['toml_salvaged'])
  })

  test('an unusual content type and a redirect to another host are reported', async () => {
    const moved = { text: TOML, url: 'https://www.kantoor.money/x', contentType: 'text/html' }
    const result = await check({ [TOML_URL]: moved, [INFO_URL]: INFO })
    expect(result.capability?.toml.url).toBe('https://www.kantoor.money/x')
    expect(result.findings).toMatchObject([
      { code: 'toml_content_type', actual: 'text/html' },
      { code: 'toml_redirected', actual: 'www.kantoor.money' },
    ])
  })

  test.each([
    ['a broken fetch', { [TOML_URL]: new TypeError('own bug') }, 'kantoor.money'],
    ['a malformed domain', {}, 'kantoor.money/../x'],
    [
      'a broken fetch of /info',
      { [TOML_URL]: TOML, [INFO_URL]: new TypeError('own bug') },
      'kantoor.money',
    ],
  ])('%s is an internal error and unsure', async (_what, script, domain) => {
    const result = await check(script, { domain })
    expect(result).toMatchObject({
      outcome: 'unsure',
      error: 'check failed',
      capability: null,
      operational: null,
    })
    expect(codes(result)).toEqual(['internal_error'])
    expect(result.cause).toBeInstanceOf(Error)
  })

  test('hostile texts of an anchor fit into a jsonb column', async () => {
    const nasty = '\\u0000\\ud800\\u202e'
    const text = `${TOML}KYC_SERVER = "${'\\u0000'}"\n[DOCUMENTATION]\nORG_NAME = "\\u0000\\u202E"\n[[CURRENCIES]]\ncode="\\u0000"`
    const result = await check({
      [TOML_URL]: text,
      [INFO_URL]: `{"deposit":{"${nasty}":{"enabled":"${nasty}"},"A":{"enabled":true,"fee_fixed":"${nasty}"}}}`,
    })
    expect(JSON.stringify(result)).not.toMatch(/\\u0000|\\ud800|\u202e/)
  })
})
