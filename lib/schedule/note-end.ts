import type { Database } from '../db/client.ts'
import { codeOfError, type ErrorCode } from '../errors.ts'
import type { Log } from '../log.ts'
import type { ScheduledKind } from './kinds.ts'
import { endScheduledRun } from './store.ts'

/**
 * Does the work of a scheduled run and notes how it ended, so that health can tell. Runs of the catalog note it by themselves,
 * with their answers. A note that fails does not fail the run.
 *
 * @throws every error of `work`
 */
export async function notingEnd<T>(
  kind: ScheduledKind,
  { db, log }: { db: Database; log: Log },
  work: () => Promise<T>,
): Promise<T> {
  const note = async (failure: ErrorCode | null) => {
    try {
      await endScheduledRun(db, { kind, failure })
    } catch (error) {
      log('warn', 'run_end_not_noted', { kind, error })
    }
  }
  try {
    const answer = await work()
    await note(null)
    return answer
  } catch (error) {
    await note(codeOfError(error))
    throw error
  }
}
