import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const ACCOUNT_VERSION = 6 << 3
const CONTRACT_VERSION = 2 << 3
const MUXED_VERSION = 12 << 3

/** A well-formed account id (`G…`, SEP-23 StrKey) that is always the same for the same seed. */
export function simulatedAccountId(seed: string): string {
  return strKey(ACCOUNT_VERSION, seed)
}

/** A well-formed contract id (`C…`, SEP-23 StrKey) that is always the same for the same seed. */
export function simulatedContractId(seed: string): string {
  return strKey(CONTRACT_VERSION, seed)
}

/** An account whose secret the simulated world knows. */
export interface SimulatedSigner {
  accountId: string
  publicKey: Buffer
  sign: (bytes: Uint8Array) => Buffer
}

const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** An account that can sign, always the same for the same seed. */
export function simulatedSigner(seed: string): SimulatedSigner {
  const secret = createHash('sha256').update(`simulated secret ${seed}`).digest()
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_ED25519, secret]),
    format: 'der',
    type: 'pkcs8',
  })
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  const publicKey = Buffer.from(x, 'base64url')
  return {
    accountId: encode(ACCOUNT_VERSION, publicKey),
    publicKey,
    sign: (bytes) => sign(null, bytes, key),
  }
}

/** The muxed address (`M…`, SEP-23) of an account and an id below it. @param id a decimal text of 64 bits */
export function simulatedMuxedAddress(accountId: string, id: string): string {
  const number = Buffer.alloc(8)
  number.writeBigUInt64BE(BigInt(id))
  return encode(MUXED_VERSION, Buffer.concat([publicKeyOf(accountId), number]))
}

/** The 32 bytes of the key in a well-formed account id. */
export function publicKeyOf(accountId: string): Buffer {
  let bits = 0n
  for (const character of accountId) bits = (bits << 5n) | BigInt(BASE32.indexOf(character))
  return Buffer.from(bits.toString(16).padStart(70, '0'), 'hex').subarray(1, 33)
}

function strKey(version: number, seed: string): string {
  return encode(version, createHash('sha256').update(`simulated world ${seed}`).digest())
}

function encode(version: number, key: Uint8Array): string {
  const payload = Buffer.concat([Buffer.of(version), key])
  const checksum = crc16(payload)
  return base32(Buffer.concat([payload, Buffer.of(checksum & 0xff, checksum >> 8)]))
}

// SEP-23 prescribes CRC-16/XMODEM, appended in little-endian order.
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1) {
      crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1
    }
  }
  return crc
}

// 35 bytes are 280 bits, which fill 56 characters. The 43 bytes of a muxed address leave 4 bits for a 69th character.
function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += BASE32[(value >> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + BASE32[(value << (5 - bits)) & 31]
}
