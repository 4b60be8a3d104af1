const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const CHECKSUM_BYTES = 2

/** The first byte of each kind of StrKey (SEP-23). */
export const STR_KEY_VERSION = { account: 6 << 3, muxedAccount: 12 << 3, contract: 2 << 3 } as const

/** The bytes that a StrKey of this version stands for, or null when the text is none: each has one spelling (SEP-23). */
export function decodeStrKey(value: unknown, version: number, length: number): Uint8Array | null {
  const bits = (1 + length + CHECKSUM_BYTES) * 8
  if (typeof value !== 'string' || value.length !== Math.ceil(bits / 5)) return null
  if (!/^[A-Z2-7]*$/.test(value)) return null
  const bytes = decodeBase32(value)
  // Bits that no byte needs would give one key several spellings.
  const unused = BASE32.indexOf(value.at(-1) ?? 'A') & ((1 << (value.length * 5 - bits)) - 1)
  const body = bytes.subarray(0, 1 + length)
  const checksum = (bytes[1 + length] ?? 0) | ((bytes[2 + length] ?? 0) << 8)
  return unused === 0 && bytes[0] === version && crc16(body) === checksum ? body.subarray(1) : null
}

/** Writes bytes as a StrKey (SEP-23). */
export function encodeStrKey(payload: Uint8Array, version: number): string {
  const body = Uint8Array.of(version, ...payload)
  const checksum = crc16(body)
  return encodeBase32(Uint8Array.of(...body, checksum & 0xff, checksum >> 8))
}

function decodeBase32(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length * 5) >> 3)
  let buffer = 0
  let bits = 0
  let length = 0
  for (const character of text) {
    buffer = ((buffer << 5) | BASE32.indexOf(character)) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[length++] = buffer >> bits
  }
  return bytes
}

function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff
    bits += 8
    for (; bits >= 5; bits -= 5) text += BASE32[(buffer >> (bits - 5)) & 31]
  }
  return bits === 0 ? text : text + BASE32[(buffer << (5 - bits)) & 31]
}

// CRC-16/XMODEM: polynomial 0x1021, start 0.
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1
    }
  }
  return crc
}
