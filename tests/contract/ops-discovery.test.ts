import { describe, expect, test } from 'vitest'
import {
  type Answer,
  bodyAnswer,
  jsonAnswer,
  redirectAnswer,
  statusAnswer,
} from '../../local/world/answer.ts'
import { simulatedAccountId } from '../../local/world/simulated-keys.ts'
import { CRON_SECRET, OPS, useService } from './service.ts'
import { anchor, gzipBomb, paths, row } from './sites.ts'

const service = useService({ clock: 'hours', sleep: 'none' })

const HOME = 'https://home.example.org/'
const HORIZON = 'https://horizon.example.org'
const sync = (more: object = {}) => service.ops({ action: 'sync', ...more })
const domains = async () =>
  (await service.query('select domain from anchor_ops.home_domain order by domain')).map(
    ({ domain }) => domain,
  )
const cursors = async () =>
  service.query('select source, cursor from anchor_ops.discovery_cursor where cursor is not null')
const serve = (host: string, answers: Record<string, Answer | (() => Answer)>) =>
  service.sites.set(host, paths(answers))
const html = (body: string) =>
  bodyAnswer('text/html', `<!doctype html><html><body>${body}</body></html>`)

const SYNC_KEYS = [
  'status',
  'action',
  'triggeredAt',
  'sourceUrl',
  'discoveryMode',
  'import',
  'refresh',
  'results',
  'runId',
  'durationMs',
  'degraded',
  'remaining',
]

describe('a directory by URL', () => {
  test('a sync answers with every promised key, and its rows are in the catalog and checked', async () => {
    service.sites.set('one.example.org', anchor('one.example.org'))
    serve('directory.example.org', {
      '/list.json': jsonAnswer({ anchors: [row('one.example.org'), 'no row'] }),
    })
    const { status, body } = await sync({ sourceUrl: 'https://directory.example.org/list.json' })
    expect(status).toBe(200)
    expect(Object.keys(body).sort()).toEqual([...SYNC_KEYS].sort())
    expect(body).toMatchObject({
      status: 'ok',
      action: 'sync',
      triggeredAt: service.now().toISOString(),
      sourceUrl: 'https://directory.example.org/list.json',
      discoveryMode: 'directory',
      import: {
        source: 'https://directory.example.org/list.json',
        totalNormalized: 2,
        written: 2,
        skippedSourceRows: 1,
      },
      refresh: { requested: 300, processed: 1, ok: 1, errors: 0 },
      degraded: false,
      remaining: 0,
      results: [
        { id: 'one.example.org:off-ramp:ZZ:USDC', domain: 'one.example.org', status: 'ok' },
        { id: 'one.example.org:on-ramp:ZZ:USDC', domain: 'one.example.org', status: 'ok' },
      ],
    })
    expect(body.durationMs).toBeGreaterThanOrEqual(0)
  })

  test('sourceUrl goes before the environment, which goes before the home page', async () => {
    serve('own.example.org', { '/': jsonAnswer([row('own-anchor.example.org')]) })
    serve('env.example.org', {
      '/': bodyAnswer('text/csv', 'domain,currency\nenv-anchor.example.org,USD\n'),
    })
    serve('home.example.org', { '/': html('<a href="/x.json">x</a>') })
    service.deploy({
      STELLAR_ANCHOR_DIRECTORY_URL: 'https://env.example.org/',
      STELLAR_ANCHOR_DIRECTORY_HOME: HOME,
    })
    expect((await sync({ sourceUrl: 'https://own.example.org/' })).body.import.source).toBe(
      'https://own.example.org/',
    )
    expect((await sync()).body.import).toMatchObject({
      source: 'https://env.example.org/',
      written: 2,
    })
    expect(service.requests()).not.toHaveProperty('home.example.org')
    expect(await domains()).toEqual(['env-anchor.example.org', 'own-anchor.example.org'])
  })

  test('with useEnvAllowedDomains only the domains of the environment are taken', async () => {
    serve('directory.example.org', {
      '/': jsonAnswer([row('a.example.org'), row('b.example.net')]),
    })
    const environment = {
      STELLAR_ANCHOR_DIRECTORY_URL: 'https://directory.example.org/',
      ANCHOR_DIRECTORY_ALLOWED_DOMAINS: '*.example.org',
    }
    service.deploy(environment)
    await sync({ useEnvAllowedDomains: 'true' })
    expect(await domains()).toEqual(['a.example.org'])
    await sync()
    expect(await domains()).toEqual(['a.example.org', 'b.example.net'])
  })
})

describe('a directory found from its home page', () => {
  const exported = [row('linked.example.org')]

  test.each<[string, Record<string, Answer>, string]>([
    [
      'a link to JSON',
      {
        '/': html('<a href="/export/anchors.json">all</a>'),
        '/export/anchors.json': jsonAnswer(exported),
      },
      'https://home.example.org/export/anchors.json',
    ],
    [
      '__NEXT_DATA__',
      {
        '/': html(
          `<script id="__NEXT_DATA__" type="application/json">${JSON.stringify({ props: { pageProps: { deep: { list: exported } } } })}</script>`,
        ),
      },
      'https://home.example.org/#__NEXT_DATA__',
    ],
    [
      'flight data',
      {
        '/': html(
          `<script>(self.__next_f=self.__next_f||[]).push([0])</script><script>self.__next_f.push([1,${JSON.stringify(`5:["$","main",null,{"anchors":${JSON.stringify(exported).slice(0, 30)}`)}])</script><script>self.__next_f.push([1,${JSON.stringify(`${JSON.stringify(exported).slice(30)}}]\n`)}])</script>`,
        ),
      },
      'https://home.example.org/#flight',
    ],
  ])('%s', async (_, pages, source) => {
    serve('home.example.org', pages)
    const { status, body } = await sync({ directoryHome: HOME })
    expect([status, body.error]).toEqual([200, undefined])
    expect(body.import).toEqual({ source, totalNormalized: 2, written: 2, skippedSourceRows: 0 })
    expect(await domains()).toEqual(['linked.example.org'])
  })

  test('links and redirects to another origin are not followed', async () => {
    serve('evil.example.org', { '/anchors.json': jsonAnswer([row('evil-anchor.example.org')]) })
    serve('home.example.org', {
      '/': html(
        '<a href="https://evil.example.org/anchors.json">x</a><a href="//evil.example.org/anchors.json">x</a><a href="/away.json">x</a><a href="http://home.example.org/anchors.json">x</a><a href="javascript:alert(1)//anchors.json">x</a>',
      ),
      '/away.json': redirectAnswer('https://evil.example.org/anchors.json'),
    })
    expect((await sync({ directoryHome: HOME })).status).toBe(502)
    expect(service.requests()).toEqual({ 'home.example.org': 2 })
    expect(await domains()).toEqual([])
  })

  test.each<[string, Answer | (() => Answer), string | RegExp]>([
    ['404', statusAnswer(404), 'Anchor directory home unavailable (404)'],
    ['a page without anchors', html('<p>Welcome</p>'), /Anchor directory home holds no anchors/],
    ['a gzip bomb', gzipBomb(100_000_000), 'Anchor directory home unavailable (too_large)'],
    [
      'a redirect inside',
      redirectAnswer('https://192.168.0.1/'),
      /Anchor directory home unavailable \(\w*blocked\)/,
    ],
  ])('%s is a 502, and the known anchors are still checked', async (_, answer, error) => {
    service.sites.set('known.example.org', anchor('known.example.org'))
    await service.ops({
      action: 'import_directory',
      anchors: [row('known.example.org')],
      dryRun: false,
    })
    serve('home.example.org', { '/': answer })
    const reply = await sync({ directoryHome: HOME })
    expect(reply.status).toBe(502)
    expect(reply.body).toMatchObject({
      status: 'error',
      action: 'sync',
      error: typeof error === 'string' ? error : expect.stringMatching(error),
      import: { totalNormalized: 0, written: 0, skippedSourceRows: 0 },
      refresh: { requested: 300, processed: 1, ok: 1, errors: 0 },
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      docs: `docs/errors.md#${reply.body.code}`,
    })
    expect(reply.body.results).toHaveLength(2)
    for (const key of SYNC_KEYS) expect(reply.body).toHaveProperty(key)
  })
})

/** A Horizon with these assets. An account of null has no home domain. */
function horizon(
  records: { code: string; issuer?: string; toml?: string }[],
  accounts: Record<string, string | null> = {},
) {
  const asked = { pages: [] as string[], accounts: [] as string[] }
  const all = records.map(({ code, issuer = simulatedAccountId(code), toml }) => ({
    asset_code: code,
    asset_issuer: issuer,
    paging_token: `${code}_${issuer}_credit_alphanum4`,
    _links: toml === undefined ? {} : { toml: { href: toml } },
  }))
  service.sites.set('horizon.example.org', {
    answer: (url) => {
      const account = /^\/accounts\/(G\w+)$/.exec(url.pathname)?.[1]
      if (account !== undefined) {
        asked.accounts.push(account)
        const homeDomain = accounts[account]
        if (homeDomain === undefined) return statusAnswer(404)
        return jsonAnswer({
          id: account,
          ...(homeDomain === null ? {} : { home_domain: homeDomain }),
        })
      }
      if (url.pathname !== '/assets') return statusAnswer(404)
      const cursor = url.searchParams.get('cursor') ?? ''
      asked.pages.push(cursor)
      const limit = Math.min(Number(url.searchParams.get('limit')), 2)
      const from = cursor === '' ? 0 : all.findIndex((record) => record.paging_token === cursor) + 1
      const page = all.slice(from, from + limit)
      const next = page.at(-1)?.paging_token ?? cursor
      return jsonAnswer({
        _links: { next: { href: `${HORIZON}/assets?cursor=${next}&limit=${limit}&order=asc` } },
        _embedded: { records: page },
      })
    },
  })
  return asked
}
const tomlLink = (domain: string) => `https://${domain}/.well-known/stellar.toml`
const linked = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    code: `A${at}`,
    toml: tomlLink(`a${at}.example.org`),
  }))

describe('Horizon', () => {
  const walk = (more: object = {}) => sync({ mode: 'horizon', horizonUrl: HORIZON, ...more })

  test('the home domain comes from the toml link of the record, or from the issuer if the link is missing', async () => {
    const issuers = {
      asked: simulatedAccountId('B'),
      none: simulatedAccountId('D'),
      gone: simulatedAccountId('E'),
    }
    const asked = horizon(
      [
        { code: 'A', toml: tomlLink('a.example.org') },
        { code: 'B' },
        { code: 'C', toml: '' },
        { code: 'D' },
        { code: 'E' },
      ],
      { [issuers.asked]: 'b.example.org', [issuers.none]: null },
    )
    const { status, body } = await walk()
    expect(status).toBe(200)
    expect(body).toMatchObject({
      discoveryMode: 'horizon',
      import: { source: `horizon:${HORIZON}`, totalNormalized: 4, written: 4 },
    })
    expect(await domains()).toEqual(['a.example.org', 'b.example.org'])
    expect(asked.accounts.sort()).toEqual(Object.values(issuers).sort())
    const currencies = await service.query(
      'select distinct currency from anchor_ops.listing order by 1',
    )
    expect(currencies).toEqual([{ currency: 'A' }, { currency: 'B' }])
  })

  test('a home domain that an issuer wrote as a URL, or with slashes behind it, is read', async () => {
    horizon(
      [
        { code: 'A', toml: tomlLink('https://a.example.org') },
        { code: 'B', toml: tomlLink('b.example.org/') },
        { code: 'C', toml: tomlLink('https://c.example.org//') },
        { code: 'D' },
      ],
      { [simulatedAccountId('D')]: 'https://d.example.org/' },
    )
    await walk()
    expect(await domains()).toEqual(['a', 'b', 'c', 'd'].map((name) => `${name}.example.org`))
  })

  test('a walk stores the home domain that each issuer of a listing names, at no further request', async () => {
    const asked = horizon([
      { code: 'A', toml: tomlLink('a.example.org') },
      { code: 'B', toml: tomlLink('localhost') },
    ])
    await walk()
    const stored = await service.query(
      'select account, home_domain, flags, missing from anchor_ops.issuer_account',
    )
    expect(stored).toEqual([
      {
        account: simulatedAccountId('A'),
        home_domain: 'a.example.org',
        flags: null,
        missing: false,
      },
    ])
    expect(asked.accounts).toEqual([])
  })

  test('a walk continues where the last one stopped, and starts over after the end', async () => {
    const asked = horizon(linked(5))
    await walk({ assetPages: 1 })
    expect(await domains()).toEqual(['a0.example.org', 'a1.example.org'])
    await walk({ assetPages: 1 })
    expect(await domains()).toHaveLength(4)
    await walk({ assetPages: 2 })
    expect(await domains()).toHaveLength(5)
    const seen = asked.pages.length
    expect(await cursors()).toEqual([])
    await walk({ assetPages: 1 })
    expect(asked.pages.slice(seen)).toEqual([''])
    expect(asked.pages.filter((cursor) => cursor === '')).toHaveLength(2)
  })

  test('a walk reads 4 pages unless assetPages is given', async () => {
    const asked = horizon(linked(30))
    await walk()
    expect(asked.pages).toHaveLength(4)
    await walk({ assetPages: 10 })
    expect(asked.pages).toHaveLength(14)
  })

  test('each Horizon has a cursor of its own', async () => {
    horizon(linked(30))
    const site = service.sites.get('horizon.example.org')
    if (site) service.sites.set('other-horizon.example.org', site)
    await walk({ assetPages: 1 })
    await walk({ assetPages: 1, horizonUrl: 'https://other-horizon.example.org' })
    expect(await cursors()).toHaveLength(2)
  })

  test('the cursor stays when a later walk fails or the import fails', async () => {
    horizon(linked(30))
    await walk({ assetPages: 1 })
    const kept = await cursors()
    const site = service.sites.get('horizon.example.org')
    service.sites.set('horizon.example.org', paths({ '/assets': statusAnswer(404) }))
    expect((await walk()).status).toBe(502)
    expect(await cursors()).toEqual(kept)
    if (site) service.sites.set('horizon.example.org', site)
    service.interceptDatabase(async ({ name }) =>
      name === 'import_listings' ? Response.json({ message: 'no' }, { status: 500 }) : undefined,
    )
    expect((await walk()).status).toBe(503)
    service.interceptDatabase(null)
    expect(await cursors()).toEqual(kept)
  })

  test('a 429 is tried again after its retry-after', async () => {
    horizon(linked(2))
    const site = service.sites.get('horizon.example.org')
    let refusals = 1
    service.sites.set('horizon.example.org', {
      answer: (url) =>
        refusals-- > 0
          ? statusAnswer(429, { 'retry-after': '7' })
          : (site?.answer(url) ?? statusAnswer(500)),
    })
    expect((await walk()).status).toBe(200)
    expect(service.sleeps).toEqual([7_000])
    expect(await domains()).toHaveLength(2)
  })

  test('a paging link to another origin is not followed, and what was read is kept', async () => {
    const href = 'https://evil.example.org/assets?cursor=x'
    const record = {
      asset_code: 'A',
      asset_issuer: simulatedAccountId('A'),
      paging_token: 'A_1',
      _links: { toml: { href: tomlLink('a.example.org') } },
    }
    serve('horizon.example.org', {
      '/assets': jsonAnswer({ _links: { next: { href } }, _embedded: { records: [record] } }),
    })
    serve('evil.example.org', { '/assets': jsonAnswer({}) })
    const { status } = await walk()
    expect(status).toBe(200)
    expect(await domains()).toEqual(['a.example.org'])
    expect(service.requests()).toMatchObject({ 'horizon.example.org': 1 })
    expect(service.requests()).not.toHaveProperty('evil.example.org')
  })

  test('issuerLimit bounds the accounts that one run asks for, and later runs ask for the rest', async () => {
    const records = Array.from({ length: 24 }, (_, at) => ({ code: `B${at}` }))
    const accounts = Object.fromEntries(
      records.map(({ code }) => [simulatedAccountId(code), `${code.toLowerCase()}.example.org`]),
    )
    const asked = horizon(records, accounts)
    await walk({ issuerLimit: 10, assetPages: 10 })
    expect(asked.accounts.length).toBeLessThanOrEqual(10)
    for (let runs = 0; runs < 3; runs += 1) await walk({ issuerLimit: 10, assetPages: 10 })
    expect(await domains()).toHaveLength(24)
  })

  test('a Horizon that answers with another document is a 502', async () => {
    serve('horizon.example.org', { '/assets': jsonAnswer({ horizon_version: '1' }) })
    const { status, body } = await walk()
    expect([status, body.error]).toEqual([502, expect.stringMatching(/Horizon answered/)])
  })

  describe('the fallback to Horizon', () => {
    const failing: [string, Record<string, Answer>][] = [
      ['gone', {}],
      ['empty of anchors', { '/': html('<p>Welcome</p>') }],
      [
        'of rows that cannot be used',
        {
          '/': html('<a href="/a.json"></a>'),
          '/a.json': jsonAnswer([row('10.0.0.1'), row('b.internal')]),
        },
      ],
    ]

    test.each(failing)('is used with allowHorizon if the home page is %s', async (_, pages) => {
      horizon(linked(2))
      serve('home.example.org', pages)
      const reply = await sync({ directoryHome: HOME, horizonUrl: HORIZON, allowHorizon: true })
      expect([reply.status, reply.body.status]).toEqual([200, 'ok'])
      expect(reply.body.import).toMatchObject({ source: `horizon:${HORIZON}`, written: 4 })
      expect(reply.body.discoveryMode).toBe('directory')
    })

    test('is not used by default, and not if the directory has rows', async () => {
      horizon(linked(2))
      serve('home.example.org', {})
      service.deploy({ STELLAR_HORIZON_URL: HORIZON, STELLAR_ANCHOR_DIRECTORY_HOME: HOME })
      expect((await sync()).status).toBe(502)
      serve('home.example.org', {
        '/': html('<a href="/a.json"></a>'),
        '/a.json': jsonAnswer([row('one.example.org')]),
      })
      expect((await sync({ allowHorizon: true })).body.import.source).toBe(`${HOME}a.json`)
      expect(service.requests()).not.toHaveProperty('horizon.example.org')
    })

    test('is switched on by the environment and off by the caller', async () => {
      horizon(linked(2))
      service.deploy({
        STELLAR_HORIZON_URL: HORIZON,
        STELLAR_ANCHOR_DIRECTORY_HOME: HOME,
        ANCHOR_ENABLE_HORIZON_FALLBACK: 'true',
      })
      expect((await sync()).body.import.written).toBe(4)
      expect((await sync({ allowHorizon: 'false' })).status).toBe(502)
    })
  })
})

describe('secrets in the URLs of a sync', () => {
  test('appear in no answer, row or log line, whether the source answers or fails', async () => {
    const record = {
      asset_code: 'A',
      asset_issuer: simulatedAccountId('A'),
      paging_token: 'A_1',
      _links: { toml: { href: tomlLink('a.example.org') } },
    }
    const page = {
      _links: {
        next: { href: `https://keyed.example.org/assets?cursor=A_1&token=${CRON_SECRET}` },
      },
      _embedded: { records: [record] },
    }
    serve('directory.example.org', { '/': jsonAnswer([row('one.example.org')]) })
    serve('home.example.org', {
      '/': html(`<a href="/a.json?token=${CRON_SECRET}">all</a>`),
      '/a.json': jsonAnswer([row('two.example.org')]),
    })
    serve('keyed.example.org', { '/': jsonAnswer(page), '/assets': jsonAnswer(page) })
    serve('wrong.example.org', { '/': html('x'), '/assets': html('x') })
    const tried = [
      { sourceUrl: `https://directory.example.org/?api_key=${CRON_SECRET}` },
      { sourceUrl: `https://gone.example.org/?api_key=${CRON_SECRET}` },
      { sourceUrl: `https://user:${CRON_SECRET}@directory.example.org/` },
      { directoryHome: `https://home.example.org/?token=${CRON_SECRET}` },
      { directoryHome: `https://gone.example.org/?token=${CRON_SECRET}` },
      { directoryHome: `https://user:${CRON_SECRET}@home.example.org/` },
      ...['keyed', 'wrong', 'gone'].flatMap((host) => [
        { mode: 'horizon', horizonUrl: `https://${host}.example.org/?token=${CRON_SECRET}` },
        { mode: 'horizon', horizonUrl: `https://${host}.example.org/?apikey=${CRON_SECRET}` },
        { mode: 'horizon', horizonUrl: `https://user:${CRON_SECRET}@${host}.example.org/` },
      ]),
    ]
    for (const more of tried) {
      const { status } = await sync(more)
      expect([more, status]).toEqual([
        more,
        expect.toSatisfy((code: number) => code === 200 || code === 502 || code === 400),
      ])
      expect([more, await service.leaks()]).toEqual([more, []])
    }
  })

  test('appear nowhere if they are the secret of the call', async () => {
    serve('home.example.org', {})
    const query = { secret: CRON_SECRET, directoryHome: HOME }
    expect((await service.call({ path: OPS, query })).status).toBe(502)
    expect(
      (await service.call({ path: OPS, query: { secret: CRON_SECRET, limit: 'x' } })).status,
    ).toBe(400)
  })
})
