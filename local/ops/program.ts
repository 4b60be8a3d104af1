import type { Command as Parser } from 'commander'
import { createRedactor } from '../../lib/redactor.ts'
import {
  type Command,
  CommandLineError,
  groupParser,
  HelpAsked,
  type Options,
  parserOf,
  runParser,
} from '../../serve/command-line.ts'
import { confirmOn } from './confirm.ts'
import {
  type Credential,
  DEFAULT_URL,
  type Environment,
  readKey,
  readOperatorSecret,
  readOrigin,
} from './deployment.ts'
import { EXIT_CODES, type ExitCode, OpsError } from './exit-code.ts'
import { createOutput, type Stream } from './output.ts'
import { createProgress } from './progress.ts'
import { createServiceClient, explainFailure } from './service-client.ts'
import type { Outcome, Task, TaskGroup, Tools } from './task.ts'

const PROGRAM = 'npm run ops'

const JSON_OPTION = { type: 'flag', means: 'Prints the answer as JSON.' } as const
const URL_OPTION = {
  type: 'text',
  takes: 'url',
  means: 'The deployment: an https URL, or an http URL of this machine.',
} as const

const URL_VARIABLE = {
  ANCHOR_OPS_URL: `The deployment if --url is left out (default ${DEFAULT_URL}).`,
}
const OUTPUT_VARIABLE = { NO_COLOR: 'No colour on a terminal, if it is set.' }
const VARIABLES: Readonly<Record<Task['sends'], Readonly<Record<string, string>>>> = {
  key: {
    ...URL_VARIABLE,
    ANCHOR_OPS_KEY:
      'A named key with the scope, or the full key; if it is not set, BUSINESS_API_KEY. For a URL of this machine the key of `npm start` is the default.',
    ...OUTPUT_VARIABLE,
  },
  secret: {
    ...URL_VARIABLE,
    CRON_SECRET:
      'The secret of the operator. For a URL of this machine that of `npm start` is the default.',
    ...OUTPUT_VARIABLE,
  },
  nothing: { ...URL_VARIABLE, ...OUTPUT_VARIABLE },
}

/** The process that runs the program, or what a test has instead. */
export interface Surroundings {
  environment: Environment
  stdin: NodeJS.ReadableStream & { isTTY?: boolean }
  stdout: Stream
  stderr: Stream
  timeoutMs?: number
}

interface Chosen {
  task: Task
  words: Record<string, string | undefined>
  values: Record<string, unknown>
}

/** Runs one command line. @returns the code to exit with */
export async function runProgram(
  commands: Readonly<Record<string, Task | TaskGroup>>,
  args: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { stdout, stderr } = surroundings
  try {
    return await runChosen(choose(commands, args), surroundings)
  } catch (error) {
    if (error instanceof HelpAsked) {
      stdout.write(error.text)
      return 0
    }
    if (!(error instanceof CommandLineError)) throw error
    createOutput({ stdout, stderr }, (text) => text, {}).note(error.message)
    return 2
  }
}

/** @throws CommandLineError @throws HelpAsked */
function choose(
  commands: Readonly<Record<string, Task | TaskGroup>>,
  args: readonly string[],
): Chosen {
  let chosen: Chosen | null = null
  const parserOfTask = (task: Task, path: string[]): Parser => {
    const command = describe(task, path)
    const found = (words: Chosen['words'], values: Chosen['values']) => {
      chosen = { task, words, values }
    }
    return parserOf(command, found, path.at(-1))
  }
  const parsers = Object.entries(commands).map(([name, one]) => {
    if (!('tasks' in one)) return parserOfTask(one, [name])
    const parsers = Object.entries(one.tasks).map(([last, task]) =>
      parserOfTask(task, [name, last]),
    )
    return groupParser({ name, does: one.does, parsers })
  })
  const does = 'Operates a deployment of Anchor Ops over HTTP.'
  runParser(groupParser({ name: PROGRAM, does, parsers }), args)
  if (chosen === null) throw new TypeError('The parser chose no command')
  return chosen
}

/** The whole description of a command: with the options, variables and exit codes that all have. */
function describe(task: Task, path: readonly string[]): Command {
  const { does, words, sends, example } = task
  const options: Options = {
    ...task.options,
    ...(namesUrl(task) ? {} : { url: URL_OPTION }),
    json: JSON_OPTION,
  }
  const name = [PROGRAM, '--', ...path].join(' ')
  return {
    name,
    does,
    words,
    options,
    environment: namesUrl(task) ? OUTPUT_VARIABLE : VARIABLES[sends],
    exitCodes: EXIT_CODES,
    example,
  }
}

/** Whether the deployment is one of the words of a command, and no option. */
const namesUrl = ({ words }: Task): boolean => 'url' in words

async function runChosen(
  { task, words, values }: Chosen,
  { environment, stdin, stdout, stderr, timeoutMs }: Surroundings,
): Promise<ExitCode> {
  const { url, json, ...own } = values as { url?: string; json: boolean; yes?: boolean }
  const origin = namesUrl(task) ? DEFAULT_URL : readOrigin(url, environment)
  const credential = credentialOf(task, origin, environment)
  const redact = createRedactor(credential === null ? [] : [credential.secret], [])
  const out = createOutput({ stdout, stderr }, redact, environment)
  const progress = createProgress(stderr)
  const tools: Tools = {
    origin,
    ops: createServiceClient(origin, credential, progress.during, {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    }),
    says: progress.says,
    note: out.note,
    confirm: async () => {
      if (!own.yes) await confirmOn(stdin, stderr)
    },
  }
  let outcome: Outcome
  try {
    outcome = await task.run({ words, values: own } as Parameters<Task['run']>[0], tools)
  } catch (error) {
    const shown =
      error instanceof OpsError ? error : explainFailure(error, origin, task.ifUnclear ?? null)
    if (shown === null) throw error
    out.note(shown.message)
    return shown.exitCode
  }
  const { reveals } = outcome
  const shown =
    reveals === undefined
      ? out
      : createOutput({ stdout, stderr }, revealing(reveals, redact), environment)
  if (json) shown.json(outcome.answer)
  else outcome.show(shown)
  if (outcome.failed) return 1
  return outcome.unknown ? 5 : 0
}

function credentialOf(
  { sends }: Task,
  origin: string,
  environment: Environment,
): Credential | null {
  if (sends === 'key') return readKey(origin, environment)
  return sends === 'secret' ? readOperatorSecret(origin, environment) : null
}

/** Keeps secrets out of a text but for one. */
const revealing =
  (secret: string, redact: (text: string) => string) =>
  (text: string): string =>
    text.split(secret).map(redact).join(secret)
