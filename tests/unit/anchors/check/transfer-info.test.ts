import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fetchTransferInfo, readTransferInfo } from '../../../../lib/anchors/check/transfer-info.ts'
import type { FetchErrorCode } from '../../../../lib/net/fetch-untrusted.ts'
import { scriptedFetch } from '../../../helpers/fetch-answer.ts'

function fixture(name: string): string {
  return readFileSync(
    new URL(`../../../fixtures/transfer-info/${name}.json`, import.meta.url),
    'utf8',
  )
}

describe('readTransferInfo', () => {
  test('fees and limits keep every digit, as strings and as numbers', () => {
    expect(readTransferInfo('sep24', fixture('sep24-mixed-amounts'))).toEqual({
      step: 'conformant',
      findings: [],
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
    })
  })

  test('deposit and withdraw of SEP-6 are read, and its fields are not', () => {
    expect(readTransferInfo('sep6', fixture('sep6-with-fields'))).toEqual({
      step: 'conformant',
      findings: [],
      assets: {
        EURK: { deposit: { enabled: true, minAmount: '1' }, withdraw: { enabled: true } },
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
      ['info_limits_reversed', 'deposit.USDK', '10 > 9.99'],
      ['info_field', 'deposit', ''],
      ['info_field', 'deposit', '__proto__'],
      ['info_field', 'deposit.GBPK', 'boolean'],
      ['info_field', 'withdraw', 'array'],
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
    ['-0', null],
    ['"1e2"', null],
    ['"007"', null],
    ['" 5"', null],
    ['"٣"', null],
    ['"5."', null],
    ['""', null],
    ['123456789012345678901', null],
    ['[1]', null],
    ['[{"toString":1}]', null],
    ['true', null],
  ])('an amount written %s is %s', (written, expected) => {
    const body = `{"deposit":{"A":{"enabled":true,"fee_fixed":${written}}}}`
    const { assets, findings } = readTransferInfo('sep24', body)
    expect(assets?.['A']?.deposit?.feeFixed ?? null).toBe(expected)
    expect(findings.map(({ code }) => code)).toEqual(expected === null ? ['info_amount'] : [])
  })

  test.each([
    ['<!doctype html><title>x</title>', 'info_html'],
    ['\n <html>', 'info_html'],
    ['', 'info_not_json'],
    ['{"deposit":{},}', 'info_not_json'],
    ['['.repeat(500_000), 'info_not_json'],
    [`{"deposit":${'{"a":'.repeat(100_000)}`, 'info_not_json'],
    [`{"deposit":{"A":${'['.repeat(60_000)}${']'.repeat(60_000)}}}`, 'info_not_json'],
    ['null', 'info_shape'],
    ['7', 'info_shape'],
    ['[{"deposit":{}}]', 'info_shape'],
    ['{}', 'info_shape'],
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

  test('at most 100 assets are kept', () => {
    const entries = Array.from({ length: 2000 }, (_, i) => [`A${i}`, { enabled: true }])
    const { assets, findings } = readTransferInfo(
      'sep24',
      JSON.stringify({ deposit: Object.fromEntries(entries) }),
    )
    expect(Object.keys(assets ?? {})).toHaveLength(100)
    expect(findings).toEqual([
      expect.objectContaining({ code: 'info_too_many_assets', actual: '2000' }),
    ])
  })
})

describe('fetchTransferInfo', () => {
  const now = (): Date => new Date('2026-01-02T03:04:05Z')

  test.each([
    ['sep24', 'https://a.co/sep24'],
    ['sep24', 'https://a.co/sep24/'],
    ['sep24', 'https://a.co/sep24?lang=en#top'],
  ] as const)('%s at %s fetches one /info', async (sep, endpoint) => {
    const url = 'https://a.co/sep24/info'
    const { asked, fetch } = scriptedFetch({ [url]: '{"deposit":{"A":{"enabled":true}}}' })
    const info = await fetchTransferInfo(sep, endpoint, { now, fetch })
    expect(asked).toMatchObject([{ url, request: { maxBytes: 524_288 } }])
    expect(info).toMatchObject({
      step: 'conformant',
      transient: false,
      evidence: { status: 200, at: '2026-01-02T03:04:05.000Z' },
    })
  })

  test.each([
    [404, 'info_not_found', false],
    [410, 'info_not_found', false],
    [400, 'info_status', true],
    [403, 'info_status', true],
    [429, 'info_status', true],
    [500, 'info_status', true],
    [503, 'info_status', true],
  ])('status %i is %s, transient: %s', async (status, code, transient) => {
    const { fetch } = scriptedFetch({}, status)
    const info = await fetchTransferInfo('sep6', 'https://a.co', { now, fetch })
    expect(info).toMatchObject({ step: 'declared', transient, evidence: { status } })
    expect(info.findings).toEqual([
      { code, sep: 6, field: 'TRANSFER_SERVER', expected: 'status 200', actual: String(status) },
    ])
  })

  test.each<[FetchErrorCode, string, boolean]>([
    ['timeout', 'info_timeout', true],
    ['aborted', 'info_timeout', true],
    ['dns_failed', 'info_unreachable', true],
    ['connect_failed', 'info_unreachable', true],
    ['tls_failed', 'info_unreachable', true],
    ['connection_lost', 'info_unreachable', true],
    ['address_blocked', 'info_blocked', false],
    ['host_blocked', 'info_blocked', false],
    ['url_blocked', 'info_blocked', false],
    ['redirect_blocked', 'info_blocked', false],
    ['redirect_limit', 'info_blocked', false],
    ['too_large', 'info_too_large', false],
    ['not_utf8', 'info_encoding', false],
    ['encoding_unsupported', 'info_encoding', false],
  ])('%s is %s, transient: %s', async (error, code, transient) => {
    const { fetch } = scriptedFetch({}, error)
    const info = await fetchTransferInfo('sep24', 'https://a.co/x', { now, fetch })
    expect(info).toMatchObject({ step: 'declared', transient, evidence: { error } })
    expect(info.findings).toEqual([expect.objectContaining({ code, sep: 24, actual: error })])
  })

  test.each([
    'http://a.co',
    'https://a.co:8443',
    'https://127.0.0.1',
    'https://localhost',
    'https://a.internal/x',
  ])('%s is never asked', async (endpoint) => {
    const { asked, fetch } = scriptedFetch({})
    const info = await fetchTransferInfo('sep24', endpoint, { now, fetch })
    expect(asked).toEqual([])
    expect(info).toMatchObject({
      step: 'declared',
      transient: false,
      findings: [{ code: 'info_blocked' }],
    })
  })
})
