import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AccessFacts,
  type AccessRules,
  accessFacts,
  decideAccess,
  isScheduled,
} from '../../../lib/http/auth.ts'
import {
  type BusinessRules,
  decideBusinessAccess,
  type KeyLookup,
} from '../../../lib/http/business-auth.ts'
import type { Refusal } from '../../../lib/http/credential.ts'

const SECRET = 'correct-horse-battery-staple'
const PREVIOUS = 'the-secret-of-last-month'

const NOBODY: AccessFacts = {
  authorization: null,
  cronSecretHeader: null,
  querySecrets: [],
  vercelCron: null,
  hosts: ['ops.example.org'],
  fetchSite: null,
  origin: null,
  ownOrigin: 'https://ops.example.org',
  forwarded: false,
}
const PRODUCTION: AccessRules = { cronSecret: SECRET, previousCronSecret: null, development: false }
const LAPTOP: AccessRules = { cronSecret: null, previousCronSecret: null, development: true }

const full = { access: 'full' }
const none = { access: 'none' }

describe('access to the ops routes', () => {
  test('a credential of 512 bytes is compared, and one of 513 bytes is wrong', () => {
    const longest = 'ä'.repeat(256)
    const rules = { ...PRODUCTION, cronSecret: longest }
    expect(decideAccess({ ...NOBODY, querySecrets: [longest] }, rules)).toMatchObject(full)
    const longer = { ...rules, cronSecret: `${longest}x` }
    expect(decideAccess({ ...NOBODY, querySecrets: [`${longest}x`] }, longer)).toMatchObject(none)
  })
})

describe('the development rule', () => {
  const local = { hosts: ['localhost'], ownOrigin: 'http://localhost' }
  const decide = (facts: Partial<AccessFacts>) =>
    decideAccess({ ...NOBODY, ...local, ...facts }, LAPTOP)

  test.each<[string, Partial<AccessFacts>]>([
    ['localhost', {}],
    ['127.0.0.1', { hosts: ['127.0.0.1'] }],
    ['[::1] twice', { hosts: ['[::1]', '[::1]'] }],
    ['a page of this origin', { fetchSite: 'same-origin', origin: 'http://localhost' }],
    ['the address bar of a browser', { fetchSite: 'none' }],
  ])('admits a caller on this machine: %s', (_case, facts) => {
    expect(decide(facts)).toEqual({ access: 'full', keyName: 'development' })
  })

  test.each<[string, Partial<AccessFacts>]>([
    ['another host', { hosts: ['ops.example.org'] }],
    ['another Host header', { hosts: ['localhost', 'ops.example.org'] }],
    ['no host', { hosts: [] }],
    ['an empty host', { hosts: [''] }],
    ['a page of another site', { fetchSite: 'cross-site' }],
    ['a page of another port', { fetchSite: 'same-site' }],
    ['a page without an origin', { origin: 'null' }],
    ['a page of another origin', { origin: 'http://localhost:5173' }],
    ['a call that a proxy forwards', { forwarded: true }],
    ['the header of the scheduler from elsewhere', { hosts: ['x.example'], vercelCron: '1' }],
  ])('admits nobody else: %s', (_case, facts) => {
    const refusals = [{ credential: null, why: 'not_local' }]
    expect(decide(facts)).toEqual({ access: 'none', refusals })
  })

  test('holds for a caller without a secret alone', () => {
    expect(decide({ authorization: 'Bearer x' })).toMatchObject(none)
    expect(decideAccess({ ...NOBODY, ...local }, PRODUCTION)).toMatchObject(none)
  })
})

describe('the secret of the operators', () => {
  const rules = { ...PRODUCTION, previousCronSecret: PREVIOUS }
  test.each<[Partial<AccessFacts>, object]>([
    [{ authorization: `Bearer ${SECRET}` }, { access: 'full', keyName: 'CRON_SECRET' }],
    [
      { authorization: `bearer   ${PREVIOUS}` },
      { access: 'full', keyName: 'CRON_SECRET_PREVIOUS' },
    ],
    [{ cronSecretHeader: SECRET }, { access: 'full', keyName: 'CRON_SECRET' }],
    [{ querySecrets: [SECRET] }, { access: 'full', keyName: 'CRON_SECRET', warn: 'query_secret' }],
    [
      { querySecrets: [SECRET], cronSecretHeader: SECRET },
      { access: 'full', keyName: 'CRON_SECRET' },
    ],
    [{ vercelCron: '1' }, { access: 'limited' }],
    [{ vercelCron: ' ' }, { access: 'none', refusals: [{ credential: null, why: 'missing' }] }],
    [
      { authorization: `x Bearer ${SECRET}` },
      { access: 'none', refusals: [{ credential: 'authorization', why: 'not_bearer' }] },
    ],
    [
      { authorization: `Bearer ${SECRET}\n` },
      { access: 'none', refusals: [{ credential: 'authorization', why: 'not_bearer' }] },
    ],
    [
      { authorization: `Bearer ${'x'.repeat(512)}` },
      { access: 'none', refusals: [{ credential: 'authorization', why: 'wrong' }] },
    ],
    [
      { authorization: `Bearer ${'x'.repeat(513)}` },
      { access: 'none', refusals: [{ credential: 'authorization', why: 'too_long' }] },
    ],
    [
      { cronSecretHeader: '' },
      { access: 'none', refusals: [{ credential: 'x-cron-secret', why: 'wrong' }] },
    ],
  ])('in %j decides: %j', (facts, expected) => {
    expect(decideAccess({ ...NOBODY, ...facts }, rules)).toEqual(expected)
  })
})

/** Checks every combination of settings and credentials against rules that are written without the code's helpers. */
describe('over all combinations', () => {
  const secrets = [null, '', ' ', SECRET]
  const previous = [null, PREVIOUS]
  const developments = [true, false]
  const crons = [null, '', '1']
  const hosts = [['localhost'], ['[::1]', '[::1]'], ['ops.example.org'], ['localhost', 'x.example']]
  const pages = [
    { fetchSite: null, origin: null, forwarded: false },
    { fetchSite: 'same-origin', origin: 'http://localhost', forwarded: false },
    { fetchSite: 'none', origin: null, forwarded: false },
    { fetchSite: 'cross-site', origin: null, forwarded: false },
    { fetchSite: null, origin: 'http://localhost:5173', forwarded: false },
    { fetchSite: null, origin: 'null', forwarded: false },
    { fetchSite: null, origin: null, forwarded: true },
  ]
  const authorizations = [
    null,
    '',
    'Bearer',
    'Bearer undefined',
    `Bearer ${SECRET}`,
    `Bearer ${PREVIOUS}`,
    `Bearer ${SECRET}x`,
    `Basic ${SECRET}`,
    SECRET,
    `Bearer ${SECRET}, Bearer ${SECRET}`,
  ]
  const headers = [null, '', 'undefined', SECRET, PREVIOUS, `${SECRET}, ${SECRET}`, 'z'.repeat(600)]
  const queries = [
    [],
    [''],
    ['undefined'],
    [SECRET],
    [PREVIOUS],
    [SECRET, SECRET],
    ['x', SECRET],
    [`${SECRET} `],
  ]

  test('six rules hold for every combination', () => {
    let combinations = 0
    const breaches: unknown[] = []
    for (const cronSecret of secrets)
      for (const previousCronSecret of previous)
        for (const development of developments)
          for (const vercelCron of crons)
            for (const host of hosts)
              for (const page of pages)
                for (const authorization of authorizations)
                  for (const cronSecretHeader of headers)
                    for (const querySecrets of queries) {
                      combinations += 1
                      const rules = { cronSecret, previousCronSecret, development }
                      const facts = {
                        authorization,
                        cronSecretHeader,
                        querySecrets,
                        vercelCron,
                        hosts: host,
                        ownOrigin: 'http://localhost',
                        ...page,
                      }
                      const broken = brokenInvariant(facts, rules)
                      if (broken !== null) breaches.push({ broken, facts, rules })
                    }
    expect(breaches.slice(0, 3)).toEqual([])
    expect(combinations).toBe(4 * 2 * 2 * 3 * 4 * 7 * 10 * 7 * 8)
  })

  function brokenInvariant(facts: AccessFacts, rules: AccessRules): string | null {
    const decision = decideAccess(facts, rules)
    const known = [rules.cronSecret, rules.previousCronSecret].filter((text) => text?.trim())
    const bearers = new Map(known.map((text) => [`Bearer ${text}`, text]))
    const given = [
      ...(facts.authorization === null ? [] : [bearers.has(facts.authorization)]),
      ...(facts.cronSecretHeader === null ? [] : [known.includes(facts.cronSecretHeader)]),
      ...facts.querySecrets.map((text) => known.includes(text)),
    ]
    const wrong = given.includes(false)
    const right = given.length > 0 && !wrong
    const repeated = facts.querySecrets.length > 1
    const local =
      facts.hosts.every((host) => host === 'localhost' || host === '[::1]') &&
      facts.fetchSite !== 'cross-site' &&
      (facts.origin ?? facts.ownOrigin) === facts.ownOrigin &&
      !facts.forwarded
    const { access } = decision
    if (access === 'full' && !rules.development && !right)
      return 'full access needs the secret, except in development'
    if (access !== 'none' && wrong) return 'a wrong credential is refused whatever else is sent'
    if (access !== 'none' && repeated) return 'a repeated secret is refused'
    if (
      (access === 'limited') !==
      (!rules.development && given.length === 0 && facts.vercelCron === '1')
    ) {
      return 'the cron header alone gives limited access, except in development, and nothing else does'
    }
    if (rules.development && given.length === 0 && (access === 'full') !== local) {
      return 'the development rule is for local callers'
    }
    if (right && !repeated && access !== 'full') return 'the right secret always works'
    return null
  }
})

describe('the facts of a request', () => {
  const read = (url: string, headers: Record<string, string>) =>
    accessFacts(new Request(url, { headers }), new URL(url))

  test('are read from its headers, its query and both host names', () => {
    const facts = read('http://localhost:3000/api?secret=a&x=1&secret=b', {
      authorization: 'Bearer c',
      'x-cron-secret': 'd',
      'x-vercel-cron': '1',
      'sec-fetch-site': 'none',
      origin: 'http://localhost:5173',
      'x-forwarded-for': '192.0.2.1',
      host: 'LOCALHOST:3000',
    })
    expect(facts).toEqual({
      authorization: 'Bearer c',
      cronSecretHeader: 'd',
      querySecrets: ['a', 'b'],
      vercelCron: '1',
      hosts: ['localhost', 'localhost'],
      fetchSite: 'none',
      origin: 'http://localhost:5173',
      ownOrigin: 'http://localhost:3000',
      forwarded: true,
    })
  })

  test.each(['localhost.evil.example', 'localhost@evil.example', 'evil.example#localhost', ''])(
    'Host %j is not the local machine',
    (host) => {
      expect(decideAccess(read('http://localhost/', { host }), LAPTOP)).toMatchObject(none)
    },
  )

  test('have the host of the URL alone without a Host header', () => {
    expect(read('http://[::1]:3000/', {})).toMatchObject({ hosts: ['[::1]'], forwarded: false })
  })

  test.each(['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'])(
    'say by the header %s that a proxy forwards the call',
    (name) => {
      expect(read('http://localhost/', { [name]: 'x' })).toMatchObject({ forwarded: true })
    },
  )
})

test.each<[Record<string, string>, boolean]>([
  [{ 'user-agent': 'vercel-cron/1.0' }, true],
  [{ 'x-vercel-cron': '1' }, true],
  [{ 'user-agent': 'curl/8 vercel-cron/1.0' }, false],
  [{ 'x-vercel-cron': '' }, false],
  [{}, false],
])('a call with %j is labelled scheduled: %s', (headers, expected) => {
  expect(isScheduled(new Request('https://x.example', { headers }))).toBe(expected)
})

describe('access to the business routes', () => {
  const KEY = 'key-of-the-business-1'
  const rules: BusinessRules = { apiKey: KEY, previousApiKey: null }

  const nobody: KeyLookup = async () => null
  const decide = (headers: HeadersInit, given: BusinessRules, find = nobody) =>
    decideBusinessAccess(new Headers(headers), given, find)

  test('the previous key is accepted too, and a key has at most 512 bytes', async () => {
    const apiKey = 'k'.repeat(512)
    const given = { apiKey, previousApiKey: KEY }
    const names = [apiKey, KEY, `${apiKey}k`].map(async (key) => {
      const decision = await decide({ 'x-api-key': key }, given)
      return decision.access === 'business' ? decision.caller.keyName : decision
    })
    expect(await Promise.all(names)).toEqual([
      'BUSINESS_API_KEY',
      'BUSINESS_API_KEY_PREVIOUS',
      { access: 'none', refusals: [{ credential: 'x-api-key', why: 'too_long' }] },
    ])
  })

  test.each([null, '', ' '])('with the key %j nobody is the business', async (apiKey) => {
    for (const headers of [{}, { 'x-api-key': '' }, { 'x-api-key': 'null' }]) {
      const decision = await decide(headers as Record<string, string>, {
        apiKey,
        previousApiKey: null,
      })
      expect(decision.access).toBe('unset')
    }
  })

  test('two keys at once are refused, because nobody knows who decides', async () => {
    const find: KeyLookup = async () => ({ name: 'anna', scopes: ['read'], state: 'usable' })
    const headers = { 'x-api-key': 'another', authorization: `Bearer ${KEY}` }
    expect(await decide(headers, rules, find)).toEqual({
      access: 'none',
      refusals: [{ credential: 'x-api-key', why: 'another_key' }],
    })
  })

  test('of any two texts, all that are sent must be the key', async () => {
    const word = fc.constantFrom('', ' ', KEY, PREVIOUS, 'Bearer', 'Bearer ', ', ', 'undefined')
    const text = fc.array(word, { maxLength: 4 }).map((words) => words.join(''))
    await fc.assert(
      fc.asyncProperty(fc.option(text), fc.option(text), async (authorization, apiKey) => {
        const headers = new Headers()
        if (authorization !== null) headers.set('authorization', authorization)
        if (apiKey !== null) headers.set('x-api-key', apiKey)
        const bearer = headers.get('authorization')
        const header = headers.get('x-api-key')
        const right =
          (bearer === null || /^bearer +key-of-the-business-1$/i.test(bearer)) &&
          (header === null || header === KEY) &&
          !(bearer === null && header === null)
        expect((await decide(headers, rules)).access).toBe(right ? 'business' : 'none')
      }),
      { numRuns: 2_000 },
    )
  })
})

/** What the log says of a call that is not admitted. */
test.each<[string, Partial<AccessFacts>, Refusal[]]>([
  ['nothing shown', {}, [{ credential: null, why: 'missing' }]],
  [
    'a wrong bearer',
    { authorization: 'Bearer w' },
    [{ credential: 'authorization', why: 'wrong' }],
  ],
  [
    'another scheme',
    { authorization: 'Basic w' },
    [{ credential: 'authorization', why: 'not_bearer' }],
  ],
  [
    'a header twice',
    { cronSecretHeader: `${SECRET}, ${SECRET}` },
    [{ credential: 'x-cron-secret', why: 'repeated' }],
  ],
  [
    'a query secret twice',
    { querySecrets: ['a', 'b'] },
    [{ credential: 'secret', why: 'repeated' }],
  ],
  [
    'two wrong ones beside a right one',
    { authorization: `Bearer ${SECRET}`, cronSecretHeader: 'w', querySecrets: ['w'] },
    [
      { credential: 'x-cron-secret', why: 'wrong' },
      { credential: 'secret', why: 'wrong' },
    ],
  ],
])('%s: the refusal says which credential was shown and why it failed', (_, facts, refusals) => {
  expect(decideAccess({ ...NOBODY, ...facts }, PRODUCTION)).toEqual({ access: 'none', refusals })
})
