import { describe, expect, test } from 'vitest'
import { readStellarToml } from '../../lib/anchors/check/stellar-toml.ts'
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
      salvaged: 22,
      toml_html: 5,
      toml_empty: 2,
      toml_unreadable: 3,
    })
  })

  test('the files that other TOML parsers accept are read strictly, except empty ones', () => {
    const differing = index.filter(
      ({ file, strict_ok }) => (kindOf(file) === 'strict') !== strict_ok,
    )
    expect(differing.map(({ file }) => kindOf(file))).toEqual(['toml_empty', 'toml_empty'])
  })

  test.each([
    [
      'moneygram-production-sep24.toml',
      'strict',
      'GD5NUMEX7LYHXGXCAD4PGW7JDMOUY2DKRGY5XZHJS5IONVHDKCJYGVCL',
      {
        sep10: 'https://stellar.moneygram.com/stellaradapterservice/auth',
        sep24: 'https://stellar.moneygram.com/stellaradapterservice/sep24',
      },
    ],
    [
      'sdf-testanchor-2026-09-27-sep45.toml',
      'strict',
      'GCHLHDBOKG2JWMJQBTLSL5XG6NO7ESXI2TAQKZXCXWXB5WI2X6W233PR',
      {
        sep6: 'https://testanchor.stellar.org/sep6',
        sep10: 'https://testanchor.stellar.org/auth',
        sep12: 'https://testanchor.stellar.org/sep12',
        sep24: 'https://testanchor.stellar.org/sep24',
        sep31: 'https://testanchor.stellar.org/sep31',
        sep38: 'https://testanchor.stellar.org/sep38',
        sep45: 'https://testanchor.stellar.org/sep45/auth',
      },
    ],
    // The first line lacks its closing quote.
    [
      'linkioafrica--link-toml-usdc--wk--2026-03-18-824227.toml',
      'salvaged',
      'GC2MQRX47W5HQOBQPRE6A6ULZIJ5NGDJKDK7NYKNX3HY5OQSOGKOJC7D',
      {
        sep6: 'https://anchor.linkio.world/sep6',
        sep10: 'https://anchor.linkio.world/auth',
        sep24: 'https://anchor.linkio.world/sep24',
      },
    ],
    [
      'linkioafrica--link-toml-usdc--wk--2026-03-19-470f9a.toml',
      'salvaged',
      'GC2MQRX47W5HQOBQPRE6A6ULZIJ5NGDJKDK7NYKNX3HY5OQSOGKOJC7D',
      {
        sep10: 'https://anchor.linkio.world/auth',
        sep24: 'https://anchor.linkio.world/sep24',
      },
    ],
    // SEP fields stand below [[CURRENCIES]].
    ['linkioafrica--link-toml-usdc--wk--2026-01-08-2a214d.toml', 'strict', undefined, {}],
    // The file is wrapped in an HTML page.
    ['linkioafrica--link-toml-usdc--wk--2026-01-08-0ec269.toml', 'toml_html', undefined, undefined],
    ['heir-io-html-parked.toml', 'toml_html', undefined, undefined],
    ['tempocrypto-html-crlf-head-only.toml', 'toml_html', undefined, undefined],
    ['joelwasike--stellar-toml--root--2023-03-15-e69de2.toml', 'toml_empty', undefined, undefined],
    [
      'glo-foundation--glo-wallet--public--2023-12-07-2670c1.toml',
      'toml_unreadable',
      undefined,
      undefined,
    ],
    // A telephone number on a line of its own, below.
    [
      'chrisloux99--ilepay-africa-anchor--public-wk--2025-09-01-6b26f1.toml',
      'salvaged',
      'GDQOE23CFSUMSVQK4Y5JHPPYK73VYCNHZHA7ENKCV37P6SUEO6XQBKPP',
      {
        sep6: 'https://jecwaulaaxwdqrchanzy.supabase.co/functions/v1/anchor-services',
        sep10: 'https://jecwaulaaxwdqrchanzy.supabase.co/functions/v1/sep10-auth',
        sep24: 'https://jecwaulaaxwdqrchanzy.supabase.co/functions/v1/anchor-services',
      },
    ],
    // Comments after the values; an empty key; "https://" as an endpoint.
    [
      'blocktransfer--py-tad3-horizon--docs-wk--2021-10-02-5faa0f.toml',
      'strict',
      undefined,
      {
        sep6: 'https://api.blocktransfer.io/transfer',
        sep10: 'https://api.anchorusd.com/webauth',
        sep12: 'https://testanchor.stellar.org/kyc',
        sep24: 'https://stellar.blocktransfer.io/transfer/',
      },
    ],
    [
      'linkioafrica--linkioafrica-github-io--wk--2021-11-29-4a9c69.toml',
      'salvaged',
      expect.stringMatching(/^GCQLPBWOQ5PAJYEEQBE7GDS/),
      {
        sep6: 'https://api.linkupio.com/transfer',
        sep10: 'https://api.linkupio.com/web_auth',
        sep31: 'https://api.linkupio.com/sep31/direct',
      },
    ],
    ['lomi-africa-template-placeholders.toml', 'strict', undefined, {}],
    [
      '2rkmy7ncfr-stack--usxmoney-site--wk--2026-02-01-60350c.toml',
      'salvaged',
      'GB3REEWWBZUZZLM6BZ2O6OEJO77OPVC23FO2UKMXAPD2ZNRLZSVDIZ4R',
      {},
    ],
  ])('%s is %s', (file, kind, signingKey, endpoints) => {
    expect(kindOf(file)).toBe(kind)
    const { toml } = read(file)
    expect(toml?.signingKey).toEqual(signingKey)
    expect(toml?.endpoints).toEqual(endpoints)
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
