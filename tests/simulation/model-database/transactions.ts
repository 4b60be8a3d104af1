import { instantNanoseconds } from '../../../lib/platform/instant.ts'
import type { Json, Tables } from './tables.ts'

/** Stores a transaction's document unless a newer one is stored; says whether it did. */
export function storeDocument({ transactions, now }: Tables, document: Json): boolean {
  const updatedMicroseconds = Number((instantOf(document) + 500n) / 1000n)
  const id = String(document['id'])
  const known = transactions.get(id)
  if (known !== undefined && updatedMicroseconds < known.updatedMicroseconds) return false
  const firstSeenAt = known?.firstSeenAt ?? now()
  transactions.set(id, { document, updatedMicroseconds, firstSeenAt })
  return true
}

/** `store_transactions`: of two documents of one transaction the newer one is stored. */
export function storeTransactions(tables: Tables, args: Json) {
  const newest = new Map<string, Json>()
  for (const document of args['transactions'] as Json[]) {
    const id = String(document['id'])
    const other = newest.get(id)
    if (other === undefined || instantOf(other) <= instantOf(document)) newest.set(id, document)
  }
  return { stored: [...newest.values()].filter((one) => storeDocument(tables, one)).length }
}

export const documentOf = ({ transactions }: Tables, id: string): Json | null =>
  transactions.get(id)?.document ?? null

/** Nanoseconds since 1970. */
function instantOf(document: Json): bigint {
  const [updated, started] = ['updated_at', 'started_at'].map((name) =>
    instantNanoseconds(document[name] === undefined ? null : String(document[name])),
  )
  const at = updated ?? started ?? 0n
  return at > 0n ? at : 0n
}
