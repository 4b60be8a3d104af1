import type { Answer } from '../../world/answer.ts'
import type { SimulatedLedger } from '../simulated-ledger.ts'

const DEFAULT_LIMIT = 10
const MAX_LIMIT = 200
const MAX_CURSOR = 2n ** 63n - 1n

/** The parameters of a request for a page. */
export interface Page {
  baseUrl: string
  path: string
  query: URLSearchParams
  cursor: bigint
  order: 'asc' | 'desc'
  limit: number
}

/** Reads the parameters of a page; null for parameters to which Horizon answers 400. */
export function readPage(ledger: SimulatedLedger, baseUrl: string, url: URL): Page | null {
  const query = url.searchParams
  const order = query.get('order') ?? 'asc'
  const limit = Number(query.get('limit') || DEFAULT_LIMIT)
  if (order !== 'asc' && order !== 'desc') return null
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) return null
  const text = query.get('cursor') ?? ''
  const page = { baseUrl, path: url.pathname, query, order, limit } as const
  if (text === '') return { ...page, cursor: order === 'asc' ? 0n : MAX_CURSOR }
  if (text === 'now') return { ...page, cursor: (BigInt(ledger.latestSequence() + 1) << 32n) - 1n }
  if (!/^\d{1,19}$/.test(text) || BigInt(text) > MAX_CURSOR) return null
  return { ...page, cursor: BigInt(text) }
}

/** A page with its links, which begin with `linkBase`. */
export function halPage(page: Page, records: readonly object[], linkBase: string): object {
  const { path, query, order, limit } = page
  const cursor = query.get('cursor') ?? ''
  const tokenOf = (record: object | undefined) =>
    record === undefined ? cursor : String((record as { paging_token: string }).paging_token)
  const link = (base: string, at: string, direction: string) => ({
    href: `${base}${path}?cursor=${at}&limit=${limit}&order=${direction}`,
  })
  return {
    _links: {
      self: link(page.baseUrl, cursor, order),
      next: link(linkBase, tokenOf(records.at(-1)), order),
      prev: link(linkBase, tokenOf(records[0]), order === 'asc' ? 'desc' : 'asc'),
    },
    _embedded: { records },
  }
}

/** An answer of status 200 in Horizon's media type. */
export function halAnswer(value: object): Answer {
  const headers = { 'content-type': 'application/hal+json; charset=utf-8' }
  return { kind: 'body', status: 200, headers, body: JSON.stringify(value) }
}

/** Horizon's answer of status 404. */
export const missing = (): Answer => problem(404, 'Resource Missing', 'not_found')

/** Horizon's answer of status 410, for ledgers that it has dropped. */
export const beforeHistory = (): Answer =>
  problem(410, 'Data Requested Is Before Recorded History', 'before_history')

/** Horizon's answer of status 400, with the wrong field. */
export const badRequest = (field: string): Answer =>
  problem(400, 'Bad Request', 'bad_request', {}, { extras: { invalid_field: field } })

/** An error in Horizon's form (RFC 7807). */
export function problem(
  status: number,
  title: string,
  type: string,
  headers: Record<string, string> = {},
  more: object = {},
): Answer {
  return {
    kind: 'body',
    status,
    headers: { 'content-type': 'application/problem+json; charset=utf-8', ...headers },
    body: JSON.stringify({
      type: `https://stellar.org/horizon-errors/${type}`,
      title,
      status,
      ...more,
    }),
  }
}
