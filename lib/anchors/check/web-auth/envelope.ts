// Written by hand instead of using Transaction of @stellar/stellar-sdk, which adds 270 to 410 ms to a cold start and takes
// 1.3 ms for a challenge; this reader and `verify` of node:crypto take 0.17 ms.
import { createHash } from 'node:crypto'
import {
  decodeBase64,
  readXdr,
  type XdrReader,
  xdrOpaque,
  xdrUint32,
} from '../../../stellar/xdr.ts'

/** The longest transaction that is read, in base64. A challenge has about 600 characters. */
const MAX_TRANSACTION_CHARACTERS = 16_384

/** Numbers of EnvelopeType, CryptoKeyType, OperationType and PreconditionType (stellar-xdr). */
const ENVELOPE = { transactionV0: 0, transaction: 2, feeBump: 5 } as const
const KEY = { ed25519: 0, muxed: 0x100 } as const
const MANAGE_DATA = 10
const PRECONDITIONS = { none: 0, time: 1, all: 2 } as const
const MAX = {
  operations: 100,
  signatures: 20,
  memoText: 28,
  dataName: 64,
  dataValue: 64,
  signers: 2,
}

/** The account that a transaction or an operation is of. */
export interface SourceAccount {
  key: Buffer
  isMuxed: boolean
}

export interface ManageData {
  /** Null means the source of the transaction. */
  source: SourceAccount | null
  name: Buffer
  value: Buffer | null
}

export interface DecoratedSignature {
  /** The last four bytes of the key. */
  hint: Buffer
  signature: Buffer
}

export interface TransactionEnvelope {
  kind: 'transaction'
  source: SourceAccount
  sequence: bigint
  /** In Unix seconds. Null when the transaction names no times. */
  timeBounds: { min: bigint; max: bigint } | null
  memo: 'none' | 'text' | 'id' | 'hash' | 'return'
  operations: ManageData[]
  signatures: DecoratedSignature[]
  bytes: Buffer
  /** What a signature covers after the hash of the passphrase. */
  signedPart: Buffer
  /** Where the number of signatures stands in `bytes`. */
  signaturesAt: number
}

/** Why an envelope cannot be a challenge; `why` names the place. */
export type RefusedEnvelope =
  | { kind: 'unreadable'; why: string }
  | { kind: 'fee_bump' }
  /** It holds an operation of another type than manage_data, and was not read on. */
  | { kind: 'other_operation'; why: string }

/**
 * Reads a transaction envelope in base64 as far as a challenge may use it. Every operation of another type than manage_data
 * ends the reading. It never throws.
 */
export function readTransactionEnvelope(text: string): TransactionEnvelope | RefusedEnvelope {
  if (text.length > MAX_TRANSACTION_CHARACTERS) {
    return { kind: 'unreadable', why: `${text.length} characters` }
  }
  const bytes = decodeBase64(text)
  if (bytes === null) return { kind: 'unreadable', why: 'not base64' }
  try {
    return readTransaction(bytes)
  } catch (error) {
    if (error instanceof OtherOperation) return { kind: 'other_operation', why: error.message }
    if (error instanceof RangeError) return { kind: 'unreadable', why: error.message }
    throw error
  }
}

/** The hash that the signatures of a transaction cover on a network. */
export function transactionHash({ signedPart }: TransactionEnvelope, passphrase: string): Buffer {
  const network = createHash('sha256').update(passphrase).digest()
  return createHash('sha256').update(network).update(signedPart).digest()
}

/** The same envelope with one more signature, in base64. */
export function withSignature(
  { bytes, signaturesAt, signatures }: TransactionEnvelope,
  { hint, signature }: DecoratedSignature,
): string {
  return Buffer.concat([
    bytes.subarray(0, signaturesAt),
    xdrUint32(signatures.length + 1),
    bytes.subarray(signaturesAt + 4),
    hint,
    xdrOpaque(signature),
  ]).toString('base64')
}

class OtherOperation extends Error {}

function readTransaction(bytes: Buffer): TransactionEnvelope | RefusedEnvelope {
  const xdr = readXdr(bytes)
  const type = xdr.uint32()
  if (type === ENVELOPE.feeBump) return { kind: 'fee_bump' }
  // Envelopes of type 0 are from before protocol 13. Their signatures cover the newer form.
  const isOld = type === ENVELOPE.transactionV0
  if (!isOld && type !== ENVELOPE.transaction) throw new RangeError(`envelope type ${type}`)
  const from = xdr.at
  const source = isOld ? { key: xdr.fixed(32), isMuxed: false } : readAccount(xdr)
  xdr.uint32() // fee
  const sequence = xdr.int64()
  const timeBounds = isOld ? readOptionalTime(xdr) : readPreconditions(xdr)
  const memo = readMemo(xdr)
  const operations = readEach(xdr, MAX.operations, readOperation)
  if (xdr.uint32() !== 0) throw new RangeError('the transaction has an extension')
  const signaturesAt = xdr.at
  const signatures = readEach(xdr, MAX.signatures, () => ({
    hint: xdr.fixed(4),
    signature: xdr.opaque(64),
  }))
  xdr.end()
  const head = [xdrUint32(ENVELOPE.transaction), ...(isOld ? [xdrUint32(KEY.ed25519)] : [])]
  const signedPart = Buffer.concat([...head, bytes.subarray(from, signaturesAt)])
  const content = { source, sequence, timeBounds, memo, operations, signatures }
  return { kind: 'transaction', ...content, bytes, signedPart, signaturesAt }
}

function readEach<T>(xdr: XdrReader, max: number, read: (xdr: XdrReader) => T): T[] {
  const count = xdr.count(max)
  return Array.from({ length: count }, () => read(xdr))
}

function readAccount(xdr: XdrReader): SourceAccount {
  const type = xdr.uint32()
  if (type === KEY.ed25519) return { key: xdr.fixed(32), isMuxed: false }
  if (type !== KEY.muxed) throw new RangeError(`account type ${type}`)
  xdr.uint64() // the id of the customer
  return { key: xdr.fixed(32), isMuxed: true }
}

function readOperation(xdr: XdrReader): ManageData {
  const source = xdr.bool() ? readAccount(xdr) : null
  const type = xdr.uint32()
  if (type !== MANAGE_DATA) throw new OtherOperation(`operation type ${type}`)
  const name = xdr.opaque(MAX.dataName)
  const value = xdr.bool() ? xdr.opaque(MAX.dataValue) : null
  return { source, name, value }
}

function readOptionalTime(xdr: XdrReader): TransactionEnvelope['timeBounds'] {
  return xdr.bool() ? { min: xdr.uint64(), max: xdr.uint64() } : null
}

function readPreconditions(xdr: XdrReader): TransactionEnvelope['timeBounds'] {
  const type = xdr.uint32()
  if (type === PRECONDITIONS.none) return null
  if (type === PRECONDITIONS.time) return { min: xdr.uint64(), max: xdr.uint64() }
  if (type !== PRECONDITIONS.all) throw new RangeError(`preconditions ${type}`)
  const timeBounds = readOptionalTime(xdr)
  if (xdr.bool()) xdr.fixed(8) // ledger bounds
  if (xdr.bool()) xdr.fixed(8) // least sequence number
  xdr.fixed(12) // least age and ledger gap of the sequence number
  readEach(xdr, MAX.signers, readSignerKey)
  return timeBounds
}

function readSignerKey(xdr: XdrReader): void {
  const type = xdr.count(3)
  xdr.fixed(32)
  // Only the signed payload (3) carries more than a key or a hash.
  if (type === 3) xdr.opaque(64)
}

function readMemo(xdr: XdrReader): TransactionEnvelope['memo'] {
  const type = xdr.uint32()
  switch (type) {
    case 0:
      return 'none'
    case 1:
      xdr.opaque(MAX.memoText)
      return 'text'
    case 2:
      xdr.uint64()
      return 'id'
    case 3:
    case 4:
      xdr.fixed(32)
      return type === 3 ? 'hash' : 'return'
    default:
      throw new RangeError(`memo type ${type}`)
  }
}
