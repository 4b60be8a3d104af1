import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { slowPatterns } from '../../scripts/check-patterns.ts'

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
