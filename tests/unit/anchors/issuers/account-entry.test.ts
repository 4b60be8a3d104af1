import { Keypair, xdr } from '@stellar/stellar-sdk'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readAccountEntry } from '../../../../lib/anchors/issuers/account-entry.ts'
import { ACCOUNT_ENTRY, keyOf } from '../../../../lib/ledger/stellar-rpc/account.ts'

const SEEN = '2026-11-28T10:00:00.000Z'

const keyPairs = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((seed) => Keypair.fromRawEd25519Seed(Buffer.from(seed)))
const accounts = fc.record({
  owner: keyPairs,
  inflation: fc.option(keyPairs),
  signer: fc.option(keyPairs),
  flags: fc.integer({ min: 0, max: 15 }),
  masterWeight: fc.integer({ min: 0, max: 255 }),
  homeDomain: fc.constantFrom('', 'anchor.co', 'Anchor.co.', 'not a domain', 'a.b-c.example.org'),
})

/** The entry as the Stellar SDK writes it. */
function written(account: typeof accounts extends fc.Arbitrary<infer A> ? A : never): string {
  const { owner, inflation, signer, flags, masterWeight, homeDomain } = account
  const entry = new xdr.AccountEntry({
    accountId: owner.xdrAccountId(),
    balance: 5n,
    seqNum: 7n,
    numSubEntries: 3,
    inflationDest: inflation?.xdrAccountId() ?? null,
    flags,
    homeDomain,
    thresholds: new Uint8Array([masterWeight, 1, 2, 3]),
    signers:
      signer === null
        ? []
        : [
            new xdr.Signer({
              key: xdr.SignerKey.signerKeyTypeEd25519(signer.rawPublicKey()),
              weight: 1,
            }),
          ],
    ext: xdr.AccountEntryExt.v0(),
  })
  return Buffer.from(xdr.LedgerEntryData.account(entry).toXdr()).toString('base64')
}

test('an account entry of the Stellar SDK is read with its home domain, flags and lock', () => {
  fc.assert(
    fc.property(accounts, (account) => {
      const { owner, signer, flags, masterWeight, homeDomain } = account
      const names = { 'Anchor.co.': 'anchor.co', 'not a domain': null, '': null } as const
      expect(readAccountEntry(written(account), SEEN)).toEqual({
        account: owner.publicKey(),
        homeDomain: homeDomain in names ? names[homeDomain as keyof typeof names] : homeDomain,
        flags: [
          ...(flags & 1 ? ['auth_required'] : []),
          ...(flags & 2 ? ['auth_revocable'] : []),
          ...(flags & 4 ? ['auth_immutable'] : []),
          ...(flags & 8 ? ['clawback_enabled'] : []),
        ],
        locked: masterWeight === 0 && signer === null,
        missing: false,
        seenAt: SEEN,
      })
    }),
    { numRuns: 200 },
  )
})

test('the key of an account is the one of the Stellar SDK', () => {
  fc.assert(
    fc.property(keyPairs, (owner) => {
      const key = xdr.LedgerKey.account(
        new xdr.LedgerKeyAccount({ accountId: owner.xdrAccountId() }),
      )
      const expected = Buffer.from(key.toXdr()).toString('base64')
      expect(keyOf(ACCOUNT_ENTRY, owner.publicKey())).toBe(expected)
    }),
    { numRuns: 100 },
  )
})

test('a text that is no account entry is null, whatever it is', () => {
  fc.assert(
    fc.property(fc.oneof(fc.base64String(), fc.string()), (text) => {
      expect(readAccountEntry(text, SEEN)).toBeNull()
    }),
    { numRuns: 2_000 },
  )
  fc.assert(
    fc.property(accounts, fc.nat({ max: 120 }), (account, length) => {
      const cut = Buffer.from(written(account), 'base64').subarray(0, length)
      expect(() => readAccountEntry(cut.toString('base64'), SEEN)).not.toThrow()
    }),
    { numRuns: 200 },
  )
})
