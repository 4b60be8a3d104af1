import type { EmulatorRelease } from '../../../local/platform/emulator-state.ts'
import { formatInstant } from '../../../local/platform/instants.ts'
import { someDatabaseWeather } from '../database-wire.ts'
import { someDeath } from '../life.ts'
import { createRandom, type Random, withRandom } from '../random.ts'
import { GET_FAULTS, POST_FAULTS } from './faults.ts'
import {
  methodNames,
  type OnPlatform,
  someTransaction,
  someUpdate,
  stateOfPlatform,
} from './kinds.ts'
import { findViolations } from './promises.ts'
import {
  createWorld,
  type Mutant,
  type Process,
  type Update,
  type Weather,
  type World,
} from './world.ts'

type Methods = Parameters<typeof someUpdate>[3]

/** What happened in the history of one seed. */
export interface UpdateSeedReport {
  seed: number
  violations: string[]
  attempts: number
  applied: number
  rejected: number
  notApplied: number
  manualCustody: number
  manualChanged: number
  deaths: number
  /** Attempts that were sent more than once. */
  resent: number
  /** Events of the platform that were answered. */
  events: number
}

/**
 * Runs the shipped code through one history that depends on nothing but the seed: callers repeat themselves, processes
 * die at any await, the network and the database fail, settlers run, and another business changes the transactions.
 *
 * @param release 4.3.0 refuses a save over what was saved since; 2.8.4 does not
 */
export function runUpdateSeed(
  seed: number,
  mutant: Mutant = {},
  release: EmulatorRelease = '2.8.4',
): Promise<UpdateSeedReport> {
  const random = createRandom(seed)
  return withRandom(random, () => runHistory(seed, random, { mutant, release }))
}

async function runHistory(
  seed: number,
  random: Random,
  { mutant, release }: { mutant: Mutant; release: EmulatorRelease },
): Promise<UpdateSeedReport> {
  // 4.3.0 has no custody.
  const custody = random.chance(0.3) && release === '2.8.4'
  const ids = Array.from({ length: random.whole(1, 2) }, (_, place) => `t-${place + 1}`)
  const transactions = ids.map((id) => someTransaction(random, id, release))
  const [first, second] = transactions
  // Only two transactions in the same state can both be paid by one payment.
  if (first && second && random.chance(0.5)) transactions[1] = { ...first, id: second.id }
  const state = stateOfPlatform({ custody, release }, transactions)
  const world: World = createWorld({
    random,
    state,
    weather: someWeather(random, custody),
    mutant,
    onSaved: seed % 3 === 1 ? (id) => planEvent(world, random, { id, someProcess }) : undefined,
  })
  const processes: Process[] = []
  // The same update by another business cannot be told from ours, so the other business has methods of its own.
  const names = methodNames(release)
  const others = Array.from({ length: 4 }, () => random.pick(names))
  const ours = names.filter((method) => !others.includes(method))

  // Two instances live through the whole history, often with clocks that differ.
  const lasting = [world.start({ clockSkewMs: someSkew(random, 0.4) }), world.start()]
  const someProcess = (): Process => {
    if (random.chance(0.5)) return random.pick(lasting)
    const death = random.chance(0.45) ? someDeath(random, random.pick([10, 30])) : null
    const process = world.start({ death, clockSkewMs: someSkew(random) })
    processes.push(process)
    return process
  }

  const asksAt: number[] = []
  for (let count = random.whole(1, 3); count > 0; count -= 1) {
    const name = `k-${count}`
    asksAt.push(planSubmission(world, random, { ids, ours, someProcess, name }))
  }
  const settlers = random.whole(1, 6)
  for (let count = 1; count <= settlers; count += 1) {
    world.time.after(count * 60_000 + random.whole(0, 20_000), () => {
      void world.settle(someProcess())
      if (random.chance(0.3)) void world.settle(someProcess())
    })
  }
  for (let count = random.chance(0.4) ? random.whole(1, 2) : 0; count > 0; count -= 1) {
    // Often the other business reads a transaction shortly before an update of ours, and saves it afterwards.
    const isNear = random.chance(0.5)
    const readsAtMs = isNear
      ? random.pick(asksAt) - random.whole(0, 1_000)
      : random.whole(0, 200_000)
    world.time.after(readsAtMs, () => moveByAnother(world, random, random.pick(ids), others))
  }
  if (random.chance(0.3)) {
    world.time.after(random.whole(1_000, 200_000), () => void world.withdraw(someProcess()))
  }

  if (random.chance(0.25)) planLateClock(world, random)
  if (random.chance(0.15)) {
    world.time.after(random.whole(0, 200_000), () => world.platform.restore(random.pick(ids)))
  }

  const stormMs = random.whole(60_000, 500_000)
  const endsAt = world.time.now() + stormMs
  await world.time.run(() => world.time.now() >= endsAt)
  await world.quiesce()
  return report(seed, world, processes.filter((process) => !process.isAlive()).length)
}

const someSkew = (random: Random, probability = 0.1): number =>
  random.chance(probability)
    ? random.pick([-3_600_000, -70_000, -5_000, 5_000, 70_000, 3_600_000])
    : 0

/**
 * The platform tells of a save by an event. One of five is lost, others come twice or up to 2 min late, so that an older one
 * comes after a newer. One that nobody answers comes again.
 */
function planEvent(
  world: World,
  random: Random,
  { id, someProcess }: { id: string; someProcess: () => Process },
): void {
  if (random.chance(0.2)) return
  const send = async (tries: number): Promise<void> => {
    let isAnswered = false
    if (tries > 1) world.time.after(30_000, () => isAnswered || send(tries - 1))
    isAnswered = await world.deliver(someProcess(), id)
  }
  const firstMs = random.pick([random.whole(50, 2_000), random.whole(2_000, 120_000)])
  world.time.after(firstMs, () => send(3))
  if (random.chance(0.4)) {
    const laterMs = random.pick([random.whole(0, 100), random.whole(100, 60_000)])
    world.time.after(firstMs + laterMs, () => send(1))
  }
}

/** Another server of the platform takes over, with a clock that is late, and perhaps hands back. */
function planLateClock({ time, platform }: World, random: Random): void {
  const fromMs = random.whole(0, 120_000)
  const behindMs = random.pick([100, 1_000, 60_000, 3_600_000])
  time.after(fromMs, () => platform.setBehind(behindMs))
  if (random.chance(0.5)) {
    time.after(fromMs + random.whole(1_000, 200_000), () => platform.setBehind(0))
  }
}

function someWeather(random: Random, custody: boolean): Weather {
  const onWire = random.pick([0, 0.1, 0.3, 0.6])
  const onReading = random.pick([0, 0.05, 0.2])
  const postFaults = POST_FAULTS.filter((fault) => custody || !fault.startsWith('paid_'))
  return {
    post: () => (random.chance(onWire) ? random.pick(postFaults) : null),
    get: () => (random.chance(onReading) ? random.pick(GET_FAULTS) : null),
    database: someDatabaseWeather(random),
  }
}

/**
 * Plans a caller that asks, and asks again up to three times: within 300 ms, within a minute, or after 130 s.
 *
 * @returns when it asks first
 */
function planSubmission(
  world: World,
  random: Random,
  {
    ids,
    ours,
    someProcess,
    name,
  }: {
    ids: readonly string[]
    ours: Methods
    someProcess: () => Process
    name: string
  },
): number {
  const key = random.chance(0.6) ? name : null
  let updates: Update[] | null = null
  let wishes = 0
  /** Requests whose error did not say whether they are stored. */
  const open: { wish: string; key: string | null }[] = []
  const ask = async () => {
    updates ??= someUpdates(world, random, { ids, ours })
    wishes += 1
    // A caller without a key who repeats itself after an answer wants the updates once more.
    const wish = key === null ? `${name}, request ${wishes}` : name
    const request = open.shift() ?? { wish, key }
    const submission = world.submit(someProcess(), { updates, ...request })
    let isHeard = false
    // A caller with a key who hears nothing, because the process died, repeats the request.
    if (key !== null) world.time.after(random.whole(121_000, 140_000), () => isHeard || ask())
    const heard = await submission
    isHeard = true
    if (heard.kind !== 'repeat') return
    open.push({ wish: request.wish, key: heard.key ?? request.key })
    if (random.chance(0.7)) world.time.after(random.whole(100, 130_000), ask)
  }
  const firstMs = random.whole(0, 60_000)
  world.time.after(firstMs, ask)
  for (let count = random.pick([0, 0, 1, 2, 3]); count > 0; count -= 1) {
    const laterMs = random.pick([random.whole(0, 300), random.whole(1_000, 60_000), 130_000])
    world.time.after(firstMs + laterMs, ask)
  }
  return firstMs
}

/** One to three updates. Some report the same payment or refund twice, with an update of the transaction behind it. */
function someUpdates(
  world: World,
  random: Random,
  { ids, ours }: { ids: readonly string[]; ours: Methods },
): Update[] {
  const { platform } = world
  const on = onPlatform(world)
  const some = (id: string) => {
    const transaction = platform.find(id)
    if (transaction === undefined) throw new Error('the platform lost a transaction')
    return someUpdate(random, transaction, on, ours)
  }
  const updates = Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () =>
    withExpiry(random, some(random.pick(ids))),
  )
  const paid = updates.find(({ params }) => 'stellar_transaction_id' in params)
  const other = ids.find((id) => id !== paid?.params['transaction_id'])
  // Two transactions are said to be paid by one payment.
  if (paid && other !== undefined && random.chance(0.3)) {
    updates.push({ ...paid, params: { ...paid.params, transaction_id: other } })
  }
  const repeated = updates.find(
    ({ params }) => 'stellar_transaction_id' in params || 'refund' in params,
  )
  if (repeated === undefined || random.chance(0.4)) return updates
  const id = String(repeated.params['transaction_id'])
  const then = platform.tryOut(repeated) ?? platform.find(id)
  const behind = then && someUpdate(random, then, on, ours)
  return behind ? [...updates, repeated, behind] : updates
}

const onPlatform = ({ platform }: World): OnPlatform => {
  const { release, custody_type: custody } = platform.state.config
  return { release, custody: custody !== 'none' }
}

function withExpiry(random: Random, { method, params }: Update): Update {
  if (random.chance(0.85)) return { method, params }
  const seconds = random.pick(['1', '20', '90', '250'])
  return { method, params: { ...params, expires_in_seconds: seconds } }
}

/** Another business's update. It may overwrite what was saved since it was read, because the platform has no locks. */
function moveByAnother(world: World, random: Random, id: string, methods: Methods): void {
  const { platform, time } = world
  const transaction = platform.find(id)
  if (transaction === undefined) return
  const { method, params } = someUpdate(random, transaction, onPlatform(world), methods)
  const by = { ...params, message: 'by another' }
  const saved = platform.tryOut({ method, params: by })
  if (saved === null) return
  const readAtStep = platform.steps()
  const delayMs = random.pick([0, 0, random.whole(1, 2_000), random.whole(2_000, 60_000)])
  time.after(delayMs, () =>
    platform.save({ ...saved, updated_at: formatInstant(platform.clock()) }, readAtStep),
  )
}

function report(seed: number, world: World, deaths: number): UpdateSeedReport {
  const attempts = world.database.attempts()
  const inState = (wanted: string) => attempts.filter(({ state }) => state === wanted).length
  return {
    seed,
    violations: findViolations(world),
    attempts: attempts.length,
    applied: inState('APPLIED'),
    rejected: inState('REJECTED'),
    notApplied: inState('NOT_APPLIED'),
    manualCustody: world.manual.custody,
    manualChanged: world.manual.changed,
    deaths,
    resent: attempts.filter(({ tries }) => tries > 1).length,
    events: world.heard.length,
  }
}
