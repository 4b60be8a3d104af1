import { FULL_RIGHTS } from '../../../lib/caller.ts'
import type { Database } from '../../../lib/db/client.ts'
import { AppError } from '../../../lib/errors.ts'
import { LedgerError, type LedgerSource, type SideLedger } from '../../../lib/ledger/source.ts'
import { archiveFinal } from '../../../lib/payments/archive.ts'
import { type ObserveSettings, observeAccounts } from '../../../lib/payments/observe.ts'
import { decidePaymentByPerson } from '../../../lib/payments/open/decide.ts'
import type { AccountReport } from '../../../lib/payments/page.ts'
import { restartObserver } from '../../../lib/payments/restart.ts'
import type { PlatformApi } from '../../../lib/platform/client.ts'
import type { UpdateIo } from '../../../lib/updates/context.ts'
import { answerOnce } from '../../../lib/updates/idempotency.ts'
import { settleUpdates } from '../../../lib/updates/settle.ts'
import { createTurns } from '../../../lib/updates/turns.ts'
import { callDatabase, type DatabaseFault } from '../database-wire.ts'
import { createLife, type Death } from '../life.ts'
import { createModelDatabase, type ModelDatabase } from '../model-database/database.ts'
import { ENDED } from '../model-database/tables.ts'
import type { Random } from '../random.ts'
import { createVirtualTime, type VirtualTime } from '../virtual-time.ts'
import { createModelPayments, type ModelPayments } from './model-database/database.ts'
import { ALL_RULES, type ObserverRow, type PaymentRules } from './model-database/tables.ts'
import {
  createModelLedger,
  cursorAt,
  type LedgerFault,
  ledgerOf,
  type ModelLedger,
  type TrueOperation,
} from './model-ledger.ts'
import { createModelPlatform, type ModelPlatform, type PlatformFault } from './model-platform.ts'
import { createOracle, type Oracle, type Wanted } from './oracle.ts'
import { createWatch, newWatched, type Watch } from './watch.ts'

export interface PaymentWeather {
  ledger(): LedgerFault | null
  database(): DatabaseFault | null
  platform(): PlatformFault | null
}

/** A change of what the shipped code sees or does. The simulation must notice it. */
export interface PaymentMutant {
  database?(db: Database): Database
  ledger?(source: LedgerSource): LedgerSource
  platform?(api: PlatformApi): PlatformApi
  rules?: Partial<PaymentRules>
}

export interface PaymentWorldOptions {
  random: Random
  settings: ObserveSettings
  source: { name: LedgerSource['name']; pageSize: number }
  /** Without a platform, credits are stored and wait, and another program stores the transactions. */
  hasPlatform: boolean
  /** What a document of the platform expects. */
  wantedOf: (document: Record<string, unknown>) => Wanted
  /** Other open transactions in each list of the platform, and the longest that it takes for a page. */
  lists: { others: number; longestMs: number }
  /** A source without a Horizon beside it sees no claimable balances. */
  hasAside: boolean
  retentionDays: number | null
  weather: PaymentWeather
  mutant: PaymentMutant
}

/** One run of the observer. Its life may end at any await. */
export interface ObserverProcess {
  db: Database
  ledger: LedgerSource
  updates: UpdateIo
  now: () => Date
  isAlive(): boolean
}

export interface HandReport {
  /** The transaction that was paid. */
  id: string
  form: TrueOperation
  /** The person overrides the comparison with the ledger. */
  force: boolean
}

export interface PaymentWorld {
  settings: ObserveSettings
  time: VirtualTime
  base: ModelDatabase
  payments: ModelPayments
  ledger: ModelLedger
  platform: ModelPlatform
  hasPlatform: boolean
  /** Gives the platform this document of a transaction. */
  showTransaction(document: Record<string, unknown>): void
  oracle: Oracle
  wantedOf: (document: Record<string, unknown>) => Wanted
  watch: Watch
  /** Whether claimable balances and clawbacks can be seen. */
  hasAside: boolean
  /** Whether a flood of balances is not read to its end yet. */
  isLookingAside(): boolean
  /** A person decides about a payment. @throws only what must not happen */
  decide(
    process: ObserverProcess,
    key: { operationId: string; epoch: number },
    body: object,
  ): Promise<void>
  setCalm(): void
  start(options?: {
    death?: Death | null
    clockSkewMs?: number
    isOperator?: boolean
  }): ObserverProcess
  /** @returns the reports; null when the database was not available. The promise of a dead process never settles. */
  observe(process: ObserverProcess, budgetMs: number): Promise<AccountReport[] | null>
  restart(account: string): Promise<void>
  /** A person reports a payment for a transaction. */
  report(process: ObserverProcess, reported: HandReport): Promise<void>
  settle(): Promise<void>
  /** Lets time pass and runs every event of it, and every event that these cause. */
  pass(ms: number): Promise<void>
  isAnyUpdateOpen(): boolean
  /** A person looks at the platform and decides the attempts that are left to a person. */
  decideManual(): void
  observer(account: string): ObserverRow | undefined
}

export function createPaymentWorld(options: PaymentWorldOptions): PaymentWorld {
  const { random, settings, source, weather, mutant, hasPlatform, hasAside } = options
  const time = createVirtualTime()
  const base = createModelDatabase(time.now)
  const payments = createModelPayments(base, time.now, { ...ALL_RULES, ...mutant.rules })
  const ledger = createModelLedger(source, time.now)
  const { wantedOf, lists } = options
  const platform = createModelPlatform(time.now, {
    others: lists.others,
    call: () => time.sleep(random.whole(1, 40)),
    page: () => time.sleep(random.whole(1, isCalm ? 40 : lists.longestMs)),
  })
  const oracle = createOracle(settings.policy)
  const watch = createWatch(
    { base, payments, ledger, hasPlatform, wantedOf, settings },
    oracle,
    time.now,
  )
  let isCalm = false
  let reports = 0

  const onDefect = (text: string) => watch.violations.push(text)

  /** The answer of a source comes late, or fails. */
  async function askLedger<T>(answer: (fault: LedgerFault | null) => T): Promise<T> {
    const fault = isCalm ? null : weather.ledger()
    await time.sleep(fault?.kind === 'slow' ? random.whole(1_000, 300_000) : random.whole(1, 4))
    if (fault?.kind === 'error') throw new LedgerError(fault.code, 'a simulated failure')
    return answer(fault)
  }

  function start({
    death = null,
    clockSkewMs = 0,
    isOperator = false,
  }: {
    death?: Death | null
    clockSkewMs?: number
    isOperator?: boolean
  } = {}): ObserverProcess {
    const watched = newWatched(isOperator)
    const { outside, isAlive } = createLife(death)
    const plain: Database = {
      call: <T>(name: string, args: Record<string, unknown>) =>
        outside(() => {
          const fault = isCalm ? null : weather.database()
          const wire = { time, random, onDefect }
          return callDatabase(wire, fault, name, () => watch.call(watched, name, args) as T)
        }),
    }
    const shown: LedgerSource = {
      name: source.name,
      aside: hasAside ? sideLedger(outside) : null,
      head: () => outside(() => askLedger(ledger.head)),
      ledger: (sequence) => outside(() => askLedger((fault) => ledger.ledger(sequence, fault))),
      cursorAt,
      ledgerOf,
      payments: (account, cursor) =>
        outside(() =>
          askLedger((fault) => {
            const page = ledger.payments(account, cursor, fault)
            watch.onPage(watched, account, cursor, page)
            return page
          }),
        ),
      transaction: (hash) => outside(() => askLedger(() => ledger.transaction(hash))),
      account: () => unused(),
      balances: () => unused(),
      movementsBehind: () => unused(),
      movements: () => unused(),
    }
    const db = mutant.database?.(plain) ?? plain
    const now = () => new Date(time.now() + clockSkewMs)
    const api = platform.api(outside, () => (isCalm ? null : weather.platform()))
    const updates: UpdateIo = {
      db,
      platform: mutant.platform?.(api) ?? api,
      ledger: null,
      turns: createTurns(),
      profile: { release: '2.8', custody: false },
      now,
      sleep: (ms) => outside(() => time.sleep(ms)),
      log: watch.onLog,
    }
    return { db, ledger: mutant.ledger?.(shown) ?? shown, updates, now, isAlive }
  }

  function sideLedger(outside: <T>(begin: () => Promise<T>) => Promise<T>): SideLedger {
    const ask = <T>(answer: (fault: LedgerFault | null) => T) => outside(() => askLedger(answer))
    const { aside } = ledger
    return {
      networkPassphrase: () => ask(() => settings.networkPassphrase),
      ledger: (sequence) => ask((fault) => ledger.ledger(sequence, fault)),
      balances: (account, cursor, limit) => ask(() => aside.balances(account, cursor, limit)),
      making: (balanceId) => ask(() => aside.operation(balanceId)),
      debits: (account, cursor) => ask(() => aside.debits(account, cursor)),
      debitsAt: (operationId) => String(BigInt(operationId) - 1n),
      operation: (operationId) => ask(() => aside.operation(operationId)),
    }
  }

  async function observe(process: ObserverProcess, budgetMs: number) {
    const { db, ledger: shown, updates, now } = process
    const startedAt = time.now()
    const isOver = () => time.now() - startedAt > budgetMs
    try {
      const io = {
        db,
        ledger: shown,
        now,
        log: updates.log,
        isOver,
        isListOver: () => time.now() - startedAt > budgetMs * 0.25,
        isDueOver: () => time.now() - startedAt > budgetMs * 0.6,
        updates: hasPlatform ? updates : null,
      }
      const { accounts } = await observeAccounts(settings, io)
      await archiveFinal(options.retentionDays, io)
      return accounts
    } catch (error) {
      if (error instanceof AppError && error.code === 'database_unavailable') return null
      watch.violations.push(`observing failed: ${(error as Error).stack}`)
      return null
    }
  }

  async function restart(account: string): Promise<void> {
    const { accounts, networkPassphrase } = settings
    const { db, ledger: shown, updates } = start({ isOperator: true })
    const startAt = random.pick([{ kind: 'now' }, { kind: 'oldest_open_transaction' }] as const)
    try {
      const restarted = { account, startAt, note: 'the ledger was checked', keyName: 'CRON_SECRET' }
      const io = { db, ledger: shown, log: updates.log }
      await restartObserver(restarted, { accounts, networkPassphrase, hasPlatform }, io)
    } catch (error) {
      watch.violations.push(`an operator could not restart: ${(error as Error).stack}`)
    }
  }

  async function report(process: ObserverProcess, { id, form, force }: HandReport) {
    reports += 1
    const updates = [
      {
        method: 'notify_onchain_funds_received',
        params: {
          transaction_id: id,
          stellar_transaction_id: form.shown.transactionHash,
          amount_in: { amount: form.shown.amount },
          ...(force && { force, note: 'a person has seen it' }),
        },
      },
    ]
    const body = { text: JSON.stringify(updates), value: updates }
    const caller = { keyName: 'BUSINESS_API_KEY', rights: FULL_RIGHTS }
    try {
      await answerOnce(
        { body, idempotencyKey: `report-${reports}`, caller },
        updates,
        { origin: 'rpc', target: 'rpc' },
        { ...process.updates, ledger: process.ledger },
        (results) => ({ status: 200, body: results }),
      )
    } catch (error) {
      if (error instanceof AppError && error.code === 'database_unavailable') return
      watch.violations.push(`reporting failed: ${(error as Error).stack}`)
    }
  }

  async function decide(
    { db, ledger: shown, updates }: ObserverProcess,
    key: { operationId: string; epoch: number },
    body: object,
  ): Promise<void> {
    const config = {
      observer: { amountPolicy: settings.policy },
    } as Parameters<typeof decidePaymentByPerson>[3]['config']
    const deps = { config, db, ledger: async () => shown, updates: async () => updates }
    const caller = { keyName: 'SUPPORT_KEY', rights: FULL_RIGHTS }
    try {
      await decidePaymentByPerson(key, body, caller, deps)
    } catch (error) {
      if (error instanceof AppError && REFUSALS.has(error.code)) return
      watch.violations.push(`deciding failed: ${(error as Error).stack}`)
    }
  }

  async function settle(): Promise<void> {
    try {
      await settleUpdates({ isOver: () => false }, start().updates)
    } catch (error) {
      watch.violations.push(`settling failed: ${(error as Error).stack}`)
    }
  }

  return {
    settings,
    time,
    base,
    payments,
    ledger,
    platform,
    hasPlatform,
    showTransaction: (document) => {
      platform.put(document)
      if (hasPlatform) return
      const stored = platform.document(String(document['id']))
      base.call('store_transactions', { transactions: [stored] })
      watch.checkOpen()
    },
    oracle,
    wantedOf,
    watch,
    setCalm: () => {
      isCalm = true
      ledger.lag(0)
    },
    start,
    observe,
    restart,
    report,
    decide,
    hasAside,
    isLookingAside: () => {
      if (!hasAside) return false
      const wanted = { accounts: settings.accounts, source: source.name }
      const due = payments.call('find_side_looks', wanted) as { accounts: string[] }
      return due.accounts.length > 0
    },
    settle,
    pass: async (ms) => {
      time.after(ms, () => false)
      await time.run(() => false)
    },
    observer: (account) => payments.observer(account, source.name),
    decideManual: () => {
      base.decideManual(({ transactionId, params }) => {
        const hash = params['stellar_transaction_id']
        const received = platform.received.filter(
          (one) => one.id === transactionId && one.hash === hash,
        )
        const applied = base
          .attempts()
          .filter((one) => one.transactionId === transactionId && one.state === 'APPLIED')
          .filter((one) => one.params['stellar_transaction_id'] === hash)
        return received.length > applied.length
      })
      watch.checkOpen()
    },
    isAnyUpdateOpen: () => hasPlatform && base.attempts().some(({ state }) => !ENDED.has(state)),
  }
}

/** What a person may hear. */
const REFUSALS: ReadonlySet<string> = new Set([
  'decision_refused',
  'not_found',
  'platform_unavailable',
  'source_unavailable',
  'database_unavailable',
])

function unused(): never {
  throw new Error('the observer does not ask for this')
}
