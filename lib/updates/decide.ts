import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import type { Caller } from '../caller.ts'
import type { Database } from '../db/client.ts'
import { describeDecision } from '../decisions/describe.ts'
import { decisionNote } from '../decisions/note.ts'
import { type Decision, readDecisions } from '../decisions/store.ts'
import { AppError } from '../errors.ts'
import { parseDecision } from '../http/parameters.ts'
import { resolveMethod } from '../platform/methods.ts'
import { legality, stateOf } from '../platform/status-rules.ts'
import { readFromPlatform, type UpdateIo } from './context.ts'
import { identityOfReplay } from './idempotency.ts'
import { transactionId } from './read-routes.ts'
import { QUIET_SECONDS, type UpdateResult, unstored } from './result.ts'
import { type AttemptPage, readAttempt, readAttempts } from './store-reads.ts'
import { decideAttempt } from './store-settling.ts'
import {
  type AttemptState,
  FAILED,
  type StoredAttempt,
  type StoredUpdate,
} from './stored-attempt.ts'
import { submitUpdates } from './submit.ts'

export const attemptParameters = z.object({
  id: transactionId,
  attemptId: z.uuid({ error: 'the id of an attempt, a UUID' }),
})
const noted = z.object({ note: decisionNote })
/** The decisions about an attempt, with the keys of each. */
export const attemptDecisions = {
  applied: noted,
  rejected: noted,
  not_applied: noted,
  withdrawn: noted,
  replay: noted,
}

/** An update that waited behind a decided one, and what will become of it as the transaction is now. */
interface WaitingUpdate {
  id: string
  method: string
  /** `sent` and `refused` go by the status. `in_turn`: the update before it comes first. `unread`: the platform is away. */
  next: 'sent' | 'refused' | 'in_turn' | 'unread'
  expiresAt: string | null
}

interface DecidedAttempt {
  attempt: { id: string; state: AttemptState }
  decision: Decision
  waiting: WaitingUpdate[]
}

interface DecideIo {
  db: Database
  updates: () => Promise<UpdateIo>
}

/**
 * Records a person's decision about an attempt that only a person may settle, withdraws one that was not sent, or sends a
 * failed one anew. The attempt is named by the URL alone. The answer says what becomes of the updates that waited behind
 * it: each is sent only if its own rules hold when its turn comes.
 *
 * @throws AppError `invalid_request_body`, `invalid_parameter`, `not_found`, `decision_refused` for an attempt in another
 *   state, with who decided before; `forbidden` for a replay without the scope update; `database_unavailable`
 */
export async function decide(
  { id, attemptId }: z.output<typeof attemptParameters>,
  body: object,
  caller: Caller,
  { db, updates }: DecideIo,
): Promise<DecidedAttempt | ReplayedAttempt> {
  const { decision: asked, note } = parseDecision(attemptDecisions, body)
  const stored = await readAttempt(db, attemptId)
  if (stored?.transactionId !== id) {
    throw new AppError('not_found', [
      {
        ...named(attemptId),
        problem: `is no attempt of the transaction "${id}" that is stored`,
        allowed: 'an attempt that GET /api/transactions/{id} shows',
      },
    ])
  }
  if (asked === 'replay') return replay(stored, note, caller, { db, updates })
  const { decided, state, decision } = await decideAttempt(db, {
    attemptId,
    decision: asked,
    note,
    keyName: caller.keyName,
    quietSeconds: QUIET_SECONDS,
  })
  if (!decided || decision === null) {
    throw new AppError('decision_refused', [
      {
        ...named(attemptId),
        problem: `is ${state}${describeDecision(decision)}`,
        allowed:
          'MANUAL, LOST, UNKNOWN for more than 180 s, READY for as long after a send that may have been applied, or APPLIED before the platform went back or, more than 180 s ago, by a person; to be withdrawn: READY, unless an earlier send may have been applied',
      },
    ])
  }
  return {
    attempt: { id: attemptId, state },
    decision,
    waiting: await foreseeBehind({ ...stored, state }, await readUnfinished(db, id), updates),
  }
}

/** The attempt that the URL names, as errors about it begin. */
const named = (attemptId: string) =>
  ({ path: 'attemptId', what: `The attempt "${attemptId}"`, place: 'path' }) as const

interface ReplayedAttempt {
  /** The new attempt. `reason` says why it is not APPLIED. */
  attempt: { id: string; state: AttemptState; reason?: string; settleBy?: string | null }
  decision: Decision
}

/**
 * Sends a failed attempt anew, as a new update with the same params. It is stored under a key that belongs to the failed
 * attempt, so two people who decide it at once send it once.
 */
async function replay(
  { attemptId, state, method, params }: StoredUpdate,
  note: string,
  caller: Caller,
  { db, updates }: DecideIo,
): Promise<ReplayedAttempt> {
  if (!caller.rights.has('update')) {
    throw new AppError(
      'forbidden',
      `The key "${caller.keyName}" may decide, and a replay sends an update; this needs the scopes decide and update`,
    )
  }
  if (!FAILED.has(state)) {
    throw new AppError('decision_refused', [
      {
        ...named(attemptId),
        problem: `is ${state}`,
        allowed: `${[...FAILED].join(', ')}, to be replayed`,
      },
    ])
  }
  refuseSecond(attemptId, await replayOf(attemptId, db))
  const decisionId = randomUUID()
  const identity = identityOfReplay(attemptId)
  const from = { origin: 'replay', caller, replay: { attemptId, note, decisionId } } as const
  const submitted = await submitUpdates([{ method, params }], identity, from, await updates())
  const [result] = submitted.kind === 'done' ? submitted.results : []
  if (result === undefined) throw new TypeError('A replay has no result')
  if (result.kind === 'unstored') throw unstored()
  const decision = await replayOf(attemptId, db)
  if (decision?.id === decisionId) return { attempt: shownResult(result, decision), decision }
  refuseSecond(attemptId, decision)
  const why =
    result.kind === 'rejected'
      ? result.error.message
      : `the same update ${result.kind === 'applied' ? 'was applied' : 'waits'} as attempt "${result.attemptId}"`
  const isGivenUp =
    result.kind === 'rejected' && result.error.data?.['reason'] === 'credit_given_up'
  throw new AppError('decision_refused', [
    {
      ...named(attemptId),
      problem: `is not sent anew: ${why}`,
      allowed: isGivenUp
        ? 'the update of a payment that is credited with it; another payment is assigned at POST /api/payments/{operation}'
        : 'an update that may be sent and that no other attempt makes',
    },
  ])
}

/** A decision that sent an update anew. */
type Replay = Decision & { newAttemptId: string }

const isReplay = (decision: Decision): decision is Replay =>
  decision.decision === 'replayed' && decision.newAttemptId !== null

async function replayOf(attemptId: string, db: Database): Promise<Replay | null> {
  const about = { about: 'attempt', subject: attemptId } as const
  const page = { since: null, descending: true, limit: 50, cursor: null }
  const { decisions } = await readDecisions(db, { ...about, ...page })
  return decisions.find(isReplay) ?? null
}

function refuseSecond(attemptId: string, decision: Replay | null): void {
  if (decision === null) return
  throw new AppError('decision_refused', [
    {
      ...named(attemptId),
      problem: `was sent anew as attempt "${decision.newAttemptId}"${describeDecision(decision)}`,
      allowed: 'an attempt that was not sent anew',
    },
  ])
}

function shownResult(
  result: UpdateResult,
  { newAttemptId: id }: Replay,
): ReplayedAttempt['attempt'] {
  switch (result.kind) {
    case 'applied':
      return { id, state: 'APPLIED' }
    case 'open':
      return { id, state: result.state, reason: result.reason, settleBy: result.settleBy }
    case 'rejected':
      return { id, state: result.state ?? 'REJECTED', reason: result.error.message }
  }
}

const UNFINISHED = ['READY', 'SENDING', 'UNKNOWN', 'MANUAL', 'LOST'] as const

/** Reads every unfinished attempt of a transaction, in the order in which they were stored. */
async function readUnfinished(db: Database, transactionId: string): Promise<StoredAttempt[]> {
  const all: StoredAttempt[] = []
  let cursor: string | null = null
  do {
    const page: AttemptPage = await readAttempts(db, {
      states: UNFINISHED,
      transactionId,
      method: null,
      since: null,
      order: 'asc',
      limit: 200,
      cursor,
    })
    all.push(...page.attempts)
    cursor = page.next
  } while (cursor !== null)
  return all
}

/** Says what becomes of the updates that were stored behind a decided one. */
async function foreseeBehind(
  decided: StoredAttempt,
  unfinished: readonly StoredAttempt[],
  updates: () => Promise<UpdateIo>,
): Promise<WaitingUpdate[]> {
  const others = unfinished.filter(({ attemptId }) => attemptId !== decided.attemptId)
  const isBehind = ({ seq }: StoredAttempt) => BigInt(seq) > BigInt(decided.seq)
  const waiting = others.filter((attempt) => attempt.state === 'READY' && isBehind(attempt))
  if (waiting.length === 0) return []
  const isBehindAnother = others.some((attempt) => attempt.state !== 'READY' || !isBehind(attempt))
  // The decision is stored, so a platform that is not configured must not fail its answer.
  const io = await updates().catch(() => null)
  const reading = io && (await readFromPlatform(decided.transactionId, io))
  return waiting.map(({ attemptId, method: name, custody, expiresAt }, index) => {
    const wouldPayAgain = custody && decided.state === 'APPLIED' && name === decided.method
    const ofFirst = () => {
      if (wouldPayAgain) return 'refused'
      if (io === null || reading === null || 'failure' in reading) return 'unread'
      if (reading.transaction === null) return 'refused'
      const method = resolveMethod(name, io.profile)
      const isIllegal = legality(method, stateOf(reading.transaction), io.profile) === 'illegal'
      return isIllegal ? 'refused' : 'sent'
    }
    return {
      id: attemptId,
      method: name,
      next: index === 0 && !isBehindAnother ? ofFirst() : 'in_turn',
      expiresAt,
    }
  })
}
