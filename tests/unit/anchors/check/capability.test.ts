import { describe, expect, test } from 'vitest'
import { buildCapability, type Capability } from '../../../../lib/anchors/check/capability.ts'
import type { TransferInfo } from '../../../../lib/anchors/check/info/transfer.ts'
import type { StellarToml } from '../../../../lib/anchors/check/toml/fields.ts'

const source = {
  url: 'https://a.co/.well-known/stellar.toml',
  status: 200,
  durationMs: 9,
  at: '2026-01-02T03:04:05.000Z',
}
const evidence = { status: 200, durationMs: 5, at: '2026-01-02T03:04:05.000Z' }
const assets = { EURK: { deposit: { enabled: true, feeFixed: '1' } } }
const good: TransferInfo = { step: 'conformant', transient: false, evidence, assets, findings: [] }
const transient: TransferInfo = {
  step: 'declared',
  transient: true,
  evidence: { ...evidence, status: 503, at: '2026-02-02T00:00:00.000Z' },
  findings: [],
}
const definite: TransferInfo = {
  ...transient,
  transient: false,
  evidence: { ...transient.evidence!, status: 404 },
}

function build(
  endpoints: StellarToml['endpoints'],
  infos: { sep6?: TransferInfo; sep24?: TransferInfo } = {},
  previous: Capability | null = null,
) {
  const toml: StellarToml = { endpoints, currencies: [] }
  return buildCapability({ toml, salvaged: false, source, infos, previous })
}

describe('buildCapability', () => {
  test('an endpoint in the stellar.toml makes a SEP declared, and without one it is absent', () => {
    const { capability, findings } = build({
      sep10: 'https://a.co/auth',
      sep31: 'http://localhost/x',
    })
    expect(capability.sep).toEqual({
      sep6: { step: 'absent' },
      sep10: { step: 'declared', endpoint: 'https://a.co/auth' },
      sep12: { step: 'absent' },
      sep24: { step: 'absent' },
      sep31: { step: 'declared', endpoint: 'http://localhost/x' },
      sep38: { step: 'absent' },
      sep45: { step: 'absent' },
      sep59: { step: 'absent' },
    })
    expect(findings).toEqual([])
  })

  test.each(['declared', 'reachable', 'conformant'] as const)(
    '/info makes a transfer server %s',
    (step) => {
      const { capability } = build({ sep24: 'https://a.co/s' }, { sep24: { ...good, step } })
      expect(capability.sep.sep24).toEqual({
        step,
        endpoint: 'https://a.co/s',
        seen: evidence,
        assets,
      })
    },
  )

  test('a transient failure keeps step, assets and evidence of the same endpoint, with a finding', () => {
    const endpoints = { sep24: 'https://a.co/s', sep6: 'https://a.co/6' }
    const before = build(endpoints, { sep24: good, sep6: good }).capability
    const { capability, findings } = build(endpoints, { sep24: transient, sep6: definite }, before)
    expect(capability.sep.sep24).toEqual(before.sep.sep24)
    expect(capability.sep.sep6).toEqual({
      step: 'declared',
      endpoint: 'https://a.co/6',
      seen: definite.evidence,
    })
    expect(findings).toEqual([
      {
        code: 'capability_kept',
        sep: 24,
        field: 'TRANSFER_SERVER_SEP0024',
        expected: 'a readable /info',
        actual: evidence.at,
      },
    ])
  })

  test('a transient failure keeps nothing of another, a removed or a never read endpoint', () => {
    const before = build({ sep24: 'https://a.co/s' }, { sep24: good }).capability
    const moved = build({ sep24: 'https://b.co/s' }, { sep24: transient }, before)
    expect(moved.capability.sep.sep24).toEqual({
      step: 'declared',
      endpoint: 'https://b.co/s',
      seen: transient.evidence,
    })
    expect(build({}, {}, before).capability.sep.sep24).toEqual({ step: 'absent' })
    const unread = build({ sep24: 'https://a.co/s' }, { sep24: definite }).capability
    expect(
      build({ sep24: 'https://a.co/s' }, { sep24: transient }, unread).capability.sep.sep24.step,
    ).toBe('declared')
  })

  test('a capability holds the mark of a salvage and the evidence of the stellar.toml', () => {
    const toml: StellarToml = { endpoints: {}, currencies: [{ code: 'A' }], signingKey: 'G' }
    const { capability } = buildCapability({
      toml,
      salvaged: true,
      source,
      infos: {},
      previous: null,
    })
    expect(capability).toMatchObject({
      salvaged: true,
      toml: source,
      signingKey: 'G',
      currencies: [{ code: 'A' }],
    })
  })
})
