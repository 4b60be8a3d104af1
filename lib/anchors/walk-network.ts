import type { Config } from '../config.ts'
import type { ErrorCode } from '../errors.ts'
import { sourceFailure } from './discovery/directory.ts'
import { discoverFromHorizon, type HorizonDiscovery, horizonSource } from './discovery/discover.ts'
import { importListings, readDomainsBelow, readWalk } from './discovery/store.ts'
import { sightsOf } from './issuers/issuer-account.ts'
import { recordIssuers } from './issuers/store.ts'
import type { RefreshIo } from './refresh.ts'
import { type Run, type Skipped, withRun } from './run.ts'

/**
 * The pages that are stored in one step, with the cursor behind them. A run that dies loses no more. 25 pages of 200 assets
 * are up to 10,000 listings.
 */
const PAGES_PER_STEP = 25
/** A walk over all assets begins at most this often, so that one takes place each day whenever the scheduler calls. */
const REST_HOURS = 20
const STEP_SETTINGS = {
  assetPages: PAGES_PER_STEP,
  issuerLimit: 1_000,
  issuerConcurrency: 20,
  // A scheduled sync allows every domain too.
  allowedDomains: [],
}

interface WalkCounts {
  /** Pages of Horizon that were read and stored. */
  pages: number
  /** The listings that the pages gave; those that the catalog did not know are `new`. */
  listings: number
  new: number
  skippedRecords: number
  /** Why the run stopped. `walked_recently`: the last walk has reached the end, and the next one is not due. */
  stopped: HorizonDiscovery['stopped'] | 'walked_recently' | null
}

/** The answer of a run that walks over the assets of the network. */
export interface WalkAnswer extends WalkCounts {
  status: 'ok' | 'error'
  action: 'discover'
  error?: string
  code?: ErrorCode
  runId: string
  /** ISO 8601, UTC. */
  triggeredAt: string
  durationMs: number
  /** The Horizon, as listings name it. */
  source: string
  skipped?: Skipped['reason']
}

const NOTHING: WalkCounts = { pages: 0, listings: 0, new: 0, skippedRecords: 0, stopped: null }

/**
 * Walks over all assets of the network on Horizon, from where the last run stopped, until the end or until the time of the
 * run is over. One run at a time walks, beside a sync and beside the checks.
 *
 * @throws AppError `database_unavailable`, `lease_lost`
 */
export async function walkNetwork(deps: RefreshIo & { config: Config }): Promise<WalkAnswer> {
  const { config } = deps
  const startedAt = deps.now()
  const source = horizonSource(config.discovery)
  const base = {
    status: 'ok' as const,
    action: 'discover' as const,
    triggeredAt: startedAt.toISOString(),
    source,
  }
  return withRun(
    {
      ...{ kind: 'discover', leased: true, scheduled: true, limited: false, cursorSource: source },
      maxDurationSeconds: config.sync.maxDurationSeconds,
    },
    deps,
    async (run) => {
      const walked = await walkOn(run, source, deps)
      return {
        ...base,
        ...walked,
        runId: run.id,
        durationMs: deps.now().getTime() - startedAt.getTime(),
      }
    },
    ({ reason, runId }) => ({ ...base, ...NOTHING, runId, durationMs: 0, skipped: reason }),
  )
}

async function walkOn(
  run: Run,
  source: string,
  deps: RefreshIo & { config: Config },
): Promise<WalkCounts & Partial<Pick<WalkAnswer, 'status' | 'error' | 'code'>>> {
  const { isDue, position } = await readWalk(deps.db, { source, restHours: REST_HOURS })
  if (!isDue) return { ...NOTHING, stopped: 'walked_recently' }
  const counts = { ...NOTHING }
  let next = position
  while (counts.stopped === null) {
    try {
      const found = await walkStep(run, next, deps)
      counts.pages += found.pages
      counts.listings += found.listings.length
      counts.new += found.new
      counts.skippedRecords += found.skippedSourceRows
      next = found.cursor.position
      const goesOn = found.stopped === 'page_limit' || found.stopped === 'issuer_limit'
      counts.stopped = goesOn ? null : found.stopped
    } catch (error) {
      const failure = sourceFailure(error)
      if (failure === null) throw error
      deps.log('warn', 'walk_failed', { error })
      // What the steps before have stored stays, and the next run goes on behind it.
      if (counts.pages > 0) return { ...counts, stopped: 'page_failed' }
      return { ...counts, stopped: 'page_failed', status: 'error', ...failure }
    }
  }
  return counts
}

/** Reads some pages and stores what they list. The cursor is committed with the listings. */
async function walkStep(
  run: Run,
  position: string | null,
  { config, db, fetch, sleep, log, now }: RefreshIo & { config: Config },
): Promise<HorizonDiscovery & { new: number }> {
  const { network } = config
  const found = await discoverFromHorizon(
    { ...STEP_SETTINGS, network, horizonUrl: config.discovery.horizonUrl },
    position,
    {
      ...{ fetch, sleep, log, isOver: () => run.signal.aborted || run.isTooLateToStart() },
      readDomainsBelow: (owners) => readDomainsBelow(db, { network, owners }),
    },
  )
  run.signal.throwIfAborted()
  // Before the cursor moves: a run that dies in between reads the issuers of these pages again.
  if (found.issuers.size > 0) {
    await recordIssuers(db, { network, accounts: sightsOf(found.issuers, now().toISOString()) })
  }
  const { listings, passedOver, source, cursor } = found
  const stored = await importListings(db, {
    ...{ network, listings, passedOver, source, cursor, run },
    ...{ active: true, dryRun: false },
  })
  return { ...found, new: stored.new }
}
