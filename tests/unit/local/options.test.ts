import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readOptions } from '../../../local/options.ts'
import { type Command, HelpAsked, parseCommandLine } from '../../../serve/command-line.ts'

describe('the command line of npm start', () => {
  test.each<[string, string[], string | undefined, ReturnType<typeof readOptions>]>([
    ['nothing: the simulated world on port 3000', [], undefined, simulated(3000)],
    ['PORT', [], '8080', simulated(8080)],
    ['a blank PORT', [], ' ', simulated(3000)],
    ['PORT 0, any free one', [], '0', simulated(0)],
    ['PORT 65535', [], '65535', simulated(65_535)],
    ['--wide', ['--wide'], undefined, { ...simulated(3000), isWide: true }],
    ['--live', ['--live'], undefined, { world: 'live', port: 3000 }],
    ['--world with a folder', ['--world', 'some/files'], '1', folder('some/files', 1)],
    ['--world=', ['--world=/srv/x'], undefined, folder('/srv/x', 3000)],
  ])('%s is read', (_, args, PORT, expected) => {
    expect(readOptions(args, { PORT })).toEqual(expected)
  })

  test.each(['production', ' Production', 'prod', 'staging'])(
    'NODE_ENV "%s" is refused, with the command that is meant',
    (NODE_ENV) => {
      expect(() => readOptions([], { NODE_ENV })).toThrow(
        /^npm start cannot start: NODE_ENV is ".+" in the environment; allowed: .+ use npm run serve/,
      )
    },
  )

  test.each([undefined, '', ' ', 'development', 'TEST'])('NODE_ENV %j is allowed', (NODE_ENV) => {
    expect(readOptions([], { NODE_ENV })).toEqual(simulated(3000))
  })

  test('two worlds at once are refused', () => {
    expect(() => readOptions(['--live', '--world', 'x'], {})).toThrow(
      'npm start was given both --live and --world; allowed: one of them, or neither',
    )
  })

  test.each(['65536', '-1', '3000.5', '3e3', '0x50', 'http', '30 00', '999999'])(
    'PORT "%s" is refused with its value and what is allowed',
    (port) => {
      expect(() => readOptions([], { PORT: port })).toThrow(
        `PORT is "${port}" in the environment; allowed: an integer from 0 to 65535`,
      )
    },
  )
})

describe('the command line of any script', () => {
  const command = {
    name: 'npm run tool',
    does: 'Does one thing.',
    options: {
      fast: { type: 'flag', means: 'Skips the rest.' },
      part: { type: 'text', takes: 'part', oneOf: ['a', 'b'], means: 'Does one part: a or b.' },
      into: { type: 'text', takes: 'folder', means: 'Writes into a folder.' },
      seeds: { type: 'integer', takes: 'n', min: 1, max: 9, default: 3, means: 'Runs n seeds.' },
    },
    environment: { TOOL: 'Names the tool.' },
    example: 'npm run tool -- --fast',
  } as const satisfies Command

  test('options that are left out have their defaults', () => {
    expect(parseCommandLine(command, [])).toEqual({ fast: false, seeds: 3 })
    expect(parseCommandLine(command, ['--fast', '--part=b', '--seeds', '9'])).toEqual({
      fast: true,
      part: 'b',
      seeds: 9,
    })
  })

  const all = '--fast, --part <part>, --into <folder>, --seeds <n>, --help'
  test.each([
    ['--fsat', `unknown option '--fsat' (Did you mean --fast?)`, all],
    ['-f', `unknown option '-f'`, all],
    ['fast', 'too many arguments. Expected 0 arguments but got 1: fast', all],
    ['--constructor', `unknown option '--constructor'`, all],
    ['--fast=yes', `unknown option '--fast=yes'`, all],
    ['--part=c', '--part is "c"', 'a, b'],
    ['--part', `option '--part <part>' argument missing`, all],
    ['--into=', '--into is empty', 'a folder'],
    ['--into --fast', '--into is "--fast"', 'a folder'],
    ['--seeds 0', '--seeds is "0"', 'an integer from 1 to 9'],
    ['--seeds 1e0', '--seeds is "1e0"', 'an integer from 1 to 9'],
  ])('%s is refused with what is allowed', (args, shown, allowed) => {
    expect(() => parseCommandLine(command, args.split(' '))).toThrow(
      `npm run tool cannot start: ${shown} on the command line; allowed: ${allowed}`,
    )
  })

  test('the help says what the command does, its options, its variables and an example', () => {
    const asked = () => parseCommandLine(command, ['--fast', '--help'])
    expect(asked).toThrow(HelpAsked)
    expect(helpOf(asked)).toBe(`Usage: npm run tool -- [options]

Does one thing.

Options:
  --fast           Skips the rest.
  --part <part>    Does one part: a or b.
  --into <folder>  Writes into a folder.
  --seeds <n>      Runs n seeds. Allowed: an integer from 1 to 9. (default: 3)
  --help           Shows this text.

Environment:
  TOOL  Names the tool.

Example: npm run tool -- --fast
`)
  })
})

function helpOf(asked: () => unknown): string {
  try {
    asked()
  } catch (error) {
    if (error instanceof HelpAsked) return error.text
  }
  return ''
}

function simulated(port: number) {
  return { world: 'simulated', port } as const
}

function folder(path: string, port: number) {
  return { world: 'folder', folder: resolve(path), port } as const
}
