import * as z from 'zod'
import type { Database } from '../../db/client.ts'
import { AppError } from '../../errors.ts'
import { choice, instant, integer, pageCursor } from '../../http/parameters.ts'
import { isAccountId } from '../../stellar/account-id.ts'
import { parseAsset } from '../../stellar/asset.ts'
import { bookOf, lineOf, type Reconciliation } from './book.ts'
import { csvOfBooks } from './csv.ts'
import { readBookLines, readBooks } from './store.ts'

const ACCOUNT = 'an account, G… of 56 characters'
const ASSET = 'an asset of the ledger as in SEP-38, such as stellar:native or stellar:USDC:G…'

/** Which account, and which of its assets. */
export const bookedAccount = z.string({ error: ACCOUNT }).refine(isAccountId, { error: ACCOUNT })
export const bookedAsset = z
  .string({ error: ASSET })
  .refine((text) => text.startsWith('stellar:') && parseAsset(text) !== null, { error: ASSET })

export const reconciliationParameters = z.object({
  account: bookedAccount.optional(),
  asset: bookedAsset.optional(),
  epoch: integer(1, 1_000_000).optional(),
  from: instant().optional(),
  to: instant().optional(),
  format: choice(['json', 'csv']).optional(),
  limit: integer(1, 1_000).default(200),
  cursor: pageCursor(),
})

/**
 * Reads the books of a period: one summary for each account and asset, over the whole period, and for one account and
 * asset a page of its movements.
 *
 * @throws AppError `invalid_parameter`, `database_unavailable`
 */
async function readReconciliation(
  { account, asset, epoch, from, to, ...page }: z.output<typeof reconciliationParameters>,
  { db }: { db: Database },
): Promise<Reconciliation> {
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to)) {
    const message = `from is "${from}" and to is "${to}"; allowed: from before to`
    throw new AppError('invalid_parameter', message, { details: [{ path: 'from', message }] })
  }
  const filter = { epoch: epoch ?? null, from: from ?? null, to: to ?? null }
  const books = (
    await readBooks(db, { account: account ?? null, asset: asset ?? null, ...filter })
  ).map(bookOf)
  if (account === undefined || asset === undefined) {
    refuseCursor(page.cursor)
    return { books, lines: null, next: null }
  }
  const cursor = page.cursor ?? null
  const wanted = { account, asset, ...filter, limit: page.limit, cursor }
  const { lines, next } = await readBookLines(db, wanted)
  return { books, lines: lines.map(lineOf), next }
}

function refuseCursor(cursor: string | undefined): void {
  if (cursor === undefined) return
  const message = `cursor is "${cursor.slice(0, 80)}"; allowed: with account and asset, whose movements are paged`
  throw new AppError('invalid_parameter', message, { details: [{ path: 'cursor', message }] })
}

/**
 * Answers with the books in JSON, or in CSV if `format` or the header `Accept` asks for it: the movements of one account
 * and asset, else the summaries. `x-next-cursor` is the cursor of the next page of a CSV.
 *
 * @throws AppError `invalid_parameter`, `database_unavailable`
 */
export async function answerReconciliation(
  input: z.output<typeof reconciliationParameters>,
  request: Request,
  deps: { db: Database },
): Promise<{ status: 200; body: object | null; csv?: string; headers?: Record<string, string> }> {
  const read = await readReconciliation(input, deps)
  const accept = request.headers.get('accept') ?? ''
  const isCsv = (input.format ?? (/^\s*text\/csv\b/.test(accept) ? 'csv' : 'json')) === 'csv'
  if (!isCsv) return { status: 200, body: read }
  const headers = read.next === null ? {} : { 'x-next-cursor': read.next }
  return { status: 200, body: null, csv: csvOfBooks(read), headers }
}
