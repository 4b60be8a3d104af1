import { resolve } from 'node:path'
import { opsParameters, runOps } from '../lib/anchors/ops.ts'
import type { SyncAnswer } from '../lib/anchors/sync.ts'
import type { Deps } from '../lib/deps.ts'
import { observeOnSchedule } from '../lib/payments/observe.ts'
import { readOrExit } from '../serve/command-line.ts'
import { explainReasons, readCatalogLines } from './catalog-lines.ts'
import { LEGEND, renderCatalog } from './catalog-table.ts'
import { commandsToTry } from './commands-to-try.ts'
import { createConsoleLog } from './console-log.ts'
import { DEVELOPMENT_BUSINESS_KEY } from './development-secrets.ts'
import { readOptions } from './options.ts'
import { startLocalService } from './service.ts'
import { walkthroughLines } from './walkthrough-lines.ts'

const print = (text = '') => process.stdout.write(`${text}\n`)

/** The width of a table that is not printed on a terminal, in characters. */
const PLAIN_WIDTH = 80

async function start(): Promise<void> {
  const options = readOrExit((args) => readOptions(args, process.env))
  const service = await startLocalService({
    options,
    environment: process.env,
    dataRoot: resolve(import.meta.dirname, '../.data'),
    makeLog: (redact) =>
      createConsoleLog((line) => process.stdout.write(line), redact, process.stdout.columns),
  })
  endOnSignal(service.close)
  print(`Open ${service.url} to see which anchors work, and why others do not`)
  if (service.walkthrough.length > 0) {
    const { apiKey } = service.deps.config.business
    const key = apiKey === DEVELOPMENT_BUSINESS_KEY ? apiKey : 'your BUSINESS_API_KEY'
    print(`What waits for a person: ${service.url}/ops (key ${key})`)
  }
  print(`Anchor Ops answers on ${service.url} after ${(performance.now() / 1000).toFixed(1)} s`)
  print(`Outside world: ${service.outside}`)
  print(`Anchor Platform: ${service.platform}`)
  print(`Database: ${service.dataDir} (delete it to start afresh)`)
  if (service.epoch !== null) {
    const earlier = service.epoch > 1 ? '; earlier starts had the ones before, see ?epoch=' : ''
    print(`Ledger: simulated, its epoch ${service.epoch}${earlier}`)
  }
  for (const note of service.notes) print(`Note: ${note}`)

  const domains = await showFirstSync(service.deps, options.isWide ?? false)
  const example = domains.find((domain) => domain === 'stolenkey.sim') ?? domains[0]
  if (service.epoch !== null && service.walkthrough.length > 0) await observeOnce(service.deps)
  print(commandsToTry(service.url, service.deps.config.access.cronSecret, example))
  if (service.walkthrough.length > 0) print(walkthroughLines(service))
  service.startSchedules()
  print('\nThe schedules of vercel.json run from now on, so nothing must be called by hand.')
  print('Press Ctrl-C to end it. The next start keeps the catalog, and its samples and')
  print('ledger begin anew.')
}

/** Observes the payment of the simulated ledger that no transaction expects, so that the page shows one that is refused. */
async function observeOnce(deps: Deps): Promise<void> {
  await observeOnSchedule(null, { keyName: 'npm start', rights: new Set() }, deps)
  print('\nObserved the ledger: one payment belongs to nobody, and waits for a person')
}

/** Returns the home domains of the table. */
async function showFirstSync(deps: Deps, isWide: boolean): Promise<string[]> {
  print('\nFirst sync:')
  const parameters = opsParameters.parse({ action: 'sync', refreshLimit: 1000 })
  const { body } = await runOps(parameters, deps, { scheduled: false })
  const answer = body as SyncAnswer
  if (answer.error) print(`Discovery failed: ${answer.error}`)
  if (answer.skipped) print(`Not run: ${answer.skipped}`)
  const { import: imported, refresh } = answer
  const { written, skippedSourceRows, source } = imported
  print(`Imported ${written} rows from ${source ?? 'nowhere'}, skipped ${skippedSourceRows}`)
  const seconds = (answer.durationMs / 1000).toFixed(1)
  print(
    `Checked ${refresh.processed} home domains in ${seconds} s: ${refresh.ok} ok, ${refresh.errors} not\n`,
  )
  const lines = await readCatalogLines(deps.db, deps.config)
  const width = process.stdout.columns ?? PLAIN_WIDTH
  // NO_COLOR switches them off. A file gets none.
  const isColoured = process.stdout.isTTY && process.stdout.hasColors()
  print(renderCatalog(lines, { width, isWide, isColoured }))
  print(LEGEND)
  print(`\n${explainReasons(lines, width)}`)
  return lines.map(({ domain }) => domain)
}

/** Closes the service on Ctrl-C, so that the next start finds the data. */
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
