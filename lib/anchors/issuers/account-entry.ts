import { encodeStrKey } from '../../stellar/strkey.ts'
import { readXdr } from '../../stellar/xdr.ts'
import { homeDomainOfIssuer, ISSUER_FLAGS, type IssuerAccount } from './issuer-account.ts'

const ACCOUNT_ENTRY = 0
const ED25519_KEY = 0
/** An AccountID (stellar-xdr): the type of the key and its 32 bytes. */
const ACCOUNT_ID_BYTES = 36

/**
 * Reads the fields of an AccountEntry (stellar-xdr) up to the number of its signers, from the `xdr` of `getLedgerEntries`.
 *
 * @returns null for another entry and for bytes that are none
 */
export function readAccountEntry(base64: string, seenAt: string): IssuerAccount | null {
  try {
    const xdr = readXdr(Buffer.from(base64, 'base64'))
    if (xdr.uint32() !== ACCOUNT_ENTRY || xdr.uint32() !== ED25519_KEY) return null
    const account = encodeStrKey(xdr.fixed(32), 'account')
    // Balance, sequence number and number of subentries.
    xdr.fixed(8 + 8 + 4)
    const hasInflationDestination = xdr.uint32() !== 0
    if (hasInflationDestination) xdr.fixed(ACCOUNT_ID_BYTES)
    const flags = xdr.uint32()
    const homeDomain = xdr.opaque().toString('utf8')
    const [masterWeight] = xdr.fixed(4)
    const signers = xdr.uint32()
    return {
      account,
      homeDomain: homeDomainOfIssuer(homeDomain),
      flags: ISSUER_FLAGS.filter((_, bit) => (flags & (1 << bit)) !== 0),
      locked: masterWeight === 0 && signers === 0,
      missing: false,
      seenAt,
    }
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}
