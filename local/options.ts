import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** Which outside world the local service talks to. */
export type LocalOptions =
  | { world: 'simulated'; port: number }
  | { world: 'live'; port: number }
  | { world: 'folder'; folder: string; port: number }

/**
 * Reads the command line of `npm start` and `PORT`.
 *
 * @throws Error naming the option, its value and what is allowed
 */
export function readOptions(
  args: readonly string[],
  env: { PORT?: string | undefined },
): LocalOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { live: { type: 'boolean' }, world: { type: 'string' } },
  })
  if (values.live && values.world !== undefined) {
    throw new Error('npm start was given both --live and --world; allowed: one of them, or neither')
  }
  const port = readPort(env.PORT?.trim() || '3000')
  if (values.live) return { world: 'live', port }
  if (values.world === '')
    throw new Error('--world is empty; allowed: a folder of stellar.toml files')
  if (values.world !== undefined) return { world: 'folder', folder: resolve(values.world), port }
  return { world: 'simulated', port }
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port >= 0 && port <= 65_535) return port
  throw new Error(`PORT is "${text}" in the environment; allowed: an integer from 0 to 65535`)
}
