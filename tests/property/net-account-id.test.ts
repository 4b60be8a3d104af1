import { StrKey } from '@stellar/stellar-sdk'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isAccountId, isContractId } from '../../lib/stellar/account-id.ts'
import { parseMuxedAccount } from '../../lib/stellar/muxed-account.ts'
import { decodeStrKey, encodeStrKey } from '../../lib/stellar/strkey.ts'

const key = fc.uint8Array({ minLength: 32, maxLength: 32 })

test('every encoded key is recognised as what it is, as the SDK does', () => {
  fc.assert(
    fc.property(key, (bytes) => {
      const account = StrKey.encodeEd25519PublicKey(bytes as Buffer)
      const contract = StrKey.encodeContract(bytes as Buffer)
      const seed = StrKey.encodeEd25519SecretSeed(bytes as Buffer)
      expect([account, contract, seed].map(isAccountId)).toEqual([true, false, false])
      expect([account, contract, seed].map(isContractId)).toEqual([false, true, false])
    }),
    { numRuns: 2000 },
  )
})

test('a text with up to three characters changed is judged as the SDK judges it', () => {
  const change = fc.tuple(fc.nat(55), fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567a018= '))
  fc.assert(
    fc.property(
      key,
      fc.array(change, { maxLength: 3 }),
      fc.boolean(),
      (bytes, changes, contract) => {
        const encode = contract ? StrKey.encodeContract : StrKey.encodeEd25519PublicKey
        const characters = [...encode(bytes as Buffer)]
        for (const [index, character] of changes) characters[index] = character
        const text = characters.join('')
        expect(isAccountId(text)).toBe(StrKey.isValidEd25519PublicKey(text))
        expect(isContractId(text)).toBe(StrKey.isValidContract(text))
      },
    ),
    { numRuns: 5000 },
  )
})

test('a muxed account comes apart into what it was made of', () => {
  fc.assert(
    fc.property(key, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (bytes, id) => {
      const suffix = Buffer.alloc(8)
      suffix.writeBigUInt64BE(id)
      const muxed = StrKey.encodeMed25519PublicKey(Buffer.concat([bytes, suffix]))
      const accountId = StrKey.encodeEd25519PublicKey(bytes as Buffer)
      expect(parseMuxedAccount(muxed)).toEqual({ account: accountId, id: String(id) })
    }),
  )
})

test('strkeys of claimable balances are written and read as the SDK does', () => {
  fc.assert(
    fc.property(key, (bytes) => {
      const payload = Buffer.concat([Buffer.of(0), bytes])
      const balance = StrKey.encodeClaimableBalance(payload)
      expect(encodeStrKey(payload, 'claimableBalance')).toBe(balance)
      expect(decodeStrKey(balance, 'claimableBalance')).toEqual(Uint8Array.from(payload))
      expect(decodeStrKey(balance, 'account')).toBeNull()
    }),
  )
})
