import { expect, test } from 'vitest'
import { isDust } from '../../../lib/payments/dust.ts'
import type { Asset } from '../../../lib/stellar/asset.ts'
import { parseDustLimits } from '../../../lib/stellar/dust.ts'
import { ISSUER, USDC_ASSET, USER } from './payments.ts'

const LIMITS = parseDustLimits(`native=0.01,USDC:${ISSUER}=5`) ?? []

test.each<[Asset | null, string | null, boolean]>([
  [{ kind: 'native' }, '0.0000001', true],
  [{ kind: 'native' }, '0.0099999', true],
  [{ kind: 'native' }, '0.0100000', false],
  [USDC_ASSET, '4.9999999', true],
  [USDC_ASSET, '5', false],
  [{ kind: 'issued', code: 'USDC', issuer: USER }, '0.1', false],
  [{ kind: 'issued', code: 'EURC', issuer: ISSUER }, '0.1', false],
  [null, '0.1', false],
  [{ kind: 'native' }, null, false],
])('of %j, %s is dust: %s', (asset, amount, expected) => {
  expect(isDust({ asset, amount }, LIMITS)).toBe(expected)
})
