import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRefusalLog } from '../../../lib/http/refusal-log.ts'

interface Line {
  atMs: number
  level: string
  event: string
  fields: Record<string, unknown>
}

function world() {
  const lines: Line[] = []
  const clock = { ms: 0 }
  const logRefusal = createRefusalLog(
    (level, event, fields = {}) => lines.push({ atMs: clock.ms, level, event, fields }),
    () => clock.ms,
  )
  return { lines, clock, logRefusal }
}

describe('the log of refused calls', () => {
  test('writes the kind and the fields of a call in one line', () => {
    const { lines, logRefusal } = world()
    logRefusal('unauthorized, secret wrong', { status: 401 })
    expect(lines).toEqual([
      {
        atMs: 0,
        level: 'warn',
        event: 'request_refused',
        fields: { kind: 'unauthorized, secret wrong', status: 401 },
      },
    ])
  })

  test('leaves out the eleventh call of a kind, and no call of another kind', () => {
    const { lines, logRefusal } = world()
    for (let nth = 0; nth < 1_000; nth += 1) logRefusal('one', { nth })
    logRefusal('two', {})
    expect(lines.map(({ fields }) => fields['kind'])).toEqual([...Array(10).fill('one'), 'two'])
  })

  test('says after a minute how many calls were left out, once', () => {
    const { lines, clock, logRefusal } = world()
    for (let nth = 0; nth < 1_000; nth += 1) logRefusal('one', {})
    clock.ms = 59_999
    logRefusal('one', {})
    expect(lines).toHaveLength(10)
    clock.ms = 60_000
    logRefusal('one', {})
    logRefusal('one', {})
    expect(lines.slice(10).map(({ fields }) => fields)).toEqual([
      { kind: 'one', leftOut: 991 },
      { kind: 'one' },
    ])
  })

  test('writes at most 10 lines of a kind in any 60 s, and counts every call, whenever calls come', () => {
    const calls = fc.array(
      fc.record({ kind: fc.constantFrom('a', 'b'), afterMs: fc.nat({ max: 12_000 }) }),
      { maxLength: 150 },
    )
    fc.assert(
      fc.property(calls, (made) => {
        const { lines, clock, logRefusal } = world()
        for (const { kind, afterMs } of made) {
          clock.ms += afterMs
          logRefusal(kind, {})
        }
        for (const kind of ['a', 'b']) {
          // A minute later one more call collects what was left out last.
          clock.ms += 60_000
          logRefusal(kind, {})
          const ofKind = lines.filter(({ fields }) => fields['kind'] === kind)
          for (const { atMs } of ofKind) {
            const inMinute = ofKind.filter((line) => line.atMs >= atMs && line.atMs < atMs + 60_000)
            expect(inMinute.length).toBeLessThanOrEqual(10)
          }
          const leftOut = ofKind.reduce(
            (sum, { fields }) => sum + Number(fields['leftOut'] ?? 0),
            0,
          )
          expect(ofKind.length + leftOut).toBe(made.filter((call) => call.kind === kind).length + 1)
        }
      }),
    )
  })
})
