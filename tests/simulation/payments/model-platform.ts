import { type PlatformApi, PlatformReadError } from '../../../lib/platform/client.ts'
import type { PlatformReply } from '../../../lib/platform/reply.ts'
import {
  type PlatformTransaction,
  readPlatformTransaction,
} from '../../../lib/platform/transaction.ts'
import { stroopsIn } from './model-ledger.ts'

type Json = Record<string, unknown>

/** The faults of one request to the platform. `unclear_after`: it was carried out. */
export type PlatformFault = 'unreachable' | 'unclear_before' | 'unclear_after'

/** The part of the platform that the observer needs, and a record of the payments that were reported to it. */
export interface ModelPlatform {
  put(document: Json): void
  document(id: string): Json | undefined
  /** The reported payments, one entry for each update that the platform carried out. */
  received: readonly { id: string; stroops: bigint; hash: string }[]
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

/** @param wait waits as long as one way through the network takes */
export function createModelPlatform(now: () => number, wait: () => Promise<void>): ModelPlatform {
  const documents = new Map<string, Json>()
  const received: { id: string; stroops: bigint; hash: string }[] = []
  let latest = 0

  /** A time that no other write has. */
  const instant = () => {
    latest = Math.max(now(), latest + 1)
    return new Date(latest).toISOString()
  }
  const read = (id: string): PlatformTransaction | null =>
    readPlatformTransaction(documents.get(id))

  function apply({ transaction_id, stellar_transaction_id, amount_in }: Json): boolean {
    const id = String(transaction_id)
    const document = documents.get(id)
    const next = NEXT[String(document?.['status'])]
    if (document === undefined || next === undefined) return false
    const { amount } = amount_in as { amount: string }
    const hash = String(stellar_transaction_id)
    received.push({ id, stroops: stroopsIn(amount), hash })
    documents.set(id, {
      ...document,
      status: next,
      amount_in: { ...(document['amount_in'] as Json | undefined), amount },
      stellar_transactions: [{ id: hash }],
      updated_at: instant(),
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

  async function answered<T>(fault: PlatformFault | null, answer: () => T): Promise<T> {
    await wait()
    if (fault !== null) throw new PlatformReadError('unreachable', 'no answer')
    return answer()
  }

  return {
    put: (document) =>
      documents.set(String(document['id']), { ...document, updated_at: instant() }),
    document: (id) => documents.get(id),
    received,
    api: (outside, fault) => ({
      send: ({ params }) => outside(() => send(params, fault())),
      isPaused: () => false,
      checkAuth: async () => null,
      checkAccess: async () => null,
      getTransaction: (id) => outside(() => answered(fault(), () => read(id))),
      listTransactions: ({ sep, statuses = [], pageNumber = 0, pageSize = 20 }) =>
        outside(() =>
          answered(fault(), () =>
            [...documents.values()]
              .filter((one) => one['sep'] === sep && statuses.includes(String(one['status'])))
              .slice(pageNumber * pageSize, (pageNumber + 1) * pageSize)
              // The shipped code uses nothing but the document of a listed transaction.
              .map((document) => ({ document }) as unknown as PlatformTransaction),
          ),
        ),
    }),
  }
}
