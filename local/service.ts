import { resolve } from 'node:path'
import { serve } from 'srvx'
import { readConfig } from '../lib/config.ts'
import { createDeps, type Deps, useDeps } from '../lib/deps.ts'
import type { Log } from '../lib/log.ts'
import { openEmbeddedDatabase } from './embedded-database.ts'
import { createFileRouter } from './file-router.ts'
import type { LocalOptions } from './options.ts'
import { startOutsideWorld } from './outside-world.ts'

/** Known to everybody who reads this file: good for trying things out on loopback and for nothing else. */
export const DEVELOPMENT_SECRET = 'local-development-secret'
const ROOT = resolve(import.meta.dirname, '..')

export interface LocalService {
  url: string
  deps: Deps
  /** What the service sees as the outside, in words. */
  outside: string
  /** Folder of the database, or null for one that goes with the process. */
  dataDir: string | null
  notes: string[]
  close: () => Promise<void>
}

/**
 * Starts the whole service on 127.0.0.1: every route of `api/`, the embedded database and the outside world.
 *
 * @param settings.dataRoot folder under which each world keeps a database of its own; null keeps nothing
 * @param settings.environment wins over what the local service sets by itself, save for the database
 */
export async function startLocalService(settings: {
  options: LocalOptions
  environment: Record<string, string | undefined>
  dataRoot: string | null
  log: Log
}): Promise<LocalService> {
  const { options, environment, dataRoot, log } = settings
  const world = await startOutsideWorld(options)
  const dataDir = dataRoot === null ? null : resolve(dataRoot, world.dataFolder)
  const database = await openEmbeddedDatabase(dataDir === null ? {} : { dataDir })
  // Whoever held the lease is gone: one process at a time has this database open.
  await database.query(`update anchor_ops.lease set expires_at = '-infinity'`)
  const isProduction = environment['NODE_ENV'] === 'production'
  const config = {
    ...readConfig({
      ANCHOR_DOMAIN_CONCURRENCY: '64',
      ...(isProduction ? {} : { CRON_SECRET: DEVELOPMENT_SECRET }),
      ...world.environment,
      ...environment,
      SUPABASE_URL: undefined,
      SUPABASE_SERVICE_ROLE_KEY: undefined,
      SUPABASE_SECRET_KEY: undefined,
    }),
    supabase: { url: database.url, serviceKey: database.serviceKey },
  }
  const deps = createDeps(config, {
    databaseFetch: database.fetch,
    fetchPolicy: world.policy,
    log,
  })
  useDeps(deps)

  const server = serve({
    fetch: await createFileRouter({ root: ROOT }),
    port: options.port,
    hostname: '127.0.0.1',
    gracefulShutdown: false,
    silent: true,
  })
  await server.ready().catch((cause: unknown) => {
    throw new Error(
      `Cannot listen on 127.0.0.1:${options.port}: ${cause instanceof Error ? cause.message : cause}; allowed: a free port, set PORT to choose another`,
      { cause },
    )
  })
  return {
    url: `http://localhost:${new URL(server.url ?? '').port}`,
    deps,
    outside: world.title,
    dataDir,
    notes: world.notes,
    close: async () => {
      await server.close(true)
      await database.close()
      await world.close()
    },
  }
}
