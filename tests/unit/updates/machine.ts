import type { Database } from '../../../lib/db/client.ts'
import { PlatformReadError } from '../../../lib/platform/client.ts'
import { type PlatformProfile, resolveMethod } from '../../../lib/platform/methods.ts'
import type { UpdateParams } from '../../../lib/platform/params.ts'
import type { PlatformReply } from '../../../lib/platform/reply.ts'
import {
  type PlatformTransaction,
  readPlatformTransaction,
} from '../../../lib/platform/transaction.ts'
import type { ReadyAttempt, UpdateIo } from '../../../lib/updates/context.ts'
import type { StoredUpdate } from '../../../lib/updates/stored-attempt.ts'
import { createTurns } from '../../../lib/updates/turns.ts'
import { createModelDatabase } from '../../simulation/model-database/database.ts'

export const PROFILE: PlatformProfile = { release: '2.8', custody: false }
/** The clock of every test begins here. */
export const START = Date.parse('2026-02-03T04:05:06.000Z')
export const ATTEMPT_ID = '00000000-0000-4000-8000-000000000001'

/** A SEP-24 deposit that waits for the customer's payment, as the platform shows it. */
export function documentOf(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 't-1',
    sep: '24',
    kind: 'deposit',
    status: 'pending_user_transfer_start',
    updated_at: '2026-02-03T04:00:00Z',
    amount_in: { amount: '100', asset: 'iso4217:USD' },
    ...fields,
  }
}

export function shownAs(fields: Record<string, unknown> = {}): PlatformTransaction {
  const read = readPlatformTransaction(documentOf(fields))
  if (read === null) throw new TypeError('This is not a transaction of the platform')
  return read
}

/** The update that every test sends unless it says otherwise: the customer's payment came in. */
export const RECEIVED = 'notify_offchain_funds_received'
export const PARAMS = { transaction_id: 't-1', external_transaction_id: 'bank-1' }
/** What the platform shows once that update is applied. */
export const APPLIED = {
  status: 'pending_anchor',
  updated_at: '2026-02-03T04:05:07Z',
  external_transaction_id: 'bank-1',
}
/** What the platform shows once somebody else changed the transaction. */
export const CHANGED = { status: 'error', updated_at: '2026-02-03T04:05:07Z', message: 'by hand' }

export function readyAttempt(
  {
    name = RECEIVED,
    params = PARAMS,
    ...fields
  }: Partial<Omit<ReadyAttempt, 'params'>> & { name?: string; params?: UpdateParams } = {},
  profile: PlatformProfile = PROFILE,
): ReadyAttempt {
  return {
    method: resolveMethod(name, profile),
    params,
    attemptId: ATTEMPT_ID,
    custody: false,
    rpcId: null,
    forced: null,
    origin: 'rpc',
    operationId: null,
    mayBeApplied: false,
    unattended: false,
    ...fields,
  }
}

/** A stored attempt of that update, which is applied unless the test says otherwise. */
export function storedAttempt(fields: Partial<StoredUpdate> = {}): StoredUpdate {
  return {
    attemptId: ATTEMPT_ID,
    seq: '1',
    transactionId: 't-1',
    method: RECEIVED,
    params: PARAMS,
    naturalKey: null,
    custody: false,
    origin: 'rpc',
    keyName: null,
    requestKey: null,
    itemIndex: 0,
    state: 'APPLIED',
    tries: 1,
    rpcId: 'rpc-1',
    pre: documentOf(),
    post: documentOf(APPLIED),
    sentAt: '2026-02-03T04:05:06.000Z',
    settleAt: '2026-02-03T04:06:06.000Z',
    expiresAt: null,
    outcome: null,
    note: null,
    forced: null,
    ledger: null,
    createdAt: '2026-02-03T04:05:06.000Z',
    updatedAt: '2026-02-03T04:05:06.000Z',
    transaction: documentOf(APPLIED),
    ...fields,
  }
}

/** A transaction as it is shown, null for one that the platform does not have, or why it cannot be read. */
export type Shown = Record<string, unknown> | null | Error

export const unread = (code: PlatformReadError['code'] = 'unreachable', isAnswered = false) =>
  new PlatformReadError(code, `the platform is ${code}`, { isAnswered })

export interface Call {
  name: string
  args: Record<string, unknown>
}

/** A database that gives these answers by function, in their order, the last one again and again. */
export function scriptedDatabase(answers: Readonly<Record<string, readonly unknown[]>>) {
  const calls: Call[] = []
  const left = new Map(Object.entries(answers).map(([name, list]) => [name, [...list]]))
  const call = async (name: string, args: Record<string, unknown>) => {
    calls.push({ name, args })
    const list = left.get(name)
    if (list === undefined) throw new TypeError(`The test has no answer of ${name}`)
    const answer = list.length > 1 ? list.shift() : list[0]
    if (answer instanceof Error) throw answer
    return answer
  }
  return { db: { call } as Database, calls }
}

/** The tables of the simulation as a database. `calls` has what was asked, `failing` fails the calls that it names. */
export function modelDatabase(now: () => number) {
  const calls: Call[] = []
  const model = createModelDatabase(now)
  const failing = new Map<string, Error>()
  const call = async (name: string, args: Record<string, unknown>) => {
    calls.push({ name, args })
    const error = failing.get(name)
    if (error !== undefined) throw error
    return structuredClone(model.call(name, structuredClone(args)))
  }
  return { db: { call } as Database, calls, failing, ...model }
}

interface Script {
  /** What each reading of any transaction shows, in their order, the last one again and again. */
  readings?: readonly Shown[]
  replies?: readonly (PlatformReply | Error)[]
  refusal?: string | null
  db?: Database
  profile?: PlatformProfile
  ledger?: UpdateIo['ledger']
}

/** Everything that the steps of an update read from and write to. Time passes only while somebody sleeps. */
export function machine({
  readings = [documentOf()],
  replies = [],
  refusal = null,
  db = scriptedDatabase({}).db,
  profile = PROFILE,
  ledger = null,
}: Script = {}) {
  const clock = { ms: START }
  const log: [level: string, event: string, fields?: object][] = []
  const sent: { rpcId: string; method: string; params: Record<string, unknown> }[] = []
  const slept: number[] = []
  const read: string[] = []
  const shown = [...readings]
  const answers = [...replies]
  const paused = { is: false }
  const platform = {
    isPaused: () => paused.is,
    checkAuth: async () => refusal,
    send: async (update: (typeof sent)[number]) => {
      sent.push(update)
      const reply = answers.length > 1 ? answers.shift() : answers[0]
      if (reply === undefined) throw new TypeError('The test has no reply')
      if (reply instanceof Error) throw reply
      return reply
    },
    getTransaction: async (id: string) => {
      read.push(id)
      const next = shown.length > 1 ? shown.shift() : shown[0]
      if (next instanceof Error) throw next
      return next == null ? null : readPlatformTransaction(next)
    },
  }
  const io = {
    db,
    platform: platform as unknown as UpdateIo['platform'],
    ledger,
    turns: createTurns(),
    profile,
    now: () => new Date(clock.ms),
    sleep: async (ms: number) => {
      slept.push(ms)
      clock.ms += ms
    },
    log: (level: string, event: string, fields?: object) => {
      log.push(fields === undefined ? [level, event] : [level, event, fields])
    },
  } satisfies UpdateIo
  return { io, clock, log, sent, slept, read, paused, platform }
}
