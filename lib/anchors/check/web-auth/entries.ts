// Written by hand instead of using xdr of @stellar/stellar-sdk, which adds 270 to 410 ms to a cold start.
import { createHash } from 'node:crypto'
import { encodeStrKey } from '../../../stellar/strkey.ts'
import { decodeBase64, readXdr, type XdrReader, xdrUint32 } from '../../../stellar/xdr.ts'

/** The longest list of entries that is read, in base64. A challenge has about 1,500 characters. */
const MAX_CHARACTERS = 65_536
/** Limits far above what a challenge has. */
const MAX = { entries: 10, text: 4_096, functionName: 32, items: 20, depth: 6, delegates: 5 }

/** Numbers of SorobanCredentialsType, SorobanAuthorizedFunctionType and EnvelopeType (stellar-xdr). */
const CREDENTIALS = { source: 0, address: 1, addressV2: 2, delegates: 3 } as const
const CONTRACT_FUNCTION = 0
const PREIMAGE = { authorization: 9, authorizationWithAddress: 10 } as const

export interface AuthorizationEntry {
  /** Null when the source of the transaction authorizes. */
  credentials: {
    /** `G…` or `C…` */
    address: string
    signatures: { publicKey: Buffer; signature: Buffer }[]
  } | null
  /** The called contract, `C…`. */
  contract: string
  functionName: string
  /** The values by their symbols; null when the argument is not one map of symbols to texts. */
  argument: Map<string, string> | null
  /** The whole invocation, which the signature covers. */
  invocation: Buffer
  /** The hash that the signature covers on a network. */
  hashFor: (passphrase: string) => Buffer
}

/** Why entries cannot be a challenge; `why` names the place. */
export type RefusedEntries =
  | { kind: 'unreadable'; why: string }
  /** It authorizes something else than one call of a contract, and was not read on. */
  | { kind: 'not_contract_call' | 'sub_invocation'; why: string }

/** Reads the entries of a SEP-45 challenge from XDR in base64. It never throws. */
export function readEntries(
  text: string,
): { kind: 'entries'; entries: AuthorizationEntry[] } | RefusedEntries {
  if (text.length > MAX_CHARACTERS) return { kind: 'unreadable', why: `${text.length} characters` }
  const bytes = decodeBase64(text)
  if (bytes === null) return { kind: 'unreadable', why: 'not base64' }
  try {
    const xdr = readXdr(bytes)
    const entries = readEach(xdr, MAX.entries, () => readEntry(xdr, bytes))
    xdr.end()
    if (entries.length === 0) return { kind: 'unreadable', why: 'no entry' }
    return { kind: 'entries', entries }
  } catch (error) {
    if (error instanceof OtherInvocation) return { kind: error.kind, why: error.message }
    if (error instanceof RangeError) return { kind: 'unreadable', why: error.message }
    throw error
  }
}

class OtherInvocation extends Error {
  readonly kind: 'not_contract_call' | 'sub_invocation'

  constructor(kind: OtherInvocation['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

function readEach<T>(xdr: XdrReader, max: number, read: () => T): T[] {
  const count = xdr.count(max)
  return Array.from({ length: count }, read)
}

function readEntry(xdr: XdrReader, bytes: Buffer): AuthorizationEntry {
  const { head, credentials } = readCredentials(xdr, bytes)
  const from = xdr.at
  const call = readInvocation(xdr)
  const invocation = bytes.subarray(from, xdr.at)
  const hashFor = (passphrase: string) => {
    const [type, rest] = head
    const network = createHash('sha256').update(passphrase).digest()
    const preimage = Buffer.concat([xdrUint32(type), network, rest, invocation])
    return createHash('sha256').update(preimage).digest()
  }
  return { credentials, ...call, invocation, hashFor }
}

/** `head` is the type of the signed preimage, and what stands there between the network and the invocation. */
function readCredentials(
  xdr: XdrReader,
  bytes: Buffer,
): { head: [number, Buffer]; credentials: AuthorizationEntry['credentials'] } {
  const type = xdr.count(CREDENTIALS.delegates)
  if (type === CREDENTIALS.source) return { head: [0, Buffer.alloc(0)], credentials: null }
  const from = xdr.at
  const address = readAddress(xdr)
  const addressBytes = bytes.subarray(from, xdr.at)
  // The nonce and the last ledger in which the signature holds.
  const bounds = xdr.fixed(12)
  const signatures = signaturesIn(readValue(xdr))
  if (type === CREDENTIALS.delegates) readDelegates(xdr)
  const head: [number, Buffer] =
    type === CREDENTIALS.address
      ? [PREIMAGE.authorization, bounds]
      : [PREIMAGE.authorizationWithAddress, Buffer.concat([bounds, addressBytes])]
  return { head, credentials: { address, signatures } }
}

/** SorobanDelegateSignature (CAP-71), each with delegates of its own. A challenge has none. */
function readDelegates(xdr: XdrReader, depth = 1): void {
  if (depth > MAX.depth) throw new RangeError('delegates nest too deeply')
  readEach(xdr, MAX.delegates, () => {
    readAddress(xdr)
    readValue(xdr)
    readDelegates(xdr, depth + 1)
  })
}

function readInvocation(
  xdr: XdrReader,
): Pick<AuthorizationEntry, 'contract' | 'functionName' | 'argument'> {
  const type = xdr.uint32()
  if (type !== CONTRACT_FUNCTION) throw new OtherInvocation('not_contract_call', `type ${type}`)
  const contract = readAddress(xdr)
  const functionName = xdr.opaque(MAX.functionName).toString('latin1')
  const values = readEach(xdr, MAX.items, () => readValue(xdr))
  const further = xdr.uint32()
  if (further > 0) throw new OtherInvocation('sub_invocation', `${further} further calls`)
  return { contract, functionName, argument: argumentIn(values) }
}

/** A value of a contract (SCVal), as far as a challenge uses it. */
type Value =
  | { type: 'symbol' | 'string'; text: string }
  | { type: 'bytes'; bytes: Buffer }
  | { type: 'list'; items: Value[] }
  | { type: 'map'; entries: [Value, Value][] }
  | { type: 'other' }

/** The bytes of each SCVal of a fixed length: an error (2) and the numbers from u32 (3) to i256 (12). */
const FIXED_BYTES = new Map<number, number>([
  ...[2, 5, 6, 7, 8].map((type) => [type, 8] as const),
  ...[3, 4].map((type) => [type, 4] as const),
  ...[9, 10].map((type) => [type, 16] as const),
  ...[11, 12].map((type) => [type, 32] as const),
])

function readValue(xdr: XdrReader, depth = 0): Value {
  if (depth > MAX.depth) throw new RangeError('values nest too deeply')
  const type = xdr.uint32()
  const inner = () => readValue(xdr, depth + 1)
  const fixed = FIXED_BYTES.get(type)
  if (fixed !== undefined) xdr.fixed(fixed)
  else if (type === 0) xdr.bool()
  else if (type === 13) return { type: 'bytes', bytes: xdr.opaque(MAX.text) }
  else if (type === 14) return { type: 'string', text: xdr.opaque(MAX.text).toString() }
  else if (type === 15) return { type: 'symbol', text: xdr.opaque(32).toString('latin1') }
  else if (type === 16) {
    return { type: 'list', items: xdr.bool() ? readEach(xdr, MAX.items, inner) : [] }
  } else if (type === 17) {
    const pair = (): [Value, Value] => [inner(), inner()]
    return { type: 'map', entries: xdr.bool() ? readEach(xdr, MAX.items, pair) : [] }
  } else if (type === 18) readAddress(xdr)
  // 1 is void, which has no bytes.
  else if (type !== 1) throw new RangeError(`value type ${type}`)
  return { type: 'other' }
}

/** An account or a contract. Muxed accounts, balances and pools authorize nothing. */
function readAddress(xdr: XdrReader): string {
  const type = xdr.uint32()
  if (type === 0 && xdr.uint32() === 0) return encodeStrKey(xdr.fixed(32), 'account')
  if (type === 1) return encodeStrKey(xdr.fixed(32), 'contract')
  throw new RangeError(`address type ${type}`)
}

function argumentIn(values: Value[]): Map<string, string> | null {
  const [map] = values
  if (values.length !== 1 || map?.type !== 'map') return null
  const argument = new Map<string, string>()
  for (const [key, value] of map.entries) {
    if (key.type !== 'symbol' || value.type !== 'string' || argument.has(key.text)) return null
    argument.set(key.text, value.text)
  }
  return argument
}

/** The signatures of an account: a list of maps with `public_key` and `signature`. */
function signaturesIn(value: Value): { publicKey: Buffer; signature: Buffer }[] {
  if (value.type !== 'list') return []
  return value.items.flatMap((item) => {
    const publicKey = bytesUnder('public_key', item)
    const signature = bytesUnder('signature', item)
    return publicKey && signature ? [{ publicKey, signature }] : []
  })
}

function bytesUnder(name: string, value: Value): Buffer | null {
  if (value.type !== 'map') return null
  const [, found] = value.entries.find(([key]) => key.type === 'symbol' && key.text === name) ?? []
  return found?.type === 'bytes' ? found.bytes : null
}
