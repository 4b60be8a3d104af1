import { describe, expect, test } from 'vitest'
import { listenForPatience } from '../../../../lib/anchors/check/patience.ts'
import { fetchAnswer } from '../../../helpers/fetch-answer.ts'

const NOW = new Date('2026-01-02T00:00:00Z')

async function patienceAfter(...answers: [status: number, retryAfter: string | null][]) {
  const left = answers.slice()
  const { fetch, seconds } = listenForPatience({
    fetch: async (url) => {
      const [status, retryAfter] = left.shift() ?? [200, null]
      return fetchAnswer(url, { status, retryAfter })
    },
    now: () => NOW,
  })
  for (const _ of answers) await fetch('https://a.example', { accept: '*/*', maxBytes: 1 })
  return seconds()
}

describe('the patience that servers ask for', () => {
  test.each<[string, [number, string | null][], number]>([
    ['none', [[200, null]], 0],
    ['429 with seconds', [[429, '7200']], 7_200],
    ['503 with a date', [[503, 'Fri, 02 Jan 2026 02:00:00 GMT']], 7_200],
    [
      'the longest of several',
      [
        [429, '60'],
        [503, '600'],
        [429, '6'],
      ],
      600,
    ],
    ['a date that is over', [[429, 'Thu, 01 Jan 2026 00:00:00 GMT']], 0],
    ['a year', [[429, '31536000']], 86_400],
    ['a number without an end', [[429, '9'.repeat(400)]], 86_400],
    ['no time at all', [[429, 'soon']], 0],
    [
      'another status',
      [
        [500, '7200'],
        [200, '7200'],
        [403, '7200'],
      ],
      0,
    ],
  ])('%s', async (_, answers, seconds) => {
    expect(await patienceAfter(...answers)).toBe(seconds)
  })
})
