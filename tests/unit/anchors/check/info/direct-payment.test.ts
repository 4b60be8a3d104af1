import { describe, expect, test } from 'vitest'
import { readDirectPayment } from '../../../../../lib/anchors/check/info/direct-payment.ts'
import type { AssetSupport } from '../../../../../lib/anchors/check/offers.ts'

const METHODS = { funding_methods: ['SEPA'] }
const OPEN = { enabled: true, fundingMethods: ['SEPA'] }

function read(info: unknown) {
  const { step, assets, findings } = readDirectPayment(JSON.stringify(info))
  return { step, assets, codes: findings.map(({ code }) => code) }
}

describe('/info of SEP-31', () => {
  test.each<[string, object, AssetSupport]>([
    ['no enabled: listed means served', METHODS, { receive: OPEN }],
    ['enabled', { ...METHODS, enabled: true }, { receive: OPEN }],
    [
      'quotes that are supported and required',
      { ...METHODS, quotes_supported: true, quotes_required: true },
      { receive: OPEN },
    ],
    ['quotes that are not', { ...METHODS, quotes_required: false }, { receive: OPEN }],
    [
      'limits and fees',
      { ...METHODS, min_amount: 0.1, max_amount: 1000, fee_fixed: 5, fee_percent: 1 },
      {
        receive: {
          ...{ ...OPEN, minAmount: '0.1', maxAmount: '1000', feeFixed: '5', feePercent: '1' },
        },
      },
    ],
    [
      'the deprecated members',
      {
        ...{ ...METHODS, sender_sep12_type: 'a', fields: { transaction: {} } },
        sep12: { sender: { types: {} }, receiver: { types: {} } },
      },
      { receive: OPEN },
    ],
    ['sep12 without a side', { ...METHODS, sep12: {} }, { receive: OPEN }],
  ])('is conformant with %s', (_what, entry, expected) => {
    expect(read({ receive: { USDC: entry } })).toEqual({
      ...{ step: 'conformant', assets: { USDC: expected }, codes: [] },
    })
  })

  test('is conformant without funding methods, which is noted once', () => {
    const { step, codes } = read({ receive: { A: {}, B: {} } })
    expect([step, codes]).toEqual(['conformant', ['info_funding_methods_missing']])
  })

  test.each<[string, object, string]>([
    [
      'quotes that are required and not supported',
      { quotes_required: true },
      'info_quotes_required',
    ],
    [
      'quotes that are required and refused',
      { quotes_required: true, quotes_supported: false },
      'info_quotes_required',
    ],
    ['quotes_supported in a text', { quotes_supported: 'true' }, 'info_field'],
    ['sep12 of one side', { sep12: { sender: {} } }, 'info_field'],
    ['sep12 in a text', { sep12: 'x' }, 'info_field'],
    ['fields in a list', { fields: [] }, 'info_field'],
    ['funding methods in a text', { funding_methods: 'SEPA' }, 'info_field'],
    ['a limit in a text', { min_amount: '5' }, 'info_amount_text'],
    ['a limit that is none', { max_amount: 'lots' }, 'info_amount'],
    ['limits the wrong way round', { min_amount: 5, max_amount: 1 }, 'info_limits_reversed'],
  ])('is reachable with %s', (_what, entry, code) => {
    const { step, codes } = read({ receive: { USDC: { ...METHODS, ...entry } } })
    expect([step, codes]).toEqual(['reachable', [code]])
  })

  test.each([false, 'false', 0])('does not serve an asset whose enabled is %j', (enabled) => {
    const { step, assets, codes } = read({ receive: { USDC: { ...METHODS, enabled } } })
    expect([step, assets]).toEqual([
      'reachable',
      { USDC: { receive: { ...OPEN, enabled: false } } },
    ])
    expect(codes).toContain('info_no_assets')
  })

  test.each([{ receive: {} }, {}])('with nothing to receive (%j) is reachable', (info) => {
    expect(read(info)).toEqual({ step: 'reachable', assets: {}, codes: ['info_no_assets'] })
  })

  test.each([{ deposit: {} }, { receive: [] }, { receive: null, x: 1 }, { error: 'x' }])(
    'is not %j',
    (info) => {
      expect(read(info)).toEqual({ step: 'declared', assets: undefined, codes: ['info_shape'] })
    },
  )
})
