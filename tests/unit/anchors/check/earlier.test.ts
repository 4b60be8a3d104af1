import { expect, test } from 'vitest'
import type { Capability } from '../../../../lib/anchors/check/capability.ts'
import { earlierOf } from '../../../../lib/anchors/check/earlier.ts'
import { SEP_NAMES, type StellarToml } from '../../../../lib/anchors/check/toml/fields.ts'
import { readStellarToml } from '../../../../lib/anchors/check/toml/stellar-toml.ts'

const ENDPOINT = 'https://a.co/s'
const IDENTITY = { signingKey: 'GA', webAuthContractId: 'CA' }
const endpoints = Object.fromEntries(SEP_NAMES.map((name) => [name, ENDPOINT]))
const sep = Object.fromEntries(
  SEP_NAMES.map((name) => [name, { step: 'conformant', endpoint: ENDPOINT }]),
)
const PREVIOUS = { ...IDENTITY, sep } as unknown as Capability

/** The protocols of which the last check says something still, now that the stellar.toml says this. */
function kept(change: Partial<StellarToml>, previous: Capability | null = PREVIOUS): string[] {
  const toml = { ...readStellarToml('VERSION="1"').toml, endpoints, ...IDENTITY, ...change }
  return SEP_NAMES.filter((name) => earlierOf(name, toml as StellarToml, previous) !== undefined)
}

test('what was seen counts for the same endpoint and, of a challenge, for the same key', () => {
  expect(kept({})).toEqual(SEP_NAMES)
  expect(kept({}, null)).toEqual([])
  expect(kept({ endpoints: { ...endpoints, sep24: 'https://b.co/s' } })).toEqual(
    SEP_NAMES.filter((name) => name !== 'sep24'),
  )
  const challenges = ['sep10', 'sep45']
  expect(kept({ signingKey: 'GB' })).toEqual(SEP_NAMES.filter((name) => !challenges.includes(name)))
  expect(kept({ webAuthContractId: 'CB' })).toEqual(SEP_NAMES.filter((name) => name !== 'sep45'))
})
