import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { count } from '../db/shapes.ts'
import { decision } from '../decisions/store.ts'
import { type RecordedOutcome, recordedOutcome } from './store.ts'
import { attemptState, type StoredAttempt, storedUpdate } from './stored-attempt.ts'

/**
 * Puts off an attempt whose transaction could not be read. It becomes MANUAL when every reading for `manualAfterSeconds`
 * has failed while others could be read, by the database's clock.
 *
 * @throws AppError `not_found` when there is no such attempt, `database_unavailable`
 */
export function recordUnreadable(
  db: Database,
  failure: {
    attemptId: string
    rpcId: string | null
    from: 'READY' | 'UNKNOWN'
    outcome: object
    /** Whether another transaction could be read just now. */
    othersAreRead: boolean
    settleInSeconds: number
    manualAfterSeconds: number
  },
): Promise<RecordedOutcome> {
  return callChecked(db, recordedOutcome, 'record_unreadable', failure)
}

const others = z.object({ ids: z.array(z.string()) })

/** Finds other transactions by which to tell whether the platform can be read. @throws AppError `database_unavailable` */
export async function findOthers(
  db: Database,
  wanted: { transactionId: string; limit: number },
): Promise<string[]> {
  return (await callChecked(db, others, 'find_others', wanted)).ids
}

/** A look for an applied attempt, under the `settleAt` that it had then. */
export type Look = Pick<StoredAttempt, 'attemptId' | 'settleAt'>

const endedLooks = z.object({ ended: count })

/**
 * Notes that applied attempts were looked for once more, or puts their looks off. An attempt that another step works on is
 * left out, and so is one whose `settleAt` has changed since it was looked for.
 *
 * @param settleInSeconds by the clock of the database; null: nobody looks for them again
 * @throws AppError `database_unavailable`
 */
export function endLooks(
  db: Database,
  { looks, settleInSeconds }: { looks: readonly Look[]; settleInSeconds: number | null },
): Promise<{ ended: number }> {
  return callChecked(db, endedLooks, 'end_looks', {
    looks: looks.map(({ attemptId, settleAt }) => ({ attemptId, settleAt })),
    settleInSeconds,
  })
}

const unsettledAttempt = storedUpdate.extend({
  secondsSinceSent: z.number().int().nullable(),
})

export type UnsettledAttempt = z.infer<typeof unsettledAttempt>

const unsettled = z.object({ attempts: z.array(unsettledAttempt) })

/**
 * Claims due attempts for `claimSeconds`, open ones before those that are only to be looked for, the oldest first and at
 * most one of each transaction. An UNKNOWN attempt is due at its `settleAt`, a READY attempt also only after
 * `readyAfterSeconds` without a change. A SENDING attempt becomes UNKNOWN after `sendingAfterSeconds`. `secondsSinceSent`
 * is by the clock of the database.
 *
 * @throws AppError `database_unavailable`
 */
export async function claimUnsettled(
  db: Database,
  wanted: {
    holder: string
    limit: number
    sendingAfterSeconds: number
    readyAfterSeconds: number
    /** Whether the READY attempts that an open breaker put off are due at once. */
    pausedToo: boolean
    claimSeconds: number
  },
): Promise<UnsettledAttempt[]> {
  const { attempts } = await callChecked(db, unsettled, 'claim_unsettled', wanted)
  return attempts
}

const decided = z.object({
  decided: z.boolean(),
  state: attemptState,
  /** The decision that was made; if none was, the last one about the attempt. */
  decision: decision.nullable(),
})

/**
 * Ends an attempt by a person's decision. The attempt must be MANUAL or LOST; or, `quietSeconds` since its send, UNKNOWN, or
 * READY if an earlier send may have been applied; or APPLIED before the platform went back or, `quietSeconds` ago, by a
 * person. To be withdrawn it must be READY, and no earlier send may have been applied. Any other attempt does not change,
 * and `decided` is false.
 *
 * @param wanted.note at most 1,000 characters
 * @throws AppError `not_found` when there is no such attempt, `database_unavailable`
 */
export function decideAttempt(
  db: Database,
  wanted: {
    attemptId: string
    decision: 'applied' | 'rejected' | 'not_applied' | 'withdrawn'
    note: string | null
    keyName: string
    quietSeconds: number
  },
): Promise<z.infer<typeof decided>> {
  return callChecked(db, decided, 'decide_attempt', wanted)
}
