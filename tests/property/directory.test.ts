import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isCountryCode, readCountry } from '../../lib/anchors/discovery/country.ts'
import { loadDirectory } from '../../lib/anchors/discovery/directory.ts'
import { findAnchorRecords, readDirectoryPage } from '../../lib/anchors/discovery/directory-page.ts'
import { normaliseRows } from '../../lib/anchors/discovery/directory-row.ts'
import { AppError } from '../../lib/errors.ts'
import { JsonRefusedError, parseSafeJson } from '../../lib/safe-json.ts'
import { parseHomeDomain } from '../../lib/stellar/home-domain.ts'
import { fetchAnswer } from '../helpers/fetch-answer.ts'

const key = fc.constantFrom(
  ...'domain home_domain homeDomain website url toml_file name org country countries'.split(' '),
  ...'country_code locations currency currencies asset_codes fiat_assets assets'.split(' '),
  ...'type flow supports_deposit Off-Ramp __proto__ constructor toString'.split(' '),
)
const word = fc.oneof(
  fc.constantFrom(
    ...'pay.example.org https://a.example.net/x xn--bcher-kva.example.org 127.0.0.1'.split(' '),
    ...'bücher.example.org MX Peru MX;PE|Atlantis ZZ USD usdT,EUR on both yes no __proto__'.split(
      ' ',
    ),
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const value = fc.oneof(
  { weight: 5, arbitrary: word },
  { weight: 2, arbitrary: fc.array(word, { maxLength: 4 }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.dictionary(fc.constantFrom('code', 'name', 'country'), word), {
      maxLength: 3,
    }),
  },
  { weight: 1, arbitrary: fc.jsonValue() },
)
// JSON.parse makes "__proto__" an own key, as it stands in a body.
const row = fc
  .array(fc.tuple(key, value), { maxLength: 8 })
  .map((fields) =>
    JSON.parse(
      `{${fields.map(([name, held]) => `${JSON.stringify(name)}:${JSON.stringify(held)}`)}}`,
    ),
  )

function pollution(): string[] {
  return Object.keys(Object.prototype)
}

test('any rows become listings within the bounds or rejected rows, and nothing is thrown', () => {
  const rows = fc.array(
    fc.oneof({ weight: 4, arbitrary: row }, { weight: 1, arbitrary: fc.jsonValue() }),
    {
      maxLength: 6,
    },
  )
  const allowed = fc.constantFrom([], ['pay.example.org'], ['*.example.org', '*.example.net'])
  fc.assert(
    fc.property(
      rows,
      allowed,
      fc.constantFrom('mainnet', 'testnet'),
      (source, allowedDomains, network) => {
        const result = normaliseRows(source, { network, allowedDomains })
        expect(pollution()).toEqual([])
        expect(result.listings.length).toBeLessThanOrEqual(1_000 * source.length)
        expect(result.skippedSourceRows).toBeLessThanOrEqual(source.length)
        expect(result.rejected.length).toBeLessThanOrEqual(2 * source.length)
        expect(new Set(result.listings.map(({ id }) => id)).size).toBe(result.listings.length)
        for (const { id, name, domain, country, currency, type } of result.listings) {
          expect(id).toBe(
            `${network === 'testnet' ? 'testnet:' : ''}${domain}:${type}:${country}:${currency}`,
          )
          expect(parseHomeDomain(domain)).toBe(domain)
          expect(isCountryCode(country)).toBe(true)
          expect(currency).toMatch(/^[A-Za-z0-9]{1,12}$/)
          expect([...name].length).toBeLessThanOrEqual(100)
          expect(name).toMatch(/^[^\p{C}\p{Default_Ignorable_Code_Point}]+$/u)
          expect(name.normalize('NFC')).toBe(name)
        }
        for (const { index, reason } of result.rejected) {
          expect(index).toBeLessThan(source.length)
          expect(reason.length).toBeLessThan(1_000)
          expect(reason).not.toMatch(/\p{C}/u)
        }
      },
    ),
    { numRuns: 3_000 },
  )
})

test('a listing read as a row again is the same listing', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 3 }), (rows) => {
      const options = {
        network: 'mainnet',
        allowedDomains: ['*.example.org', '*.example.net'],
      } as const
      const { listings } = normaliseRows(rows, options)
      // A row of one country and one currency says itself that it serves this pair.
      expect(normaliseRows(listings, options)).toEqual({
        listings: listings.map((listing) => ({ ...listing, pairing: 'given' })),
        rejected: [],
        rejectedByDomain: 0,
        passedOver: [],
        skippedSourceRows: 0,
      })
    }),
    { numRuns: 2_000 },
  )
})

test('a country is a code or null for every text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const code = readCountry(text)
      expect(code === null || isCountryCode(code)).toBe(true)
    }),
    { numRuns: 3_000 },
  )
})

test('JSON is read as JSON.parse reads it, or it is refused', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), (text) => {
      fc.pre(!/"(?:__proto__|constructor|prototype)":/.test(text))
      expect(parseSafeJson(text)).toEqual(JSON.parse(text))
    }),
    { numRuns: 2_000 },
  )
  const scrap = fc.constantFrom(...'{}[]"\\:, \n1a', '\\u005f', '__proto__')
  fc.assert(
    fc.property(fc.array(scrap, { maxLength: 30 }), (scraps) => {
      try {
        expect(JSON.stringify(parseSafeJson(scraps.join('')))).not.toContain('"__proto__":')
      } catch (error) {
        expect(error).toBeInstanceOf(JsonRefusedError)
      }
    }),
    { numRuns: 5_000 },
  )
})

const load = (text: string) =>
  loadDirectory('https://directory.example.org/', {
    fetch: async (url) => fetchAnswer(url, { text }),
  })

test('any text is a directory of at most as many rows as characters, or is refused with an AppError', async () => {
  const scrap = fc.oneof(
    fc.constantFrom('domain', 'currency', '__proto__', '\r\n', ...',"\n\uFEFF[{}]<;'),
    fc.string({ unit: 'binary', maxLength: 5 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(scrap, { maxLength: 30 }), async (scraps) => {
      const text = scraps.join('')
      try {
        expect((await load(text)).rows.length).toBeLessThanOrEqual(text.length)
      } catch (error) {
        expect(error).toBeInstanceOf(AppError)
      }
      expect(pollution()).toEqual([])
    }),
    { numRuns: 2_000 },
  )
})

test('a written CSV is read with the same cells', async () => {
  const cell = fc
    .array(fc.constantFrom('a', 'é', '"', ',', '\n', '\r\n', ';', ' ', '=1', '__proto__'), {
      maxLength: 6,
    })
    .map((parts) => parts.join('').trim())
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }),
      fc.constantFrom('\n', '\r\n'),
      async (cells, lineEnd) => {
        const lines = cells.map((pair) => pair.map(quoted).join(','))
        const { rows } = await load(['domain,name', ...lines, ''].join(lineEnd))
        expect(rows).toEqual(cells.map(([domain, name]) => ({ domain, name })))
      },
    ),
    { numRuns: 1_000 },
  )
})

test('every record in a page is found again among any other text', async () => {
  const record = fc.record({
    name: fc.string({ unit: 'grapheme', maxLength: 20 }),
    website: fc.oneof(fc.webUrl(), fc.constant(null)),
    fiat_assets: fc.array(fc.record({ code: fc.string({ maxLength: 5 }) }), { maxLength: 3 }),
  })
  const noise = fc
    .oneof(fc.json(), fc.string({ unit: 'binary' }))
    .map((text) => `${JSON.stringify(text)}\n`)
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { maxLength: 5 }),
      noise,
      fc.nat(),
      async (records, before, cut) => {
        const flight = `${before}7:["$","p",null,${JSON.stringify({ list: records })}]\n`
        const at = cut % flight.length
        const chunks = [flight.slice(0, at), flight.slice(at)].map(
          (chunk) =>
            `<script>self.__next_f.push([1,${JSON.stringify(chunk).replaceAll('<', '\\u003c')}])</script>`,
        )
        const page = await readDirectoryPage(chunks.join('<p>'))
        const distinct = [...new Map(records.map((each) => [JSON.stringify(each), each])).values()]
        expect(findAnchorRecords(page.flight, 100)).toEqual(distinct)
      },
    ),
    { numRuns: 500 },
  )
})

test('any page is read without an error', async () => {
  const scrap = fc.oneof(
    fc.constantFrom(
      ...['<script', '</script>', '<a href=', '{"name":', '"url":', '&#x', '<!--', '<title>'],
      ...[' id="__NEXT_DATA__"', 'self.__next_f.push([1,"', ...'>"\'}[\\&;\n'],
    ),
    fc.string({ unit: 'binary', maxLength: 5 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(scrap, { maxLength: 40 }), async (scraps) => {
      const page = await readDirectoryPage(scraps.join(''))
      for (const text of [page.nextData, page.flight, ...page.jsonScripts])
        findAnchorRecords(text, 100)
      expect(pollution()).toEqual([])
    }),
    { numRuns: 3_000 },
  )
})
