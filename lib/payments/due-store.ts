import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { count, textOrNull, time } from '../db/shapes.ts'
import { LEDGER_PAYMENT_KINDS, type LedgerMemo, type LedgerPayment } from '../ledger/source.ts'
import { parseAsset } from '../stellar/asset.ts'
import {
  type JudgedPayment,
  type ObservedAccount,
  type RecordedPage,
  recordedPage,
  toRow,
} from './store.ts'

/** A stored payment whose transaction may have changed. */
export interface DuePayment extends LedgerPayment {
  /** Tells this mark from one that is made later. */
  dueMark: string
  source: ObservedAccount['source']
}

const duePage = z.object({
  before: z.string(),
  payments: z.array(
    z.object({
      operationId: z.string(),
      dueMark: z.string(),
      source: z.enum(['horizon', 'rpc']),
      cursor: z.string(),
      ledger: count,
      closedAt: time,
      transactionHash: z.string(),
      successful: z.boolean(),
      kind: z.enum(LEDGER_PAYMENT_KINDS),
      from: textOrNull,
      fromMuxedId: textOrNull,
      to: textOrNull,
      toMuxedId: textOrNull,
      asset: textOrNull,
      amount: textOrNull,
      memoType: z.enum(['none', 'text', 'id', 'hash', 'other']),
      memo: textOrNull,
    }),
  ),
})

/**
 * Reads the payments of an account that are to be judged again, the longest due first.
 *
 * @param wanted.before of the first page; null reads what is due now
 * @throws AppError `database_unavailable`
 */
export async function findDue(
  db: Database,
  wanted: { account: string; epoch: number; limit: number; before: string | null },
): Promise<{ before: string; payments: DuePayment[] }> {
  const { before, payments } = await callChecked(db, duePage, 'find_due', wanted)
  return {
    before,
    payments: payments.map(({ memoType, memo, asset, ...payment }) => ({
      ...payment,
      asset: parseAsset(asset),
      memo: readStoredMemo(memoType, memo ?? ''),
    })),
  }
}

function readStoredMemo(type: LedgerMemo['type'], value: string): LedgerMemo {
  if (type === 'none') return { type }
  return type === 'other' ? { type, shown: value } : { type, value }
}

/**
 * Records payments that were due with their new verdicts, in one step. One that was marked again since it was read stays
 * due. `recorded` is false, and nothing was written, when another process has taken over.
 *
 * @throws AppError `database_unavailable`
 */
export function recordDue(
  db: Database,
  page: ObservedAccount & {
    leaseSeconds: number
    /** At most 200. */
    payments: readonly (JudgedPayment & Pick<DuePayment, 'dueMark' | 'source'>)[]
  },
): Promise<RecordedPage> {
  const payments = page.payments.map(toRow)
  return callChecked(db, recordedPage, 'record_due', { ...page, payments })
}
