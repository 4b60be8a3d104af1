import { resolve } from 'node:path'
import { type Deps, deps } from '../lib/deps.ts'
import { AppError } from '../lib/errors.ts'
import { kindsToRun, SCHEDULE } from '../lib/schedule/kinds.ts'
import { CommandLineError, readOrExit } from './command-line.ts'
import { EXIT, readServeOptions, requireSettings } from './options.ts'
import { type ServedApi, serveApi } from './service.ts'

async function main(): Promise<void> {
  const options = readOrExit((args) => readServeOptions(args, process.env))
  const { hostname, port, isTrustedProxy, stopSeconds, withSchedules } = options
  const { log, config } = deps()
  const cronSecret = requireSettings(config)
  const api = await serveApi({
    root: resolve(import.meta.dirname, '..'),
    hostname,
    port,
    isTrustedProxy,
  })
  // Without a platform, accounts or webhooks their paths have nothing to do.
  const needed = kindsToRun(config).map((kind): string => SCHEDULE[kind].path)
  if (withSchedules) api.startSchedules(cronSecret, log, (path) => needed.includes(path))
  log('info', 'serving', { url: api.url, schedules: withSchedules })
  stopOnSignal(api, stopSeconds, log)
}

/** Stops on the first signal. What is cut by the second one, or after the bound, the next start takes over. */
function stopOnSignal(api: ServedApi, stopSeconds: number, log: Deps['log']): void {
  let isStopping = false
  const stop = async (signal: string) => {
    if (!isStopping) {
      isStopping = true
      log('info', 'stopping', { signal, stopSeconds })
      if (await api.stop(stopSeconds * 1_000)) {
        log('info', 'stopped')
        process.exit(EXIT.stopped)
      }
    }
    log('warn', 'stopped_early', { signal, stopSeconds })
    process.exit(EXIT.cut)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  const isUnusable = error instanceof CommandLineError || error instanceof AppError
  process.exit(isUnusable ? EXIT.unusable : EXIT.failed)
})
