import { inspect } from 'node:util'
import { COMMANDS } from './commands.ts'
import { runProgram } from './program.ts'

const { env: environment, stdin, stdout, stderr } = process
try {
  process.exitCode = await runProgram(COMMANDS, process.argv.slice(2), {
    environment,
    stdin,
    stdout,
    stderr,
  })
} catch (error) {
  // Node would exit with 1, which says that the deployment refused.
  process.stderr.write(`${inspect(error).replace(/[^\P{C}\n]/gu, '\ufffd')}\n`)
  process.exitCode = 4
}
