import { isJsonNumber, isJsonObject, scalarText } from '../../lossless-json.ts'
import { parseMuxedAccount } from '../../stellar/muxed-account.ts'
import { encodeStrKey } from '../../stellar/strkey.ts'
import { isHash, isSequence, unreadable } from '../answer.ts'
import { plainMemo, returnMemo, textMemo } from '../memo.ts'
import type { LedgerMemo } from '../source.ts'
import { integerOf } from './call.ts'

/** An operation in XDR-JSON (SEP-51). */
export interface XdrOperation {
  type: string
  body: unknown
  /** The account of the operation, else the account of its transaction. */
  source: unknown
  /** The result under the name of the type; undefined when the transaction failed. */
  result: unknown
}

/** A transaction in XDR-JSON (SEP-51). */
export interface XdrTransaction {
  hash: string
  successful: boolean
  ledger: number
  /** Its place in the ledger, from 1. */
  order: number
  closedAt: string
  memo: LedgerMemo | undefined
  operations: XdrOperation[]
}

/**
 * Reads the result of `getTransaction` with `xdrFormat: 'json'`; null when the server does not have the transaction.
 *
 * @throws LedgerError `ledger_unreadable`
 */
export function readXdrTransaction(result: unknown, hash: string): XdrTransaction | null {
  const status = at(result, 'status')
  if (status === 'NOT_FOUND') return null
  const ledger = integerOf(at(result, 'ledger'))
  const order = integerOf(at(result, 'applicationOrder'))
  const closedAt = readUnixTime(at(result, 'createdAt'))
  const body = transactionBody(at(result, 'envelopeJson'))
  const operations = at(body, 'operations')
  const isKnown = status === 'SUCCESS' || status === 'FAILED'
  if (!isKnown || !isSequence(ledger) || order === null || closedAt === null) {
    throw unreadable(`Stellar RPC does not show the result and the time of the transaction ${hash}`)
  }
  if (!Array.isArray(operations) || !isHash(hash)) {
    throw unreadable(`Stellar RPC shows no operations of the transaction ${hash}`)
  }
  const results = operationResults(at(result, 'resultJson'))
  const source = at(body, 'source_account') ?? sourceOfOldForm(at(body, 'source_account_ed25519'))
  return {
    hash,
    successful: status === 'SUCCESS',
    ledger,
    order,
    closedAt,
    memo: readXdrMemo(at(body, 'memo')),
    operations: operations.map((operation, index) =>
      readOperation(operation, source, results[index]),
    ),
  }
}

function readOperation(operation: unknown, source: unknown, result: unknown): XdrOperation {
  const body = at(operation, 'body')
  // An operation without a body is a text: `inflation`.
  const type = typeof body === 'string' ? body : (keyOf(body) ?? '')
  return {
    type,
    body: at(body, type),
    source: at(operation, 'source_account') ?? source,
    result: at(at(result, 'op_inner'), type),
  }
}

/** The transaction in an envelope: of the first form (`tx_v0`), of today's form (`tx`), or within a fee bump. */
function transactionBody(envelope: unknown): unknown {
  const bumped = at(at(at(envelope, 'tx_fee_bump'), 'tx'), 'inner_tx')
  const inner = bumped ?? envelope
  return at(at(inner, 'tx') ?? at(inner, 'tx_v0'), 'tx')
}

function operationResults(resultJson: unknown): unknown[] {
  const outer = at(resultJson, 'result')
  const bumped = at(
    at(outer, 'tx_fee_bump_inner_success') ?? at(outer, 'tx_fee_bump_inner_failed'),
    'result',
  )
  const result = bumped === undefined ? outer : at(bumped, 'result')
  const results = at(result, 'tx_success')
  return Array.isArray(results) ? results : []
}

function sourceOfOldForm(key: unknown): string | undefined {
  return isHash(key) ? encodeStrKey(Buffer.from(key, 'hex'), 'account') : undefined
}

/** Reads a memo in XDR-JSON (SEP-51); undefined for a memo that cannot be read. */
function readXdrMemo(memo: unknown): LedgerMemo | undefined {
  if (memo === 'none') return { type: 'none' }
  const type = keyOf(memo)
  const value = at(memo, type ?? '')
  if (type === 'text') {
    const bytes = bytesOfEscaped(value)
    return bytes === null ? undefined : textMemo(bytes)
  }
  if (type === 'id') return plainMemo(numberText(value), 'id')
  if (type !== 'hash' && type !== 'return') return undefined
  const base64 = isHash(value) ? Buffer.from(value, 'hex').toString('base64') : undefined
  return type === 'hash' ? plainMemo(base64, 'hash') : returnMemo(base64)
}

/** An integer of 64 bits. Earlier XDR-JSON has numbers in its place, today's has texts. */
export function numberText(value: unknown): string | undefined {
  const text = typeof value === 'string' || isJsonNumber(value) ? scalarText(value) : null
  return text !== null && /^(?:0|[1-9]\d{0,19})$/.test(text) ? text : undefined
}

/** The account of an address in XDR-JSON, with the id of a muxed address. */
export function accountOf(value: unknown): { id: string; muxedId: string | null } | null {
  const muxed = parseMuxedAccount(value)
  if (muxed !== null) return { id: muxed.account, muxedId: muxed.id }
  return typeof value === 'string' ? { id: value, muxedId: null } : null
}

/** The value under a name; undefined when it is missing, null, or not in an object. */
export function at(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? (value[name] ?? undefined) : undefined
}

/** The first name in an object. An XDR union in JSON has exactly one. */
function keyOf(value: unknown): string | undefined {
  return isJsonObject(value) ? Object.keys(value).find((key) => key !== '$schema') : undefined
}

const ESCAPES: Readonly<Record<string, number>> = { '0': 0, t: 9, n: 10, r: 13, '\\': 92 }

/** The bytes of a text in XDR-JSON (SEP-51 "String"): printable ASCII stands for itself, other bytes follow a backslash. */
function bytesOfEscaped(value: unknown): Buffer | null {
  if (typeof value !== 'string' || !/^(?:[ -[\]-~]|\\(?:[0tnr\\]|x[0-9a-f]{2}))*$/.test(value)) {
    return null
  }
  const bytes = Array.from(value.matchAll(/\\x(..)|\\(.)|./g), ([text, hex, short]) => {
    if (hex !== undefined) return Number.parseInt(hex, 16)
    return (short === undefined ? undefined : ESCAPES[short]) ?? text.charCodeAt(0)
  })
  return Buffer.from(bytes)
}

/** A time in seconds since 1970, the form of Stellar RPC, in ISO 8601; null for every other value. */
export function readUnixTime(value: unknown): string | null {
  const seconds = integerOf(value)
  if (seconds === null || seconds < 0 || seconds > 253_402_300_799) return null
  return new Date(seconds * 1000).toISOString()
}
