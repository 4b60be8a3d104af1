import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ADVISORIES, advisoriesOf, releasesOf } from '../../../lib/platform/releases/advisories.ts'
import { hasTest, namedTests } from '../../helpers/named-tests.ts'

const PAGE = new URL('../../../docs/platform-advisories.md', import.meta.url)
const ROWS = readFileSync(PAGE, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split(' | '))

test('the page has a row for each advisory, with its releases', () => {
  expect(ROWS.map(([id = '', releases]) => [id.slice(3, -1), releases])).toEqual(
    ADVISORIES.map((advisory) => [advisory.id, releasesOf(advisory)]),
  )
})

describe('a row names a test that exists', () => {
  const rows = namedTests('platform-advisories.md')

  test('each advisory has one', () => {
    expect(rows.map(({ name }) => name.slice(1, -1))).toEqual(ADVISORIES.map(({ id }) => id))
  })

  test.each(rows)('$name', (row) => {
    expect(hasTest(row)).toBe(true)
  })
})

test('a release has the advisories of its range', () => {
  expect(advisoriesOf('2.8')).toContain('lost_update')
  expect(advisoriesOf('2.8')).not.toContain('auth_setting_ignored')
  const allOthers = ADVISORIES.filter(({ id }) => id !== 'memo_id_above_2_63')
  expect(advisoriesOf('4.0')).toEqual(allOthers.map(({ id }) => id))
  expect(advisoriesOf('3.0')).toContain('memo_id_above_2_63')
  expect(advisoriesOf('4.2')).not.toContain('lost_update')
})
