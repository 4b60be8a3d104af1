import { BlockList } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { refusedAddress } from '../../lib/net/address-policy.ts'
import { addressesIn, PUBLIC_ADDRESSES, SPECIAL_BLOCKS } from '../helpers/special-addresses.ts'

// There are two lists, because a BlockList matches an IPv4 address against ::ffff:0:0/96 too.
const special = { ipv4: new BlockList(), ipv6: new BlockList() }
for (const block of SPECIAL_BLOCKS) {
  const [base = '', prefix] = block.split('/')
  const family = base.includes(':') ? 'ipv6' : 'ipv4'
  special[family].addSubnet(base, Number(prefix), family)
}

describe('the address policy', () => {
  test.each(SPECIAL_BLOCKS)('no address of %s is dialled', (block) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        let state = seed
        const random = () => {
          state = (Math.imul(state, 1664525) + 1013904223) | 0
          return (state >>> 0) / 2 ** 32
        }
        const accepted = addressesIn(block, 48, random).filter((a) => refusedAddress(a) === null)
        expect(accepted).toEqual([])
      }),
      { numRuns: 5 },
    )
  })

  test.each(PUBLIC_ADDRESSES)('the public address %s is dialled', (address) => {
    expect(refusedAddress(address)).toBeNull()
  })

  test.each([
    '',
    'localhost',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '8.8.8.8 ',
    '8.8.8.8:443',
    '[2606:4700:4700::1111]',
    'fe80::1%lo',
    '2606:4700:4700::1111%eth0',
    '::ffff:8.8.8.8',
    '::ffff:127.0.0.1',
    '::8.8.8.8',
    '64:ff9b::8.8.8.8',
  ])('an unusual spelling is refused: %j', (address) => {
    expect(refusedAddress(address)).not.toBeNull()
  })

  test('agrees with a second implementation on any IPv4 address', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(refusedAddress(address) !== null).toBe(special.ipv4.check(address, 'ipv4'))
      }),
      { numRuns: 10_000 },
    )
  })

  test('agrees with a second implementation on any IPv6 address', () => {
    const near = fc.constantFrom('2001', '2002', '2620', '3fff', '2000', 'fe80', '64', '0')
    const group = fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16))
    const address = fc
      .tuple(fc.oneof(near, group), fc.array(group, { minLength: 7, maxLength: 7 }))
      .map(([first, rest]) => [first, ...rest].join(':'))
    fc.assert(
      fc.property(address, (text) => {
        expect(refusedAddress(text) !== null).toBe(special.ipv6.check(text, 'ipv6'))
      }),
      { numRuns: 10_000 },
    )
  })
})
