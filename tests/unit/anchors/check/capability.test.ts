import { describe, expect, test } from 'vitest'
import type { Answered, Answers } from '../../../../lib/anchors/check/answers.ts'
import { buildCapability, type Capability } from '../../../../lib/anchors/check/capability.ts'
import type { PricesInfo } from '../../../../lib/anchors/check/info/prices.ts'
import type { StellarToml } from '../../../../lib/anchors/check/toml/fields.ts'
import { readStellarToml } from '../../../../lib/anchors/check/toml/stellar-toml.ts'
import type { SignIn } from '../../../../lib/anchors/check/web-auth/sign-in.ts'

const NOW = '2026-01-02T03:04:05.000Z'
const ISSUER = 'GCFIRY65OQE7DFP5KLNS2PF2LVZMUZYJX4OZIEQ36N2IQANUB5XVYOJR'
const hoursAgo = (hours: number) => new Date(Date.parse(NOW) - hours * 3_600_000).toISOString()
const source = { url: 'https://a.co/.well-known/stellar.toml', status: 200, durationMs: 9, at: NOW }
const at = (time: string, status = 200) => ({ status, durationMs: 5, at: time })
const assets = { EURK: { deposit: { enabled: true, feeFixed: '1' } } }
const good: Answered = {
  ...{ step: 'conformant', transient: false, evidence: at(NOW), findings: [] },
  assets,
}
const transient: Answered = {
  ...{ step: 'declared', transient: true, evidence: at(NOW, 503), findings: [] },
}
const definite: Answered = { ...transient, transient: false, evidence: at(NOW, 404) }
const ENDPOINT = 'https://a.co/s'

interface Change {
  seps?: Answers['seps']
  previous?: Capability | null
  isSigned?: boolean
  prices?: PricesInfo | null
  currencies?: StellarToml['currencies']
  link?: 'two_way' | 'contradicted' | 'unlinked'
  now?: string
  signIn?: SignIn
}

function build(endpoints: StellarToml['endpoints'], change: Change = {}) {
  const { seps = {}, previous = null, isSigned = false, prices = null, now = NOW } = change
  const { currencies = [{ code: 'EURK', issuer: ISSUER }], link = 'two_way' } = change
  const toml = { ...readStellarToml('VERSION="1"').toml, endpoints, currencies } as StellarToml
  return buildCapability({
    ...{ toml, salvaged: false, source, answers: { seps, isSigned, prices }, previous },
    ...{ links: new Map([[`EURK:${ISSUER}`, { link, notes: [], seenAt: NOW }]]), maxAgeHours: 72 },
    signIn: change.signIn ?? null,
    now: new Date(now),
  })
}

const sep24Of = (change: Change = {}) => build({ sep24: ENDPOINT }, change).capability.sep.sep24
const seenBefore = (change: Partial<Answered> = {}) =>
  build({ sep24: ENDPOINT }, { seps: { sep24: { ...good, ...change } }, isSigned: true }).capability

describe('the steps of a capability', () => {
  test('an endpoint in the stellar.toml makes a SEP declared, and without one it is absent', () => {
    const { capability, findings } = build({ sep10: 'https://a.co/auth', sep31: 'http://x.co' })
    const absent = { step: 'absent' }
    expect(capability.sep).toEqual({
      ...{
        sep6: absent,
        sep12: absent,
        sep24: absent,
        sep38: absent,
        sep45: absent,
        sep59: absent,
      },
      sep10: { step: 'declared', endpoint: 'https://a.co/auth' },
      sep31: { step: 'declared', endpoint: 'http://x.co' },
    })
    expect(findings).toEqual([])
  })

  test.each(['declared', 'reachable'] as const)('an answer makes it %s', (step) => {
    const seen = { step, endpoint: ENDPOINT, seen: good.evidence, assets }
    expect(sep24Of({ seps: { sep24: { ...good, step } } })).toEqual(seen)
  })

  test('a conformant answer is dated as the last one that was well', () => {
    expect(sep24Of({ seps: { sep24: good } })).toMatchObject({ step: 'conformant', lastOkAt: NOW })
  })

  test.each<[string, Change, string]>([
    ['an unsigned challenge', {}, 'conformant'],
    ['a signed challenge', { isSigned: true }, 'verified'],
    ['an issuer that denies it', { isSigned: true, link: 'contradicted' }, 'conformant'],
    ['an issuer without a home domain', { isSigned: true, link: 'unlinked' }, 'conformant'],
    ['an asset that the file does not list', { isSigned: true, currencies: [] }, 'conformant'],
  ])('with %s a conformant transfer server is %s', (_, change, step) => {
    expect(sep24Of({ ...change, seps: { sep24: good } }).step).toBe(step)
  })

  test('a protected answer has no step of its own', () => {
    const seps = { sep24: { ...definite, step: 'reachable' as const, protected: true as const } }
    expect(sep24Of({ seps })).toMatchObject({ step: 'reachable', protected: true })
  })
})

describe('the evidence of an earlier check', () => {
  test('stays after a transient failure, at most conformant, with a finding', () => {
    const previous = seenBefore()
    expect(previous.sep.sep24.step).toBe('verified')
    const { capability, findings } = build(
      { sep24: ENDPOINT },
      { seps: { sep24: transient }, previous, isSigned: true },
    )
    expect(capability.sep.sep24).toEqual({ ...previous.sep.sep24, step: 'conformant', kept: true })
    expect(findings).toMatchObject([{ code: 'capability_kept', sep: 24, actual: NOW }])
  })

  test('stays without a finding when the request was not due', () => {
    const { capability, findings } = build({ sep24: ENDPOINT }, { previous: seenBefore() })
    expect(capability.sep.sep24).toMatchObject({ step: 'conformant', kept: true })
    expect(findings).toEqual([])
  })

  test.each([
    [72, 'conformant'],
    [72.1, 'declared'],
  ])('of %d hours ago makes it %s, and when it was last well is not forgotten', (hours, step) => {
    const previous = seenBefore({ evidence: at(hoursAgo(hours)) })
    const sep24 = sep24Of({ seps: { sep24: transient }, previous })
    expect(sep24).toMatchObject({ step, lastOkAt: hoursAgo(hours) })
  })

  describe('of SEP-10 tells since when it is silent', () => {
    const sep10Of = (answered: Answered | undefined, previous: Capability | null, now = NOW) =>
      build({ sep10: ENDPOINT }, { seps: answered ? { sep10: answered } : {}, previous, now })
        .capability
    const down = (time: string) => ({ ...transient, evidence: at(time, 503) })
    const well = () => sep10Of({ ...good, evidence: at(hoursAgo(60)) }, null)
    const since = ({ sep }: Capability) => sep.sep10.silentSince

    test('from the first failing check, kept or not, whatever the failure', () => {
      let seen = sep10Of(down(hoursAgo(40)), well(), hoursAgo(40))
      expect(seen.sep.sep10).toMatchObject({ step: 'conformant', silentSince: hoursAgo(40) })
      seen = sep10Of(undefined, seen, hoursAgo(30))
      seen = sep10Of({ ...definite, evidence: at(hoursAgo(20), 405) }, seen, hoursAgo(20))
      expect(seen.sep.sep10).toMatchObject({ step: 'declared', silentSince: hoursAgo(40) })
      expect(since(sep10Of(down(NOW), seen))).toBe(hoursAgo(40))
    })

    test('from the first check of all, where it never showed a challenge', () => {
      const first = sep10Of(down(hoursAgo(96)), null, hoursAgo(96))
      expect(since(sep10Of(down(NOW), first))).toBe(hoursAgo(96))
    })

    test.each<[string, Answered]>([
      ['a challenge', good],
      ['a challenge with a fault', { ...good, step: 'reachable' }],
      ['a refusal', { ...definite, step: 'reachable', protected: true }],
    ])('and %s ends it', (_, answered) => {
      const silent = sep10Of(down(hoursAgo(40)), well(), hoursAgo(40))
      expect(since(sep10Of(answered, silent))).toBeUndefined()
    })
  })

  test.each<[string, Answered]>([
    ['404', definite],
    ['a refusal in JSON', { ...definite, step: 'reachable', protected: true }],
  ])('ends with %s', (_, answered) => {
    const sep24 = sep24Of({ seps: { sep24: answered }, previous: seenBefore() })
    expect(sep24.assets).toBeUndefined()
    expect(sep24.lastOkAt).toBe(NOW)
  })

  test('counts for the same endpoint only', () => {
    const change = { seps: { sep24: transient }, previous: seenBefore() }
    expect(build({ sep24: 'https://b.co/s' }, change).capability.sep.sep24).toEqual({
      ...{ step: 'declared', endpoint: 'https://b.co/s', seen: transient.evidence },
    })
    expect(build({}, change).capability.sep.sep24).toEqual({ step: 'absent' })
  })

  test('of a sign-in stays beside the step', () => {
    const previous = seenBefore()
    previous.sep.sep24.signedIn = { at: NOW, outcome: 'failing', failures: 1 }
    for (const answered of [good, transient, definite]) {
      expect(sep24Of({ seps: { sep24: answered }, previous }).signedIn?.failures).toBe(1)
    }
  })
})

describe('prices', () => {
  const quoted = { seps: { sep38: { ...good, quotes: [{ asset: 'iso4217:USD' }] } } }
  const priced = { at: NOW, sells: 'stellar:native', buys: ['iso4217:USD'] }
  const prices = (change: Partial<PricesInfo>): PricesInfo => ({
    ...{ step: 'verified', transient: false, evidence: at(NOW), prices: [], findings: [] },
    ...change,
  })
  const sep38Of = (change: Change) =>
    build({ sep38: ENDPOINT }, { ...quoted, ...change }).capability.sep.sep38

  test('verify a quote server on the day that they were asked, and stay on the others', () => {
    const first = build({ sep38: ENDPOINT }, { ...quoted, prices: prices({ prices: [priced] }) })
    expect(first.capability.sep.sep38).toMatchObject({ step: 'verified', prices: [priced] })
    const later = sep38Of({ previous: first.capability })
    expect(later).toMatchObject({ step: 'conformant', prices: [priced] })
  })

  test('that the business did not give are counted in a row', () => {
    const failing = prices({ step: 'conformant', failing: true, transient: true })
    const first = build({ sep38: ENDPOINT }, { ...quoted, prices: failing }).capability
    const second = sep38Of({ previous: first, prices: failing })
    expect([first.sep.sep38.pricesAsked?.failures, second.pricesAsked?.failures]).toEqual([1, 2])
    expect(sep38Of({ previous: first, prices: prices({}) }).pricesAsked?.failures).toBe(0)
  })
})

describe('a sign-in', () => {
  const sawIn = (seps: SignIn['seps'], previous: Capability | null = null) =>
    build(
      { sep24: ENDPOINT, sep31: ENDPOINT, sep12: ENDPOINT },
      {
        seps: {
          sep24: good,
          sep31: good,
          sep12: { ...definite, step: 'reachable', protected: true },
        },
        previous,
        signIn: { at: NOW, seps, quotes: null, prices: null, findings: [] },
      },
    ).capability

  test('is dated, and counts the failures of a service in a row', () => {
    const first = sawIn({ sep24: { outcome: 'failing' } })
    expect(first.signedInAt).toBe(NOW)
    expect(first.sep.sep24.signedIn).toEqual({ at: NOW, outcome: 'failing', failures: 1 })
    const second = sawIn({ sep24: { outcome: 'failing' } }, first)
    expect(second.sep.sep24.signedIn?.failures).toBe(2)
    expect(sawIn({ sep24: { outcome: 'ok' } }, second).sep.sep24.signedIn?.failures).toBe(0)
  })

  test('that fails begins a new row where the last failure is more than 72 hours old', () => {
    const long = sawIn({ sep24: { outcome: 'failing' } })
    const at = new Date(Date.parse(NOW) - 73 * 3_600_000).toISOString()
    long.sep.sep24.signedIn = { at, outcome: 'failing', failures: 1 }
    expect(sawIn({ sep24: { outcome: 'failing' } }, long).sep.sep24.signedIn?.failures).toBe(1)
  })

  test('that meets no business at SEP-12 fails SEP-31 too', () => {
    const { sep } = sawIn({ sep31: { outcome: 'ok' }, sep12: { outcome: 'failing' } })
    expect([sep.sep31.signedIn?.outcome, sep.sep12.signedIn?.outcome]).toEqual([
      'failing',
      'failing',
    ])
    expect(sep.sep24.signedIn).toBeUndefined()
    const back = sawIn({ sep12: { outcome: 'ok' } }, { ...build({}).capability, sep })
    expect(back.sep.sep31.signedIn).toMatchObject({ outcome: 'ok', failures: 0 })
  })

  test('that reads a customer verifies SEP-12 for this check', () => {
    const seen = sawIn({ sep12: { outcome: 'ok', isConformant: true } })
    expect(seen.sep.sep12).toMatchObject({ step: 'verified', protected: true, lastOkAt: NOW })
    const later = build({ sep12: ENDPOINT }, { previous: seen }).capability
    expect(later.sep.sep12).toMatchObject({ step: 'conformant', kept: true })
  })
})

test('a capability holds the mark of a salvage and the evidence of the stellar.toml', () => {
  expect(build({}).capability).toMatchObject({
    ...{ salvaged: false, toml: source, currencies: [{ code: 'EURK', issuer: ISSUER }] },
  })
})
