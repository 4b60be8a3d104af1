import { type Asset, parseAsset } from '../stellar/asset.ts'
import { textOf } from '../text-of.ts'
import { LedgerError } from './source.ts'

const HASH = /^[0-9a-f]{64}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/

/** The fields of a JSON object by name. */
export type Fields = Record<string, unknown>

/** The fields of a JSON object, or null for a value of another type. */
export function fieldsOf(value: unknown): Fields | null {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Fields) : null
}

/** Whether a value can be the number of a ledger: an integer of 32 bits. */
export function isSequence(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32
}

/** Whether a value is a hash: 64 characters of lower-case hex. */
export function isHash(value: unknown): value is string {
  return typeof value === 'string' && HASH.test(value)
}

/** A UTC time of Horizon or Stellar RPC, in ISO 8601 with milliseconds; null for every other value. */
export function readTime(value: unknown): string | null {
  if (typeof value !== 'string' || !TIME.test(value)) return null
  const at = new Date(value)
  return Number.isNaN(at.getTime()) ? null : at.toISOString()
}

/** The error for an answer that does not fit the request. */
export function unreadable(what: string): LedgerError {
  return new LedgerError('ledger_unreadable', `The ledger was not read: ${what}.`)
}

/** The asset in the three fields of a Horizon record. */
export function assetOf(fields: Fields): Asset | undefined {
  const { asset_type, asset_code, asset_issuer } = fields
  if (asset_type === 'native') return { kind: 'native' }
  const isIssued = asset_type === 'credit_alphanum4' || asset_type === 'credit_alphanum12'
  if (!isIssued || typeof asset_code !== 'string') return undefined
  return assetOfText(`${asset_code}:${textOf(asset_issuer)}`)
}

/** The asset in a text of SEP-11: `CODE:ISSUER` or `native`. */
export function assetOfText(value: unknown): Asset | undefined {
  return parseAsset(`stellar:${textOf(value)}`) ?? undefined
}
