import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ERROR_STATUS } from '../../lib/errors.ts'

const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')).trim(), section] as const),
)

test('docs/errors.md has one heading for each error code', () => {
  expect([...sections.keys()].sort()).toEqual(Object.keys(ERROR_STATUS).sort())
})

test.each(Object.entries(ERROR_STATUS))('%s is described with its status %i', (code, status) => {
  expect(sections.get(code)?.split('\n')[2]).toMatch(new RegExp(`^${status}[.,] `))
})
