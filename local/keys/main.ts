import { readOrExit } from '../command-line.ts'
import { createKeysClient, KeysError } from './client.ts'
import { KEYS_COMMAND, readKeysCommand, runKeysCommand } from './command.ts'

const { asked, deployment } = readOrExit(KEYS_COMMAND, (args) => readKeysCommand(args, process.env))
try {
  await runKeysCommand(asked, createKeysClient(deployment), {
    // A new key prints its secret alone here, so that KEY=$(npm run -s keys -- create …) works.
    result: (text) => process.stdout.write(`${text}\n`),
    note: (text) => process.stderr.write(`${text}\n`),
  })
} catch (error) {
  if (!(error instanceof KeysError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
