import * as z from 'zod'
import { createOwnFetch, OwnFetchError } from '../../lib/net/fetch-own.ts'
import { createRedactor } from '../../lib/redactor.ts'
import { safeJsonOrNull } from '../../lib/safe-json.ts'
import type { Deployment } from '../keys/deployment.ts'
import { shownText } from '../shown-text.ts'

/** The books of months take the database up to 30 s. */
const TIMEOUT_MS = 40_000
const PAGE_LINES = '1000'

const text = z.string()
const textOrNull = text.nullable()
const snapshot = z.object({ ledger: z.number(), closedAt: text, balance: text }).nullable()
const group = z.object({ kind: text, movements: z.number(), amount: text })
const book = z.object({
  epoch: z.number(),
  account: text,
  asset: text,
  snapshots: z.enum(['both', 'missing']),
  movements: z.enum(['whole', 'not_read']),
  readUpTo: z.number().nullable(),
  opening: snapshot,
  closing: snapshot,
  paymentsIn: z.array(group.extend({ state: text })),
  paymentsOut: z.array(group),
  other: z.array(group),
  moved: text,
  difference: textOrNull,
})
const line = z.object({
  ledger: z.number(),
  closedAt: text,
  kind: text,
  state: textOrNull,
  amount: text,
  operationId: textOrNull,
  transactionHash: text,
  verdict: textOrNull,
  transactionId: textOrNull,
  status: textOrNull,
  externalTransactionId: textOrNull,
  attemptId: textOrNull,
  attemptState: textOrNull,
})
const page = z.object({
  books: z.array(book),
  lines: z.array(line).nullable(),
  next: textOrNull,
})
const refusal = z.object({ error: text })

export type ShownBook = z.infer<typeof book>

/** The books of a period with all their lines; `lines` is null unless one account and one asset are asked for. */
export interface ShownBooks {
  books: ShownBook[]
  lines: z.infer<typeof line>[] | null
}

/** The deployment did not show its books. The message may be shown on a terminal. */
export class ReconcileError extends Error {}

/** Reads the books of a period from a deployment, page by page. @throws ReconcileError */
export async function readShownBooks(
  { origin, key }: Deployment,
  query: Readonly<Record<string, string>>,
): Promise<ShownBooks> {
  const fetch = createOwnFetch({
    origin,
    headersTimeoutMs: TIMEOUT_MS,
    totalTimeoutMs: TIMEOUT_MS,
  })
  const redact = createRedactor([key], [])
  const fail = (message: string) => new ReconcileError(shownText(redact(message), 600))
  const isPaged = query['account'] !== undefined && query['asset'] !== undefined
  const ask = async (cursor: string | null) => {
    const lines = { limit: PAGE_LINES, ...(cursor === null ? {} : { cursor }) }
    const asked = { ...query, ...(isPaged ? lines : {}) }
    const path = `/api/payments/reconciliation?${new URLSearchParams(asked)}`
    const request = { method: 'GET', headers: { 'x-api-key': key } } as const
    const answer = await fetch(path, request).catch((error: unknown) => {
      throw error instanceof OwnFetchError ? fail(error.message) : error
    })
    const value = safeJsonOrNull(answer.text)
    const read = answer.status === 200 ? page.safeParse(value).data : undefined
    if (read !== undefined) return read
    const refused = refusal.safeParse(value).data?.error
    throw fail(refused ?? `No answer of Anchor Ops: status ${answer.status} from ${origin}`)
  }
  const first = await ask(null)
  let { lines, next } = first
  while (lines !== null && next !== null) {
    const following = await ask(next)
    lines = [...lines, ...(following.lines ?? [])]
    next = following.next
  }
  return { books: first.books, lines }
}
