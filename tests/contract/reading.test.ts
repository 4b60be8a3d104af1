import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, test } from 'vitest'
import { bodyAnswer, statusAnswer } from '../../local/world/answer.ts'
import { BEARER, CRON_SECRET, useService } from './service.ts'
import { anchor, row, tomlAnswered, tomlOf } from './sites.ts'

const service = useService({ clock: 'hours', sleep: 'none', reset: 'once' })
beforeAll(fill)

const apiPage = () => readFile(new URL('../../docs/api.md', import.meta.url), 'utf8')
const CATALOG = '/api/anchors/catalog'
const COUNTRIES = '/api/anchors/countries'
const read = (
  path: string,
  query: Record<string, string> | string = {},
  headers: Record<string, string> = {},
) => service.call({ path, query, headers })

/** Three anchors work, one is gone, one is not checked, a person switched one off, and testnet has one. */
async function fill(): Promise<void> {
  for (const domain of ['one.example.org', 'two.example.org'])
    service.sites.set(domain, anchor(domain))
  const sep6 = `TRANSFER_SERVER = "https://three.example.org/sep6"`
  service.sites.set(
    'three.example.org',
    tomlAnswered(bodyAnswer('text/plain', tomlOf('three.example.org', sep6))),
  )
  service.sites.set('gone.example.org', tomlAnswered(statusAnswer(404)))
  const load = (anchors: unknown[], more: object = {}) =>
    service.ops({ action: 'import_directory', anchors, dryRun: false, ...more })
  await load([
    row('one.example.org', { countries: 'MX;PE', currencies: 'MXN' }),
    row('two.example.org', { countries: 'MX', type: 'on' }),
    row('three.example.org', { type: 'off' }),
    row('gone.example.org', { country: 'BR', type: 'on' }),
  ])
  await load([row('off.example.org', { country: 'MX' })], { active: false })
  const { body } = await service.ops({ action: 'refresh_capabilities' })
  expect(body.refreshed).toBe(4)
  await load([row('new.example.org', { country: 'AR', type: 'on' })])
  service.deploy({ STELLAR_NETWORK: 'testnet' })
  await load([row('one.example.org', { country: 'DE', type: 'on' })])
  service.deploy()
}

interface Row {
  id: string
  domain: string
  country: string
  currency: string
  type: string
  operational: boolean
}
const idsOf = (body: { anchors: Row[] }) => body.anchors.map(({ id }) => id)
const ALL = [
  'gone.example.org:on-ramp:BR:USDC',
  'new.example.org:on-ramp:AR:USDC',
  'one.example.org:off-ramp:MX:MXN',
  'one.example.org:off-ramp:MX:USDC',
  'one.example.org:off-ramp:PE:MXN',
  'one.example.org:off-ramp:PE:USDC',
  'one.example.org:on-ramp:MX:MXN',
  'one.example.org:on-ramp:MX:USDC',
  'one.example.org:on-ramp:PE:MXN',
  'one.example.org:on-ramp:PE:USDC',
  'three.example.org:off-ramp:ZZ:USDC',
  'two.example.org:on-ramp:MX:USDC',
]

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
const SEEN = { seenAt: TIME, lastOkAt: TIME, protected: false, kept: false, signedIn: null }

describe('the catalog', () => {
  test('lists every active row of the deployment’s network, each with the promised keys', async () => {
    const { status, body } = await read(CATALOG)
    expect([status, idsOf(body), body.next]).toEqual([200, ALL, null])
    expect(body.anchors[7]).toEqual({
      id: 'one.example.org:on-ramp:MX:USDC',
      name: 'Anchor one.example.org',
      domain: 'one.example.org',
      network: 'mainnet',
      country: 'MX',
      currency: 'USDC',
      type: 'on-ramp',
      operational: true,
      sep: {
        sep6: 'absent',
        sep10: 'verified',
        sep12: 'absent',
        sep24: expect.stringMatching(/reachable|conformant/),
        sep31: 'absent',
        sep38: 'absent',
        sep45: 'absent',
        sep59: 'absent',
      },
      why: ['country_unconfirmed'],
      ...{ rail: 'sep24', asset: 'USDC', basis: 'code', pairing: 'multiplied' },
      evidence: { sep10: SEEN, sep24: { ...SEEN, lastOkAt: null } },
      stellarAsset: null,
      railUrl: 'https://one.example.org/sep24',
      step: expect.stringMatching(/reachable|conformant/),
      fees: { enabled: true, feeFixed: '1.5', minAmount: '10.0000001', unit: 'USDC' },
      features: null,
      signingKey: expect.stringMatching(/^G[A-Z2-7]{55}$/),
      updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      lastCheckedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    })
  })

  test.each<[string, (row: Row) => boolean]>([
    ['country=MX', (row) => row.country === 'MX'],
    ['country=mx', (row) => row.country === 'MX'],
    ['country=ZZ', (row) => row.country === 'ZZ'],
    ['country=SE', () => false],
    ['currency=MXN', (row) => row.currency === 'MXN'],
    ['currency=mxn', (row) => row.currency === 'MXN'],
    ['minStep=reachable', (row) => row.operational],
    [
      'sep=sep10&minStep=verified',
      (row) => !['gone.example.org', 'new.example.org'].includes(row.domain),
    ],
    ['minStep=verified', () => false],
    ['asset=USDC', () => false],
    ['updatedSince=2026-01-01T00:00:00Z', () => true],
    ['search=O.EXAMPLE', (row) => row.domain === 'two.example.org'],
    ['search=chor%20three', (row) => row.domain === 'three.example.org'],
    ['search=%25', () => false],
    ['updatedSince=2100-01-01T00:00:00Z', () => false],
    ['type=on-ramp', (row) => row.type === 'on-ramp'],
    ['type=OFF-ramp', (row) => row.type === 'off-ramp'],
    ['sep=sep24', (row) => !['gone.example.org', 'new.example.org'].includes(row.domain)],
    ['sep=sep6', (row) => row.domain === 'three.example.org'],
    ['sep=SEP31', () => false],
    ['operationalOnly=true', (row) => row.operational],
    ['operationalOnly=0', () => true],
    ['network=mainnet', () => true],
    [
      'country=MX&currency=USDC&type=on-ramp&sep=sep10&operationalOnly=1',
      (row) => row.country === 'MX' && row.currency === 'USDC' && row.type === 'on-ramp',
    ],
    ['country=&type=', () => true],
  ])('%s', async (query, wanted) => {
    const all = (await read(CATALOG)).body.anchors as Row[]
    const { status, body } = await read(CATALOG, query)
    expect([status, idsOf(body)]).toEqual([200, all.filter(wanted).map(({ id }) => id)])
  })

  test('an anchor is operational if its last check found it usable', async () => {
    const { body } = await read(CATALOG, 'operationalOnly=true')
    const domains = new Set(body.anchors.map(({ domain }: Row) => domain))
    expect(domains.has('one.example.org')).toBe(true)
    expect(domains.has('gone.example.org')).toBe(false)
    expect(domains.has('new.example.org')).toBe(false)
  })

  test('each network has rows of its own', async () => {
    const { body } = await read(CATALOG, 'network=testnet')
    expect(idsOf(body)).toEqual(['testnet:one.example.org:on-ramp:DE:USDC'])
    expect(body.anchors[0]).toMatchObject({
      network: 'testnet',
      operational: false,
      lastCheckedAt: null,
    })
  })

  test.each(['1', '2', '5', '12', '500'])('pages of %s rows hold each row once', async (limit) => {
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body }: { body: { anchors: Row[]; next: string | null } } = await read(CATALOG, {
        limit,
        ...(cursor ? { cursor } : {}),
      })
      expect(body.anchors.length).toBeLessThanOrEqual(Number(limit))
      seen.push(...idsOf(body))
      cursor = body.next
    }
    expect(seen).toEqual(ALL)
  })

  test.each([
    `'; drop table anchor_ops.listing; --`,
    '\u0000',
    '%',
    '\\',
    '\ud800',
    'zzzz',
    'one.example.org:on-ramp:MX:USDC',
  ])('the cursor %j, which no page named, is refused', async (cursor) => {
    const { status, body } = await read(CATALOG, { cursor })
    expect([status, body.details[0].path]).toEqual([400, 'cursor'])
    expect(body.error).toContain('`next` of a page with the same filters')
  })

  test('callers who ask for the same page at once share readings, each with a whole answer', async () => {
    service.databaseCalls.length = 0
    const replies = await Promise.all(Array.from({ length: 30 }, () => read(CATALOG)))
    expect(replies.map(({ body }) => idsOf(body))).toEqual(replies.map(() => ALL))
    expect(new Set(replies.map(({ headers }) => headers.get('x-request-id'))).size).toBe(30)
    const names = service.databaseCalls.map(({ name }) => name)
    expect(new Set(names)).toEqual(new Set(['read_catalog']))
    expect(names.length).toBeLessThan(30)
  })

  test('the cursor of another filter is refused, whatever the size of the page', async () => {
    const { next: cursor } = (await read(CATALOG, { limit: '1' })).body
    expect((await read(CATALOG, { limit: '2', cursor })).status).toBe(200)
    for (const filter of [{ country: 'MX' }, { operationalOnly: 'true' }, { network: 'testnet' }]) {
      expect((await read(CATALOG, { limit: '1', cursor, ...filter })).status).toBe(400)
    }
  })
})

describe('the countries', () => {
  const byCode = async (query: string) => {
    const { body } = await read(COUNTRIES, query)
    return Object.fromEntries(
      body.countries.map((country: { code: string }) => [country.code, country]),
    )
  }

  test('count operational anchors by default, each once', async () => {
    const countries = await byCode('')
    expect(countries['MX']).toEqual({
      code: 'MX',
      name: 'Mexico',
      currencies: ['USDC'],
      onRampCount: 2,
      offRampCount: 1,
      operationalAnchors: 2,
    })
    expect(countries).not.toHaveProperty('BR')
    expect(countries).not.toHaveProperty('AR')
  })

  test('include the others with includeNonOperational, Worldwide too, and never rows that are switched off', async () => {
    const countries = await byCode('includeNonOperational=true')
    expect(Object.keys(countries).sort()).toEqual(['AR', 'BR', 'MX', 'PE', 'ZZ'])
    expect(countries['BR']).toMatchObject({
      name: 'Brazil',
      onRampCount: 1,
      offRampCount: 0,
      operationalAnchors: 0,
    })
    expect(countries['ZZ']).toMatchObject({ name: 'Worldwide', onRampCount: 0, offRampCount: 1 })
    expect(countries['MX']).toMatchObject({ onRampCount: 2, offRampCount: 1 })
  })

  test('of each network are its own', async () => {
    expect(Object.keys(await byCode('network=testnet&includeNonOperational=1'))).toEqual(['DE'])
  })
})

describe('one home domain', () => {
  test('is answered with its evidence: capability, findings, verdict, health, checks', async () => {
    const { status, body } = await read('/api/anchors/one.example.org')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      domain: 'one.example.org',
      network: 'mainnet',
      outcome: 'ok',
      operational: true,
      trust: { trusted: true, reasons: [] },
      health: { notFoundCount: 0, autoDisabledReason: null },
      findings: expect.any(Array),
      checks: [{ outcome: 'ok', runId: expect.any(String), findings: expect.any(Array) }],
    })
    expect(body.capability.sep.sep24).toMatchObject({
      endpoint: 'https://one.example.org/sep24',
      seen: { status: 200 },
    })
    expect(body.listings).toHaveLength(8)
  })

  test('shows why its check failed', async () => {
    const { body } = await read('/api/anchors/gone.example.org')
    expect(body).toMatchObject({
      outcome: 'definite',
      error: 'stellar.toml not found (404)',
      operational: false,
      health: { notFoundCount: 1 },
    })
    expect(body.findings.map(({ code }: { code: string }) => code)).toEqual(['toml_not_found'])
  })

  test('is known before its first check, and while its rows are switched off', async () => {
    expect((await read('/api/anchors/new.example.org')).body).toMatchObject({
      lastCheckedAt: null,
      capability: null,
      checks: [],
    })
    expect((await read('/api/anchors/off.example.org')).body.listings[0].active).toBe(false)
  })

  test('is the same in any letter case and with a trailing dot', async () => {
    expect((await read('/api/anchors/ONE.Example.org.')).body.domain).toBe('one.example.org')
  })

  test('shows its newest 50 checks', async () => {
    await service.query(
      `insert into anchor_ops.home_domain_check select 'mainnet', 'one.example.org', now() - make_interval(days => n), gen_random_uuid(), 'ok', null, 1, '[]' from generate_series(1, 80) as n`,
    )
    expect((await read('/api/anchors/one.example.org')).body.checks).toHaveLength(50)
  })

  test.each([
    'unknown.example.org',
    'xn--mnchen-3ya.example.org',
    'one.example.org.evil.example.org',
  ])('%s is a 404 if it is not known', async (domain) => {
    const reply = await read(`/api/anchors/${domain}`)
    expect([reply.status, reply.body.code]).toEqual([404, 'not_found'])
    expect(reply.body.error).toContain(domain)
  })

  test('is another one on another network', async () => {
    expect((await read('/api/anchors/one.example.org', 'network=testnet')).body).toMatchObject({
      network: 'testnet',
      lastCheckedAt: null,
    })
    expect((await read('/api/anchors/two.example.org', 'network=testnet')).status).toBe(404)
  })
})

describe('every public reading route', () => {
  const ROUTES = [CATALOG, COUNTRIES, '/api/anchors/changes', '/api/anchors/one.example.org']

  test.each(ROUTES)('%s may be read by any page and stored for a minute', async (path) => {
    const { status, headers } = await read(path, {}, { origin: 'https://wallet.example.org' })
    expect(status).toBe(200)
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    expect(headers.get('cache-control')).toMatch(/^public, max-age=\d+$/)
    expect(headers.get('content-type')).toMatch(/^application\/json/)
    expect(headers.get('x-request-id')).toBeTruthy()
  })

  test.each(ROUTES)('%s answers 304 to its own ETag, and 200 to another', async (path) => {
    const first = await read(path)
    const etag = first.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[0-9a-f]+"$/)
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const again = await read(path, {}, { 'if-none-match': tag })
      expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag])
      expect(again.headers.get('access-control-allow-origin')).toBe('*')
    }
    expect((await read(path, {}, { 'if-none-match': '"x"' })).status).toBe(200)
  })

  test.each(ROUTES)('HEAD of %s is GET without its body', async (path) => {
    const got = await read(path)
    const head = await service.call({ method: 'HEAD', path })
    expect([head.status, head.text, head.headers.get('etag')]).toEqual([
      200,
      '',
      got.headers.get('etag'),
    ])
  })

  test('an error may be read by any page and is not stored', async () => {
    const { status, headers } = await read('/api/anchors/unknown.example.org')
    expect([
      status,
      headers.get('access-control-allow-origin'),
      headers.get('cache-control'),
    ]).toEqual([404, '*', 'no-store'])
    expect(headers.get('etag')).toBeNull()
  })
})

describe('diagnostics', () => {
  const diagnose = (body: unknown, headers: Record<string, string> = BEARER) =>
    service.call({ method: 'POST', path: '/api/anchors/diagnostics', body, headers })

  test('show what a check sees now, and write nothing', async () => {
    const before = await service.tables()
    const { status, body } = await diagnose({ domain: 'one.example.org' })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      domain: 'one.example.org',
      network: 'mainnet',
      outcome: 'ok',
      trust: { trusted: true },
      findings: expect.any(Array),
    })
    expect(body.capability.sep.sep24.seen.status).toBe(200)
    expect(await service.tables()).toEqual(before)
    const listing = body.listings.find(({ id }: Row) => id === 'one.example.org:on-ramp:MX:USDC')
    expect(listing).toMatchObject({
      operational: true,
      rail: 'sep24',
      why: ['country_unconfirmed'],
    })
    expect(service.databaseCalls.map(({ name }) => name)).toEqual(['read_home_domain'])
    expect(service.requests()['one.example.org']).toBe(3)
  })

  test.each([
    ['gone.example.org', 'definite', 'stellar.toml not found (404)'],
    ['unknown.example.org', 'unsure', 'stellar.toml unavailable (dns_failed)'],
  ])('show %s as %s', async (domain, outcome, error) => {
    expect((await diagnose({ domain })).body).toMatchObject({ outcome, error })
  })

  test('do not check the deployment itself', async () => {
    service.deploy({ VERCEL_URL: 'one.example.org' })
    const { body } = await diagnose({ domain: 'one.example.org' })
    service.deploy()
    expect(body).toMatchObject({
      outcome: 'unsure',
      error: 'stellar.toml unavailable (host_blocked)',
    })
  })
})

describe('the catalog as CSV', () => {
  const cells = (text: string) => parse(text, { columns: true, record_delimiter: '\r\n' })
  const csv = (query: Record<string, string> = {}, headers: Record<string, string> = {}) =>
    read(CATALOG, { format: 'csv', ...query }, headers)

  test('has the same rows as the JSON, with the documented columns', async () => {
    const { status, headers, text } = await csv()
    expect([status, headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8'])
    expect(headers.get('content-disposition')).toBe('attachment; filename="anchors.csv"')
    expect([headers.get('link'), headers.get('x-next-cursor')]).toEqual([null, null])
    const rows = cells(text) as Record<string, string>[]
    const { body } = await read(CATALOG)
    expect(rows.map(({ id }) => id)).toEqual(ALL)
    for (const [place, row] of rows.entries()) {
      const { name, why, operational, sep, fees, updatedAt } = body.anchors[place]
      expect(row).toMatchObject({ name, why: why.join(' '), operational: String(operational) })
      expect(row).toMatchObject({ ...sep, feeFixed: fees?.feeFixed ?? '', updatedAt })
    }
    const documented = /The columns of the catalog are (.*?)\./.exec(await apiPage())?.[1] ?? ''
    expect(text.split('\r\n')[0]?.split(',')).toEqual(
      [...documented.matchAll(/`(\w+)`/g)].map(([, column]) => column),
    )
  })

  test('pages by headers, and its link leads to the next page without the secret of the caller', async () => {
    const page = await csv({ limit: '7', secret: CRON_SECRET })
    const link = /^<([^>]+)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1] ?? ''
    expect(link).not.toContain('secret')
    const { pathname, searchParams } = new URL(link, 'https://ops.example.org')
    expect(searchParams.get('cursor')).toBe(page.headers.get('x-next-cursor'))
    const rest = await read(pathname, String(searchParams))
    const ids = [page, rest].flatMap(({ text }) => cells(text) as Row[]).map(({ id }) => id)
    expect(ids).toEqual(ALL)
    expect(rest.headers.get('link')).toBeNull()
  })

  test('has a tag of its own, so that a cache never gives it to who asks for JSON', async () => {
    const { headers } = await csv()
    const etag = headers.get('etag') ?? ''
    expect([headers.get('vary'), headers.get('cache-control')]).toEqual([
      'accept',
      'public, max-age=60',
    ])
    expect((await csv({}, { 'if-none-match': etag })).status).toBe(304)
    expect((await read(CATALOG, {}, { 'if-none-match': etag })).status).toBe(200)
  })

  test.each([
    ['text/csv', '', 'text/csv'],
    ['text/csv;q=0.5, application/json', '', 'application/json'],
    ['text/csv', 'json', 'application/json'],
    ['application/json', 'csv', 'text/csv'],
    ['*/*', '', 'application/json'],
  ])('Accept: %s with format=%s is answered with %s', async (accept, format, type) => {
    const { headers } = await read(CATALOG, { format }, { accept })
    expect(headers.get('content-type')).toBe(`${type}; charset=utf-8`)
  })

  test.each([
    ['cvs', 'format is "cvs" in the query string (did you mean csv?); allowed: json, csv'],
    ['xml', 'format is "xml" in the query string; allowed: json, csv'],
  ])('format=%s is refused with the nearest form', async (format, message) => {
    const { status, body } = await read(CATALOG, { format })
    expect([status, body.error]).toEqual([400, message])
  })

  test.each(['=HYPERLINK("https://evil.example.org","x")', '+1', '-1+1', '@SUM(A1)', 'Acme;=1+1'])(
    'a name such as %j is no formula',
    async (name) => {
      await service.query(`update anchor_ops.listing set name = $1 where domain = $2`, [
        name,
        'new.example.org',
      ])
      const { text } = await csv({ country: 'AR' })
      const [row] = cells(text) as Record<string, string>[]
      expect(row?.['name']).toBe(name === 'Acme;=1+1' ? "Acme;'=1+1" : `'${name}`)
    },
  )
})
