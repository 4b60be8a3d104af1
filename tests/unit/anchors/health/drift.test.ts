import { describe, expect, test } from 'vitest'
import { type IdentityState, nextIdentity } from '../../../../lib/anchors/health/drift.ts'
import { type AnchorTraits, traitsOf } from '../../../../lib/anchors/health/identity.ts'
import { capabilityOf } from '../../../helpers/database-rows.ts'

const START = Date.UTC(2026, 0, 1)
/** An hour of the simulation, and the window of 6 hours that holds it. */
const at = (hour: number) => ({
  now: new Date(START + hour * 3_600_000).toISOString(),
  window: new Date(START + Math.floor(hour / 6) * 6 * 3_600_000).toISOString(),
})

const traits = (change: Partial<AnchorTraits> = {}): AnchorTraits => ({
  signingKey: 'GKEY',
  passphrase: 'Public',
  organisation: 'Casa',
  endpoints: { sep10: 'auth.a.example', sep24: 'a.example' },
  issuers: { USDC: ['GA'] },
  fees: { 'sep24 USDC deposit feePercent': '1' },
  steps: { sep24: 'conformant' },
  ...change,
})

/** Lets the checks see these traits, each at its hour, and names what is told. */
function see(...sights: [hour: number, seen: AnchorTraits][]) {
  let state: IdentityState = { known: null, held: null }
  const told = sights.map(([hour, seen]) => {
    const next = nextIdentity(state, seen, at(hour))
    state = next.state
    return next.events.map(({ kind }) => kind)
  })
  return { state, told }
}

const STOLEN = traits({ signingKey: 'GTHIEF' })

describe('an identity', () => {
  test('is believed at first sight, without a word', () => {
    const { state, told } = see([0, traits()])
    expect(told).toEqual([[]])
    expect(state).toEqual({ known: traits(), held: null })
  })

  test.each<[string, Partial<AnchorTraits>, object]>([
    ['signing key', { signingKey: 'GB' }, { SIGNING_KEY: { before: 'GKEY', after: 'GB' } }],
    [
      'passphrase',
      { passphrase: 'Other' },
      { NETWORK_PASSPHRASE: { before: 'Public', after: 'Other' } },
    ],
    [
      'host',
      { endpoints: { sep10: 'auth.a.example', sep24: 'b.example' } },
      { 'host of TRANSFER_SERVER_SEP0024': { before: 'a.example', after: 'b.example' } },
    ],
    [
      'owner of a protocol that was not there',
      { endpoints: { ...traits().endpoints, sep6: 'thief.test' } },
      { 'host of TRANSFER_SERVER': { before: null, after: 'thief.test' } },
    ],
    [
      'issuer',
      { issuers: { USDC: ['GB'] } },
      { 'issuer of USDC': { before: ['GA'], after: ['GB'] } },
    ],
    [
      'second issuer',
      { issuers: { USDC: ['GA', 'GB'] } },
      { 'issuer of USDC': { before: ['GA'], after: ['GA', 'GB'] } },
    ],
  ])('with another %s is held', (_, change, changes) => {
    const { state, told } = see([0, traits()], [6, traits(change)])
    expect(told[1]).toEqual(['drift', 'held'])
    expect(state.known).toEqual(traits())
    expect(state.held).toMatchObject({ since: at(6).now, window: at(6).window, changes })
  })

  test.each<[string, Partial<AnchorTraits>]>([
    ['a new code', { issuers: { USDC: ['GA'], EURC: ['GE'] } }],
    ['a protocol that was not there', { endpoints: { ...traits().endpoints, sep6: 'a.example' } }],
    [
      'one at another host of the anchor',
      { endpoints: { ...traits().endpoints, sep6: 'transfer.a.example:8443' } },
    ],
    ['a field less', { endpoints: { sep24: 'a.example' }, issuers: {} }],
  ])('with %s is not held', (_, change) => {
    const { state, told } = see([0, traits()], [6, traits(change)])
    expect([told[1], state.held]).toEqual([[], null])
  })

  test.each(['vercel.app', 'herokuapp.com', 'github.io', 's3.amazonaws.com'])(
    'with a new protocol of another customer of %s is held',
    (suffix) => {
      const endpoints = { sep24: `anchor.${suffix}` }
      const added = { ...endpoints, sep6: `thief.${suffix}` }
      const { told } = see([0, traits({ endpoints })], [6, traits({ endpoints: added })])
      expect(told[1]).toEqual(['drift', 'held'])
    },
  )

  test('with its first protocols is held, because no host of it is known', () => {
    const endpoints = { sep10: 'thief.test', sep24: 'thief.test' }
    const { told } = see([0, traits({ endpoints: {} })], [6, traits({ endpoints })])
    expect(told[1]).toEqual(['drift', 'held'])
  })

  test('is not changed unseen by leaving a value out in between', () => {
    const { signingKey: _, ...without } = traits()
    const { told } = see([0, traits()], [6, without], [12, STOLEN])
    expect(told).toEqual([[], [], ['drift', 'held']])
  })

  test('counts once a check at least 24 hours and one window later sees the same', () => {
    const { state, told } = see(
      ...([
        [0, traits()],
        [7, STOLEN],
        [13, STOLEN],
        [30, STOLEN],
        [31, STOLEN],
        [36, traits()],
      ] as [number, AnchorTraits][]),
    )
    expect(told).toEqual([[], ['drift', 'held'], [], [], ['accepted'], ['drift', 'held']])
    expect(state.known).toEqual(STOLEN)
  })

  test('is not confirmed by its own window, however long that is', () => {
    const day = { now: at(30).now, window: at(0).window }
    const first = nextIdentity({ known: traits(), held: null }, STOLEN, at(0))
    expect(nextIdentity(first.state, STOLEN, day).state.held).not.toBeNull()
  })

  test('is released when the known one is seen again', () => {
    const { state, told } = see([0, traits()], [6, STOLEN], [12, traits()])
    expect(told[2]).toEqual(['released'])
    expect(state).toEqual({ known: traits(), held: null })
  })

  test('waits anew when it is a third one', () => {
    const { state, told } = see([0, traits()], [6, STOLEN], [29, traits({ signingKey: 'GX' })])
    expect(told[2]).toEqual(['drift', 'held'])
    expect(state.held?.since).toBe(at(29).now)
  })

  test('that is held waits no longer because of a new code', () => {
    const more = { ...STOLEN, issuers: { USDC: ['GA'], EURC: ['GE'] } }
    const { state, told } = see([0, traits()], [6, STOLEN], [12, more], [30, more])
    expect(told[3]).toEqual(['accepted'])
    expect(state.known?.issuers).toEqual(more.issuers)
  })

  test('of a file with a thousand new issuers is told by its first 20 changes', () => {
    const issuers = (of: string) =>
      Object.fromEntries(Array.from({ length: 1_000 }, (__, code) => [`C${code}`, [of]]))
    const state = { known: traits({ issuers: issuers('GA') }), held: null }
    const { events } = nextIdentity(state, traits({ issuers: issuers('GB') }), at(6))
    expect(Object.keys(events[0]?.after ?? {})).toHaveLength(21)
    expect(events[0]?.after).toMatchObject({ more: 980 })
  })

  test.each(['__proto__', 'constructor', 'toString'])('may have a code %s', (code) => {
    const issuers = Object.fromEntries([[code, ['GA']]])
    const { told, state } = see([0, traits()], [6, traits({ issuers })], [12, traits({ issuers })])
    expect(told).toEqual([[], [], []])
    expect(state.held).toBeNull()
  })
})

describe('what counts at once', () => {
  test.each([
    ['1', '1.2', false],
    ['1', '1.20000000000000000001', true],
    ['1', '0.8', false],
    ['1', '0.79999999999999999999', true],
    ['0', '0', false],
    ['0', '0.0000001', true],
    ['5', '0', true],
    ['10', '10.00', false],
    ['12345678901234567890', '14814814681481481468', false],
    ['12345678901234567890', '14814814681481481469', true],
  ])('a fee of %s that becomes %s is told: %s', (before, after, isTold) => {
    const fees = (fee: string) => traits({ fees: { 'sep24 USDC deposit feeFixed': fee } })
    const { told, state } = see([0, fees(before)], [6, fees(after)])
    expect(told[1]).toEqual(isTold ? ['drift'] : [])
    expect(state.held).toBeNull()
  })

  test('a fee that creeps is told once it is a fifth above what was last told', () => {
    const fee = (text: string) => traits({ fees: { f: text } })
    const { told } = see(
      [0, fee('1')],
      [6, fee('1.1')],
      [12, fee('1.2')],
      [18, fee('1.3')],
      [24, fee('1.4')],
    )
    expect(told).toEqual([[], [], [], ['drift'], []])
  })

  test('another organisation is told', () => {
    const { told, state } = see([0, traits()], [6, traits({ organisation: 'Other' })])
    expect(told[1]).toEqual(['drift'])
    expect(state.known?.organisation).toBe('Other')
  })

  test('a step is told in the direction it went', () => {
    const step = (sep24: 'declared' | 'verified') => traits({ steps: { sep24 } })
    expect(see([0, step('verified')], [6, step('declared')], [12, step('verified')]).told).toEqual([
      [],
      ['step_lost'],
      ['step_gained'],
    ])
  })

  test('counts also while an identity is held', () => {
    const { state, told } = see([0, traits()], [6, STOLEN], [12, { ...STOLEN, organisation: 'X' }])
    expect(told[2]).toEqual(['drift'])
    expect(state.known).toMatchObject({ organisation: 'X', signingKey: 'GKEY' })
  })
})

describe('traitsOf', () => {
  const host = 'https://api.a.example:8443/sep24'

  test('reads key, passphrase, organisation, hosts, issuers, fees and steps', () => {
    const sep24 = {
      ...({ step: 'verified', endpoint: host } as const),
      assets: { USDC: { deposit: { enabled: true, feeFixed: '1', feePercent: '0.5' } } },
    }
    const currencies = [
      { code: 'USDC', issuer: 'GB' },
      { code: 'USDC', issuer: 'GA' },
      { code: 'TOK', contract: 'CA' },
      { code: 'XYZ' },
    ]
    expect(
      traitsOf({
        ...capabilityOf({ sep24 }),
        ...{ signingKey: 'GKEY', networkPassphrase: 'Public', organisation: 'Casa', currencies },
      }),
    ).toMatchObject({
      ...{ signingKey: 'GKEY', passphrase: 'Public', organisation: 'Casa' },
      endpoints: { sep24: 'api.a.example:8443' },
      issuers: { USDC: ['GA', 'GB'], TOK: ['CA'] },
      fees: { 'sep24 USDC deposit feeFixed': '1', 'sep24 USDC deposit feePercent': '0.5' },
      steps: { sep24: 'verified', sep10: 'absent' },
    })
  })

  test('leaves out a step that the next check would not show', () => {
    const kept = { step: 'conformant', kept: true } as const
    const { steps } = traitsOf(
      capabilityOf({
        sep10: kept,
        sep24: { step: 'conformant' },
        sep38: { step: 'reachable' },
        sep12: { step: 'verified' },
      }),
    )
    expect(steps).toEqual({
      sep38: 'reachable',
      sep6: 'absent',
      sep31: 'absent',
      sep45: 'absent',
      sep59: 'absent',
    })
  })
})
