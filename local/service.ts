import { resolve } from 'node:path'
import { readConfig } from '../lib/config.ts'
import { createDeps, type Deps, useDeps } from '../lib/deps.ts'
import type { Log } from '../lib/log.ts'
import type { Redactor } from '../lib/redactor.ts'
import { NETWORK_PASSPHRASE } from '../lib/stellar/network.ts'
import { serveApi } from '../serve/service.ts'
import { DEVELOPMENT_BUSINESS_KEY, DEVELOPMENT_SECRET } from './development-secrets.ts'
import { openEmbeddedDatabase } from './embedded-database.ts'
import { forgetEmulated } from './forget-emulated.ts'
import { createSetBackClock, playHistory } from './history.ts'
import { createSimulatedLedger } from './ledger/simulated-ledger.ts'
import { beginLedgerEpoch } from './ledger-epoch.ts'
import type { LocalOptions } from './options.ts'
import { startOutsideWorld } from './outside-world.ts'
import { type WalkthroughCase, walkthroughCases, walkthroughUndone } from './walkthrough.ts'
import { startWalkthroughPlatform, storeWalkthrough } from './walkthrough-platform.ts'
import { type OfferedDecision, offerDecision } from './walkthrough-undone.ts'

const ROOT = resolve(import.meta.dirname, '..')
/** How long the end waits for what is under way, such as a sync. */
const STOP_MS = 10_000

export interface LocalService {
  url: string
  deps: Deps
  /** The outside world, in words. */
  outside: string
  /** The Anchor Platform that receives the updates, in words. */
  platform: string
  /** The transactions on the emulated platform. Empty with an operator's own platform. */
  walkthrough: WalkthroughCase[]
  /** What a person may decide about the update that another program undid; null with an operator's own platform. */
  decision: OfferedDecision | null
  /** The URL whose `POST /_ledger/payments` makes payments on the simulated ledger; null without one. */
  ledgerUrl: string | null
  /** The epoch of the simulated ledger; null if another ledger is observed, or none. */
  epoch: number | null
  startedAt: Date
  /** The folder of the database; null for a database that ends with the process. */
  dataDir: string | null
  notes: string[]
  /** Runs the schedules of vercel.json from now on. */
  startSchedules: () => void
  close: () => Promise<void>
}

interface StartSettings {
  options: LocalOptions
  /** Wins over the variables that the local service sets, except those of the database. */
  environment: Record<string, string | undefined>
  /** The folder where each world keeps its database; null keeps nothing. */
  dataRoot: string | null
  makeLog: (redact: Redactor) => Log
}

/**
 * Starts the whole service on 127.0.0.1: every route of `api/`, the embedded database, the outside world, and an emulated
 * Anchor Platform unless the environment names one.
 */
export async function startLocalService(settings: StartSettings): Promise<LocalService> {
  const opened = new AsyncDisposableStack()
  try {
    return await open(settings, opened)
  } catch (error) {
    await opened.disposeAsync()
    throw error
  }
}

/** @param opened gets what has to be closed again, whether the start fails or not */
async function open(settings: StartSettings, opened: AsyncDisposableStack): Promise<LocalService> {
  const { options, environment, dataRoot, makeLog } = settings
  const startedAt = new Date()
  const { network } = readConfig({ STELLAR_NETWORK: environment['STELLAR_NETWORK'] })
  const ledger = createSimulatedLedger({
    passphrase: NETWORK_PASSPHRASE[network],
    now: () => new Date(),
    // A ledger closes after one second, so that many payments in a row do not put the last ledger far ahead of the clock.
    // The next start begins at the time of the clock.
    closeSeconds: 1,
  })
  const clock = createSetBackClock()
  const world = await startOutsideWorld(options, ledger, clock)
  opened.defer(world.close)
  const dataDir = dataRoot === null ? null : resolve(dataRoot, world.dataFolder)
  const database = await openEmbeddedDatabase(dataDir === null ? {} : { dataDir })
  opened.defer(database.close)
  // Only this process has the database open, so every lease in it belongs to a process that has ended.
  await database.query(`update anchor_ops.lease set expires_at = '-infinity'`)
  await database.query(`update anchor_ops.observer set lease_until = '-infinity'`)
  const isOwnPlatform = (environment['ANCHOR_PLATFORM_URL']?.trim() ?? '') !== ''
  const isEmulated = !isOwnPlatform && options.world !== 'live'
  if (isEmulated) await forgetEmulated(database.query)
  const walkthrough = isEmulated ? walkthroughCases() : []
  const undone = walkthroughUndone(new Date())
  const emulator = isEmulated ? await startWalkthroughPlatform(walkthrough, undone, ledger) : null
  if (emulator !== null) opened.defer(emulator.close)
  const cronSecret = environment['CRON_SECRET']?.trim() || DEVELOPMENT_SECRET
  const read = readConfig({
    ANCHOR_DOMAIN_CONCURRENCY: '64',
    ...(isEmulated ? { BUSINESS_API_KEY: DEVELOPMENT_BUSINESS_KEY } : {}),
    ...world.environment,
    ...emulator?.observerEnvironment,
    ...environment,
    ...emulator?.environment,
    CRON_SECRET: cronSecret,
    SUPABASE_URL: undefined,
    POSTGREST_URL: undefined,
    SUPABASE_SERVICE_ROLE_KEY: undefined,
    SUPABASE_SECRET_KEY: undefined,
  })
  const config = {
    ...read,
    access: { ...read.access, development: true },
    supabase: { url: database.url, serviceKey: database.serviceKey },
  }
  const isSimulated =
    config.ledger?.horizonUrl !== undefined &&
    config.ledger.horizonUrl === world.environment['STELLAR_HORIZON_URL']
  const epoch = isSimulated ? await beginLedgerEpoch(database.query) : null
  const overrides = { databaseFetch: database.fetch, fetchPolicy: world.policy }
  const deps = createDeps(config, { ...overrides, makeLog })
  useDeps(() => deps)

  const api = await serveApi({ root: ROOT, hostname: '127.0.0.1', port: options.port })
  opened.defer(async () => void (await api.stop(STOP_MS)))
  const url = `http://localhost:${new URL(api.url).port}`
  // After the port is taken, so that a start that fails leaves nothing in the database. It takes about 0.1 s. The start
  // prints what it did, so nothing of it is logged.
  const silent = createDeps(config, { ...overrides, makeLog: () => () => {} })
  if (isEmulated) await storeWalkthrough(walkthrough, silent)
  if (options.world === 'simulated') {
    const past = createDeps(config, {
      ...overrides,
      now: () => clock.now(),
      makeLog: () => () => {},
    })
    await playHistory(clock, past)
  }
  return {
    url,
    deps,
    outside: world.title,
    platform: emulator ? `an emulator on ${emulator.url}` : (config.platform?.url ?? 'none'),
    walkthrough,
    decision: emulator === null ? null : await offerDecision(undone, emulator, url, silent),
    ledgerUrl: emulator?.url ?? null,
    epoch,
    startedAt,
    dataDir,
    notes: [...world.notes, ...ignored(environment)],
    startSchedules: () => api.startSchedules(cronSecret, deps.log),
    close: () => opened.disposeAsync(),
  }
}

/** Says which variables of a deployment do not count here. */
function ignored(environment: StartSettings['environment']): string[] {
  return ['SUPABASE_URL', 'POSTGREST_URL']
    .filter((name) => (environment[name]?.trim() ?? '') !== '')
    .map((name) => `${name} is ignored: npm start has a database of its own. npm run serve uses it`)
}
