import { PlatformReadError } from '../platform/client.ts'
import type { FailedReading, UpdateIo } from './context.ts'
import { type RecordedOutcome, storeTransactions } from './store.ts'
import { findOthers, recordUnreadable } from './store-settling.ts'
import type { StoredAttempt } from './stored-attempt.ts'

/** 15 min in which only this transaction fails are no outage: nobody but a person can end its update. */
const MANUAL_AFTER_SECONDS = 900
/** Each transaction that is read for comparison may itself be one that fails. */
const MOST_OTHERS = 3

/** After such a failure no other transaction can be read either. */
const FOR_ALL: ReadonlySet<FailedReading['code']> = new Set([
  'paused',
  'credential_refused',
  'unprotected',
])

/**
 * Puts off an attempt of which nobody waits for the result, because its transaction could not be read. It becomes MANUAL
 * after 15 minutes in which other transactions could be read at each try; while none can be read, it waits.
 */
export async function putOffUnreadable(
  attempt: Pick<StoredAttempt, 'attemptId' | 'rpcId' | 'transactionId'>,
  failed: FailedReading,
  next: { from: 'READY' | 'UNKNOWN'; outcome: object; settleInSeconds: number },
  io: UpdateIo,
): Promise<RecordedOutcome> {
  const { attemptId, rpcId, transactionId } = attempt
  return recordUnreadable(io.db, {
    attemptId,
    rpcId,
    ...next,
    othersAreRead: !FOR_ALL.has(failed.code) && (await areOthersRead(transactionId, io)),
    manualAfterSeconds: MANUAL_AFTER_SECONDS,
  })
}

/** Reads other transactions until one can be read. */
async function areOthersRead(transactionId: string, { db, platform }: UpdateIo): Promise<boolean> {
  for (const id of await findOthers(db, { transactionId, limit: MOST_OTHERS })) {
    try {
      const transaction = await platform.getTransaction(id)
      if (transaction === null) continue
      await storeTransactions(db, [transaction.document])
      return true
    } catch (error) {
      if (!(error instanceof PlatformReadError)) throw error
      if (!error.isAnswered) return false
    }
  }
  return false
}
