import { expect, test } from 'vitest'
import { limitDomainsPerOwner } from '../../../../lib/anchors/discovery/domains-per-owner.ts'

const rows = (count: number, suffix: string) =>
  Array.from({ length: count }, (_, index) => ({ domain: `a${index}.${suffix}` }))

const nothingKnown = () => Promise.resolve({})

test.each([
  ['below one registrable domain, 50 are kept', 'flood.com', 50],
  ['below a country suffix, 50 are kept', 'flood.co.ke', 50],
  ['below a public suffix, each is somebody else', 'github.io', 200],
  ['below a country suffix itself, each is somebody else', 'com.br', 200],
])('%s', async (_what, suffix, kept) => {
  expect(await limitDomainsPerOwner(rows(200, suffix), nothingKnown)).toHaveLength(kept)
})

test('all rows of a kept domain stay, and a flood removes no row of another owner', async () => {
  const honest = [
    { domain: 'anchor.org', currency: 'EUR' },
    { domain: 'anchor.org', currency: 'USD' },
  ]
  const kept = await limitDomainsPerOwner([...rows(200, 'flood.com'), ...honest], nothingKnown)
  expect(kept).toHaveLength(52)
  expect(kept.slice(-2)).toEqual(honest)
})

test('what earlier walks have added counts, and known home domains stay', async () => {
  const known = ['a7.flood.com', ...rows(48, 'old.flood.com').map(({ domain }) => domain)]
  const asked: (readonly string[])[] = []
  const kept = await limitDomainsPerOwner(rows(200, 'flood.com'), (owners) => {
    asked.push(owners)
    return Promise.resolve({ 'flood.com': known })
  })
  expect(kept.map(({ domain }) => domain)).toEqual(['a0.flood.com', 'a7.flood.com'])
  expect(asked).toEqual([['flood.com']])
})
