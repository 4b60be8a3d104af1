import { Keypair, Networks, Transaction } from '@stellar/stellar-sdk'
import { describe, expect, test } from 'vitest'
import { type SignInOrder, signIn } from '../../../../../lib/anchors/check/web-auth/sign-in.ts'
import { createSignInKey } from '../../../../../lib/anchors/check/web-auth/sign-in-key.ts'
import type {
  FetchAnswer,
  FetchErrorCode,
  FetchRequest,
} from '../../../../../lib/net/fetch-untrusted.ts'
import { readSepServer } from '../../../../helpers/anchor-platform/sep-server.ts'
import {
  buildChallenge,
  CLIENT,
  ENDPOINT,
  homeDomainOperation,
  SERVER,
  webAuthDomainOperation,
} from '../../../../helpers/challenges.ts'
import { honest, ORDER, serverOf } from '../../../../helpers/web-auth-server.ts'

type Scripted = Partial<FetchAnswer> | FetchErrorCode

const json = (status: number, body: unknown): Scripted => ({ status, text: JSON.stringify(body) })
const tokenOf = (claims: object) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'HS256' })}.${part(claims)}.c2lnbmF0dXJl`
}
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds
const TOKEN = tokenOf({ sub: 'G', exp: inSeconds(3_600) })

const ASSET = 'GD6MPAOCAGUDV7VBH54SI22A5MHOBJYSOA6IXUIWDLYRQW2XHAK6JNS6'
const OPEN_ASSETS = {
  CLOSED: { deposit: { enabled: false } },
  native: { deposit: { enabled: true } },
  USDC: { withdraw: { enabled: true } },
}
const GATED_ASSETS = {
  native: { deposit: { enabled: true, authenticationRequired: true as const } },
  USDC: { withdraw: { enabled: true } },
}
const { endpoint: _, ...IDENTITY } = ORDER
const SERVICES: SignInOrder = {
  ...IDENTITY,
  endpoints: {
    sep10: ENDPOINT,
    sep24: 'https://api.example.org/sep24',
    sep6: 'https://api.example.org/sep6/?tenant=1',
    sep12: 'https://kyc.example.org/sep12',
  },
  assets: { sep24: OPEN_ASSETS, sep6: GATED_ASSETS },
  readsQuotes: false,
  readsCustomer: true,
}
const HEALTHY: Record<string, Scripted> = {
  'POST /sep10': json(200, { token: TOKEN }),
  'GET /sep24/transactions': json(200, { transactions: [] }),
  'GET /sep6/transactions': json(200, { transactions: [] }),
  'GET /sep12/customer': json(200, { status: 'NEEDS_INFO', fields: {} }),
}

/** An anchor that gives right challenges, and answers everything else by its script. */
function anchorOf(script: Record<string, Scripted>, challenge = honest) {
  return serverOf((url, request) => {
    const method = request.json === undefined ? 'GET' : 'POST'
    if (method === 'GET' && url.pathname === '/sep10') return challenge(url)
    const path = url.pathname.replace(/[0-9a-f-]{36}$/, 'uuid')
    return { ...HEALTHY, ...script }[`${method} ${path}`] ?? 'dns_failed'
  })
}

const KEY = createSignInKey(CLIENT.secret())

async function outcome(script: Record<string, Scripted>, order = SERVICES) {
  const { asked, io } = anchorOf(script)
  const signed = await signIn(order, KEY, io)
  if (signed === null) throw new Error('nothing was signed')
  const { seps, findings, ...rest } = signed
  const outcomes = Object.fromEntries(
    Object.entries(seps).map(([name, one]) => [name, one.outcome]),
  )
  return { asked, outcomes, seps, codes: findings.map(({ code }) => code), findings, ...rest }
}

const withEndpoints = (...names: ('sep12' | 'sep24' | 'sep31' | 'sep38')[]): SignInOrder => {
  const all = {
    ...SERVICES.endpoints,
    sep31: 'https://api.example.org/sep31',
    sep38: 'https://api.example.org/sep38',
  }
  const endpoints = Object.fromEntries(
    [...names, 'sep10' as const].map((name) => [name, all[name]]),
  )
  return { ...SERVICES, endpoints, readsQuotes: names.includes('sep38') }
}

describe('createSignInKey', () => {
  test('is the account of its seed, and another one each time without a seed', () => {
    expect(KEY.account).toBe(CLIENT.publicKey())
    const [one, other] = [createSignInKey(null), createSignInKey(null)]
    expect(one.account).not.toBe(other.account)
    expect(() => Keypair.fromPublicKey(one.account)).not.toThrow()
  })

  test('refuses another text without showing it', () => {
    const refusal = 'The key for signing in is refused: a seed (S…) is needed'
    expect(() => createSignInKey(CLIENT.publicKey())).toThrow(RangeError(refusal))
  })
})

describe('signing in', () => {
  test('reads no customer where there is no server of SEP-12', async () => {
    const none = { 'GET /sep12/customer': json(404, { error: 'Not Found' }) }
    const there = await outcome(none, { ...SERVICES, readsCustomer: true })
    expect(there.outcomes).toMatchObject({ sep12: 'failing' })
    const order = { ...SERVICES, readsCustomer: Promise.resolve(false) }
    expect(Object.keys((await outcome(none, order)).outcomes)).toEqual(['sep24', 'sep6'])
  })

  test('signs the challenge for its own account, posts it once, and reads its own lists with the token', async () => {
    const { asked, outcomes, codes, seps } = await outcome(HEALTHY)
    expect(outcomes).toEqual({ sep24: 'ok', sep6: 'ok', sep12: 'ok' })
    expect(codes).toEqual([])
    expect(Object.values(seps).every(({ isConformant }) => isConformant)).toBe(true)
    const [challenge, post, ...reads] = asked
    expect(challenge?.url.searchParams.get('account')).toBe(CLIENT.publicKey())
    expect(post?.url.href).toBe(ENDPOINT)
    const { transaction } = JSON.parse(post?.request.json ?? '{}')
    const signed = new Transaction(transaction, Networks.TESTNET)
    expect(signed.signatures).toHaveLength(2)
    for (const [index, signer] of [SERVER, CLIENT].entries()) {
      const signature = signed.signatures[index]?.signature.toBytes() ?? new Uint8Array()
      expect(signer.verify(signed.hash(), signature)).toBe(true)
    }
    expect(reads.map(({ url }) => url.href).sort()).toEqual([
      'https://api.example.org/sep24/transactions?asset_code=native',
      `https://api.example.org/sep6/transactions?asset_code=native&account=${CLIENT.publicKey()}`,
      `https://kyc.example.org/sep12/customer?account=${CLIENT.publicKey()}`,
    ])
    for (const { request } of reads) {
      expect(request).toMatchObject({ bearer: TOKEN, timeoutMs: 12_000 })
      expect(request.json).toBeUndefined()
    }
    for (const one of [challenge, post]) expect(one?.request.bearer).toBeUndefined()
  })

  test('keeps the query of the endpoint when it posts', async () => {
    const { asked, io } = anchorOf(HEALTHY)
    const endpoints = { sep10: `${ENDPOINT}?tenant=7` }
    await signIn({ ...SERVICES, endpoints }, KEY, io)
    expect(asked[1]?.url.href).toBe(`${ENDPOINT}?tenant=7`)
  })

  test.each([
    ['is unsafe and wrong', { sequence: '1', passphrase: Networks.PUBLIC }],
    ['has a fault that proves the key all the same', { signers: [SERVER, CLIENT] }],
  ])('signs nothing that %s', async (_, recipe) => {
    const operations = [homeDomainOperation(), webAuthDomainOperation()]
    const transaction = buildChallenge({ ...recipe, operations })
    const { asked, io } = anchorOf(HEALTHY, () => ({ text: JSON.stringify({ transaction }) }))
    expect(await signIn(SERVICES, KEY, io)).toBeNull()
    expect(asked).toHaveLength(1)
  })

  test('asks nothing of an anchor without WEB_AUTH_ENDPOINT', async () => {
    const { asked, io } = anchorOf(HEALTHY)
    expect(await signIn({ ...SERVICES, endpoints: {} }, KEY, io)).toBeNull()
    expect(asked).toEqual([])
  })
})

describe('the answer to the signed challenge', () => {
  const FAILING = { sep24: 'failing', sep6: 'failing' }
  test.each<[string, Scripted, object, string]>([
    ['400', json(400, { error: 'no' }), {}, 'sign_in_refused'],
    ['401', json(401, { error: 'no' }), {}, 'sign_in_refused'],
    ['404 for the account', json(404, { error: 'no account' }), {}, 'sign_in_refused'],
    ['403 with HTML', { status: 403, text: '<html>' }, {}, 'sign_in_refused'],
    ['429', { status: 429 }, {}, 'sign_in_refused'],
    ['a redirect', 'redirect_limit', {}, 'sign_in_refused'],
    ['500', json(500, { error: 'x' }), FAILING, 'sign_in_failing'],
    ['no answer in 12 s', 'timeout', FAILING, 'sign_in_failing'],
    ['1 MB', 'too_large', {}, 'sign_in_token'],
    ['HTML', { text: '<html>' }, {}, 'sign_in_token'],
    ['JSON 40 deep', { text: '['.repeat(40) }, {}, 'sign_in_token'],
    ['no token', json(200, {}), {}, 'sign_in_token'],
    ['a number', json(200, { token: 7 }), {}, 'sign_in_token'],
    ['no JWT', json(200, { token: 'abc' }), {}, 'sign_in_token'],
    ['a JWT with a line break', json(200, { token: `${TOKEN}\n` }), {}, 'sign_in_token'],
    [
      'a JWT of 16,385 characters',
      json(200, { token: `a.b.${'c'.repeat(16_381)}` }),
      {},
      'sign_in_token',
    ],
  ])('%s ends the sign-in', async (_, answer, outcomes, code) => {
    const result = await outcome({ 'POST /sep10': answer })
    expect(result.asked).toHaveLength(2)
    expect({ outcomes: result.outcomes, codes: result.codes }).toEqual({ outcomes, codes: [code] })
  })

  test('that errs closes no SEP-6 which wants no token, and one that shows nothing open', async () => {
    const failing = { 'POST /sep10': json(500, { error: 'x' }) }
    const withSep6 = (sep6: SignInOrder['assets']['sep6']) =>
      outcome(failing, { ...SERVICES, assets: { sep24: OPEN_ASSETS, sep6 } })
    expect((await withSep6(OPEN_ASSETS)).outcomes).toEqual({ sep24: 'failing' })
    expect((await withSep6(undefined)).outcomes).toEqual(FAILING)
  })

  test.each<[string, object, string[]]>([
    ['ends in 50 s', { exp: inSeconds(50) }, ['sign_in_token_short']],
    ['has ended', { exp: 1 }, ['sign_in_token_short']],
    ['ends in two minutes', { exp: inSeconds(120) }, []],
    ['does not say when it ends', {}, []],
    ['says it in a text', { exp: 'soon' }, []],
  ])('with a token that %s is used', async (_, claims, codes) => {
    const result = await outcome({ 'POST /sep10': json(200, { token: tokenOf(claims) }) })
    expect(result.outcomes).toMatchObject({ sep24: 'ok' })
    expect(result.codes).toEqual(codes)
  })

  test.each(['a', '{"exp":1e400}', '{"exp":[]}', '['.repeat(40)])(
    'with a token whose claims are %j is used',
    async (claims) => {
      const token = `YQ.${Buffer.from(claims).toString('base64url')}.YQ`
      const result = await outcome({ 'POST /sep10': json(200, { token }) })
      expect(result.outcomes).toMatchObject({ sep24: 'ok' })
      expect(result.codes).toEqual([])
    },
  )
})

describe('a list of the client', () => {
  const off = { error: 'No static resource sep24/transactions.' }
  test.each<[string, Scripted, string | undefined, string[]]>([
    ['with transactions', json(200, { transactions: [{ id: '1' }] }), 'ok', []],
    ['of another form', json(200, { list: [] }), 'ok', ['signed_in_shape']],
    ['with an error in 200', json(200, { error: 'database' }), 'failing', ['signed_in_failing']],
    ['that is no JSON', { text: 'hello' }, undefined, ['signed_in_shape']],
    ['that is a JSON array', json(200, []), undefined, ['signed_in_shape']],
    ['of HTML', { text: '<html>' }, 'off', ['signed_in_off']],
    ['500', json(500, { error: 'x' }), 'failing', ['signed_in_failing']],
    ['500 with HTML', { status: 500, text: '<html>' }, 'failing', ['signed_in_failing']],
    ['503', { status: 503 }, 'failing', ['signed_in_failing']],
    ['no answer in 12 s', 'timeout', 'failing', ['signed_in_failing']],
    ['a connection that breaks', 'connection_lost', 'failing', ['signed_in_failing']],
    ['a list that never ends', 'too_large', 'failing', ['signed_in_failing']],
    ['401', json(401, { error: 'x' }), 'refused', ['signed_in_refused']],
    ['403', json(403, { error: 'x' }), 'refused', ['signed_in_refused']],
    ['403 with HTML', { status: 403, text: '<html>' }, undefined, ['signed_in_status']],
    ['404 of a protocol that is off', json(404, off), 'off', ['signed_in_off']],
    ['404 with HTML', { status: 404, text: '<html>' }, 'off', ['signed_in_off']],
    ['404 in other words', json(404, { error: 'Not Found' }), 'off', ['signed_in_off']],
    ['400', json(400, { error: 'asset code not supported' }), undefined, ['signed_in_status']],
    ['429', { status: 429 }, undefined, ['signed_in_status']],
    ['a redirect', 'redirect_limit', undefined, ['signed_in_status']],
  ])('%s', async (_, answer, expected, codes) => {
    const result = await outcome({ 'GET /sep24/transactions': answer })
    expect(result.outcomes['sep24']).toBe(expected)
    expect(result.codes).toEqual(codes)
    for (const { sep, field } of result.findings)
      expect([sep, field]).toEqual([24, 'TRANSFER_SERVER_SEP0024'])
  })

  test('is not asked for where no asset is open', async () => {
    const sep24 = { A: { deposit: { enabled: false } } }
    const order = { ...withEndpoints('sep24'), assets: { sep24, sep6: undefined } }
    const { asked, outcomes } = await outcome({}, order)
    expect(asked).toHaveLength(2)
    expect(outcomes).toEqual({})
  })
})

describe('the customer of SEP-12', () => {
  test.each<[string, Scripted, string | undefined]>([
    ['400 is the word of the business', json(400, { error: 'type is required' }), 'ok'],
    ['404 is the word of the business', json(404, { error: 'customer not found' }), 'ok'],
    ['404 Not Found is a business away', json(404, { error: 'Not Found' }), 'failing'],
    [
      '404 of a protocol that is off',
      json(404, { error: 'No static resource sep12/customer.' }),
      'off',
    ],
    ['404 with HTML', { status: 404, text: '<html>' }, 'off'],
    ['502', json(502, { error: 'service not available' }), 'failing'],
    ['no answer', 'timeout', 'failing'],
    ['an error in 200', json(200, { error: 'x' }), 'ok'],
    ['another object', json(200, { id: '7' }), 'ok'],
  ])('%s', async (_, answer, expected) => {
    const { seps } = await outcome({ 'GET /sep12/customer': answer })
    expect(seps.sep12?.outcome).toBe(expected)
    expect(seps.sep12?.isConformant).toBeUndefined()
  })
})

describe('SEP-31', () => {
  test.each<[string, Scripted, string | undefined]>([
    ['in the words of the platform', json(404, { error: 'transaction (id=x) not found' }), 'ok'],
    ['by a rule of its own', json(400, { error: 'invalid id' }), 'ok'],
    ['with a transaction', json(200, { transaction: {} }), 'ok'],
    ['without its database', json(500, { error: 'x' }), 'failing'],
    ['without an answer', 'timeout', 'failing'],
    ['as a protocol that is off', json(404, { error: 'No static resource x.' }), 'off'],
    ['as a path that may be missing', json(404, { error: 'Not Found' }), undefined],
    ['in other JSON', json(404, { detail: 'Not found.' }), undefined],
    ['with a refusal', json(403, { error: 'forbidden' }), 'refused'],
  ])('is asked for a transaction that nobody has, and answers %s', async (...row) => {
    const [, answer, expected] = row
    const script = { 'GET /sep31/transactions/uuid': answer }
    const { outcomes } = await outcome(script, withEndpoints('sep31'))
    expect(outcomes['sep31']).toBe(expected)
  })
})

test('an answer that our own time cut off shows nothing of a service', async () => {
  const { outcomes, codes } = await outcome({ 'GET /sep24/transactions': 'aborted' })
  expect(outcomes).toEqual({ sep6: 'ok', sep12: 'ok' })
  expect(codes).toEqual(['signed_in_status'])
  expect((await outcome({ 'POST /sep10': 'aborted' })).outcomes).toEqual({})
})

test('a quote server that refuses strangers is read again with the token', async () => {
  const usdc = `stellar:USDC:${ASSET}`
  const script = {
    'GET /sep38/info': json(200, { assets: [{ asset: usdc }, { asset: 'iso4217:USD' }] }),
    'GET /sep38/prices': json(200, {
      buy_assets: [{ asset: 'iso4217:USD', price: '1.02', decimals: 2 }],
    }),
  }
  const order = withEndpoints('sep38')
  const { asked, quotes, prices } = await outcome(script, order)
  expect(quotes).toMatchObject({ step: 'conformant' })
  expect(prices).toMatchObject({
    step: 'verified',
    prices: [{ sells: usdc, buys: ['iso4217:USD'] }],
  })
  expect(asked.slice(2).every(({ request }) => request.bearer === TOKEN)).toBe(true)

  const away = { ...script, 'GET /sep38/prices': json(502, { error: 'service not available' }) }
  const failing = await outcome(away, order)
  expect(failing.prices).toMatchObject({ failing: true })
  expect(failing.codes).toEqual(failing.prices?.findings.map(({ code }) => code))
  expect(failing.codes).not.toEqual([])

  const refusing = { 'GET /sep38/info': json(403, { error: 'forbidden' }) }
  const refused = await outcome(refusing, order)
  expect(refused).toMatchObject({ quotes: { protected: true }, prices: null, codes: [] })

  const open = await outcome(script, { ...order, readsQuotes: false })
  expect(open).toMatchObject({ quotes: null, prices: null })
  expect(open.asked).toHaveLength(2)
})

test('no result shows the token, the challenge or the account', async () => {
  const echo = (_: URL, request: FetchRequest) => JSON.stringify(request)
  const { asked, io } = serverOf((url, request) => {
    if (request.json !== undefined) return json(200, { token: TOKEN })
    if (url.pathname === '/sep10') return honest(url)
    return { status: 403, text: JSON.stringify({ error: echo(url, request) }) }
  })
  const shown = JSON.stringify(
    await signIn(withEndpoints('sep12', 'sep24', 'sep31', 'sep38'), KEY, io),
  )
  const { transaction } = JSON.parse(asked[1]?.request.json ?? '{}')
  for (const secret of [TOKEN, transaction, KEY.account, CLIENT.secret()]) {
    expect(shown).not.toContain(secret)
  }
})

describe('the recorded reads of the Anchor Platform 4.3.0', () => {
  const recorded = readSepServer().filter(({ name }) => name.startsWith('token '))
  const [SEP24, SEP6] = ['token sep24 transactions', 'token sep6 transactions']
  test.each([
    ['default', `${SEP24} ?asset_code=native`, 'sep24', 'ok'],
    ['default', `${SEP6} ?asset_code=native&account=`, 'sep6', 'ok'],
    ['default', 'token customer', 'sep12', 'ok'],
    ['off', SEP6, 'sep6', 'off'],
    ['off', 'token customer', 'sep12', 'off'],
    ['ledger-hang', SEP24, 'sep24', 'ok'],
    ['database-refuse', SEP24, 'sep24', 'failing'],
    ['database-refuse', SEP6, 'sep6', 'failing'],
    ['database-refuse', 'token customer', 'sep12', 'ok'],
    ['database-hang', SEP24, 'sep24', 'failing'],
    ['business-customer-500', 'token customer', 'sep12', 'failing'],
    ['business-customer-400', 'token customer', 'sep12', 'ok'],
    ['business-customer-cut', 'token customer', 'sep12', 'failing'],
    ['business-customer-html', 'token customer', 'sep12', 'failing'],
    ['business-customer-hang', 'token customer', 'sep12', 'failing'],
  ] as const)('in the setting %s, %s is read as a person would', async (...row) => {
    const [wanted, beginning, sep, expected] = row
    const one = recorded.find(
      ({ setting, name }) => setting === wanted && name.startsWith(beginning),
    )
    const { status, body: text } = one?.response ?? { status: -1, body: '' }
    expect(status).not.toBe(-1)
    const path = sep === 'sep12' ? 'GET /sep12/customer' : `GET /${sep}/transactions`
    // Status 0 is a request that got no answer.
    const { outcomes } = await outcome({ [path]: status === 0 ? 'timeout' : { status, text } })
    expect(outcomes[sep]).toBe(expected)
  })

  test('a hanging ledger, which makes the signed challenge hang, is a sign-in that fails', async () => {
    expect((await outcome({ 'POST /sep10': 'timeout' })).outcomes).toEqual({
      sep24: 'failing',
      sep6: 'failing',
    })
  })
})
