import { describe, expect, test } from 'vitest'
import {
  type CheckOutcome,
  isMassFailure,
  judgeWindow,
  NEW_HEALTH,
} from '../../../../lib/anchors/health/health.ts'

const OUTCOMES: Record<string, CheckOutcome> = { o: 'ok', d: 'definite', p: 'policy', u: 'unsure' }

/** The health after a history such as `ddo`, with one letter for the outcome of each window of 6 hours. */
function stateAfter(history: string, sep1DisableThreshold = 3) {
  return [...history].reduce(
    (state, letter, at) =>
      judgeWindow(state, [OUTCOMES[letter] ?? 'unsure'], {
        sep1DisableThreshold,
        startedAt: windowAt(at),
      }),
    NEW_HEALTH,
  )
}

function windowAt(count: number): string {
  return new Date(Date.UTC(2026, 0, 1) + count * 6 * 3_600_000).toISOString()
}

describe('judgeWindow', () => {
  test.each([
    ['dd', 3, null],
    ['ddd', 3, 'sep1_not_found'],
    ['d', 1, 'sep1_not_found'],
    ['ddudud', 3, 'sep1_not_found'],
    ['uuuuuuuuuuuuuuuuuuuu', 1, null],
    ['ddoddodd', 3, null],
    ['p', 3, null],
    ['pp', 3, 'policy'],
    ['pup', 3, 'policy'],
    ['pop', 3, null],
    ['pdp', 3, 'policy'],
    ['dpdpd', 3, 'policy'],
    ['dpd', 2, 'sep1_not_found'],
    ['dddpp', 3, 'sep1_not_found'],
    ['dddo', 3, 'sep1_not_found'],
    ['dddoo', 3, null],
    ['dddouo', 3, null],
    ['dddodo', 3, 'sep1_not_found'],
    ['dddopo', 3, 'sep1_not_found'],
    ['dddood', 3, null],
    ['ppoo', 3, null],
    ['ooooddd', 3, 'sep1_not_found'],
  ])('%s with threshold %i is disabled: %s', (history, threshold, expected) => {
    expect(stateAfter(history, threshold).autoDisabledReason).toBe(expected)
  })

  test('an unsure outcome changes only the last outcome and the failures in a row', () => {
    const state = stateAfter('ddpo' + 'dp')
    const policy = { sep1DisableThreshold: 1, startedAt: windowAt(6) }
    expect(judgeWindow(state, ['unsure'], policy)).toEqual({
      ...state,
      lastOutcome: 'unsure',
      failuresInARow: 3,
    })
  })

  test('an ok resets both counts', () => {
    expect(stateAfter('ddpo')).toEqual({
      ...NEW_HEALTH,
      okStreak: 1,
      lastOutcome: 'ok',
      wasOk: true,
    })
  })

  test('failures are counted while a domain is disabled', () => {
    expect(stateAfter('ddddd').notFoundCount).toBe(5)
  })
})

describe('isMassFailure', () => {
  test.each([
    [0, 0, false],
    [4, 4, false],
    [5, 5, true],
    [25, 5, true],
    [26, 5, false],
    [1000, 199, false],
    [1000, 200, true],
    [100, 100, true],
  ])('of %i healthy before, %i fail: %s', (healthyBefore, failedNow, expected) => {
    expect(isMassFailure({ healthyBefore, failedNow })).toBe(expected)
  })
})
