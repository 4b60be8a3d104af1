const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const ACCOUNT_VERSION = 6 << 3
const CONTRACT_VERSION = 2 << 3
const MUXED_VERSION = 12 << 3

/** Whether a text is an account id: `G…`, 56 characters, checksum right (SEP-23). */
export function isAccountId(value: unknown): value is string {
  return isStrKey(value, ACCOUNT_VERSION)
}

/** Whether a text is a contract id: `C…`, 56 characters, checksum right (SEP-23). */
export function isContractId(value: unknown): value is string {
  return isStrKey(value, CONTRACT_VERSION)
}

/** The account and the id within a muxed address: `M…`, 69 characters (SEP-23); null for any other text. */
export function readMuxedAccount(value: unknown): { account: string; id: string } | null {
  if (typeof value !== 'string' || !/^[A-Z2-7]{69}$/.test(value)) return null
  // 43 bytes and one bit that stays unset: version, key, id, checksum.
  if (BASE32.indexOf(value.slice(-1)) & 1) return null
  const bytes = decodeBase32(value)
  const checksum = (bytes[41] ?? 0) | ((bytes[42] ?? 0) << 8)
  if (bytes[0] !== MUXED_VERSION || crc16(bytes.subarray(0, 41)) !== checksum) return null
  const id = bytes.subarray(33, 41).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  return { account: encodeAccount(bytes.subarray(1, 33)), id: String(id) }
}

function encodeAccount(key: Uint8Array): string {
  const bytes = new Uint8Array(35)
  bytes[0] = ACCOUNT_VERSION
  bytes.set(key, 1)
  const checksum = crc16(bytes.subarray(0, 33))
  bytes.set([checksum & 0xff, checksum >> 8], 33)
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.replace(/.{5}/g, (five) => BASE32.charAt(Number.parseInt(five, 2)))
}

// 56 characters of 5 bits are 35 bytes without a rest: version, 32 bytes, checksum. Every text has one spelling.
function isStrKey(value: unknown, version: number): value is string {
  if (typeof value !== 'string' || !/^[A-Z2-7]{56}$/.test(value)) return false
  const bytes = decodeBase32(value)
  const checksum = (bytes[33] ?? 0) | ((bytes[34] ?? 0) << 8)
  return bytes[0] === version && crc16(bytes.subarray(0, 33)) === checksum
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
