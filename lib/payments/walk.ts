import {
  LedgerError,
  type LedgerPayment,
  type LedgerSource,
  type PaymentPage,
} from '../ledger/source.ts'
import { judgeAndRecord, type Observation } from './page.ts'

/** How a walk ended: at the newest payment, when the time was over, or when another run had the account. */
export type WalkEnd = 'complete' | 'over' | 'overtaken'

/**
 * Reads, judges and records page after page. The next page is read while one is recorded. A page, its cursor and its
 * updates are recorded in one step, so a run may die anywhere without losing a payment.
 *
 * @param stored the cursor in the database
 * @param from the cursor to read from
 * @throws LedgerError, AppError `ledger_changed`, `database_unavailable`
 */
export async function walk(
  observation: Observation,
  stored: string,
  from: string,
): Promise<WalkEnd> {
  const { account, head, ledger, isOver, report } = observation
  let expectedCursor = stored
  let reading = startReading(ledger, account, from)
  for (;;) {
    const page = await reading
    const more = !page.isLast && !isOver()
    if (more) reading = startReading(ledger, account, page.cursor)
    // The head was read before the page, so the last page holds every payment of the ledgers up to the head.
    const completeUntil = page.isLast ? head.closedAt : (page.payments.at(-1)?.closedAt ?? null)
    const isRecorded = await judgeAndRecord(observation, {
      expectedCursor,
      cursor: page.cursor,
      checkpoint: page.isLast ? { sequence: head.sequence, hash: head.hash } : null,
      completeUntil,
      payments: page.payments,
    })
    if (!isRecorded) return 'overtaken'
    expectedCursor = page.cursor
    report.to = page.cursor
    report.lagSeconds = secondsSince(completeUntil, observation) ?? report.lagSeconds
    if (page.isLast) return 'complete'
    if (!more) return 'over'
  }
}

function startReading(ledger: LedgerSource, account: string, cursor: string): Promise<PaymentPage> {
  const reading = readPage(ledger, account, cursor)
  // The walk may end before this page fails. Node would end the process at an error that nobody handles.
  reading.catch(() => {})
  return reading
}

/**
 * Reads one page and checks that it belongs to the account and moves the cursor forward.
 *
 * @throws LedgerError also when a check fails: the payments of another account would get wrong verdicts, and a cursor that
 *   does not move forward would be read for ever
 */
export async function readPage(
  ledger: LedgerSource,
  account: string,
  cursor: string,
): Promise<PaymentPage> {
  const page = await ledger.payments(account, cursor)
  const stray = page.payments.find((payment) => isOfOthers(payment, account))
  if (stray !== undefined) {
    const { operationId, from, to } = stray
    throw new LedgerError(
      'ledger_unreadable',
      `The page of ${account} shows operation ${operationId}, which is from ${from} to ${to}.`,
    )
  }
  const isSound = page.cursor === cursor ? isEnd(page) : isForward(page, cursor, ledger)
  if (isSound) return page
  throw new LedgerError(
    'ledger_unreadable',
    `The page behind ${cursor} has ${page.payments.length} payments and leads to ${page.cursor}.`,
  )
}

/** Kinds of payments for which every source names the sender and the receiver. */
const BETWEEN_TWO: ReadonlySet<string> = new Set([
  'payment',
  'path_payment',
  'create_account',
  'account_merge',
])

function isOfOthers({ kind, from, to }: LedgerPayment, account: string): boolean {
  if (from === null || to === null || !BETWEEN_TWO.has(kind)) return false
  return from !== account && to !== account
}

const isEnd = ({ payments, isLast }: PaymentPage) => payments.length === 0 && isLast

/** Whether the ledgers of the payments and of the cursor never go back. */
function isForward({ payments, cursor: to }: PaymentPage, from: string, ledger: LedgerSource) {
  const ledgers = [from, ...payments.map(({ cursor }) => cursor), to].map((cursor) =>
    ledger.ledgerOf(cursor),
  )
  return ledgers.every((sequence, index) => sequence >= (ledgers[index - 1] ?? 0))
}

function secondsSince(time: string | null, { now }: Observation): number | null {
  if (time === null) return null
  return Math.max(0, Math.round((now().getTime() - Date.parse(time)) / 1000))
}
