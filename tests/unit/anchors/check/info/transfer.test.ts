import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Finding } from '../../../../../lib/anchors/check/finding.ts'
import {
  readTransferInfo,
  type TransferSepName,
} from '../../../../../lib/anchors/check/info/transfer.ts'
import type { AssetSupport } from '../../../../../lib/anchors/check/offers.ts'

function fixture(name: string): string {
  return readFileSync(
    new URL(`../../../../fixtures/transfer-info/${name}.json`, import.meta.url),
    'utf8',
  )
}

const codesOf = (findings: Finding[]) => findings.map(({ code }) => code)
/** The members that a whole answer has beside its maps, so that no note is told. */
const WHOLE = {
  sep6: { deposit: {}, withdraw: {}, ...endpoints('fee', 'transactions', 'transaction') },
  sep24: { deposit: {}, withdraw: {}, ...endpoints('fee') },
}

function endpoints(...names: string[]) {
  return Object.fromEntries(names.map((name) => [name, { enabled: false }]))
}

/** Reads a whole answer with these members instead. */
function readWhole(sep: TransferSepName, change: object) {
  const { step, assets, findings } = readTransferInfo(
    sep,
    JSON.stringify({ ...WHOLE[sep], ...change }),
  )
  return { step, assets, codes: codesOf(findings) }
}

const FREE = { enabled: true, funding_methods: ['SEPA'] }
const METHODS = { funding_methods: ['SEPA'] }
const OPEN = { enabled: true }
const OPEN_BY_SEPA = { enabled: true, fundingMethods: ['SEPA'] }

function readAmountOf(written: string) {
  const whole = JSON.stringify({
    ...WHOLE.sep24,
    deposit: { A: { enabled: true, fee_fixed: '?' } },
  })
  const { step, assets, findings } = readTransferInfo('sep24', whole.replace('"?"', written))
  return { step, assets, codes: codesOf(findings) }
}

describe('readTransferInfo', () => {
  test('fees and limits keep every digit, and a number in a text is used and is a fault', () => {
    const { findings, ...reading } = readTransferInfo('sep24', fixture('sep24-mixed-amounts'))
    expect(findings.map(({ code, actual }) => [code, actual])).toEqual([
      ['info_amount_text', '1.250'],
      ['info_amount_text', '5'],
      ['info_endpoint_missing', undefined],
    ])
    expect(reading).toEqual({
      step: 'reachable',
      assets: {
        EURK: {
          deposit: {
            enabled: true,
            feeFixed: '0.10',
            feePercent: '1.250',
            minAmount: '5',
            maxAmount: '922337203685.4775807',
          },
          withdraw: { enabled: true, feeMinimum: '100000000000.0000001' },
        },
        native: { deposit: { enabled: true, feeFixed: '0.00001', maxAmount: '2500' } },
        CLOSED: { deposit: { enabled: false } },
      },
      features: { accountCreation: true, claimableBalances: false },
    })
  })

  test('the four maps of SEP-6 are read, and its fields are not', () => {
    const { findings, ...reading } = readTransferInfo('sep6', fixture('sep6-with-fields'))
    expect(codesOf(findings)).toEqual([
      'info_funding_methods_missing',
      'info_endpoint_missing',
      'info_endpoint_missing',
    ])
    expect(reading).toEqual({
      step: 'conformant',
      assets: {
        EURK: {
          deposit: { ...OPEN_BY_SEPA, authenticationRequired: true, minAmount: '1' },
          depositExchange: { enabled: true, authenticationRequired: true },
          withdraw: { enabled: true },
        },
      },
    })
  })

  test('a wrong part is reported and left out, and the other parts are kept', () => {
    const { step, assets, findings } = readTransferInfo('sep24', fixture('sep24-faults'))
    expect(step).toBe('reachable')
    expect(assets).toEqual({
      EURK: { deposit: { enabled: false } },
      USDK: { deposit: { enabled: false, minAmount: '10', maxAmount: '9.99' } },
    })
    expect(findings.map(({ code, field, actual }) => [code, field, actual])).toEqual([
      ['info_enabled_missing', 'deposit.EURK.enabled', undefined],
      ['info_amount', 'deposit.EURK.fee_fixed', '1,50'],
      ['info_amount', 'deposit.EURK.min_amount', '-1'],
      ['info_amount', 'deposit.EURK.max_amount', 'object'],
      ['info_field', 'deposit.USDK.enabled', 'string'],
      ['info_amount_text', 'deposit.USDK.max_amount', '9.99'],
      ['info_limits_reversed', 'deposit.USDK', '10 > 9.99'],
      ['info_field', 'deposit', ''],
      ['info_field', 'deposit', '__proto__'],
      ['info_field', 'deposit.GBPK', 'boolean'],
      ['info_field', 'withdraw', 'array'],
      ['info_endpoint_missing', 'fee', undefined],
      ['info_no_assets', 'TRANSFER_SERVER_SEP0024', '2'],
    ])
    expect(findings.every(({ sep }) => sep === 24)).toBe(true)
  })

  test.each([
    ['0', '0'],
    ['0.0', '0.0'],
    ['14000.0', '14000.0'],
    ['1e0', '1'],
    ['1E+2', '100'],
    ['1.25e1', '12.5'],
    ['1.25e-3', '0.00125'],
    ['12e3', '12000'],
    ['0.5e1', '5'],
    ['0.5e-1', '0.05'],
    ['0e9', '0'],
    ['1e-20', '0.00000000000000000001'],
    ['1e-21', null],
    ['1e99', null],
    ['1e400', null],
    ['-0', null],
    ['123456789012345678901', null],
    ['[1]', null],
    ['[{"toString":1}]', null],
    ['true', null],
  ])('an amount written %s is %s', (written, expected) => {
    const { codes, assets } = readAmountOf(written)
    expect(assets?.['A']?.deposit?.feeFixed ?? null).toBe(expected)
    expect(codes).toEqual(expected === null ? ['info_amount'] : [])
  })

  test.each([
    ['"5.50"', '5.50', 'info_amount_text'],
    ['"1e2"', null, 'info_amount'],
    ['"007"', null, 'info_amount'],
    ['" 5"', null, 'info_amount'],
    ['"٣"', null, 'info_amount'],
    ['"5."', null, 'info_amount'],
    ['""', null, 'info_amount'],
  ])('an amount in the text %s is %s and the fault %s', (written, expected, code) => {
    const { codes, assets, step } = readAmountOf(written)
    expect(assets?.['A']?.deposit?.feeFixed ?? null).toBe(expected)
    expect([codes, step]).toEqual([[code], 'reachable'])
  })

  test.each<[string, TransferSepName, object, AssetSupport]>([
    ['enabled is true', 'sep24', { deposit: { A: { enabled: true } } }, { deposit: OPEN }],
    [
      'enabled is absent in an exchange map',
      'sep6',
      { 'deposit-exchange': { A: METHODS }, 'withdraw-exchange': { A: METHODS } },
      { depositExchange: OPEN_BY_SEPA, withdrawExchange: OPEN_BY_SEPA },
    ],
    [
      'enabled is false in one exchange map',
      'sep6',
      { deposit: { A: FREE }, 'withdraw-exchange': { A: { ...METHODS, enabled: false } } },
      { deposit: OPEN_BY_SEPA, withdrawExchange: { ...OPEN_BY_SEPA, enabled: false } },
    ],
    [
      'a token is needed',
      'sep6',
      { deposit: { A: { ...FREE, authentication_required: true } } },
      { deposit: { ...OPEN_BY_SEPA, authenticationRequired: true } },
    ],
    [
      'no token is needed',
      'sep6',
      { withdraw: { A: { ...FREE, authentication_required: false } } },
      { withdraw: OPEN_BY_SEPA },
    ],
    [
      'members are null',
      'sep6',
      { deposit: { A: { ...FREE, min_amount: null } } },
      { deposit: OPEN_BY_SEPA },
    ],
    [
      'members are unknown',
      'sep24',
      { deposit: { A: { enabled: true, x: [] } } },
      { deposit: OPEN },
    ],
  ])('an asset is conformant and read when %s', (_when, sep, change, expected) => {
    expect(readWhole(sep, change)).toEqual({
      step: 'conformant',
      assets: { A: expected },
      codes: [],
    })
  })

  test.each(['native', 'USDC', `USDC:G${'A'.repeat(55)}`, 'stellar:native', 'iso4217:USD'])(
    'an asset may be written %s',
    (key) => {
      const { step, assets } = readWhole('sep24', { deposit: { [key]: { enabled: true } } })
      expect([step, Object.keys(assets ?? {})]).toEqual(['conformant', [key]])
    },
  )

  test.each<[string, TransferSepName, object]>([
    ['info_direction_missing', 'sep24', { withdraw: undefined }],
    ['info_direction_missing', 'sep6', { withdraw: null }],
    ['info_endpoint_missing', 'sep24', { fee: undefined }],
    ['info_endpoint_missing', 'sep6', { transactions: undefined }],
    [
      'info_funding_methods_missing',
      'sep6',
      { deposit: { A: { enabled: true }, B: { enabled: true } } },
    ],
    [
      'info_foreign_member',
      'sep24',
      { deposit: { A: { enabled: true, authentication_required: true } } },
    ],
  ])('%s is a note: the step stays conformant', (code, sep, change) => {
    const deposit = sep === 'sep6' ? { A: FREE } : { A: { enabled: true } }
    expect(readWhole(sep, { deposit, ...change })).toMatchObject({
      step: 'conformant',
      codes: [code],
    })
  })

  test.each<[string, TransferSepName, object]>([
    ['info_enabled_missing', 'sep6', { withdraw: { A: METHODS } }],
    ['info_field', 'sep6', { deposit: { A: { ...FREE, authentication_required: 'no' } } }],
    ['info_field', 'sep6', { deposit: { A: { ...FREE, funding_methods: 'SEPA' } } }],
    ['info_field', 'sep6', { deposit: { A: { ...FREE, fields: [] } } }],
    ['info_field', 'sep6', { withdraw: { A: { ...FREE, types: 'cash' } } }],
    ['info_field', 'sep6', { 'deposit-exchange': [] }],
    ['info_field', 'sep6', { transaction: true }],
    ['info_field', 'sep24', { fee: {} }],
    ['info_field', 'sep24', { features: { account_creation: 'yes' } }],
    ['info_field', 'sep24', { features: [] }],
  ])('%s is a fault: the step is reachable', (code, sep, change) => {
    const open = sep === 'sep6' ? { B: FREE } : { B: { enabled: true } }
    const [member = '', entries] = Object.entries(change)[0] ?? []
    const isMap = member === 'deposit' || member === 'withdraw'
    const whole = isMap ? { [member]: { ...open, ...entries } } : { deposit: open, ...change }
    expect(readWhole(sep, whole)).toMatchObject({ step: 'reachable', codes: [code] })
  })

  test('a token that cannot be ruled out is needed', () => {
    const { assets } = readWhole('sep6', {
      deposit: { A: { ...FREE, authentication_required: 0 } },
    })
    expect(assets?.['A']?.deposit?.authenticationRequired).toBe(true)
  })

  test.each<[string, TransferSepName, object]>([
    ['empty maps', 'sep6', WHOLE.sep6],
    ['nothing enabled', 'sep24', { ...WHOLE.sep24, deposit: { A: { enabled: false } } }],
    ['an empty object', 'sep24', {}],
  ])('%s is a rail that serves nobody: reachable, without an open asset', (_what, sep, info) => {
    const { step, findings } = readTransferInfo(sep, JSON.stringify(info))
    expect(step).toBe('reachable')
    expect(codesOf(findings)).toContain('info_no_assets')
  })

  test.each([
    ['<!doctype html><title>x</title>', 'info_html'],
    ['\n <html>', 'info_html'],
    ['', 'info_not_json'],
    ['{"deposit":{},}', 'info_not_json'],
    [`{"deposit":${'{"a":'.repeat(40)}1${'}'.repeat(41)}`, 'info_too_deep'],
    ['['.repeat(500_000), 'info_too_deep'],
    [`{"deposit":${'{"a":'.repeat(100_000)}`, 'info_too_deep'],
    [`{"deposit":{"A":${'['.repeat(60_000)}${']'.repeat(60_000)}}}`, 'info_too_deep'],
    ['null', 'info_shape'],
    ['7', 'info_shape'],
    ['[{"deposit":{}}]', 'info_shape'],
    ['{"receive":{}}', 'info_shape'],
    ['{"deposit":[]}', 'info_shape'],
    ['{"deposit":5}', 'info_shape'],
    ['{"error":"down for maintenance"}', 'info_shape'],
    ['{"type":"authentication_required"}', 'info_shape'],
    ['{"assets":[{"asset":"iso4217:EUR"}]}', 'info_shape'],
    ['{"transaction":"AAAA","network_passphrase":"x"}', 'info_shape'],
    ['// SEP-6\n{"deposit":{}}', 'info_not_json'],
  ])('a body like %.30s gives no assets and the finding %s', (body, code) => {
    const { step, assets, findings } = readTransferInfo('sep6', body)
    expect({ step, assets }).toEqual({ step: 'declared', assets: undefined })
    expect(findings).toEqual([expect.objectContaining({ code, sep: 6, field: 'TRANSFER_SERVER' })])
  })

  test('at most 100 assets are kept, which is no fault', () => {
    const entries = Array.from({ length: 2000 }, (_, i) => [`A${i}`, { enabled: true }])
    const { step, assets, codes } = readWhole('sep24', { deposit: Object.fromEntries(entries) })
    expect(Object.keys(assets ?? {})).toHaveLength(100)
    expect([step, codes]).toEqual(['conformant', ['info_too_many_assets']])
  })

  test('an answer with thousands of faults gives ten findings of a code', () => {
    const entries = Array.from({ length: 20_000 }, (_, i) => [`?${i}`, {}])
    const { codes } = readWhole('sep24', { deposit: Object.fromEntries(entries) })
    expect(codes).toEqual([...Array(10).fill('info_field'), 'info_no_assets'])
  })
})

test('an asset whose issuer is an example of a SEP is left out, and is a fault', () => {
  const sample = 'GDVKY2GU2DRXWTBEYJJWSFXIGBZV6AZNBVVSUHEPZI54LIS6BA7DVVSP'
  const open = { enabled: true }
  const text = JSON.stringify({ deposit: { [`BRL:${sample}`]: open, USDC: open }, withdraw: {} })
  const { step, assets, findings } = readTransferInfo('sep24', text)
  expect({ step, keys: Object.keys(assets ?? {}) }).toEqual({ step: 'reachable', keys: ['USDC'] })
  expect(findings).toContainEqual(
    expect.objectContaining({ code: 'placeholder_key', sep: 24, actual: sample }),
  )
})
