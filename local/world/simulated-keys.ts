import { createHash } from 'node:crypto'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const ACCOUNT_VERSION = 6 << 3
const CONTRACT_VERSION = 2 << 3

/** A well-formed account id (`G…`, SEP-23 StrKey) that is always the same for the same seed. */
export function simulatedAccountId(seed: string): string {
  return strKey(ACCOUNT_VERSION, seed)
}

/** A well-formed contract id (`C…`, SEP-23 StrKey) that is always the same for the same seed. */
export function simulatedContractId(seed: string): string {
  return strKey(CONTRACT_VERSION, seed)
}

function strKey(version: number, seed: string): string {
  const payload = Buffer.concat([
    Buffer.of(version),
    createHash('sha256').update(`simulated world ${seed}`).digest(),
  ])
  const checksum = crc16(payload)
  return base32(Buffer.concat([payload, Buffer.of(checksum & 0xff, checksum >> 8)]))
}

// CRC-16/XMODEM, as SEP-23 asks; appended little-endian.
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

// 35 bytes are 280 bits: 56 characters without padding.
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
  return text
}
