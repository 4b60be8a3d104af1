import { createSimulatedLedger, type SimulatedLedger } from '../ledger/simulated-ledger.ts'
import { anchorSites, type WorldClock } from './anchor-site.ts'
import { ANCHORS, type SimulatedAnchor } from './anchors.ts'
import { directorySite } from './directory-site.ts'
import { horizonSite } from './horizon-site.ts'
import { type Site, startWorldServer, type World } from './world-server.ts'

const DIRECTORY_HOST = 'anchors.directory.sim'
const HORIZON_HOST = 'horizon.sim'

export interface WorldDefinition {
  anchors: readonly SimulatedAnchor[]
  /** The number of first requests that Horizon answers with 429. */
  horizonRateLimited?: number
  /** Without it the world's time is that of the machine. */
  clock?: WorldClock
  /** The ledger that Horizon shows. Without it the ledger is empty. */
  ledger?: SimulatedLedger
}

/** Starts the simulated outside world: the anchors, a directory that lists them, and a Horizon. */
export async function startWorld(
  definition: WorldDefinition = { anchors: ANCHORS },
): Promise<World> {
  const { anchors, horizonRateLimited = 0, ledger = createSimulatedLedger() } = definition
  const { clock = { now: () => new Date(), startedAt: new Date() } } = definition
  const horizonUrl = `https://${HORIZON_HOST}`
  const sites = new Map<string, Site>([
    [DIRECTORY_HOST, directorySite(anchors)],
    [HORIZON_HOST, horizonSite(horizonUrl, anchors, ledger, horizonRateLimited)],
    ...anchors.flatMap((anchor) => anchorSites(anchor, clock)),
  ])
  const server = await startWorldServer(sites)
  return { ...server, directoryHome: `https://${DIRECTORY_HOST}/`, horizonUrl }
}
