import type { Caller } from '../caller.ts'
import { mapLimit } from '../net/map-limit.ts'
import type { RpcError } from '../platform/envelope.ts'
import type { Update } from '../platform/evidence.ts'
import { isUpdateMethod, resolveMethod, unknownMethodError } from '../platform/methods.ts'
import { refusalOf } from '../platform/param-problem.ts'
import { readParams } from '../platform/params.ts'
import { localRefusal } from '../platform/status-rules.ts'
import { textOf } from '../text-of.ts'
import { isAppliedBefore, judgeAgain } from './again.ts'
import { resultOfStored } from './applied.ts'
import { readStoredUpdate, type TransactionReading, tryReading, type UpdateIo } from './context.ts'
import { expiryOf, takeExpiry } from './expiry.ts'
import { takeFee } from './fee-form.ts'
import { missingForce, takeForce } from './force.ts'
import { begunSending, type HeadStart, headStartRpcId, readAhead } from './head-start.ts'
import {
  ASSIGNMENT,
  isCustodyMoney,
  naturalKey,
  PAYMENT_OBSERVER,
  reportedRefund,
} from './identity.ts'
import { type Pace, workAtPace } from './pace.ts'
import {
  afterSeconds,
  mayBeApplied,
  QUIET_SECONDS,
  type RequestedResult,
  type UpdateResult,
} from './result.ts'
import { sendAttempt } from './send.ts'
import { sendingTogether } from './send-together.ts'
import {
  type BegunRequest,
  type BegunUpdate,
  beginUpdates,
  type NewUpdate,
  type Replay,
  type StoredAnswer,
  storeTransactions,
} from './store.ts'

/** One update as a caller asks for it. `params` come from `parseLosslessJson`. */
export interface RequestedUpdate {
  method: string
  params: unknown
}

/** What makes two HTTP requests the same request. */
export interface RequestIdentity {
  /** The Idempotency-Key of the caller, or one that is made for the request. Its updates are stored under it. */
  key: string
  /** This HTTP request, which takes the key of the caller; null with a made key. */
  holder: string | null
  bodySha256: string
}

/** Where the updates of a request come from. */
export interface UpdateSource {
  origin: 'rpc' | 'url' | 'replay'
  caller: Caller
  /** The failed attempt that a person sends anew as a new update; null otherwise. */
  replay: Replay | null
}

/** What became of an HTTP request with updates. */
export type Submitted =
  | { kind: 'done'; results: RequestedResult[] }
  /** The request was answered before and gets the same answer again. */
  | { kind: 'replay'; answer: StoredAnswer; open: BegunUpdate[] }
  /** The key belongs to a request that still runs, or to a request with another body. */
  | { kind: 'running' | 'conflict' }

/** An update of a request with the row that is stored for it. */
interface ReadUpdate extends Update {
  row: NewUpdate
}

/**
 * Stores all updates, then sends each: in order within a transaction, side by side across transactions. A refused or
 * unknown update does not stop the updates of another transaction.
 *
 * @param updates at most 40
 * @returns one result for each update, in their order
 * @throws AppError `database_unavailable` when nothing could be stored; then nothing was sent
 */
export async function submitUpdates(
  updates: readonly RequestedUpdate[],
  identity: RequestIdentity,
  from: UpdateSource,
  io: UpdateIo,
): Promise<Submitted> {
  const readings = updates.map((update, index) => readUpdate(update, index, from, io))
  const read = readings.flatMap((reading) => ('row' in reading ? [reading] : []))
  const results = readings.flatMap((reading, index): [number, RequestedResult][] =>
    'refusal' in reading
      ? [[index, { kind: 'rejected', attemptId: null, error: reading.refusal }]]
      : [],
  )
  // An update that repeats a natural key of this request is stored after the first has finished; so is every later update
  // of its transaction.
  const firsts = beforeRepeats(read.map(({ row }) => row))
  const sinceMs = io.now().getTime()
  const transactions = readAhead(firsts, io)
  const begun =
    read.length > 0 || identity.holder !== null
      ? await beginUpdates(io.db, { ...identity, updates: firsts })
      : NOTHING_BEGUN
  if (begun.request === 'replay' && begun.answer) {
    return { kind: 'replay', answer: begun.answer, open: begun.updates }
  }
  if (begun.request === 'running' || begun.request === 'conflict') return { kind: begun.request }

  const begunByIndex = new Map(begun.updates.map((one) => [one.index, one]))
  const byTransaction = Map.groupBy(read, ({ row }) => row.transactionId)
  await mapLimit([...byTransaction.values()], updates.length || 1, async (ofTransaction) => {
    let blocked = false
    for (const update of ofTransaction) {
      const { index } = update.row
      const reading = transactions.get(index) ?? null
      const first = begunByIndex.get(index) ?? (await beginLater(update.row, identity, io))
      const stored = await judgeByReading(first, update.row, reading, identity, io)
      const later = { identity, keyIsNew: identity.holder !== null && begun.takenOver !== true }
      const progress = { reading, sinceMs, ...later }
      const result = await carryOut(stored, update, blocked, progress, io)
      // While an update is open, the later updates of its transaction stay stored and are sent after it.
      if (result.kind === 'open' || result.kind === 'unstored') blocked = true
      results.push([index, result])
    }
  })
  const inOrder = results.toSorted(([one], [other]) => one - other)
  return { kind: 'done', results: inOrder.map(([, result]) => result) }
}

/** A stored update that credits a payment. */
export interface ObservedUpdate {
  attemptId: string
  operationId: string
  method: string
  params: object
}

/**
 * Sends the observer's stored updates side by side until `isOver`. The settler sends the rest.
 *
 * @param take gives the next updates; none when no more will come
 */
export async function sendStored(
  take: () => Promise<readonly ObservedUpdate[]>,
  limits: { pace: Pace; isOver: () => boolean },
  given: UpdateIo,
): Promise<void> {
  const io = { ...given, db: sendingTogether(given.db) }
  const send = async (stored: ObservedUpdate) => {
    const { attemptId, operationId } = stored
    try {
      const update = readStoredUpdate(stored, io.profile)
      const custody = isCustodyMoney(update, io.profile)
      const sent = { rpcId: null, forced: null, origin: PAYMENT_OBSERVER, mayBeApplied: false }
      await sendAttempt(
        { ...update, attemptId, operationId, custody, ...sent, unattended: true },
        io,
      )
    } catch (error) {
      interrupted(attemptId, stored.method, error, io)
    }
  }
  await workAtPace(take, send, limits)
}

/** Sends the update that credits a payment to the transaction that a person named. */
export async function sendAssigned(stored: ObservedUpdate, io: UpdateIo): Promise<UpdateResult> {
  const { attemptId, operationId } = stored
  const update = readStoredUpdate(stored, io.profile)
  const custody = isCustodyMoney(update, io.profile)
  const sent = { custody, rpcId: null, forced: null, origin: ASSIGNMENT, mayBeApplied: false }
  try {
    return await sendAttempt({ ...update, attemptId, operationId, ...sent, unattended: false }, io)
  } catch (error) {
    return interrupted(attemptId, stored.method, error, io)
  }
}

/** The updates of each transaction that come before the first repeat of a natural key. */
function beforeRepeats(updates: readonly NewUpdate[]): NewUpdate[] {
  const keys = new Set<string>()
  const repeated = new Set<string>()
  return updates.filter(({ transactionId, naturalKey }) => {
    if (naturalKey !== null && keys.has(naturalKey)) repeated.add(transactionId)
    else if (naturalKey !== null) keys.add(naturalKey)
    return !repeated.has(transactionId)
  })
}

/** Stores an update under the key of its request, after an earlier update of the request has ended. */
async function beginLater(
  update: NewUpdate,
  identity: RequestIdentity,
  io: UpdateIo,
): Promise<BegunUpdate | RequestedResult> {
  try {
    const { updates } = await beginUpdates(io.db, { ...identity, updates: [update] })
    // There is none if another process has taken the request over.
    if (updates[0] !== undefined) return updates[0]
  } catch (error) {
    // The results of the other updates of the request must still reach the caller.
    io.log('error', 'update_not_stored', { method: update.method, error })
  }
  return { kind: 'unstored', idempotencyKey: identity.key }
}

/**
 * A refund above `amount_in` is refused by the transaction that was stored earlier. It is judged again by the transaction as
 * the platform shows it now, if that can be read.
 */
async function judgeByReading(
  begun: BegunUpdate | RequestedResult,
  update: NewUpdate,
  started: Promise<TransactionReading> | null,
  identity: RequestIdentity,
  io: UpdateIo,
): Promise<BegunUpdate | RequestedResult> {
  if ('kind' in begun || begun.refusal?.code !== 'refund_exceeds') return begun
  const reading = await (started ?? tryReading(update.transactionId, io))
  if ('failure' in reading || reading.transaction === null) return begun
  try {
    await storeTransactions(io.db, [reading.transaction.document])
  } catch (error) {
    io.log('error', 'transaction_not_stored', { transactionId: update.transactionId, error })
    return begun
  }
  return beginLater(update, identity, io)
}

const NOTHING_BEGUN: BegunRequest = { request: 'none', answer: null, updates: [] }

function readUpdate(
  { method: name, params: given }: RequestedUpdate,
  index: number,
  { origin, caller, replay }: UpdateSource,
  io: UpdateIo,
): ReadUpdate | { refusal: RpcError } {
  const { profile, now } = io
  const method = resolveMethod(name, profile)
  if (!isUpdateMethod(method)) {
    return { refusal: unknownMethodError(name, profile) }
  }
  const expiry = takeExpiry(given)
  if ('refusal' in expiry) return expiry
  const own = takeForce(method, expiry.params)
  if ('refusal' in own) return own
  if (own.force !== null && !caller.rights.has('force')) return { refusal: missingForce(caller) }
  const fee = takeFee(method, own.params)
  if ('refusal' in fee) return fee
  const { params, problems } = readParams(method, fee.params)
  if (params === null) return { refusal: refusalOf(problems) }
  const refusal = localRefusal(method, params, null, { profile, now: now() })
  if (refusal !== null) return { refusal }
  const update = { method, params }
  const custody = isCustodyMoney(update, profile)
  const row = {
    index,
    transactionId: params.transaction_id,
    method: name,
    params,
    naturalKey: naturalKey(update),
    custody,
    origin,
    keyName: caller.keyName,
    refund: reportedRefund(update),
    expiresInSeconds: expiryOf(expiry.seconds, custody),
    rpcId: headStartRpcId(method, io),
    forced: own.force?.note ?? null,
    replay,
  }
  return { ...update, row }
}

interface Progress extends Pick<HeadStart, 'reading'> {
  sinceMs: number
  identity: RequestIdentity
  /** Whether the request has an Idempotency-Key that no request had before. */
  keyIsNew: boolean
}

/** Carries out an update of a request, which may have the natural key of an earlier update. */
async function carryOut(
  stored: BegunUpdate | RequestedResult,
  update: ReadUpdate,
  blocked: boolean,
  progress: Progress,
  io: UpdateIo,
): Promise<RequestedResult> {
  if ('kind' in stored) return stored
  if (!isAppliedBefore(stored)) return carryOutOnce(stored, update, blocked, progress, io)
  const again = await judgeAgain(stored, update, progress, io)
  if (again.kind === 'answer') return again.result
  if (again.kind === 'refused') return carryOutOnce(stored, update, blocked, progress, io)
  const { row } = again
  const begun = await beginLater(row, progress.identity, io)
  if ('kind' in begun) return begun
  return carryOutOnce(begun, { ...update, row }, blocked, { ...progress, reading: null }, io)
}

async function carryOutOnce(
  begun: BegunUpdate,
  { method, params, row }: ReadUpdate,
  blocked: boolean,
  { reading, sinceMs }: Progress,
  io: UpdateIo,
): Promise<UpdateResult> {
  const { attemptId, state, outcome, refusal, rpcId } = begun
  if (refusal !== null) return refusedAtStart(refusal)
  if (attemptId === null || state === null) throw new TypeError('A stored update has no attempt')
  const sending = begunSending(begun, row.rpcId, sinceMs)
  if (state !== 'READY' && sending === null) {
    return resultOfStored(attemptId, { state, outcome }, io)
  }
  if (blocked) {
    const reason =
      'An earlier update of this transaction is not settled; this one is sent after it.'
    return { kind: 'open', attemptId, state, reason, settleBy: null }
  }
  const { custody, forced, origin } = row
  const doubt = mayBeApplied({ outcome })
  const sent = { custody, rpcId, forced, origin, operationId: null, mayBeApplied: doubt }
  try {
    return await sendAttempt({ attemptId, method, params, ...sent, unattended: false }, io, {
      reading,
      sending,
    })
  } catch (error) {
    return interrupted(attemptId, method.name, error, io)
  }
}

/** The attempt is stored and may have been sent, so it must not be reported as failed. */
function interrupted(
  attemptId: string,
  method: string,
  error: unknown,
  io: UpdateIo,
): UpdateResult {
  io.log('error', 'update_interrupted', { attemptId, method, error })
  const settleBy = afterSeconds(io, QUIET_SECONDS)
  const reason = 'The update is stored; what became of it is settled later.'
  return { kind: 'open', attemptId, state: 'UNKNOWN', reason, settleBy }
}

function refusedAtStart(refusal: NonNullable<BegunUpdate['refusal']>): UpdateResult {
  const data = { reason: refusal.code, ...refusal.detail }
  switch (refusal.code) {
    case 'natural_key_used':
      // The same params get the outcome of the first update. Other params must not be reported as applied.
      return rejection(
        -32600,
        'This Stellar transaction was reported before, with other params.',
        data,
      )
    case 'credit_given_up': {
      const { operationId, creditedBy } = refusal.detail
      const instead =
        creditedBy === null
          ? 'no longer credited with it'
          : `given up, because operation ${textOf(creditedBy)} is credited to the transaction instead`
      return rejection(-32600, `its payment, operation ${textOf(operationId)}, is ${instead}`, data)
    }
    case 'refund_exceeds':
      return rejection(-32602, 'Refund amount exceeds amount_in', data)
    case 'refund_repeated':
      return rejection(-32602, 'A refund with this id was reported before.', data)
    case 'blocked_by_manual':
      return rejection(
        -32603,
        'An earlier update of this transaction waits for a person to say whether it was applied.',
        { state: 'manual', ...data },
      )
  }
}

function rejection(
  code: RpcError['code'],
  message: string,
  data: Record<string, unknown>,
): UpdateResult {
  return { kind: 'rejected', attemptId: null, error: { code, message, data } }
}
