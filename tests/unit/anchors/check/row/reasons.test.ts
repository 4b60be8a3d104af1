import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { REASONS } from '../../../../../lib/anchors/check/row/reasons.ts'

test('docs/reasons.md has exactly one row for every reason, with what it does and means', () => {
  const page = readFileSync(new URL('../../../../../docs/reasons.md', import.meta.url), 'utf8')
  const rows = page.split('\n').filter((line) => /^\| `[a-z_0-9]+` \| (?:yes|no) \|/.test(line))
  expect(rows).toEqual(
    Object.entries(REASONS).map(
      ([code, { operational, meaning }]) =>
        `| \`${code}\` | ${operational ? 'yes' : 'no'} | ${meaning} |`,
    ),
  )
})
