import { describe, expect, test } from 'vitest'
import { readStellarToml } from '../../lib/anchors/check/toml/stellar-toml.ts'
import { referenceJson, referenceText } from './reference.ts'

const index = referenceJson<{ file: string; strict_ok: boolean }[]>(
  'corpus/stellar-toml/index.json',
)

function read(file: string) {
  return readStellarToml(referenceText(`corpus/stellar-toml/${file}`))
}

function kindOf(file: string): string {
  const { toml, salvaged, findings } = read(file)
  if (toml) return salvaged ? 'salvaged' : 'strict'
  return findings[0]?.code ?? 'silent'
}

describe('real stellar.toml files', () => {
  test('every file is read, salvaged or reported', () => {
    const counts: Record<string, number> = {}
    for (const { file } of index) counts[kindOf(file)] = (counts[kindOf(file)] ?? 0) + 1
    expect(counts).toEqual({
      strict: 109,
      salvaged: 23,
      toml_html: 5,
      toml_empty: 2,
      toml_unreadable: 2,
    })
  })

  test('files that are no valid TOML give the values that a person reads in them', () => {
    const tomls = index.flatMap(({ file }) => {
      const { toml, salvaged } = read(file)
      return salvaged && toml !== null ? [toml] : []
    })
    const sum = (count: (toml: (typeof tomls)[number]) => number) =>
      tomls.reduce((total, toml) => total + count(toml), 0)
    expect({
      endpoints: sum(({ endpoints }) => Object.keys(endpoints).length),
      keys: sum(({ signingKey }) => (signingKey === undefined ? 0 : 1)),
      sampleKeys: sum(({ unusable }) => (unusable['SIGNING_KEY'] === 'sample' ? 1 : 0)),
      currencies: sum(({ currencies }) => currencies.length),
      organisations: sum(({ organisation }) => (organisation === undefined ? 0 : 1)),
      conflicts: sum(
        ({ unusable }) => Object.values(unusable).filter((why) => why === 'conflict').length,
      ),
    }).toEqual({
      endpoints: 31,
      keys: 9,
      sampleKeys: 4,
      currencies: 18,
      organisations: 21,
      conflicts: 0,
    })
  })

  test('the files that other TOML parsers accept are read strictly, except empty ones', () => {
    const differing = index.filter(
      ({ file, strict_ok }) => (kindOf(file) === 'strict') !== strict_ok,
    )
    expect(differing.map(({ file }) => kindOf(file))).toEqual(['toml_empty', 'toml_empty'])
  })

  test.each([
    ['moneygram-production-sep24', 'strict', 'GD5NUMEX7LYH', 'sep10 sep24'],
    [
      'sdf-testanchor-2026-09-27-sep45',
      'strict',
      'GCHLHDBOKG2J',
      'sep6 sep10 sep12 sep24 sep31 sep38 sep45',
    ],
    // The first line lacks its closing quote.
    [
      'linkioafrica--link-toml-usdc--wk--2026-03-18-824227',
      'salvaged',
      'GC2MQRX47W5H',
      'sep6 sep10 sep24',
    ],
    [
      'linkioafrica--link-toml-usdc--wk--2026-03-19-470f9a',
      'salvaged',
      'GC2MQRX47W5H',
      'sep10 sep24',
    ],
    // The SEP fields are below [[CURRENCIES]].
    ['linkioafrica--link-toml-usdc--wk--2026-01-08-2a214d', 'strict', undefined, ''],
    // An HTML page is around the file.
    ['linkioafrica--link-toml-usdc--wk--2026-01-08-0ec269', 'toml_html', undefined, ''],
    ['heir-io-html-parked', 'toml_html', undefined, ''],
    ['tempocrypto-html-crlf-head-only', 'toml_html', undefined, ''],
    ['joelwasike--stellar-toml--root--2023-03-15-e69de2', 'toml_empty', undefined, ''],
    // Curly quotes are around the values.
    ['glo-foundation--glo-wallet--public--2023-12-07-2670c1', 'salvaged', undefined, ''],
    // A telephone number stands on a line of its own.
    [
      'chrisloux99--ilepay-africa-anchor--public-wk--2025-09-01-6b26f1',
      'salvaged',
      'GDQOE23CFSUM',
      'sep6 sep10 sep24',
    ],
    // Comments follow the values; a key is empty; an endpoint is "https://".
    [
      'blocktransfer--py-tad3-horizon--docs-wk--2021-10-02-5faa0f',
      'strict',
      undefined,
      'sep6 sep10 sep12 sep24',
    ],
    [
      'linkioafrica--linkioafrica-github-io--wk--2021-11-29-4a9c69',
      'salvaged',
      'GCQLPBWOQ5PA',
      'sep6 sep10 sep31',
    ],
    ['lomi-africa-template-placeholders', 'strict', undefined, ''],
    ['2rkmy7ncfr-stack--usxmoney-site--wk--2026-02-01-60350c', 'salvaged', 'GB3REEWWBZUZ', ''],
  ])('%s.toml is %s, with the key %s and the endpoints %j', (name, kind, key, endpoints) => {
    const file = `${name}.toml`
    expect(kindOf(file)).toBe(kind)
    const { toml } = read(file)
    expect(toml?.signingKey?.slice(0, 12)).toBe(key)
    expect(Object.keys(toml?.endpoints ?? {}).join(' ')).toBe(endpoints)
  })

  test.each([
    [
      'lint-broken-fixture.toml',
      [
        'network_passphrase_unknown',
        'endpoint_not_https',
        'endpoint_trailing_slash',
        'signing_key_missing',
        'kyc_server_missing',
        'currency_code_malformed',
        'currency_without_issuer',
        'account_malformed',
      ],
    ],
    ['testanchor-http-endpoints.toml', ['endpoint_not_https', 'endpoint_not_https']],
    ['linkioafrica--link-toml-usdc--wk--2026-01-08-2a214d.toml', Array(5).fill('field_in_table')],
    ['moneygram-mgusd-2026-09-30.toml', ['network_passphrase_missing']],
    ['moneygram-production-sep24.toml', []],
  ])('%s has its known faults', (file, expected) => {
    const codes = read(file).findings.map(({ code }) => code)
    expect(codes.filter((code) => code !== 'placeholder_value')).toEqual(expected)
  })
})
