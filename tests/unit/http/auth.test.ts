import { describe, expect, test } from 'vitest'
import {
  type AccessDecision,
  type AccessFacts,
  type AccessRules,
  accessFacts,
  decideAccess,
  isScheduled,
} from '../../../lib/http/auth.ts'

const SECRET = 'correct-horse-battery-staple'
const PREVIOUS = 'the-secret-of-last-month'

const NOBODY: AccessFacts = {
  authorization: null,
  cronSecretHeader: null,
  querySecrets: [],
  vercelCron: null,
  hosts: ['ops.example.org'],
  fetchSite: null,
}
const PRODUCTION: AccessRules = { cronSecret: SECRET, previousCronSecret: null, production: true }
const LAPTOP: AccessRules = { cronSecret: null, previousCronSecret: null, production: false }
const LOCAL: AccessFacts = { ...NOBODY, hosts: ['localhost', 'localhost'] }

const full: AccessDecision = { access: 'full' }
const limited: AccessDecision = { access: 'limited' }
const none: AccessDecision = { access: 'none' }

describe('the decision table, row by row', () => {
  const bearer = `Bearer ${SECRET}`
  test.each<[string, AccessRules, Partial<AccessFacts>, AccessDecision]>([
    ['1 repeated query secret', PRODUCTION, { querySecrets: [SECRET, SECRET] }, none],
    [
      '1 repeated query secret beside a right bearer',
      PRODUCTION,
      { authorization: bearer, querySecrets: [SECRET, SECRET] },
      none,
    ],
    ['1 repeated header', PRODUCTION, { authorization: `${bearer}, ${bearer}` }, none],
    ['1 repeated x-cron-secret', PRODUCTION, { cronSecretHeader: `${SECRET}, ${SECRET}` }, none],
    ['3 bearer', PRODUCTION, { authorization: bearer }, full],
    ['3 bearer in another letter case', PRODUCTION, { authorization: `bearer ${SECRET}` }, full],
    ['3 x-cron-secret', PRODUCTION, { cronSecretHeader: SECRET }, full],
    ['3 bearer and query', PRODUCTION, { authorization: bearer, querySecrets: [SECRET] }, full],
    [
      '4 query alone',
      PRODUCTION,
      { querySecrets: [SECRET] },
      { access: 'full', warn: 'query_secret' },
    ],
    ['5 wrong bearer', PRODUCTION, { authorization: 'Bearer wrong', vercelCron: '1' }, none],
    [
      '5 right bearer, wrong query',
      PRODUCTION,
      { authorization: bearer, querySecrets: ['w'] },
      none,
    ],
    [
      '5 right query, wrong x-cron-secret',
      PRODUCTION,
      { cronSecretHeader: 'w', querySecrets: [SECRET] },
      none,
    ],
    [
      '5 wrong secret on a laptop',
      { ...LAPTOP, cronSecret: SECRET },
      { ...LOCAL, querySecrets: ['w'] },
      none,
    ],
    [
      '6 nothing to match: undefined',
      { ...PRODUCTION, cronSecret: null },
      { authorization: 'Bearer undefined', vercelCron: '1' },
      none,
    ],
    [
      '6 nothing to match: empty query',
      { ...PRODUCTION, cronSecret: null },
      { querySecrets: [''], vercelCron: '1' },
      none,
    ],
    [
      '6 nothing to match: empty bearer',
      { ...PRODUCTION, cronSecret: null },
      { authorization: 'Bearer ' },
      none,
    ],
    [
      '6 blank secret is unset',
      { ...PRODUCTION, cronSecret: '  ' },
      { querySecrets: ['  '] },
      none,
    ],
    ['7 laptop', LAPTOP, LOCAL, full],
    ['7 laptop with a secret set', { ...LAPTOP, cronSecret: SECRET }, LOCAL, full],
    ['7 laptop, 127.0.0.1', LAPTOP, { hosts: ['127.0.0.1'] }, full],
    ['7 laptop, IPv6', LAPTOP, { hosts: ['[::1]'] }, full],
    ['7 own page', LAPTOP, { ...LOCAL, fetchSite: 'same-origin' }, full],
    ['7 address bar', LAPTOP, { ...LOCAL, fetchSite: 'none' }, full],
    ['7 page of another site', LAPTOP, { ...LOCAL, fetchSite: 'cross-site' }, none],
    ['7 page of another port', LAPTOP, { ...LOCAL, fetchSite: 'same-site' }, none],
    ['7 rebound name', LAPTOP, { hosts: ['localhost', 'rebound.example'] }, none],
    ['7 another machine', LAPTOP, { vercelCron: '1' }, none],
    ['8 cron header, no secret', { ...PRODUCTION, cronSecret: null }, { vercelCron: '1' }, limited],
    ['10 cron header, secret set', PRODUCTION, { vercelCron: '1' }, limited],
    [
      '10 cron header with the right bearer',
      PRODUCTION,
      { vercelCron: '1', authorization: bearer },
      full,
    ],
    ['11 blank cron header', PRODUCTION, { vercelCron: ' ' }, none],
    ['11 nothing', PRODUCTION, {}, none],
    ['11 nothing, local Host', PRODUCTION, LOCAL, none],
    [
      'rotation',
      { ...PRODUCTION, previousCronSecret: PREVIOUS },
      { authorization: `Bearer ${PREVIOUS}` },
      full,
    ],
    [
      'rotation, one of each',
      { ...PRODUCTION, previousCronSecret: PREVIOUS },
      { cronSecretHeader: PREVIOUS, authorization: bearer },
      full,
    ],
    [
      'only a previous secret',
      { ...PRODUCTION, cronSecret: null, previousCronSecret: PREVIOUS },
      { cronSecretHeader: PREVIOUS },
      full,
    ],
  ])('row %s', (_row, rules, facts, expected) => {
    expect(decideAccess({ ...NOBODY, ...facts }, rules)).toEqual(expected)
  })

  test('512 bytes are compared, one more is wrong', () => {
    const longest = 'ä'.repeat(256)
    const rules = { ...PRODUCTION, cronSecret: longest }
    expect(decideAccess({ ...NOBODY, querySecrets: [longest] }, rules)).toMatchObject(full)
    const longer = { ...rules, cronSecret: `${longest}x` }
    expect(decideAccess({ ...NOBODY, querySecrets: [`${longest}x`] }, longer)).toEqual(none)
  })
})

/** Every combination of what can be set and presented; the expectation is stated anew, not with the code's helpers. */
describe('over all combinations', () => {
  const secrets = [null, '', ' ', SECRET]
  const previous = [null, PREVIOUS]
  const productions = [true, false]
  const crons = [null, '', '1']
  const hosts = [['localhost'], ['[::1]', '[::1]'], ['ops.example.org'], ['localhost', 'x.example']]
  const sites = [null, 'same-origin', 'none', 'cross-site']
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

  test('no combination breaks one of the six invariants', () => {
    let combinations = 0
    const breaches: unknown[] = []
    for (const cronSecret of secrets)
      for (const previousCronSecret of previous)
        for (const production of productions)
          for (const vercelCron of crons)
            for (const host of hosts)
              for (const fetchSite of sites)
                for (const authorization of authorizations)
                  for (const cronSecretHeader of headers)
                    for (const querySecrets of queries) {
                      combinations += 1
                      const rules = { cronSecret, previousCronSecret, production }
                      const facts = {
                        authorization,
                        cronSecretHeader,
                        querySecrets,
                        vercelCron,
                        hosts: host,
                        fetchSite,
                      }
                      const broken = brokenInvariant(facts, rules)
                      if (broken !== null) breaches.push({ broken, facts, rules })
                    }
    expect(breaches.slice(0, 3)).toEqual([])
    expect(combinations).toBe(4 * 2 * 2 * 3 * 4 * 4 * 10 * 7 * 8)
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
      facts.fetchSite !== 'cross-site'
    const { access } = decision
    if (access === 'full' && rules.production && !right)
      return 'full in production takes the secret'
    if (access !== 'none' && wrong) return 'a wrong credential is never rescued'
    if (access !== 'none' && repeated) return 'a repeated secret is refused'
    if (
      (access === 'limited') !==
      (rules.production && given.length === 0 && facts.vercelCron === '1')
    ) {
      return 'limited is what the cron header alone gives in production, and nothing else'
    }
    if (!rules.production && given.length === 0 && (access === 'full') !== local) {
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
      host: 'LOCALHOST:3000',
    })
    expect(facts).toEqual({
      authorization: 'Bearer c',
      cronSecretHeader: 'd',
      querySecrets: ['a', 'b'],
      vercelCron: '1',
      hosts: ['localhost', 'localhost'],
      fetchSite: 'none',
    })
  })

  test.each(['localhost.evil.example', 'localhost@evil.example', 'evil.example#localhost', ''])(
    'Host %j is not the local machine',
    (host) => {
      expect(decideAccess(read('http://localhost/', { host }), LAPTOP)).toEqual(none)
    },
  )
})

test.each<[Record<string, string>, boolean]>([
  [{ 'user-agent': 'vercel-cron/1.0' }, true],
  [{ 'x-vercel-cron': '1' }, true],
  [{ 'user-agent': 'curl/8 vercel-cron/1.0' }, false],
  [{}, false],
])('a call with %j is labelled scheduled: %s', (headers, expected) => {
  expect(isScheduled(new Request('https://x.example', { headers }))).toBe(expected)
})
