import { z } from 'zod'
import { fieldsOf, isHash, isSequence, readTime, unreadable } from '../answer.ts'
import type { ClosedLedger } from '../source.ts'
import { bodyOf, type Horizon, MAX_RECORD_BYTES } from './request.ts'

const Root = z.object({
  history_latest_ledger: z.unknown().refine(isSequence),
  history_elder_ledger: z.unknown().refine(isSequence),
  network_passphrase: z.string().min(1).max(200),
})

/** Horizon's network and the range of its ledgers. @throws LedgerError */
export async function readRoot(horizon: Horizon): Promise<z.output<typeof Root>> {
  const body = bodyOf(await horizon.get('/', {}, MAX_RECORD_BYTES), '/')
  const root = Root.safeParse(body).data
  if (root === undefined) throw unreadable('Horizon / lacks its ledgers or its network')
  return root
}

/** One ledger, or null when Horizon does not have it. @throws LedgerError */
export async function readLedger(horizon: Horizon, sequence: number): Promise<ClosedLedger | null> {
  if (!isSequence(sequence)) return null
  const path = `/ledgers/${sequence}`
  const answer = await horizon.get(path, {}, MAX_RECORD_BYTES)
  if (answer.status === 404 || answer.status === 410) return null
  const fields = fieldsOf(bodyOf(answer, path))
  const closedAt = readTime(fields?.['closed_at'])
  const hash = fields?.['hash']
  if (fields?.['sequence'] !== sequence || closedAt === null || !isHash(hash)) {
    throw unreadable(`Horizon ${path} shows another ledger`)
  }
  return { sequence, closedAt, hash }
}
