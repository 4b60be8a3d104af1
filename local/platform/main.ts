import { startPlatformEmulator } from './server.ts'

const DEFAULT_PORT = 8085

/** Starts the emulator on EMULATOR_PORT, by default on the port of the platform server. */
async function main(): Promise<void> {
  const port = Number(process.env['EMULATOR_PORT'] || DEFAULT_PORT)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(
      `Port refused: ${process.env['EMULATOR_PORT']} in EMULATOR_PORT; allowed: a whole number from 0 to 65535`,
    )
  }
  const emulator = await startPlatformEmulator({ port })
  process.stdout.write(
    `Anchor Platform 2.8.4 emulator answers on ${emulator.url}\n` +
      `Set its state with PUT ${emulator.url}/_emulator/state, misbehaviour with PUT ${emulator.url}/_emulator/faults\n`,
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
