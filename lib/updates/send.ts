import { randomUUID } from 'node:crypto'
import { RPC_INVALID_REQUEST, type RpcError } from '../platform/envelope.ts'
import { isUpdateMethod, reportsPayment, unknownMethodError } from '../platform/methods.ts'
import type { UpdateParams } from '../platform/params.ts'
import type { PlatformReply } from '../platform/reply.ts'
import { localRefusal } from '../platform/status-rules.ts'
import type { PlatformTransaction } from '../platform/transaction.ts'
import { resultOfStored } from './applied.ts'
import { checkLedger, type SentCheck } from './check-ledger.ts'
import { type ReadyAttempt, readFromPlatform, type UpdateIo } from './context.ts'
import { type HeadStart, releaseIfChanged } from './head-start.ts'
import { PAYMENT_OBSERVER } from './identity.ts'
import { judgeReply } from './judge-reply.ts'
import { isLost } from './look-again.ts'
import { remembering } from './payout/ledger-check.ts'
import { sendAndWatch } from './proof.ts'
import { afterSeconds, openResult, putOffSeconds, toResult, type UpdateResult } from './result.ts'
import { type OperationClaim, type RecordedOutcome, recordOutcome, startSending } from './store.ts'
import type { EarlierState, StoredAttempt } from './stored-attempt.ts'
import { inDoubt, putOff, putOffReading, rejectUnsent } from './unsent.ts'
import { logWentBack, reasonToWait } from './went-back.ts'

/** How often an attempt tries to get its turn while another update of its transaction runs. 30 tries take about 10 s. */
const MOST_TURNS = 30
const LONGEST_WAIT_MS = 500
/** After 60 s SENDING counts as dead. A send takes at most 50 s, so one that starts in the first 10 s ends before that. */
const LATEST_SEND_MS = 10_000

const STOOD_STILL: PlatformReply = {
  kind: 'not_sent',
  code: 'paused',
  reason: 'The process stood still before it could send.',
}

const BEHIND_LOST =
  'An earlier update of this transaction was applied and is gone; a person must decide about it first.'

/** How often an attempt is sent again at once after the platform saved another request first. */
const MOST_CONFLICTS = 5
const CONFLICTS = 'Other requests keep changing the transaction; this update is sent later.'

const WAITS = 'Another update of this transaction is under way; this one is sent after it.'

/**
 * Sends one attempt once and records its outcome. Only after a lock conflict it reads the transaction and sends again, up
 * to 5 times. It waits for up to about 10 s while a process is at work on another update of the transaction that comes first.
 *
 * @param headStart the work that was done while the attempt was stored
 * @throws AppError `database_unavailable`. If the attempt may have been sent, it is SENDING in the database and is settled
 *   later
 */
export async function sendAttempt(
  ready: ReadyAttempt,
  given: UpdateIo,
  headStart: HeadStart | null = null,
): Promise<UpdateResult> {
  let attempt = { ...ready, rpcId: headStart?.sending?.rpcId ?? ready.rpcId }
  const io = { ...given, ledger: given.ledger && remembering(given.ledger) }
  let done = headStart
  let earlier: readonly EarlierState[] = []
  let conflicts = 0
  for (let turn = 1; turn <= MOST_TURNS; turn += 1) {
    const result = await io.turns.take(attempt.params.transaction_id, () =>
      takeTurn(attempt, done, earlier, io),
    )
    if (result.kind !== 'not_yet' && result.kind !== 'conflict') return result
    if (result.kind === 'not_yet') earlier = result.earlier
    else {
      attempt = { ...attempt, rpcId: result.rpcId }
      conflicts += 1
      if (conflicts > MOST_CONFLICTS) break
    }
    done = null
    // The wait starts at 10 ms and doubles; half of it is random so that waiting processes spread out.
    const ceilingMs = Math.min(10 * 2 ** turn, LONGEST_WAIT_MS)
    await io.sleep(ceilingMs / 2 + (Math.random() * ceilingMs) / 2)
  }
  const reason = conflicts > MOST_CONFLICTS ? CONFLICTS : WAITS
  return openResult(attempt.attemptId, 'READY', reason, afterSeconds(io, putOffSeconds(null)))
}

/** The platform saved another request first. The attempt is READY again. */
interface Conflict {
  kind: 'conflict'
  rpcId: string
}

/** It is not the attempt's turn, or its transaction must be read again. */
interface NotYet {
  kind: 'not_yet'
  /** Set if the platform showed an earlier state, which may be a late answer. */
  earlier: readonly EarlierState[]
}

async function takeTurn(
  attempt: ReadyAttempt,
  headStart: HeadStart | null,
  earlier: readonly EarlierState[],
  io: UpdateIo,
): Promise<UpdateResult | NotYet | Conflict> {
  const { attemptId, method, params } = attempt
  const sending = headStart?.sending ?? null
  const from = sending === null ? 'READY' : 'SENDING'
  const read = () => readFromPlatform(params.transaction_id, io)
  let reading = await (headStart?.reading ?? read())
  const ledger = await checkLedger(attempt, reading, io)
  // The settler compares with the transaction right before the send, and the ledger check took time: read it again.
  if (ledger !== null) reading = await read()
  if ('failure' in reading) return putOffReading(attempt, from, reading, io)
  if (ledger?.kind === 'unreadable') {
    const reason = `The ledger could not be read: ${ledger.reason}`
    return putOff(attempt, from, reason, ledger.retryAfterSeconds, io)
  }
  const pre = reading.transaction
  if (pre === null) return rejectUnsent(attempt, from, unknownTransaction(params), null, io)

  const claim = claimOf(attempt, ledger)
  const send = await beginSend(
    attempt,
    sending,
    pre,
    { ledger: ledger?.evidence ?? null, claim, earlier },
    io,
  )
  if (!('sinceMs' in send)) return send
  const { rpcId, evidence } = send
  const lost = await Promise.all(send.lookFor.map((applied) => isLost(applied, pre, true, io)))
  if (lost.includes(true)) return putOff({ ...attempt, rpcId }, 'SENDING', BEHIND_LOST, null, io)
  // The status is checked only now, because an earlier update may have changed which methods are legal.
  const refusal = refusalBeforeSending(attempt, pre, ledger, io)
  if (refusal !== null) return rejectUnsent({ ...attempt, rpcId }, 'SENDING', refusal, pre, io)
  // A function that was frozen for 10 s does not send: another process may already count the attempt as dead.
  const isLate = io.now().getTime() - send.sinceMs > LATEST_SEND_MS
  const update = { rpcId, method: method.name, params }
  const reply = isLate
    ? STOOD_STILL
    : await sendAndWatch(() => io.platform.send(update), attempt, pre, io)
  const move = inDoubt(attempt, await judgeReply(reply, attempt, pre, io))
  const recorded = await recordOutcome(io.db, {
    attemptId,
    rpcId,
    from: 'SENDING',
    to: move.to,
    outcome: move.outcome,
    transaction: move.transaction?.document ?? null,
    settleInSeconds: move.settleInSeconds,
  })
  if (reply.kind === 'conflict' && recorded.recorded && move.to === 'READY') {
    return { kind: 'conflict', rpcId }
  }
  if (!recorded.recorded) return resultOfStored(attemptId, recorded, io)
  const latest = move.transaction?.document ?? pre.document
  const { state, outcome } = recorded
  const result = toResult(attemptId, state, outcome, latest, io, settleByOf(recorded))
  return result.kind === 'applied' && evidence !== null ? { ...result, ledger: evidence } : result
}

/** The settler reads earlier, but only after 180 s an unchanged transaction proves that nothing was applied. */
function settleByOf({ state, settleAt }: RecordedOutcome): string | null {
  return state === 'UNKNOWN' ? null : settleAt
}

/** The operations that an attempt reports; null if it reports none, or if the ledger check refuses it. */
function claimOf(
  { method, params, operationId }: ReadyAttempt,
  ledger: SentCheck | null,
): OperationClaim | null {
  if (!reportsPayment(method) || ledger?.kind === 'refused') return null
  const stellarTransaction = params.stellar_transaction_id?.toLowerCase() ?? ''
  // The checks of the params refuse such a text.
  if (!/^[0-9a-f]{64}$/.test(stellarTransaction)) return null
  if (ledger?.kind === 'ok' && ledger.claim !== null) return ledger.claim
  return { stellarTransaction, choices: operationId === null ? [] : [[operationId]] }
}

interface BegunSend {
  rpcId: string
  sinceMs: number
  /** The evidence of the ledger check, with the claimed operations; null without a ledger check. */
  evidence: Record<string, unknown> | null
  /** The updates that were applied before this one and are to be looked for in the reading. */
  lookFor: readonly StoredAttempt[]
}

/** Makes the attempt SENDING and stores the transaction beside it. */
async function beginSend(
  attempt: ReadyAttempt,
  sending: HeadStart['sending'],
  pre: PlatformTransaction,
  given: {
    ledger: Record<string, unknown> | null
    claim: OperationClaim | null
    earlier: readonly EarlierState[]
  },
  io: UpdateIo,
): Promise<BegunSend | NotYet | UpdateResult> {
  const { attemptId } = attempt
  const { document } = pre
  if (sending !== null) {
    const released = await releaseIfChanged(attemptId, sending, document, io)
    if (released === null) return { ...sending, evidence: null, lookFor: [] }
    if (!released.recorded) return resultOfStored(attemptId, released, io)
  }
  const rpcId = randomUUID()
  const sinceMs = io.now().getTime()
  const start = await startSending(io.db, {
    attemptId,
    rpcId,
    pre: document,
    transaction: document,
    ...given,
  })
  logWentBack(start.wentBack, io.log)
  if (start.started) {
    return {
      rpcId,
      sinceMs,
      evidence: given.ledger === null ? null : start.ledger,
      lookFor: start.lookFor,
    }
  }
  if (start.state === 'READY') {
    // Another update runs, an older one waits, or the transaction has changed and must be read again.
    if (start.isLive) return { kind: 'not_yet', earlier: start.earlier }
    const [shown] = start.earlier
    if (start.reason === 'stale' && shown !== undefined) {
      const waiting = await putOff(attempt, 'READY', reasonToWait(shown, io.log), null, io)
      return waiting.kind === 'open' ? { ...waiting, settleBy: shown.takeAt } : waiting
    }
    // The other update waits for the settler or for a person.
    return openResult(attemptId, 'READY', WAITS, afterSeconds(io, putOffSeconds(null)))
  }
  return resultOfStored(attemptId, start, io)
}

function refusalBeforeSending(
  { method, params, origin }: ReadyAttempt,
  pre: PlatformTransaction,
  ledger: SentCheck | null,
  { profile, now }: UpdateIo,
): RpcError | null {
  if (!isUpdateMethod(method)) {
    return unknownMethodError(method.name, profile)
  }
  // Someone put the transaction on hold after the payment was credited. The update would release it.
  if (origin === PAYMENT_OBSERVER && pre.status === 'on_hold') {
    const message = `Transaction with id[${pre.id}] is on hold: no machine credits a payment to it.`
    return { code: RPC_INVALID_REQUEST, message, data: { reason: 'on_hold' } }
  }
  const refusal = localRefusal(method, params, pre, { profile, now: now() })
  return refusal ?? (ledger?.kind === 'refused' ? ledger.error : null)
}

function unknownTransaction({ transaction_id: id }: UpdateParams): RpcError {
  return { code: RPC_INVALID_REQUEST, message: `Transaction with id[${id}] is not found` }
}
