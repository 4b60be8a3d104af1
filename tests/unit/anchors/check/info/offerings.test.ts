import { describe, expect, test } from 'vitest'
import { readOfferings } from '../../../../../lib/anchors/check/info/offerings.ts'
import type { Offering } from '../../../../../lib/anchors/check/offers.ts'

const BANK = { kind: 'bank_account', country_code: 'MX', currency: 'MXN', rail: 'spei' }
const CHAIN = { kind: 'crypto_address', chain_id: 'eip155:1', network: 'Ethereum' }

function read(info: unknown) {
  const { step, offerings, findings } = readOfferings(JSON.stringify(info))
  return { step, offerings, codes: findings.map(({ code }) => code) }
}

describe('/info of SEP-59', () => {
  test.each<[object, Offering]>([
    [BANK, { kind: 'bank_account', country: 'MX', currency: 'MXN', rail: 'spei' }],
    [
      { ...BANK, kind: 'virtual_account' },
      { kind: 'virtual_account', country: 'MX', currency: 'MXN', rail: 'spei' },
    ],
    [CHAIN, { kind: 'crypto_address', rail: 'Ethereum' }],
    [
      { ...CHAIN, currency: 'USDC' },
      { kind: 'crypto_address', rail: 'Ethereum', currency: 'USDC' },
    ],
    [
      { ...CHAIN, chain_id: 'bip122:000000000019d6689c085ae165831e93' },
      { kind: 'crypto_address', rail: 'Ethereum' },
    ],
  ])('is conformant with %j', (entry, offering) => {
    expect(read({ offerings: [entry] })).toEqual({
      ...{ step: 'conformant', offerings: [offering], codes: [] },
    })
  })

  test.each<[string, unknown]>([
    ['a text', 'bank_account'],
    ['an unknown kind', { ...BANK, kind: 'cash' }],
    ['no kind', { ...BANK, kind: undefined }],
    ['no country', { ...BANK, country_code: undefined }],
    ['an alpha-3 country', { ...BANK, country_code: 'MEX' }],
    ['an unknown country', { ...BANK, country_code: 'XX' }],
    ['no currency', { ...BANK, currency: undefined }],
    ['a currency that is none', { ...BANK, currency: 'pesos' }],
    ['no rail', { ...BANK, rail: '  ' }],
    ['no chain', { ...CHAIN, chain_id: undefined }],
    ['a chain that is none', { ...CHAIN, chain_id: 'ethereum' }],
    ['no network', { ...CHAIN, network: 1 }],
    ['a currency that is not a code', { ...CHAIN, currency: {} }],
  ])('is reachable without an offering that has %s', (_what, entry) => {
    expect(read({ offerings: [entry, CHAIN] })).toEqual({
      ...{ step: 'reachable', codes: ['info_field'] },
      offerings: [{ kind: 'crypto_address', rail: 'Ethereum' }],
    })
  })

  test('with no offerings is reachable', () => {
    expect(read({ offerings: [] })).toEqual({
      ...{ step: 'reachable', offerings: [], codes: ['info_no_assets'] },
    })
  })

  test.each([{}, { offerings: {} }, { deposit: {} }])('is not %j', (info) => {
    expect(read(info)).toEqual({ step: 'declared', offerings: undefined, codes: ['info_shape'] })
  })

  test('keeps 200 offerings, which is no fault', () => {
    const { step, offerings, codes } = read({ offerings: Array(500).fill(BANK) })
    expect(offerings).toHaveLength(200)
    expect([step, codes]).toEqual(['conformant', ['info_too_many_offerings']])
  })
})
