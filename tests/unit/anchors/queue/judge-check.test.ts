import { describe, expect, test } from 'vitest'
import type { CheckOutcome, HealthState } from '../../../../lib/anchors/health/health.ts'
import { NEW_HEALTH, windowsUntilNextCheck } from '../../../../lib/anchors/health/health.ts'
import { judgeCheck } from '../../../../lib/anchors/queue/judge-check.ts'
import type { ClaimedHomeDomain } from '../../../../lib/anchors/queue/store.ts'
import { capabilityOf, okCheck } from '../../../helpers/database-rows.ts'

const WINDOW = '2026-01-01T06:00:00.000Z'
const LISTED = {
  ...({ id: 'x', country: 'MX', currency: 'MXN', type: 'on-ramp', active: true } as const),
  source: 'https://directory.example/',
}
const claimed = (change: Partial<ClaimedHomeDomain> = {}): ClaimedHomeDomain => ({
  ...{ domain: 'a.example', listings: [LISTED], capability: null, durationMs: null },
  window: { startedAt: WINDOW, outcome: null, disabled: null },
  ...{ health: NEW_HEALTH, identity: null, held: null },
  ...change,
})
const check = (outcome: CheckOutcome, change: object = {}) =>
  okCheck('a.example', { check: { outcome, checkedAt: '2026-01-01T07:00:00.000Z', ...change } })
    .check
const judge = (
  change: Partial<ClaimedHomeDomain>,
  outcome: CheckOutcome,
  sep1DisableThreshold = 3,
) => judgeCheck(claimed(change), check(outcome), { sep1DisableThreshold, windowHours: 6 })

describe('judgeCheck', () => {
  test('keeps out what a lower threshold took out in this window, and lets an ok of it undo that', () => {
    const window = { startedAt: WINDOW, outcome: 'definite', disabled: 'sep1_not_found' } as const
    expect(judge({ window }, 'definite').health).toMatchObject({
      autoDisabledReason: 'sep1_not_found',
      notFoundCount: 1,
    })
    expect(judge({ window }, 'unsure').health.autoDisabledReason).toBe('sep1_not_found')
    expect(judge({ window }, 'ok').health.autoDisabledReason).toBeNull()
  })

  test('counts a window gone once the threshold is 1, also where it was ok before', () => {
    const window = { startedAt: WINDOW, outcome: 'ok', disabled: null } as const
    expect(judge({ window }, 'definite').window.outcome).toBe('ok')
    expect(judge({ window }, 'definite', 1)).toMatchObject({
      window: { outcome: 'definite' },
      health: { autoDisabledReason: 'sep1_not_found', notFoundCount: 1 },
      priority: 2,
    })
  })

  test('takes nothing out before the threshold, however few windows it is', () => {
    const once = judge({}, 'definite')
    expect(once.health).toMatchObject({ autoDisabledReason: null, notFoundCount: 1 })
    const window = { startedAt: WINDOW, outcome: 'ok', disabled: null } as const
    for (const outcome of ['unsure', 'policy'] as const) {
      expect(judge({ window }, outcome, 1).window.outcome).toBe('ok')
    }
    const health = { ...NEW_HEALTH, autoDisabledReason: 'policy' } as const
    const disabled = { startedAt: WINDOW, outcome: null, disabled: 'sep1_not_found' } as const
    expect(judge({ window: disabled, health }, 'definite').health.autoDisabledReason).toBe('policy')
  })

  test('asks a listed anchor again in the next window, also while no listing is operational', () => {
    const policy = { sep1DisableThreshold: 3, windowHours: 6 }
    const idle = check('ok', { operational: false })
    expect(judgeCheck(claimed(), idle, policy).windowsUntilNext).toBe(1)
    const horizon = { listings: [{ ...LISTED, source: 'horizon:https://h' }] }
    expect(judgeCheck(claimed(horizon), idle, policy).windowsUntilNext).toBe(4)
  })

  test.each<[CheckOutcome, object]>([
    ['unsure', {}],
    ['policy', {}],
    ['definite', {}],
    ['ok', { capability: null }],
  ])('says nothing of the identity by an outcome %s %o', (outcome, change) => {
    const policy = { sep1DisableThreshold: 3, windowHours: 6 }
    const judged = judgeCheck(claimed(), check(outcome, change), policy)
    expect([judged.identity, judged.events]).toEqual([null, []])
  })

  test('writes the identity when it is new, and not again', () => {
    const { identity } = judge({}, 'ok')
    expect(identity?.known).toMatchObject({ endpoints: {}, steps: { sep24: 'absent' } })
    expect(judge({ identity: identity?.known ?? null }, 'ok').identity).toBeNull()
  })

  test.each([
    ['a year ahead', '2027-01-01T00:00:00.000Z', '2026-01-01T12:00:00.000Z'],
    ['a year behind', '2025-01-01T00:00:00.000Z', WINDOW],
  ])('dates what is held within its window by a clock that is %s', (_, checkedAt, since) => {
    const first = judge({}, 'ok').identity?.known
    if (!first) throw new Error('no identity')
    const seen = check('ok', {
      checkedAt,
      capability: { ...capabilityOf(), signingKey: 'GB' },
    })
    const known = { ...first, signingKey: 'GA' }
    const { identity } = judgeCheck(claimed({ identity: known }), seen, {
      sep1DisableThreshold: 3,
      windowHours: 6,
    })
    expect(identity?.held?.since).toBe(since)
  })

  test('shows what the stellar.toml says of each listing that was judged, and of no other', () => {
    const verdict = { id: 'x', rail: null, asset: null } as never
    const other = { ...LISTED, id: 'y' }
    const shownOf = (change: object) => {
      const policy = { sep1DisableThreshold: 3, windowHours: 6 }
      const seen = { ...check('ok'), ...change }
      return judgeCheck(claimed({ listings: [LISTED, other] }), seen, policy).shown
    }
    expect(Object.keys(shownOf({ listings: [verdict] }))).toEqual(['x'])
    expect(shownOf({ listings: null })).toEqual({})
    expect(shownOf({ listings: [verdict], capability: null })).toEqual({})
  })

  test.each<[string, Partial<ClaimedHomeDomain>, number]>([
    ['listed and in service', {}, 0],
    ['listed by a listing that is switched off', { listings: [{ ...LISTED, active: false }] }, 2],
    ['found on Horizon alone', { listings: [{ ...LISTED, source: 'horizon:https://h' }] }, 2],
    [
      'listed twice, once by a directory',
      { listings: [{ ...LISTED, source: 'horizon:h' }, LISTED] },
      0,
    ],
    [
      'out of service',
      {
        health: {
          ...NEW_HEALTH,
          autoDisabledReason: 'flapping',
          flips: ['2025-12-31T00:00:00.000Z'],
        },
      },
      2,
    ],
  ])('gives an anchor that is %s its priority', (_case, change, priority) => {
    expect(judge(change, 'ok').priority).toBe(priority)
  })

  test('keeps the health from before the window, and what all its checks say together', () => {
    const window = { startedAt: WINDOW, outcome: 'definite', disabled: null } as const
    const judged = judge({ window }, 'ok')
    expect(judged).toMatchObject({
      before: NEW_HEALTH,
      window: { startedAt: WINDOW, outcome: 'ok' },
    })
    expect(judge({ window: { ...window, outcome: null } }, 'unsure').window.outcome).toBe('unsure')
    expect(judge({ window: { ...window, outcome: 'ok' } }, 'unsure').window.outcome).toBe('ok')
  })

  test.each<[CheckOutcome, boolean | null, number]>([
    ['ok', true, 0],
    ['ok', false, 6],
    ['ok', null, 5],
    ['unsure', false, 5],
  ])('counts idle windows by an outcome %s with operational %s', (outcome, operational, idle) => {
    const policy = { sep1DisableThreshold: 3, windowHours: 6 }
    const before = { health: { ...NEW_HEALTH, idle: 5 } }
    const judged = judgeCheck(claimed(before), check(outcome, { operational }), policy)
    expect(judged.health.idle).toBe(idle)
  })

  test('counts the windows in which no listing is operational, for anchors that only Horizon names', () => {
    const horizon = { listings: [{ ...LISTED, source: 'horizon:https://h.example' }] }
    const policy = { sep1DisableThreshold: 3, windowHours: 6 }
    const waits: number[] = []
    let health = NEW_HEALTH
    for (const operational of [false, false, false, false, false, true, false]) {
      const judged = judgeCheck(
        claimed({ ...horizon, health }),
        check('ok', { operational }),
        policy,
      )
      health = judged.health
      waits.push(judged.windowsUntilNext)
      expect(judged.priority).toBe(2)
    }
    expect(waits).toEqual([4, 8, 16, 28, 28, 1, 4])
  })
})

describe('windowsUntilNextCheck', () => {
  const waits = (change: Partial<HealthState>, failures: number[]) =>
    failures.map((count) =>
      windowsUntilNextCheck(
        { ...NEW_HEALTH, ...change, failuresInARow: count },
        { isListed: true },
      ),
    )

  test.each<[string, Partial<HealthState>, number[], number[]]>([
    [
      'never answered',
      { lastOutcome: 'unsure' },
      [1, 2, 3, 4, 5, 6, 7, 8, 99],
      [1, 2, 4, 8, 16, 32, 56, 56, 56],
    ],
    [
      'is out of service',
      { lastOutcome: 'definite', wasOk: true, autoDisabledReason: 'policy' },
      [0, 1, 2, 3, 6, 2_000],
      [1, 2, 4, 8, 56, 56],
    ],
    [
      'fell silent after it was well',
      { lastOutcome: 'unsure', wasOk: true },
      [1, 2, 12, 13, 14, 18],
      [1, 1, 1, 2, 4, 56],
    ],
    [
      'answered on probation',
      { lastOutcome: 'ok', okStreak: 1, wasOk: true, autoDisabledReason: 'policy' },
      [0],
      [1],
    ],
  ])('asks what %s less and less often', (_, state, failures, expected) => {
    expect(waits(state, failures)).toEqual(expected)
  })
})
