import { isDeepStrictEqual } from 'node:util'
import { isJsonObject } from '../lossless-json.ts'
import { textOf } from '../text-of.ts'
import { compareInstants, isEarlier } from './instant.ts'
import { updatedAt } from './transaction.ts'

type Document = Readonly<Record<string, unknown>>

/** An applied update is known by what it changed: the transaction before it and after it. */
export interface AppliedChange {
  pre: Document
  post: Document
}

/** Fields that every later update may write. Their earlier value proves nothing. */
const OFTEN_WRITTEN: ReadonlySet<string> = new Set(['updated_at', 'user_action_required_by'])

/**
 * Fields that an update of somebody else may lead to the same value. Of a SEP-31 transaction without `amount_expected`, every
 * update sets it to the stored `amount_in`. What reads as our update left it proves nothing while something else was changed.
 */
const LED_TO_BY_OTHERS: ReadonlySet<string> = new Set(['status', 'amount_expected'])

/**
 * Whether an update that was applied is gone. Release 2.8.4 writes whole rows without a lock, so a writer that read the
 * transaction before the update may have written it back afterwards. The update is gone if a payment or refund that it
 * added is missing. If it added none, it is gone if something that it changed, the status included, reads as it did
 * before, and nothing else of it is left. A status alone is left while it is the one that the update led to.
 */
export function isUndone({ pre, post }: AppliedChange, now: Document): boolean {
  if (compareInstants(updatedAt(post), updatedAt(now)) === 'same') return false
  const { isMissing, hasAdded, changed, kept } = compare({ pre, post }, now)
  if (hasAdded) return isMissing
  const isBack = (key: string) => isSame(pre[key], now[key])
  const isLeft = (key: string) => isSame(post[key], now[key])
  return changed.some(isBack) && !kept.some(isLeft)
}

/**
 * Whether an update that was applied is not shown by a platform that went back to a state with an earlier `updated_at`. It
 * is gone if a payment or refund that it added is missing, if the platform went back to the very state before it, or if
 * nothing of what it changed is left. A platform whose clock went back, and nothing else, still shows it.
 */
export function isLeftBehind({ pre, post }: AppliedChange, now: Document): boolean {
  if (!isEarlier(updatedAt(now), updatedAt(post))) return false
  const { isMissing, hasAdded, kept } = compare({ pre, post }, now)
  if (hasAdded || kept.length === 0) return isMissing
  if (compareInstants(updatedAt(pre), updatedAt(now)) === 'same') return true
  return !kept.some((key) => isSame(post[key], now[key]))
}

/**
 * What another writer left in a transaction: each field that reads neither as before our update nor as after it, its
 * `updated_at` included. A field that the transaction does not have any more is null.
 */
export function tracesOfOthers({ pre, post }: AppliedChange, now: Document): Document {
  const names = new Set([...Object.keys(pre), ...Object.keys(post), ...Object.keys(now)])
  const theirs = [...names].filter(
    (name) => !isSame(pre[name], now[name]) && !isSame(post[name], now[name]),
  )
  return Object.fromEntries(theirs.map((name) => [name, now[name] ?? null]))
}

/** What an update changed: the entries that it added, and the fields; `kept` are those of which nothing may be left. */
function compare({ pre, post }: AppliedChange, now: Document) {
  const added = without(entriesOf(post), entriesOf(pre))
  const missing = without(entriesOf(post), entriesOf(now))
  const changed = [...new Set([...Object.keys(pre), ...Object.keys(post)])].filter(
    (key) => !OFTEN_WRITTEN.has(key) && !isSame(pre[key], post[key]),
  )
  const fields = changed.filter((key) => !LED_TO_BY_OTHERS.has(key))
  return {
    hasAdded: added.length > 0,
    isMissing: added.some((entry) => missing.includes(entry)),
    changed,
    kept: fields.length > 0 ? fields : changed.filter((key) => key === 'status'),
  }
}

/** The ids of the payments and refunds that a transaction lists. */
function entriesOf({ stellar_transactions: payments, refunds }: Document): string[] {
  const refunded = isJsonObject(refunds) ? refunds['payments'] : []
  return [...idsOf('payment', payments), ...idsOf('refund', refunded)]
}

function idsOf(kind: string, list: unknown): string[] {
  if (!Array.isArray(list)) return []
  return list.map((entry) => `${kind} ${isJsonObject(entry) ? textOf(entry['id']) : ''}`)
}

/** The entries of a list that another list lacks; an entry that is there twice counts twice. */
function without(list: readonly string[], other: readonly string[]): string[] {
  const left = [...other]
  return list.filter((entry) => {
    const at = left.indexOf(entry)
    if (at !== -1) left.splice(at, 1)
    return at === -1
  })
}

function isSame(one: unknown = null, other: unknown = null): boolean {
  if (typeof one === 'string' && typeof other === 'string' && one !== other) {
    return compareInstants(one, other) === 'same'
  }
  return isDeepStrictEqual(one, other)
}
