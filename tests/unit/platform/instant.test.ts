import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareInstants, instantNanoseconds } from '../../../lib/platform/instant.ts'

const nanoseconds = fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n })

/** An instant with nine fraction digits. */
function print(at: bigint): string {
  const seconds = new Date(Number(at / 1_000_000_000n) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${(at % 1_000_000_000n).toString().padStart(9, '0')}Z`
}

test('an instant is read to the nanosecond, with whatever zeros its fraction ends', () => {
  fc.assert(
    fc.property(nanoseconds, (at) => {
      expect(instantNanoseconds(print(at))).toBe(at)
      expect(instantNanoseconds(print(at).replace(/\.?0*Z$/, '+00:00'))).toBe(at)
    }),
  )
})

test('an instant rounded to microseconds is the same, and one more microsecond is later', () => {
  fc.assert(
    fc.property(nanoseconds, fc.bigInt({ min: 1n, max: 10n ** 12n }), (at, microseconds) => {
      const rounded = ((at + 500n) / 1000n) * 1000n
      expect(compareInstants(print(at), print(rounded))).toBe('same')
      expect(compareInstants(print(rounded), print(at))).toBe('same')
      const later = rounded + 1000n * microseconds
      expect(compareInstants(print(rounded), print(later))).toBe('later')
      expect(compareInstants(print(later), print(rounded))).toBe('unclear')
    }),
    {
      examples: [
        [1_500n, 1n],
        [2_500n, 1n],
        [999_999_500n, 1n],
      ],
    },
  )
})

test.each([
  [null, null, 'same'],
  ['soon', 'soon', 'same'],
  [null, '2024-07-01T00:00:00Z', 'later'],
  ['2024-07-01T00:00:00Z', null, 'unclear'],
  ['2024-07-01T00:00:00Z', 'soon', 'unclear'],
  ['soon', '2024-07-01T00:00:00Z', 'unclear'],
] as const)('%s and then %s is %s', (pre, now, expected) => {
  expect(compareInstants(pre, now)).toBe(expected)
})
