import { resolve } from 'node:path'
import { serve } from 'srvx'
import { opsParameters, runOps } from '../lib/anchors/ops.ts'
import type { SyncAnswer } from '../lib/anchors/sync.ts'
import { readConfig } from '../lib/config.ts'
import { createDeps, type Deps, useDeps } from '../lib/deps.ts'
import { readCatalogueLines } from './catalogue-lines.ts'
import { renderTable } from './catalogue-table.ts'
import { commandsToTry } from './commands-to-try.ts'
import { createConsoleLog } from './console-log.ts'
import { openEmbeddedDatabase } from './embedded-database.ts'
import { createFileRouter } from './file-router.ts'
import { readOptions } from './options.ts'
import { startOutsideWorld } from './outside-world.ts'

/** Known to everybody who reads this file: good for trying things out on loopback and for nothing else. */
const DEVELOPMENT_SECRET = 'local-development-secret'
const ROOT = resolve(import.meta.dirname, '..')

const print = (text = '') => process.stdout.write(`${text}\n`)

async function start(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env)
  const world = await startOutsideWorld(options)
  const dataDir = resolve(ROOT, '.data', world.dataFolder)
  const database = await openEmbeddedDatabase({ dataDir })
  const production = process.env['NODE_ENV'] === 'production'
  const environment = {
    ANCHOR_DOMAIN_CONCURRENCY: '64',
    ...(production ? {} : { CRON_SECRET: DEVELOPMENT_SECRET }),
    ...world.environment,
    ...process.env,
  }
  const config = {
    ...readConfig(environment),
    supabase: { url: database.url, serviceKey: database.serviceKey },
  }
  const deps = createDeps(config, {
    databaseFetch: database.fetch,
    fetchPolicy: world.policy,
    log: createConsoleLog((line) => process.stdout.write(line)),
  })
  useDeps(deps)

  const server = serve({
    fetch: await createFileRouter({ root: ROOT }),
    port: options.port,
    hostname: '127.0.0.1',
    gracefulShutdown: false,
    silent: true,
  })
  await server.ready()
  const url = `http://localhost:${new URL(server.url ?? '').port}`
  print(`Anchor Ops answers on ${url} after ${(performance.now() / 1000).toFixed(1)} s`)
  print(`Outside world: ${world.title}`)
  print(`Database: ${dataDir} (delete it to start afresh)`)
  for (const note of world.notes) print(`Note: ${note}`)
  endOnSignal(async () => {
    await server.close(true)
    await database.close()
    await world.close()
  })

  await showFirstSync(deps)
  print(commandsToTry(url, production ? null : config.access.cronSecret))
}

async function showFirstSync(deps: Deps): Promise<void> {
  print('\nFirst sync:')
  const parameters = opsParameters.parse({ action: 'sync', refreshLimit: 1000 })
  const { body } = await runOps(parameters, deps, { scheduled: false })
  const answer = body as SyncAnswer
  if (answer.error) print(`Discovery failed: ${answer.error}`)
  const { import: imported, refresh } = answer
  print(
    `Imported ${imported.written} rows from ${imported.source ?? 'nowhere'}, skipped ${imported.skippedSourceRows}; ` +
      `checked ${refresh.processed} home domains in ${(answer.durationMs / 1000).toFixed(1)} s: ` +
      `${refresh.ok} ok, ${refresh.errors} not\n`,
  )
  print(renderTable(await readCatalogueLines(deps.db, deps.config)))
  print('SEPS: + its /info is as the SEP says, * its /info answers, bare: declared only')
}

/** Ctrl-C closes the database in order, so that the next start finds its data. */
function endOnSignal(close: () => Promise<void>): void {
  let ending = false
  const end = async () => {
    if (ending) return
    ending = true
    print('\nEnding')
    await close()
    process.exit(0)
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
}

start().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
