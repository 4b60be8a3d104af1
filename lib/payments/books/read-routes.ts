import * as z from 'zod'
import type { Database } from '../../db/client.ts'
import { AppError } from '../../errors.ts'
import { choice, FORMATS, instant, integer, pageCursor } from '../../http/parameters.ts'
import { isAccountId } from '../../stellar/account-id.ts'
import { parseAsset } from '../../stellar/asset.ts'
import { bookOf, lineOf, type Reconciliation } from './book.ts'
import { readBookLines, readBooks } from './store.ts'

const ACCOUNT = 'an account, G… of 56 characters'
const ASSET = 'an asset of the ledger as in SEP-38, such as stellar:native or stellar:USDC:G…'

/** Which account, and which of its assets. */
export const bookedAccount = z.string({ error: ACCOUNT }).refine(isAccountId, { error: ACCOUNT })
export const bookedAsset = z
  .string({ error: ASSET })
  .refine((text) => text.startsWith('stellar:') && parseAsset(text) !== null, { error: ASSET })

/** Which books: those of one account or of all, and of which time. */
const bookFilter = z.object({
  account: bookedAccount.optional(),
  asset: bookedAsset.optional(),
  from: instant().optional(),
  to: instant().optional(),
})

/** Refuses a period that is empty. */
function checkPeriod(
  { from, to }: { from?: string | undefined; to?: string | undefined },
  context: z.core.$RefinementCtx,
): void {
  if (from === undefined || to === undefined || Date.parse(from) < Date.parse(to)) return
  const message = `a time before to, which is "${to}"`
  context.addIssue({ code: 'custom', path: ['from'], message })
}

export const reconciliationParameters = bookFilter
  .extend({
    epoch: integer(1, 1_000_000).optional(),
    format: choice(FORMATS).optional(),
    limit: integer(1, 1_000).optional(),
    cursor: pageCursor(),
  })
  .superRefine(checkPeriod)

/**
 * Reads the books of a period: one summary for each account and asset, over the whole period, and for one account and
 * asset a page of its movements.
 *
 * @throws AppError `invalid_parameter`, `database_unavailable`
 */
export async function readReconciliation(
  asked: Omit<z.output<typeof reconciliationParameters>, 'format'>,
  { db }: { db: Database },
): Promise<Reconciliation> {
  const { account, asset, epoch, from, to, ...page } = asked
  const ofOneBook = account !== undefined && asset !== undefined
  if (!ofOneBook) {
    refuseAlone('limit', page.limit)
    refuseAlone('cursor', page.cursor)
  }
  const filter = { epoch: epoch ?? null, from: from ?? null, to: to ?? null }
  const read = await readBooks(db, { account: account ?? null, asset: asset ?? null, ...filter })
  if (epoch !== undefined && epoch > read.presentEpoch) {
    throw refused('epoch', `${epoch}`, 'and has not begun', `1 to ${read.presentEpoch}`)
  }
  const books = read.books.map(bookOf)
  if (!ofOneBook) return { books, lines: null, next: null }
  const { limit = 200, cursor = null } = page
  const wanted = { account, asset, ...filter, limit, cursor }
  const { lines, next } = await readBookLines(db, wanted)
  return { books, lines: lines.map(lineOf), next }
}

/** The summaries are one list. Only the movements of one account and asset are paged. */
function refuseAlone(path: string, value: string | number | undefined): void {
  if (value === undefined) return
  const allowed = 'with account and asset, whose movements are paged'
  throw refused(path, `${value}`, 'without account and asset', allowed)
}

function refused(path: string, value: string, problem: string, allowed: string): AppError {
  const what = `${path} is "${value.slice(0, 80)}"`
  return new AppError('invalid_parameter', [
    { path, what, place: 'query string', problem, allowed },
  ])
}
