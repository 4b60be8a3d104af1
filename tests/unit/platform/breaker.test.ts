import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createBreaker, type EndOfCall } from '../../../lib/platform/breaker.ts'

const OPENING = 5

function breakerAt(at = 0) {
  const clock = { ms: at }
  let opened = 0
  const breaker = createBreaker(
    () => new Date(clock.ms),
    () => {
      opened += 1
    },
  )
  const begin = (): EndOfCall => {
    const end = breaker.begin()
    if (end === null) throw new Error('the breaker is open')
    return end
  }
  const begun = (count: number) => Array.from({ length: count }, begin)
  return { breaker, clock, begin, begun, opened: () => opened }
}

describe('a failure', () => {
  test('counts if no call was answered since it began: the fifth opens the breaker', () => {
    const { breaker, begun, opened } = breakerAt()
    const ends = begun(200)
    for (const end of ends.slice(0, OPENING - 1)) end(false)
    expect(breaker.isOpen()).toBe(false)
    for (const end of ends.slice(OPENING - 1)) end(false)
    expect(breaker.isOpen()).toBe(true)
    expect(breaker.begin()).toBeNull()
    expect(opened()).toBe(1)
  })

  test('does not count if a call was answered since it began', () => {
    const { breaker, begin, begun } = breakerAt()
    const ends = begun(200)
    begin()(true)
    for (const end of ends) end(false)
    expect(breaker.isOpen()).toBe(false)
    for (const end of begun(OPENING)) end(false)
    expect(breaker.isOpen()).toBe(true)
  })

  test('does not open a breaker again that an answer has closed meanwhile', () => {
    const { breaker, begin, begun, opened } = breakerAt()
    const late = begun(200)
    const answered = begin()
    for (const end of begun(OPENING)) end(false)
    expect(breaker.isOpen()).toBe(true)
    answered(true)
    expect(breaker.isOpen()).toBe(false)
    for (const end of late) end(false)
    expect(breaker.isOpen()).toBe(false)
    expect(opened()).toBe(1)
  })
})

const step = fc.oneof(
  fc.record({ kind: fc.constant('begin' as const) }),
  fc.record({ kind: fc.constant('end' as const), which: fc.nat(20), answered: fc.boolean() }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
)

describe('for any calls that overlap', () => {
  test('the breaker is open only after 5 calls without an answer in 30 s, all begun since the last answer', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { breaker, clock } = breakerAt(1_000_000)
        const running: { end: EndOfCall; begun: number }[] = []
        let answers = 0
        let failures: number[] = []
        for (const one of steps) {
          if (one.kind === 'pass') clock.ms += one.ms
          else if (one.kind === 'begin') {
            const end = breaker.begin()
            if (end !== null) running.push({ end, begun: answers })
          } else if (running.length > 0) {
            const [call] = running.splice(one.which % running.length, 1)
            call?.end(one.answered)
            if (one.answered) {
              answers += 1
              failures = []
              expect(breaker.isOpen()).toBe(false)
            } else if (call?.begun === answers) failures.push(clock.ms)
          }
          if (!breaker.isOpen()) continue
          const spans = failures.map(
            (at, index) => (failures[index + OPENING - 1] ?? Infinity) - at,
          )
          expect(Math.min(...spans)).toBeLessThan(30_000)
        }
      }),
    )
  })
})
