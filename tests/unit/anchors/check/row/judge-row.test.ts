import { describe, expect, test } from 'vitest'
import type { SepCapability } from '../../../../../lib/anchors/check/capability.ts'
import type { Prices, Quote } from '../../../../../lib/anchors/check/offers.ts'
import { judgeRow } from '../../../../../lib/anchors/check/row/judge-row.ts'
import type { RowEvidence } from '../../../../../lib/anchors/check/row/row-evidence.ts'
import type { Currency } from '../../../../../lib/anchors/check/toml/fields.ts'
import type { Link } from '../../../../../lib/anchors/issuers/link.ts'
import {
  CIRCLE,
  CLOCK,
  evidenceOf,
  hoursAgo,
  ISSUER,
  info,
  OTHER,
  receives,
  rowOf,
  seenAt,
} from './evidence-of.ts'

/** The verdict in one line: `sep24 USDC anchor_asset: web_auth_protected`, or `no: currency_unlinked`. */
function told(listing: string, evidence: RowEvidence, source?: string): string {
  const { operational, why, rail, asset, basis } = judgeRow(rowOf(listing, source), evidence, CLOCK)
  const carried = operational ? [rail, asset, basis].filter((one) => one !== null).join(' ') : 'no'
  return why.length === 0 ? carried : `${carried}: ${why.join(', ')}`
}

const USDC = { code: 'USDC', issuer: CIRCLE }
const ARS = { code: 'ARS', issuer: ISSUER }
const NGNC = { code: 'NGNC', issuer: ISSUER, anchorAsset: 'NGN', anchorAssetType: 'fiat' }
const CLPX = { code: 'CLPX', issuer: ISSUER, anchorAsset: 'CLP' }
const STELLAR_USDC = `stellar:USDC:${CIRCLE}`
const REFUSES: SepCapability = { step: 'reachable', protected: true, seen: seenAt(hoursAgo(1)) }
const VERIFIED: SepCapability = { step: 'verified', seen: seenAt(hoursAgo(1)) }
const sep10 = (more: Partial<SepCapability>) => ({ sep10: { ...VERIFIED, ...more } })

const moneygram = evidenceOf(
  { sep10: REFUSES, sep24: info(['USDC']) },
  {
    currencies: [{ ...USDC, anchorAsset: 'USD', anchorAssetType: 'fiat' }],
    links: { [`USDC:${CIRCLE}`]: 'third_party' },
  },
)
const anclap = evidenceOf(
  { sep24: info(['ARS', 'PEN+']) },
  { currencies: [ARS, { code: 'PEN', issuer: ISSUER }], links: { [`ARS:${ISSUER}`]: 'two_way' } },
)
const ngnc = (sep = {}, link: 'two_way' | 'contradicted' | 'missing' | 'unlinked' = 'two_way') =>
  evidenceOf(
    { sep24: info(['NGNC']), ...sep },
    { currencies: [NGNC], links: { [`NGNC:${ISSUER}`]: link } },
  )
const clpx = evidenceOf({ sep24: info(['CLPX+']) }, { currencies: [CLPX] })

/** A SEP-6 anchor whose quote server knows a currency. */
function quoting(
  quote: Quote,
  prices: (Omit<Prices, 'at'> & { at?: string })[],
  rails: Record<string, SepCapability> = { sep6: info(['USDC']) },
): RowEvidence {
  return evidenceOf(
    {
      ...rails,
      sep38: {
        step: 'conformant',
        seen: seenAt(hoursAgo(1)),
        quotes: [{ asset: STELLAR_USDC }, quote],
        prices: prices.map((price) => ({ at: hoursAgo(20), ...price })),
      },
    },
    { currencies: [USDC] },
  )
}
const ZAR = {
  asset: 'iso4217:ZAR',
  countries: ['ZA'],
  sellMethods: ['EFT'],
  buyMethods: ['EFT'],
}
const zar = quoting(ZAR, [{ sells: STELLAR_USDC, buys: ['iso4217:ZAR'] }])
const brl = quoting(
  { asset: 'iso4217:BRL', countries: ['BR-SP'], buyMethods: ['PIX'] },
  [{ sells: STELLAR_USDC, buys: ['iso4217:BRL'] }],
  { sep31: receives(['USDC']) },
)

describe('judgeRow judges the anchors of evidence.md', () => {
  test.each<[string, RowEvidence, string, string]>([
    [
      'MoneyGram pays in dollars',
      moneygram,
      'US USD on-ramp',
      'sep24 USDC anchor_asset: web_auth_protected, country_unconfirmed',
    ],
    [
      'MoneyGram does not say that it pays out pesos',
      moneygram,
      'MX MXN off-ramp',
      'no: currency_unlinked',
    ],
    ['Anclap', anclap, 'AR ARS on-ramp', 'sep24 ARS code: country_unconfirmed'],
    ['Anclap pays no soles out', anclap, 'PE PEN off-ramp', 'no: sep24_asset_closed'],
    ['NGNC', ngnc(), 'NG NGN off-ramp', 'sep24 NGNC anchor_asset: country_unconfirmed'],
    [
      'NGNC with a challenge of another key',
      ngnc(sep10({ step: 'reachable', refuted: ['toml_status'] })),
      'NG NGN off-ramp',
      'no: web_auth_refuted',
    ],
    [
      'NGNC whose claimed issuer names another domain',
      ngnc({}, 'contradicted'),
      'NG NGN off-ramp',
      'no: asset_link_contradicted',
    ],
    ['CLPX pays nothing out', clpx, 'CL CLP off-ramp', 'no: sep24_direction_closed'],
    ['a quote server in its country', zar, 'ZA ZAR on-ramp', 'sep6 USDC quote'],
    ['a quote server elsewhere', zar, 'NG ZAR on-ramp', 'no: country_not_served'],
    ['SEP-31 with quotes', brl, 'BR BRL off-ramp', 'sep31 USDC quote'],
    ['SEP-31 pays nothing in', brl, 'BR BRL on-ramp', 'no: rail_missing'],
    [
      'PeraHub wants a token for /info',
      evidenceOf({ sep31: REFUSES }),
      'PH PHP off-ramp',
      'no: sep31_protected',
    ],
  ])('%s', (_, evidence, listing, expected) => {
    expect(told(listing, evidence)).toBe(expected)
  })
})

describe('judgeRow judges the home domain before its rails', () => {
  test.each<[string, Partial<RowEvidence>, string]>([
    ['never checked', { capability: null, trusted: null, outcome: null }, 'no: unchecked'],
    [
      'stellar.toml gone at the first check',
      { capability: null, trusted: null, outcome: 'definite' },
      'no: toml_gone',
    ],
    ['stellar.toml gone since', { outcome: 'definite' }, 'no: toml_gone'],
    ['untrusted', { trusted: false, outcome: 'policy' }, 'no: untrusted'],
  ])('%s', (_, more, expected) => {
    expect(told('AR ARS on-ramp', { ...anclap, ...more })).toBe(expected)
  })

  test('a refuted SEP-45 challenge bars every row, as one of SEP-10 does', () => {
    const sep45 = { ...VERIFIED, step: 'reachable', refuted: ['toml_status'] } as const
    expect(told('NG NGN off-ramp', ngnc({ sep45 }))).toBe('no: web_auth_refuted')
  })
})

function agedToml(hours: number, sep24 = info(['ARS'])): RowEvidence {
  const evidence = evidenceOf({ sep24 })
  const { capability } = evidence
  if (capability === null) return evidence
  const toml = { ...capability.toml, at: hoursAgo(hours) }
  return { ...evidence, capability: { ...capability, toml } }
}

describe('judgeRow says why a rail does not serve', () => {
  const unseen = { step: 'declared', seen: seenAt(hoursAgo(1)) } as const
  test.each<[string, RowEvidence, string]>([
    ['no rail', evidenceOf({}), 'no: rail_missing'],
    ['a rail that is absent', evidenceOf({ sep24: { step: 'absent' } }), 'no: rail_missing'],
    ['nothing readable', evidenceOf({ sep24: unseen }), 'no: sep24_unseen'],
    [
      'nothing readable, and good until three days ago',
      evidenceOf({ sep24: { ...unseen, lastOkAt: hoursAgo(73) } }),
      'no: sep24_stale',
    ],
    [
      'nothing readable, and good an hour ago',
      evidenceOf({ sep24: { ...unseen, lastOkAt: hoursAgo(1) } }),
      'no: sep24_unseen',
    ],
    [
      'old evidence',
      evidenceOf({ sep24: info(['ARS'], { seen: seenAt(hoursAgo(72.01)) }) }),
      'no: sep24_stale',
    ],
    [
      'evidence of a time that cannot be read',
      evidenceOf({ sep24: info(['ARS'], { seen: seenAt('soon') }) }),
      'no: sep24_stale',
    ],
    ['evidence of a stellar.toml that is too old', agedToml(73), 'no: sep24_stale'],
    ['an empty /info', evidenceOf({ sep24: info([]) }), 'no: sep24_no_assets'],
    ['everything closed', evidenceOf({ sep24: info(['ARS.']) }), 'no: sep24_no_assets'],
    [
      'SEP-31 with everything closed',
      evidenceOf({ sep31: receives([], { assets: { ARS: { receive: { enabled: false } } } }) }),
      'no: sep31_no_assets',
    ],
    [
      'SEP-31 with the asset closed',
      evidenceOf({
        sep31: receives(['USDC'], {
          assets: { USDC: { receive: { enabled: true } }, ARS: { receive: { enabled: false } } },
        }),
      }),
      'no: sep31_asset_closed',
    ],
    [
      'two failed sign-ins',
      evidenceOf({
        sep24: info(['ARS'], { signedIn: { at: hoursAgo(1), outcome: 'failing', failures: 2 } }),
      }),
      'no: sep24_failing',
    ],
    ...(['failing', 'off'] as const).map((outcome): [string, RowEvidence, string] => [
      `a sign-in that found it ${outcome} more than 72 hours ago`,
      evidenceOf({
        sep24: info(['ARS'], { signedIn: { at: hoursAgo(73), outcome, failures: 2 } }),
      }),
      'sep24 ARS code: country_unconfirmed',
    ]),
    [
      'a server that was not there for somebody signed in',
      evidenceOf({
        sep24: info(['ARS'], { signedIn: { at: hoursAgo(71), outcome: 'off', failures: 0 } }),
      }),
      'no: sep24_unseen',
    ],
    [
      'a business that SEP-12 met away twice, more than 72 hours ago',
      evidenceOf({
        sep24: info(['ARS']),
        sep12: {
          ...REFUSES,
          signedIn: { at: hoursAgo(73), outcome: 'failing', failures: 2 },
        },
      }),
      'sep24 ARS code: country_unconfirmed',
    ],
    [
      'one failed sign-in',
      evidenceOf({
        sep24: info(['ARS'], { signedIn: { at: hoursAgo(1), outcome: 'failing', failures: 1 } }),
      }),
      'sep24 ARS code: country_unconfirmed',
    ],
    [
      'a business that SEP-12 met away twice',
      evidenceOf({
        sep24: info(['ARS']),
        sep12: {
          ...REFUSES,
          signedIn: { at: hoursAgo(1), outcome: 'failing', failures: 2 },
        },
      }),
      'no: sep24_failing',
    ],
    ...(
      [
        [2, 1, 'no: sep24_failing'],
        [1, 1, 'sep24 ARS code: country_unconfirmed'],
        [2, 73, 'sep24 ARS code: country_unconfirmed'],
      ] as const
    ).map(([failures, hours, line]): [string, RowEvidence, string] => [
      `a business that gave no prices ${failures} times, ${hours} hours ago`,
      evidenceOf({
        sep24: info(['ARS']),
        sep38: { ...VERIFIED, pricesAsked: { at: hoursAgo(hours), failures } },
      }),
      line,
    ]),
    ...(
      [
        ['sep24', 73, 'no: web_auth_stale'],
        ['sep24', 72, 'sep24 ARS code: web_auth_declared, country_unconfirmed'],
        ['sep31', 73, 'no: web_auth_stale'],
        ['sep6', 73, 'sep6 ARS code: web_auth_declared, country_unconfirmed'],
      ] as const
    ).map(([rail, hours, line]): [string, RowEvidence, string] => [
      `SEP-10 silent for ${hours} hours beside ${rail}`,
      evidenceOf({
        ...{ sep10: { step: 'declared', silentSince: hoursAgo(hours) } },
        [rail]: rail === 'sep31' ? receives(['ARS']) : info(['ARS']),
      }),
      line,
    ]),
    [
      'SEP-10 is off',
      evidenceOf({ ...sep10({ step: 'declared', refused: 'missing' }), sep24: info(['ARS']) }),
      'no: web_auth_missing',
    ],
    [
      'SEP-10 refuses the home domain',
      evidenceOf({
        ...sep10({ step: 'reachable', refused: 'home_domain' }),
        sep31: receives(['ARS']),
      }),
      'no: web_auth_home_domain',
    ],
    [
      'SEP-10 is off and SEP-6 wants no token',
      evidenceOf({ ...sep10({ step: 'declared', refused: 'missing' }), sep6: info(['ARS']) }),
      'sep6 ARS code: web_auth_declared, country_unconfirmed',
    ],
    [
      'SEP-10 is off and SEP-6 wants a token',
      evidenceOf({
        ...sep10({ step: 'declared', refused: 'missing' }),
        sep6: info([], {
          assets: { ARS: { withdraw: { enabled: true, authenticationRequired: true } } },
        }),
      }),
      'no: web_auth_missing',
    ],
    [
      'SEP-6 closes the direction and offers it by exchange',
      evidenceOf({
        sep6: info(['ARS+'], { assets: { ARS: { withdrawExchange: { enabled: true } } } }),
      }),
      'sep6 ARS code: country_unconfirmed',
    ],
    [
      'one rail refuses strangers and another serves',
      evidenceOf({ sep24: REFUSES, sep6: info(['ARS']) }),
      'sep6 ARS code: country_unconfirmed',
    ],
    [
      'each rail has its own reason',
      evidenceOf({ sep24: REFUSES, sep6: info(['ARS+']), sep31: unseen }),
      'no: sep24_protected, sep6_direction_closed, sep31_unseen',
    ],
  ])('%s', (_, evidence, expected) => {
    expect(told('AR ARS off-ramp', evidence)).toBe(expected)
  })
})

describe('judgeRow says what a reader should know of the web authentication', () => {
  test.each<[Partial<SepCapability> | null, string]>([
    [{}, ''],
    [
      { webAuthDomainDiffers: true, step: 'reachable' },
      'web_auth_reachable, web_auth_domain_differs, ',
    ],
    [{ step: 'declared' }, 'web_auth_declared, '],
    [{ step: 'conformant' }, 'web_auth_conformant, '],
    [{ step: 'absent' }, 'web_auth_absent, '],
    [{ step: 'reachable', protected: true }, 'web_auth_protected, '],
  ])('%j', (web, expected) => {
    const evidence = ngnc(web === null ? {} : sep10(web))
    expect(told('NG NGN off-ramp', evidence)).toBe(
      `sep24 NGNC anchor_asset: ${expected}country_unconfirmed`,
    )
  })
})

describe('judgeRow links an asset to the currency', () => {
  const served = (keys: string[], currencies: Currency[], links: Record<string, Link> = {}) =>
    evidenceOf({ sep24: info(keys) }, { currencies, links })
  test.each<[string, RowEvidence, string, string]>([
    ['native as XLM', served(['native'], []), 'ZZ XLM on-ramp', 'sep24 native code'],
    ['native as written', served(['native'], []), 'ZZ native on-ramp', 'sep24 native code'],
    [
      'a currency in lower case',
      served(['ARS'], []),
      'AR ars on-ramp',
      'sep24 ARS code: country_unconfirmed',
    ],
    ['an asset of other case', served(['usdc'], []), 'ZZ USDC on-ramp', 'no: currency_unlinked'],
    [
      'an asset by SEP-38',
      served([STELLAR_USDC], [USDC]),
      'ZZ USDC on-ramp',
      `sep24 ${STELLAR_USDC} code`,
    ],
    [
      'a currency by SEP-38',
      served(['iso4217:ars'], []),
      'ZZ ARS on-ramp',
      'sep24 iso4217:ars code',
    ],
    [
      'a known peg without anchor_asset',
      served(['USDC'], [USDC]),
      'ZZ USD on-ramp',
      'sep24 USDC known_asset',
    ],
    [
      'a known peg that the file says to be another',
      served(['USDC'], [{ ...USDC, anchorAsset: 'NGN' }]),
      'ZZ NGN on-ramp',
      'no: currency_unlinked',
    ],
    [
      'the same code of another issuer',
      served(['USDC'], [{ ...USDC, issuer: OTHER }]),
      'ZZ USD on-ramp',
      'no: currency_unlinked',
    ],
    [
      'a peg to gold',
      served(
        ['GOLD'],
        [{ code: 'GOLD', issuer: ISSUER, anchorAsset: 'USD', anchorAssetType: 'commodity' }],
      ),
      'ZZ USD on-ramp',
      'no: currency_unlinked',
    ],
    [
      'a peg that is taken back',
      served(['CLPX'], [{ ...CLPX, isAssetAnchored: false }]),
      'ZZ CLP on-ramp',
      'no: currency_unlinked',
    ],
    [
      'the strongest basis, not the first asset',
      served(['USDC', 'USD'], [USDC, { code: 'USD', issuer: ISSUER }]),
      'ZZ USD on-ramp',
      'sep24 USD code',
    ],
    [
      'the better proven of two assets',
      served(
        ['USDA', 'USDB'],
        [
          { code: 'USDA', issuer: OTHER, anchorAsset: 'USD' },
          { code: 'USDB', issuer: ISSUER, anchorAsset: 'usd' },
        ],
        { [`USDA:${OTHER}`]: 'contradicted', [`USDB:${ISSUER}`]: 'two_way' },
      ),
      'ZZ USD on-ramp',
      'sep24 USDB anchor_asset',
    ],
    [
      'an issuer that does not exist',
      served(['ARS'], [ARS], { [`ARS:${ISSUER}`]: 'missing' }),
      'ZZ ARS on-ramp',
      'no: asset_issuer_missing',
    ],
    [
      'an issuer without a home domain',
      served(['ARS'], [ARS], { [`ARS:${ISSUER}`]: 'unlinked' }),
      'ZZ ARS on-ramp',
      'sep24 ARS code',
    ],
    [
      'two issuers under one key',
      served(['ARS'], [ARS, { ...ARS, issuer: OTHER }]),
      'ZZ ARS on-ramp',
      'no: asset_ambiguous',
    ],
    [
      'two issuers, and a key that names one',
      served([`ARS:${ISSUER}`], [ARS, { ...ARS, issuer: OTHER }]),
      'ZZ ARS on-ramp',
      `sep24 ARS:${ISSUER} code`,
    ],
    [
      'an issuer and a contract of its asset',
      served(['ARS'], [ARS, { code: 'ARS', contract: 'CA' }]),
      'ZZ ARS on-ramp',
      'sep24 ARS code',
    ],
    [
      'one asset listed twice with two pegs',
      served(['CLPX'], [CLPX, { ...CLPX, anchorAsset: 'USD' }]),
      'ZZ CLP on-ramp',
      'no: asset_ambiguous',
    ],
    [
      'two issuers that CURRENCIES and SEP-38 name',
      quoting({ asset: `stellar:USDC:${OTHER}` }, []),
      'ZZ USDC on-ramp',
      'no: asset_ambiguous',
    ],
  ])('%s', (_, evidence, listing, expected) => {
    expect(told(listing, evidence)).toBe(expected)
  })
})

describe('judgeRow believes a quote only where the pair is priced and the direction has a method', () => {
  type Priced = Omit<Prices, 'at'> & { at?: string }
  const out = { sells: STELLAR_USDC, buys: ['iso4217:ZAR'] }
  const into = { sells: 'iso4217:ZAR', buys: [STELLAR_USDC] }
  const { sellMethods, buyMethods, ...bare } = ZAR
  test.each<[string, object, Priced[], string, string]>([
    ['side by side in /info', ZAR, [], 'off-ramp', 'no: currency_unlinked'],
    ['no methods, priced that way', bare, [out], 'off-ramp', 'sep6 USDC quote'],
    ['no methods, priced the other way', bare, [out], 'on-ramp', 'no: currency_unlinked'],
    ['no methods, priced that way in', bare, [into], 'on-ramp', 'sep6 USDC quote'],
    [
      'a method in, priced the other way',
      { ...bare, sellMethods },
      [out],
      'on-ramp',
      'sep6 USDC quote',
    ],
    ['a method in only', { ...bare, sellMethods }, [out], 'off-ramp', 'no: currency_unlinked'],
    ['a method out only', { ...bare, buyMethods }, [into], 'on-ramp', 'no: currency_unlinked'],
    ['an old price', ZAR, [{ ...out, at: hoursAgo(73) }], 'off-ramp', 'no: sep38_stale'],
    [
      'no countries',
      { asset: 'iso4217:ZAR' },
      [out],
      'off-ramp',
      'sep6 USDC quote: country_unconfirmed',
    ],
  ])('%s', (_, quote, prices, direction, expected) => {
    const evidence = quoting({ asset: 'iso4217:ZAR', ...quote }, prices)
    expect(told(`ZA ZAR ${direction}`, evidence)).toBe(expected)
  })

  test('countries of SEP-38 confirm what another basis links, and deny nothing', () => {
    const evidence = quoting({ ...ZAR, asset: 'iso4217:USD' }, [])
    expect(told('ZA USD on-ramp', evidence)).toBe('sep6 USDC known_asset')
    expect(told('NG USD on-ramp', evidence)).toBe('sep6 USDC known_asset: country_unconfirmed')
  })
})

describe('judgeRow takes an offering of SEP-59 only with a verified challenge', () => {
  const sep59: SepCapability = {
    ...VERIFIED,
    step: 'conformant',
    offerings: [
      { kind: 'bank_account', country: 'MX', currency: 'MXN', rail: 'SPEI' },
      { kind: 'crypto_address', currency: 'BTC' },
    ],
  }
  const old = { step: 'verified', seen: seenAt(hoursAgo(80)) } as const
  test.each<[string, RowEvidence, string, string]>([
    ['offered', evidenceOf({ sep59 }), 'MX MXN on-ramp', 'sep59 offering'],
    ['offered worldwide', evidenceOf({ sep59 }), 'ZZ MXN on-ramp', 'sep59 offering'],
    ['offered elsewhere', evidenceOf({ sep59 }), 'AR MXN on-ramp', 'no: country_not_served'],
    [
      'no country named',
      evidenceOf({ sep59 }),
      'AR BTC on-ramp',
      'sep59 offering: country_unconfirmed',
    ],
    ['not offered', evidenceOf({ sep59 }), 'AR ARS on-ramp', 'no: sep59_not_offered'],
    ['a way in only', evidenceOf({ sep59 }), 'MX MXN off-ramp', 'no: rail_missing'],
    [
      'a protected SEP-10',
      evidenceOf({ sep59, sep10: REFUSES }),
      'MX MXN on-ramp',
      'no: sep59_unproven',
    ],
    [
      'a verified SEP-45, which may be the server of another anchor',
      evidenceOf({ sep59, sep10: REFUSES, sep45: VERIFIED }),
      'MX MXN on-ramp',
      'no: sep59_unproven',
    ],
    ['an old proof', evidenceOf({ sep59, sep10: old }), 'MX MXN on-ramp', 'no: sep59_stale'],
    [
      'nobody can sign in',
      evidenceOf({ sep59, ...sep10({ refused: 'missing' }) }),
      'MX MXN on-ramp',
      'no: web_auth_missing',
    ],
  ])('%s', (_, evidence, listing, expected) => {
    expect(told(listing, evidence)).toBe(expected)
  })
})

describe('judgeRow believes Horizon only what the home domain confirms', () => {
  const HORIZON = 'horizon:https://horizon.stellar.org'
  const listing = 'ZZ ARS on-ramp'
  test.each<[string, RowEvidence, string]>([
    ['two-way', anclap, 'sep24 ARS code'],
    [
      'a third party',
      {
        ...anclap,
        links: new Map([[`ARS:${ISSUER}`, { link: 'third_party', seenAt: hoursAgo(1) }]]),
      },
      'no: horizon_unconfirmed',
    ],
    ['not read yet', { ...anclap, links: new Map() }, 'no: horizon_unconfirmed'],
    [
      'read too long ago',
      { ...anclap, links: new Map([[`ARS:${ISSUER}`, { link: 'two_way', seenAt: hoursAgo(80) }]]) },
      'no: horizon_unconfirmed',
    ],
  ])('%s', (_, evidence, expected) => {
    expect(told(listing, evidence, HORIZON)).toBe(expected)
    expect(told(listing, evidence)).toBe('sep24 ARS code')
  })

  test('another asset of the same code does not stand in for the confirmed one', () => {
    const evidence = evidenceOf(
      { sep24: info([`ARS:${OTHER}`]) },
      {
        currencies: [ARS, { ...ARS, issuer: OTHER }],
        links: { [`ARS:${ISSUER}`]: 'two_way', [`ARS:${OTHER}`]: 'third_party' },
      },
    )
    expect(told(listing, evidence, HORIZON)).toBe('no: horizon_unconfirmed')
    expect(told(listing, evidence)).toBe(`sep24 ARS:${OTHER} code`)
  })
})

describe('until', () => {
  const until = (evidence: RowEvidence, listing = 'AR ARS on-ramp', source?: string) =>
    judgeRow(rowOf(listing, source), evidence, CLOCK).until
  test.each<[string, string | null, string | null]>([
    [
      'the rail',
      until(evidenceOf({ sep24: info(['ARS'], { seen: seenAt(hoursAgo(70)) }) })),
      hoursAgo(-2),
    ],
    [
      'the rail in its last moment',
      until(evidenceOf({ sep24: info(['ARS'], { seen: seenAt(hoursAgo(72)) }) })),
      hoursAgo(0),
    ],
    ['the price', until(zar, 'ZA ZAR off-ramp'), hoursAgo(-52)],
    ['the issuer of a row of Horizon', until(anclap, 'ZZ ARS on-ramp', 'horizon:x'), hoursAgo(-70)],
    [
      'no more than 72 h where a clock is ahead',
      until(agedToml(-5, info(['ARS'], { seen: seenAt(hoursAgo(-5)) }))),
      hoursAgo(-72),
    ],
    [
      'a silent SEP-10, where the rail needs a token',
      until(ngnc(sep10({ silentSince: hoursAgo(50) })), 'NG NGN off-ramp'),
      hoursAgo(-22),
    ],
    [
      'nothing of a silent SEP-10, where the rail needs no token',
      until(evidenceOf({ ...sep10({ silentSince: hoursAgo(50) }), sep6: info(['ARS']) })),
      hoursAgo(-71),
    ],
    ['nothing, when not operational', until(clpx), null],
  ])('rests on %s', (_, actual, expected) => {
    expect(actual).toBe(expected)
  })
})

test('1,000 listings of an anchor with 100 assets, 500 currencies and 2,000 prices look each of these up once', () => {
  let read = 0
  const counted = <T extends object>(value: T): T =>
    new Proxy(value, {
      get: (target, name, receiver) => {
        read += 1
        return Reflect.get(target, name, receiver)
      },
    })
  const names = Array.from({ length: 500 }, (_, at) => at)
  const evidence = evidenceOf(
    {
      sep24: info(names.slice(0, 100).map((at) => `A${at}`)),
      sep38: {
        step: 'conformant',
        seen: seenAt(hoursAgo(1)),
        quotes: [{ asset: 'iso4217:ZAR' }],
        prices: names.slice(0, 20).map((at) =>
          counted({
            at: hoursAgo(1),
            sells: `stellar:A${at}:G`,
            buys: names.slice(0, 100).map((other) => `iso4217:X${other}`),
          }),
        ),
      },
    },
    { currencies: names.map((at) => counted({ code: `A${at % 250}`, issuer: `G${at}` })) },
  )
  expect(told('ZA ZAR on-ramp', evidence)).toBe('no: currency_unlinked')
  const once = read
  for (let at = 0; at < 1_000; at += 1) told('ZA ZAR on-ramp', evidence)
  expect(read).toBe(once)
})
