import * as z from 'zod'
import type { Database } from '../db/client.ts'
import { AppError, invalidBody } from '../errors.ts'
import {
  boolean,
  choice,
  instant,
  integer,
  mergeParameters,
  parseParameters,
} from '../http/parameters.ts'
import { PlatformReadError } from '../platform/client.ts'
import { compareInstants, isEarlier } from '../platform/instant.ts'
import { type PlatformProfile, resolveMethod } from '../platform/methods.ts'
import { KINDS, SEPS, TRANSACTION_STATUSES } from '../platform/status.ts'
import { legality, stateOf } from '../platform/status-rules.ts'
import { type PlatformTransaction, updatedAt } from '../platform/transaction.ts'
import { documentsOf, readFromPlatform, type UpdateIo } from './context.ts'
import { isLost } from './look-again.ts'
import { settleIfShown } from './proof.ts'
import { QUIET_SECONDS } from './result.ts'
import {
  readTransaction,
  readTransactions,
  type TransactionPage,
  type TransactionRecord,
} from './store-reads.ts'
import { decideAttempt, endLooks } from './store-settling.ts'
import type { AttemptState, StoredAttempt } from './stored-attempt.ts'
import { warningsOf } from './warnings.ts'
import { storeShown } from './went-back.ts'

const ID = 'the id of a transaction, 1 to 255 characters'
const id = z.string({ error: ID }).min(1, { error: ID }).max(255, { error: ID })

export const transactionsParameters = z.object({
  status: choice(TRANSACTION_STATUSES).optional(),
  kind: choice(KINDS).optional(),
  sep: choice(SEPS).optional(),
  updatedSince: instant().optional(),
  limit: integer(1, 200).default(50),
  cursor: z.string().max(400, { error: 'the "next" of an earlier page' }).optional(),
})

/** Reads a page of the stored transactions, the longest unchanged first. @throws AppError `database_unavailable` */
export function listTransactions(
  { status, kind, sep, updatedSince, limit, cursor }: z.output<typeof transactionsParameters>,
  { db }: { db: Database },
): Promise<TransactionPage> {
  return readTransactions(db, {
    status: status ?? null,
    kind: kind ?? null,
    sep: sep ?? null,
    updatedSince: updatedSince ?? null,
    cursor: cursor ?? null,
    limit,
  })
}

export const transactionParameters = z.object({ id, refresh: boolean().default(false) })

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
    config: { platform },
    updates,
  }: {
    db: Database
    config: { platform: PlatformProfile | null }
    updates: () => Promise<UpdateIo>
  },
): Promise<TransactionRecord & { atPlatform?: boolean }> {
  const warned = (record: TransactionRecord) => ({
    ...record,
    attempts: record.attempts.map((attempt) => withWarnings(attempt, platform)),
  })
  if (!refresh) {
    const hint = '?refresh=true asks the platform for it'
    return warned(mustBeStored(id, await readTransaction(db, id), hint))
  }
  const io = await updates()
  const current = await storeCurrent(id, db, io)
  const record = mustBeStored(
    id,
    await readTransaction(db, id),
    'the platform has none with this id',
  )
  const isSettled = current !== null && (await settleShown(record, current, io))
  const latest = isSettled ? await readTransaction(db, id) : null
  return { ...warned(latest ?? record), atPlatform: current !== null }
}

function mustBeStored(
  id: string,
  record: TransactionRecord | null,
  hint: string,
): TransactionRecord {
  if (record) return record
  throw new AppError('not_found', `No transaction "${id}" is stored; ${hint}`)
}

function withWarnings<T extends { method: string; params: object }>(
  attempt: T,
  profile: PlatformProfile | null,
): T {
  const warnings = profile === null ? [] : warningsOf(attempt, profile)
  return warnings.length === 0 ? attempt : { ...attempt, warnings }
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

const NOTE = 'a text of 1 to 1,000 characters that says how it is known'
export const attemptParameters = z.object({
  id,
  attemptId: z.uuid({ error: 'the id of an attempt, a UUID' }),
})
const decisionParameters = z.object({
  decision: choice(['applied', 'rejected', 'not_applied', 'withdrawn']),
  note: z.string({ error: NOTE }).trim().min(1, { error: NOTE }).max(1000, { error: NOTE }),
})

/** An update that waited behind a decided one, and what will become of it as the transaction is now. */
interface WaitingUpdate {
  id: string
  method: string
  /** `sent` and `refused` go by the status. `in_turn`: the update before it comes first. `unread`: the platform is away. */
  next: 'sent' | 'refused' | 'in_turn' | 'unread'
  expiresAt: string | null
}

/**
 * Records a person's decision about an attempt that only a person may settle, or withdraws one that was not sent. The
 * attempt is named by the URL alone. The answer says what becomes of the updates that waited behind it: each is sent only
 * if its own rules hold when its turn comes.
 *
 * @throws AppError `invalid_request_body`, `invalid_parameter`, `not_found`, `decision_refused` for an attempt in another
 *   state, `database_unavailable`
 */
export async function decide(
  { id, attemptId }: z.output<typeof attemptParameters>,
  body: object,
  { db, updates }: { db: Database; updates: () => Promise<UpdateIo> },
): Promise<{ attempt: { id: string; state: AttemptState }; waiting: WaitingUpdate[] }> {
  if (Array.isArray(body)) throw invalidBody('The body is an array; allowed: a JSON object.')
  const given = mergeParameters({ ...body }, new URLSearchParams())
  const { decision, note } = parseParameters(decisionParameters, given)
  const record = await readTransaction(db, id)
  if (!record?.attempts.some((attempt) => attempt.attemptId === attemptId)) {
    throw new AppError(
      'not_found',
      `No attempt "${attemptId}" of the transaction "${id}" is stored`,
    )
  }
  const { decided, state } = await decideAttempt(db, {
    attemptId,
    decision,
    note,
    quietSeconds: QUIET_SECONDS,
  })
  if (!decided) {
    throw new AppError(
      'decision_refused',
      `The attempt "${attemptId}" is ${state}; allowed: MANUAL, LOST, UNKNOWN for more than 180 s, or APPLIED before the platform went back or, more than 180 s ago, by a person; to be withdrawn: READY, unless an earlier send may have been applied`,
    )
  }
  return {
    attempt: { id: attemptId, state },
    waiting: await foreseeBehind(attemptId, record, updates),
  }
}

/** Says what becomes of the updates that were stored behind a decided one. */
async function foreseeBehind(
  decidedId: string,
  { id, attempts }: TransactionRecord,
  updates: () => Promise<UpdateIo>,
): Promise<WaitingUpdate[]> {
  const place = attempts.findIndex(({ attemptId }) => attemptId === decidedId)
  const waiting = attempts.slice(place + 1).filter(({ state }) => state === 'READY')
  if (waiting.length === 0) return []
  const isBehindAnother = attempts.some(
    ({ state, attemptId }, at) =>
      attemptId !== decidedId &&
      (OPEN.has(state) || state === 'LOST' || (state === 'READY' && at < place)),
  )
  // The decision is stored, so a platform that is not configured must not fail its answer.
  const io = await updates().catch(() => null)
  const reading = io && (await readFromPlatform(id, io))
  return waiting.map(({ attemptId, method: name, expiresAt }, index) => {
    const ofFirst = () => {
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
