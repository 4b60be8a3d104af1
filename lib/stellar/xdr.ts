// Written by hand instead of using xdr of @stellar/stellar-base, which adds 110 to 240 ms to a cold start.

/** Writes a number of 32 bits (RFC 4506 4.2). */
export function xdrUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** Writes a text or bytes of any length: the length, the bytes, and zeros up to a multiple of four (RFC 4506 4.10). */
export function xdrOpaque(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([xdrUint32(bytes.length), bytes, Buffer.alloc(paddingOf(bytes.length))])
}

/** Reads the parts of an XDR value one after the other. Every function throws RangeError after the last byte. */
export interface XdrReader {
  uint32(): number
  uint64(): bigint
  int64(): bigint
  /** Reads `length` bytes, a multiple of four. */
  fixed(length: number): Buffer
  /** Reads bytes that follow their length. */
  opaque(): Buffer
}

/** A reader that starts at the first byte. */
export function readXdr(bytes: Buffer): XdrReader {
  let at = 0
  const fixed = (length: number) => {
    if (length > bytes.length - at) throw new RangeError(`XDR ends before byte ${at + length}`)
    at += length
    return bytes.subarray(at - length, at)
  }
  const uint32 = () => fixed(4).readUInt32BE()
  return {
    uint32,
    uint64: () => fixed(8).readBigUInt64BE(),
    int64: () => fixed(8).readBigInt64BE(),
    fixed,
    opaque: () => {
      const length = uint32()
      const value = fixed(length)
      fixed(paddingOf(length))
      return value
    },
  }
}

function paddingOf(length: number): number {
  return (4 - (length % 4)) % 4
}
