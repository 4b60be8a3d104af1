import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SepCapability } from '../../lib/anchors/check/capability.ts'
import { judgeRow } from '../../lib/anchors/check/row/judge-row.ts'
import { REASONS } from '../../lib/anchors/check/row/reasons.ts'
import type { ListedRow, RowEvidence } from '../../lib/anchors/check/row/row-evidence.ts'
import type { Link } from '../../lib/anchors/issuers/link.ts'
import {
  CIRCLE,
  CLOCK,
  evidenceOf,
  hoursAgo,
  ISSUER,
  NOW,
  OTHER,
  seenAt,
} from '../unit/anchors/check/row/evidence-of.ts'

const RUNS = { numRuns: 2_000 }
const HOUR_MS = 3_600_000

const codes = fc.constantFrom('USDC', 'ARS', 'NGNC', 'XLM')
const issuers = fc.constantFrom(ISSUER, OTHER, CIRCLE)
const keys = fc.oneof(
  codes,
  fc.constantFrom('native', 'iso4217:ARS', `stellar:USDC:${CIRCLE}`, `NGNC:${ISSUER}`),
)
const fiats = fc.constantFrom('USD', 'ARS', 'NGN')
const countries = fc.constantFrom('AR', 'NG', 'US', 'BR-SP')
const ats = fc.integer({ min: -1, max: 90 }).map(hoursAgo)
const support = fc.record({ enabled: fc.boolean() })
const assets = fc.dictionary(
  keys,
  fc.record(
    { deposit: support, withdraw: support, withdrawExchange: support, receive: support },
    { requiredKeys: [] },
  ),
  { maxKeys: 4 },
)
const seps: fc.Arbitrary<SepCapability> = fc.record(
  {
    step: fc.constantFrom('absent', 'declared', 'reachable', 'conformant', 'verified'),
    seen: ats.map(seenAt),
    protected: fc.constant(true as const),
    refused: fc.constantFrom('missing', 'home_domain'),
    signedIn: fc.record({
      at: ats,
      outcome: fc.constant('failing' as const),
      failures: fc.integer({ min: 0, max: 3 }),
    }),
    assets,
    offerings: fc.array(
      fc.record(
        { kind: fc.constant('bank_account' as const), country: countries, currency: fiats },
        { requiredKeys: ['kind'] },
      ),
    ),
    quotes: fc.array(
      fc.record(
        {
          asset: fc.oneof(
            fiats.map((fiat) => `iso4217:${fiat}`),
            fc.constant(`stellar:USDC:${CIRCLE}`),
          ),
          countries: fc.array(countries, { minLength: 1 }),
          sellMethods: fc.constant(['bank']),
          buyMethods: fc.constant(['bank']),
        },
        { requiredKeys: ['asset'] },
      ),
      { maxLength: 3 },
    ),
    prices: fc.array(
      fc.record({
        at: ats,
        sells: fc.constant(`stellar:USDC:${CIRCLE}`),
        buys: fc.array(fiats.map((fiat) => `iso4217:${fiat}`)),
      }),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: ['step'] },
)
const links = fc.dictionary(
  fc.tuple(codes, issuers).map(([code, issuer]) => `${code}:${issuer}`),
  fc.constantFrom<Link>('two_way', 'third_party', 'unlinked', 'missing', 'contradicted', 'unknown'),
)
const currencies = fc.uniqueArray(
  fc.record(
    { code: codes, issuer: issuers, anchorAsset: fiats },
    { requiredKeys: ['code', 'issuer'] },
  ),
  { selector: ({ code }) => code, maxLength: 4 },
)
const evidences: fc.Arbitrary<RowEvidence> = fc
  .record({
    sep: fc.record(
      { sep6: seps, sep10: seps, sep24: seps, sep31: seps, sep38: seps, sep45: seps, sep59: seps },
      { requiredKeys: [] },
    ),
    currencies,
    links,
  })
  .map(({ sep, ...more }) => evidenceOf(sep, more))
const rows: fc.Arbitrary<ListedRow> = fc.record({
  country: fc.constantFrom('AR', 'NG', 'US', 'BR', 'ZZ'),
  currency: fc.oneof(fiats, codes, fc.constantFrom('ars', 'native')),
  type: fc.constantFrom('on-ramp', 'off-ramp'),
  source: fc.constantFrom('https://directory.co', 'horizon:https://horizon.stellar.org'),
})

const isOperational = (row: ListedRow, evidence: RowEvidence, now = NOW) =>
  judgeRow(row, evidence, { ...CLOCK, now }).operational

describe('for every listing and every evidence', () => {
  test('the examples reach both verdicts by every rail', () => {
    const reached = new Set<string>()
    fc.assert(
      fc.property(rows, evidences, (row, evidence) => {
        const { rail, basis } = judgeRow(row, evidence, CLOCK)
        reached.add(`${rail} ${basis}`)
      }),
      { numRuns: 10_000, seed: 1 },
    )
    for (const one of [
      'sep24 code',
      'sep6 anchor_asset',
      'sep31 code',
      'sep59 offering',
      'null null',
    ]) {
      expect([...reached]).toContain(one)
    }
    expect([...reached].filter((one) => one.endsWith(' quote')).length).toBeGreaterThan(0)
  })

  test('the reasons of a verdict are of its kind: one that forbids stands in every refusal, and in no other verdict', () => {
    fc.assert(
      fc.property(rows, evidences, (row, evidence) => {
        const { operational, why, rail, until } = judgeRow(row, evidence, CLOCK)
        expect(why.every((code) => REASONS[code].operational)).toBe(operational)
        expect(new Set(why).size).toBe(why.length)
        expect([rail !== null, until !== null]).toEqual([operational, operational])
      }),
      RUNS,
    )
  })

  test('no listing is operational while its home domain is untrusted, gone or refuted', () => {
    const bars = fc.constantFrom<(evidence: RowEvidence) => RowEvidence>(
      (evidence) => ({ ...evidence, trusted: false }),
      (evidence) => ({ ...evidence, trusted: null }),
      (evidence) => ({ ...evidence, outcome: 'definite' }),
      (evidence) => withSep(evidence, { sep10: { step: 'reachable', refuted: ['toml_status'] } }),
    )
    fc.assert(
      fc.property(rows, evidences, bars, (row, evidence, bar) => {
        expect(isOperational(row, bar(evidence))).toBe(false)
      }),
      RUNS,
    )
  })

  test('taking evidence away makes no listing operational', () => {
    const taken = fc.constantFrom<(sep: SepCapability) => SepCapability | undefined>(
      () => undefined,
      (sep) => ({ ...sep, step: 'declared' }),
      ({ seen, ...sep }) => sep,
      ({ assets, ...sep }) => sep,
      ({ offerings, ...sep }) => sep,
      ({ prices, ...sep }) => sep,
      (sep) => ({ ...sep, assets: Object.fromEntries(Object.entries(sep.assets ?? {}).slice(1)) }),
      (sep) => ({ ...sep, prices: sep.prices?.slice(1) ?? [] }),
      (sep) => ({ ...sep, seen: seenAt(hoursAgo(100)) }),
      (sep) => ({ ...sep, protected: true }),
    )
    const names = fc.constantFrom('sep6', 'sep24', 'sep31', 'sep59')
    fc.assert(
      fc.property(rows, evidences, names, taken, (row, evidence, name, take) => {
        const before = isOperational(row, evidence)
        const sep = take(evidence.capability?.sep[name] ?? { step: 'absent' })
        const after = withSep(evidence, { [name]: sep ?? { step: 'absent' } })
        expect(isOperational(row, after) && !before).toBe(false)
      }),
      RUNS,
    )
  })

  test('without prices, or with issuers that were not read, no more listings are operational', () => {
    fc.assert(
      fc.property(rows, evidences, (row, evidence) => {
        if (isOperational(row, evidence)) return
        const sep38 = {
          ...(evidence.capability?.sep.sep38 ?? { step: 'absent' as const }),
          prices: [],
        }
        expect(isOperational(row, withSep(evidence, { sep38 }))).toBe(false)
        const barred = ['missing', 'contradicted']
        const kept = [...evidence.links].filter(([, { link }]) => barred.includes(link))
        expect(isOperational(row, { ...evidence, links: new Map(kept) })).toBe(false)
      }),
      RUNS,
    )
  })

  test('an operational listing stays so up to `until`, and then only by younger evidence', () => {
    fc.assert(
      fc.property(rows, evidences, (row, evidence) => {
        const { until } = judgeRow(row, evidence, CLOCK)
        if (until === null) return
        const end = Date.parse(until)
        expect(end).toBeGreaterThanOrEqual(NOW.getTime())
        expect(end).toBeLessThanOrEqual(NOW.getTime() + 72 * HOUR_MS)
        expect(isOperational(row, evidence, new Date(end))).toBe(true)
        const later = judgeRow(row, evidence, { ...CLOCK, now: new Date(end + 1) })
        if (later.until !== null) expect(Date.parse(later.until)).toBeGreaterThan(end)
      }),
      RUNS,
    )
  })

  test('a worldwide listing is never refused for its country', () => {
    fc.assert(
      fc.property(rows, evidences, (row, evidence) => {
        const { operational, why } = judgeRow({ ...row, country: 'ZZ' }, evidence, CLOCK)
        expect(why).not.toContain('country_not_served')
        expect(why).not.toContain('country_unconfirmed')
        if (judgeRow(row, evidence, CLOCK).operational) expect(operational).toBe(true)
      }),
      RUNS,
    )
  })
})

function withSep(evidence: RowEvidence, sep: Record<string, SepCapability>): RowEvidence {
  const { capability } = evidence
  if (capability === null) return evidence
  return { ...evidence, capability: { ...capability, sep: { ...capability.sep, ...sep } } }
}
