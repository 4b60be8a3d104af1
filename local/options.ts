import { resolve } from 'node:path'
import {
  type Command,
  CommandLineError,
  parseCommandLine,
  readPort,
} from '../serve/command-line.ts'

/** The outside world that the local service talks to, its port, and whether every column of the table is printed. */
export type LocalOptions = { port: number; isWide?: boolean } & (
  | { world: 'simulated' | 'live' }
  | { world: 'folder'; folder: string }
)

/** The values of NODE_ENV for development. Any other value, a typing error too, counts as production. */
const DEVELOPMENT = ['', 'development', 'test']

const START_COMMAND = {
  name: 'npm start',
  does: 'Starts the whole service on 127.0.0.1 with a database of its own, syncs once, and prints commands to try.',
  options: {
    wide: {
      type: 'flag',
      means: 'Shows every column of the table, in lines as long as they need.',
    },
    live: { type: 'flag', means: 'Reads the real network instead of a simulated world.' },
    world: {
      type: 'text',
      takes: 'folder',
      means:
        'Serves a folder of stellar.toml files as anchors instead of a simulated world. Nothing else is served: no endpoint in them answers, and none of their issuers exists.',
    },
  },
  environment: {
    NO_COLOR: 'Prints no colours.',
    PORT: 'The port to listen on, 0 to 65535; 0 takes a free one (default 3000).',
    '.env.example': 'Lists the variables of the service; all of them are optional here.',
  },
  example: 'PORT=8080 npm start -- --world ./my-anchors',
} as const satisfies Command

/**
 * Reads the command line of `npm start` and `PORT`.
 * @throws CommandLineError naming the option or variable, its value and what is allowed
 */
export function readOptions(
  args: readonly string[],
  env: { PORT?: string | undefined; NODE_ENV?: string | undefined },
): LocalOptions {
  const { live, world, wide } = parseCommandLine(START_COMMAND, args)
  if (live && world !== undefined) {
    throw new CommandLineError(
      'npm start was given both --live and --world; allowed: one of them, or neither',
    )
  }
  if (!DEVELOPMENT.includes(env.NODE_ENV?.trim().toLowerCase() ?? '')) {
    throw new CommandLineError(
      `npm start cannot start: NODE_ENV is "${env.NODE_ENV}" in the environment; allowed: development, test or nothing. It is for development, with well-known secrets and data of its own. For production use npm run serve (docs/deploy.md)`,
    )
  }
  const options = { port: readPort('PORT', env.PORT, 3000), ...(wide && { isWide: true }) }
  if (live) return { world: 'live', ...options }
  return world === undefined
    ? { world: 'simulated', ...options }
    : { world: 'folder', folder: resolve(world), ...options }
}
