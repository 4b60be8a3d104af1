import type { ObserveSettings } from '../../../lib/payments/observe.ts'
import { NETWORK_PASSPHRASE } from '../../../lib/stellar/network.ts'
import { countsOf } from '../counts.ts'
import { someDatabaseWeather } from '../database-wire.ts'
import { someDeath } from '../life.ts'
import { createRandom, type Random, withRandom } from '../random.ts'
import { findViolations } from './books.ts'
import { ACCOUNTS, type Cast, createCast, somePayment } from './kinds.ts'
import { type Customer, customersOfAnHour, customersOfDays, live } from './lives.ts'
import { LEDGER_ERRORS, type TrueOperation } from './model-ledger.ts'
import { groupsNamedBy, type Wanted, waits } from './oracle.ts'
import { decideSomething, somethingAside } from './persons.ts'
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
  /** Decisions of persons that were carried out. */
  decisions: number
  aside: number
  archived: number
  open: number
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

async function runHistory(
  seed: number,
  random: Random,
  mutant: PaymentMutant,
): Promise<PaymentSeedReport> {
  const cast = createCast()
  // One of three histories lasts days, in which memos come again.
  const pauses = random.chance(0.35)
    ? Array.from({ length: random.whole(2, 4) }, () => random.pick([1, 6, 20]) * HOUR_MS)
    : Array.from({ length: random.whole(1, 2) }, () => random.pick([10_000, 130_000, 3_700_000]))
  const lengthMs = pauses.reduce((sum, one) => sum + one, 0)
  const customers =
    lengthMs > 2 * HOUR_MS + 200_000
      ? customersOfDays(random, cast, lengthMs)
      : customersOfAnHour(random, cast)
  const pageSize = random.pick([2, 3, 4, 50])
  const source = random.pick(['horizon', 'horizon', 'rpc'] as const)
  const world = createPaymentWorld({
    random,
    settings: someSettings(random),
    source: {
      name: source,
      pageSize,
    },
    hasPlatform: random.chance(0.65),
    wantedOf: cast.wantedOf,
    lists: someLists(random),
    hasAside: source === 'horizon' || random.chance(0.7),
    retentionDays: random.pick([null, null, null, 0, 1]),
    weather: someWeather(random),
    mutant,
  })
  for (const customer of customers) live(world, random, cast, customer)
  let deaths = 0
  for (const pauseMs of pauses) {
    deaths += await storm(world, random, customers, pageSize)
    await world.pass(pauseMs)
    if (random.chance(0.03)) world.ledger.trim(random.pick([2, 30, 400]))
    if (random.chance(0.02) && canTellReset(world)) {
      world.ledger.reset(random.pick(['same_length', 'at_beginning', 'repeats']))
    }
  }
  world.setCalm()
  const restarts = await quiesce(world)
  await lookTwiceAfterChange(world, random, cast)
  if (world.hasAside && random.chance(0.1)) await lookAsideInTime(world, random)
  return report(seed, world, { deaths, restarts })
}

/** One of eight platforms has so many open transactions that its lists have several pages. */
function someLists(random: Random) {
  if (!random.chance(0.12)) return { others: 0, longestMs: 40 }
  return { others: random.whole(99, 1_300), longestMs: random.pick([40, 3_000, 40_000]) }
}

const DUST: ObserveSettings['dust'] = [
  {
    asset: 'stellar:USDC:GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5',
    amount: '2',
  },
  { asset: 'stellar:native', amount: '0.5' },
]

function someSettings(random: Random): ObserveSettings {
  return {
    accounts: random.chance(0.25) ? ACCOUNTS : ACCOUNTS.slice(0, 1),
    start: random.pick([
      { kind: 'now' },
      { kind: 'ledger', sequence: random.whole(1_990, 2_000) },
      { kind: 'oldest_open_transaction' },
    ]),
    policy: random.chance(0.7) ? 'exact' : 'at_least',
    dust: random.chance(0.2) ? DUST : [],
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
    'older_server',
  ] as const
  return {
    ledger: () => {
      if (!random.chance(onLedger)) return null
      if (random.chance(0.3)) return { kind: 'error', code: random.pick(LEDGER_ERRORS) }
      const kind = random.pick(kinds)
      return kind === 'older_server' ? { kind, ledgers: random.pick([1, 2, 20]) } : { kind }
    },
    database: someDatabaseWeather(random),
    platform: () =>
      random.chance(onPlatform)
        ? random.pick(['unreachable', 'unreachable', 'unclear_before', 'unclear_after'])
        : null,
  }
}

/** Payments fall into the ledger while one or two observers run. @returns how many observers died */
async function storm(
  world: PaymentWorld,
  random: Random,
  customers: readonly Customer[],
  pageSize: number,
): Promise<number> {
  const { time, ledger } = world
  for (let count = random.pick([0, 1, 1, 2, 2, 3]); count > 0; count -= 1) {
    const forms = Array.from({ length: random.pick([1, 1, 2]) }, () =>
      somePayment(random, present(random, customers, time.now()), pageSize > 10 ? 100 : 4),
    )
    time.after(random.whole(0, 12_000), () => {
      ledger.submit(forms)
      return false
    })
  }
  if (random.chance(0.1)) ledger.lag(random.pick([0, 1, 3, 20]))
  if (random.chance(0.1)) {
    time.after(random.whole(0, 30_000), () => {
      world.platform.removeOthers(random.pick([1, 30, 250]))
      return false
    })
  }
  if (world.hasPlatform && random.chance(0.35)) {
    time.after(random.whole(0, 60_000), () => reportByHand(world, random, customers))
  }
  if (random.chance(0.4)) {
    const ids = customers.map(({ wanted }) => wanted.id)
    for (let count = random.whole(1, 4); count > 0; count -= 1) {
      time.after(random.whole(0, 90_000), () => decideSomething(world, random, ids))
    }
  }
  if (world.hasAside && random.chance(0.15)) {
    const account = random.pick(world.settings.accounts)
    time.after(random.whole(0, 12_000), () => {
      ledger.submitAside(somethingAside(random, account, 0.05))
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

/** Most payments are for customers whose transactions are open now. */
function present(random: Random, customers: readonly Customer[], now: number): readonly Customer[] {
  const open = customers.filter(
    ({ wanted, endsAtMs }) => wanted.startedAtMs <= now && (endsAtMs === null || endsAtMs > now),
  )
  return open.length > 0 && random.chance(0.6) ? open : customers
}

/** A person reports a payment that the observer may have seen, or may see later, perhaps for another transaction. */
function reportByHand(world: PaymentWorld, random: Random, customers: readonly Customer[]): void {
  const { ledger, payments, platform, settings } = world
  const paid = ledger.operations().filter(({ to, successful, stroops }) => {
    const isHere = to !== null && settings.accounts.includes(to)
    return isHere && successful && stroops !== null
  })
  if (paid.length === 0) return
  const credited = new Map(
    payments
      .paymentsOfAllEpochs()
      .flatMap(({ verdict, operationId, transactionId }) =>
        verdict === 'credited' ? [[operationId, transactionId] as const] : [],
      ),
  )
  const before = paid.filter(({ operationId }) => credited.has(operationId))
  const form = random.pick(before.length > 0 && random.chance(0.5) ? before : paid)
  const others = customers.filter(
    ({ wanted }) =>
      groupsNamedBy(form, [wanted]).flat().length > 0 &&
      wanted.id !== credited.get(form.operationId) &&
      waits(wanted, String(platform.document(wanted.id)?.['status'])),
  )
  const { wanted } = random.pick(others.length > 0 && random.chance(0.8) ? others : customers)
  const process = world.start({ death: random.chance(0.2) ? someDeath(random, 12) : null })
  void world.report(process, { id: wanted.id, form, force: random.chance(0.5) })
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
const MOST_ROUNDS = 16

/** Runs without faults until every account is read and swept to its end and every update is settled. */
async function quiesce(world: PaymentWorld): Promise<number> {
  const toSweep = new Set(world.settings.accounts)
  const beginning = new Set<string>()
  let restarts = 0
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    // Both are longer than a lease. A sweep comes due after an hour.
    await world.pass(round % 2 === 0 ? HOUR_MS + 60_000 : 200_000)
    const since = world.time.now()
    // A sweep that begins in the middle, where an earlier one stopped, does not count, nor one before the lists are read.
    for (const account of toSweep) {
      if (round > 0 && !world.observer(account)?.sweepCursor) beginning.add(account)
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
    const isDone = toSweep.size === 0 && !world.isAnyUpdateOpen() && !world.isLookingAside()
    if (isQuiet && isDone) return restarts
  }
  world.watch.violations.push('the world never came to rest')
  return restarts
}

/** Verdicts that a transaction may change which becomes known later. */
const LATE: ReadonlySet<string> = new Set(['no_match', 'paid_outside_window'])

/**
 * A transaction becomes known after its payment. Two looks later it is paid, long before the next sweep. Another
 * payment with the same memo may come with it.
 */
async function lookTwiceAfterChange(
  world: PaymentWorld,
  random: Random,
  cast: Cast,
): Promise<void> {
  const { ledger, payments, settings } = world
  const [account = ''] = settings.accounts
  const shown = ledger.operations().filter((one) => ledger.isShown(one, account))
  const rowOf = ({ operationId }: TrueOperation) => payments.payments().get(operationId)
  const late = shown.filter((one) => {
    const row = rowOf(one)
    const isClosed = world.watch.closed.has(`${row?.epoch} ${one.operationId}`)
    const isLate = LATE.has(row?.verdict ?? '') && one.to === account && !isClosed
    // An amount of zero would say that none is agreed.
    return isLate && one.stroops !== 0n
  })
  if (late.length === 0) return
  const { closedAtMs, memo, asset, stroops } = random.pick(late)
  const wanted: Wanted = {
    ...{ id: 'w-late', sep: '24', kind: 'withdrawal', account, muxedId: null },
    ...{ memo, asset, stroops, startedAtMs: closedAtMs },
  }
  // A payment that the source did not show at first is found by the sweep only.
  const named = shown.filter((one) => groupsNamedBy(one, [wanted]).flat().length > 0)
  if (named.length === 0 || named.some((one) => rowOf(one) === undefined)) return
  world.showTransaction(cast.documentOf(random, wanted))
  for (let look = 0; look < 2; look += 1) {
    await world.pass(60_000)
    await observeInCalm(world)
  }
  void world.settle()
  await world.pass(0)
  world.decideManual()
}

/** Four looks are due within an hour. Each of at most 60 balances and clawbacks is recorded then, with one line. */
async function lookAsideInTime(world: PaymentWorld, random: Random): Promise<void> {
  const { ledger, watch, settings, payments } = world
  const account = random.pick(settings.accounts)
  const isDust = ({ stroops }: { stroops: bigint | null }) =>
    settings.dust.length > 0 && stroops === 1n
  const before = ledger.sideOperations().length
  ledger.submitAside(somethingAside(random, account, 0.3))
  await world.pass(10_000)
  for (const waitMs of [0, 55 * 60_000, 60_000, 60_000]) {
    await world.pass(waitMs)
    const { isQuiet } = await observeInCalm(world)
    if (!isQuiet) return
  }
  for (const made of ledger.sideOperations().slice(before)) {
    const { operationId, shown } = made
    const lines = watch.unclaimed.get(`${operationId} ${shown.transactionHash}`) ?? 0
    if (!payments.recorded().has(operationId)) {
      watch.violations.push(`${operationId} (${made.kind}) was not recorded within an hour`)
    } else if (lines !== (isDust(made) ? 0 : 1)) {
      watch.violations.push(`${operationId} (${made.kind}) was alarmed ${lines} times`)
    }
  }
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
  const rows = [...payments.recorded().values()]
  return {
    seed,
    violations: [...watch.violations, ...findViolations(world)],
    operations: ledger.operations().length,
    // A payment that a person closed first is never judged.
    verdicts: countsOf(
      rows.filter(({ closedBy }) => closedBy === null).map(({ verdict }) => verdict),
    ),
    alarms: countsOf(watch.alarms.map(({ code }) => code)),
    lost: watch.everLost.size,
    caughtUp: rows.filter(({ earlier }) => earlier.some(({ verdict }) => verdict === 'catching_up'))
      .length,
    decisions: watch.decisions(),
    aside: watch.unclaimed.size,
    archived: payments.archivedPayments().length,
    open: rows.filter(({ openSince }) => openSince !== null).length,
    rejudged: rows.filter(({ earlier }) => earlier.length > 0).length,
    ...rest,
  }
}
