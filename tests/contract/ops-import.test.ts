import { describe, expect, test } from 'vitest'
import { bodyAnswer, jsonAnswer, redirectAnswer, statusAnswer } from '../../local/world/answer.ts'
import { CRON_SECRET, useService } from './service.ts'
import { gzipBomb, paths, row } from './sites.ts'

const service = useService({ clock: 'hours', sleep: 'none' })

const run = (more: object) => service.ops({ action: 'import_directory', ...more })
const stored = () =>
  service.query('select id, name, active, source from anchor_ops.listing order by id')
const ids = (reply: { body: { sample: { id: string }[] } }) => reply.body.sample.map(({ id }) => id)

const DOWNLOAD = 'https://directory.example.org/export'
function serve(answer: Parameters<typeof paths>[0][string]): void {
  service.sites.set('directory.example.org', paths({ '/export': answer }))
}

const FIXED_KEYS = [
  'status',
  'action',
  'dryRun',
  'source',
  'totalNormalized',
  'skippedSourceRows',
  'rejectedByDomain',
  'allowedDomainsCount',
  'provenance',
  'written',
  'sample',
]

describe('the answer', () => {
  test('a dry run has every promised key, counts what would change, and writes nothing', async () => {
    await run({ anchors: [row('one.example.org'), row('two.example.org')], dryRun: false })
    const before = await service.tables()
    const reply = await run({
      anchors: [
        row('one.example.org'),
        row('two.example.org', { name: 'New name' }),
        row('three.example.org'),
        'no row',
      ],
      allowedDomains: ['*.example.org'],
    })
    expect(reply.status).toBe(200)
    for (const key of [...FIXED_KEYS, 'rejected', 'changes']) expect(reply.body).toHaveProperty(key)
    expect(reply.body).toMatchObject({
      status: 'ok',
      action: 'import_directory',
      dryRun: true,
      source: 'request-body',
      totalNormalized: 6,
      skippedSourceRows: 1,
      rejectedByDomain: 0,
      allowedDomainsCount: 1,
      written: 0,
      changes: { new: 2, changed: 2, unchanged: 2 },
      rejected: [{ index: 3, reason: expect.stringContaining('object') }],
    })
    expect(await service.tables()).toEqual(before)
  })

  test('a real run has the same keys but no changes, and writes each row', async () => {
    const reply = await run({ anchors: [row('one.example.org')], dryRun: 'false' })
    expect(Object.keys(reply.body).sort()).toEqual([...FIXED_KEYS, 'rejected'].sort())
    expect(reply.body).toMatchObject({ dryRun: false, written: 2, totalNormalized: 2 })
    expect(await stored()).toEqual([
      {
        id: 'one.example.org:off-ramp:ZZ:USDC',
        name: 'Anchor one.example.org',
        active: true,
        source: 'request-body',
      },
      {
        id: 'one.example.org:on-ramp:ZZ:USDC',
        name: 'Anchor one.example.org',
        active: true,
        source: 'request-body',
      },
    ])
  })

  test('the sample is the first 10 rows in exactly the promised keys', async () => {
    const anchors = Array.from({ length: 8 }, (_, at) => row(`a${at}.example.org`))
    const { body } = await run({ anchors })
    expect(body.totalNormalized).toBe(16)
    expect(body.sample).toHaveLength(10)
    expect(body.sample[0]).toEqual({
      id: 'a0.example.org:on-ramp:ZZ:USDC',
      name: 'Anchor a0.example.org',
      domain: 'a0.example.org',
      country: 'ZZ',
      currency: 'USDC',
      type: 'on-ramp',
    })
  })

  test('on testnet an id begins with testnet:', async () => {
    service.deploy({ STELLAR_NETWORK: 'testnet' })
    const reply = await run({ anchors: [row('one.example.org')], dryRun: false })
    expect(ids(reply)).toEqual([
      'testnet:one.example.org:on-ramp:ZZ:USDC',
      'testnet:one.example.org:off-ramp:ZZ:USDC',
    ])
  })

  test('an empty list is an import of nothing', async () => {
    expect((await run({ anchors: [], dryRun: false })).body).toMatchObject({
      totalNormalized: 0,
      written: 0,
      sample: [],
    })
  })

  test('anchors in the body go before a downloadUrl', async () => {
    const { body } = await run({ anchors: [row('one.example.org')], downloadUrl: DOWNLOAD })
    expect(body).toMatchObject({ source: 'request-body', provenance: { kind: 'request_body' } })
    expect(service.requests()).toEqual({})
  })
})

describe('active', () => {
  test.each([true, false])(
    '%s is for new rows only; an existing row is never switched',
    async (active) => {
      await run({ anchors: [row('on.example.org')], dryRun: false, active: true })
      await run({ anchors: [row('off.example.org')], dryRun: false, active: false })
      await run({
        anchors: [
          row('on.example.org', { name: 'Renamed' }),
          row('off.example.org'),
          row('new.example.org'),
        ],
        dryRun: false,
        active,
      })
      const states = Object.fromEntries(
        (await stored()).map(({ id, active }) => [String(id).split(':')[0], active]),
      )
      expect(states).toEqual({
        'on.example.org': true,
        'off.example.org': false,
        'new.example.org': active,
      })
    },
  )

  test('an import touches no evidence, no count and nothing a machine has disabled', async () => {
    await run({ anchors: [row('one.example.org')], dryRun: false })
    await service.query(
      `update anchor_ops.home_domain set not_found_count = 3, auto_disabled_at = now(), auto_disabled_reason = 'sep1_not_found', outcome = 'definite'`,
    )
    const before = (await service.tables())['home_domain']
    await run({ anchors: [row('one.example.org')], dryRun: false, active: true })
    expect((await service.tables())['home_domain']).toEqual(before)
  })
})

describe('the spellings of a row', () => {
  const domain = 'one.example.org'
  test.each<[string, object]>([
    ['domain', { domain, currency: 'USD' }],
    ['home_domain', { home_domain: domain, currency: 'USD' }],
    ['homeDomain', { homeDomain: domain, currency: 'USD' }],
    ['website', { website: `https://${domain}/about?x=1#y`, currency: 'USD' }],
    ['url', { url: `http://${domain}`, currency: 'USD' }],
    ['domain in capitals and a trailing dot', { domain: 'ONE.Example.ORG.', currency: 'USD' }],
    ['currencies', { domain, currencies: 'USD' }],
    ['currency_code', { domain, currency_code: 'USD' }],
    ['currency_codes', { domain, currency_codes: ['USD'] }],
    ['asset_code', { domain, asset_code: 'USD' }],
    ['asset_codes', { domain, asset_codes: 'USD' }],
  ])('%s', async (_, anchor) => {
    expect(ids(await run({ anchors: [anchor] }))).toEqual([
      `${domain}:on-ramp:ZZ:USD`,
      `${domain}:off-ramp:ZZ:USD`,
    ])
  })

  test.each(['name', 'anchor_name', 'organization', 'org'])('name under %s', async (field) => {
    const { body } = await run({
      anchors: [{ domain, currency: 'USD', [field]: '  Caja\u200b  Norte ' }],
    })
    expect(body.sample[0].name).toBe('Caja Norte')
  })

  test.each<[string, unknown, string[]]>([
    ['country', 'MX', ['MX']],
    ['countries', 'mx; Peru', ['MX', 'PE']],
    ['country_code', 'mx', ['MX']],
    ['country_codes', 'MX|PE', ['MX', 'PE']],
    ['countryCode', 'MX', ['MX']],
    ['country_name', 'Mexico', ['MX']],
    ['country_names', ['Mexico', 'Peru'], ['MX', 'PE']],
    ['supported_countries', 'Mexico, Peru', ['MX', 'PE']],
    ['locations', ['Mexico'], ['MX']],
  ])('countries under %s as %j', async (field, value, expected) => {
    const { body } = await run({
      anchors: [{ domain, currency: 'USD', type: 'on', [field]: value }],
    })
    expect(body.sample.map(({ country }: { country: string }) => country)).toEqual(expected)
  })

  test.each<[unknown, string[]]>([
    ['USD;MXN', ['USD', 'MXN']],
    ['USD,MXN', ['USD', 'MXN']],
    ['USD|MXN', ['USD', 'MXN']],
    [
      ['USD', 'MXN'],
      ['USD', 'MXN'],
    ],
    ['yUSDC', ['yUSDC']],
    ['ABCDEFGHIJ12', ['ABCDEFGHIJ12']],
  ])('currencies %j, letter case kept', async (value, expected) => {
    const { body } = await run({ anchors: [{ domain, currencies: value, type: 'off' }] })
    expect(body.sample.map(({ currency }: { currency: string }) => currency)).toEqual(expected)
  })

  const ON = ['on-ramp']
  const OFF = ['off-ramp']
  const BOTH = ['on-ramp', 'off-ramp']
  test.each<[object, string[]]>([
    [{ type: 'on' }, ON],
    [{ type: 'on-ramp' }, ON],
    [{ ramp_type: 'deposit' }, ON],
    [{ direction: 'off' }, OFF],
    [{ flow: 'withdraw' }, OFF],
    [{ service_type: 'both' }, BOTH],
    [{ type: 'two-way' }, BOTH],
    [{ supports_deposit: true }, ON],
    [{ supports_withdraw: 'true' }, OFF],
    [{ supports_deposit: true, supports_withdraw: true }, BOTH],
    [{ supports_deposit: true, supports_withdraw: false }, ON],
    [{}, BOTH],
  ])('direction %j', async (fields, expected) => {
    const { body } = await run({ anchors: [{ domain, currency: 'USD', ...fields }] })
    expect(body.sample.map(({ type }: { type: string }) => type)).toEqual(expected)
  })

  test('one source row gives one catalogue row per country, currency and type', async () => {
    const anchors = [{ domain, countries: 'MX;PE;AR', currencies: 'USD;MXN' }]
    const { body } = await run({ anchors, dryRun: false })
    expect(body).toMatchObject({ totalNormalized: 12, written: 12, skippedSourceRows: 0 })
  })
})

describe('rows that cannot be used', () => {
  test.each<[string, unknown]>([
    ['a port', row('one.example.org:8443')],
    ['a path', row('one.example.org/path')],
    ['a user name', row('user@one.example.org')],
    ['a URL with a user name', row(`https://user:${CRON_SECRET}@one.example.org/`)],
    ['a URL with a port', row('https://one.example.org:8443/')],
    ['an IPv4 address', row('203.0.113.7')],
    ['an IPv6 address', row('[2001:db8::1]')],
    ['an address in disguise', row('0x7f.1')],
    ['a decimal address', row('2130706433')],
    ['a zero width space', row('one\u200b.example.org')],
    ['a right-to-left override', row('one\u202e.example.org')],
    ['a soft hyphen', row('one\u00ad.example.org')],
    ['a no-break space', row('one.example.org\u00a0')],
    ['NUL', row('one\u0000.example.org')],
    ['full-width letters', row('ｏｎｅ.example.org')],
    ['a Cyrillic look-alike', row('оne.example.org')],
    ['a single label', row('localhost')],
    ['a reserved name', row('anchor.internal')],
    ['a name of 300 characters', row(`${'a.'.repeat(150)}org`)],
    ['a number for a domain', row('x', { domain: 5 })],
    ['an object for a domain', row('x', { domain: { host: 'one.example.org' } })],
    ['no domain', { name: 'x', currency: 'USD' }],
    ['no currency', { name: 'x', domain: 'one.example.org' }],
    ['a currency of 13 letters', row('one.example.org', { currency: 'ABCDEFGHIJKLM' })],
    ['a currency with a sign', row('one.example.org', { currency: 'US$' })],
    ['an unknown country', row('one.example.org', { country: 'Atlantis' })],
    ['no direction', row('one.example.org', { supports_deposit: false, supports_withdraw: false })],
    [
      'more listings than a row may give',
      row('one.example.org', { currencies: Array.from({ length: 2_000 }, (_, at) => `C${at}`) }),
    ],
    ['null', null],
    ['a text', 'one.example.org'],
    ['a list', ['one.example.org']],
  ])(
    '%s is refused with its place and a reason, and the rows beside it are served',
    async (_, bad) => {
      const reply = await run({
        anchors: [row('before.example.org'), bad, row('after.example.org')],
        dryRun: false,
      })
      expect(reply.status).toBe(200)
      expect(reply.body).toMatchObject({ skippedSourceRows: 1, totalNormalized: 4, written: 4 })
      expect(reply.body.rejected).toEqual([{ index: 1, reason: expect.any(String) }])
      expect(reply.body.rejected[0].reason.length).toBeGreaterThan(20)
      expect((await stored()).map(({ id }) => String(id).split(':')[0])).toEqual([
        'after.example.org',
        'after.example.org',
        'before.example.org',
        'before.example.org',
      ])
    },
  )

  test('of two rows with one id one row is kept, and it is not an error', async () => {
    const anchors = [
      row('one.example.org', { name: 'First' }),
      row('ONE.example.org.', { name: 'Second' }),
    ]
    const { body } = await run({ anchors, dryRun: false })
    expect(body).toMatchObject({ totalNormalized: 2, written: 2, skippedSourceRows: 0 })
  })

  test('5,000 rows are taken, 6,000 are refused whole', async () => {
    const rows = (count: number) =>
      Array.from({ length: count }, (_, at) => row(`a${at}.example.org`, { type: 'on' }))
    const good = await run({ anchors: rows(5_000), dryRun: false })
    expect(good.body).toMatchObject({ written: 5_000, totalNormalized: 5_000 })
    await service.query(
      'truncate anchor_ops.listing, anchor_ops.home_domain, anchor_ops.home_domain_check',
    )
    const bad = await run({ anchors: rows(6_000), dryRun: false })
    expect([bad.status, bad.body.details[0].path]).toEqual([400, 'anchors'])
    expect(bad.body.error).toContain('at most 5000')
    expect(await stored()).toEqual([])
  })

  test('an import that fails in the database writes nothing by halves', async () => {
    const good = [row('one.example.org')]
    await run({ anchors: good, dryRun: false })
    const before = await service.tables()
    // A name the table refuses, put in behind our own checks.
    await service.query(
      "alter table anchor_ops.listing add constraint planted check (name <> 'refused')",
    )
    const reply = await run({
      anchors: [row('two.example.org'), row('three.example.org', { name: 'refused' })],
      dryRun: false,
    })
    await service.query('alter table anchor_ops.listing drop constraint planted')
    expect([reply.status, reply.body.code]).toEqual([503, 'database_unavailable'])
    expect(await service.tables()).toEqual(before)
  })
})

describe('allowed domains', () => {
  const anchors = [
    'a.example.org',
    'b.example.org',
    'example.org',
    'badexample.org',
    'c.example.net',
  ].map((name) => row(name, { type: 'on' }))
  const taken = async (more: object) => {
    const { body } = await run({ anchors, ...more })
    return {
      domains: body.sample.map(({ domain }: { domain: string }) => domain),
      rejected: body.rejectedByDomain,
      count: body.allowedDomainsCount,
      skipped: body.skippedSourceRows,
    }
  }

  test.each<[string, object, string[], number]>([
    [
      'none allows all',
      {},
      ['a.example.org', 'b.example.org', 'example.org', 'badexample.org', 'c.example.net'],
      0,
    ],
    ['exact', { allowedDomains: ['a.example.org'] }, ['a.example.org'], 1],
    ['exact in another spelling', { allowedDomains: ['A.Example.Org.'] }, ['a.example.org'], 1],
    [
      'below a name, not the name, not a longer word',
      { allowedDomains: ['*.example.org'] },
      ['a.example.org', 'b.example.org'],
      1,
    ],
    [
      'several',
      { allowedDomains: ['example.org', '*.example.net'] },
      ['example.org', 'c.example.net'],
      2,
    ],
    [
      'as a comma list',
      { allowedDomains: 'example.org, *.example.net' },
      ['example.org', 'c.example.net'],
      2,
    ],
  ])('%s', async (_, more, domains, count) => {
    expect(await taken(more)).toEqual({ domains, count, rejected: 5 - domains.length, skipped: 0 })
  })

  test('the environment’s list is used when asked for, and only then; both lists together', async () => {
    service.deploy({ ANCHOR_DIRECTORY_ALLOWED_DOMAINS: 'a.example.org,*.example.net' })
    expect((await taken({})).count).toBe(0)
    expect(await taken({ useEnvAllowedDomains: true })).toMatchObject({
      domains: ['a.example.org', 'c.example.net'],
      count: 2,
    })
    expect(
      await taken({ useEnvAllowedDomains: true, allowedDomains: ['b.example.org'] }),
    ).toMatchObject({
      domains: ['a.example.org', 'b.example.org', 'c.example.net'],
      count: 3,
    })
  })

  test('an empty list of the environment is refused: it would allow every domain', async () => {
    service.deploy({})
    expect(await run({ anchors: [], useEnvAllowedDomains: true })).toMatchObject({
      status: 400,
      body: { code: 'invalid_parameter', details: [{ path: 'useEnvAllowedDomains' }] },
    })
  })

  test('an internationalised name is taken only when it is named', async () => {
    const idn = [row('münchen.example.org', { type: 'on' })]
    expect((await run({ anchors: idn })).body).toMatchObject({
      totalNormalized: 0,
      skippedSourceRows: 1,
    })
    const { body } = await run({ anchors: idn, allowedDomains: ['xn--mnchen-3ya.example.org'] })
    expect(body.sample[0].domain).toBe('xn--mnchen-3ya.example.org')
  })
})

describe('a downloaded directory', () => {
  const rows = [row('one.example.org', { type: 'on' })]
  const csv = (text: string) => bodyAnswer('text/csv', text)

  test.each<[string, Parameters<typeof serve>[0]]>([
    ['an array', jsonAnswer(rows)],
    ['under anchors', jsonAnswer({ anchors: rows })],
    ['under data', jsonAnswer({ data: rows })],
    ['under items', jsonAnswer({ items: rows })],
    ['under results', jsonAnswer({ results: rows })],
    ['JSON as text/html', bodyAnswer('text/html', JSON.stringify(rows))],
    [
      'JSON with a byte order mark',
      bodyAnswer('application/json', `\uFEFF${JSON.stringify(rows)}`),
    ],
    ['CSV', csv('name,domain,currency,type\nAnchor one.example.org,one.example.org,USDC,on\n')],
    [
      'CSV as application/octet-stream',
      bodyAnswer(
        'application/octet-stream',
        'Name,Home Domain,Currency,Type\r\nAnchor one.example.org,one.example.org,USDC,on',
      ),
    ],
    [
      'CSV with semicolons',
      csv('name;domain;currency;type\nAnchor one.example.org;one.example.org;USDC;on\n'),
    ],
  ])('%s', async (_, answer) => {
    serve(answer)
    const { status, body } = await run({ downloadUrl: DOWNLOAD, dryRun: false })
    expect([status, body.source, body.provenance]).toEqual([
      200,
      DOWNLOAD,
      { kind: 'download', host: 'directory.example.org' },
    ])
    expect(body.written).toBe(1)
    expect(await stored()).toEqual([
      {
        id: 'one.example.org:on-ramp:ZZ:USDC',
        name: 'Anchor one.example.org',
        active: true,
        source: DOWNLOAD,
      },
    ])
  })

  test('a CSV with quotes, commas and line breaks in its cells', async () => {
    serve(
      csv(
        'name,domain,countries,currencies\r\n"Caja ""Norte"",\nS.A.",one.example.org,"Mexico, Peru","USD;MXN"\r\n',
      ),
    )
    const { body } = await run({ downloadUrl: DOWNLOAD })
    expect(body.totalNormalized).toBe(8)
    expect(body.sample[0]).toMatchObject({
      name: 'Caja "Norte", S.A.',
      country: 'MX',
      currency: 'USD',
    })
  })

  test('a directory follows a redirect to another public host', async () => {
    serve(redirectAnswer('https://mirror.example.org/list'))
    service.sites.set('mirror.example.org', paths({ '/list': jsonAnswer(rows) }))
    expect((await run({ downloadUrl: DOWNLOAD })).body).toMatchObject({ totalNormalized: 1 })
  })

  test.each<[string, Parameters<typeof serve>[0], RegExp]>([
    ['404', statusAnswer(404), /^Anchor directory unavailable \(404\)$/],
    ['403', statusAnswer(403), /^Anchor directory unavailable \(403\)$/],
    ['500', statusAnswer(500), /^Anchor directory unavailable \(500\)$/],
    ['204', statusAnswer(204), /^Anchor directory unavailable \(204\)$/],
    [
      'a gzip bomb of 100 MB',
      gzipBomb(100_000_000),
      /^Anchor directory unavailable \(too_large\)$/,
    ],
    ['an endless answer', { kind: 'endless' }, /^Anchor directory unavailable \(too_large\)$/],
    [
      'HTML where JSON should be',
      bodyAnswer('application/json', '<!doctype html><p>Sorry</p>'),
      /HTML/,
    ],
    ['nothing', jsonAnswer([]), /no rows/],
    ['an empty text', csv(''), /empty/],
    ['an object without rows', jsonAnswer({ message: 'hello' }), /no list of rows/],
    ['broken JSON', bodyAnswer('application/json', '{"anchors":['), /JSON/],
    [
      'JSON with a prototype key',
      bodyAnswer('application/json', '[{"__proto__":{"domain":"one.example.org"}}]'),
      /__proto__/,
    ],
    [
      'JSON of a hundred thousand levels',
      bodyAnswer('application/json', '['.repeat(100_000)),
      /JSON/,
    ],
    [
      '6,000 rows',
      jsonAnswer(Array.from({ length: 6_000 }, (_, at) => row(`a${at}.example.org`))),
      /6,?000.*5,?000|5,?000/,
    ],
    [
      'a CSV with a __proto__ header',
      csv('name,domain,__proto__,currency\nx,one.example.org,y,USD\n'),
      /__proto__/,
    ],
    [
      'a CSV with one header twice',
      csv('domain,name,domain\none.example.org,x,two.example.org\n'),
      /twice/,
    ],
    ['a CSV with an open quote', csv('name,domain,currency\n"x,one.example.org,USD\n'), /CSV/],
    ['a CSV without a domain', csv('a,b\n1,2\n'), /domain/],
    [
      'not UTF-8',
      bodyAnswer('application/json', Uint8Array.of(0x5b, 0xff, 0xfe, 0x5d)),
      /not_utf8/,
    ],
    [
      'a redirect to a private address',
      redirectAnswer('https://10.0.0.5/list'),
      /redirect_blocked|address_blocked|url_blocked/,
    ],
    [
      'a redirect to the metadata service',
      redirectAnswer('http://169.254.169.254/latest'),
      /redirect_blocked|url_blocked/,
    ],
    [
      'a redirect to a name with a private address',
      redirectAnswer('https://inside.example.org/list'),
      /address_blocked/,
    ],
    ['redirects in a circle', redirectAnswer('/export'), /redirect_limit/],
  ])('%s: 502 that says so, and nothing is written', async (_, answer, text) => {
    service.sites.set('inside.example.org', {
      ...paths({ '/list': jsonAnswer(rows) }),
      address: '10.0.0.5',
    })
    serve(answer)
    const before = await service.tables()
    const reply = await run({ downloadUrl: DOWNLOAD, dryRun: false })
    expect([reply.status, reply.body.error]).toEqual([502, expect.stringMatching(text)])
    expect(reply.body).toMatchObject({ status: 'error', action: 'import_directory' })
    expect(await service.tables()).toEqual(before)
    expect(service.requests()).not.toHaveProperty('inside.example.org')
  })

  test('a host that does not exist is a 502 as well', async () => {
    const reply = await run({ downloadUrl: 'https://nowhere.example.org/export' })
    expect([reply.status, reply.body.error]).toEqual([
      502,
      'Anchor directory unavailable (dns_failed)',
    ])
  })

  test('secrets in the URL appear in no answer, row or log line', async () => {
    service.sites.set(
      'directory.example.org',
      paths({ '/export': jsonAnswer(rows), '/gone': statusAnswer(404) }),
    )
    const secrets = [
      `api_key=${CRON_SECRET}`,
      `token=${CRON_SECRET}`,
      `secret=${CRON_SECRET}`,
      `access_token=${CRON_SECRET}&x=1`,
    ]
    for (const query of secrets) {
      const good = await run({ downloadUrl: `${DOWNLOAD}?${query}`, dryRun: false })
      expect([good.status, good.body.source]).toEqual([
        200,
        expect.stringMatching(/^https:\/\/directory.example.org\/export\?/),
      ])
      const bad = await run({
        downloadUrl: `https://directory.example.org/gone?${query}`,
        dryRun: false,
      })
      expect(bad.status).toBe(502)
    }
    const inUserinfo = await run({
      downloadUrl: `https://user:${CRON_SECRET}@directory.example.org/export`,
    })
    expect(inUserinfo.status).toBeGreaterThanOrEqual(400)
    const insecure = await run({
      downloadUrl: `http://directory.example.org/export?token=${CRON_SECRET}`,
    })
    expect(insecure.status).toBe(400)
  })
})
