import { mapLimit } from '../net/map-limit.ts'
import { RPC_METHOD_NOT_FOUND, type RpcError } from '../platform/envelope.ts'
import { rpcMethods, unknownMethodMessage } from '../platform/methods.ts'
import { localRefusal } from '../platform/param-checks.ts'
import { refusalOf } from '../platform/param-problem.ts'
import { readParams, type UpdateParams } from '../platform/params.ts'
import type { UpdateIo } from './context.ts'
import { type Force, takeForce } from './force.ts'
import { begunSending, type HeadStart, headStartRpcId, readAhead } from './head-start.ts'
import { isCustodyMoney, naturalKey, PAYMENT_OBSERVER, reportedRefund } from './identity.ts'
import { afterSeconds, QUIET_SECONDS, toResult, type UpdateResult } from './result.ts'
import { sendAttempt } from './send.ts'
import {
  type BegunRequest,
  type BegunUpdate,
  beginUpdates,
  type NewUpdate,
  type StoredAnswer,
} from './store.ts'

/** A platform that serves its own users should not feel an observer that catches up. */
const SENT_AT_A_TIME = 8

/** One update as a caller asks for it; `params` as `parseLosslessJson` read it. */
export interface RequestedUpdate {
  method: string
  params: unknown
}

/** The Idempotency-Key of an HTTP request and the hash of its body. */
export interface RequestIdentity {
  key: string | null
  bodySha256: string
}

export type Submission =
  | { kind: 'done'; results: UpdateResult[] }
  /** The request was answered before: the same answer again. */
  | { kind: 'replay'; answer: StoredAnswer }
  /** The same key is being worked on, or came with another body. */
  | { kind: 'running' | 'conflict' }

/**
 * Stores every update, then takes each as far as it goes: those of one transaction in order, those of different
 * transactions side by side. A refused or unknown one stops no other transaction.
 *
 * @param updates at most 40
 * @returns one result for each update, in their order
 * @throws AppError `database_unavailable` when nothing could be stored: then nothing was sent
 */
export async function submitUpdates(
  updates: readonly RequestedUpdate[],
  identity: RequestIdentity,
  origin: string,
  io: UpdateIo,
): Promise<Submission> {
  const given = updates.map((update) => readUpdate(update, io))
  const items = given.flatMap((reading, index) =>
    'params' in reading ? [toItem(index, reading, origin, io)] : [],
  )
  const results = given.map((reading): UpdateResult | undefined =>
    'refusal' in reading
      ? { kind: 'rejected', attemptId: null, error: reading.refusal }
      : undefined,
  )
  // One that repeats another of the same request is judged when it is known what became of that one, and those behind it
  // in the order of their transaction are stored after it.
  const firsts = beforeRepeats(items)
  const sinceMs = io.now().getTime()
  const readings = readAhead(firsts, io)
  const begun =
    items.length > 0 || identity.key !== null
      ? await beginUpdates(io.db, { ...identity, updates: firsts })
      : NOTHING_BEGUN
  if (begun.request === 'replay' && begun.answer) return { kind: 'replay', answer: begun.answer }
  if (begun.request === 'running' || begun.request === 'conflict') return { kind: begun.request }

  const begunByIndex = new Map(begun.updates.map((item) => [item.index, item]))
  const byTransaction = Map.groupBy(items, ({ transactionId }) => transactionId)
  await mapLimit([...byTransaction.values()], updates.length || 1, async (ofTransaction) => {
    let blocked = false
    for (const item of ofTransaction) {
      const stored = begunByIndex.get(item.index) ?? (await beginLater(item, io))
      const headStart = { reading: readings.get(item.index) ?? null, sinceMs }
      const result =
        'kind' in stored ? stored : await carryOut(stored, item, blocked, headStart, io)
      // What is open keeps the transaction to itself: the updates behind it stay stored and are sent after it.
      if (result.kind === 'open') blocked = true
      results[item.index] = result
    }
  })
  return { kind: 'done', results: results.map(mustHave) }
}

function mustHave(result: UpdateResult | undefined): UpdateResult {
  if (result === undefined) throw new TypeError('An update has no result')
  return result
}

/** An update that the payment observer stored. */
export interface StoredUpdate {
  attemptId: string
  method: string
  params: object
}

/**
 * Takes the payment observer's updates as far as they go, 8 side by side, and begins none once `isOver`. What is not reached or stays open
 * the settler takes on.
 */
export async function sendStored(
  updates: readonly StoredUpdate[],
  isOver: () => boolean,
  io: UpdateIo,
): Promise<void> {
  const send = async (update: StoredUpdate) => {
    const { attemptId, method } = update
    const params = update.params as UpdateParams
    const custody = isCustodyMoney(method, params, io.profile)
    const sent = { rpcId: null, forced: null, origin: PAYMENT_OBSERVER, unattended: true }
    const attempt = { attemptId, method, params, custody, ...sent }
    try {
      await sendAttempt(attempt, io)
    } catch (error) {
      interrupted(attempt, error, io)
    }
  }
  await mapLimit(updates, SENT_AT_A_TIME, send, { stopAt: isOver })
}

/** Of each transaction the updates before the first one that has the natural key of an earlier one. */
function beforeRepeats(items: readonly NewUpdate[]): NewUpdate[] {
  const keys = new Set<string>()
  const repeated = new Set<string>()
  return items.filter(({ transactionId, naturalKey }) => {
    if (naturalKey !== null && keys.has(naturalKey)) repeated.add(transactionId)
    else if (naturalKey !== null) keys.add(naturalKey)
    return !repeated.has(transactionId)
  })
}

async function beginLater(item: NewUpdate, io: UpdateIo): Promise<BegunUpdate | UpdateResult> {
  try {
    const { updates } = await beginUpdates(io.db, { key: null, bodySha256: null, updates: [item] })
    if (updates[0] !== undefined) return updates[0]
    throw new TypeError('A stored update has no answer')
  } catch (error) {
    // What the others of the request came to must be told all the same.
    io.log('error', 'update_not_stored', { method: item.method, error })
    const data = { reason: 'not_stored' }
    return rejection(
      -32603,
      'The update could not be stored and was not sent. Send it again.',
      data,
    )
  }
}

const NOTHING_BEGUN: BegunRequest = { request: 'none', answer: null, updates: [] }

type Reading = { method: string; params: UpdateParams; force: Force | null } | { refusal: RpcError }

function readUpdate({ method: name, params: given }: RequestedUpdate, io: UpdateIo): Reading {
  const { profile, now } = io
  const method = rpcMethods(profile.version).get(name)
  if (method === undefined || method.rules.length === 0) {
    const message = unknownMethodMessage(name, profile.version)
    return { refusal: { code: RPC_METHOD_NOT_FOUND, message } }
  }
  const own = takeForce(name, given)
  if ('refusal' in own) return own
  const { params, problems } = readParams(method, own.params)
  if (params === null) return { refusal: refusalOf(problems) }
  const refusal = localRefusal(method, params, null, { profile, now: now() })
  return refusal === null ? { method: name, params, force: own.force } : { refusal }
}

function toItem(
  index: number,
  { method, params, force }: Exclude<Reading, { refusal: RpcError }>,
  origin: string,
  io: UpdateIo,
): NewUpdate {
  return {
    index,
    transactionId: params.transaction_id,
    method,
    params,
    naturalKey: naturalKey(method, params),
    custody: isCustodyMoney(method, params, io.profile),
    origin,
    refund: reportedRefund(method, params),
    expiresAt: null,
    rpcId: headStartRpcId(method, io),
    forced: force?.note ?? null,
  }
}

async function carryOut(
  begun: BegunUpdate,
  item: NewUpdate,
  blocked: boolean,
  { reading, sinceMs }: Pick<HeadStart, 'reading'> & { sinceMs: number },
  io: UpdateIo,
): Promise<UpdateResult> {
  const { attemptId, state, outcome, refusal, transaction } = begun
  if (refusal !== null) return refusedAtStart(refusal)
  if (attemptId === null || state === null) throw new TypeError('A stored update has no attempt')
  const sending = begunSending(begun, sinceMs)
  if (state !== 'READY' && sending === null) {
    return toResult(attemptId, state, outcome, transaction ?? {}, io)
  }
  if (blocked) {
    const reason =
      'An earlier update of this transaction is not settled; this one is sent after it.'
    return { kind: 'open', attemptId, state, reason, settleBy: null }
  }
  const { method, custody } = item
  const params = item.params as UpdateParams
  try {
    const { forced } = item
    const { rpcId } = begun
    const sent = { rpcId, forced, origin: item.origin, unattended: false }
    const attempt = { attemptId, method, params, custody, ...sent }
    return await sendAttempt(attempt, io, { reading, sending })
  } catch (error) {
    return interrupted({ attemptId, method }, error, io)
  }
}

/** It is stored, and may have been sent: nobody must hear that it failed. */
function interrupted(
  { attemptId, method }: { attemptId: string; method: string },
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
      // Whoever sends other params must not hear that they were applied; the same ones get the first outcome.
      return rejection(
        -32600,
        'This Stellar transaction was reported before, with other params.',
        data,
      )
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
