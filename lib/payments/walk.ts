import {
  LedgerError,
  type LedgerPayment,
  type LedgerSource,
  type PaymentPage,
} from '../ledger/source.ts'
import { judge, type Observation, record } from './page.ts'

/** How a walk ended: at the newest payment, because the time was over, or because another run has the account. */
export type WalkEnd = 'complete' | 'over' | 'overtaken'

/**
 * Reads, judges and records page after page, while the next one is under way. A page, its cursor and its updates are
 * recorded in one step, so that a run that dies anywhere leaves nothing half done and loses no payment.
 *
 * @param stored the cursor as the database has it
 * @param from the cursor to read from
 * @throws LedgerError, AppError `ledger_changed`, `database_unavailable`
 */
export async function walk(
  observation: Observation,
  stored: string,
  from: string,
): Promise<WalkEnd> {
  const { account, head, ledger, isOver, report, isFresh, begun } = observation
  // What is judged without knowing what the platform waits for is judged again by the next sweep.
  let again = isFresh || begun.sweepCursor !== null ? {} : { sweepCursor: from }
  let expectedCursor = stored
  let reading = startReading(ledger, account, from)
  for (;;) {
    const page = await reading
    const more = !page.isLast && !isOver()
    if (more) reading = startReading(ledger, account, page.cursor)
    // The head was read before the page: whatever had closed by then is in it.
    const completeUntil = page.isLast ? head.closedAt : (page.payments.at(-1)?.closedAt ?? null)
    const isRecorded = await record(observation, {
      expectedCursor,
      cursor: page.cursor,
      checkpoint: page.isLast ? { sequence: head.sequence, hash: head.hash } : null,
      completeUntil,
      payments: await judge(page.payments, observation),
      ...again,
    })
    if (!isRecorded) return 'overtaken'
    again = {}
    expectedCursor = page.cursor
    report.to = page.cursor
    report.lagSeconds = secondsSince(completeUntil, observation) ?? report.lagSeconds
    if (page.isLast) return 'complete'
    if (!more) return 'over'
  }
}

function startReading(ledger: LedgerSource, account: string, cursor: string): Promise<PaymentPage> {
  const reading = readPage(ledger, account, cursor)
  // One that fails after the walk has ended has nobody who waits for it.
  reading.catch(() => {})
  return reading
}

/**
 * @throws LedgerError also for a page that does not lead on, which would be read for ever or lead back, and for one of
 *   another account: its payments would be refused for good before their own account is read
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
  const leadsOn = page.cursor === cursor ? isEnd(page) : isForward(page, cursor, ledger)
  if (leadsOn) return page
  throw new LedgerError(
    'ledger_unreadable',
    `The page behind ${cursor} has ${page.payments.length} payments and leads to ${page.cursor}.`,
  )
}

/** Of these every source says whom they are from and to. */
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
