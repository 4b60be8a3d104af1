import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  exportCandidates,
  loadDirectory,
  scrapeDirectoryHome,
} from '../../../../lib/anchors/discovery/directory.ts'
import { normaliseRows } from '../../../../lib/anchors/discovery/directory-row.ts'
import { AppError } from '../../../../lib/errors.ts'
import { scriptedFetch } from '../../../helpers/fetch-answer.ts'

const HOME = 'https://anchors.example.org/'

function fixture(name: string): string {
  const file = new URL(`../../../fixtures/directory/${name}`, import.meta.url)
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(readFileSync(file))
}

function load(text: string) {
  return loadDirectory(HOME, scriptedFetch({ [HOME]: text }))
}

async function refusalOf(text: string): Promise<string> {
  const error = await load(text).catch((thrown: unknown) => thrown)
  if (!(error instanceof AppError)) throw error
  expect(error.code).toBe('source_unusable')
  return error.message
}

function listingIds(rows: readonly unknown[], allowedDomains: string[] = []) {
  return normaliseRows(rows, { network: 'mainnet', allowedDomains }).listings.map(({ id }) => id)
}

describe('a JSON directory', () => {
  test('is read with any content type, and its claims about itself are ignored', async () => {
    const { source, rows } = await load(fixture('export.json'))
    expect(source).toBe(HOME)
    expect(listingIds(rows)).toEqual([
      'plata.example.com:on-ramp:MX:MXN',
      'plata.example.com:off-ramp:MX:MXN',
      'plata.example.com:on-ramp:MX:PEN',
      'plata.example.com:off-ramp:MX:PEN',
      'plata.example.com:on-ramp:PE:MXN',
      'plata.example.com:off-ramp:PE:MXN',
      'plata.example.com:on-ramp:PE:PEN',
      'plata.example.com:off-ramp:PE:PEN',
      'krone.example.net:on-ramp:NO:nokT',
    ])
  })

  test('may key its rows by their domain', async () => {
    const expected = [
      'pay.example.org:on-ramp:ZZ:USD',
      'cash.example.org:on-ramp:ZZ:EURC',
      'cash.example.org:off-ramp:ZZ:EURC',
    ]
    expect(listingIds((await load(fixture('by-domain.json'))).rows)).toEqual(expected)
    const wrapped = await load(`{"anchors":${fixture('by-domain.json')}}`)
    expect(listingIds(wrapped.rows)).toEqual(expected)
  })

  test.each(['anchors', 'data', 'items', 'results'])(
    'may hold its rows under "%s"',
    async (key) => {
      expect((await load(JSON.stringify({ [key]: [1, 2] }))).rows).toEqual([1, 2])
      expect((await load(JSON.stringify({ data: { [key]: [1, 2] } }))).rows).toEqual([1, 2])
      expect((await load(`\uFEFF\n [1, 2]`)).rows).toEqual([1, 2])
    },
  )

  test.each([
    ['', 'is empty'],
    [' \n', 'is empty'],
    ['[]', 'no rows'],
    ['{"anchors":[]}', 'no rows'],
    ['{}', 'no list of rows'],
    ['{"anchors":5,"rows":[1]}', 'no list of rows'],
    ['{"anchors":', 'not valid JSON'],
    ['{"anchors":[{"__proto__":{"x":1}}]}', 'key "__proto__"'],
    [`${'['.repeat(70)}`, 'nested too deeply'],
    ['<!doctype html><p>Sign in', 'HTML'],
    ['\uFEFF \n<html>', 'HTML'],
    ['[{"domain":"a.example.org"}\n<<<<<<< HEAD\n]', 'not valid JSON'],
    ['{"tilejson":"3.0.0","tiles":["https://tiles.example.org/1"]}', 'no list of rows'],
    [`[${'5,'.repeat(100_000)}5]`, '100001 rows; at most 100000'],
    [`${'{}\n'.repeat(100_001)}`, '100001 rows; at most 100000'],
    ['{"domain":\n"a.example.org"', 'not valid JSON'],
  ])('that cannot be used is refused: %#', async (text, message) => {
    expect(await refusalOf(text)).toContain(message)
  })

  test('of more than 5,000 rows is read whole', async () => {
    expect((await load(JSON.stringify(Array(20_000).fill({})))).rows).toHaveLength(20_000)
  })

  test.each([
    ['{"domain":"a.example.org"}\n{"domain":"b.example.org"}', 2],
    ['{"domain":"a.example.org"}\r\n\r\n{"domain":"b.example.org"}\r\n', 2],
    ['\uFEFF{"domain":"a.example.org"}\n', 1],
  ])('of one object a line is read: %j', async (text, count) => {
    const { rows } = await load(text)
    expect(rows).toEqual([{ domain: 'a.example.org' }, { domain: 'b.example.org' }].slice(0, count))
  })

  test('of one object a line loses only the lines that cannot be read', async () => {
    const row = (domain: string) => JSON.stringify({ domain, currency: 'USD', type: 'on' })
    const broken = `{"domain":"c.example.org","__proto__":{}}`
    const { rows } = await load(`${row('a.example.org')}\n${broken}\n{"d\n${row('b.example.org')}`)
    const result = normaliseRows(rows, { network: 'mainnet', allowedDomains: [] })
    expect(result.listings.map(({ domain }) => domain)).toEqual(['a.example.org', 'b.example.org'])
    expect(result.rejected.map(({ index }) => index)).toEqual([1, 2])
  })
})

describe('a CSV directory', () => {
  test.each(['export.csv', 'export-spreadsheet.csv'])(
    'gives the same listings as the same directory in JSON: %s',
    async (file) => {
      const json = listingIds((await load(fixture('export.json'))).rows)
      expect(listingIds((await load(fixture(file))).rows)).toEqual(json)
    },
  )

  test('with a byte order mark, CRLF, quotes and lines inside quotes is read', async () => {
    const { rows } = await load(fixture('spreadsheet.csv'))
    const { listings, rejected } = normaliseRows(rows, { network: 'mainnet', allowedDomains: [] })
    expect(rejected).toEqual([])
    expect(listings.map(({ id }) => id)).toEqual([
      'uno.example.com:on-ramp:CR:USDC',
      'uno.example.com:off-ramp:CR:USDC',
      'uno.example.com:on-ramp:CR:EURC',
      'uno.example.com:off-ramp:CR:EURC',
      'uno.example.com:on-ramp:PA:USDC',
      'uno.example.com:off-ramp:PA:USDC',
      'uno.example.com:on-ramp:PA:EURC',
      'uno.example.com:off-ramp:PA:EURC',
      'two.example.com:on-ramp:ZZ:XLM',
    ])
    expect(listings[0]!.name).toBe('Casa "Uno", S.A.')
    expect(listings[8]!.name).toBe('Two lines')
  })

  test.each([
    ['domain;currency\na.example.org;USD,EUR\n', 2],
    ['domain\tcurrency\na.example.org\tUSD', 1],
    ['DOMAIN,CURRENCY\n\na.example.org,USD\n\n', 1],
  ])('with another delimiter or empty lines is read: %#', async (text, currencies) => {
    const { rows } = await load(text)
    expect(listingIds(rows)).toHaveLength(currencies * 2)
  })

  test('with a shifted line loses only that line', async () => {
    const { rows } = await load('domain,currency\na.example.org,USD,EUR\nb.example.org,USD\n')
    const result = normaliseRows(rows, { network: 'mainnet', allowedDomains: [] })
    expect(result.rejected).toEqual([{ index: 0, reason: expect.stringContaining('an array') }])
    expect(result.listings).toHaveLength(2)
  })

  test.each([
    ['domain,__proto__\na,b', 'column "__proto__"'],
    ['domain,Constructor\na,b', 'column "constructor"'],
    ['domain,currency,Domain\na,b,c', 'column "domain" twice'],
    ['home domain,home_domain\na,b', 'column "home_domain" twice'],
    [`domain${',x'.repeat(50)}\na`, '51 columns; at most 50'],
    ['name,currency\na,b', 'no CSV with a domain'],
    ['../directory/directory.json', 'no CSV with a domain'],
    ['Just a moment...', 'no CSV with a domain'],
    ['# Anchors\n\n| name | "site" |\n', 'cannot be read as CSV'],
    ['domain,currency\n', 'no rows'],
    ['domain,currency\n"a,b', 'cannot be read as CSV at line 2'],
    ['domain,currency\n"a"b,c', 'cannot be read as CSV at line 2'],
    [`domain,a,b,c\n${`${'a'.repeat(40_000)},`.repeat(3)}\n`, 'at most 100000 characters'],
    [`domain\n${'a\n'.repeat(200_000)}`, '100001 rows or more; at most 100000'],
  ])('that cannot be used is refused: %#', async (text, message) => {
    expect(await refusalOf(text)).toContain(message)
  })
})

describe('a source that does not answer is an error with its status', () => {
  test.each([
    [404, 'Anchor directory unavailable (404)'],
    [503, 'Anchor directory unavailable (503)'],
    ['timeout', 'Anchor directory unavailable (timeout)'],
    ['address_blocked', 'Anchor directory unavailable (address_blocked)'],
    ['too_large', 'Anchor directory unavailable (too_large)'],
  ] as const)('%s', async (body, message) => {
    await expect(loadDirectory(HOME, scriptedFetch({ [HOME]: body }))).rejects.toMatchObject({
      code: 'source_unavailable',
      message,
    })
  })

  test.each([
    [404, 'Anchor directory home unavailable (404)'],
    [500, 'Anchor directory home unavailable (500)'],
    ['dns_failed', 'Anchor directory home unavailable (dns_failed)'],
  ] as const)('home %s', async (body, message) => {
    await expect(scrapeDirectoryHome(HOME, scriptedFetch({ [HOME]: body }))).rejects.toMatchObject({
      code: 'source_unavailable',
      message,
    })
  })

  test('an error of our own is thrown unchanged', async () => {
    const fetch = async () => {
      throw new TypeError('bug')
    }
    await expect(loadDirectory(HOME, { fetch })).rejects.toThrow(TypeError)
    await expect(scrapeDirectoryHome(HOME, { fetch })).rejects.toThrow(TypeError)
  })
})

describe('the home page', () => {
  test('leads first to its linked export, and only on its own origin', async () => {
    const world = scriptedFetch({
      [HOME]: `${fixture('home-links.html')}${fixture('home-flight.html')}`,
      [`${HOME}data/anchors.CSV`]: 'domain,currency\nuno.example.com,USD\n',
      'https://elsewhere.example.net/anchors.json':
        '[{"domain":"evil.example.net","currency":"USD"}]',
    })
    const { source, rows } = await scrapeDirectoryHome(HOME, world)
    expect(source).toBe(`${HOME}data/anchors.CSV`)
    expect(listingIds(rows)).toHaveLength(2)
    expect(world.asked.map(({ url }) => url)).toEqual([
      HOME,
      `${HOME}app.json`,
      `${HOME}data/anchors.CSV`,
    ])
    expect(world.asked.slice(1).map(({ request }) => request.maxRedirects)).toEqual([0, 0])
  })

  test.each([
    404,
    'timeout',
    '<html>',
    '{"name":"a manifest","icons":[]}',
    '[{"name":"no domain"}]',
  ] as const)('whose exports hold no anchors is read itself: %j', async (body) => {
    const world = scriptedFetch({
      [HOME]: `${fixture('home-links.html')}${fixture('home-flight.html')}`,
      [`${HOME}app.json`]: body,
      [`${HOME}data/anchors.CSV`]: body,
      [`${HOME}anchors?view=list&page=1`]: body,
    })
    expect((await scrapeDirectoryHome(HOME, world)).source).toBe(`${HOME}#flight`)
    expect(world.asked).toHaveLength(4)
  })

  test('gives __NEXT_DATA__ rather than flight data', async () => {
    const { source, rows } = await scrapeDirectoryHome(
      HOME,
      scriptedFetch({ [HOME]: fixture('home-next-data.html') }),
    )
    expect(source).toBe(`${HOME}#__NEXT_DATA__`)
    expect(listingIds(rows)).toEqual([
      'plata.example.com:on-ramp:ZZ:MXN',
      'plata.example.com:off-ramp:ZZ:MXN',
    ])
  })

  test('gives flight data across chunks, each record once', async () => {
    const { source, rows } = await scrapeDirectoryHome(
      HOME,
      scriptedFetch({ [HOME]: fixture('home-flight.html') }),
    )
    expect(source).toBe(`${HOME}#flight`)
    expect(rows).toEqual([
      {
        name: 'Plata "Fija"',
        home_domain: 'plata.example.com',
        website: 'https://www.example.com/',
        fiat_assets: [{ code: 'MXN', website: null }],
      },
      {
        name: 'Nordkrone',
        toml_file: null,
        website: 'https://krone.example.net',
        fiat_assets: [{ code: 'NOK' }],
      },
    ])
  })

  test('without other data gives its JSON scripts', async () => {
    const page =
      '<script type="application/json">[{"name":"A","url":"https://a.example.org"}]</script>'
    const { source, rows } = await scrapeDirectoryHome(HOME, scriptedFetch({ [HOME]: page }))
    expect(source).toBe(`${HOME}#application-json`)
    expect(rows).toHaveLength(1)
  })

  test.each([
    '',
    '<p>Nothing',
    '<script>self.__next_f.push([1,"0:{}"])</script>',
    '{"anchors":[]}',
  ])('without anchors is refused with one sentence: %j', async (page) => {
    await expect(scrapeDirectoryHome(HOME, scriptedFetch({ [HOME]: page }))).rejects.toMatchObject({
      code: 'source_unusable',
      message: expect.stringContaining('Anchor directory home holds no anchors'),
    })
  })

  test('with more than 5,000 records is read whole', async () => {
    const records = Array.from({ length: 5_001 }, (_, at) => `{"name":"${at}","url":"a"}`)
    const page = `<script type="application/json">[${records}]</script>`
    const { rows } = await scrapeDirectoryHome(HOME, scriptedFetch({ [HOME]: page }))
    expect(rows).toHaveLength(5_001)
  })
})

describe('export candidates', () => {
  test.each([
    ['/anchors.json', ['https://anchors.example.org/anchors.json']],
    ['https://anchors.example.org/x.csv#part', ['https://anchors.example.org/x.csv']],
    ['/api/anchors?format=json', ['https://anchors.example.org/api/anchors?format=json']],
    ['/export', ['https://anchors.example.org/export']],
    ['/anchors.html', ['https://anchors.example.org/anchors.html']],
    ['//anchors.example.org/a.json', ['https://anchors.example.org/a.json']],
    ['', []],
    ['#anchors', []],
    ['/', []],
    ['/about', []],
    ['/?q=anchors.json', []],
    ['/directory/site.css', []],
    ['/anchors/logo.png', []],
    ['http://anchors.example.org/a.json', []],
    ['https://anchors.example.org:8443/a.json', []],
    ['https://example.org/a.json', []],
    ['//evil.example.net/a.json', []],
    ['https://anchors.example.org@evil.example.net/a.json', []],
    ['data:application/json,[]', []],
    ['javascript:alert(1).json', []],
    ['http://[', []],
  ])('%j', (link, candidates) => {
    expect(exportCandidates([link], HOME)).toEqual(candidates)
  })

  test('are at most eight, files first', () => {
    const links = Array.from({ length: 20 }, (_, at) => `/export/${at}`)
    const candidates = exportCandidates([...links, '/z.csv', '/z.csv'], HOME)
    expect(candidates).toHaveLength(8)
    expect(candidates[0]).toBe(`${HOME}z.csv`)
    expect(candidates[1]).toBe(`${HOME}export/0`)
  })
})
