import { instantNanoseconds } from '../../../lib/platform/instant.ts'
import { isoTime, type Json, type Tables, type TransactionRow } from './tables.ts'

/** `went_back_after`. */
const WENT_BACK_AFTER_MS = 180_000

/** What a caller of an earlier call was told, and has read the transaction since. */
type Confirmed = readonly { id: string; count: number }[]

/**
 * `store_documents`: of two documents of one transaction the newer one is stored.
 *
 * @param options.after in microseconds, the time of the stored document that the documents are known to follow
 * @param options.afterOf the same by the id of the transaction
 */
export function storeDocuments(
  tables: Tables,
  documents: readonly Json[],
  {
    after = null,
    afterOf = new Map(),
    earlier = [],
  }: { after?: number | null; afterOf?: ReadonlyMap<string, number>; earlier?: Confirmed } = {},
) {
  const newest = new Map<string, Json>()
  for (const document of documents) {
    const id = String(document['id'])
    const other = newest.get(id)
    if (other === undefined || instantOf(other) <= instantOf(document)) newest.set(id, document)
  }
  const shown = [...newest].toSorted(([one], [other]) => (one < other ? -1 : 1))
  const confirms = (id: string, known: TransactionRow | undefined) =>
    known !== undefined && earlier.some((one) => one.id === id && one.count === known.earlierCount)
  const wentBack = shown.flatMap(([id, document]) => {
    const known = tables.transactions.get(id)
    return known !== undefined && confirms(id, known) ? takeEarlier(tables, known, document) : []
  })
  const unstored = shown.filter(([id, document]) => {
    const known = tables.transactions.get(id)
    return known && microsecondsOf(document) < known.updatedMicroseconds
      ? known.updatedMicroseconds !== (after ?? afterOf.get(id))
      : false
  })
  const changes: { before: TransactionRow | null; after: TransactionRow }[] = []
  for (const [id, document] of shown) {
    if (unstored.some(([other]) => other === id)) continue
    const known = tables.transactions.get(id)
    const after: TransactionRow = {
      document,
      updatedMicroseconds: microsecondsOf(document),
      firstSeenAt: known?.firstSeenAt ?? tables.now(),
      seenAt: tables.now(),
      closedSeenAt: isClosed(document) ? (known?.closedSeenAt ?? tables.now()) : null,
      goneAt: null,
      earlierSince: null,
      earlierCount: known?.earlierCount ?? 0,
      wentBack: known?.wentBack ?? null,
    }
    tables.transactions.set(id, after)
    changes.push({ before: known ?? null, after })
  }
  tables.triggers.stored(changes)
  const noted = unstored.map(([id]) => {
    const known = tables.transactions.get(id) as TransactionRow
    if (known.earlierSince === null) known.earlierCount += 1
    known.earlierSince ??= tables.now()
    const takeAt = isoTime(known.earlierSince + WENT_BACK_AFTER_MS)
    return { id, count: known.earlierCount, confirmed: confirms(id, known), takeAt }
  })
  return { stored: shown.length - unstored.length, wentBack, earlier: noted }
}

/** `is_closed`. */
export const isClosed = ({ status }: Json): boolean => CLOSED.has(String(status))

const CLOSED: ReadonlySet<string> = new Set([
  'completed',
  'refunded',
  'expired',
  'error',
  'no_market',
  'too_small',
  'too_large',
])

/** `take_earlier`, for one transaction whose document was read after `earlierSince`. */
function takeEarlier({ attempts, now }: Tables, known: TransactionRow, document: Json): Json[] {
  const { earlierSince } = known
  const at = microsecondsOf(document)
  if (earlierSince === null || at >= known.updatedMicroseconds) return []
  const transactionId = String(document['id'])
  const applied = attempts.filter(
    (one) => one.transactionId === transactionId && one.state === 'APPLIED',
  )
  if (earlierSince > now() - WENT_BACK_AFTER_MS) {
    const last = applied.at(-1)
    if (last) last.settleAt ??= earlierSince + WENT_BACK_AFTER_MS
    return []
  }
  for (const one of applied) {
    if (one.post === null || microsecondsOf(one.post) <= at) continue
    one.settleAt = now()
    one.claimedUntil = null
  }
  known.wentBack = {
    code: 'platform_went_back',
    from: known.document['updated_at'] ?? null,
    to: document['updated_at'] ?? null,
    since: isoTime(earlierSince),
    takenAt: isoTime(now()),
  }
  known.updatedMicroseconds = at
  known.earlierSince = null
  return [{ ...known.wentBack, transactionId }]
}

/** `store_transactions`. */
export function storeTransactions(tables: Tables, args: Json) {
  const earlier = (args['earlier'] as Confirmed | undefined) ?? []
  return storeDocuments(tables, args['transactions'] as Json[], { earlier })
}

/** `find_changed`. */
export function findChanged(tables: Tables, args: Json) {
  const documents = args['transactions'] as Json[]
  const changed = documents.filter((document) => {
    const known = tables.transactions.get(String(document['id']))
    if (known === undefined || known.goneAt !== null || known.earlierSince !== null) return true
    return JSON.stringify(known.document) !== JSON.stringify(document)
  })
  return { ids: changed.map(({ id }) => String(id)) }
}

export const documentOf = ({ transactions }: Tables, id: string): Json | null =>
  transactions.get(id)?.document ?? null

/** `platform_time`, in microseconds. */
export const microsecondsOf = (document: Json) => Number((instantOf(document) + 500n) / 1000n)

/** Nanoseconds since 1970. */
function instantOf(document: Json): bigint {
  const [updated, started] = ['updated_at', 'started_at'].map((name) =>
    instantNanoseconds(document[name] === undefined ? null : String(document[name])),
  )
  const at = updated ?? started ?? 0n
  return at > 0n ? at : 0n
}
