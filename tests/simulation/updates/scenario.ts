import { formatInstant } from '../../../local/platform/instants.ts'
import { answerBatch } from '../../../local/platform/rpc-endpoint.ts'
import { someDatabaseWeather } from '../database-wire.ts'
import { someDeath } from '../life.ts'
import { createRandom, type Random, withRandom } from '../random.ts'
import { GET_FAULTS, POST_FAULTS } from './faults.ts'
import { METHOD_NAMES, someTransaction, someUpdate, stateOfPlatform } from './kinds.ts'
import { findViolations } from './promises.ts'
import {
  createWorld,
  type Mutant,
  type Process,
  type Update,
  type Weather,
  type World,
} from './world.ts'

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
}

/**
 * Runs the shipped code through one history that depends on nothing but the seed: callers repeat themselves, processes
 * die at any await, the network and the database fail, settlers run, and another business changes the transactions.
 */
export function runUpdateSeed(seed: number, mutant: Mutant = {}): Promise<UpdateSeedReport> {
  const random = createRandom(seed)
  return withRandom(random, () => runHistory(seed, random, mutant))
}

async function runHistory(seed: number, random: Random, mutant: Mutant): Promise<UpdateSeedReport> {
  const custody = random.chance(0.3)
  const ids = Array.from({ length: random.whole(1, 2) }, (_, place) => `t-${place + 1}`)
  const state = stateOfPlatform(
    custody,
    ids.map((id) => someTransaction(random, id)),
  )
  const world = createWorld({ random, state, weather: someWeather(random, custody), mutant })
  const processes: Process[] = []
  // The same update by another business cannot be told from ours, so the other business has methods of its own.
  const others = Array.from({ length: 4 }, () => random.pick(METHOD_NAMES))
  const ours = METHOD_NAMES.filter((method) => !others.includes(method))

  const shared = world.start()
  const someProcess = (): Process => {
    if (random.chance(0.4)) return shared
    const death = random.chance(0.45) ? someDeath(random, 10) : null
    const clockSkewMs = random.chance(0.06) ? random.pick([-3_600_000, 3_600_000]) : 0
    const process = world.start({ death, clockSkewMs })
    processes.push(process)
    return process
  }

  for (let count = random.whole(1, 3); count > 0; count -= 1) {
    planSubmission(world, random, { ids, custody, ours, someProcess, name: `k-${count}` })
  }
  const settlers = random.whole(1, 6)
  for (let count = 1; count <= settlers; count += 1) {
    world.time.after(count * 60_000 + random.whole(0, 20_000), () => {
      void world.settle(someProcess())
      if (random.chance(0.3)) void world.settle(someProcess())
    })
  }
  for (let count = random.chance(0.4) ? random.whole(1, 2) : 0; count > 0; count -= 1) {
    world.time.after(random.whole(0, 200_000), () =>
      moveByAnother(world, random, random.pick(ids), others),
    )
  }

  const stormMs = random.whole(60_000, 500_000)
  const endsAt = world.time.now() + stormMs
  await world.time.run(() => world.time.now() >= endsAt)
  await world.quiesce()
  return report(seed, world, processes.filter((process) => !process.isAlive()).length)
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

/** Plans a caller that asks, and asks again up to three times: within 300 ms, within a minute, or after 130 s. */
function planSubmission(
  world: World,
  random: Random,
  {
    ids,
    custody,
    ours,
    someProcess,
    name,
  }: {
    ids: readonly string[]
    custody: boolean
    ours: Parameters<typeof someUpdate>[3]
    someProcess: () => Process
    name: string
  },
): void {
  const key = random.chance(0.6) ? name : null
  let updates: Update[] | null = null
  const ask = () => {
    updates ??= Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () => {
      const transaction = world.platform.find(random.pick(ids))
      if (transaction === undefined) throw new Error('the platform lost a transaction')
      return someUpdate(random, transaction, custody, ours)
    })
    void world.submit(someProcess(), updates, key)
  }
  const firstMs = random.whole(0, 60_000)
  world.time.after(firstMs, ask)
  for (let count = random.pick([0, 0, 1, 2, 3]); count > 0; count -= 1) {
    const laterMs = random.pick([random.whole(0, 300), random.whole(1_000, 60_000), 130_000])
    world.time.after(firstMs + laterMs, ask)
  }
}

/** Another business's update. It may overwrite what was saved since it was read, because the platform has no locks. */
function moveByAnother(
  world: World,
  random: Random,
  id: string,
  methods: Parameters<typeof someUpdate>[3],
): void {
  const { platform, time } = world
  const transaction = platform.find(id)
  if (transaction === undefined) return
  const custody = platform.state.config.custody_type !== 'none'
  const { method, params } = someUpdate(random, transaction, custody, methods)
  const item = {
    jsonrpc: '2.0',
    id: 'another',
    method,
    params: { ...params, message: 'by another' },
  }
  const copy = { ...platform.state, transactions: new Map(platform.state.transactions) }
  const answer = answerBatch(JSON.stringify([item]), copy, {
    now: platform.clock,
    failToPublish: () => undefined,
  })
  const saved = copy.transactions.get(`${transaction.sep}/${id}`)
  if (answer.applied === 0 || saved === undefined) return
  const delayMs = random.chance(0.5) ? 0 : random.whole(1, 2_000)
  time.after(delayMs, () =>
    platform.save({ ...saved, updated_at: formatInstant(platform.clock()) }),
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
  }
}
