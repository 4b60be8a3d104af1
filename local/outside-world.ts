import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { FetchPolicy } from '../lib/net/fetch-policy.ts'
import type { SimulatedLedger } from './ledger/simulated-ledger.ts'
import type { LocalOptions } from './options.ts'
import type { WorldClock } from './world/anchor-site.ts'
import { ANCHORS } from './world/anchors.ts'
import { startFolderWorld } from './world/folder-world.ts'
import { startWorld } from './world/simulated-world.ts'

/** The outside world that the service sees, and the folder of its database. */
export interface OutsideWorld {
  title: string
  /** A folder for this world alone, so that the catalogs of two worlds do not mix. */
  dataFolder: string
  policy: FetchPolicy
  /** Environment variables that point the service at this world. The caller's own variables win. */
  environment: Record<string, string>
  notes: string[]
  close: () => Promise<void>
}

/**
 * Starts the world that the options ask for. The Horizon of a simulated world shows the ledger.
 * @throws Error if the folder has nothing to serve
 */
export async function startOutsideWorld(
  options: LocalOptions,
  ledger: SimulatedLedger,
  clock: WorldClock,
): Promise<OutsideWorld> {
  if (options.world === 'live') {
    return {
      title: 'the real network',
      dataFolder: 'live',
      policy: {},
      environment: {},
      notes: [],
      close: async () => {},
    }
  }
  if (options.world === 'folder') {
    const { served, skipped, ...world } = await startFolderWorld(options.folder, ledger)
    const digest = createHash('sha256').update(options.folder).digest('hex').slice(0, 8)
    return {
      title: `${served.length} files of ${options.folder}`,
      dataFolder: `world-${basename(options.folder).replace(/[^\w-]/g, '')}-${digest}`,
      policy: world.policy,
      environment: { ...urlsOf(world), STELLAR_ANCHOR_DIRECTORY_URL: world.directoryUrl },
      notes: skipped.map(({ file, reason }) => `left out ${file}: ${reason}`),
      close: world.close,
    }
  }
  const world = await startWorld({ anchors: ANCHORS, ledger, clock })
  return {
    title: `a simulated world of ${world.hosts.length} hosts`,
    dataFolder: 'simulated',
    policy: world.policy,
    environment: urlsOf(world),
    notes: [],
    close: world.close,
  }
}

function urlsOf(world: { directoryHome: string; horizonUrl: string }) {
  return {
    STELLAR_ANCHOR_DIRECTORY_HOME: world.directoryHome,
    STELLAR_HORIZON_URL: world.horizonUrl,
  }
}
