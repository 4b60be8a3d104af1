import { resolve } from 'node:path'
import { type Command, CommandLineError, parseCommandLine, readPort } from './command-line.ts'

/** The outside world that the local service talks to, and its port. */
export type LocalOptions =
  | { world: 'simulated'; port: number }
  | { world: 'live'; port: number }
  | { world: 'folder'; folder: string; port: number }

const START_COMMAND = {
  name: 'npm start',
  does: 'Starts the whole service on 127.0.0.1 with a database of its own, syncs once, and prints commands to try.',
  options: {
    live: { type: 'flag', means: 'Reads the real network instead of a simulated world.' },
    world: {
      type: 'text',
      takes: 'folder',
      means:
        'Serves a folder of stellar.toml files as anchors instead of a simulated world. Nothing else is served: no endpoint in them answers, and none of their issuers exists.',
    },
  },
  environment: {
    PORT: 'The port to listen on, 0 to 65535; 0 takes a free one (default 3000).',
    '.env.example': 'Lists the variables of the service; all of them are optional here.',
  },
  example: 'PORT=8080 npm start -- --world ./my-anchors',
} as const satisfies Command

/**
 * Reads the command line of `npm start` and `PORT`.
 * @throws CommandLineError naming the option, its value and what is allowed
 */
export function readOptions(
  args: readonly string[],
  env: { PORT?: string | undefined },
): LocalOptions {
  const { live, world } = parseCommandLine(START_COMMAND, args)
  if (live && world !== undefined) {
    throw new CommandLineError(
      'npm start was given both --live and --world; allowed: one of them, or neither',
    )
  }
  const port = readPort('PORT', env.PORT, 3000)
  if (live) return { world: 'live', port }
  return world === undefined
    ? { world: 'simulated', port }
    : { world: 'folder', folder: resolve(world), port }
}
