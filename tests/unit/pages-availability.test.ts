import { describe, expect, test } from 'vitest'
import { availabilityOf, WINDOWS } from '../../lib/pages/availability.ts'

const NOW = new Date('2026-11-29T12:00:00Z')
const dayBefore = (days: number) =>
  new Date(NOW.getTime() - days * 86_400_000).toISOString().slice(0, 10)
const days = (count: number, ok: number, checks = 4) =>
  Array.from({ length: count }, (_, back) => ({ day: dayBefore(back), checks, ok }))

describe('availability', () => {
  test.each(WINDOWS)('over %i days has one state for each day, the oldest first', (length) => {
    const { days: shown } = availabilityOf(days(length, 4), length, NOW)
    expect(shown).toHaveLength(length)
    expect(shown.at(-1)).toEqual({ day: '2026-11-29', state: 'ok' })
    expect(shown[0]?.day).toBe(dayBefore(length - 1))
  })

  test.each([
    ['every check well', 4, 'ok'],
    ['one check well', 1, 'partly'],
    ['no check well', 0, 'not'],
  ] as const)('calls a day with %s by its state', (_, ok, state) => {
    expect(availabilityOf(days(1, ok), 7, NOW).days.at(-1)?.state).toBe(state)
  })

  test.each([
    [7, 3, null],
    [7, 4, '100'],
    [30, 14, null],
    [30, 15, '100'],
    [90, 44, null],
    [90, 45, '100'],
    [7, 0, null],
  ])('over %i days with checks on %i says %j', (length, checked, percent) => {
    expect(availabilityOf(days(checked, 4), length, NOW).percent).toBe(percent)
  })

  test('is rounded down, so that 100 % means every check', () => {
    const almost = [{ day: dayBefore(0), checks: 10_000, ok: 9_999 }, ...days(7, 4).slice(1)]
    expect(availabilityOf(almost, 7, NOW).percent).toBe('99.9')
  })

  test('counts no day before its window, and none of the future', () => {
    const others = [
      { day: dayBefore(7), checks: 4, ok: 0 },
      { day: dayBefore(-1), checks: 4, ok: 0 },
    ]
    expect(availabilityOf([...others, ...days(7, 4)], 7, NOW)).toMatchObject({
      percent: '100',
      checks: 28,
      checkedDays: 7,
    })
  })
})
