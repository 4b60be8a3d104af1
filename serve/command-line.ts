import {
  CommanderError,
  type Help,
  Argument as ParsedArgument,
  Option as ParsedOption,
  Command as Parser,
} from 'commander'

/** Says what is allowed instead of a value; null for a value that is allowed. */
type Check = (text: string) => string | null

/** One option of a command. */
export type Option = { means: string } & (
  | { type: 'flag' }
  /** `takes` names the value in the help: `--world <folder>`. */
  | { type: 'text'; takes: string; oneOf?: readonly string[]; needed?: true; check?: Check }
  | { type: 'integer'; takes: string; min: number; max: number; default?: number }
)

export type Options = Record<string, Option>

/** A word that a command takes in its place, such as the `<domain>` of `show <domain>`. */
export interface Word {
  means: string
  oneOf?: readonly string[]
  check?: Check
  /** It may be left out. */
  optional?: true
}

export type Words = Record<string, Word>

/** The description of a command. Its `--help` and the errors of its command line are made from it. */
export interface Command<O extends Options = Options> {
  /** As it is typed: `npm run bench`. */
  name: string
  does: string
  /** The words that it takes, in their order. */
  words?: Words
  options: O
  /** Environment variables that the command reads besides, and their meaning. */
  environment?: Readonly<Record<string, string>>
  /** The codes that it exits with, and their meaning. */
  exitCodes?: Readonly<Record<number, string>>
  example: string
}

export type Values<O extends Options> = {
  [K in keyof O]: O[K] extends { type: 'flag' }
    ? boolean
    : O[K] extends { type: 'integer'; default: number } | { needed: true }
      ? O[K] extends { type: 'integer' }
        ? number
        : string
      : O[K] extends { type: 'integer' }
        ? number | undefined
        : string | undefined
}

/** A command line cannot be read. The message names the command, the value, its place and what is allowed. */
export class CommandLineError extends Error {}

/** `--help` was given. */
export class HelpAsked extends Error {
  readonly text: string

  constructor(text: string) {
    super('help')
    this.text = text
  }
}

/** Reads the command line of this process as `readOrExit` does. */
export function readCommandLine<const O extends Options>(command: Command<O>): Values<O> {
  return readOrExit((args) => parseCommandLine(command, args))
}

/**
 * Runs `read` on the arguments of this process. With `--help` it prints the help and exits with code 0 instead; after a
 * CommandLineError it prints the message and exits with code 2.
 */
export function readOrExit<T>(read: (args: readonly string[]) => T): T {
  try {
    return read(process.argv.slice(2))
  } catch (error) {
    if (error instanceof HelpAsked) {
      process.stdout.write(error.text)
      process.exit(0)
    }
    if (!(error instanceof CommandLineError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
}

/** @throws CommandLineError @throws HelpAsked */
export function parseCommandLine<const O extends Options>(
  command: Command<O>,
  args: readonly string[],
): Values<O> {
  let values: Record<string, unknown> = {}
  const parser = parserOf(command, (_words, given) => {
    values = given
  })
  runParser(parser, args)
  return values as Values<O>
}

/** The commands of a program by their first word, each a command or a group of them. */
export interface Group {
  name: string
  does: string
  parsers: readonly Parser[]
}

/** Makes a parser whose first word chooses one of `parsers`. */
export function groupParser({ name, does, parsers }: Group): Parser {
  const group = newParser(name).description(does).helpCommand(false)
  for (const parser of parsers) group.addCommand(parser)
  return group
}

/** Makes the parser of one command. `found` gets its words and the values of its options. */
export function parserOf(
  command: Command,
  found: (words: Record<string, string | undefined>, values: Record<string, unknown>) => void,
  typed: string = command.name,
): Parser {
  const parser = newParser(typed).description(command.does)
  const words = Object.entries(command.words ?? {})
  for (const [name, word] of words) parser.addArgument(argumentOf(command, name, word))
  for (const [name, option] of Object.entries(command.options)) {
    parser.addOption(optionOf(command, name, option))
  }
  parser.addHelpText('after', () => moreHelp(command))
  return parser.action(() => {
    const values = Object.entries(command.options).map(([name, option]) => {
      const value: unknown = parser.getOptionValue(new ParsedOption(`--${name}`).attributeName())
      return [name, value ?? (option.type === 'flag' ? false : undefined)]
    })
    const texts = words.map(([name], index) => [name, parser.processedArgs[index]])
    found(Object.fromEntries(texts), Object.fromEntries(values))
  })
}

/** @throws CommandLineError @throws HelpAsked */
export function runParser(parser: Parser, args: readonly string[]): void {
  let help = ''
  parser.configureOutput({ writeOut: (text) => (help += text), writeErr: () => {} })
  for (const one of allOf(parser)) one.copyInheritedSettings(parser)
  try {
    parser.parse([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.helpDisplayed') throw new HelpAsked(help)
    throw new CommandLineError(explain(parserFor(parser, args), error))
  }
}

/** Makes the error for a command line: what is there, and what is allowed. */
export const refusedBy = (
  { name }: Pick<Command, 'name'>,
  shown: string,
  allowed: string,
): CommandLineError =>
  new CommandLineError(`${name} cannot start: ${shown} on the command line; allowed: ${allowed}`)

const newParser = (name: string): Parser =>
  new Parser(name)
    .helpOption('--help', 'Shows this text.')
    .configureHelp({ commandUsage: usageOf })
    .exitOverride()

const allOf = (parser: Parser): Parser[] => parser.commands.flatMap((one) => [one, ...allOf(one)])

/** The command that a command line names. */
function parserFor(parser: Parser, [first, ...rest]: readonly string[]): Parser {
  const named = parser.commands.find((one) => one.name() === first)
  return named === undefined ? parser : parserFor(named, rest)
}

/** The full name of a command as it is typed, with `--` behind the name of an npm script. */
function typedName(parser: Parser): string {
  if (parser.parent !== null) return `${typedName(parser.parent)} ${parser.name()}`
  return parser.name().startsWith('npm ') ? `${parser.name()} --` : parser.name()
}

const usageOf: Help['commandUsage'] = (parser) => {
  const words = parser.registeredArguments.map((one) =>
    one.required ? `<${one.name()}>` : `[${one.name()}]`,
  )
  const rest = parser.commands.length > 0 ? ['<command>'] : words
  return [typedName(parser), ...rest, '[options]'].join(' ')
}

function explain(parser: Parser, { code, message }: CommanderError): string {
  const isIncomplete = code === 'commander.help'
  const said = message.replace(/^error: |\.$/g, '').replace(/\s+/g, ' ')
  const shown = isIncomplete ? 'no command' : said
  const commands = parser.commands.map((one) => one.name())
  const options = parser.options.map((one) => one.flags)
  const words = parser.registeredArguments.map((one) => `<${one.name()}>`)
  const allowed = commands.length > 0 ? commands : [...words, ...options]
  const name = typedName(parser).replace(/ --$/, '')
  return refusedBy({ name }, shown, [...allowed, '--help'].join(', ')).message
}

function argumentOf(command: Command, name: string, word: Word): ParsedArgument {
  const shown = word.optional ? `[${name}]` : `<${name}>`
  return new ParsedArgument(shown, word.means).argParser((text: string) => {
    const allowed = allowedInstead(word, text, name)
    if (allowed === null) return text
    throw refusedBy(command, `<${name}> is ${JSON.stringify(text)}`, allowed)
  })
}

function optionOf(command: Command, name: string, option: Option): ParsedOption {
  if (option.type === 'flag') return new ParsedOption(`--${name}`, option.means)
  const parsed = new ParsedOption(`--${name} <${option.takes}>`, meaningOf(option))
  if (option.type === 'integer') {
    if (option.default !== undefined) parsed.default(option.default)
    return parsed.argParser((text: string) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
      if (value >= option.min && value <= option.max) return value
      throw refusedBy(command, `--${name} ${shownValue(text)}`, integers(option))
    })
  }
  return parsed.makeOptionMandatory(option.needed === true).argParser((text: string) => {
    const allowed = allowedInstead(option, text, option.takes)
    if (allowed === null) return text
    throw refusedBy(command, `--${name} ${shownValue(text)}`, allowed)
  })
}

function allowedInstead(
  { oneOf, check }: { oneOf?: readonly string[]; check?: Check },
  text: string,
  takes: string,
): string | null {
  if (oneOf !== undefined) return oneOf.includes(text) ? null : oneOf.join(', ')
  // An option where a value is expected is a value that was forgotten.
  if (text === '' || text.startsWith('--')) return `a ${takes}`
  return check?.(text) ?? null
}

const shownValue = (text: string): string =>
  text === '' ? 'is empty' : `is ${JSON.stringify(text)}`

const integers = ({ min, max }: { min: number; max: number }): string =>
  `an integer from ${min} to ${max}`

function meaningOf(option: Exclude<Option, { type: 'flag' }>): string {
  return option.type === 'integer' ? `${option.means} Allowed: ${integers(option)}.` : option.means
}

/** The part of the help behind the options. */
function moreHelp({ environment = {}, exitCodes = {}, example }: Command): string {
  const block = (title: string, rows: readonly (readonly [string, string])[]) => {
    const width = Math.max(...rows.map(([left]) => left.length))
    const lines = rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`)
    return rows.length === 0 ? '' : `\n${title}:\n${lines.join('')}`
  }
  return (
    block('Environment', Object.entries(environment)) +
    block('Exit codes', Object.entries(exitCodes)) +
    `\nExample: ${example}`
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
