import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { count, textOrNull } from '../db/shapes.ts'
import type { Alarm } from './alarm.ts'
import { type JudgedPayment, type ObservedAccount, recordedPage, toRow } from './store.ts'

const dueAccounts = z.object({ accounts: z.array(z.string()) })

/** Finds the accounts whose side look is due, the longest due first. @throws AppError `database_unavailable` */
export async function findSideLooks(
  db: Database,
  wanted: { accounts: readonly string[]; source: ObservedAccount['source'] },
): Promise<string[]> {
  return (await callChecked(db, dueAccounts, 'find_side_looks', wanted)).accounts
}

const sideLookStart = z.discriminatedUnion('started', [
  z.object({
    started: z.literal(true),
    epoch: count,
    /** The cursor with which the observer started. */
    startCursor: z.string(),
    /** The cursor of the observer. */
    cursor: z.string(),
    checkpoint: z.object({ sequence: count, hash: z.string() }).nullable(),
    balanceCursor: textOrNull,
    effectCursor: textOrNull,
  }),
  z.object({ started: z.literal(false) }),
])
export type SideLookStart = z.infer<typeof sideLookStart>

/**
 * Takes the side look of an account for `leaseSeconds`, unless another process has it, or the account has an alarm.
 *
 * @throws AppError `database_unavailable`
 */
export function beginSideLook(
  db: Database,
  look: ObservedAccount & { leaseSeconds: number },
): Promise<SideLookStart> {
  return callChecked(db, sideLookStart, 'begin_side_look', look)
}

const unrecorded = z.object({ operationIds: z.array(z.string()) })

/** Finds those of some operations that are not recorded as payments. @throws AppError `database_unavailable` */
export async function findUnrecorded(
  db: Database,
  wanted: { epoch: number; operationIds: readonly string[] },
): Promise<string[]> {
  if (wanted.operationIds.length === 0) return []
  return (await callChecked(db, unrecorded, 'find_unrecorded', wanted)).operationIds
}

/**
 * Records claimable balances and clawbacks, and moves the places of the side look; null leaves a place. An operation that
 * is recorded stays as it is.
 *
 * @throws AppError `ledger_changed` when an operation belonged to another transaction before, `database_unavailable`
 */
export function recordSideMovements(
  db: Database,
  page: ObservedAccount & {
    leaseSeconds: number
    balanceCursor: string | null
    effectCursor: string | null
    /** At most 200, none of them credited. */
    payments: readonly JudgedPayment[]
  },
): Promise<z.infer<typeof recordedPage>> {
  const payments = page.payments.map(toRow)
  return callChecked(db, recordedPage, 'record_side_movements', { ...page, payments })
}

const ended = z.object({ ended: z.boolean() })

/** Gives the side look back. @throws AppError `database_unavailable` */
export async function endSideLook(
  db: Database,
  end: ObservedAccount & {
    /** Everything that Horizon has is recorded. */
    isComplete: boolean
    /** When the next one is due. */
    nextSeconds: number
    failure: Alarm | null
  },
): Promise<void> {
  await callChecked(db, ended, 'end_side_look', end)
}
