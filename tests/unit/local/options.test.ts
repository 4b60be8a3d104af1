import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  type Command,
  helpOf,
  parseActionLine,
  parseCommandLine,
} from '../../../local/command-line.ts'
import { readOptions } from '../../../local/options.ts'

describe('the command line of npm start', () => {
  test.each<[string, string[], string | undefined, ReturnType<typeof readOptions>]>([
    ['nothing: the simulated world on port 3000', [], undefined, simulated(3000)],
    ['PORT', [], '8080', simulated(8080)],
    ['a blank PORT', [], ' ', simulated(3000)],
    ['PORT 0, any free one', [], '0', simulated(0)],
    ['PORT 65535', [], '65535', simulated(65_535)],
    ['--live', ['--live'], undefined, { world: 'live', port: 3000 }],
    ['--world with a folder', ['--world', 'some/files'], '1', folder('some/files', 1)],
    ['--world=', ['--world=/srv/x'], undefined, folder('/srv/x', 3000)],
  ])('%s is read', (_, args, PORT, expected) => {
    expect(readOptions(args, { PORT })).toEqual(expected)
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
    ['--fsat', '"--fsat" is', all],
    ['-f', '"-f" is', all],
    ['fast', '"fast" is', all],
    ['--constructor', '"--constructor" is', all],
    ['--fast=yes', '--fast is "yes"', 'no value'],
    ['--part=c', '--part is "c"', 'a, b'],
    ['--part', '--part has no value', 'a, b'],
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
    expect(helpOf(command)).toBe(`Does one thing.

Usage: npm run tool -- [options]

Options:
  --fast           Skips the rest.
  --part <part>    Does one part: a or b.
  --into <folder>  Writes into a folder.
  --seeds <n>      Runs n seeds. Allowed: an integer from 1 to 9; default 3.
  --help           Shows this text.

Environment:
  TOOL             Names the tool.

Example: npm run tool -- --fast
`)
  })
})

describe('the command line of a script with actions', () => {
  const command = {
    name: 'npm run tool',
    does: 'Does several things.',
    actions: {
      make: { means: 'Makes a thing.', takes: 'name', options: ['days', 'at'] },
      list: { means: 'Lists the things.', options: ['at'] },
    },
    options: {
      days: { type: 'integer', takes: 'n', min: 1, max: 9, means: 'Keeps it for n days.' },
      at: { type: 'text', takes: 'url', means: 'The place.' },
    },
    example: 'npm run tool -- make one',
  } as const satisfies Command

  test.each([
    ['make one', { action: 'make', word: 'one', values: {} }],
    ['--days 3 make --at x one', { action: 'make', word: 'one', values: { days: 3, at: 'x' } }],
    ['make -- --one', { action: 'make', word: '--one', values: {} }],
    ['list --at=x', { action: 'list', word: '', values: { at: 'x' } }],
  ])('%s is read', (args, expected) => {
    expect(parseActionLine(command, args.split(' '))).toEqual(expected)
  })

  const ofMake = 'make <name> with --days <n>, --at <url>, --help'
  test.each([
    ['', 'no action is', 'make <name>, list, --help'],
    ['mkae one', '"mkae" is', 'make <name>, list, --help'],
    ['toString', '"toString" is', 'make <name>, list, --help'],
    ['make', 'make has no name', 'make <name>'],
    ['make one two', '"two" is', ofMake],
    ['make one --fast', '"--fast" is', '--days <n>, --at <url>, --help'],
    ['make one --days 0', '--days is "0"', 'an integer from 1 to 9'],
    ['list one', '"one" is', 'list with --at <url>, --help'],
    ['list --days 3', '--days is', 'list with --at <url>, --help'],
  ])('"%s" is refused with what is allowed', (args, shown, allowed) => {
    expect(() => parseActionLine(command, args === '' ? [] : args.split(' '))).toThrow(
      `npm run tool cannot start: ${shown} on the command line; allowed: ${allowed}`,
    )
  })

  test('the help lists the actions, and an option without a default names none', () => {
    expect(helpOf(command)).toBe(`Does several things.

Usage: npm run tool -- <action> [options]

Actions:
  make <name>  Makes a thing.
  list         Lists the things.

Options:
  --days <n>   Keeps it for n days. Allowed: an integer from 1 to 9.
  --at <url>   The place.
  --help       Shows this text.

Example: npm run tool -- make one
`)
  })
})

function simulated(port: number) {
  return { world: 'simulated', port } as const
}

function folder(path: string, port: number) {
  return { world: 'folder', folder: resolve(path), port } as const
}
