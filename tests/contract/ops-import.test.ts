import { describe, expect, test } from 'vitest'
import { bodyAnswer, jsonAnswer, redirectAnswer, statusAnswer } from '../../local/world/answer.ts'
import { HOSTILE_NAMES } from '../helpers/hostile-names.ts'
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
    const listing = { name: 'Anchor one.example.org', active: true, source: 'request-body' }
    expect(await stored()).toEqual([
      { id: 'one.example.org:off-ramp:ZZ:USDC', ...listing },
      { id: 'one.example.org:on-ramp:ZZ:USDC', ...listing },
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
    '%s applies to new rows, and never switches an existing row',
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

  test('an import leaves evidence, counts and disabled anchors alone', async () => {
    await run({ anchors: [row('one.example.org')], dryRun: false })
    await service.query(
      `update anchor_ops.home_domain set auto_disabled_at = now(), outcome = 'definite',
         health = '{"autoDisabledReason": "sep1_not_found", "notFoundCount": 3}'`,
    )
    const before = (await service.tables())['home_domain']
    await run({ anchors: [row('one.example.org')], dryRun: false, active: true })
    expect((await service.tables())['home_domain']).toEqual(before)
  })
})

test('rows in the spellings of a JSON export and of a spreadsheet become listings', async () => {
  const { body } = await run({
    anchors: [
      { website: 'https://ONE.example.org/about', asset_codes: ['USD', 'yUSDC'], type: 'on' },
      {
        'Home Domain': 'two.example.org.',
        currencies: 'USD;MXN',
        supported_countries: 'Mexico, pe',
        supports_withdraw: 'true',
        anchor_name: '  Caja\u200b  Norte ',
      },
    ],
  })
  expect(ids({ body })).toEqual([
    'one.example.org:on-ramp:ZZ:USD',
    'one.example.org:on-ramp:ZZ:yUSDC',
    'two.example.org:off-ramp:MX:USD',
    'two.example.org:off-ramp:MX:MXN',
    'two.example.org:off-ramp:PE:USD',
    'two.example.org:off-ramp:PE:MXN',
  ])
  expect(body.sample[2].name).toBe('Caja Norte')
})

describe('rows that cannot be used', () => {
  const BAD: unknown[] = [
    // A row may hold a URL, slashes behind a name, and blanks around its cells.
    ...HOSTILE_NAMES.filter((name) => !/^https:|^\s|\s$|\/$/.test(name)).map((name) => row(name)),
    row('x', { domain: 5 }),
    { name: 'x', currency: 'USD' },
    { name: 'x', domain: 'one.example.org' },
    row('one.example.org', { currency: 'ABCDEFGHIJKLM' }),
    row('one.example.org', { currency: 'US$' }),
    row('one.example.org', { country: 'Atlantis' }),
    row('one.example.org', { supports_deposit: false, supports_withdraw: false }),
    null,
    'one.example.org',
    ['one.example.org'],
  ]

  test('are refused with their place and a reason, and the rows beside them are stored', async () => {
    const { status, body } = await run({
      anchors: [row('before.example.org'), ...BAD, row('after.example.org')],
      dryRun: false,
    })
    expect([status, body.skippedSourceRows, body.written]).toEqual([200, BAD.length, 4])
    for (const { index, reason } of body.rejected) {
      expect(index).toSatisfy((at: number) => at >= 1 && at <= BAD.length)
      expect(reason.length, JSON.stringify(BAD[index - 1])).toBeGreaterThan(20)
    }
    const domains = (await stored()).map(({ id }) => String(id).split(':')[0])
    expect(new Set(domains)).toEqual(new Set(['before.example.org', 'after.example.org']))
  })

  test('5,000 rows are taken, 6,000 are refused whole', async () => {
    const rows = (count: number) =>
      Array.from({ length: count }, (_, at) => row(`a${at}.example.org`, { type: 'on' }))
    const good = await run({ anchors: rows(5_000), dryRun: false })
    expect(good.body).toMatchObject({ written: 5_000, totalNormalized: 5_000 })
    await service.query('truncate anchor_ops.home_domain cascade')
    const bad = await run({ anchors: rows(6_000), dryRun: false })
    expect([bad.status, bad.body.details[0].path]).toEqual([400, 'anchors'])
    expect(bad.body.error).toContain('at most 5000')
    expect(await stored()).toEqual([])
  })

  test('an import that fails in the database writes nothing', async () => {
    const good = [row('one.example.org')]
    await run({ anchors: good, dryRun: false })
    const before = await service.tables()
    // The constraint refuses a name that our own checks accept.
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

  test.each<[object, string[], number]>([
    [{}, ['a.example.org', 'b.example.org', 'example.org', 'badexample.org', 'c.example.net'], 0],
    [{ allowedDomains: 'Example.org., *.example.net' }, ['example.org', 'c.example.net'], 2],
  ])('%j decides which rows are taken', async (more, domains, count) => {
    expect(await taken(more)).toEqual({ domains, count, rejected: 5 - domains.length, skipped: 0 })
  })

  test('the list of the environment is used if asked for, together with the list of the caller', async () => {
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

  test('an empty list of the environment is refused, because it would allow every domain', async () => {
    service.deploy({})
    expect(await run({ anchors: [], useEnvAllowedDomains: true })).toMatchObject({
      status: 400,
      body: { code: 'invalid_parameter', details: [{ path: 'useEnvAllowedDomains' }] },
    })
  })

  test('an internationalised name is taken only if the list has it', async () => {
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
    ['JSON as text/html', bodyAnswer('text/html', JSON.stringify({ anchors: rows }))],
    ['CSV', csv('name,domain,currency,type\nAnchor one.example.org,one.example.org,USDC,on\n')],
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

  test('a directory of more than 5,000 rows is imported whole', async () => {
    const many = Array.from({ length: 12_000 }, (_, at) =>
      row(`a${at}.example.org`, { type: 'on' }),
    )
    serve(jsonAnswer(many))
    const { status, body } = await run({ downloadUrl: DOWNLOAD, dryRun: false })
    expect([status, body.totalNormalized, body.written]).toEqual([200, 12_000, 12_000])
    expect(await stored()).toHaveLength(12_000)
  })

  test('a directory that drops or changes more than half of its rows is refused with 409, unless force is true', async () => {
    const list = (count: number) =>
      serve(
        jsonAnswer(
          Array.from({ length: count }, (_, at) => row(`a${at}.example.org`, { type: 'on' })),
        ),
      )
    list(10)
    await run({ downloadUrl: DOWNLOAD, dryRun: false })
    list(4)
    const before = await service.tables()
    const refused = await run({ downloadUrl: DOWNLOAD, dryRun: false })
    const sentence = `The import is refused: it would drop 6 and change 0 of the 10 rows that ${DOWNLOAD} lists in the catalog; at most half of a directory's rows may be dropped or changed at once, unless force is true.`
    expect([refused.status, refused.body]).toMatchObject([
      409,
      { error: sentence, code: 'import_refused', docs: 'docs/errors.md#import_refused' },
    ])
    expect(await service.tables()).toEqual(before)
    expect((await run({ downloadUrl: DOWNLOAD })).body).toMatchObject({
      dryRun: true,
      written: 0,
      changes: { new: 0, changed: 0, unchanged: 4, dropped: 6 },
      refusal: sentence,
    })
    const sync = await service.ops({ action: 'sync', sourceUrl: DOWNLOAD })
    expect([sync.status, sync.body]).toMatchObject([
      502,
      { error: sentence, code: 'import_refused', refresh: { processed: 10 } },
    ])
    const forced = await service.ops({ action: 'sync', sourceUrl: DOWNLOAD, force: true })
    expect([forced.status, forced.body.import.written]).toEqual([200, 4])
    const body = { downloadUrl: DOWNLOAD, dryRun: false, force: 'true' }
    expect((await run(body)).status).toBe(200)
  })

  test('a directory follows a redirect to another public host', async () => {
    serve(redirectAnswer('https://mirror.example.org/list'))
    service.sites.set('mirror.example.org', paths({ '/list': jsonAnswer(rows) }))
    expect((await run({ downloadUrl: DOWNLOAD })).body).toMatchObject({ totalNormalized: 1 })
  })

  test.each<[string, Parameters<typeof serve>[0], RegExp]>([
    ['404', statusAnswer(404), /^Anchor directory unavailable \(404\)$/],
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
    ['broken JSON', bodyAnswer('application/json', '{"anchors":['), /JSON/],
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
  ])('%s is a 502 with its cause, and nothing is written', async (_, answer, text) => {
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

  test('a host that does not exist is a 502', async () => {
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
