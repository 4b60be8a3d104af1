import { describe, expect, test } from 'vitest'
import { retryDelayMs, retrying } from '../../../lib/net/retry.ts'

const now = new Date('2026-11-20T10:00:00Z')

describe('delay before the next attempt', () => {
  test.each([
    [null, null, 1, 500],
    [503, null, 1, 500],
    [500, null, 2, 1000],
    [502, null, 3, 2000],
    [504, null, 7, 30_000],
    [503, null, 5000, 30_000],
    [429, '7', 1, 7000],
    [429, ' 0 ', 4, 0],
    [503, '86400', 1, 30_000],
    [503, 'Fri, 20 Nov 2026 10:00:09 GMT', 1, 9000],
    [503, 'Fri, 20 Nov 2026 09:00:00 GMT', 1, 0],
    [503, 'Sat, 21 Nov 2026 10:00:00 GMT', 1, 30_000],
    [429, '-3', 1, 500],
    [429, '1.5', 1, 500],
    [429, 'soon', 1, 500],
    [429, '', 1, 500],
    [408, null, 1, 500],
    [425, null, 1, 500],
    [404, '5', 1, null],
    [400, null, 1, null],
    [200, null, 1, null],
    [501, null, 1, null],
  ])('status %j with Retry-After %j, attempt %i: %j ms', (status, retryAfter, attempt, delayMs) => {
    expect(retryDelayMs({ status, retryAfter, attempt, now })).toBe(delayMs)
  })
})

describe('retrying', () => {
  test.each<[string, number, (number | null)[], boolean[], number[], number]>([
    ['a final result is not retried', 3, [null], [], [], 1],
    ['the last of 3 results is returned', 3, [5, 7, 9], [], [5, 7], 3],
    ['a wait above the longest makes the result final', 3, [5, 11], [], [5], 2],
    ['the longest wait itself is taken', 2, [10], [], [10], 2],
    ['nothing is retried when the time is over before a wait', 3, [5], [true], [], 1],
    ['nothing is retried when the time is over after a wait', 3, [5], [false, true], [5], 1],
  ])('%s', async (_, tries, delays, over, waits, result) => {
    const waited: number[] = []
    let runs = 0
    const last = await retrying(async () => ++runs, {
      tries,
      delayMs: (_, attempt) => delays[attempt - 1] ?? null,
      longestWaitMs: 10,
      sleep: async (ms) => void waited.push(ms),
      isOver: () => over.shift() ?? false,
    })
    expect([last, waited]).toEqual([result, waits])
  })
})
