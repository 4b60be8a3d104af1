import {
  type ListingResult,
  type RefreshIo,
  type RefreshSettings,
  refreshHomeDomains,
} from './refresh.ts'
import { type Skipped, withRun } from './run.ts'

export interface RefreshCapabilitiesSettings {
  scheduled: boolean
  maxDurationSeconds: number
  refresh: RefreshSettings
}

/** The answer of a refresh, in the keys of the HTTP contract. The counts are home domains. */
export interface RefreshCapabilitiesAnswer {
  status: 'ok'
  action: 'refresh_capabilities'
  runId: string
  refreshed: number
  ok: number
  errors: number
  degraded: boolean
  remaining: number
  results: ListingResult[]
  skipped?: Skipped['reason']
}

/**
 * Checks known home domains again, without a discovery.
 *
 * @throws AppError `database_unavailable`, `lease_lost`
 */
export async function refreshCapabilities(
  settings: RefreshCapabilitiesSettings,
  io: RefreshIo,
): Promise<RefreshCapabilitiesAnswer> {
  const base = { status: 'ok', action: 'refresh_capabilities' } as const
  return withRun(
    {
      kind: 'refresh_capabilities',
      scheduled: settings.scheduled,
      leased: false,
      limited: false,
      cursorSource: null,
      maxDurationSeconds: settings.maxDurationSeconds,
    },
    io,
    async (run) => {
      const {
        processed,
        requested: _,
        lost: __,
        ...rest
      } = await refreshHomeDomains(run, settings.refresh, io)
      return { ...base, runId: run.id, refreshed: processed, ...rest }
    },
    (skipped) => ({
      ...base,
      refreshed: 0,
      ok: 0,
      errors: 0,
      degraded: false,
      remaining: 0,
      results: [],
      ...skipped.answer,
      runId: skipped.runId,
      skipped: skipped.reason,
    }),
  )
}
