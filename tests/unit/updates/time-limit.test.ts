import { expect, test } from 'vitest'
import { createTimeLimit } from '../../../lib/updates/time-limit.ts'

test.each([
  // 90 s are kept for a send that is under way and for the reading of its outcome.
  [300, 1, 210_000],
  [300, 0.5, 105_000],
  [101, 1, 11_000],
  [100, 1, 10_000],
  [60, 1, 10_000],
  [60, 0.25, 2_500],
])('a function of %i s with the share %s begins nothing after %i ms', (seconds, share, lastMs) => {
  const clock = { ms: 1_000 }
  const isOver = createTimeLimit(seconds, () => new Date(clock.ms), share)
  expect(isOver()).toBe(false)
  clock.ms += lastMs
  expect(isOver()).toBe(false)
  clock.ms += 1
  expect(isOver()).toBe(true)
})

test('a run takes the whole time unless it is told its share', () => {
  const clock = { ms: 0 }
  const isOver = createTimeLimit(300, () => new Date(clock.ms))
  clock.ms = 210_000
  expect(isOver()).toBe(false)
  clock.ms += 1
  expect(isOver()).toBe(true)
})
