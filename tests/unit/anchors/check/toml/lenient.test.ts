import { describe, expect, test } from 'vitest'
import { readLeniently } from '../../../../../lib/anchors/check/toml/lenient.ts'
import { noteRepairs, readStellarToml } from '../../../../../lib/anchors/check/toml/stellar-toml.ts'

const KEY = 'GCFIRY65OQE7DFP5KLNS2PF2LVZMUZYJX4OZIEQ36N2IQANUB5XVYOJR'
const ISSUER = 'GCATS5YOVB6ROX2WUNKGNQ2MP3GMXDMKSG2O4N5CLX3A6W4PZGZZI55U'
const SEP1_KEY = 'GBBHQ7H4V6RRORKYLHTCAWP6MOHNORRFJSDPXDFYDGJB2LPZUFPXUEW3'
const CIRCLE = 'GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN'
const SIGNING = `SIGNING_KEY = "${KEY}"`
const SEP24 = 'TRANSFER_SERVER_SEP0024 = "https://a.co/sep24"'
const EURK = `[[CURRENCIES]]\ncode = "EURK"\nissuer = "${ISSUER}"`
/** Makes any text invalid, and stands for itself. */
const STRAY = 'Our file, version 2'

function read(...lines: string[]) {
  const { toml, salvaged, findings } = readStellarToml(lines.join('\n'))
  expect(salvaged).toBe(true)
  const noted = findings
    .filter(({ code }) => code !== 'toml_salvaged' && code !== 'network_passphrase_missing')
    .map(({ code, field }) => (field === undefined ? code : `${code} ${field}`))
  return { ...toml, noted }
}

describe('a stellar.toml that is not valid TOML', () => {
  test('gives identity, accounts, currencies and organisation', () => {
    const text = [
      STRAY,
      SIGNING,
      SEP24,
      `ACCOUNTS = [ # ours\n  "${KEY}",\n  "${ISSUER}",\n]`,
      '[DOCUMENTATION]\nORG_NAME = "Kantoor"',
      `${EURK}\nimage = "https://a.co/eurk.png"s\nis_asset_anchored = true\nanchor_asset_type = "fiat"\nanchor_asset = "EUR"`,
    ]
    expect(read(...text)).toEqual({
      signingKey: KEY,
      organisation: 'Kantoor',
      accounts: [KEY, ISSUER],
      endpoints: { sep24: 'https://a.co/sep24' },
      currencies: [
        {
          code: 'EURK',
          issuer: ISSUER,
          anchorAsset: 'EUR',
          anchorAssetType: 'fiat',
          isAssetAnchored: true,
        },
      ],
      unusable: {},
      noted: [],
    })
  })

  test.each([
    [
      'a value with a stray character',
      'NETWORK_PASSPHRASE = "Test SDF Network ; September 2015" s',
    ],
    ['a value without quotes', 'NETWORK_PASSPHRASE = Test SDF Network ; September 2015'],
    ['a value with curly quotes', 'NETWORK_PASSPHRASE = “Test SDF Network ; September 2015”'],
    ['a missing equals sign', 'NETWORK_PASSPHRASE "Test SDF Network ; September 2015"'],
    ['a colon', 'NETWORK_PASSPHRASE: "Test SDF Network ; September 2015"'],
    ['a key in curly quotes', '“NETWORK_PASSPHRASE” = "Test SDF Network ; September 2015"'],
    ['a bullet before it', '- NETWORK_PASSPHRASE = "Test SDF Network ; September 2015"'],
    ['a dotted key', 'NETWORK_PASSPHRASE.x = "Test SDF Network ; September 2015"\nx = y'],
    [
      'a key that the line above begins',
      'OLD_\nNETWORK_PASSPHRASE = "Test SDF Network ; September 2015"',
    ],
    ['an open array', 'NETWORK_PASSPHRASE = [\n"Test SDF Network ; September 2015"\nx = y'],
  ])('tells a field with %s as unreadable, not as absent', (_what, line) => {
    expect(read(line, SEP24)).toMatchObject({
      endpoints: { sep24: 'https://a.co/sep24' },
      unusable: { NETWORK_PASSPHRASE: 'unreadable' },
      noted: expect.arrayContaining(['field_unreadable NETWORK_PASSPHRASE']),
    })
  })

  test.each([
    ['two values', [SIGNING, `SIGNING_KEY = "${ISSUER}"`], 'conflict'],
    ['a value and an unreadable line', [SIGNING, `SIGNING_KEY = "${KEY}" s`], 'conflict'],
    ['an unreadable line and a value', [`SIGNING_KEY = ${KEY}`, SIGNING], 'conflict'],
    ['two unreadable lines', ['SIGNING_KEY = a', 'SIGNING_KEY = b'], 'unreadable'],
    ['values of two types', [SIGNING, 'SIGNING_KEY = 1'], 'conflict'],
    ['a quoted and a bare key', [SIGNING, `"SIGNING_KEY" = "${ISSUER}"`], 'conflict'],
  ])('uses no field that has %s', (_what, lines, why) => {
    const { signingKey, unusable } = read(SEP24, ...lines)
    expect(signingKey).toBeUndefined()
    expect(unusable).toEqual({ SIGNING_KEY: why })
  })

  test('uses a field that is given twice with one value, and notes it', () => {
    expect(read(SIGNING, SIGNING)).toMatchObject({
      signingKey: KEY,
      unusable: {},
      noted: ['toml_duplicate_key SIGNING_KEY'],
    })
  })

  test.each([
    ['a comment of TOML', `# SIGNING_KEY = "${ISSUER}"`],
    ['a comment of another language', `// SIGNING_KEY = "${ISSUER}"`],
    ['a section', `[[PRINCIPALS]]\nSIGNING_KEY = "${ISSUER}"`],
    ['a link of Markdown above it', `[our site](https://a.co)\nSIGNING_KEY = "${ISSUER}"`],
  ])('takes no value from %s', (_what, lines) => {
    expect(read(STRAY, SIGNING, lines)).toMatchObject({ signingKey: KEY, unusable: {} })
  })

  test.each([
    ['an array that is never closed', `ACCOUNTS = ["${KEY}",`, 'ACCOUNTS'],
    [
      'an array of several lines that is never closed',
      `ACCOUNTS = [\n"${KEY}",\n"${ISSUER}"`,
      'ACCOUNTS',
    ],
    ['an inline table that is never closed', '[VALIDATORS]\nHOST = { a = 1', 'HOST'],
  ])('drops %s and reads on', (_what, lines, field) => {
    expect(read(SIGNING, lines, EURK)).toMatchObject({
      signingKey: KEY,
      accounts: [],
      currencies: [{ code: 'EURK', issuer: ISSUER }],
      noted: expect.arrayContaining([`toml_unclosed ${field}`]),
    })
  })

  test('takes no key from inside an inline table of several lines', () => {
    const { signingKey } = read(STRAY, SEP24, `x = {\nSIGNING_KEY = "${ISSUER}"\n}`)
    expect(signingKey).toBeUndefined()
  })

  test('believes what stands above a text that is never closed, and nothing that the rest gives again', () => {
    expect(
      read(
        SIGNING,
        SEP24,
        'ABOUT = """',
        SEP24.replace('a.co', 'b.co'),
        'KYC_SERVER = "https://a.co"',
        EURK,
      ),
    ).toMatchObject({
      signingKey: KEY,
      endpoints: {},
      currencies: [],
      unusable: { TRANSFER_SERVER_SEP0024: 'conflict', KYC_SERVER: 'unreadable' },
      noted: expect.arrayContaining(['toml_unclosed ABOUT']),
    })
  })

  test.each([
    ['a text that has lost its beginning', ['about = ""', SIGNING, '"""']],
    [
      'a text that has lost its beginning and ends behind a value',
      ['about = ""', `${SIGNING} """`],
    ],
    [
      'a text that has lost its beginning and ends in a comment',
      ['about = ""', SIGNING, '# """', 'x = y'],
    ],
  ])('believes nothing around %s', (_what, lines) => {
    const { toml, findings } = readStellarToml(lines.join('\n'))
    expect(toml).toBeNull()
    expect(findings.map(({ code }) => code)).toEqual(['toml_unreadable'])
  })

  test('believes what stands above a damaged beginning of a text', () => {
    const about = 'ABOUT = ""We pay out\nKYC_SERVER = "https://a.co"\neverywhere."""'
    expect(read(SIGNING, '[DOCUMENTATION]\nORG_NAME = "K"', about, EURK)).toMatchObject({
      signingKey: KEY,
      organisation: 'K',
      currencies: [],
      unusable: { KYC_SERVER: 'unreadable' },
      noted: ['toml_unclosed ABOUT', 'field_unreadable KYC_SERVER'],
    })
  })

  test('reads a text of several lines that is whole, and nothing inside it', () => {
    const about = `ABOUT = """\nSIGNING_KEY = "${ISSUER}"\n"quoted" ""\\"" end"""`
    expect(read(STRAY, about, SIGNING)).toMatchObject({ signingKey: KEY, unusable: {} })
  })

  test.each([
    [
      'single brackets around CURRENCIES',
      `[CURRENCIES]\ncode = "EURK"\nissuer = "${ISSUER}"`,
      'CURRENCIES',
    ],
    [
      'double brackets around DOCUMENTATION',
      `${EURK}\n[[DOCUMENTATION]]\nORG_NAME = "K"`,
      'DOCUMENTATION',
    ],
  ])('reads %s with a finding, whether the file is valid or not', (_what, lines, field) => {
    for (const text of [`${SIGNING}\n${lines}`, `${STRAY}\n${SIGNING}\n${lines}`]) {
      const { toml, findings } = readStellarToml(text)
      expect(toml?.currencies).toEqual([{ code: 'EURK', issuer: ISSUER }])
      expect(toml?.organisation).toBe(field === 'DOCUMENTATION' ? 'K' : undefined)
      expect(findings).toContainEqual(expect.objectContaining({ code: 'toml_header', field }))
    }
  })

  test('reads each table of a repeated [CURRENCIES] as a currency', () => {
    const table = (code: string) => `[CURRENCIES]\ncode = "${code}"\nissuer = "${ISSUER}"`
    expect(read(table('A'), table('B')).currencies).toEqual([
      { code: 'A', issuer: ISSUER },
      { code: 'B', issuer: ISSUER },
    ])
  })

  test('reads an array of inline tables as currencies', () => {
    const inline = `CURRENCIES = [ { code = "EURK", issuer = "${ISSUER}" } ]`
    expect(read(STRAY, inline).currencies).toEqual([{ code: 'EURK', issuer: ISSUER }])
  })

  test('believes neither of two DOCUMENTATION tables', () => {
    const table = '[DOCUMENTATION]\nORG_NAME = '
    expect(read(SIGNING, `${table}"A"`, `${table}"B"`).organisation).toBeUndefined()
  })

  test.each([
    ['an unreadable issuer', `[[CURRENCIES]]\ncode = "EURK"\nissuer = “${ISSUER}”`],
    [
      'an issuer with a wrong checksum',
      `[[CURRENCIES]]\ncode = "EURK"\nissuer = "${ISSUER.slice(1)}A"`,
    ],
    ['two codes, as behind a lost header', `${EURK}\ncode = "EURC"\nissuer = "${ISSUER}"`],
    ['an unreadable code', `[[CURRENCIES]]\ncode = EURK\nissuer = "${ISSUER}"`],
    ['no issuer', '[[CURRENCIES]]\ncode = "EURK"'],
    ['the code XLM and a stray line', `[[CURRENCIES]]\ncode = "XLM"\niss uer = "${ISSUER}"`],
  ])('leaves out a currency with %s', (_what, currency) => {
    const { currencies, noted } = read(STRAY, SIGNING, currency)
    expect(currencies).toEqual([])
    expect(noted).toContain('currency_incomplete CURRENCIES[0]')
  })

  test.each([
    ['a line that cannot be read', 'is_asset_anchored = false s\nanchor_asset = "USD"'],
    [
      'a line that holds two statements',
      'decimals = 7is_asset_anchored = false\nanchor_asset = "USD"',
    ],
    ['a stray line', 'is_asset\n_anchored = false\nanchor_asset = "USD"'],
    ['two values', 'anchor_asset = "USD"\nanchor_asset = "EUR"'],
  ])('says nothing of what an asset stands for where %s could change it', (_what, lines) => {
    expect(read(SIGNING, `${EURK}\n${lines}`).currencies).toEqual([
      { code: 'EURK', issuer: ISSUER },
    ])
  })

  test.each([
    '[[CURRENCIES]',
    'CURRENCIES]]',
    '[[CURRENCIES',
    '“[[CURRENCIES]]”',
    'name = "Euro"[[CURRENCIES]]',
    '[[CURRENCIES]] and more',
    'name = "Euro"[custom]',
    'desc = """Euro\n"""[[PRINCIPALS]]',
    'list = [\n"x"\n][custom]',
  ])('reads nothing below the damaged header %s', (header) => {
    const below = `${header}\nSIGNING_KEY = "${ISSUER}"\ncode = "EURC"\nissuer = "${ISSUER}"`
    expect(read(SIGNING, EURK, below)).toMatchObject({
      signingKey: KEY,
      currencies: [{ code: 'EURK', issuer: ISSUER }],
      unusable: {},
    })
  })

  test('reads a file with carriage returns alone, with a finding', () => {
    const text = [
      'VERSION = "2"',
      SIGNING,
      `[[CURRENCIES]]`,
      'code = "EURK"',
      `issuer = "${ISSUER}"`,
    ]
    expect(read(text.join('\r'))).toMatchObject({
      signingKey: KEY,
      currencies: [{ code: 'EURK', issuer: ISSUER }],
      noted: ['toml_line_ends'],
    })
  })

  test('takes no key behind a carriage return in the middle of a line', () => {
    expect(read(SEP24, `about = "a\rSIGNING_KEY = "${KEY}"`).signingKey).toBeUndefined()
  })

  test('is not believed at all when more than 1,000 of its statements cannot be read', () => {
    const faults = `${EURK}\nissuer = x\n`.repeat(1_001)
    expect(readStellarToml(`${SIGNING}\n${faults}`).toml).toBeNull()
  })
})

describe('fields of a stellar.toml', () => {
  test.each([
    ['QUOTE_SERVER', 'ANCHOR_QUOTE_SERVER', 38],
    ['quote_server', 'ANCHOR_QUOTE_SERVER', 38],
    ['TRANSFER_SERVER_SEP24', 'TRANSFER_SERVER_SEP0024', 24],
    ['TRANSFER_SERVER_0024', 'TRANSFER_SERVER_SEP0024', 24],
    ['TRANSFER_SERVER_SEP_24', 'TRANSFER_SERVER_SEP0024', 24],
    ['transfer_server_sep0024', 'TRANSFER_SERVER_SEP0024', 24],
    ['TRANSFER_SERVER_SEP6', 'TRANSFER_SERVER', 6],
    ['WEB_AUTH_SERVER', 'WEB_AUTH_ENDPOINT', 10],
    ['KYC_SERVER_SEP12', 'KYC_SERVER', 12],
    ['DirectPaymentServer', 'DIRECT_PAYMENT_SERVER', 31],
    ['EXTERNAL_ACCOUNTS_SERVER', 'EXTERNAL_ACCOUNT_SERVER', 59],
    ['network_passphrase', 'NETWORK_PASSPHRASE', 1],
    ['Signing_Key', 'SIGNING_KEY', 10],
  ])('%s is noted as a wrong name of %s and not used', (key, field, sep) => {
    for (const text of [
      `${key} = "https://a.co/x"`,
      `${STRAY}\n${key} = "https://a.co/x"\nVERSION = 1`,
    ]) {
      const { toml, findings } = readStellarToml(text)
      expect(toml?.endpoints ?? {}).toEqual({})
      if (toml === null) continue
      expect(findings).toContainEqual(
        expect.objectContaining({ code: 'field_misnamed', field, sep, actual: key }),
      )
    }
  })

  test.each([
    'AUTH_SERVER',
    'FEDERATION_SERVER',
    'HORIZON_URL',
    'URI_REQUEST_SIGNING_KEY',
    'VERSION',
  ])('%s is a name of its own', (key) => {
    expect(readStellarToml(`${key} = "x"`).findings.map(({ code }) => code)).toEqual([
      'network_passphrase_missing',
    ])
  })

  test('a wrong name beside the right one is not noted', () => {
    const { findings } = readStellarToml(`${SEP24}\nTRANSFER_SERVER_SEP24 = "https://a.co/old"`)
    expect(findings.map(({ code }) => code)).not.toContain('field_misnamed')
  })

  test('sample accounts of the SEPs are refused by name wherever they stand', () => {
    const { toml, findings } = readStellarToml(
      `SIGNING_KEY = "${SEP1_KEY}"\nACCOUNTS = ["${SEP1_KEY}", "${KEY}"]\n[[CURRENCIES]]\ncode = "BRL"\nissuer = "${SEP1_KEY}"`,
    )
    expect(toml).toEqual({
      accounts: [KEY],
      endpoints: {},
      currencies: [],
      unusable: { SIGNING_KEY: 'sample' },
    })
    expect(findings.filter(({ code }) => code === 'placeholder_key')).toMatchObject([
      { field: 'SIGNING_KEY', sep: 10 },
      { field: 'CURRENCIES[0].issuer', sep: 1 },
      { field: 'ACCOUNTS[0]', sep: 1 },
    ])
  })

  test('the issuer of USDC stands in the examples of the SEPs and is real', () => {
    const { toml } = readStellarToml(`[[CURRENCIES]]\ncode = "USDC"\nissuer = "${CIRCLE}"`)
    expect(toml?.currencies).toEqual([{ code: 'USDC', issuer: CIRCLE }])
  })

  test.each([
    ['NETWORK_PASSPHRASE = 7', 'NETWORK_PASSPHRASE', 'wrong_type'],
    ['NETWORK_PASSPHRASE = " "', 'NETWORK_PASSPHRASE', 'empty'],
    ['NETWORK_PASSPHRASE = "{{NETWORK}}"', 'NETWORK_PASSPHRASE', 'placeholder'],
    ['NETWORK_PASSPHRASE = "Public\uFFFD"', 'NETWORK_PASSPHRASE', 'unreadable'],
    ['SIGNING_KEY = "<your key>"', 'SIGNING_KEY', 'placeholder'],
    ['WEB_AUTH_ENDPOINT = "{{BASE}}/auth"', 'WEB_AUTH_ENDPOINT', 'placeholder'],
    ['WEB_AUTH_ENDPOINT = "a.co/auth"', 'WEB_AUTH_ENDPOINT', 'unreadable'],
    ['WEB_AUTH_CONTRACT_ID = "C"', 'WEB_AUTH_CONTRACT_ID', 'unreadable'],
  ])('%s is there and gives no value', (text, field, why) => {
    const { toml, findings } = readStellarToml(text)
    expect(toml?.unusable).toEqual({ [field]: why })
    const missing = field === 'NETWORK_PASSPHRASE' ? [] : ['network_passphrase_missing']
    const codes = findings.map(({ code }) => code).filter((code) => code.endsWith('_missing'))
    expect(codes).toEqual(missing)
  })
})

describe('bytes of a stellar.toml that are not UTF-8', () => {
  test('a statement that holds one gives no value, and everything else is read', () => {
    const { toml, findings } = readStellarToml(
      `${SIGNING} # cl\uFFFD\n${SEP24}\nKYC_SERVER = "https://a.co/\uFFFD"\n[DOCUMENTATION]\nORG_NAME = "Caf\uFFFD"\n${EURK}\nanchor_asset = "\uFFFD"`,
    )
    expect(toml).toEqual({
      signingKey: KEY,
      accounts: [],
      endpoints: { sep24: 'https://a.co/sep24' },
      currencies: [{ code: 'EURK', issuer: ISSUER }],
      unusable: { KYC_SERVER: 'unreadable' },
    })
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'field_unreadable', field: 'DOCUMENTATION.ORG_NAME' }),
    )
  })

  test('what was repaired is told', () => {
    expect(noteRepairs({ encoding: 'utf-16le', contentEncoding: 'none' })).toMatchObject([
      { code: 'toml_encoding', actual: 'utf-16le' },
      { code: 'toml_content_encoding', actual: 'none' },
    ])
    expect(noteRepairs({})).toEqual([])
  })
})

describe('the work of a lenient reading', () => {
  const shapes: [string, (size: number) => string][] = [
    ['keys without a value', (size) => 'code=\n'.repeat(size / 6)],
    ['currencies that cannot be read', (size) => '[[CURRENCIES]]\ncode=x\n'.repeat(size / 22)],
    ['currencies that can', (size) => `${EURK}\n`.repeat(size / 92)],
    ['one value given again', (size) => `${SIGNING}\n`.repeat(size / 73)],
    [
      'a long value and short ones',
      (size) => `ACCOUNTS=["${'x'.repeat(size / 2)}"]\n${'ACCOUNTS=1\n'.repeat(size / 22)}`,
    ],
    ['open brackets', (size) => 'ACCOUNTS=[\n'.repeat(size / 11)],
    ['one open array', (size) => `ACCOUNTS=[\n${'"x",\n'.repeat(size / 5)}`],
    ['nested brackets', (size) => `SIGNING_KEY=${'['.repeat(size)}`],
    ['nested tables', (size) => `SIGNING_KEY=${'{a='.repeat(size / 3)}`],
    ['open texts', (size) => `a="""${'\\'.repeat(size)}`],
    ['texts of several lines', (size) => 'a="""\n"""\n'.repeat(size / 10)],
    ['headers', (size) => '[x]\n'.repeat(size / 4)],
    ['spaces in a header', (size) => `[${' '.repeat(size)}x`],
    ['spaces behind a key', (size) => `SIGNING_KEY${' '.repeat(size)}x`],
    ['quotes', (size) => `SIGNING_KEY=${'" '.repeat(size / 2)}`],
    [
      'statements that mention an asset',
      (size) => `[[CURRENCIES]]\n${'x="asset"\n'.repeat(size / 10)}`,
    ],
  ]

  test.each(shapes)('grows with the length of the text: %s', (_what, shape) => {
    const stepsOf = (size: number) => readLeniently(`${SEP24}\n${shape(size)}`)?.steps ?? 0
    expect(stepsOf(6_400)).toBeGreaterThan(0)
    for (const size of [12_800, 25_600, 51_200, 102_400]) {
      // Each character is looked at once, and given to the TOML parser once.
      expect(stepsOf(size)).toBeLessThanOrEqual(2 * (size + 500))
    }
  })
})
