import { parseArgs } from 'node:util'

/** One option of a script. */
type Option = { means: string } & (
  | { type: 'flag' }
  /** `takes` names the value in the help: `--world <folder>`. */
  | { type: 'text'; takes: string; oneOf?: readonly string[] }
  | { type: 'integer'; takes: string; min: number; max: number; default: number }
)

type Options = Record<string, Option>

/** The description of a script. Its `--help` and the errors of its command line are made from it. */
export interface Command<O extends Options = Options> {
  /** As it is typed: `npm run bench`. */
  name: string
  does: string
  options: O
  /** Environment variables that the script reads besides, and their meaning. */
  environment?: Record<string, string>
  example: string
}

type Values<O extends Options> = {
  [K in keyof O]: O[K] extends { type: 'flag' }
    ? boolean
    : O[K] extends { type: 'integer' }
      ? number
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
  { name, options }: Command<O>,
  args: readonly string[],
): Values<O> {
  const refused = (value: string, allowed: string) =>
    new CommandLineError(`${name} cannot start: ${value} on the command line; allowed: ${allowed}`)
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
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    const option =
      token.kind === 'option' && Object.hasOwn(options, token.name)
        ? options[token.name]
        : undefined
    if (token.kind === 'positional' || option === undefined) {
      const shown = token.kind === 'positional' ? token.value : token.rawName
      throw refused(`"${shown}" is`, allowedOptions(options))
    }
    const value = readValue(option, token.value, token.inlineValue ?? false)
    if (value === null) {
      throw refused(`${token.rawName} ${shownValue(token.value)}`, allowedValue(option))
    }
    values[token.name] = value
  }
  return values as Values<O>
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

function shownOption(name: string, option: Option): string {
  return option.type === 'flag' ? `--${name}` : `--${name} <${option.takes}>`
}

/** The text of `--help`. */
export function helpOf({ name, does, options, environment = {}, example }: Command): string {
  const lines = [
    ...Object.entries(options).map(([option, described]) => [
      shownOption(option, described),
      described.type === 'integer'
        ? `${described.means} Allowed: ${allowedValue(described)}; default ${described.default}.`
        : described.means,
    ]),
    ['--help', 'Shows this text.'],
  ]
  const variables = Object.entries(environment)
  const width = Math.max(...[...lines, ...variables].map(([left = '']) => left.length))
  const block = (title: string, rows: readonly (readonly string[])[]) =>
    rows.length === 0
      ? ''
      : `\n${title}:\n${rows.map(([left = '', right = '']) => `  ${left.padEnd(width)}  ${right}\n`).join('')}`
  const separator = name.startsWith('npm') ? ' --' : ''
  return (
    `${does}\n\nUsage: ${name}${separator} [options]\n` +
    block('Options', lines) +
    block('Environment', variables) +
    `\nExample: ${example}\n`
  )
}

/** A TCP port from an environment variable; blank counts as unset. @throws CommandLineError */
export function readPort(name: string, value: string | undefined, byDefault: number): number {
  const text = value?.trim() || String(byDefault)
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port >= 0 && port <= 65_535) return port
  throw new CommandLineError(
    `${name} is "${text}" in the environment; allowed: an integer from 0 to 65535`,
  )
}
