import '../../lib/anchors/sync.ts'
import { opsParameters, runOps } from '../../lib/anchors/ops.ts'
import type { SyncAnswer } from '../../lib/anchors/sync.ts'
import { readConfig } from '../../lib/config.ts'
import { createDeps } from '../../lib/deps.ts'
import '../../lib/net/guarded-connector.ts'
import { countingFetch, type DatabaseAddress } from '../database.ts'
import { type Cost, watch } from '../watch.ts'
import { policyOf, type WorldAddress } from '../world.ts'

export interface SyncInput {
  database: DatabaseAddress
  world: WorldAddress
  /** Without it the default. */
  domainConcurrency?: number
}

export interface SyncFigures extends Cost {
  processed: number
  ok: number
  databaseCalls: number
  /** Database calls that renewed the lease or the claims, and those for a batch of checks after the first one. */
  heartbeats: number
  /** To the anchors. */
  requests: number
}

// Runs one sync in a fresh process with the dependencies of a function instance. Our own modules are loaded beforehand: here
// Node strips their types, which takes 0.2 s of CPU and 30 MB that a built function does not need.
const { database, world, domainConcurrency } = JSON.parse(process.argv[2] ?? '') as SyncInput
const counted = countingFetch(database)
const config = readConfig({
  SUPABASE_URL: database.url,
  SUPABASE_SERVICE_ROLE_KEY: database.serviceKey,
  STELLAR_HORIZON_URL: world.horizonUrl,
})
const built = createDeps(config, { databaseFetch: counted.fetch, fetchPolicy: policyOf(world) })
const others = [world.directoryUrl, world.horizonUrl]
let requests = 0
const deps: typeof built = {
  ...built,
  fetch: (url, request) => {
    if (!others.some((other) => url.startsWith(other))) requests += 1
    return built.fetch(url, request)
  },
}
const parameters = opsParameters.parse({
  action: 'sync',
  sourceUrl: world.directoryUrl,
  ...(domainConcurrency === undefined ? {} : { domainConcurrency }),
  refreshLimit: 1_000,
})

const { value, cost } = await watch(() => runOps(parameters, deps, { scheduled: false }))
const { status, error, refresh } = value.body as SyncAnswer
if (status !== 'ok') throw new Error(`The sync failed: ${error}`)
const figures: SyncFigures = {
  ...cost,
  processed: refresh.processed,
  ok: refresh.ok,
  databaseCalls: counted.calls(),
  heartbeats:
    counted.calls('renew_lease') +
    counted.calls('renew_claims') +
    ['claim_checks', 'read_issuers', 'record_checks'].reduce(
      (sum, name) => sum + Math.max(counted.calls(name) - 1, 0),
      0,
    ),
  requests,
}
process.send?.(figures, () => process.exit())
