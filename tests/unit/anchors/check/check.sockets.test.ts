import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Check, checkHomeDomain } from '../../../../lib/anchors/check/check.ts'
import type { FetchPolicy } from '../../../../lib/net/fetch-policy.ts'
import { createFetchUntrusted } from '../../../../lib/net/fetch-untrusted.ts'
import { type HttpsWorld, startHttpsWorld } from '../../../helpers/https-world.ts'

const TOML = `
NETWORK_PASSPHRASE = "Public Global Stellar Network ; September 2015"
SIGNING_KEY = "GCFIRY65OQE7DFP5KLNS2PF2LVZMUZYJX4OZIEQ36N2IQANUB5XVYOJR"
WEB_AUTH_ENDPOINT = "https://pay.kantoor.money/auth"
TRANSFER_SERVER_SEP0024 = "https://pay.kantoor.money/sep24/"
`
const LISTING = {
  ...{ id: 'x', country: 'ZZ', currency: 'EURK' },
  ...{ type: 'off-ramp' as const, source: 's', active: true },
}
const OPTIONS = {
  network: 'mainnet',
  trust: { requireSep10: true, requireSigningKey: true, requireSep24OrSep31: true },
  maxAgeHours: 72,
  listings: [LISTING],
  issuers: { find: async () => new Map() },
  signIn: null,
  previous: null,
} as const

let world: HttpsWorld

beforeAll(async () => {
  world = await startHttpsWorld({
    'kantoor.money': (_request, response) => {
      response.setHeader('content-type', 'text/plain').end(TOML)
    },
    'pay.kantoor.money': (_request, response) => {
      response.setHeader('access-control-allow-origin', '*')
      response.end(
        '{"deposit":{},"withdraw":{"EURK":{"enabled":true,"min_amount":10.10}},"fee":{"enabled":false}}',
      )
    },
    'points-inside.money': (_request, response) => {
      response.setHeader('content-type', 'text/plain')
      response.end(TOML.replaceAll('pay.kantoor.money', 'inside.money'))
    },
    'points-at-us.money': (_request, response) => {
      response.setHeader('content-type', 'text/plain')
      response.end(TOML.replaceAll('pay.kantoor.money', 'ops.vercel.app'))
    },
    'moved.money': (_request, response) => {
      response.writeHead(301, { location: 'https://kantoor.money/.well-known/stellar.toml' }).end()
    },
    'gone-after-move.money': (_request, response) => {
      response.writeHead(302, { location: 'https://gone.money/' }).end()
    },
    'gone.money': (_request, response) => {
      response.writeHead(404).end(TOML)
    },
    'large.money': (_request, response) => {
      response.end(`# ${'x'.repeat(102_400)}`)
    },
    'binary.money': (_request, response) => {
      response.end(Buffer.from([0x41, 0xff, 0xfe]))
    },
    'hangs.money': () => {},
    'ops.vercel.app': (_request, response) => {
      response.end('{"deposit":{}}')
    },
  })
})

afterAll(() => world.close())

async function check(
  domain: string,
  more: { policy?: FetchPolicy; signal?: AbortSignal } = {},
): Promise<Check> {
  const { fetch, close } = createFetchUntrusted({
    ...world.policy,
    denyHosts: ['ops.vercel.app'],
    ...more.policy,
  })
  const { signal } = more
  try {
    return await checkHomeDomain(domain, OPTIONS, {
      fetch,
      now: () => new Date(),
      ...(signal ? { signal } : {}),
    })
  } finally {
    await close()
  }
}

function codes({ findings }: Check): string[] {
  return findings.map(({ code }) => code)
}

describe('checkHomeDomain over TLS', () => {
  test('a check reads the stellar.toml and its /info, without a double slash', async () => {
    world.requests.length = 0
    const result = await check('kantoor.money')
    expect(result).toMatchObject({
      outcome: 'ok',
      operational: true,
      capability: {
        toml: {
          status: 200,
          bytes: Buffer.byteLength(TOML),
          url: 'https://kantoor.money/.well-known/stellar.toml',
        },
        sep: {
          sep24: {
            step: 'conformant',
            assets: { EURK: { withdraw: { enabled: true, minAmount: '10.10' } } },
          },
        },
      },
    })
    expect(codes(result)).toContain('endpoint_trailing_slash')
    expect(world.requests.map((asked) => asked.replace(/\?.*/, ''))).toEqual([
      'kantoor.money/.well-known/stellar.toml',
      'pay.kantoor.money/sep24/info',
      'pay.kantoor.money/auth',
    ])
  })

  test('a check follows a redirect and reports the host of the file', async () => {
    const result = await check('moved.money')
    expect(result).toMatchObject({
      outcome: 'ok',
      capability: { toml: { url: 'https://kantoor.money/.well-known/stellar.toml' } },
    })
    expect(codes(result)).toContain('toml_redirected')
  })

  test.each(['gone.money', 'gone-after-move.money'])(
    '%s is gone because its final host answers 404',
    async (domain) => {
      expect(await check(domain)).toMatchObject({
        outcome: 'definite',
        error: 'stellar.toml not found (404)',
        operational: false,
      })
    },
  )

  test.each([
    ['large.money', 'too_large', 'toml_too_large'],
    ['binary.money', 'not_utf8', 'toml_encoding'],
    ['nowhere.money', 'dns_failed', 'toml_unreachable'],
  ])('%s is unsure: %s', async (domain, error, code) => {
    const result = await check(domain)
    expect(result).toMatchObject({
      outcome: 'unsure',
      error: `stellar.toml unavailable (${error})`,
      operational: null,
    })
    expect(codes(result)).toEqual([code])
  })

  test('a certificate of another authority is unsure, even with status 404', async () => {
    const other = await startHttpsWorld({})
    try {
      const policy = { ca: other.policy.ca ?? '' }
      expect(await check('gone.money', { policy })).toMatchObject({
        outcome: 'unsure',
        error: 'stellar.toml unavailable (tls_failed)',
      })
    } finally {
      await other.close()
    }
  })

  test('a host that never answers is unsure', async () => {
    const result = await check('hangs.money', { policy: { requestTimeoutMs: 100 } })
    expect(result).toMatchObject({ outcome: 'unsure', error: 'stellar.toml unavailable (timeout)' })
  })

  test('an aborted run ends a waiting check', async () => {
    const result = await check('hangs.money', { signal: AbortSignal.abort() })
    expect(result).toMatchObject({ outcome: 'unsure', error: 'stellar.toml unavailable (aborted)' })
  })

  test.each(['points-inside.money', 'points-at-us.money'])(
    '%s has its /info on a private address or on our own host, which is never reached',
    async (domain) => {
      world.requests.length = 0
      const resolve: NonNullable<FetchPolicy['resolve']> = async (hostname) => [
        { address: hostname === 'inside.money' ? '10.0.0.7' : '127.0.0.1', family: 4 },
      ]
      const result = await check(domain, { policy: { resolve } })
      expect(result).toMatchObject({
        outcome: 'ok',
        operational: false,
        capability: { sep: { sep24: { step: 'declared' } } },
      })
      expect(codes(result)).toContain('info_blocked')
      expect(world.requests).toEqual([`${domain}/.well-known/stellar.toml`])
    },
  )
})
