import { describe, expect, test } from 'vitest'
import { normaliseRows } from '../../../../lib/anchors/discovery/directory-row.ts'

const BASE = { domain: 'pay.example.org', currency: 'USD', country: 'MX', type: 'deposit' }

function normalise(row: unknown, allowedDomains: string[] = []) {
  return normaliseRows([row], { network: 'mainnet', allowedDomains })
}

function only(row: unknown, allowedDomains: string[] = []) {
  const result = normalise(row, allowedDomains)
  expect(result.rejected).toEqual([])
  expect(result.listings).toHaveLength(1)
  return result.listings[0]!
}

function reasonFor(row: unknown): string {
  const result = normalise(row)
  expect(result).toMatchObject({
    listings: [],
    skippedSourceRows: 1,
    rejectedByDomain: 0,
    passedOver: [],
  })
  expect(result.rejected).toHaveLength(1)
  return result.rejected[0]!.reason
}

test('a row gives one listing per country, currency and direction, under the documented id', () => {
  const row = {
    name: 'Casa Uno',
    domain: 'pay.example.org',
    countries: ['MX', 'PE'],
    currencies: ['USD', 'usdT'],
  }
  const { listings, ...counts } = normalise(row)
  expect(counts).toEqual({
    skippedSourceRows: 0,
    rejected: [],
    rejectedByDomain: 0,
    passedOver: [],
  })
  expect(listings.map(({ id }) => id)).toEqual([
    'pay.example.org:on-ramp:MX:USD',
    'pay.example.org:off-ramp:MX:USD',
    'pay.example.org:on-ramp:MX:usdT',
    'pay.example.org:off-ramp:MX:usdT',
    'pay.example.org:on-ramp:PE:USD',
    'pay.example.org:off-ramp:PE:USD',
    'pay.example.org:on-ramp:PE:usdT',
    'pay.example.org:off-ramp:PE:usdT',
  ])
  expect(listings[7]).toEqual({
    id: 'pay.example.org:off-ramp:PE:usdT',
    name: 'Casa Uno',
    domain: 'pay.example.org',
    country: 'PE',
    currency: 'usdT',
    type: 'off-ramp',
    pairing: 'multiplied',
  })
})

test.each([
  ['one country', { country: 'MX', currencies: ['USD', 'MXN'] }, 'given'],
  ['one currency', { countries: ['MX', 'PE'], currency: 'USD' }, 'given'],
  ['several of both', { countries: ['MX', 'PE'], currencies: ['USD', 'MXN'] }, 'multiplied'],
  [
    'one of both, written twice',
    { countries: ['MX', 'Mexico'], currencies: ['USD', 'USD'] },
    'given',
  ],
])('the pairing of a row with %s is told', (_, fields, pairing) => {
  const { listings } = normalise({ domain: 'pay.example.org', ...fields })
  expect([...new Set(listings.map((listing) => listing.pairing))]).toEqual([pairing])
})

test('a pairing that one of two rows gives is given, whichever comes first', () => {
  const multiplied = { ...BASE, country: '', countries: ['MX', 'PE'], currencies: ['USD', 'MXN'] }
  for (const rows of [
    [BASE, multiplied],
    [multiplied, BASE],
  ]) {
    const { listings } = normaliseRows(rows, { network: 'mainnet', allowedDomains: [] })
    const given = listings.filter(({ pairing }) => pairing === 'given')
    expect(given.map(({ id }) => id)).toEqual(['pay.example.org:on-ramp:MX:USD'])
  }
})

test('ids of testnet rows differ from mainnet ids', () => {
  const { listings } = normaliseRows([BASE], { network: 'testnet', allowedDomains: [] })
  expect(listings[0]!.id).toBe('testnet:pay.example.org:on-ramp:MX:USD')
})

describe('the domain is read from every spelling, the home domain before the marketing site', () => {
  test.each([
    [{ domain: 'A.Example.org' }, 'a.example.org'],
    [{ home_domain: 'a.example.org' }, 'a.example.org'],
    [{ homeDomain: 'a.example.org' }, 'a.example.org'],
    [{ 'Home Domain': ' a.example.org ' }, 'a.example.org'],
    [{ website: 'https://a.example.org/about?x=1' }, 'a.example.org'],
    [{ url: 'http://a.example.org' }, 'a.example.org'],
    [{ toml_file: 'https://a.example.org/.well-known/stellar.toml' }, 'a.example.org'],
    [{ website: 'https://b.example.org', home_domain: 'a.example.org' }, 'a.example.org'],
    [{ home_domain: 'b.example.org', toml_file: 'https://a.example.org/x' }, 'a.example.org'],
    [{ domain: 'b.example.org', home_domain: 'a.example.org' }, 'a.example.org'],
    [{ home_domain: null, domain: '  ', website: 'https://a.example.org' }, 'a.example.org'],
  ])('%j', (fields, domain) => {
    expect(only({ currency: 'USD', type: 'on', ...fields }).domain).toBe(domain)
  })
})

describe('a domain that is not a public name as written rejects the row with its reason', () => {
  test.each([
    ['a.example.org:8443', 'forbidden_character'],
    ['https://a.example.org:8443/', 'port'],
    ['a.example.org/path', 'forbidden_character'],
    ['https://user:secret@a.example.org/', 'userinfo'],
    ['127.0.0.1', 'ip_address'],
    ['https://[::1]/', 'forbidden_character'],
    ['2130706433', 'ip_address'],
    ['a.exam\u200bple.org', 'invisible_character'],
    ['a.example.org\u00a0', 'invisible_character'],
    ['ａ.example.org', 'lookalike_character'],
    ['localhost', 'reserved_suffix'],
    ['metadata.internal', 'reserved_suffix'],
    ['a_b.example.org', 'forbidden_character'],
    ['javascript:alert(1)', 'forbidden_character'],
  ])('%j', (domain, code) => {
    expect(reasonFor({ ...BASE, domain })).toContain(`(${code})`)
  })

  test('and a refused toml_file is not replaced by the website', () => {
    const row = {
      ...BASE,
      domain: undefined,
      toml_file: 'https://10.0.0.1/x',
      website: 'https://a.example.org',
    }
    expect(reasonFor(row)).toContain('"toml_file" cannot be used (ip_address)')
  })

  test.each([[5], [{ href: 'a.example.org' }], [['a.example.org']], [true]])('%j', (domain) => {
    expect(reasonFor({ ...BASE, domain })).toContain('a text is needed')
  })
})

describe('an internationalised domain is read only if the allowed domains name it', () => {
  const idn = { ...BASE, domain: 'bücher.example.org' }

  test.each([[idn], [{ ...BASE, domain: 'xn--bcher-kva.example.org' }]])('%j', (row) => {
    expect(reasonFor(row)).toContain('xn--bcher-kva.example.org')
    expect(normalise(row, ['pay.example.org']).skippedSourceRows).toBe(1)
    expect(only(row, ['bücher.example.org']).domain).toBe('xn--bcher-kva.example.org')
    expect(only(row, ['XN--bcher-kva.example.org']).domain).toBe('xn--bcher-kva.example.org')
    expect(only(row, ['*.example.org']).domain).toBe('xn--bcher-kva.example.org')
  })
})

describe('allowed domains', () => {
  const rows = [
    'example.org',
    'pay.example.org',
    'a.b.example.org',
    'badexample.org',
    'example.org.evil.com',
  ].map((domain) => ({ domain, currency: 'USD', countries: 'MX;PE' }))

  test.each([
    [[], 5, 0],
    [['example.org'], 1, 16],
    [['*.example.org'], 2, 12],
    [['EXAMPLE.org', ' *.example.org', '*.example.org'], 3, 8],
    [['not a domain', '*', '*.', ''], 0, 20],
  ])('%j allow %i domains and leave %i listings out', (allowedDomains, domains, left) => {
    const result = normaliseRows(rows, { network: 'mainnet', allowedDomains })
    expect(new Set(result.listings.map(({ domain }) => domain)).size).toBe(domains)
    expect(result.rejectedByDomain).toBe(left)
    expect(result.skippedSourceRows).toBe(0)
  })

  test('come only from the caller, and claims of the rows are ignored', () => {
    const row = {
      ...BASE,
      allowedDomains: ['pay.example.org'],
      source: 'x',
      strategy: 'y',
      active: true,
    }
    const result = normalise(row, ['other.example.org'])
    expect(result).toMatchObject({ listings: [], rejectedByDomain: 1 })
    const keys = ['id', 'name', 'domain', 'country', 'currency', 'type', 'pairing']
    expect(Object.keys(only(row))).toEqual(keys)
  })
})

describe('countries', () => {
  test.each([
    [{ country: 'mx' }, ['MX']],
    [{ countries: 'MX, Peru;CR|Panama' }, ['MX', 'PE', 'CR', 'PA']],
    [{ country_code: 'MX', country: 'Mexico' }, ['MX']],
    [{ country_codes: ['MX', 'PE'] }, ['MX', 'PE']],
    [{ countryCode: 'MX' }, ['MX']],
    [{ country_name: 'Bolivia, Plurinational State of' }, ['BO']],
    [{ country_names: ['Mexico', 'Bosnia and Herzegovina'] }, ['MX', 'BA']],
    [
      { supported_countries: [{ code: 'MX' }, { name: 'Peru' }, { country: 'CR' }] },
      ['MX', 'PE', 'CR'],
    ],
    [{ supported_countries: [{ code: 'MEX', name: 'Mexico' }] }, ['MX']],
    [{ locations: 'Mexico / Peru' }, ['MX', 'PE']],
    [{ locations: 'Worldwide' }, ['ZZ']],
    [{}, ['ZZ']],
    [{ country: '', countries: [] }, ['ZZ']],
    [{ country: null }, ['ZZ']],
  ])('%j', (fields, countries) => {
    const { listings } = normalise({ ...BASE, country: undefined, ...fields })
    expect(listings.map(({ country }) => country)).toEqual(countries)
  })

  test.each([['Atlantis'], [['Atlantis', 'Thule']], [5], [{}], [[['MX']]], [true]])(
    'that cannot be read reject the row: %j',
    (country) => {
      expect(reasonFor({ ...BASE, country })).toContain('"country" holds')
    },
  )

  test('that can be read are kept, and the others are reported', () => {
    const result = normalise({ ...BASE, country: 'MX; Atlantis; Mu\u202e; Lemuria; Thule' })
    expect(result.listings.map(({ country }) => country)).toEqual(['MX'])
    expect(result.skippedSourceRows).toBe(0)
    expect(result.rejected).toEqual([
      {
        index: 0,
        reason: expect.stringContaining('"Atlantis", "Mu\\u{202e}", "Lemuria" and 1 more'),
      },
    ])
  })
})

describe('currencies', () => {
  test.each([
    [{ currency: 'USD' }, ['USD']],
    [{ currencies: 'USD;usdt,EUR|Mxn' }, ['USD', 'usdt', 'EUR', 'Mxn']],
    [{ currency_code: 'USD' }, ['USD']],
    [{ currency_codes: ['USD', 'EUR'] }, ['USD', 'EUR']],
    [{ asset_code: 'ABCDEFGHIJ12' }, ['ABCDEFGHIJ12']],
    [{ 'Asset Codes': 'USD|EUR' }, ['USD', 'EUR']],
    [{ fiat_assets: [{ code: 'USD', website: null }, { code: 'EUR' }] }, ['USD', 'EUR']],
    [{ currency: 'USD', fiat_assets: [{ code: 'EUR' }] }, ['USD', 'EUR']],
    [{ assets: [{ code: 'USD', issuer: 'G' }] }, ['USD']],
    [{ assets: { USD: 'USD-GABC' } }, ['USD']],
  ])('%j', (fields, currencies) => {
    const { listings } = normalise({ ...BASE, currency: undefined, ...fields })
    expect(listings.map(({ currency }) => currency)).toEqual(currencies)
  })

  test.each([
    ['ABCDEFGHIJ123'],
    ['US D'],
    ['€'],
    ['ＵＳＤ'],
    ['USD:GABC'],
    [840],
    [[{}]],
    [[null, 5]],
  ])('that are not codes reject the row: %j', (currency) => {
    expect(reasonFor({ ...BASE, currency })).toContain('codes of 1 to 12 letters or digits')
  })

  test.each([[undefined], [''], [[]], [[null]], [' ; ,']])(
    'that are missing reject the row: %j',
    (currency) => {
      expect(reasonFor({ ...BASE, currency })).toContain('names nothing under "currency"')
    },
  )
})

describe('the direction', () => {
  const ON = ['on-ramp']
  const OFF = ['off-ramp']
  const BOTH = ['on-ramp', 'off-ramp']
  test.each([
    [{ type: 'on' }, ON],
    [{ type: 'On-Ramp' }, ON],
    [{ ramp_type: 'onramp' }, ON],
    [{ direction: 'DEPOSIT' }, ON],
    [{ flow: 'off' }, OFF],
    [{ service_type: 'off_ramp' }, OFF],
    [{ type: 'withdraw' }, OFF],
    [{ type: 'Withdrawals' }, OFF],
    [{ type: 'both' }, BOTH],
    [{ type: 'two-way' }, BOTH],
    [{ type: 'On/Off Ramp' }, BOTH],
    [{ type: 'deposit and withdrawal' }, BOTH],
    [{ type: ['on-ramp', 'off-ramp'] }, BOTH],
    [{ types: ['off-ramp'] }, OFF],
    [{}, BOTH],
    [{ type: 5 }, BOTH],
    // "on" inside a word names no direction.
    [{ type: 'operation' }, BOTH],
    [{ type: 'connection' }, BOTH],
    [{ type: 'donation' }, BOTH],
    [{ type: 'offshore' }, BOTH],
    [{ type: 'anchor', direction: 'off' }, OFF],
    [{ supports_deposit: true }, ON],
    [{ supports_withdraw: 'yes' }, OFF],
    [{ supports_deposit: 'Yes', supports_withdraw: 'Y' }, BOTH],
    [{ supports_deposit: false }, OFF],
    [{ supports_deposit: 'true', supports_withdraw: 'no' }, ON],
    [{ 'On-Ramp': 'Yes', 'Off-Ramp': 'No' }, ON],
    [{ type: 'both', supports_withdraw: false }, ON],
    [{ supports_deposit: 'perhaps' }, BOTH],
  ])('%j', (fields, types) => {
    const { listings } = normalise({ ...BASE, type: undefined, ...fields })
    expect(listings.map(({ type }) => type)).toEqual(types)
  })

  test('a row without deposits and withdrawals is rejected', () => {
    expect(reasonFor({ ...BASE, supports_deposit: false, supports_withdraw: 'no' })).toContain(
      'neither',
    )
  })
})

describe('the name', () => {
  test.each([
    [{ name: ' Casa  Uno\n' }, 'Casa Uno'],
    [{ anchor_name: 'Casa' }, 'Casa'],
    [{ organization: 'Casa' }, 'Casa'],
    [{ org: 'Casa' }, 'Casa'],
    [{ name: '', org: 'Casa' }, 'Casa'],
    [{ name: { en: 'x' } }, 'pay.example.org'],
    [{}, 'pay.example.org'],
    [{ name: '\u200b\u202e' }, 'pay.example.org'],
    [{ name: 'Mo\u202egnitsac\u0000\u200d\u{e0041}\u3164' }, 'Mognitsac'],
    [{ name: 'Cafe\u0301' }, 'Café'],
    [{ name: 'x\ud800y' }, 'xy'],
    [{ name: '💶'.repeat(200) }, '💶'.repeat(100)],
    [{ name: 'a'.repeat(1_000_000) }, 'a'.repeat(100)],
    [{ name: '=1+1' }, '=1+1'],
  ])('%#', (fields, name) => {
    expect(only({ ...BASE, ...fields }).name).toBe(name)
  })
})

describe('the limits', () => {
  const codes = (count: number) => Array.from({ length: count }, (_, at) => `C${at}`)

  test('cut a row after 1,000 listings, with the reason', () => {
    const whole = normalise({ ...BASE, type: 'both', currencies: codes(499) })
    expect([whole.listings.length, whole.rejected]).toEqual([1_000, []])
    const cut = normalise({ ...BASE, type: 'both', currencies: codes(500) })
    expect(cut.listings.map(({ id }) => id)).toEqual(whole.listings.map(({ id }) => id))
    expect(cut).toMatchObject({
      skippedSourceRows: 0,
      rejected: [
        { index: 0, reason: expect.stringContaining('1002 listings; the first 1000 are taken') },
      ],
    })
  })

  test('read the first 1,000 values of a field, and say so', () => {
    const row = { ...BASE, type: 'on', currency: undefined }
    for (const fields of [
      { ...row, currencies: codes(1_001) },
      { ...row, currency: 'USD', country: 'MX;'.repeat(500_000) },
    ]) {
      const { listings, skippedSourceRows, rejected } = normalise(fields)
      expect(listings.length).toBe('currencies' in fields ? 1_000 : 1)
      expect(skippedSourceRows).toBe(0)
      expect(rejected[0]?.reason).toContain('more than 1000 values; the others are left out')
    }
  })

  test('allow 100,000 listings in all and reject the rows above', () => {
    const rows = Array.from({ length: 101 }, (_, at) => ({
      ...BASE,
      domain: `a${at}.example.org`,
      currency: undefined,
      currencies: codes(1_000),
    }))
    const result = normaliseRows([...rows, rows[0]], { network: 'mainnet', allowedDomains: [] })
    expect(result.listings).toHaveLength(100_000)
    expect(result.skippedSourceRows).toBe(1)
    expect(result.rejected).toEqual([
      { index: 100, reason: expect.stringContaining('at most 100000') },
    ])
  })

  test.each<[unknown, false | undefined]>([
    [false, false],
    ['no', false],
    ['0', false],
    [true, undefined],
    ['yes', undefined],
    ['', undefined],
    ['maybe', undefined],
    [null, undefined],
    [{}, undefined],
  ])('a row whose field "active" is %j gives listings that are active: %s', (active, expected) => {
    expect(normalise({ ...BASE, active }).listings.map((listing) => listing.active)).toEqual(
      normalise(BASE).listings.map(() => expected),
    )
    expect(only({ ...BASE, type: 'on', isActive: active }).active).toBe(expected)
  })

  test('of two listings with one id the later stays', () => {
    const rows = [{ ...BASE, name: 'First' }, BASE, { ...BASE, name: 'Last' }]
    const { listings } = normaliseRows(rows, { network: 'mainnet', allowedDomains: [] })
    expect(listings).toHaveLength(1)
    expect(listings[0]!.name).toBe('Last')
  })
})

describe('a hostile row', () => {
  test.each([[null], [undefined], [5], ['text'], [[]], [true], [() => 1]])('%j', (row) => {
    expect(reasonFor(row)).toContain('an object is needed')
  })

  test('with prototype keys reaches no prototype', () => {
    const row = JSON.parse(
      '{"__proto__":{"domain":"evil.example.org"},"constructor":{"x":1},"currency":"USD","domain":"pay.example.org","type":"on"}',
    )
    expect(only(row).domain).toBe('pay.example.org')
    expect(
      reasonFor(JSON.parse('{"__proto__":{"domain":"evil.example.org"},"currency":"USD"}')),
    ).toContain('no domain')
    expect(({} as Record<string, unknown>)['domain']).toBeUndefined()
  })

  test('with a getter does not run it', () => {
    const row = {
      ...BASE,
      get name(): string {
        throw new Error('was run')
      },
    }
    expect(only(row).name).toBe('pay.example.org')
  })

  test('with inherited fields only is rejected', () => {
    expect(reasonFor(Object.create(BASE))).toContain('no domain')
  })

  test('with long texts gives a short reason', () => {
    expect(reasonFor({ ...BASE, domain: `https://${'a'.repeat(5_000_000)}` }).length).toBeLessThan(
      300,
    )
    expect(
      reasonFor({ ...BASE, country: Array(1_000).fill('x'.repeat(5_000)) }).length,
    ).toBeLessThan(500)
  })
})
