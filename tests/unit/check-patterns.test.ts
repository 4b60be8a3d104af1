import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { BY_STEPS, slowPatterns } from '../../scripts/check-patterns.ts'

const root = await mkdtemp(join(tmpdir(), 'patterns-'))
afterAll(() => rm(root, { recursive: true }))

test.each([
  ['export const one = /^(?:a+)*$/', ['/^(?:a+)*$/ refused: it takes exponential time']],
  ['export const one = /0+$/', ['/0+$/ refused: it takes 2nd degree polynomial time']],
  [
    String.raw`export const one = /^\p{Nd}+\.?\p{Nd}*$/u`,
    ['refused: it takes 2nd degree polynomial'],
  ],
  ['export const one = new RegExp("a")', ['RegExp refused: it is built at run time']],
  [String.raw`export const one = /^\p{Nd}+(?:\.\p{Nd}*)?$/u`, []],
  ['export const one = /[&<>]/v', []],
])('%s', async (text, expected) => {
  await mkdir(join(root, 'lib'), { recursive: true })
  await writeFile(join(root, 'lib', 'one.ts'), `\n${text}\n`)
  const problems = await slowPatterns(root, ['lib'])
  expect(problems).toEqual(expected.map((part) => expect.stringContaining(part)))
  for (const problem of problems) expect(problem).toMatch(/^lib\/one\.ts:2: /)
})

test('no limit of time is left to the search, so that a busy machine finds the same', async () => {
  const file = new URL('../../node_modules/recheck/index.d.ts', import.meta.url)
  const types = await readFile(file, 'utf8')
  const limits = [...types.matchAll(/^ {2}(\w*[tT]imeout)\?: /gm)].map(([, name = '']) => name)
  expect(limits).toContain('timeout')
  // A negative limit, the default, leaves the recall out.
  const searched = limits.filter((name) => name !== 'recallTimeout')
  expect(BY_STEPS).toMatchObject(Object.fromEntries(searched.map((name) => [name, null])))
})
