import type { Database } from '../../db/client.ts'
import { LedgerError } from '../../ledger/source.ts'
import type { Log } from '../../log.ts'
import { NETWORK_PASSPHRASE, type Network } from '../../stellar/network.ts'
import type { IssuerSource } from './read-issuers.ts'
import { readDueIssuers, recordIssuers } from './store.ts'

/** An issuer changes its home domain once in years. */
const REFRESH_SECONDS = 24 * 3_600

/**
 * Reads the issuers that are due from the ledger and stores them. It runs beside the checks of home domains, which use what
 * is stored. A ledger that does not answer leaves the stored accounts as they are.
 *
 * @returns how many accounts were stored, and how many are still due
 * @throws AppError `database_unavailable`
 */
export async function refreshIssuers(
  network: Network,
  io: { db: Database; source: IssuerSource; log: Log },
): Promise<{ recorded: number; due: number }> {
  const { accounts, due } = await readDueIssuers(io.db, {
    network,
    olderThanSeconds: REFRESH_SECONDS,
    limit: io.source.limit,
  })
  if (accounts.length === 0) return { recorded: 0, due }
  try {
    const read = await io.source.read(accounts, NETWORK_PASSPHRASE[network])
    const { recorded } = await recordIssuers(io.db, { network, accounts: read })
    return { recorded, due: due - recorded }
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error
    io.log('warn', 'issuers_unread', { error })
    return { recorded: 0, due }
  }
}
