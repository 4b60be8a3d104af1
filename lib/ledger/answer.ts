import { type Asset, parseAsset } from '../stellar/asset.ts'
import { LedgerError } from './source.ts'

const HASH = /^[0-9a-f]{64}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/

/** The fields of an object, by name. */
export type Fields = Record<string, unknown>

/** An object's fields, or null for what is no object. */
export function fieldsOf(value: unknown): Fields | null {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Fields) : null
}

/** Whether a value is the number of a ledger. */
export function isSequence(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32
}

/** Whether a text is a hash: 64 characters of lower-case hex. */
export function isHash(value: unknown): value is string {
  return typeof value === 'string' && HASH.test(value)
}

/** A time as Horizon and Stellar RPC write it in UTC, in ISO 8601 with milliseconds; null for every other value. */
export function readTime(value: unknown): string | null {
  if (typeof value !== 'string' || !TIME.test(value)) return null
  const at = new Date(value)
  return Number.isNaN(at.getTime()) ? null : at.toISOString()
}

/** An answer that cannot be what was asked for. */
export function unreadable(what: string): LedgerError {
  return new LedgerError('ledger_unreadable', `The ledger was not read: ${what}.`)
}

/** An asset as Horizon writes it in three fields. */
export function assetOf(fields: Fields): Asset | undefined {
  const { asset_type, asset_code, asset_issuer } = fields
  if (asset_type === 'native') return { kind: 'native' }
  const isIssued = asset_type === 'credit_alphanum4' || asset_type === 'credit_alphanum12'
  if (!isIssued || typeof asset_code !== 'string') return undefined
  return assetOfText(`${asset_code}:${asset_issuer}`)
}

/** An asset as SEP-11 writes it: `CODE:ISSUER` or `native`. */
export function assetOfText(value: unknown): Asset | undefined {
  return parseAsset(`stellar:${value}`) ?? undefined
}
