import { encodeMuxedAccount, encodeMuxedAccountToAddress, StrKey } from '@stellar/stellar-sdk'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isAccountId, isContractId } from '../../lib/stellar/account-id.ts'
import { formatMuxedAccount, parseMuxedAccount } from '../../lib/stellar/muxed-account.ts'
import { decodeStrKey, encodeStrKey } from '../../lib/stellar/strkey.ts'

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Changes up to `maxLength` characters of a text. */
const changes = (maxIndex: number, characters: string, maxLength: number) =>
  fc
    .array(fc.tuple(fc.nat(maxIndex), fc.constantFrom(...characters)), { maxLength })
    .map((all) => (text: string) => {
      const written = [...text]
      for (const [index, character] of all) written[index] = character
      return written.join('')
    })

test('an account id, a contract id and a secret seed of the SDK are told apart', () => {
  fc.assert(
    fc.property(key, (bytes) => {
      const account = StrKey.encodeEd25519PublicKey(bytes)
      const contract = StrKey.encodeContract(bytes)
      const seed = StrKey.encodeEd25519SecretSeed(bytes)
      expect([account, contract, seed].map(isAccountId)).toEqual([true, false, false])
      expect([account, contract, seed].map(isContractId)).toEqual([false, true, false])
    }),
    { numRuns: 2_000 },
  )
})

test('an id with up to three changed characters is accepted exactly when the SDK accepts it', () => {
  fc.assert(
    fc.property(key, changes(55, `${BASE32}a018= `, 3), fc.boolean(), (bytes, change, contract) => {
      const text = change(
        contract ? StrKey.encodeContract(bytes) : StrKey.encodeEd25519PublicKey(bytes),
      )
      expect(isAccountId(text)).toBe(StrKey.isValidEd25519PublicKey(text))
      expect(isContractId(text)).toBe(StrKey.isValidContract(text))
    }),
    { numRuns: 5_000 },
  )
})

test('a muxed address is read and written as by the SDK, and a changed one is accepted exactly when the SDK accepts it', () => {
  const ids = fc.bigInt(0n, 2n ** 64n - 1n).map(String)
  fc.assert(
    fc.property(key, ids, changes(68, BASE32, 2), (bytes, id, change) => {
      const account = StrKey.encodeEd25519PublicKey(bytes)
      const address = encodeMuxedAccountToAddress(encodeMuxedAccount(account, id))
      expect(parseMuxedAccount(address)).toEqual({ account, id })
      expect(formatMuxedAccount({ account, id })).toBe(address)
      const changed = change(address)
      expect(parseMuxedAccount(changed) !== null).toBe(StrKey.isValidMed25519PublicKey(changed))
    }),
    { numRuns: 2_000 },
  )
})

test('the address of a claimable balance is read and written as by the SDK', () => {
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
