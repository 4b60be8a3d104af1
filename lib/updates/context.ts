import type { Database } from '../db/client.ts'
import { AppError } from '../errors.ts'
import type { LedgerSource } from '../ledger/source.ts'
import type { Log } from '../log.ts'
import { type PlatformApi, PlatformReadError } from '../platform/client.ts'
import type { Update } from '../platform/evidence.ts'
import { type PlatformProfile, resolveMethod } from '../platform/methods.ts'
import { readParams } from '../platform/params.ts'
import type { PlatformTransaction } from '../platform/transaction.ts'
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
  /** Whether no caller waits for the result, as in the settler and the payment observer. */
  unattended: boolean
}

/**
 * Resolves the method of a stored update and reads its params, as for an update that comes in a request.
 *
 * @throws AppError `internal_error` for params that cannot be read
 */
export function readStoredUpdate(
  { method: name, params: stored }: { method: string; params: object },
  profile: PlatformProfile,
): Update {
  const method = resolveMethod(name, profile)
  const { params } = readParams(method, stored)
  if (params === null) throw new AppError('internal_error', 'A stored update cannot be read.')
  return { method, params }
}

/** A transaction read from the platform; null when the platform has none with that id. */
export type TransactionReading = { transaction: PlatformTransaction | null } | { failure: string }

/** Reads a transaction from the platform. A failed reading is returned, not thrown. */
export async function readFromPlatform(id: string, io: UpdateIo): Promise<TransactionReading> {
  try {
    const [transaction, refusal] = await Promise.all([
      io.platform.getTransaction(id),
      // Runs before the send starts, so that it does not eat into the 15 s send window.
      io.platform.checkAuth(),
    ])
    return refusal === null ? { transaction } : { failure: refusal }
  } catch (error) {
    if (error instanceof PlatformReadError) return { failure: error.message }
    throw error
  }
}
