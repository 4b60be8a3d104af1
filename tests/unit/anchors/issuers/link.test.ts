import { describe, expect, test } from 'vitest'
import {
  bestLink,
  type Claims,
  type KnownIssuer,
  linkIssuers,
} from '../../../../lib/anchors/issuers/link.ts'

const ISSUER = 'GCFIRY65OQE7DFP5KLNS2PF2LVZMUZYJX4OZIEQ36N2IQANUB5XVYOJR'
const OTHER = 'GDVKY2GU2DRXWTBEYJJWSFXIGBZV6AZNBVVSUHEPZI54LIS6BA7DVVSP'
const SEEN = '2026-11-28T10:00:00.000Z'
const LONG = `${'a'.repeat(30)}.co`

const claimsOf = (domain = 'anchor.co', more: Partial<Claims> = {}): Claims => ({
  domain,
  currencies: [{ code: 'ARS', issuer: ISSUER }],
  accounts: [],
  toml: { url: `https://${domain}/.well-known/stellar.toml`, sha256: 'aa' },
  ...more,
})
const issuerOf = (homeDomain: string | null, more: Partial<KnownIssuer> = {}): KnownIssuer => ({
  account: ISSUER,
  homeDomain,
  flags: [],
  locked: false,
  missing: false,
  seenAt: SEEN,
  confirmedCodes: [],
  tomlSha256: null,
  ...more,
})

describe('linkIssuers', () => {
  const controls = { accounts: [ISSUER] }
  const redirected = { toml: { url: 'https://www.anchor.co/.well-known/stellar.toml' } }
  test.each<[string, Claims, KnownIssuer, string, string | null]>([
    ['the issuer names the home domain', claimsOf(), issuerOf('anchor.co'), 'two_way', null],
    [
      'the issuer names it and is locked',
      claimsOf(),
      issuerOf('anchor.co', { locked: true }),
      'two_way issuer_locked',
      null,
    ],
    ['the issuer names another', claimsOf(), issuerOf('circle.com'), 'third_party', null],
    [
      'the issuer names another, which lists the asset',
      claimsOf(),
      issuerOf('circle.com', { confirmedCodes: ['ARS'] }),
      'third_party_confirmed',
      null,
    ],
    [
      'the issuer names another, which lists another asset of it',
      claimsOf(),
      issuerOf('circle.com', { confirmedCodes: ['ARSX'] }),
      'third_party',
      null,
    ],
    [
      'the issuer names another and stands in ACCOUNTS',
      claimsOf('anchor.co', controls),
      issuerOf('circle.com'),
      'contradicted',
      'issuer_claimed',
    ],
    [
      'the issuer names the home domain and stands in ACCOUNTS',
      claimsOf('anchor.co', controls),
      issuerOf('anchor.co'),
      'two_way',
      null,
    ],
    [
      'the issuer names none',
      claimsOf('anchor.co', controls),
      issuerOf(null),
      'unlinked',
      'issuer_without_home_domain',
    ],
    [
      'the issuer does not exist',
      claimsOf(),
      issuerOf(null, { missing: true, flags: null, locked: null }),
      'missing',
      'issuer_missing',
    ],
    [
      'the home domain is longer than an account holds',
      claimsOf(LONG),
      issuerOf(null),
      'impossible',
      null,
    ],
    [
      'the home domain is too long, and the account in ACCOUNTS',
      claimsOf(LONG, controls),
      issuerOf('a.co'),
      'impossible',
      null,
    ],
    [
      'the issuer names www, where the stellar.toml came from',
      claimsOf('anchor.co', redirected),
      issuerOf('www.anchor.co'),
      'two_way issuer_home_domain_www',
      null,
    ],
    [
      'the issuer names the bare domain, which serves the same bytes',
      claimsOf('www.anchor.co'),
      issuerOf('anchor.co', { tomlSha256: 'aa' }),
      'two_way issuer_home_domain_www',
      null,
    ],
    [
      'the issuer names www, which serves other bytes, and stands in ACCOUNTS',
      claimsOf('anchor.co', controls),
      issuerOf('www.anchor.co', { tomlSha256: 'bb' }),
      'third_party issuer_home_domain_www',
      null,
    ],
  ])('%s', (_, claims, issuer, expected, code) => {
    const { links, findings } = linkIssuers(claims, new Map([[ISSUER, issuer]]), 'mainnet')
    const { link, notes = [], seenAt } = links.get(`ARS:${ISSUER}`) ?? {}
    expect([link, ...notes].join(' ')).toBe(expected)
    expect(seenAt).toBe(SEEN)
    expect(findings.map((found) => found.code)).toEqual(code === null ? [] : [code])
  })

  test('an issuer that was not read is unknown, and so is one that the test network forgot', () => {
    const unread = linkIssuers(claimsOf(), new Map(), 'mainnet')
    expect(unread).toEqual({
      links: new Map([[`ARS:${ISSUER}`, { link: 'unknown', notes: [], seenAt: null }]]),
      findings: [],
    })
    const missing = new Map([[ISSUER, issuerOf(null, { missing: true })]])
    const { links, findings } = linkIssuers(claimsOf(), missing, 'testnet')
    expect([...links.values()].map(({ link }) => link)).toEqual(['unknown'])
    expect(findings).toEqual([])
  })

  test('each asset has one link, and an asset without an issuer has none', () => {
    const currencies = [
      { code: 'ARS', issuer: ISSUER },
      { code: 'ARS', issuer: ISSUER },
      { code: 'USD', issuer: ISSUER },
      { code: 'ARS', issuer: OTHER },
      { code: 'TOK', contract: 'C' },
      { code: 'native' },
    ]
    const known = new Map([[ISSUER, issuerOf(null)]])
    const { links, findings } = linkIssuers(claimsOf('anchor.co', { currencies }), known, 'mainnet')
    expect([...links].map(([asset, { link }]) => `${asset.slice(0, 4)} ${link}`)).toEqual([
      'ARS: unlinked',
      'USD: unlinked',
      'ARS: unknown',
    ])
    expect(findings.map(({ field }) => field)).toEqual([`ARS:${ISSUER}`, `USD:${ISSUER}`])
  })
})

test.each([
  ['two_way', ['third_party', 'contradicted', 'two_way']],
  ['contradicted', ['third_party', 'contradicted']],
  ['third_party_confirmed', ['unknown', 'third_party', 'third_party_confirmed']],
  ['unknown', []],
] as const)('bestLink says %s of %j', (expected, links) => {
  expect(bestLink(links.map((link) => ({ link, notes: [], seenAt: null })))).toBe(expected)
})
