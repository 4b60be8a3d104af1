import * as z from 'zod'
import type { Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import { boolean } from '../http/parameters.ts'
import { PlatformReadError } from '../platform/client.ts'
import { compareInstants, isEarlier } from '../platform/instant.ts'
import type { PlatformProfile } from '../platform/methods.ts'
import { type PlatformTransaction, updatedAt } from '../platform/transaction.ts'
import { documentsOf, type UpdateIo } from './context.ts'
import { isLost } from './look-again.ts'
import { settleIfShown } from './proof.ts'
import { readTransaction, type TransactionRecord } from './store-reads.ts'
import { endLooks } from './store-settling.ts'
import type { AttemptState, StoredAttempt } from './stored-attempt.ts'
import { withWarnings } from './warnings.ts'
import { storeShown } from './went-back.ts'

const ID = 'the id of a transaction, 1 to 255 characters'
export const transactionId = z.string({ error: ID }).min(1, { error: ID }).max(255, { error: ID })

export const transactionParameters = z.object({
  id: transactionId,
  refresh: boolean().default(false),
})

/**
 * Reads one stored transaction with its history, attempts and refunds. With `refresh` it is read from the platform and
 * stored first, an open attempt that it shows is settled, and `atPlatform` says whether the platform still has it.
 *
 * @throws AppError `not_found`, `platform_unavailable`, `database_unavailable`
 */
export async function showTransaction(
  { id, refresh }: z.output<typeof transactionParameters>,
  {
    db,
    profile,
    updates,
  }: {
    db: Database
    profile: () => Promise<PlatformProfile | null>
    updates: () => Promise<UpdateIo>
  },
): Promise<TransactionRecord & { atPlatform?: boolean }> {
  const warned = async (record: TransactionRecord) => {
    const platform = await profile()
    return {
      ...record,
      attempts: record.attempts.map((attempt) => withWarnings(attempt, platform)),
    }
  }
  if (!refresh) {
    const hint = 'a stored transaction; refresh=true reads it from the platform'
    return warned(mustBeStored(id, await readTransaction(db, id), hint))
  }
  const io = await updates()
  const current = await storeCurrent(id, db, io)
  const record = mustBeStored(id, await readTransaction(db, id), 'a transaction of the platform')
  const isSettled = current !== null && (await settleShown(record, current, io))
  const latest = isSettled ? await readTransaction(db, id) : null
  return { ...(await warned(latest ?? record)), atPlatform: current !== null }
}

function mustBeStored(
  id: string,
  record: TransactionRecord | null,
  allowed: string,
): TransactionRecord {
  if (record) return record
  const what = `The transaction "${id}"`
  throw new AppError('not_found', [
    { path: 'id', what, place: 'path', problem: 'is not stored', allowed },
  ])
}

const OPEN: ReadonlySet<AttemptState> = new Set(['SENDING', 'UNKNOWN', 'MANUAL'])

/** Settles the open attempts that a reading proves, and looks for the last applied one. @returns whether any changed */
async function settleShown(
  { attempts, transaction: stored }: TransactionRecord,
  transaction: PlatformTransaction,
  io: UpdateIo,
): Promise<boolean> {
  // The record was read after this reading was stored, in one step with the attempts.
  const isTruth = !isEarlier(transaction.updated_at, updatedAt(stored))
  // What an open update changed would look like a loss of the one before it.
  const isOpen = attempts.some(({ state }) => OPEN.has(state))
  const settled = await Promise.all(
    attempts.map(async (attempt) => {
      if (attempt.state !== 'APPLIED')
        return (await settleIfShown(attempt, transaction, io)) !== null
      if (attempt.settleAt === null || isOpen) return false
      // Only the settler reads after it knows of the update. An earlier state counts once it is the stored one.
      if (!isTruth && isOlder(transaction, attempt)) return false
      const lost = await isLost(attempt, transaction, isTruth, io)
      if (!lost && isTruth) {
        await endLooks(io.db, { looks: [attempt], settleInSeconds: null })
      }
      return lost
    }),
  )
  return settled.includes(true)
}

/** Whether a reading may be from before an update was applied. */
function isOlder({ updated_at }: PlatformTransaction, { post }: StoredAttempt): boolean {
  const applied = updatedAt(post)
  return applied !== null && compareInstants(applied, updated_at) === 'unclear'
}

async function storeCurrent(
  id: string,
  db: Database,
  { platform, log }: Pick<UpdateIo, 'platform' | 'log'>,
): Promise<PlatformTransaction | null> {
  try {
    const transaction = await platform.getTransaction(id)
    if (transaction === null) return null
    const readAgain = () => documentsOf(id, { platform })
    await storeShown([transaction.document], readAgain, { db, log })
    return transaction
  } catch (error) {
    if (!(error instanceof PlatformReadError)) throw error
    throw new AppError(
      'platform_unavailable',
      `The Anchor Platform could not be read (${error.code})`,
      {
        cause: error,
      },
    )
  }
}
