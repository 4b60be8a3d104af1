import { opsParameters, runOps } from '../lib/anchors/ops.ts'
import { readCatalogHealth } from '../lib/anchors/store.ts'
import type { Deps } from '../lib/deps.ts'
import type { WorldClock } from './world/anchor-site.ts'

/**
 * How many hours before the start the earlier runs took place. Three failures in a row disable an anchor, evidence is too old
 * after 72 hours, and two sign-ins that fail are at least an hour apart.
 */
const RUNS_HOURS_AGO = [96, 26, 2]
const HOUR_MS = 3_600_000

/** The time of a simulated world, which its history sets back. */
export interface SetBackClock extends WorldClock {
  hoursAgo: number
}

/** A clock that shows the time of the machine until it is set back. */
export function createSetBackClock(): SetBackClock {
  const clock: SetBackClock = {
    startedAt: new Date(),
    hoursAgo: 0,
    now: () => new Date(Date.now() - clock.hoursAgo * HOUR_MS),
  }
  return clock
}

/**
 * Runs the syncs of the days before the first start, so that the catalog shows what only time shows: evidence that is too
 * old, anchors that failed again and again, and sign-ins that failed twice. It does nothing for a catalog that has anchors.
 *
 * @param deps they read the clock that is set back, and log nothing
 */
export async function playHistory(clock: SetBackClock, deps: Deps): Promise<void> {
  if ((await readCatalogHealth(deps.db)).homeDomains > 0) return
  try {
    for (const hoursAgo of RUNS_HOURS_AGO) {
      clock.hoursAgo = hoursAgo
      const sync = opsParameters.parse({ action: 'sync', refreshLimit: 1000 })
      await runOps(sync, deps, { scheduled: false })
    }
    // Anybody may write the home domain of an anchor into an account. The walk finds such an account.
    const walk = { action: 'sync', mode: 'horizon', refreshLimit: 1 }
    await runOps(opsParameters.parse(walk), deps, { scheduled: false })
  } finally {
    clock.hoursAgo = 0
  }
}
