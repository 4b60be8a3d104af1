import type { Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { LedgerSource } from '../ledger/source.ts'
import type { Log } from '../log.ts'
import { isJsonObject } from '../lossless-json.ts'
import {
  type PlatformApi,
  PlatformReadError,
  type PlatformReadErrorCode,
} from '../platform/client.ts'
import type { Update } from '../platform/evidence.ts'
import { type PlatformProfile, resolveMethod } from '../platform/methods.ts'
import type { UpdateParams } from '../platform/params.ts'
import type { PlatformTransaction } from '../platform/transaction.ts'
import { takeFee } from './fee-form.ts'
import type { Turns } from './turns.ts'

/** Everything that the steps of an update read from and write to. */
export interface UpdateIo {
  db: Database
  platform: PlatformApi
  /** null if no ledger is configured. Then no update is checked against the ledger. */
  ledger: LedgerSource | null
  turns: Turns
  profile: PlatformProfile
  now: () => Date
  sleep: (ms: number) => Promise<void>
  log: Log
}

/** A stored attempt that can be sent. */
export interface ReadyAttempt extends Update {
  attemptId: string
  /** Whether a custody service pays at once. Such an attempt is never sent twice without a person. */
  custody: boolean
  /** The rpc id of the last send; null before the first send. */
  rpcId: string | null
  /** The note of a person who overrides the ledger check; null without one. */
  forced: string | null
  /** Where the update came from: `rpc`, `url` or the payment observer. */
  origin: string
  /** The operation that the payment observer judged; null for an update that others report. */
  operationId: string | null
  /** An earlier send may have been applied. Then the update is never called rejected or not applied by a machine. */
  mayBeApplied: boolean
  /** Whether no caller waits for the result, as in the settler and the payment observer. */
  unattended: boolean
}

/**
 * Resolves the method of a stored update. Its params are not read again: they were read before they were stored, and the
 * table of another release could change them or refuse them. Only its fee is written in the form of the release: the update
 * may have been stored before an upgrade of the platform.
 *
 * @throws AppError `internal_error` for params without a transaction
 */
export function readStoredUpdate(
  { method: name, params }: { method: string; params: object },
  profile: PlatformProfile,
): Update {
  const method = resolveMethod(name, profile)
  const fee = takeFee(method, params)
  const taken = 'refusal' in fee ? params : fee.params
  if (isRead(taken)) return { method, params: taken }
  throw new AppError('internal_error', 'A stored update cannot be read.')
}

function isRead(params: unknown): params is UpdateParams {
  return isJsonObject(params) && typeof params['transaction_id'] === 'string'
}

/** A transaction read from the platform; null when the platform has none with that id. */
export type TransactionReading = { transaction: PlatformTransaction | null } | FailedReading

export interface FailedReading {
  failure: string
  /** `unprotected`: it was not read, because the platform lets everybody in. */
  code: PlatformReadErrorCode | 'unprotected'
}

/** Reads a transaction from the platform before a send. A failed reading is returned, not thrown. */
export async function readFromPlatform(id: string, io: UpdateIo): Promise<TransactionReading> {
  const [reading, refusal] = await Promise.all([
    tryReading(id, io),
    // Runs before the send starts, so that it does not eat into the 10 s send window.
    io.platform.checkAuth(),
  ])
  return refusal === null ? reading : { failure: refusal, code: 'unprotected' }
}

/** Reads a transaction from the platform. A failed reading is returned, not thrown. */
export async function tryReading(
  id: string,
  { platform }: Pick<UpdateIo, 'platform'>,
): Promise<TransactionReading> {
  try {
    return { transaction: await platform.getTransaction(id) }
  } catch (error) {
    if (error instanceof PlatformReadError) return { failure: error.message, code: error.code }
    throw error
  }
}

/** The platform's own object of a transaction, alone in a list; an empty list if it cannot be read or is not there. */
export async function documentsOf(id: string, io: Pick<UpdateIo, 'platform'>): Promise<object[]> {
  const reading = await tryReading(id, io)
  return 'failure' in reading || reading.transaction === null ? [] : [reading.transaction.document]
}
