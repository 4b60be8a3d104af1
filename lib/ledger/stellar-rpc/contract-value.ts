import { decodeStrKey, encodeStrKey } from '../../stellar/strkey.ts'
import { decodeBase64, readXdr, type XdrReader, xdrOpaque, xdrUint32 } from '../../stellar/xdr.ts'

/** The numbers of SCValType (stellar-xdr) that occur in events of Stellar assets. */
const TYPE = { u64: 5, i128: 10, bytes: 13, string: 14, symbol: 15, map: 17, address: 18 } as const

/** A value in an event of a Stellar asset (CAP-67). */
export type ContractValue =
  | { type: 'symbol' | 'address'; value: string }
  | { type: 'string' | 'bytes'; value: Buffer }
  | { type: 'i128' | 'u64'; value: bigint }
  /** The values by their symbols. */
  | { type: 'map'; value: Map<string, ContractValue> }

/** A symbol as a contract value in XDR, in base64, for topic filters of Stellar RPC. */
export function encodeSymbol(name: string): string {
  return Buffer.concat([xdrUint32(TYPE.symbol), xdrOpaque(name)]).toString('base64')
}

/** The address of an account in the same form. @throws RangeError for another text */
export function encodeAccountAddress(accountId: string): string {
  const prefix = [xdrUint32(TYPE.address), xdrUint32(0)]
  return Buffer.concat([...prefix, encodeAccountId(accountId)]).toString('base64')
}

/** An account id in XDR. @throws RangeError for another text */
export function encodeAccountId(accountId: string): Buffer {
  const key = decodeStrKey(accountId, 'account')
  if (key === null) throw new RangeError(`${JSON.stringify(accountId)} is not an account id`)
  return Buffer.concat([xdrUint32(0), key])
}

/**
 * Reads a contract value from XDR in base64; null for a value that no event of a Stellar asset has. Other contracts can
 * nest values deeply, so a map within a map is not read.
 */
export function decodeContractValue(base64: string): ContractValue | null {
  try {
    const bytes = decodeBase64(base64)
    if (bytes === null) return null
    const xdr = readXdr(bytes)
    const value = readValue(xdr, true)
    if (value !== null) xdr.end()
    return value
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function readValue(xdr: XdrReader, mayBeMap: boolean): ContractValue | null {
  switch (xdr.uint32()) {
    case TYPE.symbol:
      return { type: 'symbol', value: xdr.opaque().toString('latin1') }
    case TYPE.string:
      return { type: 'string', value: xdr.opaque() }
    case TYPE.bytes:
      return { type: 'bytes', value: xdr.opaque() }
    case TYPE.u64:
      return { type: 'u64', value: xdr.uint64() }
    case TYPE.i128:
      return { type: 'i128', value: (xdr.int64() << 64n) | xdr.uint64() }
    case TYPE.address:
      return readAddress(xdr)
    case TYPE.map:
      return mayBeMap ? readMap(xdr) : null
    default:
      return null
  }
}

function readMap(xdr: XdrReader): ContractValue | null {
  // XDR declares the map optional.
  if (!xdr.bool()) return null
  const entries = new Map<string, ContractValue>()
  for (let count = xdr.uint32(); count > 0; count -= 1) {
    const key = readValue(xdr, false)
    const value = key?.type === 'symbol' ? readValue(xdr, false) : null
    if (key?.type !== 'symbol' || value === null) return null
    entries.set(key.value, value)
  }
  return { type: 'map', value: entries }
}

function readAddress(xdr: XdrReader): ContractValue | null {
  switch (xdr.uint32()) {
    case 0:
      return xdr.uint32() === 0 ? address(encodeStrKey(xdr.fixed(32), 'account')) : null
    case 1:
      return address(encodeStrKey(xdr.fixed(32), 'contract'))
    case 3:
      return xdr.uint32() === 0
        ? address(encodeStrKey(Uint8Array.of(0, ...xdr.fixed(32)), 'claimableBalance'))
        : null
    case 4:
      return address(encodeStrKey(xdr.fixed(32), 'liquidityPool'))
    // A muxed account (2) never stands in a topic.
    default:
      return null
  }
}

function address(value: string): ContractValue {
  return { type: 'address', value }
}
