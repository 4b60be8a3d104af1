import * as z from 'zod'
import type { Database } from '../db/client.ts'
import { choice, choices, instant, integer, pageCursor } from '../http/parameters.ts'
import { type PlatformProfile, UPDATE_METHODS } from '../platform/methods.ts'
import { KINDS, SEPS, TRANSACTION_STATUSES } from '../platform/status.ts'
import { isAccountId } from '../stellar/account-id.ts'
import { spellingsOfMemo } from '../stellar/memo.ts'
import { parseMuxedAccount } from '../stellar/muxed-account.ts'
import { transactionId } from './read-routes.ts'
import {
  type AttemptPage,
  readAttempts,
  readTransactions,
  type TransactionPage,
} from './store-reads.ts'
import { attemptState } from './stored-attempt.ts'
import { withWarnings } from './warnings.ts'

const paging = {
  order: choice(['asc', 'desc']).default('asc'),
  limit: integer(1, 200).default(50),
  cursor: pageCursor(1100),
}

const EXTERNAL_ID = 'the id of a transfer outside Stellar, 1 to 255 characters'
const MEMO = 'a memo of at most 255 bytes as the platform shows it, or a hash memo in hex or base64'
const HASH = 'the hash of a Stellar transaction, 64 hexadecimal characters'
const ACCOUNT = 'an account, G… of 56 or M… of 69 characters'

export const transactionsParameters = z.object({
  status: choices(TRANSACTION_STATUSES).optional(),
  kind: choice(KINDS).optional(),
  sep: choice(SEPS).optional(),
  updatedSince: instant().optional(),
  attemptState: choices(attemptState.options).optional(),
  memo: z
    .string({ error: MEMO })
    .refine((text) => Buffer.byteLength(text) <= 255, { error: MEMO })
    .optional(),
  externalTransactionId: z
    .string({ error: EXTERNAL_ID })
    .max(255, { error: EXTERNAL_ID })
    .optional(),
  stellarTransaction: z
    .string({ error: HASH })
    .regex(/^[0-9a-f]{64}$/i, { error: HASH })
    .toLowerCase()
    .optional(),
  account: z
    .string({ error: ACCOUNT })
    .refine((text) => isAccountId(text) || parseMuxedAccount(text) !== null, { error: ACCOUNT })
    .optional(),
  ...paging,
})

/**
 * Reads a page of the stored transactions, the longest unchanged first, or with `desc` the last changed first.
 *
 * @throws AppError `invalid_parameter`, `database_unavailable`
 */
export function listTransactions(
  { status, memo, ...filter }: z.output<typeof transactionsParameters>,
  { db }: { db: Database },
): Promise<TransactionPage> {
  return readTransactions(db, {
    statuses: status ?? null,
    kind: filter.kind ?? null,
    sep: filter.sep ?? null,
    updatedSince: filter.updatedSince ?? null,
    attemptStates: filter.attemptState ?? null,
    memos: memo === undefined ? null : spellingsOfMemo(memo),
    externalTransactionId: filter.externalTransactionId ?? null,
    stellarTransaction: filter.stellarTransaction ?? null,
    account: filter.account ?? null,
    order: filter.order,
    limit: filter.limit,
    cursor: filter.cursor ?? null,
  })
}

export const attemptsParameters = z.object({
  state: choices(attemptState.options).optional(),
  transactionId: transactionId.optional(),
  method: choice(UPDATE_METHODS).optional(),
  since: instant().optional(),
  ...paging,
})

/**
 * Reads a page of the attempts of all transactions in the order in which they were stored, or with `desc` the newest first.
 *
 * @throws AppError `invalid_parameter`, `database_unavailable`
 */
export async function listAttempts(
  { state, method, since, order, limit, ...filter }: z.output<typeof attemptsParameters>,
  { db, profile }: { db: Database; profile: () => Promise<PlatformProfile | null> },
): Promise<AttemptPage> {
  const reading = readAttempts(db, {
    states: state ?? null,
    transactionId: filter.transactionId ?? null,
    method: method ?? null,
    since: since ?? null,
    order,
    limit,
    cursor: filter.cursor ?? null,
  })
  const [{ attempts, next }, platform] = await Promise.all([reading, profile()])
  return { attempts: attempts.map((attempt) => withWarnings(attempt, platform)), next }
}
