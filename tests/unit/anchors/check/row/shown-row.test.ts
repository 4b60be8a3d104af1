import { describe, expect, test } from 'vitest'
import type { Capability } from '../../../../../lib/anchors/check/capability.ts'
import { shownRow } from '../../../../../lib/anchors/check/row/shown-row.ts'
import { capabilityOf } from '../../../../helpers/database-rows.ts'

const ISSUER = 'GBC6NRTTQLRCABQHIR5J4R4YDJWFWRAO4ZRQIM2SVI5GSIZ2HZ42RINW'
const OTHER = 'GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ'
const URL = 'https://anchor.example/sep24'

describe('what the catalog shows of a listing', () => {
  const capability: Capability = {
    ...capabilityOf({
      sep24: {
        step: 'verified',
        endpoint: URL,
        features: { claimableBalances: true },
        assets: {
          USDC: {
            deposit: { enabled: true, feeFixed: '1.5', minAmount: '10' },
            withdraw: { enabled: true, feePercent: '0.5' },
          },
        },
      },
      sep31: {
        step: 'conformant',
        endpoint: 'https://anchor.example/sep31',
        assets: { [`USDC:${OTHER}`]: { receive: { enabled: true, fundingMethods: ['SPEI'] } } },
      },
    }),
    currencies: [
      { code: 'USDC', issuer: ISSUER, status: 'live', anchorAsset: 'USD', anchorAssetType: 'fiat' },
      { code: 'USDC', issuer: OTHER },
    ],
    links: {
      [`USDC:${ISSUER}`]: { link: 'two_way', notes: [], seenAt: '2026-01-01T00:00:00.000Z' },
    },
  }
  const on = { currency: 'USDC', type: 'on-ramp' as const }

  test('is its asset, its rail, and the terms of its direction in the unit of the asset', () => {
    expect(shownRow(on, { rail: 'sep24', asset: 'USDC' }, capability)).toEqual({
      stellarAsset: {
        code: 'USDC',
        issuer: ISSUER,
        contract: null,
        status: 'live',
        anchorAsset: 'USD',
        anchorAssetType: 'fiat',
        link: 'two_way',
      },
      railUrl: URL,
      fees: { enabled: true, feeFixed: '1.5', minAmount: '10', unit: 'USDC' },
      features: { claimableBalances: true },
    })
  })

  test('is the asset of the issuer that the rail names', () => {
    const off = { currency: 'MXN', type: 'off-ramp' as const }
    const shown = shownRow(off, { rail: 'sep31', asset: `USDC:${OTHER}` }, capability)
    expect(shown).toMatchObject({
      stellarAsset: { code: 'USDC', issuer: OTHER, status: null, link: null },
      railUrl: 'https://anchor.example/sep31',
      fees: { fundingMethods: ['SPEI'], unit: 'USDC' },
      features: null,
    })
  })

  test('has no rail where none serves it, but the terms of its currency if they are known', () => {
    const refused = { rail: null, asset: null }
    expect(shownRow(on, refused, capability)).toMatchObject({
      stellarAsset: { issuer: ISSUER },
      railUrl: null,
      fees: { feeFixed: '1.5' },
    })
    expect(shownRow({ ...on, currency: 'MXN' }, refused, capability)).toEqual({
      stellarAsset: null,
      railUrl: null,
      fees: null,
      features: null,
    })
  })

  test('has no asset on the ledger where the rail is of money off the ledger', () => {
    const shown = shownRow(on, { rail: 'sep24', asset: 'iso4217:USD' }, capability)
    expect([shown.stellarAsset, shown.fees]).toEqual([null, null])
  })
})
