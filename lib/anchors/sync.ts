import { AppError, type ErrorCode } from '../errors.ts'
import { redactText } from '../log.ts'
import { sourceFailure } from './discovery/directory.ts'
import { type DiscoverySettings, discoverAnchors, horizonSource } from './discovery/discover.ts'
import { importListings, readDomainsBelow } from './discovery/store.ts'
import { sightsOf } from './issuers/issuer-account.ts'
import { recordIssuers } from './issuers/store.ts'
import {
  type ListingResult,
  type RefreshIo,
  type RefreshSettings,
  refreshHomeDomains,
} from './refresh.ts'
import { type Run, type Skipped, withRun } from './run.ts'

export interface SyncSettings {
  scheduled: boolean
  /** The caller has no credential. */
  limited: boolean
  /** Whether the import may drop or change more than half of a directory. */
  force: boolean
  maxDurationSeconds: number
  discovery: DiscoverySettings
  refresh: RefreshSettings
}

/** The answer of a sync, in the keys of the HTTP contract. The counts of `refresh` are home domains. */
export interface SyncAnswer {
  status: 'ok' | 'error'
  action: 'sync'
  /** The failure of the discovery. The refresh of known anchors ran anyway. */
  error?: string
  code?: ErrorCode
  runId: string
  /** ISO 8601, UTC. */
  triggeredAt: string
  durationMs: number
  sourceUrl: string | null
  discoveryMode: DiscoverySettings['mode']
  import: ImportSummary
  refresh: { requested: number; processed: number; ok: number; errors: number }
  degraded: boolean
  remaining: number
  results: ListingResult[]
  skipped?: Skipped['reason']
}

interface ImportSummary {
  source: string | null
  totalNormalized: number
  written: number
  skippedSourceRows: number
}

const NOTHING_IMPORTED: ImportSummary = {
  source: null,
  totalNormalized: 0,
  written: 0,
  skippedSourceRows: 0,
}

/**
 * Discovers anchors, imports them in one step, then checks the home domains that have waited longest.
 * A failed discovery does not stop the checks. It makes the answer's status `error`.
 *
 * @throws AppError `database_unavailable`, `lease_lost`
 */
export async function sync(settings: SyncSettings, io: RefreshIo): Promise<SyncAnswer> {
  const startedAt = io.now()
  const base = {
    action: 'sync' as const,
    triggeredAt: startedAt.toISOString(),
    sourceUrl: settings.discovery.directoryUrl && redactText(settings.discovery.directoryUrl),
    discoveryMode: settings.discovery.mode,
  }
  return withRun(
    {
      kind: 'sync',
      scheduled: settings.scheduled,
      leased: true,
      limited: settings.limited,
      cursorSource: horizonSource(settings.discovery),
      maxDurationSeconds: settings.maxDurationSeconds,
    },
    io,
    async (run) => {
      const discovered = await discoverAndImport(run, settings, io)
      const {
        degraded,
        remaining,
        results,
        lost: _,
        ...refresh
      } = await refreshHomeDomains(run, settings.refresh, io)
      return {
        status: discovered.error === undefined ? 'ok' : 'error',
        ...base,
        ...discovered,
        runId: run.id,
        durationMs: io.now().getTime() - startedAt.getTime(),
        refresh,
        degraded,
        remaining,
        results,
      }
    },
    (skipped) => ({
      status: 'ok',
      ...base,
      durationMs: 0,
      import: NOTHING_IMPORTED,
      refresh: { requested: settings.refresh.limit ?? 0, processed: 0, ok: 0, errors: 0 },
      degraded: false,
      remaining: 0,
      results: [],
      ...skipped.answer,
      runId: skipped.runId,
      skipped: skipped.reason,
    }),
  )
}

async function discoverAndImport(
  run: Run,
  settings: SyncSettings,
  io: RefreshIo,
): Promise<{ import: ImportSummary } & Pick<SyncAnswer, 'error' | 'code'>> {
  try {
    const { network } = settings.discovery
    const { source, listings, passedOver, skippedSourceRows, cursor, issuers } =
      await discoverAnchors(settings.discovery, run.cursor, {
        fetch: io.fetch,
        sleep: io.sleep,
        log: io.log,
        isOver: run.isDiscoveryOver,
        readDomainsBelow: (owners) => readDomainsBelow(io.db, { network, owners }),
      })
    const { written } = await importListings(io.db, {
      network,
      listings,
      passedOver,
      active: true,
      source,
      // Anybody may start a limited call, so what it misses counts once in 5 h.
      countedAfterHours: settings.limited ? 5 : 0,
      force: settings.force,
      dryRun: false,
      run,
      cursor,
    })
    if (issuers.size > 0) {
      const accounts = sightsOf(issuers, io.now().toISOString())
      await recordIssuers(io.db, { network, accounts })
    }
    return {
      import: { source, totalNormalized: listings.length, written, skippedSourceRows },
    }
  } catch (error) {
    const failure = discoveryFailure(error)
    if (failure === null) throw error
    io.log('warn', 'discovery_failed', { error })
    return { import: NOTHING_IMPORTED, ...failure }
  }
}

/** An import that is refused is a failure of its source too: known anchors are checked all the same. */
function discoveryFailure(error: unknown): ReturnType<typeof sourceFailure> {
  const isRefused = error instanceof AppError && error.code === 'import_refused'
  return isRefused ? { error: error.message, code: error.code } : sourceFailure(error)
}
