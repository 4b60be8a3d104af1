import { z } from 'zod'
import { callChecked, type Database } from '../db/client.ts'
import { count, textOrNull, time } from '../db/shapes.ts'
import type { ErrorCode } from '../errors.ts'
import { SCHEDULED_KINDS, type ScheduledKind } from './kinds.ts'

const ended = z.object({ noted: z.boolean() })

/** Notes how a run ended, with the code of its error or null. @throws AppError `database_unavailable` */
export async function endScheduledRun(
  db: Database,
  run: { kind: ScheduledKind; failure: ErrorCode | null },
): Promise<void> {
  await callChecked(db, ended, 'end_scheduled_run', run)
}

export const scheduledRun = z.object({
  kind: z.enum(SCHEDULED_KINDS),
  watchedSince: time,
  /** When a run last ended, well or not. */
  endedAt: time.nullable(),
  okAt: time.nullable(),
  /** The code of the error with which the last run ended. */
  failure: textOrNull,
  failingSince: time.nullable(),
  failuresInARow: count,
})

export type ScheduledRun = z.infer<typeof scheduledRun>

const scheduledRuns = z.object({ now: time, runs: z.array(scheduledRun) })

export type ScheduledRuns = z.infer<typeof scheduledRuns>

/** Reads how the last run of each kind ended. @throws AppError `database_unavailable` */
export function readScheduledRuns(db: Database): Promise<ScheduledRuns> {
  return callChecked(db, scheduledRuns, 'read_scheduled_runs', {})
}
