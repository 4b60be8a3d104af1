/** A 32-bit number as XDR has it (RFC 4506 4.2). */
export function xdrUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** A text or bytes of any length as XDR has them: their length, themselves, zeros up to four (RFC 4506 4.10). */
export function xdrOpaque(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([xdrUint32(bytes.length), bytes, Buffer.alloc(paddingOf(bytes.length))])
}

/** Reads the parts of an XDR value one after the other; every function throws RangeError where the bytes end. */
export interface XdrReader {
  uint32(): number
  uint64(): bigint
  int64(): bigint
  /** So many bytes, a multiple of four. */
  fixed(length: number): Buffer
  /** Bytes that say their own length. */
  opaque(): Buffer
}

/** Begins to read at the first byte. */
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
