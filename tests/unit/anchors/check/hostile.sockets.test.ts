import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Check, checkHomeDomain } from '../../../../lib/anchors/check/check.ts'
import { createSignInKey } from '../../../../lib/anchors/check/web-auth/sign-in-key.ts'
import { createFetchUntrusted, type FetchUntrusted } from '../../../../lib/net/fetch-untrusted.ts'
import type { Answer } from '../../../../local/world/answer.ts'
import { simulatedAccountId, simulatedSigner } from '../../../../local/world/simulated-keys.ts'
import { createWebAuthServer, type WebAuthServer } from '../../../../local/world/web-auth-server.ts'
import { HOSTILE_ANSWERS, type HostileAnswer, type Told } from '../../../helpers/hostile-answers.ts'
import { type HttpsWorld, startHttpsWorld } from '../../../helpers/https-world.ts'

const DOMAIN = 'anchor.sim'
const PASSPHRASE = 'Public Global Stellar Network ; September 2015'
const ISSUER = simulatedAccountId('issuer')
const TOML = `
NETWORK_PASSPHRASE = "${PASSPHRASE}"
SIGNING_KEY = "${simulatedSigner(DOMAIN).accountId}"
WEB_AUTH_CONTRACT_ID = "CALI6JC3MSNDGFRP7Z2OKUEPREHOJRRXKMJEWQDEFZPFGXALA45RAUTH"
WEB_AUTH_ENDPOINT = "https://${DOMAIN}/auth"
WEB_AUTH_FOR_CONTRACTS_ENDPOINT = "https://${DOMAIN}/sep45"
TRANSFER_SERVER = "https://${DOMAIN}/sep6"
TRANSFER_SERVER_SEP0024 = "https://${DOMAIN}/sep24"
DIRECT_PAYMENT_SERVER = "https://${DOMAIN}/sep31"
ANCHOR_QUOTE_SERVER = "https://${DOMAIN}/sep38"
EXTERNAL_ACCOUNT_SERVER = "https://${DOMAIN}/sep59"
KYC_SERVER = "https://${DOMAIN}/sep12"
[[CURRENCIES]]
code = "USDA"
issuer = "${ISSUER}"
anchor_asset = "USD"
`
const OPEN = { USDA: { enabled: true } }
const FIAT = { asset: 'iso4217:USD', buy_delivery_methods: [{ name: 'ach', description: 'ACH' }] }
const QUOTED = `stellar:USDA:${ISSUER}`

/** What a good anchor answers, by method and path. */
const GOOD: Record<string, [status: number, body: unknown]> = {
  'GET /sep6/info': [200, { deposit: OPEN, withdraw: OPEN, fee: { enabled: false } }],
  'GET /sep24/info': [200, { deposit: OPEN, withdraw: OPEN, fee: { enabled: false } }],
  'GET /sep31/info': [200, { receive: { USDA: { enabled: true } } }],
  'GET /sep38/info': [200, { assets: [{ asset: QUOTED }, FIAT] }],
  'GET /sep38/prices': [200, { buy_assets: [{ asset: 'iso4217:USD', price: '1', decimals: 2 }] }],
  'GET /sep59/info': [200, { offerings: [] }],
  'GET /sep6/transactions': [200, { transactions: [] }],
  'GET /sep24/transactions': [200, { transactions: [] }],
  'GET /sep12/customer': [403, { error: 'forbidden' }],
}

/** Every kind of request that a check sends: its method and path, and how the codes about its answer begin. */
const REQUESTS = {
  'the stellar.toml': { path: 'GET /.well-known/stellar.toml', told: 'toml', sep: 1 },
  '/info of SEP-6': { path: 'GET /sep6/info', told: 'info', sep: 6 },
  '/info of SEP-24': { path: 'GET /sep24/info', told: 'info', sep: 24 },
  '/info of SEP-31': { path: 'GET /sep31/info', told: 'info', sep: 31 },
  '/info of SEP-38': { path: 'GET /sep38/info', told: 'info', sep: 38 },
  '/info of SEP-59': { path: 'GET /sep59/info', told: 'info', sep: 59 },
  '/prices of SEP-38': { path: 'GET /sep38/prices', told: 'prices', sep: 38 },
  'a challenge of SEP-10': { path: 'GET /auth', told: 'web_auth', sep: 10 },
  'a challenge of SEP-45': { path: 'GET /sep45', told: 'web_auth', sep: 45 },
  'the gate of SEP-12': { path: 'GET /sep12/customer', told: 'kyc', sep: 12 },
  'the signed challenge': { path: 'POST /auth', told: 'token', sep: 10 },
  'the list of SEP-24': { path: 'GET /sep24/transactions', told: 'list', sep: 24 },
  'the list of SEP-6': { path: 'GET /sep6/transactions', told: 'list', sep: 6 },
  'a transaction of SEP-31': { path: 'GET /sep31/transactions', told: 'list', sep: 31 },
  'the customer of SEP-12': { path: 'TOKEN /sep12/customer', told: 'list', sep: 12 },
} as const
type RequestName = keyof typeof REQUESTS

let world: HttpsWorld
let webAuth: WebAuthServer
let hostile: { path: string; answer: HostileAnswer } | null = null

beforeAll(async () => {
  const webAuthOf = { signer: simulatedSigner(DOMAIN), homeDomain: DOMAIN, webAuthDomain: DOMAIN }
  webAuth = createWebAuthServer({ ...webAuthOf, passphrase: PASSPHRASE, now: () => new Date() })
  world = await startHttpsWorld({
    [DOMAIN]: (request, response) => void serve(request, response),
    // It would be reached if a redirect led there.
    'ops.ours.sim': (_request, response) => response.end('{}'),
  })
})
afterAll(() => world.close())
beforeEach(() => {
  world.requests.length = 0
})

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', headers } = request
  const url = new URL(request.url ?? '/', `https://${DOMAIN}`)
  const path = pathOf(url)
  const isSignedIn = headers.authorization !== undefined
  const names = [`${method} ${path}`, ...(isSignedIn ? [`TOKEN ${path}`] : [])]
  const isGate = hostile?.path === 'GET /sep12/customer' && isSignedIn
  if (hostile && names.includes(hostile.path) && !isGate) return hostile.answer(response)
  let body = ''
  for await (const chunk of request) body += chunk
  if (path === '/.well-known/stellar.toml')
    response.setHeader('content-type', 'text/plain').end(TOML)
  else if (path === '/auth') sendBody(response, webAuth.answer(url, { method, body }))
  else {
    const [status, value] = GOOD[`${method} ${path}`] ?? [404, { error: 'not found' }]
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }
}

function sendBody(response: ServerResponse, answer: Answer): void {
  if (answer.kind === 'body') response.writeHead(answer.status, answer.headers).end(answer.body)
}

/** Checks the anchor, whose request of one kind is answered so. @param timeoutMs the patience for that request */
async function checkWith(path: string, answer: HostileAnswer, timeoutMs?: number): Promise<Check> {
  hostile = { path, answer }
  const guarded = createFetchUntrusted({ ...world.policy, denyHosts: ['ours.sim'] })
  const fetch: FetchUntrusted = (url, request) => {
    const isShort = timeoutMs !== undefined && path.endsWith(` ${pathOf(new URL(url))}`)
    return guarded.fetch(url, isShort ? { ...request, timeoutMs } : request)
  }
  try {
    return await checkHomeDomain(DOMAIN, OPTIONS, { fetch, now: () => new Date() })
  } finally {
    await guarded.close()
  }
}

/** Without the id of the transaction that nobody has. */
function pathOf({ pathname }: URL): string {
  return pathname.replace(/\/[0-9a-f-]{36}$/, '')
}

const OPTIONS: Parameters<typeof checkHomeDomain>[1] = {
  network: 'mainnet',
  trust: { requireSep10: true, requireSigningKey: true, requireSep24OrSep31: true },
  maxAgeHours: 72,
  listings: [
    {
      id: 'x',
      country: 'ZZ',
      currency: 'USD',
      type: 'off-ramp',
      source: 'directory',
      active: true,
    },
    { id: 'y', country: 'ZZ', currency: 'USD', type: 'on-ramp', source: 'directory', active: true },
  ],
  issuers: { find: async () => new Map() },
  signIn: { key: createSignInKey(null), isTimeLeft: () => true },
  previous: null,
}

test('the anchor of this file is operational where nothing is hostile', async () => {
  const { cause, outcome, listings, capability } = await checkWith('', () => {})
  expect({ cause, outcome }).toEqual({ outcome: 'ok' })
  expect(listings?.map(({ operational }) => operational)).toEqual([true, true])
  const signedIn = Object.entries(capability?.sep ?? {}).flatMap(([name, { signedIn }]) =>
    signedIn ? [`${name} ${signedIn.outcome}`] : [],
  )
  expect(signedIn.sort()).toEqual(['sep12 refused', 'sep24 ok', 'sep31 ok', 'sep6 ok'])
})

const CASES = Object.keys(REQUESTS).flatMap((request) =>
  Object.keys(HOSTILE_ANSWERS).map((name) => [request as RequestName, name] as const),
)

describe('a hostile answer is a finding with a code, and nothing else', () => {
  test.each(CASES)('%s: %s', async (request, name) => {
    const { path, told, sep } = REQUESTS[request]
    const { answer, told: codes } = HOSTILE_ANSWERS[name] as (typeof HOSTILE_ANSWERS)[string]
    const check = await checkWith(path, answer, codes.open === 'timeout' ? 100 : undefined)
    expect(codesOf(check, sep)).toContain(codeOf(told, codes))
    expectSound(check)
  })

  /** A customer is whatever is handed out without a token, so nothing is out of shape. */
  function codeOf(told: (typeof REQUESTS)[RequestName]['told'], codes: Told): string {
    if (told === 'token' || told === 'list') return codes[told]
    if (told === 'toml') return `toml_${codes.toml}`
    return told === 'kyc' && codes.open === 'shape' ? 'kyc_open' : `${told}_${codes.open}`
  }
})

const json = (value: unknown) => (response: ServerResponse) => {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
}
const raw = (text: string) => (response: ServerResponse) => {
  response.setHeader('content-type', 'application/json').end(text)
}

describe('a value that hurts is a finding with a code', () => {
  test.each<[RequestName, string, string, HostileAnswer]>([
    [
      '/info of SEP-24',
      'a limit of 1e400',
      'info_amount',
      raw('{"deposit":{"USDA":{"enabled":true,"min_amount":1e400}},"withdraw":{}}'),
    ],
    [
      '/info of SEP-6',
      'an asset named __proto__',
      'info_field',
      raw('{"deposit":{"__proto__":{"enabled":true},"USDA":{"enabled":true}},"withdraw":{}}'),
    ],
    [
      '/info of SEP-31',
      'the limit of a prototype',
      'info_field',
      raw('{"receive":{"constructor":{"enabled":true},"USDA":{}}}'),
    ],
    [
      '/info of SEP-38',
      'an asset with NUL',
      'info_field',
      json({ assets: [{ asset: 'stellar:USD\0:G' }, FIAT] }),
    ],
    [
      '/info of SEP-59',
      'half a surrogate pair',
      'info_field',
      raw(String.raw`{"offerings":[{"kind":"\ud800"}]}`),
    ],
    [
      '/prices of SEP-38',
      'a price of 1e400',
      'prices_price',
      raw('{"buy_assets":[{"asset":"iso4217:USD","price":1e400}]}'),
    ],
    [
      '/prices of SEP-38',
      'a price of a million digits',
      'prices_too_large',
      json({ buy_assets: [{ asset: 'iso4217:USD', price: '9'.repeat(1_000_000) }] }),
    ],
    [
      '/prices of SEP-38',
      'a price of 100,000 digits',
      'prices_price',
      json({ buy_assets: [{ asset: 'iso4217:USD', price: '9'.repeat(100_000) }] }),
    ],
    [
      'a challenge of SEP-10',
      'a transaction of 1 MB',
      'web_auth_too_large',
      json({ transaction: 'A'.repeat(1_048_576) }),
    ],
    [
      'a challenge of SEP-10',
      'a transaction of 60 KB',
      'challenge_not_xdr',
      json({ transaction: 'A'.repeat(60_000) }),
    ],
    [
      'a challenge of SEP-45',
      'entries of 1 MB',
      'web_auth_too_large',
      json({ authorization_entries: 'A'.repeat(1_048_576) }),
    ],
    [
      'a challenge of SEP-45',
      'entries of 60 KB',
      'entries_not_xdr',
      json({ authorization_entries: '/'.repeat(60_000) }),
    ],
    [
      'the signed challenge',
      'a token of 1 MB',
      'sign_in_token',
      json({ token: 'x'.repeat(1_048_576) }),
    ],
    [
      'the signed challenge',
      'a token of 60 KB',
      'sign_in_token',
      json({ token: `a.${'x'.repeat(60_000)}.b` }),
    ],
    [
      'the signed challenge',
      'a token with a line break',
      'sign_in_token',
      json({ token: 'a.b.c\r\nhost: ops.ours.sim' }),
    ],
    [
      'the list of SEP-24',
      'a list of 40 levels',
      'signed_in_shape',
      raw(`{"transactions":${'['.repeat(40)}${']'.repeat(40)}}`),
    ],
  ])('%s: %s is %s', async (request, _name, code, answer) => {
    const { path, sep } = REQUESTS[request]
    const check = await checkWith(path, answer)
    expect(codesOf(check, sep)).toContain(code)
    expectSound(check)
  })
})

function codesOf({ findings }: Check, sep: number): string[] {
  return findings.filter((found) => found.sep === sep).map(({ code }) => code)
}

/** No error of our own, no request inside, and a result that is small and fits jsonb. */
function expectSound({ cause, ...stored }: Check): void {
  expect(cause).toBeUndefined()
  expect(unstorable(stored)).toEqual([])
  expect(JSON.stringify(stored).length).toBeLessThan(20_000)
  expect(world.requests.filter((url) => url.startsWith('ops.ours.sim'))).toEqual([])
}

/** The texts in a value that jsonb refuses. */
function unstorable(value: unknown): string[] {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0') ? [] : [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [...unstorable(key), ...unstorable(inner)])
}
