import { PassThrough } from 'node:stream'
import { COMMANDS } from '../../local/ops/commands.ts'
import { runProgram, type Surroundings } from '../../local/ops/program.ts'

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

/** Runs a command line of `npm run ops` in this process, as if nobody watched, unless `surroundings` say otherwise. */
export async function runOpsCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  surroundings: Partial<Surroundings> = {},
): Promise<Ran> {
  const ran = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      ran[name] += text
    },
  })
  const code = await runProgram(COMMANDS, args, {
    environment,
    stdin: new PassThrough(),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    ...surroundings,
  })
  return { code, ...ran }
}
