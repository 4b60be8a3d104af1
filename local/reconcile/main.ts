import { readOrExit } from '../command-line.ts'
import { ReconcileError } from './client.ts'
import { RECONCILE_COMMAND, readReconcileCommand, runReconcileCommand } from './command.ts'

const asked = readOrExit(RECONCILE_COMMAND, (args) => readReconcileCommand(args, process.env))
try {
  const agrees = await runReconcileCommand(asked, (text) => process.stdout.write(`${text}\n`))
  process.exitCode = agrees ? 0 : 1
} catch (error) {
  if (!(error instanceof ReconcileError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 3
}
