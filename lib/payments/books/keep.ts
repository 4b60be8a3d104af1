import type { Database } from '../../db/client.ts'
import { LedgerError, type LedgerHead, type LedgerSource } from '../../ledger/source.ts'
import type { Log } from '../../log.ts'
import { formatStroops } from '../../stellar/amount.ts'
import { parseAsset } from '../../stellar/asset.ts'
import { alarmOf } from '../alarm.ts'
import {
  type BegunBooks,
  beginBooks,
  findBookAssets,
  openBook,
  reconcileBooks,
  recordMovements,
  recordSnapshot,
} from './store.ts'

/** One look reads at most this many pages of an account: 2,000 movements on Horizon, which take 2 s. */
const MAX_PAGES = 10
/** Movements are read every 10 minutes, and at every look while more follow. */
const READ_EVERY_MS = 10 * 60 * 1000

export interface BookIo {
  db: Database
  ledger: LedgerSource
  log: Log
  isOver: () => boolean
}

/** What one look did for the books of an account. */
export interface BookReport {
  /** Movements that were new. */
  movements: number
  /** More movements follow. */
  remaining: boolean
  snapshot: boolean
  /** Periods of the snapshots that the movements do not explain. */
  differences: number
  /** Why the books could not be kept on; the next look tries again. */
  fault?: { code: string; message: string }
}

/**
 * Keeps the books of an account: takes a snapshot of its balances once a day, stores what moved them, and compares the two.
 * A fault is logged and told, and holds up no payment.
 *
 * @param asked takes a snapshot and reads movements now, whenever the last ones were
 * @returns null when nothing is due
 */
export async function keepBooks(
  account: string,
  { asked }: { asked: boolean },
  io: BookIo,
): Promise<BookReport | null> {
  const report = { movements: 0, remaining: false, snapshot: false, differences: 0 }
  try {
    const begun = await beginBooks(io.db, { account })
    if (!asked && !isDue(begun)) return null
    return await keep(account, begun, asked, report, io)
  } catch (error) {
    const fault = alarmOf(error)
    io.log('error', 'books_not_kept', { account, ...fault, error })
    return { ...report, fault }
  }
}

function isDue(begun: BegunBooks): boolean {
  const { book, now } = begun
  if (book === null || !book.isComplete || isSnapshotDue(begun)) return true
  return Date.parse(now) - Date.parse(book.readAt) >= READ_EVERY_MS
}

/** The first look of a day takes the snapshot, so that books run from midnight to midnight (UTC) within minutes. */
function isSnapshotDue({ snapshotAt, now }: BegunBooks): boolean {
  return snapshotAt === null || snapshotAt.slice(0, 10) < now.slice(0, 10)
}

async function keep(
  account: string,
  begun: BegunBooks,
  asked: boolean,
  report: BookReport,
  io: BookIo,
): Promise<BookReport> {
  const { epoch } = begun
  const { db, ledger, log } = io
  let head = await ledger.head()
  const start = startOf(account, begun, head, io)
  if (start === null || asked || isSnapshotDue(begun)) {
    const { ledger: sequence } = await takeSnapshot(account, epoch, io)
    report.snapshot = true
    if (start === null) {
      const cursor = ledger.movementsBehind(sequence)
      await openBook(db, { account, epoch, source: ledger.name, ledger: sequence, cursor })
      return report
    }
    // The movements are to be read up to the snapshot.
    head = await ledger.head()
  }
  await readOn({ account, epoch }, start, head, report, io)
  const { differences } = await reconcileBooks(db, { account, epoch })
  report.differences = differences.length
  for (const { difference, opening, moved, closing, ...period } of differences) {
    const amounts = Object.entries({ difference, opening, moved, closing })
    const shown = amounts.map(([name, stroops]) => [name, formatStroops(BigInt(stroops))])
    log('error', 'reconciliation_difference', { ...period, ...Object.fromEntries(shown) })
  }
  return report
}

/** Where a look reads on: the cursor in the database, and the one to read from. */
interface Start {
  stored: string
  from: string
}

/** @returns null when the books of the account must begin anew: at first, and when the source has dropped their place */
function startOf(
  account: string,
  { book }: BegunBooks,
  { oldestSequence }: LedgerHead,
  { ledger, log }: BookIo,
): Start | null {
  if (book === null) return null
  const stored = book.cursor
  if (book.source === ledger.name && ledger.ledgerOf(stored) >= oldestSequence) {
    return { stored, from: stored }
  }
  // The cursor of a quiet account stays behind, and another source has other cursors. Up to `toLedger` all was read.
  const behind = ledger.movementsBehind(book.toLedger)
  if (ledger.ledgerOf(behind) >= oldestSequence) return { stored, from: behind }
  log('error', 'books_interrupted', { account, readUpTo: book.toLedger, oldestSequence })
  return null
}

async function takeSnapshot(account: string, epoch: number, { db, ledger }: BookIo) {
  const known = await findBookAssets(db, account)
  const assets = known.map(parseAsset).filter((asset) => asset !== null)
  const balances = await ledger.balances(account, assets)
  await recordSnapshot(db, { account, epoch }, balances)
  return balances
}

async function readOn(
  books: { account: string; epoch: number },
  { stored, from }: Start,
  // The head was read before the pages, so the last page holds every movement up to it.
  head: LedgerHead,
  report: BookReport,
  { db, ledger, isOver }: BookIo,
): Promise<void> {
  let expectedCursor = stored
  let cursor = from
  for (let pages = 1; ; pages += 1) {
    const page = await ledger.movements(books.account, cursor)
    if (!page.isLast && page.cursor === cursor) {
      const message = `The page of movements behind ${cursor} leads nowhere.`
      throw new LedgerError('ledger_unreadable', message)
    }
    const toLedger = page.isLast ? head.sequence : ledger.ledgerOf(page.cursor) - 1
    const { recorded, movements } = await recordMovements(db, {
      ...{ ...books, source: ledger.name, expectedCursor, cursor: page.cursor },
      ...{ toLedger, isComplete: page.isLast, movements: page.movements },
    })
    report.movements += movements
    report.remaining = !page.isLast
    // Another run reads the account as well.
    if (!recorded || page.isLast || pages >= MAX_PAGES || isOver()) return
    expectedCursor = page.cursor
    cursor = page.cursor
  }
}
