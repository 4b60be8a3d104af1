import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { WAITING_KINDS } from '../../lib/attention/store.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const PAGE = read('docs/operations.md')

/** The first cells of the tables of one section. */
function firstCells(heading: string): string[] {
  const [, rest = ''] = PAGE.split(`\n## ${heading}\n`)
  const [section = ''] = rest.split('\n## ')
  return section.split('\n').flatMap((line) => /^\| (.+?) \|/.exec(line)?.[1] ?? [])
}

test('docs/operations.md says how to rotate each variable of .env.example that holds a secret', () => {
  const variables = read('.env.example').matchAll(
    /^# (?!ANCHOR_TRUST_)([A-Z_]*(?:SECRET|KEY|SEED)(?:_PREVIOUS)?)=/gm,
  )
  const secrets = [...variables].map(([, name = '']) => name)
  expect(secrets.length).toBeGreaterThan(7)
  const rotated = firstCells('Rotate each secret').join(' ')
  expect(secrets.filter((name) => !rotated.includes(`\`${name}\``))).toEqual([])
})

test('docs/operations.md says what to do about each kind of thing that waits for a person', () => {
  const kinds = firstCells('What to do when something calls')
  expect(WAITING_KINDS.filter((kind) => !kinds.includes(`\`${kind}\``))).toEqual([])
})
