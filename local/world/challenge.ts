import { createHash, randomBytes } from 'node:crypto'
import { publicKeyOf, type SimulatedSigner } from './simulated-keys.ts'

/** What a server puts into a challenge. Each may be wrong, as it is at real anchors. */
export interface ChallengeParts {
  /** Signs it, and is its source. */
  server: SimulatedSigner
  /** The account id that asked. */
  account: string
  homeDomain: string
  webAuthDomain: string
  passphrase: string
  /** Unix seconds. */
  from: number
  until: number
  sequence?: bigint
  /** Stands in `tx.source` instead of the server's own account. */
  source?: string
}

/** A challenge, and what its signature covers. */
export interface Challenge {
  envelope: Buffer
  hash: Buffer
}

/**
 * Writes a SEP-10 challenge, byte by byte and without the reader of the service, so that a wrong reader does not meet a
 * writer with the same fault.
 */
export function writeChallenge(parts: ChallengeParts): Challenge {
  const { server, account, homeDomain, webAuthDomain, passphrase, from, until } = parts
  const transaction = Buffer.concat([
    accountOf(parts.source ?? server.accountId),
    uint32(200),
    uint64(parts.sequence ?? 0n),
    uint32(1),
    uint64(BigInt(from)),
    uint64(BigInt(until)),
    uint32(0),
    uint32(2),
    manageData(account, `${homeDomain} auth`, randomBytes(48).toString('base64')),
    manageData(server.accountId, 'web_auth_domain', webAuthDomain),
    uint32(0),
  ])
  const envelopeType = uint32(2)
  const networkId = createHash('sha256').update(passphrase).digest()
  const hash = createHash('sha256')
    .update(networkId)
    .update(envelopeType)
    .update(transaction)
    .digest()
  const signature = Buffer.concat([server.publicKey.subarray(-4), opaque(server.sign(hash))])
  return { envelope: Buffer.concat([envelopeType, transaction, uint32(1), signature]), hash }
}

function manageData(source: string, name: string, value: string): Buffer {
  return Buffer.concat([
    uint32(1),
    accountOf(source),
    uint32(10),
    opaque(Buffer.from(name)),
    uint32(1),
    opaque(Buffer.from(value)),
  ])
}

function accountOf(accountId: string): Buffer {
  return Buffer.concat([uint32(0), publicKeyOf(accountId)])
}

function opaque(bytes: Uint8Array): Buffer {
  const padding = Buffer.alloc((4 - (bytes.length % 4)) % 4)
  return Buffer.concat([uint32(bytes.length), bytes, padding])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}
