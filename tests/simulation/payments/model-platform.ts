import { type PlatformApi, PlatformReadError } from '../../../lib/platform/client.ts'
import type { PlatformReply } from '../../../lib/platform/reply.ts'
import {
  type PlatformTransaction,
  readPlatformTransaction,
} from '../../../lib/platform/transaction.ts'
import { stroopsIn } from './model-ledger.ts'

type Json = Record<string, unknown>
type Wait = () => Promise<void>

/** The faults of one request to the platform. `unclear_after`: it was carried out. */
export type PlatformFault = 'unreachable' | 'unclear_before' | 'unclear_after'

/** The part of the platform that the observer needs, and a record of the payments that were reported to it. */
export interface ModelPlatform {
  put(document: Json): void
  /** Takes a transaction out of the platform, as a restore or a deletion does. */
  remove(id: string): void
  /** Lets some of the transactions that nobody waits for leave the beginning of each list. */
  removeOthers(count: number): void
  document(id: string): Json | undefined
  /** The reported payments, one entry for each update that the platform carried out. */
  received: readonly { id: string; stroops: bigint; hash: string }[]
  /** Every state that a transaction ever had, in their order; a null document: the platform did not have it. */
  history: readonly { id: string; atMs: number; document: Json | null }[]
  api(
    outside: <T>(begin: () => Promise<T>) => Promise<T>,
    fault: () => PlatformFault | null,
  ): PlatformApi
}

const NEXT: Readonly<Record<string, string>> = {
  pending_user_transfer_start: 'pending_anchor',
  on_hold: 'pending_anchor',
  pending_sender: 'pending_receiver',
}

const startOf = (document: Json) => Date.parse(String(document['started_at']))

/**
 * A transaction with an id that no path can carry. The service leaves it out, so that a list of thousands costs the
 * simulation nothing but its pages.
 */
const OTHER: Json = { id: '..' }

/**
 * @param others how many other transactions stand in each list, in front of the newest transaction
 * @param waits wait as long as one call, or one page of a list, takes
 */
export function createModelPlatform(
  now: () => number,
  { others, call: wait, page: waitForPage }: { others: number; call: Wait; page: Wait },
): ModelPlatform {
  const documents = new Map<string, Json>()
  const received: { id: string; stroops: bigint; hash: string }[] = []
  const history: { id: string; atMs: number; document: Json | null }[] = []
  let latest = 0
  let othersLeft = others

  /** A time that no other write has. */
  const instant = () => {
    latest = Math.max(now(), latest + 1)
    return new Date(latest).toISOString()
  }
  const read = (id: string): PlatformTransaction | null =>
    readPlatformTransaction(documents.get(id))

  function store(id: string, document: Json): void {
    const stored = { ...document, updated_at: instant() }
    documents.set(id, stored)
    history.push({ id, atMs: now(), document: stored })
  }

  /** The rows of a list, which begins with the transaction that began first. */
  function rowsOf(sep: string, statuses: readonly string[], order: 'asc' | 'desc'): Json[] {
    const rows = [...documents.values()]
      .filter((one) => one['sep'] === sep && statuses.includes(String(one['status'])))
      .toSorted((a, b) => startOf(a) - startOf(b))
    rows.splice(Math.max(0, rows.length - 1), 0, ...Array<Json>(othersLeft).fill(OTHER))
    return order === 'asc' ? rows : rows.reverse()
  }

  function apply({ transaction_id, stellar_transaction_id, amount_in }: Json): boolean {
    const id = String(transaction_id)
    const document = documents.get(id)
    const next = NEXT[String(document?.['status'])]
    if (document === undefined || next === undefined) return false
    const { amount } = amount_in as { amount: string }
    const hash = String(stellar_transaction_id)
    received.push({ id, stroops: stroopsIn(amount), hash })
    const shown = (document['stellar_transactions'] as Json[] | undefined) ?? []
    store(id, {
      ...document,
      status: next,
      amount_in: { ...(document['amount_in'] as Json | undefined), amount },
      stellar_transactions: [...shown, { id: hash }],
    })
    return true
  }

  async function send(params: Json, fault: PlatformFault | null): Promise<PlatformReply> {
    await wait()
    if (fault === 'unreachable') {
      return { kind: 'not_sent', code: 'unreachable', reason: 'refused' }
    }
    if (fault === 'unclear_before') return { kind: 'unclear', reason: 'reset', body: '' }
    const isApplied = apply(params)
    if (fault === 'unclear_after') return { kind: 'unclear', reason: 'reset', body: '' }
    const transaction = read(String(params['transaction_id']))
    return isApplied && transaction !== null
      ? { kind: 'result', transaction }
      : { kind: 'error', code: -32600, message: 'not in this status' }
  }

  async function answered<T>(
    fault: PlatformFault | null,
    answer: () => T,
    waited = wait,
  ): Promise<T> {
    await waited()
    if (fault !== null) throw new PlatformReadError('unreachable', 'no answer')
    return answer()
  }

  return {
    put: (document) => store(String(document['id']), document),
    remove: (id) => {
      if (documents.delete(id)) history.push({ id, atMs: now(), document: null })
    },
    removeOthers: (count) => {
      othersLeft = Math.max(0, othersLeft - count)
    },
    document: (id) => documents.get(id),
    received,
    history,
    api: (outside, fault) => ({
      send: ({ params }) => outside(() => send(params, fault())),
      isPaused: () => false,
      checkAuth: async () => null,
      findRelease: async () => ({ kind: 'found', release: '2.8', alike: [] }),
      doubtRelease: () => {},
      checkAccess: async () => null,
      read: () => Promise.reject(new TypeError('The observer reads no transaction by a method')),
      getTransaction: (id) => outside(() => answered(fault(), () => read(id))),
      listTransactions: ({ sep, statuses = [], pageNumber = 0, pageSize = 20, order = 'desc' }) =>
        outside(() =>
          answered(
            fault(),
            () =>
              rowsOf(sep, statuses, order)
                .slice(pageNumber * pageSize, (pageNumber + 1) * pageSize)
                // The shipped code uses nothing but the document of a listed transaction.
                .map((document) => ({ document }) as unknown as PlatformTransaction),
            waitForPage,
          ),
        ),
    }),
  }
}
