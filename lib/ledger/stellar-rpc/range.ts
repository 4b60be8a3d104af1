import { z } from 'zod'
import { isSequence, unreadable } from '../answer.ts'
import { integerOf, type RpcCall, resultOf } from './call.ts'
import { readUnixTime } from './transaction.ts'

/** The ledgers that a Stellar RPC server keeps. */
export interface LedgerRange {
  oldest: number
  latest: number
  /** When the latest was closed, ISO 8601; null where the server does not say. */
  latestClosedAt: string | null
}

const Health = z.object({
  oldestLedger: z.unknown(),
  latestLedger: z.unknown(),
  latestLedgerCloseTime: z.unknown().optional(),
})

/** Asks which ledgers there are. @throws LedgerError, `ledger_unreachable` also while the server is not healthy */
export async function readRange(call: RpcCall): Promise<LedgerRange> {
  const health = Health.safeParse(resultOf(await call('getHealth', {}), 'getHealth')).data
  const oldest = integerOf(health?.oldestLedger)
  const latest = integerOf(health?.latestLedger)
  if (!isSequence(oldest) || !isSequence(latest)) {
    throw unreadable('Stellar RPC getHealth names no oldest and no latest ledger')
  }
  return { oldest, latest, latestClosedAt: readUnixTime(health?.latestLedgerCloseTime) }
}
