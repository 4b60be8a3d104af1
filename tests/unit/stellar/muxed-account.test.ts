import { encodeMuxedAccount, encodeMuxedAccountToAddress, StrKey } from '@stellar/stellar-sdk'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseMuxedAccount } from '../../../lib/stellar/muxed-account.ts'

const ACCOUNT = 'GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ'

test.each([
  ['MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUAAAAAAAAAAAACJUQ', '0'],
  ['MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK', '9223372036854775808'],
])('the examples of SEP-23 are read: %s', (address, id) => {
  expect(parseMuxedAccount(address)).toEqual({ account: ACCOUNT, id })
})

// SEP-23, "Invalid test cases": length, version, unused bits, checksum, padding.
test.each([
  'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLKA',
  'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJL',
  'M47QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK',
  'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLL',
  'MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLM',
  'ma7qynf7sowq3glr2bgmzehxavirza4kvwltjjfc7mgxua74p7ujvaaaaaaaaaaaaajlk',
  ACCOUNT,
  '',
  null,
])('anything else is refused: %s', (value) => {
  expect(parseMuxedAccount(value)).toBeNull()
})

test('every muxed address is read as the SDK writes it, and a changed one judged as it judges', () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const change = fc.tuple(fc.nat(68), fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'))
  fc.assert(
    fc.property(
      key,
      fc.bigInt(0n, 2n ** 64n - 1n),
      fc.array(change, { maxLength: 2 }),
      (bytes, id, changes) => {
        const account = StrKey.encodeEd25519PublicKey(bytes as Buffer)
        const address = encodeMuxedAccountToAddress(encodeMuxedAccount(account, String(id)))
        expect(parseMuxedAccount(address)).toEqual({ account, id: String(id) })
        const characters = [...address]
        for (const [index, character] of changes) characters[index] = character
        const text = characters.join('')
        expect(parseMuxedAccount(text) !== null).toBe(StrKey.isValidMed25519PublicKey(text))
      },
    ),
    { numRuns: 2_000 },
  )
})
