import { type Command, parseCommandLine, readOrExit, readPort } from '../../serve/command-line.ts'
import { EMULATOR_RELEASES, type EmulatorRelease } from './emulator-state.ts'
import { startPlatformEmulator } from './server.ts'

/** The default port of the real platform server. */
const DEFAULT_PORT = 8085

const COMMAND = {
  name: 'npm run emulator',
  does: 'Starts an emulator of the Anchor Platform on 127.0.0.1, and prints how to set its state and its faults.',
  options: {},
  environment: {
    EMULATOR_PORT: `The port to listen on, 0 to 65535; 0 takes a free one (default ${DEFAULT_PORT}).`,
    ANCHOR_PLATFORM_VERSION: `The release to emulate, ${EMULATOR_RELEASES.join(' or ')} (default ${EMULATOR_RELEASES[0]}).`,
  },
  example: 'EMULATOR_PORT=9000 npm run emulator',
} as const satisfies Command

/** @throws Error for a release that is not emulated */
function readRelease(text = ''): EmulatorRelease {
  const [byDefault] = EMULATOR_RELEASES
  // A service takes `auto` from the same variable.
  if (text.trim() === '' || text.trim().toLowerCase() === 'auto') return byDefault
  const release = EMULATOR_RELEASES.find((one) => one === text.trim())
  if (release !== undefined) return release
  throw new Error(
    `Release refused: "${text}" in ANCHOR_PLATFORM_VERSION is not emulated; allowed: ${EMULATOR_RELEASES.join(', ')}.`,
  )
}

async function main(): Promise<void> {
  const { port, release } = readOrExit((args) => {
    parseCommandLine(COMMAND, args)
    return {
      port: readPort('EMULATOR_PORT', process.env['EMULATOR_PORT'], DEFAULT_PORT),
      release: readRelease(process.env['ANCHOR_PLATFORM_VERSION']),
    }
  })
  const emulator = await startPlatformEmulator({ port, release }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error
      throw new Error(
        `Port refused: ${port} in EMULATOR_PORT is in use; allowed: a free port, or 0.`,
      )
    },
  )
  process.stdout.write(
    `Anchor Platform ${release} emulator answers on ${emulator.url}\n` +
      `Set its state with PUT ${emulator.url}/_emulator/state, and its faults with PUT ${emulator.url}/_emulator/faults\n`,
  )
  const end = () => {
    void emulator.close().then(() => process.exit(0))
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
