import { describe, expect, test } from 'vitest'
import {
  NOT_ACCOUNTS,
  NOT_BOOLEANS,
  NOT_COUNTRIES,
  NOT_HASHES,
  NOT_HOME_DOMAINS,
  NOT_URLS,
  notIntegers,
} from '../helpers/hostile-values.ts'
import { BEARER, CRON_SECRET, KEY, OPS, useService } from './service.ts'
import { row } from './sites.ts'

const service = useService({ clock: 'hours', sleep: 'none' })

const CATALOG = '/api/anchors/catalog'
const TRANSACTIONS = '/api/transactions'
const ATTEMPTS = '/api/attempts'
const NOT_CURRENCIES = ['US$', 'ABCDEFGHIJKLM']
const NOT_NETWORKS = ['futurenet', 'x']

/** The last two are texts of ISO 8601 that PostgreSQL cannot read. */
const NOT_TIMES = ['yesterday', '0000-01-01T00:00:00Z', `2026-01-01T00:00:00.${'1'.repeat(200)}Z`]

const CHANGES = '/api/anchors/changes'
const IN_QUERY: [path: string, name: string, values: unknown[]][] = [
  [CATALOG, 'country', ['MEX', 'UK', 'Mexico']],
  [CATALOG, 'currency', NOT_CURRENCIES],
  [CATALOG, 'type', ['both']],
  [CATALOG, 'network', NOT_NETWORKS],
  [CATALOG, 'sep', ['sep1', '24']],
  [CATALOG, 'operationalOnly', ['yes']],
  [CATALOG, 'limit', ['0', '501', '-1', '1.5', 'all']],
  [CATALOG, 'cursor', ['x'.repeat(5_000)]],
  ['/api/anchors/countries', 'includeNonOperational', ['maybe']],
  ['/api/anchors/countries', 'network', NOT_NETWORKS],
  [CHANGES, 'since', NOT_TIMES],
  [CHANGES, 'domain', ['https://a.example', '127.0.0.1', 'x']],
  [CHANGES, 'kind', ['switch', '*', 'held,drift']],
  [CHANGES, 'network', NOT_NETWORKS],
  [CHANGES, 'limit', ['0', '501', '1e9', 'all']],
  [CHANGES, 'cursor', ['x', '-1', '1.5', '9'.repeat(19)]],
  [CHANGES, 'sinse', ['2026-01-01T00:00:00Z']],
  [TRANSACTIONS, 'status', ['done', 'COMPLETED!', 'completed,done', ',', 'error,'.repeat(200)]],
  [TRANSACTIONS, 'attemptState', ['applied!', 'READY,OPEN', ',']],
  [TRANSACTIONS, 'memo', ['m'.repeat(256), 'é'.repeat(128)]],
  [TRANSACTIONS, 'externalTransactionId', ['x'.repeat(256)]],
  [TRANSACTIONS, 'stellarTransaction', NOT_HASHES.filter(Boolean)],
  [TRANSACTIONS, 'account', [...NOT_ACCOUNTS, 'C'.repeat(56), 'M'.repeat(69)]],
  [TRANSACTIONS, 'order', ['up', 'newest']],
  [TRANSACTIONS, 'kind', ['both']],
  [TRANSACTIONS, 'sep', ['5']],
  [TRANSACTIONS, 'updatedSince', NOT_TIMES],
  [TRANSACTIONS, 'limit', ['0', '201', 'x']],
  [TRANSACTIONS, 'cursor', ['x', 'desc.1767225600000000.t', `1.${'t'.repeat(2_000)}`]],
  ['/api/attention', 'limit', ['0', '201', 'x']],
  ['/api/attention', 'cursor', ['x', '1', 'c'.repeat(500)]],
  ['/api/decisions', 'since', NOT_TIMES],
  ['/api/decisions', 'about', ['wallet', '*']],
  ['/api/decisions', 'subject', ['s'.repeat(256)]],
  ['/api/decisions', 'order', ['up']],
  ['/api/decisions', 'limit', ['0', '201', 'x']],
  ['/api/decisions', 'cursor', ['x', '-1', '1'.repeat(19)]],
  [ATTEMPTS, 'state', ['done', 'READY,done']],
  [ATTEMPTS, 'transactionId', ['t'.repeat(256)]],
  [ATTEMPTS, 'method', ['notify_nothing', '*']],
  [ATTEMPTS, 'since', NOT_TIMES],
  [ATTEMPTS, 'order', ['up']],
  [ATTEMPTS, 'limit', ['0', '201', 'x']],
  [ATTEMPTS, 'cursor', ['x', 'desc.1', '1.t', '-1', '9'.repeat(19)]],
  ['/api/payments', 'verdict', ['nonsense']],
  ['/api/payments', 'since', NOT_TIMES],
  ['/api/payments', 'cursor', ['x']],
]

describe('a parameter in the query string that cannot be read is a 400 that names it', () => {
  test.each(IN_QUERY)('%s: %s', async (path, name, values) => {
    for (const value of [...values, 'twice']) {
      const query =
        value === 'twice' ? `${name}=a&${name}=b` : new URLSearchParams({ [name]: String(value) })
      const reply = await service.call({ path, query: `${query}`, headers: KEY })
      expect([value, reply.status, reply.body.code]).toEqual([value, 400, 'invalid_parameter'])
      expect(reply.body.details[0].path).toBe(name)
      expect(reply.body.error).toContain(name)
    }
    expect(service.databaseCalls).toEqual([])
  })

  test('a list names the value that is not allowed, and the allowed ones', async () => {
    const path = TRANSACTIONS
    for (const query of ['status=completed,done', 'status=completed&status=done']) {
      const { body } = await service.call({ path, query, headers: KEY })
      expect(body.error).toMatch(/^status is "done" in the query string; allowed: .*incomplete, /)
    }
  })

  test('the cursor of one order is not a cursor of the other', async () => {
    for (const [path, asc, desc] of [
      [TRANSACTIONS, '1767225600000000.t', 'desc.1767225600000000.t'],
      [ATTEMPTS, '12', 'desc.12'],
    ] as const) {
      const status = async (order: string, cursor: string) =>
        (await service.call({ path, query: { order, cursor }, headers: KEY })).status
      expect([await status('asc', asc), await status('desc', desc)]).toEqual([200, 200])
      expect([await status('asc', desc), await status('desc', asc)]).toEqual([400, 400])
    }
  })

  test.each(NOT_HOME_DOMAINS)('/api/anchors/%s is not a home domain', async (domain) => {
    const reply = await service.call({ path: `/api/anchors/${encodeURIComponent(domain)}` })
    expect([reply.status, reply.body.details[0].path]).toEqual([400, 'domain'])
    expect(service.databaseCalls).toEqual([])
  })
})

const OPS_PATH = { path: OPS, headers: BEARER }
const DECISION = {
  path: `${TRANSACTIONS}/t/attempts/6f1c2b1e-0b1a-4c8e-9a53-0d6c9a1b2c3d`,
  headers: KEY,
}
const sync = { action: 'sync' }
const refresh = { action: 'refresh_capabilities' }
const load = { action: 'import_directory', anchors: [row('anchor.example.org')] }
const decision = { decision: 'applied', note: 'n' }

const IN_BODY: [
  where: { path: string; headers: Record<string, string> },
  base: object,
  name: string,
  values: unknown[],
][] = [
  [OPS_PATH, refresh, 'limit', notIntegers(1, 500)],
  [OPS_PATH, refresh, 'country', NOT_COUNTRIES],
  [OPS_PATH, sync, 'sep1DisableThreshold', notIntegers(1, 20)],
  [OPS_PATH, refresh, 'sep1DisableThreshold', notIntegers(1, 20)],
  [OPS_PATH, load, 'downloadUrl', NOT_URLS],
  [OPS_PATH, load, 'anchors', ['[]', {}, 5, null, Array.from({ length: 5_001 }, () => ({}))]],
  [OPS_PATH, load, 'dryRun', NOT_BOOLEANS],
  [OPS_PATH, load, 'active', NOT_BOOLEANS],
  [
    OPS_PATH,
    load,
    'allowedDomains',
    [
      5,
      null,
      {},
      [5],
      [null],
      [['a.example.org']],
      true,
      ['no domain'],
      ['https://'],
      ['*'],
      ['10.0.0.1'],
    ],
  ],
  [OPS_PATH, load, 'useEnvAllowedDomains', NOT_BOOLEANS],
  [OPS_PATH, sync, 'useEnvAllowedDomains', NOT_BOOLEANS],
  [OPS_PATH, sync, 'mode', ['both', '', 5, null, ['horizon'], true]],
  [OPS_PATH, sync, 'sourceUrl', NOT_URLS],
  [OPS_PATH, sync, 'directoryHome', NOT_URLS],
  [OPS_PATH, sync, 'allowHorizon', NOT_BOOLEANS],
  [OPS_PATH, sync, 'horizonUrl', NOT_URLS],
  [OPS_PATH, sync, 'issuerLimit', notIntegers(10, 1000)],
  [OPS_PATH, sync, 'assetPages', notIntegers(1, 10)],
  [OPS_PATH, sync, 'issuerConcurrency', notIntegers(1, 50)],
  [OPS_PATH, sync, 'domainConcurrency', notIntegers(1, 64)],
  [OPS_PATH, sync, 'refreshLimit', notIntegers(1, 1000)],
  [
    { path: '/api/anchors/diagnostics', headers: BEARER },
    {},
    'domain',
    [undefined, 5, null, '', ['one.example.org'], ...NOT_HOME_DOMAINS],
  ],
  [DECISION, decision, 'decision', [undefined, 'maybe']],
  [DECISION, decision, 'note', [undefined, ' ', 'n'.repeat(1001)]],
]

test.each(IN_BODY)(
  '%o with a body of %j is a 400 that names %s when it cannot be read',
  async (where, base, name, values) => {
    for (const value of values) {
      const body = { ...base, [name]: value }
      const reply = await service.call({ method: 'POST', ...where, body })
      expect([value, reply.status, reply.body.code]).toEqual([value, 400, 'invalid_parameter'])
      expect(reply.body.error).toContain(name)
      expect(reply.body.details[0].path.split('.')[0]).toBe(name)
      expect(reply.body.details[0].message).toContain('allowed: ')
    }
    expect(service.databaseCalls).toEqual([])
    expect(service.requests()).toEqual({})
  },
)

test('each wrong value of a query string is named, and the place where it stands', async () => {
  const query = { action: 'sync', refreshLimit: '0', mode: 'both' }
  const { status, body } = await service.call({ ...OPS_PATH, query })
  expect(status).toBe(400)
  expect(body.details.map(({ path }: { path: string }) => path).sort()).toEqual([
    'mode',
    'refreshLimit',
  ])
  expect(body.error).toContain('in the query string; allowed: ')
})

describe('a name in the query string that the route does not have', () => {
  test.each<[string, string, Record<string, string>, string?]>([
    [CATALOG, 'contry', {}, 'country'],
    ['/api/health', 'verbose', {}],
    ['/api/anchors/one.example.org', 'x', {}],
    [TRANSACTIONS, 'updated_since', KEY, 'updatedSince'],
    [TRANSACTIONS, 'attemptStates', KEY, 'attemptState'],
    [ATTEMPTS, 'status', KEY],
    [`${TRANSACTIONS}/t`, 'refesh', KEY, 'refresh'],
    ['/api/payments', 'acount', KEY],
    [OPS, 'mod', BEARER, 'mode'],
    ['/api/payments/observe', 'account', BEARER],
    [`${TRANSACTIONS}/settle`, 'limit', BEARER],
  ])('is a 400 at %s: %s', async (path, name, headers, nearest) => {
    for (const value of ['1', '']) {
      const reply = await service.call({ path, query: { [name]: value }, headers })
      expect([reply.status, reply.body.code]).toEqual([400, 'invalid_parameter'])
      expect(reply.body.details[0]).toMatchObject({ path: name })
      if (nearest) expect(reply.body.error).toContain(`(did you mean ${nearest}?)`)
    }
    expect(service.databaseCalls).toEqual([])
  })

  test('is one of 20 at most that the answer names', async () => {
    const query = Object.fromEntries(Array.from({ length: 4_000 }, (_, index) => [`x${index}`, '']))
    const reply = await service.call({ path: CATALOG, query })
    expect(reply.status).toBe(400)
    expect(reply.body.details).toHaveLength(20)
    expect(reply.text.length).toBeLessThan(20_000)
  })

  test('is not the secret, and not a parameter of another action', async () => {
    const ok = await service.call({
      ...OPS_PATH,
      query: { action: 'refresh_capabilities', mode: 'horizon', secret: CRON_SECRET },
    })
    expect(ok.status).not.toBe(400)
  })
})

describe('a parameter of the path', () => {
  const NOT_OPERATION = 'the operation id of an observed payment, 1 to 20 digits'
  const long = 't'.repeat(256)
  test.each([
    [
      'GET',
      '/api/payments/abc',
      KEY,
      `operationId is "abc" in the path; allowed: ${NOT_OPERATION}`,
    ],
    [
      'POST',
      '/api/payments/abc',
      KEY,
      `operationId is "abc" in the path; allowed: ${NOT_OPERATION}`,
    ],
    ['GET', `/api/transactions/${long}`, KEY, 'in the path; allowed: the id of a transaction'],
    ['POST', '/api/transactions/t/attempts/x', KEY, 'attemptId is "x" in the path; allowed: '],
    ['POST', '/api/keys/No%20Name', KEY, 'name is "No Name" in the path; allowed: '],
    ['GET', '/api/anchors/10.0.0.1', {}, 'domain is "10.0.0.1" in the path; allowed: '],
  ] as const)('of %s %s is named with its place', async (method, path, headers, message) => {
    const reply = await service.call({ method, path, headers })
    expect(reply.status).toBe(400)
    expect(reply.body.error).toContain(message)
    expect(service.databaseCalls).toEqual([])
  })

  const PAYMENT = '/api/payments/7'
  test.each([
    ['POST', PAYMENT, 'note=9', '"note" in the query string is not a parameter', 'epoch'],
    ['GET', PAYMENT, 'operationId=9', '"operationId" in the query string is a parameter', 'epoch'],
    ['POST', '/api/keys/anna', 'note=9', '"note" in the query string is not a', 'none'],
    ['POST', DECISION.path, 'note=9', '"note" in the query string is not a', 'none'],
    ['GET', '/api/transactions/t', 'id=u', '"id" in the query string is a parameter', 'refresh'],
  ] as const)(
    'is none of the query string: %s %s?%s',
    async (method, path, query, message, allowed) => {
      const reply = await service.call({ method, path, headers: KEY, query })
      expect(reply.status).toBe(400)
      expect(reply.body.error).toContain(message)
      expect(reply.body.error).toMatch(new RegExp(`; allowed: ${allowed}$`))
      expect(service.databaseCalls).toEqual([])
    },
  )
})

const OF_BUSINESS = IN_QUERY.filter(([path]) => !path.startsWith('/api/anchors/'))
test.each(OF_BUSINESS)(
  'an empty value in the query string is refused: %s %s',
  async (path, name) => {
    const reply = await service.call({ path, query: `${name}=`, headers: KEY })
    expect([reply.status, reply.body.details]).toEqual([
      400,
      [
        {
          path: name,
          message: `${name} is "" in the query string; allowed: a value, or no ${name}`,
        },
      ],
    ])
    expect(service.databaseCalls).toEqual([])
  },
)

describe('the books refuse what they would have to leave out', () => {
  const path = '/api/payments/reconciliation'
  const refused = async (query: Record<string, string>) => {
    const reply = await service.call({ path, query, headers: KEY })
    return [reply.status, reply.body.error]
  }

  test('the size of a page, and its cursor, without account and asset', async () => {
    const allowed = 'allowed: with account and asset, whose movements are paged'
    for (const [name, value] of [
      ['limit', '5'],
      ['cursor', '1.a'],
    ] as const) {
      const message = `${name} is "${value}" in the query string without account and asset; ${allowed}`
      expect(await refused({ [name]: value })).toEqual([400, message])
      expect(await refused({ [name]: value, asset: 'stellar:native' })).toEqual([400, message])
    }
    expect(service.databaseCalls).toEqual([])
  })

  test('an epoch that has not begun', async () => {
    const message = 'epoch is "7" in the query string and has not begun; allowed: 1 to 1'
    expect(await refused({ epoch: '7' })).toEqual([400, message])
    expect((await refused({ epoch: '1' }))[0]).toBe(200)
  })

  test('a period that ends before it begins', async () => {
    const period = { from: '2026-11-02T00:00:00Z', to: '2026-11-01T00:00:00Z' }
    expect(await refused(period)).toEqual([
      400,
      `from is "${period.from}" in the query string; allowed: a time before to, which is "${period.to}"`,
    ])
  })
})

test.each<[string, Record<string, string>, object, string[]]>([
  [
    OPS,
    BEARER,
    { action: 'sync', limit: 'x', network: 'moon', sep1DisableThreshold: 0 },
    ['network', 'limit', 'sep1DisableThreshold'],
  ],
  [
    '/api/anchors/strange.example.org/decisions',
    KEY,
    { decision: 'disable', note: 5, listing: 7, x: 1 },
    ['x', 'note', 'listing'],
  ],
])('%s tells every fault of a body at once', async (path, headers, body, paths) => {
  const reply = await service.call({ method: 'POST', path, headers, body })
  expect(reply.status).toBe(400)
  expect(reply.body.details.map((detail: { path: string }) => detail.path)).toEqual(paths)
})
