import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { malformedAt, placeInText } from '../../lib/json-place.ts'

const parses = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('a text that JSON.parse reads is read to its end, and one that is broken inside is not JSON', () => {
  const pieces = fc.constantFrom(
    ...'[]{},:"\\ue0159.-+tfn \n',
    'true',
    'null',
    '"a"',
    '1.5e3',
    '\\u00e9',
  )
  fc.assert(
    fc.property(
      fc.array(pieces).map((some) => some.join('')),
      fc.json(),
      fc.nat(),
      (noise, json, at) => {
        for (const text of [noise, json, json.slice(0, at % (json.length + 1)) + noise]) {
          const end = malformedAt(text)
          expect(end).toBeGreaterThanOrEqual(0)
          expect(end).toBeLessThanOrEqual(text.length)
          if (parses(text)) expect(end).toBe(text.length)
          // What comes before the place can still become JSON; a character that no JSON has there cannot.
          if (end < text.length) expect(parses(text)).toBe(false)
        }
      },
    ),
    { numRuns: 2_000 },
  )
})

test.each([
  ['', 0],
  ['hello', 0],
  ['{"a":', 5],
  ['[1,]', 3],
  ['{"a":1,}', 7],
  ['{"a" 1}', 5],
  ['{}{}', 2],
  ['[NaN]', 1],
  ['"a\tb"', 0],
  ['01', 1],
  ['['.repeat(100_000), 100_000],
  // A pattern that could read one character in two ways would not end.
  [`"${'a'.repeat(100_000)}`, 0],
  [`"${'\\n'.repeat(50_000)}`, 0],
])('%s is malformed at its place', (text, at) => {
  expect(malformedAt(text)).toBe(at)
})

test('a place has the line and the column of the character', () => {
  expect(placeInText('a\nbc', 3)).toEqual({ position: 3, line: 2, column: 2 })
  expect(placeInText('abc', 0)).toEqual({ position: 0, line: 1, column: 1 })
})
