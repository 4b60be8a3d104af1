import { FULL_RIGHTS } from '../../../lib/caller.ts'
import type { Database } from '../../../lib/db/client.ts'
import { AppError } from '../../../lib/errors.ts'
import { noteEvent } from '../../../lib/events/note.ts'
import { readNoted } from '../../../lib/events/read-noted.ts'
import type { OwnFetch } from '../../../lib/net/fetch-own.ts'
import { createPlatformApi, type PlatformApi } from '../../../lib/platform/client.ts'
import type { PlatformProfile } from '../../../lib/platform/methods.ts'
import { readStoredUpdate, type UpdateIo } from '../../../lib/updates/context.ts'
import { answerOnce } from '../../../lib/updates/idempotency.ts'
import { isCustodyMoney } from '../../../lib/updates/identity.ts'
import { QUIET_SECONDS, type RequestedResult } from '../../../lib/updates/result.ts'
import { settleUpdates } from '../../../lib/updates/settle.ts'
import { decideAttempt } from '../../../lib/updates/store-settling.ts'
import { createTurns } from '../../../lib/updates/turns.ts'
import type { EmulatorState } from '../../../local/platform/emulator-state.ts'
import { roundToMicroseconds } from '../../../local/platform/instants.ts'
import { callDatabase, type DatabaseFault } from '../database-wire.ts'
import { createLife, type Death } from '../life.ts'
import { createModelDatabase, type ModelDatabase } from '../model-database/database.ts'
import { ENDED } from '../model-database/tables.ts'
import type { Random } from '../random.ts'
import { createVirtualTime, type VirtualTime } from '../virtual-time.ts'
import type { Weather as NetworkWeather } from './faults.ts'
import { createModelPlatform, type ModelPlatform } from './model-platform.ts'
import { createNetwork } from './network.ts'

const BUSINESS = { keyName: 'BUSINESS_API_KEY', rights: FULL_RIGHTS }

export interface Weather extends NetworkWeather {
  database(functionName: string): DatabaseFault | null
}

/** A change of what the shipped code sees or does. The simulation must notice it. */
export interface Mutant {
  /** @param now the clock of the process */
  database?(db: Database, now: () => Date): Database
  platform?(platform: PlatformApi): PlatformApi
  fetch?(fetch: OwnFetch): OwnFetch
  latestArrivalMs?: number
}

export interface WorldOptions {
  random: Random
  state: EmulatorState
  weather: Weather
  mutant?: Mutant
  /** Hears of each save of which the platform tells by an event. Without it, events are not configured. */
  onSaved?: ((transactionId: string) => void) | undefined
}

/** One instance of the service. It has its own breaker and clock, and its life may end at any await. */
export interface Process {
  io: UpdateIo
  isAlive(): boolean
  /** Calls to the outside so far. */
  calls(): number
}

/** An answer with status 200 to a caller. */
export interface CallerAnswer {
  key: string | null
  body: string
  results: RequestedResult[]
  text: string
}

export interface World {
  profile: PlatformProfile
  time: VirtualTime
  database: ModelDatabase
  platform: ModelPlatform
  answers: readonly CallerAnswer[]
  /** Answers with another status than 200, counted by code. */
  refusedCalls: Readonly<Record<string, number>>
  violations: string[]
  /** Attempts that were left to a person: because they pay, or because the transaction changed. */
  manual: { custody: number; changed: number }
  /** By rpc id, how often a request left with at least one byte. */
  sent: ReadonlyMap<string, number>
  /** Attempt ids by rpc id. */
  attemptOf: ReadonlyMap<string, string>
  /** Attempts that the service called applied. */
  appliedByMachine: ReadonlySet<string>
  /** Attempts that became LOST, and the steps of the platform from then until a person decided. */
  lost: readonly Loss[]
  /** What a caller wants once, by the attempt that was stored for it. A repeat after an error wants nothing new. */
  wishOf: ReadonlyMap<string, string>
  start(options?: { death?: Death | null; clockSkewMs?: number }): Process
  submit(process: Process, request: SubmittedRequest): Promise<Heard>
  /** Delivers an event of the transaction to a process, which reads it after the answer. @returns whether it was answered */
  deliver(process: Process, transactionId: string): Promise<boolean>
  /** The events that were answered, with the step of the platform at which each came. */
  heard: readonly { transactionId: string; atStep: number }[]
  settle(process: Process): Promise<void>
  /** A person withdraws an update that waits, if any does. */
  withdraw(process: Process): Promise<void>
  /** Attempts of requests with an Idempotency-Key. */
  named: ReadonlySet<string>
  /** Attempts whose withdrawal was answered. */
  withdrawn: ReadonlySet<string>
  /** Without faults: every request arrives, settlers run until nothing is open, and a person decides what is left. */
  quiesce(): Promise<void>
}

export interface SubmittedRequest {
  updates: readonly Update[]
  key: string | null
  wish: string
}

export interface Loss {
  id: string
  transactionId: string
  fromStep: number
  toStep: number
}

/** What a caller hears. `repeat`: whether the updates are stored is not known, and with `key` a repeat is the same request. */
export type Heard = { kind: 'answered' | 'refused' } | { kind: 'repeat'; key: string | null }

/** Carries the wish of a request to the database, past the shipped code. */
const WISH = Symbol('wish')
type TaggedArgs = Record<string, unknown> & { [WISH]?: string }

export interface Update {
  method: string
  params: Record<string, unknown>
}

export function createWorld({ random, state, weather, mutant = {}, onSaved }: WorldOptions): World {
  const time = createVirtualTime()
  const platform = createModelPlatform(state, time.now, onSaved ?? (() => {}))
  const database = createModelDatabase(time.now)
  const answers: CallerAnswer[] = []
  const refusedCalls: Record<string, number> = {}
  const violations: string[] = []
  const manual = { custody: 0, changed: 0 }
  const sent = new Map<string, number>()
  const attemptOf = new Map<string, string>()
  const wishOf = new Map<string, string>()
  const appliedByMachine = new Set<string>()
  const lost: Loss[] = []
  const withdrawn = new Set<string>()
  const named = new Set<string>()
  const heard: World['heard'][number][] = []
  const expiryOf = new Map<string, number | null>()
  const profile: PlatformProfile = {
    release: state.config.release === '4.3.0' ? '4.2' : '2.8',
    custody: state.config.custody_type !== 'none',
  }
  let isCalm = false

  const network = createNetwork(
    { time, random, platform },
    {
      post: () => (isCalm ? null : weather.post()),
      get: () => (isCalm ? null : weather.get()),
      latestArrivalMs: mutant.latestArrivalMs,
    },
    (rpcId) => {
      sent.set(rpcId, (sent.get(rpcId) ?? 0) + 1)
      watchExpiry(rpcId)
    },
  )

  const onDefect = (text: string) => violations.push(text)

  function carryOut(functionName: string, args: TaggedArgs): unknown {
    const known = database.attempts().length
    const answer = database.call(functionName, args)
    if (functionName === 'begin_updates') {
      rememberFirstSends()
      for (const { id, itemIndex } of database.attempts().slice(known)) {
        wishOf.set(id, `update ${itemIndex + 1} of ${args[WISH]}`)
        if (args['holder'] !== null) named.add(id)
      }
    }
    if (functionName === 'record_outcome' && (answer as { recorded: boolean }).recorded) {
      remember(args)
    }
    return answer
  }

  function remember({ attemptId, to, from }: Record<string, unknown>): void {
    const id = String(attemptId)
    if (to === 'MANUAL') countManual(id)
    if (to === 'APPLIED' && from !== 'APPLIED') appliedByMachine.add(id)
    if (to !== 'LOST') return
    const transactionId = database.attempt(id)?.transactionId ?? ''
    lost.push({ id, transactionId, fromStep: platform.steps(), toStep: Number.POSITIVE_INFINITY })
  }

  /** An update leaves at most 15 s after it began, and it begins before it expires. */
  function watchExpiry(rpcId: string): void {
    const attempt = database.attempt(attemptOf.get(rpcId) ?? '')
    if (attempt === undefined) return
    const isMoney = isCustodyMoney(readStoredUpdate(attempt, profile), profile)
    const seconds = expiryOf.get(wishOf.get(attempt.id) ?? '') ?? (isMoney ? 900 : null)
    if (seconds === null || time.now() <= attempt.createdAt + (seconds + 15) * 1_000) return
    violations.push(`${attempt.method}: sent after it expired`)
  }

  /** `begin_updates` may store an attempt as SENDING, with the rpc id of its first send. */
  function rememberFirstSends(): void {
    for (const { id, state, rpcId } of database.attempts()) {
      if (state === 'SENDING' && rpcId !== null) attemptOf.set(rpcId, id)
    }
  }

  /** An attempt is left to a person only if it pays, or if the transaction changed without showing the update. */
  function countManual(id: string): void {
    const attempt = database.attempt(id)
    if (attempt?.state !== 'MANUAL') return
    const now = platform.find(attempt.transactionId)
    // The stored transaction may come from an answer, which has nanoseconds.
    const before = roundToMicroseconds(String(attempt.pre?.['updated_at']))
    // An earlier send may have been carried out, and the last three changed nothing.
    if (attempt.outcome?.['mayBeApplied'] === true) manual.changed += 1
    else if (now === undefined || String(now.updated_at) !== before) manual.changed += 1
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
      call: <T>(functionName: string, args: Record<string, unknown>) =>
        outside(() => {
          const fault = isCalm ? null : weather.database(functionName)
          const wire = { time, random, onDefect }
          return callDatabase(wire, fault, functionName, () => carryOut(functionName, args) as T)
        }),
    }
    const changed = mutant.database?.(plainDatabase, now) ?? plainDatabase
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

  async function submit({ io }: Process, { updates, key, wish }: SubmittedRequest): Promise<Heard> {
    const body = JSON.stringify(updates)
    for (const [index, { params }] of updates.entries()) {
      const { expires_in_seconds: seconds = null } = params
      expiryOf.set(`update ${index + 1} of ${wish}`, seconds === null ? null : Number(seconds))
    }
    const db: Database = {
      call: (functionName, args) => io.db.call(functionName, { ...args, [WISH]: wish }),
    }
    try {
      const answer = await answerOnce(
        { body: { text: body, value: updates }, idempotencyKey: key, caller: BUSINESS },
        updates,
        { origin: 'rpc', target: 'rpc' },
        { ...io, db },
        (results) => ({ status: 200, body: results }),
      )
      const text = JSON.stringify(answer.body)
      const results = JSON.parse(text) as RequestedResult[]
      answers.push({ key, body, results, text })
      const unstored = results.find((result) => result.kind === 'unstored')
      return unstored ? { kind: 'repeat', key: unstored.idempotencyKey } : { kind: 'answered' }
    } catch (error) {
      if (!(error instanceof AppError)) {
        violations.push(`a submission failed: ${String((error as Error).stack)}`)
        return { kind: 'refused' }
      }
      refusedCalls[error.code] = (refusedCalls[error.code] ?? 0) + 1
      if (error.code !== 'database_unavailable') return { kind: 'refused' }
      return { kind: 'repeat', key: error.idempotencyKey ?? null }
    }
  }

  const config = { events: onSaved ? ({ auth: 'api_key', secret: 'secret' } as const) : null }

  const eventDeps = ({ io }: Process) => ({
    ...io,
    config,
    profile: async () => profile,
    updates: async () => io,
  })

  async function deliver(process: Process, transactionId: string): Promise<boolean> {
    const atStep = platform.steps()
    const deps = eventDeps(process)
    try {
      await noteEvent(JSON.stringify({ payload: { transaction: { id: transactionId } } }), deps)
    } catch (error) {
      if (error instanceof AppError) return false
      violations.push(`an event failed: ${String((error as Error).stack)}`)
      return false
    }
    heard.push({ transactionId, atStep })
    void readNotedOf(process)
    return true
  }

  async function readNotedOf(process: Process): Promise<void> {
    const beganCalm = isCalm
    try {
      await readNoted(eventDeps(process))
    } catch (error) {
      if (error instanceof AppError && !beganCalm) return
      violations.push(`reading because of an event failed: ${String((error as Error).stack)}`)
    }
  }

  async function settle(process: Process): Promise<void> {
    await readNotedOf(process)
    const startedAt = time.now()
    const beganCalm = isCalm
    try {
      await settleUpdates({ isOver: () => time.now() - startedAt > 220_000 }, process.io)
    } catch (error) {
      if (error instanceof AppError && !beganCalm) return
      violations.push(`settling failed: ${String((error as Error).stack)}`)
    }
  }

  async function withdraw({ io }: Process): Promise<void> {
    const waiting = database.attempts().find(({ state: one }) => one === 'READY')
    if (waiting === undefined) return
    const { id: attemptId } = waiting
    const decision = {
      attemptId,
      decision: 'withdrawn',
      note: 'no longer wanted',
      keyName: BUSINESS.keyName,
    } as const
    try {
      const { decided } = await decideAttempt(io.db, { ...decision, quietSeconds: QUIET_SECONDS })
      if (decided) withdrawn.add(attemptId)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
    }
  }

  async function quiesce(): Promise<void> {
    isCalm = true
    platform.setBehind(0)
    await time.run(() => false)
    for (let round = 0; round < 40 && isAnyOpen(); round += 1) {
      void settle(start())
      await time.run(() => false)
      // The person looks at the platform and at the custody service.
      database.decideManual(({ id }) => hasEffect(id))
      for (const one of lost) one.toStep = Math.min(one.toStep, platform.steps())
      time.after(61_000, () => false)
      await time.run(() => false)
    }
  }

  /** An applied update with a time to settle is still to be looked for. */
  const isAnyOpen = () =>
    database.tables.noted.size > 0 ||
    database.attempts().some(({ state: one, settleAt }) => !ENDED.has(one) || settleAt !== null)

  const hasEffect = (attemptId: string) =>
    platform.effects.some(({ rpcId, undone }) => !undone && attemptOf.get(rpcId) === attemptId)

  return {
    profile,
    time,
    database,
    platform,
    answers,
    refusedCalls,
    violations,
    manual,
    sent,
    attemptOf,
    wishOf,
    appliedByMachine,
    lost,
    start,
    submit,
    deliver,
    heard,
    settle,
    withdraw,
    named,
    withdrawn,
    quiesce,
  }
}
