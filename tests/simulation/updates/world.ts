import type { Database } from '../../../lib/db/client.ts'
import { toAppError } from '../../../lib/db/errors.ts'
import { AppError } from '../../../lib/errors.ts'
import type { OwnFetch } from '../../../lib/net/fetch-own.ts'
import { createPlatformApi, type PlatformApi } from '../../../lib/platform/client.ts'
import type { PlatformProfile } from '../../../lib/platform/methods.ts'
import { readStoredUpdate, type UpdateIo } from '../../../lib/updates/context.ts'
import { answerOnce } from '../../../lib/updates/idempotency.ts'
import { isCustodyMoney } from '../../../lib/updates/identity.ts'
import type { UpdateResult } from '../../../lib/updates/result.ts'
import { settleUpdates } from '../../../lib/updates/settle.ts'
import { createTurns } from '../../../lib/updates/turns.ts'
import type { EmulatorState } from '../../../local/platform/emulator-state.ts'
import { roundToMicroseconds } from '../../../local/platform/instants.ts'
import { createLife, type Death } from '../life.ts'
import {
  type AttemptRow,
  createModelDatabase,
  type ModelDatabase,
} from '../model-database/database.ts'
import type { Random } from '../random.ts'
import { createVirtualTime, type VirtualTime } from '../virtual-time.ts'
import { createModelPlatform, type ModelPlatform } from './model-platform.ts'
import { createNetwork, type Faults } from './network.ts'

const START_MS = Date.parse('2026-02-03T04:05:06.007Z')

/** What may become of one database call. `after`: it had its effect, and its answer is lost. */
export type DatabaseFault = 'fail_before' | 'fail_after' | 'slow'

export interface Weather extends Faults {
  database(functionName: string): DatabaseFault | null
}

/** Changes what the shipped code sees or does, to prove that the simulation notices. */
export interface Mutant {
  database?(db: Database): Database
  platform?(platform: PlatformApi): PlatformApi
  fetch?(fetch: OwnFetch): OwnFetch
  latestArrivalMs?: number
}

export interface WorldOptions {
  random: Random
  state: EmulatorState
  weather: Weather
  mutant?: Mutant
}

/** One instance of the service: its own breaker, its own clock, and a life that may end at any await. */
export interface Process {
  io: UpdateIo
  isAlive(): boolean
  /** Calls to the outside so far. */
  calls(): number
}

/** What a caller was answered. */
export interface Told {
  key: string | null
  body: string
  results: UpdateResult[]
  text: string
}

export interface World {
  profile: PlatformProfile
  time: VirtualTime
  database: ModelDatabase
  platform: ModelPlatform
  told: readonly Told[]
  /** Other answers than 200, by their code. */
  refusedCalls: Readonly<Record<string, number>>
  violations: string[]
  manual: { custody: number; changed: number }
  /** How often a byte of each send left, by rpc id. */
  sent: ReadonlyMap<string, number>
  attemptOf: ReadonlyMap<string, string>
  start(options?: { death?: Death | null; clockSkewMs?: number }): Process
  submit(process: Process, updates: readonly Update[], key: string | null): Promise<void>
  settle(process: Process): Promise<void>
  /** Lets every request land and settles until nothing is open, without faults; a person decides what is left to one. */
  quiesce(): Promise<void>
}

export interface Update {
  method: string
  params: Record<string, unknown>
}

export function createWorld({ random, state, weather, mutant = {} }: WorldOptions): World {
  const time = createVirtualTime(START_MS)
  const platform = createModelPlatform(state, time.now)
  const database = createModelDatabase(time.now)
  const told: Told[] = []
  const refusedCalls: Record<string, number> = {}
  const violations: string[] = []
  const manual = { custody: 0, changed: 0 }
  const sent = new Map<string, number>()
  const attemptOf = new Map<string, string>()
  const profile = { version: '2.8.4', custody: state.config.custody_type !== 'none' } as const
  let isCalm = false

  const network = createNetwork(
    { time, random, platform },
    {
      post: () => (isCalm ? null : weather.post()),
      get: () => (isCalm ? null : weather.get()),
      latestArrivalMs: mutant.latestArrivalMs,
    },
    (rpcId) => sent.set(rpcId, (sent.get(rpcId) ?? 0) + 1),
  )

  /** One call: under way, carried out whole at one instant, and answered. */
  function callDatabase<T>(functionName: string, args: Record<string, unknown>): Promise<T> {
    const fault = isCalm ? null : weather.database(functionName)
    const lost = () => toAppError(functionName, { message: 'fetch failed' })
    const outMs = fault === 'slow' ? random.whole(1_000, 30_000) : random.whole(1, 4)
    return new Promise<T>((resolve, reject) => {
      if (fault === 'fail_before') return time.after(outMs, () => reject(lost()))
      time.after(outMs, () => {
        const finish = carryOut<T>(functionName, args)
        time.after(random.whole(1, 4), () => {
          if (fault === 'fail_after') reject(lost())
          else finish(resolve, reject)
        })
        return false
      })
    })
  }

  /** An attempt may be made with the send that is its first. */
  function rememberFirstSends(): void {
    for (const { id, state, rpcId } of database.attempts()) {
      if (state === 'SENDING' && rpcId !== null) attemptOf.set(rpcId, id)
    }
  }

  function carryOut<T>(functionName: string, args: Record<string, unknown>) {
    try {
      const answer = database.call(functionName, args) as T
      if (functionName === 'begin_updates') rememberFirstSends()
      if (functionName === 'record_outcome' && args['to'] === 'MANUAL') countManual(args)
      return (resolve: (answer: T) => void) => resolve(answer)
    } catch (error) {
      if (error instanceof AppError && error.code === 'internal_error') {
        violations.push(`a move was refused: ${String(error.cause)}`)
      }
      return (_: unknown, reject: (error: unknown) => void) => reject(error)
    }
  }

  /** A person is asked only about custody money, or when the transaction changed without showing the update. */
  function countManual({ attemptId: id }: Record<string, unknown>): void {
    const attempt = database.attempt(String(id))
    if (attempt?.state !== 'MANUAL') return
    const now = platform.find(attempt.transactionId)
    // The stored transaction may come from an answer, which has nanoseconds.
    const before = roundToMicroseconds(String(attempt.pre?.['updated_at']))
    if (now === undefined || String(now.updated_at) !== before) manual.changed += 1
    else if (attempt.custody) manual.custody += 1
    else violations.push(`${attempt.method} is left to a person although nothing changed`)
  }

  function start({
    death = null,
    clockSkewMs = 0,
  }: {
    death?: Death | null
    clockSkewMs?: number
  } = {}): Process {
    const life = createLife(death)
    const { outside } = life
    const now = () => new Date(time.now() + clockSkewMs)
    const sleep = (ms: number) => outside(() => time.sleep(ms))
    const log = () => {}
    const plainDatabase: Database = {
      call: (functionName, args) => outside(() => callDatabase(functionName, args)),
    }
    const changed = mutant.database?.(plainDatabase) ?? plainDatabase
    const db: Database = {
      call: (functionName, args) => {
        if (functionName === 'start_sending') {
          attemptOf.set(String(args['rpcId']), String(args['attemptId']))
        }
        return changed.call(functionName, args)
      },
    }
    const reach: OwnFetch = (path, request) => outside(() => network(path, request))
    const api = createPlatformApi(
      { url: 'http://platform.internal', auth: 'none', secret: null, authHeader: 'X-Api-Key' },
      { fetch: mutant.fetch?.(reach) ?? reach, now, sleep, log },
    )
    const shown = mutant.platform?.(api) ?? api
    return {
      io: { db, platform: shown, ledger: null, turns: createTurns(), profile, now, sleep, log },
      isAlive: life.isAlive,
      calls: life.calls,
    }
  }

  async function submit(
    process: Process,
    updates: readonly Update[],
    key: string | null,
  ): Promise<void> {
    const body = JSON.stringify(updates)
    try {
      const answer = await answerOnce(
        { body: { text: body, value: updates }, idempotencyKey: key },
        updates,
        { origin: 'rpc', target: 'rpc' },
        process.io,
        (results) => ({ status: 200, body: results }),
      )
      const text = JSON.stringify(answer.body)
      told.push({ key, body, results: JSON.parse(text) as UpdateResult[], text })
    } catch (error) {
      if (!(error instanceof AppError)) {
        violations.push(`a submission failed: ${String((error as Error).stack)}`)
        return
      }
      refusedCalls[error.code] = (refusedCalls[error.code] ?? 0) + 1
    }
  }

  async function settle(process: Process): Promise<void> {
    const startedAt = time.now()
    const beganCalm = isCalm
    try {
      await settleUpdates({ isOver: () => time.now() - startedAt > 220_000 }, process.io)
    } catch (error) {
      if (error instanceof AppError && !beganCalm) return
      violations.push(`settling failed: ${String((error as Error).stack)}`)
    }
  }

  async function quiesce(): Promise<void> {
    isCalm = true
    await time.run(() => false)
    // Hours at the end: a process whose clock is an hour ahead puts the next look off for so long.
    for (let round = 0; round < 40 && isAnyOpen(); round += 1) {
      void settle(start())
      await time.run(() => false)
      decideManual()
      time.after(round < 12 ? 61_000 : 1_800_000, () => false)
      await time.run(() => false)
    }
  }

  const isAnyOpen = () => database.attempts().some(({ state: one }) => !ENDED.has(one))

  /** The person looks at the platform and at the custody service, and says what happened. */
  function decideManual(): void {
    for (const { id, state: one } of database.attempts()) {
      if (one !== 'MANUAL') continue
      const decision = effectsOf(id).length > 0 ? 'applied' : 'not_applied'
      database.call('decide_attempt', {
        attemptId: id,
        decision,
        note: 'looked at the platform',
        quietSeconds: 180,
      })
    }
  }

  const effectsOf = (attemptId: string) =>
    platform.effects.filter(({ rpcId }) => attemptOf.get(rpcId) === attemptId)

  return {
    profile,
    time,
    database,
    platform,
    told,
    refusedCalls,
    violations,
    manual,
    sent,
    attemptOf,
    start,
    submit,
    settle,
    quiesce,
  }
}

/** What a caller may hear instead of an answer: nothing is said about its updates, and it asks again. */
const ASK_AGAIN: ReadonlySet<string> = new Set(['idempotency_running', 'database_unavailable'])

const ENDED: ReadonlySet<string> = new Set(['APPLIED', 'REJECTED', 'NOT_APPLIED'])

/** What may be reported of a transaction only once, however often it is submitted. */
function onlyOnce({ method, transactionId, params }: AttemptRow): string | null {
  const { stellar_transaction_id: hash, refund } = params as Partial<{
    stellar_transaction_id: string
    refund: { id?: string }
  }>
  const evidence = hash ?? refund?.id
  return evidence === undefined ? null : `${method} of ${transactionId}: ${evidence}`
}

/** The three promises, and what follows from them, once the world is quiet: nothing lost, nothing twice, status true. */
export function findViolations(world: World): string[] {
  const { database, platform, attemptOf, sent, told, profile } = world
  const found = [...world.violations]
  for (const code of Object.keys(world.refusedCalls)) {
    if (!ASK_AGAIN.has(code)) found.push(`a call was answered ${code}`)
  }
  const effects = new Map<string, number>()
  const lastApplied = new Map<string, number>()
  for (const { rpcId, transactionId } of platform.effects) {
    const attempt = database.attempt(attemptOf.get(rpcId) ?? '')
    if (attempt === undefined) {
      found.push(`an effect on ${transactionId} without an attempt`)
      continue
    }
    effects.set(attempt.id, (effects.get(attempt.id) ?? 0) + 1)
    if (attempt.seq < (lastApplied.get(transactionId) ?? 0)) {
      found.push(`${attempt.method}: carried out after a later update of ${transactionId}`)
    }
    lastApplied.set(transactionId, attempt.seq)
  }
  const times = (id: string) => effects.get(id) ?? 0

  const byNaturalKey = new Map<string, number>()
  for (const attempt of database.attempts()) {
    const { id, method, state } = attempt
    const naturalKey = onlyOnce(attempt)
    const name = `${method} (attempt ${attempt.seq}, ${state}, ${attempt.tries} tries)`
    if (times(id) > 1) found.push(`${name}: carried out ${times(id)} times`)
    if (!ENDED.has(state)) found.push(`${name}: never ended`)
    if (state === 'APPLIED' && times(id) === 0) found.push(`${name}: never carried out`)
    if (state !== 'APPLIED' && times(id) > 0) found.push(`${name}: was carried out`)
    // By its method: the row says what the service told the database.
    if (isCustodyMoney(readStoredUpdate(attempt, profile), profile)) {
      const sends = [...sent].filter(([rpcId]) => attemptOf.get(rpcId) === id)
      const count = sends.reduce((sum, [, one]) => sum + one, 0)
      if (count > 1) found.push(`${name}: custody money sent ${count} times`)
    }
    if (naturalKey === null) continue
    const sum = (byNaturalKey.get(naturalKey) ?? 0) + times(id)
    byNaturalKey.set(naturalKey, sum)
    if (sum > 1) found.push(`${naturalKey}: carried out ${sum} times`)
  }

  const answers = new Map<string, Told>()
  for (const one of told) {
    for (const result of one.results) {
      if (result.attemptId === null) continue
      const attempt = database.attempt(result.attemptId)
      if (attempt === undefined) {
        found.push(`an update was accepted and is lost: ${JSON.stringify(result)}`)
      } else if (result.kind === 'applied' && times(attempt.id) !== 1) {
        found.push(`${attempt.method}: told applied, carried out ${times(attempt.id)} times`)
      } else if (result.kind === 'rejected' && times(attempt.id) !== 0) {
        found.push(`${attempt.method}: told rejected, carried out`)
      }
    }
    const first = one.key === null ? undefined : answers.get(one.key)
    if (one.key === null) continue
    if (first === undefined) answers.set(one.key, one)
    else if (first.body === one.body && first.text !== one.text) {
      found.push(`key ${one.key}: answered ${first.text} and then ${one.text}`)
    }
  }
  return found
}
