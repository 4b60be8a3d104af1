import { parseArgs } from 'node:util'

/** One option of a script. */
type Option = { means: string } & (
  | { type: 'flag' }
  /** `takes` names the value in the help: `--world <folder>`. */
  | { type: 'text'; takes: string; oneOf?: readonly string[] }
  | { type: 'integer'; takes: string; min: number; max: number; default?: number }
)

type Options = Record<string, Option>

/** One of several things that a script does. Its name is the first word of the command line. */
interface Action {
  means: string
  /** Names the word after that of the action: `create <name>`. Without it no other word is allowed. */
  takes?: string
  /** The options that apply to it. */
  options: readonly string[]
}

type Actions = Record<string, Action>

/** The description of a script. Its `--help` and the errors of its command line are made from it. */
export interface Command<O extends Options = Options> {
  /** As it is typed: `npm run bench`. */
  name: string
  does: string
  options: O
  /** What it does by its first word. `parseActionLine` reads such a command line. */
  actions?: Actions
  /** Environment variables that the script reads besides, and their meaning. */
  environment?: Record<string, string>
  /** The codes with which it ends, if others than 0, 1 and 2 (a command line that cannot be read), and their meaning. */
  exitCodes?: Record<number, string>
  example: string
}

type Values<O extends Options> = {
  [K in keyof O]: O[K] extends { type: 'flag' }
    ? boolean
    : O[K] extends { type: 'integer'; default: number }
      ? number
      : O[K] extends { type: 'integer' }
        ? number | undefined
        : string | undefined
}

/** A command line cannot be read. The message names the command, the value, its place and what is allowed. */
export class CommandLineError extends Error {}

/** Reads the command line of this process as `readOrExit` does. */
export function readCommandLine<const O extends Options>(command: Command<O>): Values<O> {
  return readOrExit(command, (args) => parseCommandLine(command, args))
}

/**
 * Runs `read` on the arguments of this process. With `--help` it prints the help and exits with code 0 instead; after a
 * CommandLineError it prints the message and exits with code 2.
 */
export function readOrExit<T>(command: Command, read: (args: readonly string[]) => T): T {
  const args = process.argv.slice(2)
  if (args.includes('--help')) {
    process.stdout.write(helpOf(command))
    process.exit(0)
  }
  try {
    return read(args)
  } catch (error) {
    if (!(error instanceof CommandLineError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
}

/** @throws CommandLineError */
export function parseCommandLine<const O extends Options>(
  command: Command<O>,
  args: readonly string[],
): Values<O> {
  const { words, values } = readTokens(command, args)
  if (words[0] !== undefined) {
    throw refusedBy(command, `"${words[0]}" is`, allowedOptions(command.options))
  }
  return values
}

/**
 * Reads a command line that begins with an action. `word` is empty for an action that takes none.
 * @throws CommandLineError also for an option that does not apply to the action
 */
export function parseActionLine<const O extends Options, const A extends Actions>(
  command: Command<O> & { actions: A },
  args: readonly string[],
): { action: keyof A & string; word: string; values: Values<O> } {
  const { words, values, given } = readTokens(command, args)
  const [first, ...others] = words
  const { options } = command
  const actions: Actions = command.actions
  const action = first !== undefined && Object.hasOwn(actions, first) ? actions[first] : undefined
  if (first === undefined || action === undefined) {
    const shown = first === undefined ? 'no action is' : `"${first}" is`
    throw refusedBy(command, shown, [...shownActions(actions), '--help'].join(', '))
  }
  const usage = shownAction(first, action)
  const taken = action.takes === undefined ? 0 : 1
  if (others.length < taken) throw refusedBy(command, `${first} has no ${action.takes}`, usage)
  const known = Object.entries(options).filter(([name]) => action.options.includes(name))
  const allowed = `${usage} with ${allowedOptions(Object.fromEntries(known))}`
  if (others[taken] !== undefined) throw refusedBy(command, `"${others[taken]}" is`, allowed)
  const alien = given.find((name) => !action.options.includes(name))
  if (alien !== undefined) throw refusedBy(command, `--${alien} is`, allowed)
  return { action: first, word: others[0] ?? '', values }
}

/** Makes the error for a command line: what is there, and what is allowed. */
export const refusedBy = (
  { name }: Pick<Command, 'name'>,
  shown: string,
  allowed: string,
): CommandLineError =>
  new CommandLineError(`${name} cannot start: ${shown} on the command line; allowed: ${allowed}`)

/** Reads the words and options of a command line. `given` names the options that are there. */
function readTokens<const O extends Options>(
  command: Command<O>,
  args: readonly string[],
): { words: string[]; given: string[]; values: Values<O> } {
  const options: Options = command.options
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(options).map(([option, { type }]) => [
        option,
        { type: type === 'flag' ? 'boolean' : 'string' },
      ]),
    ),
    strict: false,
    tokens: true,
  })
  const values: Record<string, unknown> = Object.fromEntries(
    Object.entries(options).map(([option, described]) => [option, defaultOf(described)]),
  )
  const words: string[] = []
  const given: string[] = []
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') {
      words.push(token.value)
      continue
    }
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (option === undefined) {
      throw refusedBy(command, `"${token.rawName}" is`, allowedOptions(options))
    }
    const value = readValue(option, token.value, token.inlineValue ?? false)
    if (value === null) {
      const shown = `${token.rawName} ${shownValue(token.value)}`
      throw refusedBy(command, shown, allowedValue(option))
    }
    given.push(token.name)
    values[token.name] = value
  }
  return { words, given, values: values as Values<O> }
}

function defaultOf(option: Option): boolean | number | undefined {
  if (option.type === 'flag') return false
  return option.type === 'integer' ? option.default : undefined
}

/** The value of an option as its type; null when it is not allowed. */
function readValue(option: Option, text: string | undefined, inline: boolean) {
  if (option.type === 'flag') return text === undefined ? true : null
  if (text === undefined || text === '' || (!inline && text.startsWith('-'))) return null
  if (option.type === 'text') return option.oneOf?.includes(text) === false ? null : text
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  return value >= option.min && value <= option.max ? value : null
}

function shownValue(text: string | undefined): string {
  if (text === undefined) return 'has no value'
  return text === '' ? 'is empty' : `is "${text}"`
}

function allowedOptions(options: Options): string {
  const shown = Object.entries(options).map(([name, option]) => shownOption(name, option))
  return [...shown, '--help'].join(', ')
}

function allowedValue(option: Option): string {
  if (option.type === 'flag') return 'no value'
  if (option.type === 'integer') return `an integer from ${option.min} to ${option.max}`
  return option.oneOf?.join(', ') ?? `a ${option.takes}`
}

const shownAction = (name: string, { takes }: Action): string =>
  takes === undefined ? name : `${name} <${takes}>`

const shownActions = (actions: Actions): string[] =>
  Object.entries(actions).map(([name, action]) => shownAction(name, action))

function shownOption(name: string, option: Option): string {
  return option.type === 'flag' ? `--${name}` : `--${name} <${option.takes}>`
}

/** The text of `--help`. */
export function helpOf(command: Command): string {
  const { name, does, options, actions = {}, environment = {}, exitCodes = {}, example } = command
  const lines = [
    ...Object.entries(options).map(([option, described]) => [
      shownOption(option, described),
      described.type === 'integer'
        ? `${described.means} Allowed: ${allowedValue(described)}${described.default === undefined ? '' : `; default ${described.default}`}.`
        : described.means,
    ]),
    ['--help', 'Shows this text.'],
  ]
  const done = Object.entries(actions).map(([first, action]) => [
    shownAction(first, action),
    action.means,
  ])
  const variables = Object.entries(environment)
  const codes = Object.entries(exitCodes)
  const width = Math.max(
    ...[...done, ...lines, ...variables, ...codes].map(([left = '']) => left.length),
  )
  const block = (title: string, rows: readonly (readonly string[])[]) =>
    rows.length === 0
      ? ''
      : `\n${title}:\n${rows.map(([left = '', right = '']) => `  ${left.padEnd(width)}  ${right}\n`).join('')}`
  const separator = name.startsWith('npm') ? ' --' : ''
  return (
    `${does}\n\nUsage: ${name}${separator}${done.length > 0 ? ' <action>' : ''} [options]\n` +
    block('Actions', done) +
    block('Options', lines) +
    block('Environment', variables) +
    block('Exit codes', codes) +
    `\nExample: ${example}\n`
  )
}

/** A TCP port from an environment variable; blank counts as unset. @throws CommandLineError */
export function readPort(name: string, value: string | undefined, byDefault: number): number {
  return readInteger(name, value, { min: 0, max: 65_535, byDefault })
}

/** A number from an environment variable; blank counts as unset. @throws CommandLineError */
export function readInteger(
  name: string,
  value: string | undefined,
  { min, max, byDefault }: { min: number; max: number; byDefault: number },
): number {
  const text = value?.trim() || String(byDefault)
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (number >= min && number <= max) return number
  throw new CommandLineError(
    `${name} is "${text}" in the environment; allowed: an integer from ${min} to ${max}`,
  )
}
