import { randomUUID } from 'node:crypto'
import type { Caller } from '../caller.ts'
import type { Config } from '../config.ts'
import type { Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { LedgerSource } from '../ledger/source.ts'
import type { Log } from '../log.ts'
import { mapLimit } from '../net/map-limit.ts'
import { type NotConfigured, skipNotConfigured } from '../schedule/not-configured.ts'
import { notingEnd } from '../schedule/note-end.ts'
import type { DustLimit } from '../stellar/dust.ts'
import { NETWORK_PASSPHRASE } from '../stellar/network.ts'
import { formatObserverStart, type ObserverStart } from '../stellar/observer-start.ts'
import type { UpdateIo } from '../updates/context.ts'
import { createTimeLimit } from '../updates/time-limit.ts'
import { type Alarm, alarmOf, ObserverAlarm } from './alarm.ts'
import { archiveFinal } from './archive.ts'
import { type BookIo, keepBooks } from './books/keep.ts'
import { type Credits, startCredits } from './credits.ts'
import { judgeDue } from './due.ts'
import { followDustLimits } from './dust.ts'
import { checkEpoch } from './epoch.ts'
import { readOpenMoney } from './open/store.ts'
import { type Awaiting, refreshAwaiting } from './open-lists.ts'
import { type AccountReport, emptyReport, LEASE_SECONDS, type Observation } from './page.ts'
import { type RestartedObserver, type RestartParameters, restartObserver } from './restart.ts'
import { lookAside } from './side-look.ts'
import { checkedCursor, checkNetwork, startLedger } from './start.ts'
import { beginObservation, endObservation, setObserverCursor } from './store.ts'
import { sweep } from './sweep.ts'
import type { AmountPolicy } from './verdict/verdict.ts'
import { walk } from './walk.ts'

/** Accounts observed side by side, so that a busy account does not delay the others. */
const CONCURRENCY = 4
/** The lists of open transactions take at most this share of a run, so that a slow platform leaves time for the payments. */
const LIST_SHARE = 0.25
/** Then the payments that are to be judged again go on to this share, so that they leave time for the new ones. */
const DUE_SHARE = 0.6

export interface ObserveDeps {
  config: Config
  db: Database
  now: () => Date
  log: Log
  ledger: () => Promise<LedgerSource>
  updates: () => Promise<UpdateIo>
}

export interface ObserveSettings {
  /** At most 20 account ids (`G…`). */
  accounts: readonly string[]
  /** Where the first run on an account begins; null when PAYMENT_OBSERVER_START is not set. */
  start: ObserverStart | null
  policy: AmountPolicy
  /** A smaller payment is no open money. */
  dust: readonly DustLimit[]
  networkPassphrase: string
}

interface Observed extends NotConfigured {
  accounts: AccountReport[]
}

interface ObserveIo {
  db: Database
  ledger: LedgerSource
  now: () => Date
  log: Log
  /** True once nothing further may be started. */
  isOver: () => boolean
  /** True once the lists of open transactions may take no more time. */
  isListOver: () => boolean
  /** True once the payments that are to be judged again may take no more time. */
  isDueOver: () => boolean
  /** Null without an Anchor Platform: the credits are stored and wait. */
  updates: UpdateIo | null
}

/**
 * Observes the configured accounts for as long as a function's time allows; without accounts there is nothing to do. With
 * parameters it restarts one account instead.
 *
 * @throws AppError `configuration_invalid`, `invalid_parameter`, `observer_running`, `source_unavailable`,
 *   `database_unavailable`
 */
export async function observeOnSchedule(
  restart: RestartParameters,
  { keyName }: Caller,
  deps: ObserveDeps,
): Promise<Observed | RestartedObserver> {
  const { config, db, log } = deps
  if (restart === null && config.observer.accounts.length === 0) {
    return { accounts: [], ...skipNotConfigured('observe', config, log) }
  }
  if (restart === null) return notingEnd('observe', deps, () => observeConfigured(deps))
  const { accounts } = settingsOf(config)
  return restartObserver(
    { ...restart, keyName },
    {
      accounts,
      networkPassphrase: NETWORK_PASSPHRASE[config.network],
      hasPlatform: config.platform !== null,
    },
    { db, ledger: await deps.ledger(), log },
  )
}

/** @throws AppError `configuration_invalid` if no account is observed */
function settingsOf({ observer }: Config): Config['observer'] {
  if (observer.accounts.length > 0) return observer
  throw new AppError(
    'configuration_invalid',
    'No account is observed. Set PAYMENT_OBSERVER_ACCOUNTS and PAYMENT_OBSERVER_START.',
  )
}

async function observeConfigured(deps: ObserveDeps): Promise<{ accounts: AccountReport[] }> {
  const { config, db, now, log } = deps
  const { accounts, start, amountPolicy: policy, dust, retentionDays } = settingsOf(config)
  const { maxDurationSeconds } = config.sync
  const isOver = createTimeLimit(maxDurationSeconds, now)
  const isListOver = createTimeLimit(maxDurationSeconds, now, LIST_SHARE)
  const isDueOver = createTimeLimit(maxDurationSeconds, now, DUE_SHARE)
  const ledger = await deps.ledger()
  const networkPassphrase = NETWORK_PASSPHRASE[config.network]
  const updates = config.platform === null ? null : await deps.updates()
  const observed = await observeAccounts(
    { accounts, start, policy, dust, networkPassphrase },
    { db, ledger, now, log, isOver, isListOver, isDueOver, updates },
  )
  await followDustLimits(dust, { db, log, isOver })
  await logOpenMoney(deps)
  await keepAllBooks(observed.accounts, { db, ledger, log, isOver })
  await archiveFinal(retentionDays, { db, log, isOver })
  return observed
}

/** Observes the accounts, 4 at a time. @throws AppError `database_unavailable` */
export async function observeAccounts(
  settings: ObserveSettings,
  io: ObserveIo,
): Promise<{ accounts: AccountReport[] }> {
  const awaiting = await refreshAwaiting(io)
  const credits = startCredits(io.updates, io)
  try {
    const reports = await mapLimit(settings.accounts, CONCURRENCY, (account) =>
      observeAccount(account, settings, { awaiting, credits }, io),
    )
    const accounts = reports.filter((report) => report !== undefined)
    const { networkPassphrase, dust } = settings
    await lookAside(accounts, { ...io, networkPassphrase, dust })
    return { accounts }
  } finally {
    await credits.end()
  }
}

/** Money that belongs to nobody must be heard of. It is logged in each run until a person has closed it. */
async function logOpenMoney({ db, log }: ObserveDeps): Promise<void> {
  try {
    const open = await readOpenMoney(db)
    if (open.payments > 0) log('error', 'open_money', { ...open })
  } catch (error) {
    log('error', 'open_money_not_counted', { error })
  }
}

/** Keeps the books of the accounts that were read without an alarm, once every credit was sent. */
async function keepAllBooks(reports: readonly AccountReport[], io: BookIo): Promise<void> {
  const sound = reports.filter(({ alarm, skipped }) => alarm === undefined && skipped === undefined)
  await mapLimit(sound, CONCURRENCY, async (report) => {
    if (io.isOver()) return
    const books = await keepBooks(report.account, { asked: false }, io)
    if (books !== null) report.books = books
  })
}

/**
 * Reads the payments of one account, records each with its verdict, and sends the updates that credit them. A fault
 * becomes an alarm of this account, and its cursor stays.
 */
async function observeAccount(
  account: string,
  settings: ObserveSettings,
  { awaiting, credits }: { awaiting: Awaiting; credits: Credits },
  io: ObserveIo,
): Promise<AccountReport> {
  const report = emptyReport(account)
  if (awaiting.isCatchingUp) report.catchingUp = true
  if (io.isOver()) return { ...report, remaining: true }
  const { db, ledger, log } = io
  const observed = { account, source: ledger.name, holder: randomUUID() }
  const begun = await beginObservation(db, { ...observed, leaseSeconds: LEASE_SECONDS })
  if (!begun.started) return { ...report, skipped: 'already_running' }

  let alarm: Alarm | null = null
  let swept = false
  try {
    const head = await ledger.head()
    const observation: Observation = {
      ...observed,
      ...io,
      policy: settings.policy,
      dust: settings.dust,
      awaiting,
      begun,
      epoch: begun.present.epoch,
      head,
      report,
      onCredited: credits.add,
    }
    const walked = await walkAndSweep(observation, settings)
    swept = walked.isSwept
    if (walked.dueFault !== null) throw walked.dueFault.error
  } catch (error) {
    alarm = alarmOf(error)
    report.alarm = alarm
    report.remaining = true
    log('error', 'observer_alarm', { account, source: ledger.name, ...alarm, error })
  }
  await endObservation(db, { ...observed, alarm, swept })
  return report
}

interface Walked {
  /** The sweep has reached its end. */
  isSwept: boolean
  /** Why a payment that is due could not be judged. */
  dueFault: { error: unknown } | null
}

/**
 * Judges stored payments again that are due, walks on from the stored cursor, then sweeps. New payments are read also if
 * judging a payment that is due fails.
 */
async function walkAndSweep(observation: Observation, settings: ObserveSettings): Promise<Walked> {
  const { begun, head, ledger, report } = observation
  checkNetwork(head, settings.networkPassphrase)
  await checkEpoch(begun, head, ledger)
  const stored = begun.cursor ?? (await setFirstCursor(observation, settings))
  if (stored === null) return { isSwept: false, dueFault: null }
  report.from = stored
  report.to = stored
  const checkpoint = begun.cursor === null ? null : begun.checkpoint
  const from = await checkedCursor({ cursor: stored, checkpoint }, head, ledger)
  const { isHeld, fault: dueFault } = await tryJudgeDue(observation)
  if (!isHeld) {
    report.remaining = true
    return { isSwept: false, dueFault: null }
  }
  const end = await walk(observation, stored, from)
  report.remaining = end !== 'complete'
  const isSwept = end === 'complete' && (await sweep(observation, report.to))
  return { isSwept, dueFault }
}

/** Judges payments that are due. A fault is logged at once, because the walk may end with another one. */
async function tryJudgeDue(
  observation: Observation,
): Promise<{ isHeld: boolean; fault: Walked['dueFault'] }> {
  const { account, log } = observation
  try {
    return { isHeld: await judgeDue(observation), fault: null }
  } catch (error) {
    log('error', 'due_not_judged', { account, error })
    return { isHeld: true, fault: { error } }
  }
}

/**
 * @returns null while the start depends on open transactions that were not all read yet
 * @throws ObserverAlarm `start_unknown` when no start is configured, or when it depends on a platform that fails
 */
async function setFirstCursor(
  { db, account, source, holder, begun, epoch, awaiting, head, ledger, report }: Observation,
  { start }: ObserveSettings,
): Promise<string | null> {
  if (start === null) {
    throw new ObserverAlarm(
      'start_unknown',
      'Nobody said where to start: set PAYMENT_OBSERVER_START.',
    )
  }
  const isByOldest = start.kind === 'oldest_open_transaction'
  if (isByOldest && awaiting.isCatchingUp) {
    report.remaining = true
    return null
  }
  if (isByOldest && !awaiting.isFresh) {
    throw new ObserverAlarm(
      'start_unknown',
      'The Anchor Platform could not be asked for its open transactions, the oldest of which is the start.',
    )
  }
  const cursor = ledger.cursorAt(await startLedger(start, begun.oldestAwaitingAt, head, ledger))
  const startedFrom = formatObserverStart(start)
  const { sequence, hash, closedAt } = head
  const { moved } = await setObserverCursor(db, {
    ...{ account, source, holder, cursor, startedFrom, note: null, keyName: null },
    ...{ epoch, isNewEpoch: false, seen: { sequence, hash, closedAt } },
  })
  if (moved) return cursor
  throw new ObserverAlarm('start_unknown', 'Another run took the account before it had a start.')
}
