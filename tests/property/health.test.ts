import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type CheckOutcome,
  type HealthState,
  judgeWindow,
  NEW_HEALTH,
  windowsUntilNextCheck,
} from '../../lib/anchors/health/health.ts'
import { judgeCheck } from '../../lib/anchors/queue/judge-check.ts'
import { okCheck } from '../helpers/database-rows.ts'

const RUNS = 5_000
const WINDOW_MS = 6 * 3_600_000
const outcome = fc.constantFrom<CheckOutcome>('ok', 'definite', 'policy', 'unsure')
const failure = fc.constantFrom<CheckOutcome>('definite', 'policy', 'unsure')
const threshold = fc.integer({ min: 1, max: 5 })
/** The checks of one window, in their order. */
const window = fc
  .tuple(outcome, fc.array(outcome, { maxLength: 4 }))
  .map(([first, more]): [CheckOutcome, ...CheckOutcome[]] => [first, ...more])
const history = fc.array(window, { maxLength: 60 })

const startOf = (place: number) => new Date(Date.UTC(2026, 0, 1) + place * WINDOW_MS).toISOString()

/** The health after each window. */
function healthOf(windows: readonly [CheckOutcome, ...CheckOutcome[]][], sep1DisableThreshold = 3) {
  const states: HealthState[] = []
  for (const [place, checks] of windows.entries()) {
    const before = states.at(-1) ?? NEW_HEALTH
    states.push(judgeWindow(before, checks, { sep1DisableThreshold, startedAt: startOf(place) }))
  }
  return states
}

/** The health after the checks of one window, each judged as a run of its own does. */
function judgedOneByOne(before: HealthState, checks: readonly CheckOutcome[], limit: number) {
  let earlier: CheckOutcome | null = null
  let health = before
  for (const one of checks) {
    const judged = judgeCheck(
      {
        ...{ domain: 'a.example', listings: [], capability: null, durationMs: null },
        window: { startedAt: startOf(0), outcome: earlier, disabled: null },
        ...{ health: before, identity: null, held: null },
      },
      okCheck('a.example', { check: { outcome: one, capability: null, operational: null } }).check,
      { sep1DisableThreshold: limit, windowHours: 6 },
    )
    earlier = judged.window.outcome
    health = judged.health
  }
  return health
}

test('the checks of a window count once, whatever their order and number', () => {
  fc.assert(
    fc.property(
      history,
      window.chain((checks) =>
        fc.tuple(
          fc.constant(checks),
          fc.shuffledSubarray([...checks, ...checks, ...checks], { minLength: checks.length * 3 }),
        ),
      ),
      threshold,
      (earlier, [checks, repeated], limit) => {
        const before = healthOf(earlier, limit).at(-1) ?? NEW_HEALTH
        const policy = { sep1DisableThreshold: limit, startedAt: startOf(earlier.length) }
        const once = judgeWindow(before, checks, policy)
        const [first = 'ok', ...more] = repeated
        expect(judgeWindow(before, [first, ...more], policy)).toEqual(once)
      },
    ),
    { numRuns: RUNS },
  )
})

test('runs that check one after another in a window come to what its checks say together', () => {
  fc.assert(
    fc.property(history, window, fc.integer({ min: 2, max: 5 }), (earlier, checks, limit) => {
      const before = healthOf(earlier, limit).at(-1) ?? NEW_HEALTH
      const policy = { sep1DisableThreshold: limit, startedAt: startOf(0) }
      expect(judgedOneByOne(before, checks, limit)).toEqual(judgeWindow(before, checks, policy))
    }),
    { numRuns: RUNS },
  )
})

test('a call with the threshold 1 that sees the stellar.toml gone takes the home domain out at once', () => {
  fc.assert(
    fc.property(history, fc.array(outcome, { maxLength: 4 }), (earlier, checks) => {
      const before = healthOf(earlier).at(-1) ?? NEW_HEALTH
      const { autoDisabledReason } = judgedOneByOne(before, [...checks, 'definite'], 1)
      expect(autoDisabledReason).not.toBeNull()
    }),
    { numRuns: RUNS },
  )
})

test('no home domain goes out of service in a window that was unsure or ok', () => {
  fc.assert(
    fc.property(history, threshold, (windows, limit) => {
      const states = healthOf(windows, limit)
      for (const [place, state] of states.entries()) {
        const before = states[place - 1] ?? NEW_HEALTH
        if (before.autoDisabledReason !== null || state.autoDisabledReason === null) continue
        expect(['definite', 'policy']).toContain(state.lastOutcome)
        expect(windows[place]).not.toContain('ok')
      }
    }),
    { numRuns: RUNS },
  )
})

test('a home domain goes out after as many windows gone, or two untrusted, without an ok between them', () => {
  fc.assert(
    fc.property(history, threshold, (windows, limit) => {
      const states = healthOf(windows, limit)
      for (const [place, { autoDisabledReason: reason }] of states.entries()) {
        if (reason === null || states[place - 1]?.autoDisabledReason != null) continue
        const lastOk = states.findLastIndex(
          ({ lastOutcome }, one) => one < place && lastOutcome === 'ok',
        )
        const since = states.slice(lastOk + 1, place + 1).map(({ lastOutcome }) => lastOutcome)
        const gone = since.filter((one) => one === 'definite').length
        const untrusted = since.filter((one) => one === 'policy').length
        expect(gone >= limit || untrusted >= 2).toBe(true)
      }
    }),
    { numRuns: RUNS },
  )
})

test('a home domain returns with the second window in a row that is ok, and never while it is flapping', () => {
  fc.assert(
    fc.property(history, threshold, (windows, limit) => {
      const states = healthOf(windows, limit)
      for (const [place, state] of states.entries()) {
        const before = states[place - 1]?.autoDisabledReason ?? null
        if (before === 'flapping') expect(state.autoDisabledReason).toBe('flapping')
        if (before === null || state.autoDisabledReason !== null) continue
        const sure = states
          .slice(0, place + 1)
          .filter(({ lastOutcome }) => lastOutcome !== 'unsure')
        expect(sure.slice(-2).map(({ lastOutcome }) => lastOutcome)).toEqual(['ok', 'ok'])
      }
    }),
    { numRuns: RUNS },
  )
})

test('no home domain is switched more than 3 times within 14 days', () => {
  const runs = fc.array(fc.tuple(outcome, fc.integer({ min: 1, max: 6 })), { maxLength: 40 })
  fc.assert(
    fc.property(runs, fc.integer({ min: 1, max: 2 }), (phases, limit) => {
      const windows = phases.flatMap(([one, times]) => Array<[CheckOutcome]>(times).fill([one]))
      const states = healthOf(windows, limit)
      const isOut = states.map(({ autoDisabledReason }) => autoDisabledReason !== null)
      const switches = isOut.flatMap((out, place) =>
        out !== (isOut[place - 1] ?? false) ? [place] : [],
      )
      for (const [count, place] of switches.entries()) {
        const fourth = switches[count + 3]
        if (fourth !== undefined && fourth - place <= 56) {
          // The fourth one takes it out for good.
          expect(states[fourth]?.autoDisabledReason).toBe('flapping')
          expect(isOut.slice(fourth)).not.toContain(false)
        }
      }
      for (const { flips } of states) expect(flips.length).toBeLessThanOrEqual(4)
    }),
    { numRuns: RUNS },
  )
})

test('a home domain is due in 1 to 56 windows, and in the next one while it is listed and well', () => {
  fc.assert(
    fc.property(history, fc.boolean(), fc.nat(9), (windows, isListed, idle) => {
      for (const state of healthOf(windows)) {
        const waits = windowsUntilNextCheck({ ...state, idle }, { isListed })
        expect(Number.isInteger(waits) && waits >= 1 && waits <= 56).toBe(true)
        const isWell = state.autoDisabledReason === null && state.lastOutcome === 'ok'
        if (isWell && (isListed || idle === 0)) expect(waits).toBe(1)
        if (!isListed && isWell && idle > 0) expect(waits).toBeGreaterThanOrEqual(4)
      }
    }),
    { numRuns: RUNS },
  )
})

test('what answers again is back within 57 windows, however long it was away', () => {
  fc.assert(
    fc.property(fc.array(failure, { minLength: 1, maxLength: 300 }), (failures) => {
      let health = judgeWindow(NEW_HEALTH, ['ok'], {
        sep1DisableThreshold: 3,
        startedAt: startOf(0),
      })
      let place = 1
      let due = 1
      for (; place < failures.length; place += 1) {
        if (place < due) continue
        const [one = 'unsure'] = failures.slice(place)
        health = judgeWindow(health, [one], { sep1DisableThreshold: 3, startedAt: startOf(place) })
        due = place + windowsUntilNextCheck(health, { isListed: true })
      }
      const answeredAt = place
      while (health.lastOutcome !== 'ok' || health.autoDisabledReason !== null) {
        place = Math.max(place, due)
        health = judgeWindow(health, ['ok'], { sep1DisableThreshold: 3, startedAt: startOf(place) })
        due = place + windowsUntilNextCheck(health, { isListed: true })
      }
      expect(place - answeredAt).toBeLessThanOrEqual(57)
    }),
    { numRuns: RUNS },
  )
})
