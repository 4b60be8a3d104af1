import { Keypair, Networks, StrKey } from '@stellar/stellar-sdk'
import { describe, expect, test } from 'vitest'
import { CHECK_ORIGIN } from '../../../../../lib/anchors/check/request-evidence.ts'
import { askContractWebAuth, askWebAuth } from '../../../../../lib/anchors/check/web-auth/ask.ts'
import type { FetchAnswer, FetchErrorCode } from '../../../../../lib/net/fetch-untrusted.ts'
import { readSepServer } from '../../../../helpers/anchor-platform/sep-server.ts'
import {
  buildChallenge,
  ENDPOINT,
  HOME_DOMAIN,
  homeDomainOperation,
  SERVER,
  webAuthDomainOperation,
} from '../../../../helpers/challenges.ts'
import { honest, OPEN, ORDER, serverOf } from '../../../../helpers/web-auth-server.ts'

describe('a challenge of SEP-10', () => {
  test('is asked for a new account in each check, with the home domain and an Origin, and is verified', async () => {
    const { asked, io } = serverOf(honest)
    const results = [await askWebAuth(ORDER, io), await askWebAuth(ORDER, io)]
    for (const result of results) {
      expect(result).toEqual({
        ...{ step: 'verified', refuted: [], isSigned: true, transient: false, findings: [] },
        evidence: expect.objectContaining({ status: 200, sha256: expect.any(String) }),
      })
    }
    const accounts = asked.map(({ url }) => url.searchParams.get('account') ?? '')
    expect(new Set(accounts).size).toBe(2)
    for (const account of accounts) expect(() => Keypair.fromPublicKey(account)).not.toThrow()
    const [first] = asked
    expect(first?.url.searchParams.get('home_domain')).toBe(HOME_DOMAIN)
    expect(first?.url.searchParams.has('client_domain')).toBe(false)
    expect(first?.request).toMatchObject({
      origin: CHECK_ORIGIN,
      timeoutMs: 4_000,
      maxBytes: 65_536,
    })
    expect(asked.every(({ request }) => request.json === undefined)).toBe(true)
  })

  test('is asked beside the parameters of the endpoint itself, whose path ends as it is written', async () => {
    const { asked, io } = serverOf(honest)
    const endpoint = 'https://auth.example.org/a/?tenant=7&account=GX#top'
    await askWebAuth({ ...ORDER, endpoint }, io)
    const url = asked[0]?.url
    expect(url?.pathname).toBe('/a/')
    expect(url?.hash).toBe('')
    expect(url?.searchParams.get('tenant')).toBe('7')
    expect(url?.searchParams.getAll('account')).toEqual([expect.stringMatching(/^G[A-Z2-7]{55}$/)])
  })

  test('that was recorded for another account refutes', async () => {
    const text = honest(new URL(`${ENDPOINT}?account=${SERVER.publicKey()}`))
    const { io } = serverOf(() => text)
    const { step, refuted } = await askWebAuth(ORDER, io)
    expect({ step, refuted }).toEqual({ step: 'reachable', refuted: ['challenge_account'] })
  })

  test('whose web_auth_domain is the home domain is reachable, and says so', async () => {
    const { io } = serverOf((url) => {
      const source = url.searchParams.get('account') ?? ''
      const second = webAuthDomainOperation({ value: HOME_DOMAIN })
      const transaction = buildChallenge({ operations: [homeDomainOperation({ source }), second] })
      return { text: JSON.stringify({ transaction, network_passphrase: Networks.TESTNET }) }
    })
    const result = await askWebAuth(ORDER, io)
    expect(result).toMatchObject({ step: 'reachable', refuted: [], webAuthDomainDiffers: true })
    expect(result.isSigned).toBe(true)
  })

  test('that another host serves is judged, with a finding', async () => {
    const { io } = serverOf((url) => ({
      ...honest(url),
      url: 'https://other.example.org/sep10',
    }))
    const { step, findings } = await askWebAuth(ORDER, io)
    expect(step).toBe('verified')
    expect(findings).toMatchObject([{ code: 'web_auth_redirected', actual: 'other.example.org' }])
  })

  test.each([
    [null, 'none'],
    ['https://only.example.org', 'https://only.example.org'],
  ])('that a web page may not read (%j) is verified, with a finding', async (allowed, actual) => {
    const { io } = serverOf((url) => ({
      ...honest(url),
      headers: { ...OPEN, accessControlAllowOrigin: allowed },
    }))
    const { step, findings } = await askWebAuth(ORDER, io)
    expect(step).toBe('verified')
    expect(findings).toMatchObject([{ code: 'web_auth_cors', sep: 10, actual }])
  })

  test('is asked again without an Origin when a foreign one is refused', async () => {
    const { asked, io } = serverOf((url, request) => {
      return request.origin ? { status: 403, text: 'Invalid CORS request' } : honest(url)
    })
    expect(await askWebAuth(ORDER, io)).toMatchObject({ step: 'verified' })
    expect(asked).toHaveLength(2)
  })

  test('is not asked at an address that may not be fetched', async () => {
    const { asked, io } = serverOf(honest)
    const result = await askWebAuth({ ...ORDER, endpoint: 'http://localhost:8000/auth' }, io)
    expect(asked).toEqual([])
    expect(result).toMatchObject({ step: 'declared', transient: false })
    expect(result.findings).toMatchObject([{ code: 'web_auth_blocked' }])
  })

  test('is not asked again after an error of our own, which is thrown', async () => {
    const fetch = () => Promise.reject(new TypeError('ours'))
    await expect(askWebAuth(ORDER, { fetch, now: () => new Date() })).rejects.toThrow('ours')
  })
})

describe('an answer without a challenge', () => {
  const refusal = (status: number, error: string) => ({ status, text: JSON.stringify({ error }) })
  const missing = { step: 'declared', refused: 'missing' }
  const guarded = { step: 'reachable', protected: true }
  const passing = { step: 'declared', transient: true }
  test.each<[string, Partial<FetchAnswer> | FetchErrorCode, string, object]>([
    ['404 of the framework', refusal(404, 'No static resource auth.'), 'not_found', missing],
    ['404 without a body', { status: 404 }, 'not_found', missing],
    ['410', { status: 410 }, 'not_found', missing],
    ['405', { status: 405 }, 'not_found', { step: 'declared' }],
    ['404 with HTML', { status: 404, text: '<html>' }, 'walled', passing],
    [
      '404 for an unknown account',
      refusal(404, 'Account not found'),
      'unknown_account',
      { step: 'reachable' },
    ],
    ['404 for the path', refusal(404, 'Unknown path sep10'), 'not_found', missing],
    [
      'home domain',
      refusal(400, 'home_domain [x] is not supported.'),
      'home_domain',
      { step: 'reachable', refused: 'home_domain' },
    ],
    ['client_domain', refusal(400, 'client_domain is required'), 'refused', guarded],
    ['an account', refusal(400, 'Invalid account.'), 'refused', { step: 'reachable' }],
    ['401', refusal(401, 'Authorization header is required'), 'protected', guarded],
    ['403', refusal(403, 'unable to process'), 'protected', guarded],
    ['403 with HTML', { status: 403, text: '<!doctype html>' }, 'walled', passing],
    ['500', refusal(500, 'x'), 'status', passing],
    [
      '429 with Retry-After',
      { status: 429, retryAfter: '60' },
      'throttled',
      { ...passing, throttled: true },
    ],
    ['a timeout', 'timeout', 'timeout', passing],
    ['a broken certificate', 'tls_failed', 'unreachable', passing],
    ['5 MB', 'too_large', 'too_large', { step: 'declared' }],
    ['a redirect inward', 'redirect_blocked', 'blocked', { step: 'declared' }],
    ['200 with HTML', { text: '<html>' }, 'html', { step: 'declared' }],
    ['200 with JSON 40 deep', { text: '['.repeat(40) }, 'too_deep', { step: 'declared' }],
  ])('%s', async (_, answer, ending, expected) => {
    const { io } = serverOf(() => answer)
    const { evidence, findings, ...result } = await askWebAuth(ORDER, io)
    const nothing = { refuted: [], isSigned: false, transient: false }
    expect(result).toEqual({ ...nothing, ...expected })
    expect(evidence).toBeDefined()
    const [first, ...others] = findings
    expect(first?.code).toBe(`web_auth_${ending}`)
    expect(others).toEqual([])
  })

  test('that names our account shows it in no finding', async () => {
    const { asked, io } = serverOf((url) =>
      refusal(400, `Invalid account ${url.searchParams.get('account')}`),
    )
    const { findings } = await askWebAuth(ORDER, io)
    expect(JSON.stringify(findings)).not.toContain(asked[0]?.url.searchParams.get('account'))
  })
})

describe('of the recorded refusals of the Anchor Platform 4.3.0', () => {
  const recorded = readSepServer().filter(
    ({ name, request, response }) =>
      request.method === 'GET' &&
      request.path.startsWith('/auth?') &&
      response.status >= 400 &&
      !/garbage|memo|client_domain/.test(name),
  )

  test.each([
    ['attribution', 'reachable protected'],
    ['attribution-origin', 'reachable protected'],
    ['header', 'reachable protected'],
    ['home-unset', 'reachable home_domain'],
    ['wildcard', 'reachable home_domain'],
    ['sep10-off', 'declared missing'],
  ])('those of the setting %s are read as %s', async (wanted, expected) => {
    const answers = recorded.filter(({ setting }) => setting === wanted)
    expect(answers.length).toBeGreaterThan(0)
    for (const { response } of answers) {
      const { io } = serverOf(() => ({ status: response.status, text: response.body }))
      const { step, refused, protected: isProtected, refuted } = await askWebAuth(ORDER, io)
      const shown = [step, refused, isProtected ? 'protected' : undefined]
      expect(shown.filter(Boolean).join(' ')).toBe(expected)
      expect(refuted).toEqual([])
    }
  })
})

describe('a challenge of SEP-45', () => {
  test('is asked for a made-up contract, and what is no challenge is a finding of SEP-45', async () => {
    const { asked, io } = serverOf(() => ({ text: '{}' }))
    const contractId = StrKey.encodeContract(Buffer.alloc(32, 7))
    const result = await askContractWebAuth({ ...ORDER, contractId }, io)
    const [first] = asked
    expect(StrKey.isValidContract(first?.url.searchParams.get('account') ?? '')).toBe(true)
    expect(result).toMatchObject({
      step: 'declared',
      findings: [{ code: 'web_auth_shape', sep: 45 }],
    })
  })
})
