import { readFileSync } from 'node:fs'
import { Keypair } from '@stellar/stellar-sdk'
import { describe, expect, test } from 'vitest'
import { limitFindings } from '../../../../../lib/anchors/check/finding.ts'
import {
  fetchStellarToml,
  readStellarToml,
} from '../../../../../lib/anchors/check/toml/stellar-toml.ts'
import { scriptedFetch } from '../../../../helpers/fetch-answer.ts'

const ACCOUNT = 'GCFIRY65OQE7DFP5KLNS2PF2LVZMUZYJX4OZIEQ36N2IQANUB5XVYOJR'
const ISSUER = 'GCATS5YOVB6ROX2WUNKGNQ2MP3GMXDMKSG2O4N5CLX3A6W4PZGZZI55U'
const CONTRACT = 'CADQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQP5KR'
const MAINNET = 'Public Global Stellar Network ; September 2015'

function fixture(name: string): string {
  return readFileSync(
    new URL(`../../../../fixtures/stellar-toml/${name}.toml`, import.meta.url),
    'utf8',
  )
}

/** Findings as `code field`, in order. */
function noted(text: string): string[] {
  return readStellarToml(text).findings.map(({ code, field }) =>
    field ? `${code} ${field}` : code,
  )
}

describe('readStellarToml', () => {
  test('a file without a fault gives every field and no finding', () => {
    expect(readStellarToml(fixture('every-field'))).toEqual({
      toml: {
        networkPassphrase: MAINNET,
        signingKey: ACCOUNT,
        webAuthContractId: CONTRACT,
        organisation: 'Kantoor Money B.V.',
        endpoints: {
          sep6: 'https://pay.kantoor.money/sep6',
          sep10: 'https://pay.kantoor.money/auth',
          sep12: 'https://pay.kantoor.money/sep12',
          sep24: 'https://pay.kantoor.money/sep24',
          sep31: 'https://pay.kantoor.money/sep31',
          sep38: 'https://pay.kantoor.money/sep38',
          sep45: 'https://pay.kantoor.money/contracts/auth',
          sep59: 'https://pay.kantoor.money/sep59',
        },
        currencies: [
          {
            code: 'EURK',
            issuer: ISSUER,
            anchorAsset: 'EUR',
            anchorAssetType: 'fiat',
            isAssetAnchored: true,
          },
          { code: 'EURC', contract: CONTRACT },
          { code: 'native' },
        ],
        accounts: [ACCOUNT],
        unusable: {},
      },
      salvaged: false,
      findings: [],
    })
  })

  test('a stray character leaves the top-level fields, and no table below replaces the signing key', () => {
    const { toml, salvaged, findings } = readStellarToml(fixture('stray-character'))
    expect(salvaged).toBe(true)
    expect(toml).toEqual({
      networkPassphrase: MAINNET,
      signingKey: ACCOUNT,
      endpoints: {
        sep10: 'https://pay.kantoor.money/auth',
        sep24: 'https://pay.kantoor.money/sep24',
      },
      accounts: [],
      currencies: [],
      unusable: {},
    })
    expect(findings).toEqual([
      {
        code: 'toml_salvaged',
        sep: 1,
        expected: 'valid TOML 1.0',
        actual: expect.stringMatching(/\(line 5, column \d+\)$/),
      },
      expect.objectContaining({ code: 'currency_incomplete', field: 'CURRENCIES[0]' }),
    ])
  })

  test('a field below a table header belongs to the table and is not used', () => {
    const { toml, findings } = readStellarToml(fixture('fields-below-table'))
    expect(toml).toEqual({
      networkPassphrase: MAINNET,
      endpoints: {},
      accounts: [],
      unusable: {},
      currencies: [{ code: 'EURK', issuer: ISSUER }],
    })
    expect(findings).toEqual([
      expect.objectContaining({
        code: 'field_in_table',
        sep: 10,
        field: 'SIGNING_KEY',
        actual: 'in CURRENCIES',
      }),
      expect.objectContaining({
        code: 'field_in_table',
        sep: 24,
        field: 'TRANSFER_SERVER_SEP0024',
      }),
    ])
  })

  test.each([
    [
      'template',
      [
        'placeholder_value NETWORK_PASSPHRASE',
        'network_passphrase_unknown NETWORK_PASSPHRASE',
        'placeholder_value WEB_AUTH_ENDPOINT',
        'endpoint_unreadable WEB_AUTH_ENDPOINT',
        'placeholder_value TRANSFER_SERVER_SEP0024',
        'placeholder_value SIGNING_KEY',
        'signing_key_malformed SIGNING_KEY',
      ],
    ],
    [
      'local-development',
      [
        'endpoint_not_https WEB_AUTH_ENDPOINT',
        'endpoint_not_public WEB_AUTH_ENDPOINT',
        'endpoint_port WEB_AUTH_ENDPOINT',
        'endpoint_not_public TRANSFER_SERVER_SEP0024',
        'endpoint_trailing_slash TRANSFER_SERVER_SEP0024',
        'endpoint_not_public DIRECT_PAYMENT_SERVER',
        'endpoint_query DIRECT_PAYMENT_SERVER',
        'kyc_server_missing KYC_SERVER',
      ],
    ],
    ['parked-page', ['toml_html']],
    ['html-around-it', ['toml_html']],
    ['empty', ['toml_empty']],
    ['curly-quotes', ['toml_unreadable']],
    ['no-passphrase', ['network_passphrase_missing NETWORK_PASSPHRASE']],
    [
      'http-endpoints',
      ['endpoint_not_https WEB_AUTH_ENDPOINT', 'endpoint_not_https TRANSFER_SERVER_SEP0024'],
    ],
    [
      'comments-and-blanks',
      ['endpoint_unreadable TRANSFER_SERVER_SEP0024', 'field_empty SIGNING_KEY'],
    ],
    ['wrong-headers', ['toml_header DOCUMENTATION', 'toml_header CURRENCIES']],
    [
      'wrong-types',
      [
        'field_wrong_type NETWORK_PASSPHRASE',
        'field_wrong_type WEB_AUTH_ENDPOINT',
        'field_wrong_type TRANSFER_SERVER_SEP0024',
        'field_wrong_type DIRECT_PAYMENT_SERVER',
        'field_wrong_type SIGNING_KEY',
        'field_wrong_type DOCUMENTATION',
        'field_wrong_type CURRENCIES',
      ],
    ],
    [
      'currencies',
      [
        'currency_without_issuer CURRENCIES[0]',
        'currency_code_malformed CURRENCIES[1].code',
        'currency_issuer_malformed CURRENCIES[2].issuer',
        'currency_contract_malformed CURRENCIES[3].contract',
        'currency_linked CURRENCIES[4]',
        'currency_code_malformed CURRENCIES[6].code',
      ],
    ],
  ])('%s.toml has exactly these findings', (name, expected) => {
    expect(noted(fixture(name))).toEqual(expected)
  })

  test.each([
    ['byte-order-mark', 'read', ['sep10', 'sep24'], undefined],
    ['tabs-and-accents', 'read', ['sep6', 'sep10'], 'Norrgrén & Søn — 北 ✨'],
    ['testnet', 'read', ['sep10', 'sep24'], undefined],
    ['copied', 'read', ['sep10', 'sep24'], 'Second Hand Pay'],
    ['prose-first', 'salvaged', ['sep10', 'sep12', 'sep31'], undefined],
    ['front-matter', 'salvaged', ['sep6'], undefined],
    ['line-break-in-list', 'salvaged', ['sep6'], undefined],
    ['repeated-header', 'salvaged', ['sep6'], undefined],
  ])('%s.toml is %s with its key and the endpoints of %j', (name, how, endpoints, organisation) => {
    const { toml, salvaged, findings } = readStellarToml(fixture(name))
    expect(toml?.signingKey).toBe(ACCOUNT)
    expect(Object.keys(toml?.endpoints ?? {})).toEqual(endpoints)
    expect(toml?.organisation).toBe(organisation)
    expect(salvaged).toBe(how === 'salvaged')
    if (!salvaged) expect(findings).toEqual([])
  })

  test('a salvage takes no value without quotes', () => {
    const { toml, salvaged } = readStellarToml(fixture('unquoted-values'))
    expect(salvaged).toBe(true)
    expect(toml).toMatchObject({ endpoints: { sep12: 'https://pay.noquotes.money/kyc' } })
    expect(toml?.signingKey).toBeUndefined()
  })

  test.each([
    ['nothing', ''],
    ['white space', ' \r\n\t\n'],
    ['a byte order mark', '\uFEFF'],
  ])('%s is an empty file', (_what, text) => {
    expect(readStellarToml(text)).toEqual({
      toml: null,
      salvaged: false,
      findings: [expect.objectContaining({ code: 'toml_empty' })],
    })
  })

  test.each([
    ['a byte order mark', `\uFEFFSIGNING_KEY = "${ACCOUNT}"`],
    ['CRLF line ends', `VERSION = "2.0.0"\r\nSIGNING_KEY = "${ACCOUNT}"\r\n`],
    ['indented keys', `   SIGNING_KEY   =   "${ACCOUNT}"`],
    ['a comment after the value', `SIGNING_KEY = "${ACCOUNT}" # ours`],
    ['spaces inside the quotes', `SIGNING_KEY = " ${ACCOUNT} "`],
    [
      'a number that no 64-bit integer holds',
      `fixed_number = 10000000000000000000000\nSIGNING_KEY = "${ACCOUNT}"`,
    ],
    ['CRLF line ends and a fault below', `SIGNING_KEY = "${ACCOUNT}"\r\nx = y\r\n`],
    ['a byte order mark and a fault below', `\uFEFFSIGNING_KEY = "${ACCOUNT}"\nx = y`],
    [
      'a hash in a comment after a single-quoted value, and a fault',
      `SIGNING_KEY = '${ACCOUNT}' # a # b\nx = y`,
    ],
  ])('a key is read despite %s', (_what, text) => {
    expect(readStellarToml(text).toml?.signingKey).toBe(ACCOUNT)
  })

  test.each([
    ['junk after the value', `SIGNING_KEY = "${ACCOUNT}" s`],
    ['an open string', `SIGNING_KEY = "${ACCOUNT}`],
    ['curly quotes', `SIGNING_KEY = “${ACCOUNT}”`],
    ['an escape', `SIGNING_KEY = "${ACCOUNT}\\"`],
    ['a bare value', `SIGNING_KEY = ${ACCOUNT}`],
    ['a table header above it', `[x]\nSIGNING_KEY = "${ACCOUNT}"\nx = y`],
    ['an array of tables above it', `[[x]]\nSIGNING_KEY = "${ACCOUNT}"\nx = y`],
    ['an open text of several lines around it', `about = """\nSIGNING_KEY = "${ACCOUNT}"\n`],
    ['a text of several lines around it', `x = y\nabout = '''\nSIGNING_KEY = "${ACCOUNT}"\n'''`],
    ['an indented, broken header above it', `  [x\nSIGNING_KEY = "${ACCOUNT}"`],
  ])('a line with %s is not salvaged', (_what, text) => {
    const { toml, salvaged, findings } = readStellarToml(text)
    expect(toml).toBeNull()
    expect(salvaged).toBe(false)
    expect(findings.map(({ code }) => code)).toEqual(['toml_unreadable'])
  })

  test('an HTML page in place of the file is quoted on one line', () => {
    expect(readStellarToml('\r\n<!doctype html>\n\t<title>For sale').findings[0]?.actual).toBe(
      '<!doctype html> <title>For sale',
    )
  })

  test('of two values of a field neither is used', () => {
    const { toml, findings } = readStellarToml(fixture('duplicate-keys'))
    expect(toml).toMatchObject({ unusable: { SIGNING_KEY: 'conflict' } })
    expect(toml?.signingKey).toBeUndefined()
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'toml_conflict', sep: 10, field: 'SIGNING_KEY' }),
    )
  })

  test.each([
    ['WEB_AUTH_ENDPOINT = "https://a.co/auth"', 'signing_key_missing SIGNING_KEY'],
    ['SIGNING_KEY = ""', 'field_empty SIGNING_KEY'],
    [`SIGNING_KEY = "${ACCOUNT.slice(0, -1)}A"`, 'signing_key_malformed SIGNING_KEY'],
    [`SIGNING_KEY = "${ACCOUNT.toLowerCase()}"`, 'signing_key_malformed SIGNING_KEY'],
    [`SIGNING_KEY = "${CONTRACT}"`, 'signing_key_malformed SIGNING_KEY'],
    [
      'WEB_AUTH_FOR_CONTRACTS_ENDPOINT = "https://a.co/auth"',
      'web_auth_contract_missing WEB_AUTH_CONTRACT_ID',
    ],
    [`WEB_AUTH_CONTRACT_ID = "${ACCOUNT}"`, 'web_auth_contract_malformed WEB_AUTH_CONTRACT_ID'],
    ['DIRECT_PAYMENT_SERVER = "https://a.co/sep31"', 'kyc_server_missing KYC_SERVER'],
    ['TRANSFER_SERVER = "ftp://a.co"', 'endpoint_unreadable TRANSFER_SERVER'],
    ['TRANSFER_SERVER = "https://"', 'endpoint_unreadable TRANSFER_SERVER'],
    ['TRANSFER_SERVER = "a.co/sep6"', 'endpoint_unreadable TRANSFER_SERVER'],
    ['TRANSFER_SERVER = "https://a.co/a b"', 'endpoint_unreadable TRANSFER_SERVER'],
    ['TRANSFER_SERVER = "https://a.co\\\\@127.0.0.1"', 'endpoint_unreadable TRANSFER_SERVER'],
    ['TRANSFER_SERVER = "https://a.co/\\u200B"', 'endpoint_unreadable TRANSFER_SERVER'],
    ['TRANSFER_SERVER = "https://a.co/\\u0000"', 'endpoint_unreadable TRANSFER_SERVER'],
    ['TRANSFER_SERVER = "https://me@a.co"', 'endpoint_unreadable TRANSFER_SERVER'],
    [`TRANSFER_SERVER = "https://a.co/${'a'.repeat(2000)}"`, 'endpoint_unreadable TRANSFER_SERVER'],
    ['TRANSFER_SERVER = "https://2130706433"', 'endpoint_not_public TRANSFER_SERVER'],
    ['TRANSFER_SERVER = "https://[::1]/x"', 'endpoint_not_public TRANSFER_SERVER'],
    ['TRANSFER_SERVER = "https://anchor"', 'endpoint_not_public TRANSFER_SERVER'],
    ['TRANSFER_SERVER = "https://a.co:8443/x"', 'endpoint_port TRANSFER_SERVER'],
    [
      'NETWORK_PASSPHRASE = "Public Global Stellar Network; September 2015"',
      'network_passphrase_unknown NETWORK_PASSPHRASE',
    ],
    [
      'NETWORK_PASSPHRASE = "Public Global Stellar Network ; September 2015 "',
      'field_blanks NETWORK_PASSPHRASE',
    ],
    ['SIGNING_KEY = " G"', 'field_blanks SIGNING_KEY'],
    ['[DOCUMENTATION]\nORG_NAME = 5', 'field_wrong_type DOCUMENTATION.ORG_NAME'],
    ['CURRENCIES = [1]', 'field_wrong_type CURRENCIES[0]'],
  ])('%s is reported', (text, expected) => {
    expect(noted(text)).toContain(expected)
  })

  test.each([
    'https://my-domain.com/x',
    'https://thedomain.com',
    'https://examples.com',
    'https://yourney.co',
  ])('%s is not a placeholder', (endpoint) => {
    expect(noted(`TRANSFER_SERVER = "${endpoint}"`)).not.toContain(
      'placeholder_value TRANSFER_SERVER',
    )
  })

  test('a secret seed in place of the key is neither kept nor repeated', () => {
    const seed = Keypair.random().secret()
    const reading = readStellarToml(
      `SIGNING_KEY = "${seed}"\nTRANSFER_SERVER = "ftp://${seed}"\nNETWORK_PASSPHRASE = "${'x'.repeat(100)} ${seed}"\n[DOCUMENTATION]\nORG_NAME = "${seed}"\n[[CURRENCIES]]\ncode = "A"\nissuer = "${seed}"`,
    )
    expect(reading.toml?.signingKey).toBeUndefined()
    expect(reading.findings.map(({ code }) => code)).toContain('signing_key_secret')
    expect(JSON.stringify(reading)).not.toContain(seed.slice(0, 12))
  })

  test('a password in an endpoint is not repeated', () => {
    const reading = readStellarToml('TRANSFER_SERVER = "https://me:hunter2@a.co/sep6"')
    expect(reading.toml?.endpoints).toEqual({})
    expect(JSON.stringify(reading)).not.toContain('hunter2')
  })

  test('keys such as __proto__ and constructor reach no prototype', () => {
    const text = `__proto__.SIGNING_KEY = "${ISSUER}"\nconstructor.prototype.x = 1\n[[CURRENCIES]]\ncode = "A"\nissuer = "${ISSUER}"\n__proto__.contract = "x"`
    expect(readStellarToml(text).toml).toEqual({
      endpoints: {},
      accounts: [],
      unusable: {},
      currencies: [{ code: 'A', issuer: ISSUER }],
    })
    expect(({} as Record<string, unknown>)['SIGNING_KEY']).toBeUndefined()
  })

  test('keeps at most 500 currencies and ten findings of a code', () => {
    const { toml, findings } = readStellarToml('[[CURRENCIES]]\ncode="A"\n'.repeat(4000))
    expect(toml?.currencies).toHaveLength(500)
    const codes = limitFindings(findings).map(({ code }) => code)
    expect(codes.filter((code) => code === 'currency_without_issuer')).toHaveLength(10)
    expect(codes).toContain('currencies_too_many')
  })

  const size = 102_400
  test.each([
    ['open arrays', '['.repeat(size)],
    ['nested arrays', `a=${'['.repeat(size)}`],
    ['nested tables', `a=${'{a='.repeat(size / 3)}`],
    ['one dotted key', `${'a.'.repeat(size / 2)}a=1`],
    ['dotted keys', `${'a.'.repeat(50)}a=1\n`.repeat(size / 105)],
    ['tables', Array.from({ length: size / 8 }, (_, i) => `[a${i}]`).join('\n')],
    ['prototype keys', '__proto__.a=1\n'.repeat(size / 14)],
    ['currencies', '[[CURRENCIES]]\n'.repeat(size / 15)],
    ['quotes', '"'.repeat(size)],
    ['spaces', `${' '.repeat(size)}x`],
    ['spaces in a line that could be salvaged', `SIGNING_KEY${' '.repeat(size)}x`],
    ['comments that could be salvaged', `SIGNING_KEY="${'#'.repeat(size)}`],
    ['key characters', 'A'.repeat(size)],
    ['placeholder openings', `SIGNING_KEY="${'<'.repeat(size)}"`],
    ['carriage returns', '\r'.repeat(size)],
    ['NUL', '\u0000'.repeat(size)],
    ['lone surrogates', 'SIGNING_KEY="\ud800"\n'.repeat(size / 17)],
    ['a long organisation', `[DOCUMENTATION]\nORG_NAME="${'\\u0000'.repeat(size / 6)}"`],
  ])('100 KB of %s are read or reported', (_what, text) => {
    const { toml, findings } = readStellarToml(text)
    expect(toml !== null || findings.length > 0).toBe(true)
    expect(JSON.stringify({ toml, findings: limitFindings(findings) }).length).toBeLessThan(100_000)
  })
})

describe('fetchStellarToml', () => {
  test('asks for the well-known path and reads at most 102,400 bytes', async () => {
    const url = 'https://kantoor.money/.well-known/stellar.toml'
    const file = { text: 'VERSION = "2.0.0"', durationMs: 12.4 }
    const { asked, fetch } = scriptedFetch({ [url]: file })
    const now = () => new Date('2026-01-02T03:04:05Z')
    const answer = await fetchStellarToml('kantoor.money', { now, fetch })
    expect(asked).toMatchObject([{ url, request: { maxBytes: 102_400, lenientText: true } }])
    expect(answer.evidence).toEqual({
      status: 200,
      durationMs: 12,
      bytes: 17,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      at: '2026-01-02T03:04:05.000Z',
    })
  })
})
