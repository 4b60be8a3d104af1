import type { Config } from '../config.ts'
import { refreshSettings } from './ops.ts'
import { type Refresh, type RefreshIo, refreshHomeDomains } from './refresh.ts'
import { type Skipped, withRun } from './run.ts'

/** The answer of a run that checks what is due. */
export interface CheckDueAnswer extends Omit<Refresh, 'requested' | 'results'> {
  status: 'ok'
  action: 'check'
  runId: string
  /** ISO 8601, UTC. */
  triggeredAt: string
  durationMs: number
  skipped?: Skipped['reason']
}

/**
 * Checks the home domains that are due until none is left or the time is over. Any number of runs at the same time share the
 * work.
 *
 * @throws AppError `database_unavailable`
 */
export async function checkDue(deps: RefreshIo & { config: Config }): Promise<CheckDueAnswer> {
  const { config } = deps
  const startedAt = deps.now()
  const base = {
    status: 'ok' as const,
    action: 'check' as const,
    triggeredAt: startedAt.toISOString(),
  }
  const settings = {
    ...refreshSettings({}, config),
    ...{ limit: null, onlyDue: true, country: null },
  }
  return withRun(
    {
      ...{ kind: 'check', leased: false, scheduled: true, limited: false, cursorSource: null },
      maxDurationSeconds: config.sync.maxDurationSeconds,
    },
    deps,
    async (run) => {
      const { processed, ok, errors, lost, remaining, degraded } = await refreshHomeDomains(
        run,
        settings,
        deps,
      )
      const durationMs = deps.now().getTime() - startedAt.getTime()
      const counts = { processed, ok, errors, lost, remaining, degraded }
      return { ...base, runId: run.id, durationMs, ...counts }
    },
    ({ reason, runId }) => ({
      ...base,
      ...{ runId, durationMs: 0, processed: 0, ok: 0, errors: 0, lost: 0, remaining: 0 },
      degraded: false,
      skipped: reason,
    }),
  )
}
