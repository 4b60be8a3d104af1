import { randomUUID } from 'node:crypto'
import type { Database } from '../db/client.ts'
import type { LedgerSource } from '../ledger/source.ts'
import type { Log } from '../log.ts'
import { mapLimit } from '../net/map-limit.ts'
import { formatObserverStart, type ObserverStart } from '../stellar/observer-start.ts'
import type { UpdateIo } from '../updates/context.ts'
import { refreshTransactions } from '../updates/refresh.ts'
import { sendStored } from '../updates/submit.ts'
import { type AccountReport, emptyReport } from './account-report.ts'
import { type Alarm, alarmOf, ObserverAlarm } from './alarm.ts'
import { checkBeforeReading, checkNetwork } from './checks-before-reading.ts'
import { type CreditedUpdate, LEASE_SECONDS, type Observation } from './page.ts'
import { startLedger } from './start.ts'
import { beginObservation, endObservation, setObserverCursor } from './store.ts'
import { sweep } from './sweep.ts'
import type { AmountPolicy } from './verdict/verdict.ts'
import { walk } from './walk.ts'

export interface ObserveSettings {
  /** At most 20, `G…`. */
  accounts: readonly string[]
  /** Where an account begins that was never observed; null when nobody said. */
  start: ObserverStart | null
  policy: AmountPolicy
  networkPassphrase: string
}

export interface ObserveIo {
  db: Database
  ledger: LedgerSource
  now: () => Date
  log: Log
  /** True once nothing further is to be begun. */
  isOver: () => boolean
  /** Null without an Anchor Platform: then credits are stored and wait. */
  updates: UpdateIo | null
}

/** Accounts observed side by side, so that a busy one does not keep the others waiting. */
const CONCURRENCY = 4
/** Of one account and run; what is beyond waits for the settler, so that memory does not grow with the backlog. */
const MOST_KEPT = 400

/**
 * Observes every account: reads its payments on from the stored cursor, records each with its verdict, and sends the
 * updates of those that are credited. What keeps an account from being read is an alarm of its own; its cursor stays.
 *
 * @throws AppError `database_unavailable` when no account could be looked at
 */
export async function observeAccounts(
  settings: ObserveSettings,
  io: ObserveIo,
): Promise<{ accounts: AccountReport[] }> {
  const isFresh = await refreshAwaiting(io)
  const reports = await mapLimit(settings.accounts, CONCURRENCY, (account) =>
    observeAccount(account, settings, isFresh, io),
  )
  return { accounts: reports.filter((report) => report !== undefined) }
}

/** What the platform waits for is to be known before payments are judged; false when it could not be asked. */
async function refreshAwaiting({ updates, isOver, log }: ObserveIo): Promise<boolean> {
  if (updates === null) return true
  try {
    for (const query of AWAITING) {
      if (!(await refreshTransactions(query, { ...updates, isOver }))) return false
    }
    return true
  } catch (error) {
    // What is not known now, a sweep finds; a database that is gone is told by the accounts.
    log('error', 'transactions_not_stored', { error })
    return false
  }
}

const AWAITING = [
  { sep: '24', status: 'pending_user_transfer_start' },
  { sep: '6', status: 'pending_user_transfer_start' },
  { sep: '31', status: 'pending_sender' },
] as const

async function observeAccount(
  account: string,
  settings: ObserveSettings,
  isFresh: boolean,
  io: ObserveIo,
): Promise<AccountReport> {
  const report = emptyReport(account)
  if (io.isOver()) return { ...report, remaining: true }
  const { db, ledger, log } = io
  const observed = { account, source: ledger.name, holder: randomUUID() }
  const begun = await beginObservation(db, { ...observed, leaseSeconds: LEASE_SECONDS })
  if (!begun.started) return { ...report, skipped: 'already_running' }

  const credited: CreditedUpdate[] = []
  let alarm: Alarm | null = null
  let swept = false
  try {
    const head = await ledger.head()
    const observation: Observation = {
      ...observed,
      ...io,
      policy: settings.policy,
      isFresh,
      begun,
      head,
      report,
      onCredited: (more) => credited.push(...more.slice(0, MOST_KEPT - credited.length)),
    }
    swept = await look(observation, settings)
  } catch (error) {
    alarm = alarmOf(error)
    report.alarm = alarm
    report.remaining = true
    log('error', 'observer_alarm', { account, source: ledger.name, ...alarm, error })
  }
  await endObservation(db, { ...observed, alarm, swept })
  // What is not sent in time is READY in the database, and the settler sends it.
  if (io.updates !== null) await sendStored(credited, io.isOver, io.updates)
  return report
}

/** Walks on from the stored cursor, then sweeps; answers whether a sweep has come to its end. */
async function look(observation: Observation, settings: ObserveSettings): Promise<boolean> {
  const { begun, head, ledger, report } = observation
  checkNetwork(head, settings.networkPassphrase)
  const stored = begun.cursor ?? (await placeFirst(observation, settings))
  report.from = stored
  report.to = stored
  const checkpoint = begun.cursor === null ? null : begun.checkpoint
  const from = await checkBeforeReading({ cursor: stored, checkpoint }, head, ledger)
  const end = await walk(observation, stored, from)
  report.remaining = end !== 'complete'
  return end === 'complete' && (await sweep(observation, report.to))
}

/** @throws ObserverAlarm `start_unknown` when nobody said where, or what is to be asked does not answer */
async function placeFirst(
  { db, account, source, holder, begun, isFresh, head, ledger }: Observation,
  { start }: ObserveSettings,
): Promise<string> {
  if (start === null) {
    throw new ObserverAlarm(
      'start_unknown',
      'Nobody said where to start: set PAYMENT_OBSERVER_START.',
    )
  }
  if (start.kind === 'oldest_open_transaction' && !isFresh) {
    throw new ObserverAlarm(
      'start_unknown',
      'The Anchor Platform could not be asked for its open transactions, the oldest of which is the start.',
    )
  }
  const sequence = await startLedger(start, begun.oldestAwaitingAt, head, ledger)
  const cursor = ledger.cursorAt(sequence)
  const place = {
    account,
    source,
    holder,
    cursor,
    startedFrom: formatObserverStart(start),
    note: null,
  }
  const { moved } = await setObserverCursor(db, place)
  if (moved) return cursor
  throw new ObserverAlarm('start_unknown', 'Another run took the account before it had a start.')
}
