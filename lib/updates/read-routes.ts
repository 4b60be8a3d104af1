import * as z from 'zod'
import type { Database } from '../db/client.ts'
import { AppError, invalidBody } from '../errors.ts'
import { boolean, choice, integer, mergeParameters, parseParameters } from '../http/parameters.ts'
import { type PlatformApi, PlatformReadError } from '../platform/client.ts'
import type { PlatformProfile } from '../platform/methods.ts'
import { KINDS, SEPS, TRANSACTION_STATUSES } from '../platform/status.ts'
import type { UpdateIo } from './context.ts'
import { QUIET_SECONDS } from './result.ts'
import {
  type AttemptState,
  decideAttempt,
  readTransaction,
  readTransactions,
  storeTransactions,
  type TransactionPage,
  type TransactionRecord,
} from './store.ts'
import { warningsOf } from './warnings.ts'

const INSTANT = 'an ISO 8601 instant in UTC such as 2026-11-21T08:00:00Z'
const ID = 'the id of a transaction, 1 to 255 characters'
const id = z.string({ error: ID }).min(1, { error: ID }).max(255, { error: ID })

export const transactionsParameters = z.object({
  status: choice(TRANSACTION_STATUSES).optional(),
  kind: choice(KINDS).optional(),
  sep: choice(SEPS).optional(),
  updatedSince: z.iso.datetime({ error: INSTANT }).optional(),
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
 * stored first.
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
): Promise<TransactionRecord> {
  if (refresh) await storeCurrent(id, db, (await updates()).platform)
  const record = await readTransaction(db, id)
  if (record) {
    const attempts = record.attempts.map((attempt) =>
      platform ? warned(attempt, platform) : attempt,
    )
    return { ...record, attempts }
  }
  throw new AppError(
    'not_found',
    `No transaction "${id}" is stored; ?refresh=true asks the platform for it`,
  )
}

function warned<T extends { method: string; params: object }>(
  attempt: T,
  profile: PlatformProfile,
) {
  const warnings = warningsOf(attempt, profile)
  return warnings.length === 0 ? attempt : { ...attempt, warnings }
}

async function storeCurrent(id: string, db: Database, platform: PlatformApi): Promise<void> {
  try {
    const transaction = await platform.getTransaction(id)
    if (transaction !== null) await storeTransactions(db, [transaction.document])
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
  decision: choice(['applied', 'rejected', 'not_applied']),
  note: z.string({ error: NOTE }).trim().min(1, { error: NOTE }).max(1000, { error: NOTE }),
})

/**
 * Records a person's decision about an attempt that only a person may settle. The attempt is named by the URL alone.
 *
 * @throws AppError `invalid_request_body`, `invalid_parameter`, `not_found`, `decision_refused` for an attempt in another
 *   state, `database_unavailable`
 */
export async function decide(
  { id, attemptId }: z.output<typeof attemptParameters>,
  body: object,
  { db }: { db: Database },
): Promise<{ attempt: { id: string; state: AttemptState } }> {
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
      `The attempt "${attemptId}" is ${state}; allowed: MANUAL, or UNKNOWN for more than 180 s`,
    )
  }
  return { attempt: { id: attemptId, state } }
}
