import { z } from 'zod'
import { callChecked, type Database } from '../../db/client.ts'
import { assertCursor, count, textOrNull, time } from '../../db/shapes.ts'
import { decision } from '../../decisions/store.ts'
import type { AccountBalances, LedgerMovement } from '../../ledger/source.ts'
import { formatAsset } from '../../stellar/asset.ts'
import type { ObservedAccount } from '../store.ts'

/** Stroops as decimal text, with a minus sign below 0. */
const stroops = z.string().regex(/^-?\d{1,40}$/)
const source = z.enum(['horizon', 'rpc'])

const begun = z.object({
  now: time,
  epoch: count,
  book: z
    .object({
      source,
      cursor: z.string(),
      fromLedger: count,
      toLedger: count,
      readAt: time,
      isComplete: z.boolean(),
    })
    .nullable(),
  snapshotAt: time.nullable(),
})

/** How far the books of an account are kept in the present epoch. */
export type BegunBooks = z.infer<typeof begun>

/** Tells how far the books of an account are kept. @throws AppError `database_unavailable` */
export function beginBooks(db: Database, { account }: { account: string }): Promise<BegunBooks> {
  return callChecked(db, begun, 'begin_books', { account })
}

const assets = z.object({ assets: z.array(z.string()) })

/** Finds the assets of which an account may have a balance, in SEP-38 form. @throws AppError `database_unavailable` */
export async function findBookAssets(db: Database, account: string): Promise<string[]> {
  return (await callChecked(db, assets, 'find_book_assets', { account })).assets
}

const recordedSnapshot = z.object({ recorded: z.boolean() })

/** Stores the balances of an account at a ledger. @throws AppError `database_unavailable` */
export async function recordSnapshot(
  db: Database,
  { account, epoch }: { account: string; epoch: number },
  { balances, ledger, closedAt, isWhole }: AccountBalances,
): Promise<void> {
  const byAsset = balances.map((one) => [formatAsset(one.asset), one.stroops])
  await callChecked(db, recordedSnapshot, 'record_snapshot', {
    ...{ account, epoch, ledger, closedAt, isWhole },
    balances: Object.fromEntries(byAsset),
  })
}

const opened = z.object({ opened: z.boolean() })

/** Begins a span of recorded movements behind the ledger of a snapshot. @throws AppError `database_unavailable` */
export async function openBook(
  db: Database,
  book: {
    account: string
    epoch: number
    source: ObservedAccount['source']
    ledger: number
    cursor: string
  },
): Promise<void> {
  await callChecked(db, opened, 'open_book', book)
}

const recordedMovements = z.object({ recorded: z.boolean(), movements: count })

/**
 * Stores a page of movements and moves the cursor, all or nothing. `recorded` is false when another run has moved it.
 *
 * @param page.toLedger every movement up to it is stored then
 * @throws AppError `database_unavailable`
 */
export function recordMovements(
  db: Database,
  {
    movements,
    ...page
  }: {
    account: string
    epoch: number
    source: ObservedAccount['source']
    expectedCursor: string
    cursor: string
    toLedger: number
    isComplete: boolean
    movements: readonly LedgerMovement[]
  },
): Promise<z.infer<typeof recordedMovements>> {
  const rows = movements.map((one) => ({ ...one, asset: formatAsset(one.asset) }))
  return callChecked(db, recordedMovements, 'record_movements', { ...page, movements: rows })
}

/** What moved between two snapshots of an account, compared with them, in stroops. */
export const comparison = z.object({
  epoch: count,
  account: z.string(),
  asset: z.string(),
  openingLedger: count,
  closingLedger: count,
  opening: stroops,
  moved: stroops,
  closing: stroops,
  difference: stroops,
  foundAt: time.nullable(),
})
export type Comparison = z.infer<typeof comparison>

const reconciled = z.object({ reconciled: count, differences: z.array(comparison) })

/**
 * Compares the snapshots of an account that were not compared yet, or showed a difference, with what moved since the
 * snapshot before. It stores the results, and returns how many there were and those that differ.
 *
 * @throws AppError `database_unavailable`
 */
export function reconcileBooks(
  db: Database,
  books: { account: string; epoch: number },
): Promise<z.infer<typeof reconciled>> {
  return callChecked(db, reconciled, 'reconcile_books', books)
}

const snapshot = z.object({ ledger: count, closedAt: time, stroops }).nullable()
const group = z.object({
  kind: z.string(),
  state: textOrNull,
  incoming: z.boolean(),
  movements: count,
  stroops,
})
const storedBook = z.object({
  epoch: count,
  account: z.string(),
  asset: z.string(),
  opening: snapshot,
  closing: snapshot,
  /** Every movement between the two snapshots is stored. */
  isRead: z.boolean(),
  readUpTo: count.nullable(),
  groups: z.array(group),
})

/** The books of one asset of an account in a period, as stored. */
export type StoredBook = z.infer<typeof storedBook>

const books = z.object({ presentEpoch: count, books: z.array(storedBook) })

/** Which books are read. */
export interface BookFilter {
  account: string | null
  asset: string | null
  /** Null is the present one. */
  epoch: number | null
  /** ISO 8601. */
  from: string | null
  to: string | null
}

/** Reads the books of a period, one for each account and asset. @throws AppError `database_unavailable` */
export function readBooks(db: Database, filter: BookFilter): Promise<z.infer<typeof books>> {
  return callChecked(db, books, 'read_books', { ...filter })
}

export const storedLine = z.object({
  ledger: count,
  closedAt: time,
  kind: z.string(),
  state: textOrNull,
  stroops,
  operationId: textOrNull,
  transactionHash: z.string(),
  verdict: textOrNull,
  transactionId: textOrNull,
  status: textOrNull,
  externalTransactionId: textOrNull,
  attemptId: textOrNull,
  attemptState: textOrNull,
})
const lines = z.object({ lines: z.array(storedLine), next: textOrNull })

/** One movement of the books with the payment, the transaction and the update that it belongs to. */
export type StoredLine = z.infer<typeof storedLine>

/** The cursor of a line: its ledger, a dot, the id of its movement. */
const LINE_CURSOR = /^\d{1,10}\../s

/**
 * Reads a page of the movements of one asset of an account in a period.
 *
 * @throws AppError `invalid_parameter` for a cursor that no page gave, `database_unavailable`
 */
export async function readBookLines(
  db: Database,
  page: BookFilter & { account: string; asset: string; limit: number; cursor: string | null },
): Promise<z.infer<typeof lines>> {
  assertCursor(page.cursor, LINE_CURSOR)
  return callChecked(db, lines, 'read_book_lines', page)
}

const bookHealth = z.object({
  differences: count,
  accounts: z.array(
    z.object({
      account: z.string(),
      source,
      readUpTo: count,
      readAt: time,
      isComplete: z.boolean(),
      snapshotAt: time.nullable(),
    }),
  ),
})
export type BookHealth = z.infer<typeof bookHealth>

/** Tells how many differences nobody explained, and how far books are kept. @throws AppError `database_unavailable` */
export function readBookHealth(db: Database, accounts: readonly string[]): Promise<BookHealth> {
  return callChecked(db, bookHealth, 'read_book_health', { accounts })
}

const explained = z.object({
  explained: z.boolean(),
  difference: stroops,
  decision: decision.nullable(),
})

/** Records that a person explained a difference. null: no such period. @throws AppError `database_unavailable` */
export function explainDifference(
  db: Database,
  wanted: {
    account: string
    asset: string
    closingLedger: number
    note: string
    keyName: string
  },
): Promise<z.infer<typeof explained> | null> {
  return callChecked(db, explained.nullable(), 'explain_difference', wanted)
}
