import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readOptions } from '../../../local/options.ts'

describe('the command line of npm start', () => {
  test.each<[string, string[], { PORT?: string | undefined }, ReturnType<typeof readOptions>]>([
    ['nothing: the simulated world on port 3000', [], {}, { world: 'simulated', port: 3000 }],
    ['PORT', [], { PORT: '8080' }, { world: 'simulated', port: 8080 }],
    ['PORT unset', [], { PORT: undefined }, { world: 'simulated', port: 3000 }],
    ['PORT blank', [], { PORT: ' ' }, { world: 'simulated', port: 3000 }],
    ['PORT 0, any free one', [], { PORT: '0' }, { world: 'simulated', port: 0 }],
    ['PORT 65535', [], { PORT: '65535' }, { world: 'simulated', port: 65_535 }],
    ['--live', ['--live'], {}, { world: 'live', port: 3000 }],
    [
      '--world with a folder of one’s own',
      ['--world', 'some/files'],
      { PORT: '1' },
      { world: 'folder', folder: resolve('some/files'), port: 1 },
    ],
    ['--world=', ['--world=/tmp/x'], {}, { world: 'folder', folder: '/tmp/x', port: 3000 }],
  ])('%s', (_, args, env, expected) => {
    expect(readOptions(args, env)).toEqual(expected)
  })

  test.each<[string, string[], RegExp]>([
    ['both worlds', ['--live', '--world', 'x'], /--live and --world.*allowed/],
    ['an empty folder', ['--world='], /--world is empty.*allowed/],
    ['no folder', ['--world'], /--world/],
    ['an unknown option', ['--lvie'], /--lvie/],
    ['a stray word', ['live'], /live/],
    ['a value for --live', ['--live=yes'], /--live/],
  ])('%s is refused with the option’s name', (_, args, message) => {
    expect(() => readOptions(args, {})).toThrow(message)
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
