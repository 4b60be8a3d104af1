import type { ObserveSettings } from '../../../lib/payments/observe.ts'
import { NETWORK_PASSPHRASE } from '../../../lib/stellar/network.ts'
import { countsOf } from '../counts.ts'
import { someDatabaseWeather } from '../database-wire.ts'
import { someDeath } from '../life.ts'
import { createRandom, type Random, withRandom } from '../random.ts'
import { START_MS } from '../virtual-time.ts'
import { findViolations } from './books.ts'
import { ACCOUNTS, type Planned, somePayment, someTransaction } from './kinds.ts'
import { LEDGER_ERRORS } from './model-ledger.ts'
import {
  createPaymentWorld,
  type PaymentMutant,
  type PaymentWeather,
  type PaymentWorld,
} from './world.ts'

/** What happened in the history of one seed. */
export interface PaymentSeedReport {
  seed: number
  violations: string[]
  operations: number
  /** Stored payments, counted by verdict. */
  verdicts: Record<string, number>
  alarms: Record<string, number>
  /** Operations that a page left out. */
  lost: number
  rejudged: number
  /** Payments that were recorded before all open transactions were known. */
  caughtUp: number
  deaths: number
  /** How often an operator restarted the observation of an account. */
  restarts: number
}

/** Runs the shipped observer over one small ledger that depends on nothing but the seed. */
export function runPaymentSeed(
  seed: number,
  mutant: PaymentMutant = {},
): Promise<PaymentSeedReport> {
  const random = createRandom(seed)
  return withRandom(random, () => runHistory(seed, random, mutant))
}

const HOUR_MS = 3_600_000

/** Most transactions have begun before the first payment; others begin later. */
const someStart = (random: Random) =>
  START_MS + (random.chance(0.85) ? -random.whole(0, HOUR_MS) : random.whole(0, HOUR_MS))

async function runHistory(
  seed: number,
  random: Random,
  mutant: PaymentMutant,
): Promise<PaymentSeedReport> {
  const planned = Array.from({ length: random.pick([1, 1, 2, 2, 3]) }, (_, index) =>
    someTransaction(random, index + 1, someStart(random)),
  )
  const pageSize = random.pick([2, 3, 4, 50])
  const world = createPaymentWorld({
    random,
    settings: someSettings(random),
    source: {
      name: random.pick(['horizon', 'horizon', 'rpc']),
      pageSize,
    },
    hasPlatform: random.chance(0.65),
    wanted: planned.map(({ wanted }) => wanted),
    weather: someWeather(random),
    mutant,
  })
  openTransactions(world, random, planned)
  let deaths = 0
  for (let step = random.whole(1, 2); step > 0; step -= 1) {
    deaths += await storm(world, random, planned, pageSize)
    await world.pass(random.pick([10_000, 130_000, 3_700_000]))
    if (random.chance(0.03)) world.ledger.trim(random.pick([2, 30, 400]))
    if (random.chance(0.02) && canTellReset(world)) {
      world.ledger.reset(random.chance(0.5))
    }
  }
  world.setCalm()
  const restarts = await quiesce(world)
  return report(seed, world, { deaths, restarts })
}

function someSettings(random: Random): ObserveSettings {
  return {
    accounts: random.chance(0.25) ? ACCOUNTS : ACCOUNTS.slice(0, 1),
    start: random.pick([
      { kind: 'now' },
      { kind: 'ledger', sequence: random.whole(1_990, 2_000) },
      { kind: 'oldest_open_transaction' },
    ]),
    policy: random.chance(0.7) ? 'exact' : 'at_least',
    dust: [],
    networkPassphrase: NETWORK_PASSPHRASE.mainnet,
  }
}

function someWeather(random: Random): PaymentWeather {
  const onLedger = random.pick([0, 0.05, 0.15, 0.4])
  const onPlatform = random.pick([0, 0, 0.1, 0.4])
  const kinds = [
    'repeat_page',
    'stray_page',
    'stray_page',
    'lose_page',
    'lose_record',
    'lose_record',
    'slow',
    'behind',
  ] as const
  return {
    ledger: () => {
      if (!random.chance(onLedger)) return null
      if (random.chance(0.3)) return { kind: 'error', code: random.pick(LEDGER_ERRORS) }
      return { kind: random.pick(kinds) }
    },
    database: someDatabaseWeather(random),
    platform: () =>
      random.chance(onPlatform)
        ? random.pick(['unreachable', 'unreachable', 'unclear_before', 'unclear_after'])
        : null,
  }
}

/** Most transactions wait from the start. 15 % begin to wait up to 40 s later, and 6 % change their status then. */
function openTransactions(world: PaymentWorld, random: Random, planned: readonly Planned[]): void {
  const setLater = (id: string, status: string) =>
    world.time.after(random.whole(1_000, 40_000), () => {
      world.showTransaction({ ...world.platform.document(id), status })
      return false
    })
  for (const { document, wanted } of planned) {
    if (random.chance(0.15)) {
      world.showTransaction({ ...document, status: 'incomplete' })
      setLater(wanted.id, String(document['status']))
    } else {
      world.showTransaction(document)
    }
    if (random.chance(0.06)) {
      setLater(wanted.id, random.pick(['on_hold', 'expired', 'error']))
    }
  }
}

/** Payments fall into the ledger while one or two observers run. @returns how many observers died */
async function storm(
  world: PaymentWorld,
  random: Random,
  planned: readonly Planned[],
  pageSize: number,
): Promise<number> {
  const { time, ledger } = world
  for (let count = random.pick([0, 1, 1, 2, 2, 3]); count > 0; count -= 1) {
    const forms = Array.from({ length: random.pick([1, 1, 2]) }, () =>
      somePayment(random, planned, pageSize > 10 ? 100 : 4),
    )
    time.after(random.whole(0, 12_000), () => {
      ledger.submit(forms)
      return false
    })
  }
  const processes = Array.from({ length: random.pick([1, 1, 1, 2]) }, () =>
    world.start({
      death: random.chance(0.35) ? someDeath(random, 20) : null,
      clockSkewMs: random.chance(0.04) ? random.pick([-HOUR_MS, HOUR_MS]) : 0,
    }),
  )
  for (const process of processes) {
    const budgetMs = random.chance(0.85) ? 220_000 : random.whole(5, 60)
    // Within the lease of the other process, or after its end.
    const startMs = random.chance(0.85) ? random.whole(0, 20_000) : random.whole(125_000, 180_000)
    time.after(startMs, () => {
      void world.observe(process, budgetMs)
    })
  }
  await world.pass(0)
  return processes.filter((process) => !process.isAlive()).length
}

/** A reset ledger of the same length can be told from the old one only by a hash that was recorded of it. */
const canTellReset = ({ watch, settings }: PaymentWorld) =>
  settings.accounts.every((account) => watch.readToEnd.has(account))

/** Alarms that only an operator may end. */
const FOR_OPERATOR = new Set([
  'ledger_reset',
  'cursor_ahead',
  'history_gone',
  'ledger_history_gone',
])
const MOST_ROUNDS = 12

/** Runs without faults until every account is read and swept to its end and every update is settled. */
async function quiesce(world: PaymentWorld): Promise<number> {
  const toSweep = new Set(world.settings.accounts)
  const beginning = new Set<string>()
  let restarts = 0
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    // Both are longer than a lease. A sweep comes due after an hour.
    await world.pass(round % 2 === 0 ? HOUR_MS + 60_000 : 200_000)
    const since = world.time.now()
    // A sweep that begins in the middle, where an earlier one stopped, does not count.
    for (const account of toSweep) {
      if (!world.observer(account)?.sweepCursor) beginning.add(account)
    }
    const { isQuiet, stopped } = await observeInCalm(world)
    for (const account of beginning) {
      if ((world.observer(account)?.sweptAt ?? 0) > since) toSweep.delete(account)
    }
    for (const account of stopped) {
      restarts += 1
      void world.restart(account)
      await world.pass(0)
    }
    if (world.isAnyUpdateOpen()) {
      void world.settle()
      await world.pass(0)
      world.decideManual()
    }
    if (isQuiet && toSweep.size === 0 && !world.isAnyUpdateOpen()) return restarts
  }
  world.watch.violations.push('the world never came to rest')
  return restarts
}

async function observeInCalm(world: PaymentWorld) {
  const { watch } = world
  let isQuiet = false
  const stopped: string[] = []
  void world.observe(world.start(), 220_000).then((reports) => {
    isQuiet = reports !== null
    for (const { account, alarm, remaining, skipped } of reports ?? []) {
      isQuiet = isQuiet && alarm === undefined && !remaining && skipped === undefined
      if (alarm === undefined) continue
      if (FOR_OPERATOR.has(alarm.code)) stopped.push(account)
      else watch.violations.push(`alarm in calm: ${alarm.code}`)
    }
  })
  await world.pass(0)
  return { isQuiet, stopped }
}

function report(
  seed: number,
  world: PaymentWorld,
  rest: { deaths: number; restarts: number },
): PaymentSeedReport {
  const { ledger, payments, watch } = world
  const rows = [...payments.payments().values()]
  return {
    seed,
    violations: [...watch.violations, ...findViolations(world)],
    operations: ledger.operations().length,
    verdicts: countsOf(rows.map(({ verdict }) => verdict)),
    alarms: countsOf(watch.alarms.map(({ code }) => code)),
    lost: watch.everLost.size,
    caughtUp: rows.filter(({ earlier }) => earlier.includes('catching_up')).length,
    rejudged: rows.filter(({ earlier }) => earlier.length > 0).length,
    ...rest,
  }
}
