import { describe, expect, test } from 'vitest'
import { FINDINGS, type Finding } from '../../lib/anchors/check/finding.ts'
import type { Change } from '../../lib/anchors/latest-changes.ts'
import { groupChanges, sentenceOf } from '../../lib/pages/changes.ts'
import { findingList } from '../../lib/pages/findings.ts'

const CODES = Object.keys(FINDINGS) as Finding['code'][]

describe('the findings on a page', () => {
  test('of 10,000 are bounded in kinds, places and size, and say how many are left out', () => {
    const findings = Array.from({ length: 10_000 }, (_, place) => ({
      code: CODES[place % CODES.length] as Finding['code'],
      sep: 1,
      expected: 'a value',
      field: `<b>${place}</b>`,
      actual: 'x'.repeat(120),
    }))
    const shown = findingList(findings).toString()
    expect(shown.match(/<h3>/g)).toHaveLength(60)
    expect(shown.match(/<code><bdi>&lt;b&gt;/g)).toHaveLength(60 * 5)
    expect(shown).toContain(`And ${CODES.length - 60} more kinds of findings`)
    expect(shown).not.toContain('<b>')
    expect(shown.length).toBeLessThan(200_000)
  })
})

describe('the changes of one step', () => {
  const change = (id: number, kind: Change['kind'], at: string, rest: object = {}): Change => ({
    id: String(id),
    at,
    kind,
    network: 'mainnet',
    domain: 'one.example.org',
    listing: null,
    before: null,
    after: null,
    ...rest,
  })
  const listing = (country: string) => `one.example.org:on-ramp:${country}:USD`

  test('are one entry with the number of the first, however many listings they are of', () => {
    const at = (ms: number) => `2026-11-29T10:00:00.${ms}Z`
    const groups = groupChanges([
      change(9, 'listing_off', '2026-11-29T11:00:00.000Z', {
        listing: listing('KE'),
        after: { why: ['toml_gone'] },
      }),
      ...[8, 7, 6, 5, 4].map((id) =>
        change(id, 'listing_on', at(100 + id), { listing: listing('KE') }),
      ),
    ])
    expect(groups.map(({ id, changes }) => [id, changes.length])).toEqual([
      ['9', 1],
      ['4', 5],
    ])
    expect(groups.map(sentenceOf)).toEqual([
      'Deposit USD in Kenya does not work any more. The stellar.toml answered 404 or 410 at the last conclusive check.',
      'Deposit USD in Kenya, Deposit USD in Kenya, Deposit USD in Kenya, Deposit USD in Kenya, 1 more listing work now.',
    ])
  })

  test.each([
    ['drift', { after: { signingKey: 'G…' } }, 'It changed: signingKey.'],
    [
      'held',
      { after: { issuers: 1 } },
      'It shows another identity, which does not count yet: issuers.',
    ],
    [
      'step_lost',
      { before: { sep24: 'verified' }, after: { sep24: 'absent' } },
      'A protocol fell to a lower step: SEP-24 is absent, was verified.',
    ],
    [
      'domain_disabled',
      { after: { reason: 'policy' } },
      'It was taken out of service: the trust rules refuse its stellar.toml.',
    ],
    ['domain_returned', {}, 'It is back in service.'],
    [
      'delisted',
      { listing: 'testnet:one.example.org:off-ramp:ZZ:EUR' },
      'Withdraw EUR worldwide was dropped by the source.',
    ],
  ] as const)('of the kind %s are told in one sentence', (kind, rest, sentence) => {
    const [group] = groupChanges([change(1, kind, '2026-11-29T10:00:00Z', rest)])
    expect(group && sentenceOf(group)).toBe(sentence)
  })
})
