import { randomUUID } from 'node:crypto'
import { normaliseRows } from '../../lib/anchors/discovery/directory-row.ts'
import { importListings } from '../../lib/anchors/discovery/store.ts'
import { NEW_HEALTH } from '../../lib/anchors/health/health.ts'
import {
  type ClaimedHomeDomain,
  claimChecks,
  type JudgedCheck,
  recordChecks,
} from '../../lib/anchors/queue/store.ts'
import { finishRun, startRun } from '../../lib/anchors/store.ts'
import { createDatabase } from '../../lib/db/client.ts'
import type { Timeouts } from '../../local/world/latency-ladder.ts'
import { countingFetch, type DatabaseAddress } from '../database.ts'
import type { WorldAddress } from '../world.ts'
import { checkSequentially, openWorld } from './sequential-check.ts'

export interface SequentialInput {
  database: DatabaseAddress
  world: WorldAddress
  timeouts: Timeouts
  isFirstOfDay: boolean
}

export interface SequentialFigures {
  durationMs: number
  processed: number
  ok: number
  databaseCalls: number
  /** To the anchors. */
  requests: number
}

const NETWORK = 'mainnet'
const LEASE_SECONDS = 60
const WINDOW_HOURS = 6

// Does the work of a sync the simple way: one anchor after another, one request after another, one database call each.
const input = JSON.parse(process.argv[2] ?? '') as SequentialInput
const { database, world, timeouts } = input
const counted = countingFetch(database)
const db = createDatabase({ ...database, fetch: counted.fetch })
const { read, requests } = openWorld(world)

function checkOf(
  { domain, window }: ClaimedHomeDomain,
  durationMs: number,
  error: string | undefined,
): JudgedCheck {
  const outcome = error === undefined ? 'ok' : 'unsure'
  return {
    shown: {},
    check: {
      domain,
      checkedAt: new Date().toISOString(),
      durationMs,
      outcome,
      ...(error === undefined ? {} : { error }),
      capability: null,
      trust: null,
      operational: null,
      listings: null,
      patienceSeconds: 0,
      findings: [],
    },
    window: { startedAt: window.startedAt, outcome },
    ...{ before: NEW_HEALTH, identity: null, events: [] },
    health: { ...NEW_HEALTH, lastOutcome: outcome },
    windowsUntilNext: 1,
    priority: 0,
  }
}

const startedAt = performance.now()
const run = await startRun(db, {
  kind: 'sync',
  trigger: 'manual',
  holder: randomUUID(),
  leaseSeconds: LEASE_SECONDS,
  quietSeconds: 0,
  quietFrom: 'finish',
  cursorSource: null,
})
if (!run.started) throw new Error(`The sequential sync did not start: ${run.skipped}`)
const { runId, fence } = run
const directory = await read(world.directoryUrl, { timeoutMs: timeouts.requestMs })
const { anchors } = JSON.parse(directory.text) as { anchors: unknown[] }
const { listings } = normaliseRows(anchors, { network: NETWORK, allowedDomains: [] })
await importListings(db, {
  network: NETWORK,
  listings,
  active: true,
  source: world.directoryUrl,
  dryRun: false,
  cursor: null,
  run: { id: runId, fence },
})
const token = randomUUID()
const domains = await claimChecks(db, {
  ...{
    network: NETWORK,
    runId,
    token,
    limit: 1_000,
    claimSeconds: 3_600,
    windowHours: WINDOW_HOURS,
  },
  now: new Date().toISOString(),
  onlyDue: false,
  country: null,
})
let ok = 0
for (const claimed of domains) {
  const checkStartedAt = performance.now()
  const error = await checkSequentially(claimed.domain, read, timeouts, input.isFirstOfDay).then(
    () => undefined,
    String,
  )
  if (error === undefined) ok += 1
  const checks = [checkOf(claimed, performance.now() - checkStartedAt, error)]
  await recordChecks(db, { network: NETWORK, runId, token, windowHours: WINDOW_HOURS, checks })
}
await finishRun(db, { runId, fence, answer: { status: 'ok' }, failure: null })
const figures: SequentialFigures = {
  durationMs: performance.now() - startedAt,
  processed: domains.length,
  ok,
  databaseCalls: counted.calls(),
  requests: requests() - 1,
}
process.send?.(figures, () => process.exit())
