import { describe, expect, test } from 'vitest'
import { ADVICE } from '../../lib/anchors/check/advice.ts'
import { FINDINGS } from '../../lib/anchors/check/finding.ts'
import { advised } from '../../lib/anchors/check-on-request.ts'

describe('the advice of a finding', () => {
  test.each(Object.keys(FINDINGS))('%s is whole sentences', (code) => {
    const advice = ADVICE[code as keyof typeof ADVICE]
    expect(advice).toMatch(/^[A-Z].*[^.][.]$/)
    expect(advice.length).toBeGreaterThan(20)
  })

  test('stands beside a stored finding whose code this release does not know', () => {
    const stored = { code: 'of_another_release', sep: 1, expected: 'a value' } as never
    expect(advised(stored)).toMatchObject({
      meaning: 'of_another_release',
      advice: 'Make it a value.',
    })
  })
})
