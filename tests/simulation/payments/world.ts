import type { Database } from '../../../lib/db/client.ts'
import { toAppError } from '../../../lib/db/errors.ts'
import { AppError } from '../../../lib/errors.ts'
import { LedgerError, type LedgerSource } from '../../../lib/ledger/source.ts'
import type { AccountReport } from '../../../lib/payments/account-report.ts'
import { type ObserveSettings, observeAccounts } from '../../../lib/payments/observe.ts'
import { restartObserver } from '../../../lib/payments/restart.ts'
import type { UpdateIo } from '../../../lib/updates/context.ts'
import { settleUpdates } from '../../../lib/updates/settle.ts'
import { createTurns } from '../../../lib/updates/turns.ts'
import { createLife, type Death } from '../life.ts'
import { createModelDatabase, type ModelDatabase } from '../model-database/database.ts'
import type { Random } from '../random.ts'
import type { DatabaseFault } from '../updates/world.ts'
import { createVirtualTime, type VirtualTime } from '../virtual-time.ts'
import {
  createModelLedger,
  cursorAt,
  type LedgerFault,
  ledgerOf,
  type ModelLedger,
} from './model-ledger.ts'
import {
  ALL_RULES,
  createModelPayments,
  ENDED,
  type ModelPayments,
  type ObserverRow,
  type PaymentRules,
} from './model-payments.ts'
import { createModelPlatform, type ModelPlatform, type PlatformFault } from './model-platform.ts'
import { createOracle, type Oracle, type Wanted } from './oracle.ts'
import { createWatch, newWatched, type Watch, type Watched } from './watch.ts'

export const START_MS = Date.parse('2026-02-03T04:05:06.007Z')

export interface PaymentWeather {
  ledger(): LedgerFault | null
  database(): DatabaseFault | null
  platform(): PlatformFault | null
}

/** Changes what the shipped code sees or does, to prove that the simulation notices. */
export interface PaymentMutant {
  database?(db: Database): Database
  ledger?(source: LedgerSource): LedgerSource
  rules?: Partial<PaymentRules>
}

export interface PaymentWorldOptions {
  random: Random
  settings: ObserveSettings
  source: { name: LedgerSource['name']; pageSize: number }
  /** Without one, credits are stored and wait, and transactions are known from elsewhere. */
  hasPlatform: boolean
  wanted: readonly Wanted[]
  weather: PaymentWeather
  mutant: PaymentMutant
}

/** One run of the observer, whose life may end at any await. */
export interface ObserverProcess {
  db: Database
  ledger: LedgerSource
  updates: UpdateIo
  now: () => Date
  isAlive(): boolean
}

export interface PaymentWorld {
  settings: ObserveSettings
  time: VirtualTime
  base: ModelDatabase
  payments: ModelPayments
  ledger: ModelLedger
  platform: ModelPlatform
  hasPlatform: boolean
  /** As the platform has it from now on. */
  showTransaction(document: Record<string, unknown>): void
  oracle: Oracle
  watch: Watch
  setCalm(): void
  start(options?: {
    death?: Death | null
    clockSkewMs?: number
    isOperator?: boolean
  }): ObserverProcess
  /** The reports, or null when nothing could be looked at or the process died. */
  observe(process: ObserverProcess, budgetMs: number): Promise<AccountReport[] | null>
  restart(account: string): Promise<void>
  settle(): Promise<void>
  /** Lets time pass, and all that happens in it. */
  pass(ms: number): Promise<void>
  isAnyUpdateOpen(): boolean
  /** A person looks at the platform, and says what happened. */
  decideManual(): void
  observer(account: string): ObserverRow | undefined
}

export function createPaymentWorld(options: PaymentWorldOptions): PaymentWorld {
  const { random, settings, source, weather, mutant, hasPlatform } = options
  const time = createVirtualTime(START_MS)
  const base = createModelDatabase(time.now)
  const payments = createModelPayments(base, time.now, { ...ALL_RULES, ...mutant.rules })
  const ledger = createModelLedger(source, time.now)
  const platform = createModelPlatform(time.now, () => time.sleep(random.whole(1, 40)))
  const oracle = createOracle(options.wanted, settings.policy)
  const watch = createWatch({ base, payments, ledger }, oracle, time.now)
  let isCalm = false

  /** One call: under way, carried out whole at one instant, and answered. */
  function callDatabase<T>(watched: Watched, name: string, args: Record<string, unknown>) {
    const fault = isCalm ? null : weather.database()
    const lost = () => toAppError(name, { message: 'fetch failed' })
    const outMs = fault === 'slow' ? random.whole(1_000, 30_000) : random.whole(1, 4)
    return new Promise<T>((resolve, reject) => {
      if (fault === 'fail_before') return time.after(outMs, () => reject(lost()))
      time.after(outMs, () => {
        const answer = carryOut<T>(watched, name, args)
        if (fault === 'fail_after') reject(lost())
        else if ('value' in answer) resolve(answer.value)
        else reject(answer.error)
      })
    })
  }

  function carryOut<T>(watched: Watched, name: string, args: Record<string, unknown>) {
    try {
      return { value: watch.call(watched, name, args) as T }
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'internal_error') {
        watch.violations.push(`${name} failed: ${(error as Error).stack}`)
      }
      return { error }
    }
  }

  /** What a source tells, asked patiently: it arrives late, or not at all. */
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
        outside(() => callDatabase<T>(watched, name, args)),
    }
    const shown: LedgerSource = {
      name: source.name,
      head: () => outside(() => askLedger(ledger.head)),
      ledger: (sequence) => outside(() => askLedger(() => ledger.ledger(sequence))),
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
      transaction: () => unused(),
      account: () => unused(),
    }
    const db = mutant.database?.(plain) ?? plain
    const now = () => new Date(time.now() + clockSkewMs)
    const updates: UpdateIo = {
      db,
      platform: platform.api(outside, () => (isCalm ? null : weather.platform())),
      ledger: null,
      turns: createTurns(),
      profile: { version: '2.8.4', custody: false },
      now,
      sleep: (ms) => outside(() => time.sleep(ms)),
      log: () => {},
    }
    return { db, ledger: mutant.ledger?.(shown) ?? shown, updates, now, isAlive }
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
        updates: hasPlatform ? updates : null,
      }
      return (await observeAccounts(settings, io)).accounts
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
      const restarted = { account, startAt, note: 'the ledger was looked at' }
      const io = { db, ledger: shown, log: updates.log }
      await restartObserver(restarted, { accounts, networkPassphrase }, io)
    } catch (error) {
      watch.violations.push(`an operator could not start anew: ${(error as Error).stack}`)
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
    },
    oracle,
    watch,
    setCalm: () => {
      isCalm = true
    },
    start,
    observe,
    restart,
    settle,
    pass: async (ms) => {
      time.after(ms, () => false)
      await time.run(() => false)
    },
    observer: (account) => payments.observer(account, source.name),
    decideManual: () => {
      for (const { id, state, transactionId } of base.attempts()) {
        if (state !== 'MANUAL') continue
        const isApplied = platform.received.some((one) => one.id === transactionId)
        const decision = isApplied ? 'applied' : 'not_applied'
        base.call('decide_attempt', {
          attemptId: id,
          decision,
          note: 'seen',
          quietSeconds: 180,
        })
      }
    },
    isAnyUpdateOpen: () => hasPlatform && base.attempts().some(({ state }) => !ENDED.has(state)),
  }
}

function unused(): never {
  throw new Error('the observer does not ask for this')
}
