import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { LOG_EVENTS } from '../../lib/log-events.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const page = readFileSync(`${ROOT}/docs/logs.md`, 'utf8')
const rows = [...page.matchAll(/^\| `(\w+)` \| ([a-z, ]+) \| (.+) \| (.+) \|$/gm)].map(
  ([, event = '', levels = '', when = '', todo = '']) => ({ event, levels, when, todo }),
)

test('docs/logs.md has one row for each event, with its levels, when it is written and what to do', () => {
  const described = rows.map(({ event, levels }) => [event, levels.split(', ')])
  expect(described).toEqual(Object.entries(LOG_EVENTS))
  const tableLines = page.split('\n').filter((line) => line.startsWith('| `'))
  expect(tableLines, 'a row that this test cannot read').toHaveLength(rows.length)
})

test('each event of the table is written somewhere', () => {
  const sources = globSync('{api,lib,serve}/**/*.ts', { cwd: ROOT }).map((file) =>
    readFileSync(`${ROOT}/${file}`, 'utf8'),
  )
  // An event is the second argument of a call of the log: its text, or the constant of the same name.
  const calls = sources
    .flatMap((source) => [...source.matchAll(/\blog\(([^{)]*)/g)])
    .map(([, first = '']) => first)
  const unwritten = Object.keys(LOG_EVENTS).filter(
    (event) =>
      !calls.some((call) => call.includes(`'${event}'`) || call.includes(event.toUpperCase())),
  )
  expect(unwritten).toEqual([])
})
