import { z } from 'zod'
import { isSequence, unreadable } from '../answer.ts'
import { integerOf, resultOf, type StellarRpcCall } from './call.ts'
import { readUnixTime } from './transaction.ts'

/** The ledgers that a Stellar RPC server keeps. */
export interface LedgerRange {
  oldest: number
  latest: number
  /** When the latest ledger closed, ISO 8601; null when the server does not show it. */
  latestClosedAt: string | null
}

const Health = z.object({
  oldestLedger: z.unknown(),
  latestLedger: z.unknown(),
  latestLedgerCloseTime: z.unknown().optional(),
})

/** Asks which ledgers the server keeps. @throws LedgerError; `ledger_unreachable` also while the server is not healthy */
export async function readRange(call: StellarRpcCall): Promise<LedgerRange> {
  const health = Health.safeParse(resultOf(await call('getHealth', {}), 'getHealth')).data
  const oldest = integerOf(health?.oldestLedger)
  const latest = integerOf(health?.latestLedger)
  if (!isSequence(oldest) || !isSequence(latest)) {
    throw unreadable('Stellar RPC getHealth does not name its oldest and its latest ledger')
  }
  return { oldest, latest, latestClosedAt: readUnixTime(health?.latestLedgerCloseTime) }
}
