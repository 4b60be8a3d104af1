import { randomUUID } from 'node:crypto'
import type { Database } from '../db/client.ts'
import { operationIdOf, placeOf } from '../ledger/operation-id.ts'
import {
  LedgerError,
  type LedgerPayment,
  type LedgerSource,
  type SideLedger,
} from '../ledger/source.ts'
import type { Log } from '../log.ts'
import { mapLimit } from '../net/map-limit.ts'
import type { DustLimit } from '../stellar/dust.ts'
import { type Alarm, alarmOf, ObserverAlarm } from './alarm.ts'
import { isDust } from './dust.ts'
import { type AccountReport, addToReport, LEASE_SECONDS, logUnclaimed } from './page.ts'
import {
  beginSideLook,
  endSideLook,
  findSideLooks,
  findUnrecorded,
  recordSideMovements,
  type SideLookStart,
} from './side-look-store.ts'
import type { ObservedAccount } from './store.ts'
import { judgePage } from './verdict/judge-page.ts'

/** Two side looks end less than an hour apart. */
const EVERY_SECONDS = 55 * 60
/** After a failure the source gets time to recover, and not every run waits for it. */
const AFTER_FAILURE_SECONDS = 5 * 60
/**
 * The most operations that one look asks for, of balances and of debits each, so that a flood of the one does not hide the
 * other. Anybody can make claimable balances for an account by the thousand, and public Horizon servers allow 3,600 requests
 * an hour: 50 in a minute leave 600 to the payments.
 */
const MOST_OPERATIONS = 25
/** The most pages of 200 effects in one look. 1,000 payments a minute make 5 pages. */
const MOST_PAGES = 10
const AT_ONCE = 4

export interface SideLookIo {
  db: Database
  ledger: LedgerSource
  networkPassphrase: string
  dust: readonly DustLimit[]
  log: Log
  /** True once nothing further may be started. */
  isOver: () => boolean
}

interface Look extends SideLookIo {
  aside: SideLedger
  observed: ObservedAccount
  begun: Extract<SideLookStart, { started: true }>
  report: AccountReport
}

/**
 * Takes the side looks that are due: reads the claimable balances for each account and the clawbacks from it, the oldest
 * first, and records each as a payment that a person examines. It runs after the payments of all accounts, and nothing
 * stops because of it: a failure is logged, health tells it, and the other accounts wait for the next run.
 *
 * @param reports the reports of the accounts, which count what is recorded
 */
export async function lookAside(reports: readonly AccountReport[], io: SideLookIo): Promise<void> {
  const { db, ledger, log, isOver } = io
  if (ledger.aside === null || isOver()) return
  const accounts = reports.map(({ account }) => account)
  try {
    for (const account of await findSideLooks(db, { accounts, source: ledger.name })) {
      const report = reports.find((one) => one.account === account)
      if (report === undefined || isOver()) return
      if (!(await lookAsideOf(report, ledger.aside, io))) return
    }
  } catch (error) {
    log('error', 'side_look_failed', { source: ledger.name, ...alarmOf(error), error })
  }
}

/** @returns whether the look did not fail. @throws AppError `database_unavailable` */
async function lookAsideOf(
  report: AccountReport,
  aside: SideLedger,
  io: SideLookIo,
): Promise<boolean> {
  const { account } = report
  const observed = { account, source: io.ledger.name, holder: randomUUID() }
  const begun = await beginSideLook(io.db, { ...observed, leaseSeconds: LEASE_SECONDS })
  if (!begun.started) return true
  let failure: Alarm | null = null
  let isComplete = false
  try {
    const look: Look = { ...io, aside, observed, begun, report }
    await checkSameLedger(look)
    // Each is read even if the other cannot be.
    const [balances, debits] = await Promise.allSettled([readBalances(look), readDebits(look)])
    if (balances.status === 'rejected') throw balances.reason
    if (debits.status === 'rejected') throw debits.reason
    isComplete = balances.value && debits.value
  } catch (error) {
    failure = alarmOf(error)
    io.log('error', 'side_look_failed', { account, source: io.ledger.name, ...failure, error })
  }
  const nextSeconds = failure ? AFTER_FAILURE_SECONDS : isComplete ? EVERY_SECONDS : 0
  await endSideLook(io.db, { ...observed, isComplete, nextSeconds, failure })
  return failure === null
}

/** Beside Stellar RPC, Horizon may be of another network, or of the ledger before a reset. */
async function checkSameLedger(look: Look): Promise<void> {
  const { aside, networkPassphrase, begun, observed } = look
  if (observed.source === 'horizon') return
  const shown = await aside.networkPassphrase()
  if (shown !== networkPassphrase) {
    throw new ObserverAlarm(
      'wrong_network',
      `STELLAR_HORIZON_URL is of the network "${shown}"; allowed: "${networkPassphrase}", by STELLAR_NETWORK.`,
    )
  }
  if (begun.checkpoint === null) return
  const { sequence, hash } = begun.checkpoint
  const ledger = await aside.ledger(sequence)
  if (ledger?.hash === hash) return
  if (ledger === null) {
    throw new LedgerError('ledger_unreachable', `Horizon does not show ledger ${sequence}.`)
  }
  throw new ObserverAlarm(
    'ledger_reset',
    `Horizon shows another ledger ${sequence} than Stellar RPC: one of them is of the ledger before a reset.`,
  )
}

/** @returns whether every balance that the account may claim is recorded */
async function readBalances(look: Look): Promise<boolean> {
  const { aside, begun, observed, isOver, log } = look
  const { account } = observed
  let cursor = begun.balanceCursor
  for (let left = MOST_OPERATIONS; left > 0 && !isOver(); ) {
    const page = await aside.balances(account, cursor, left)
    left -= page.found.length
    const made = await mapLimit(page.found, AT_ONCE, async ({ id }) => {
      const making = await aside.making(id, account)
      // Without its operation, which the history of Horizon no longer has, a balance cannot be recorded.
      if (making === null) log('error', 'side_movement_unknown', { account, balanceId: id })
      return making
    })
    const places = { balanceCursor: page.cursor, effectCursor: null }
    if (!(await record(look, present(made), places))) return false
    if (page.isLast) return true
    cursor = page.cursor
  }
  return false
}

/** @returns whether every debit of the ledgers whose payments are recorded was examined */
async function readDebits(look: Look): Promise<boolean> {
  const { aside, begun, observed, isOver } = look
  const end = recordedEnd(look)
  let left = MOST_OPERATIONS
  let cursor = begun.effectCursor ?? aside.debitsAt(startOf(look))
  for (let pages = 0; pages < MOST_PAGES && !isOver(); pages += 1) {
    const page = await aside.debits(observed.account, cursor)
    const debited = [...new Set(page.found.map(({ id }) => id))]
    const [later] = debited.filter((id) => ledgerOf(id) >= end)
    const operationIds = debited.filter((id) => ledgerOf(id) < end)
    // Each payment out is a debit too, and is recorded.
    const unrecorded = await findUnrecorded(look.db, { epoch: begun.epoch, operationIds })
    const asked = unrecorded.slice(0, left)
    left -= asked.length
    const read = await mapLimit(asked, AT_ONCE, (id) => aside.operation(id, observed.account))
    const clawbacks = present(read).filter(({ kind }) => kind === 'clawback')
    const next = unrecorded[asked.length] ?? later
    cursor = next === undefined ? (page.cursor ?? cursor) : aside.debitsAt(next)
    const places = { balanceCursor: null, effectCursor: cursor }
    if (!(await record(look, clawbacks, places))) return false
    if (asked.length < unrecorded.length) return false
    if (page.isLast || later !== undefined) return true
  }
  return false
}

/**
 * The first ledger whose payments may not all be recorded. What was paid out there would look like a clawback. The cursor of
 * a quiet account in Horizon stands at its last payment, and the checkpoint is the last ledger that was read to its end.
 */
function recordedEnd({ begun: { cursor, checkpoint }, ledger }: Look): number {
  return Math.max(ledger.ledgerOf(cursor), (checkpoint?.sequence ?? 0) + 1)
}

function startOf({ begun, ledger }: Look): string {
  const sequence = ledger.ledgerOf(begun.startCursor)
  return String(operationIdOf({ ledger: sequence, transaction: 0, operation: 0 }))
}

const ledgerOf = (operationId: string) => placeOf(BigInt(operationId)).ledger

const present = (some: readonly (LedgerPayment | null | undefined)[]): LedgerPayment[] =>
  some.filter((one) => one !== null && one !== undefined)

/** @returns false when another process has the look, or the account was restarted */
async function record(
  { db, dust, ledger, log, observed, begun, report }: Look,
  read: readonly LedgerPayment[],
  places: { balanceCursor: string | null; effectCursor: string | null },
): Promise<boolean> {
  const { account, source } = observed
  const payments = judgePage(
    // Horizon has other cursors than Stellar RPC.
    read.map((one) =>
      source === 'rpc' ? { ...one, cursor: ledger.cursorAt(one.ledger + 1) } : one,
    ),
    [],
    { account, epoch: begun.epoch, policy: 'exact', isCatchingUp: false },
  )
  const rows = payments.map((one) => ({ ...one, isDust: isDust(one, dust) }))
  const operationIds = payments.map(({ operationId }) => operationId)
  const fresh = new Set(await findUnrecorded(db, { epoch: begun.epoch, operationIds }))
  const page = { ...observed, ...places, leaseSeconds: LEASE_SECONDS, payments: rows }
  const recorded = await recordSideMovements(db, page)
  if (!recorded.recorded) return false
  addToReport({ report, onCredited: () => {} }, recorded)
  logUnclaimed(
    rows.filter(({ operationId }) => fresh.has(operationId)),
    { account, log },
  )
  return true
}
