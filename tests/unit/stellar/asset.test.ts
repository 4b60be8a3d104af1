import { expect, test } from 'vitest'
import { formatAsset, isStellarAssetName, parseAsset } from '../../../lib/stellar/asset.ts'

const ISSUER = 'GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5'

test.each([
  ['stellar:native', { kind: 'native' }],
  [`stellar:USDC:${ISSUER}`, { kind: 'issued', code: 'USDC', issuer: ISSUER }],
  [`stellar:usdc:${ISSUER}`, { kind: 'issued', code: 'usdc', issuer: ISSUER }],
  ['iso4217:USD', { kind: 'fiat', code: 'USD' }],
] as const)('%s is read and written back', (text, asset) => {
  expect(parseAsset(text)).toEqual(asset)
  expect(formatAsset(asset)).toBe(text)
})

test.each([
  '',
  'USDC',
  'native',
  'XLM',
  'stellar:',
  'stellar:XLM',
  'stellar:NATIVE',
  'Stellar:native',
  'stellar:native:',
  ` stellar:USDC:${ISSUER}`,
  `stellar:USDC:${ISSUER} `,
  `stellar::${ISSUER}`,
  `stellar:USDCUSDCUSDC1:${ISSUER}`,
  `stellar:US-D:${ISSUER}`,
  `stellar:USDC:${ISSUER.toLowerCase()}`,
  `stellar:USDC:${ISSUER.slice(0, -1)}6`,
  `stellar:USDC:${ISSUER}:x`,
  `USDC:${ISSUER}`,
  'iso4217:usd',
  'iso4217:US',
  'iso4217:USD:x',
  'iso4217:',
  'eip155:1',
  null,
  7,
])('%j is not the name of an asset', (value) => {
  expect(parseAsset(value)).toBeNull()
})

test('a name is one of a Stellar asset when it begins with stellar:', () => {
  expect(isStellarAssetName('stellar:anything')).toBe(true)
  expect(isStellarAssetName('STELLAR:native')).toBe(false)
  expect(isStellarAssetName('iso4217:USD')).toBe(false)
})
