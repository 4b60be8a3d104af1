import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTextCutter } from '../../../lib/net/cut-texts.ts'

/** Cuts a document that arrives in chunks of these lengths. */
function cut(document: string, longest: number, lengths: readonly number[] = []): string {
  const cutter = createTextCutter(longest)
  let rest = Buffer.from(document, 'utf8')
  const chunks: Buffer[] = []
  for (const length of [...lengths, rest.length]) {
    chunks.push(cutter(rest.subarray(0, length)))
    rest = rest.subarray(length)
  }
  return Buffer.concat(chunks).toString('utf8')
}

test('a long text is cut, and every short one and every other value is kept', () => {
  const document = JSON.stringify({ hash: 'ab', xdr: 'A'.repeat(100), sequence: 12, end: '"\\' })
  expect(JSON.parse(cut(document, 10))).toEqual({
    hash: 'ab',
    xdr: 'A'.repeat(10),
    sequence: 12,
    end: '"\\',
  })
})

test('neither a character nor an escape is cut in two', () => {
  expect(JSON.parse(cut('["aé€😀"]', 2))).toEqual(['aé'])
  expect(JSON.parse(cut('["a\\u20acb"]', 3))).toEqual(['a€'])
  expect(JSON.parse(cut('["a\\\\\\"b"]', 2))).toEqual(['a\\'])
})

test('any JSON in any chunks keeps its form, and is the same if no text is long', () => {
  const longest = (value: unknown) =>
    Math.max(
      0,
      ...(JSON.stringify(value).match(/"(?:[^"\\]|\\.)*"/g) ?? []).map((text) =>
        Buffer.byteLength(text),
      ),
    )
  const shape = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (_key, part) => (typeof part === 'string' ? '' : part))
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 3 }),
      fc.array(fc.nat(20)),
      fc.integer({ min: 0, max: 30 }),
      (value, lengths, most) => {
        const values = [value, 'x'.repeat(40), 7]
        const document = JSON.stringify(values)
        expect(cut(document, longest(values), lengths)).toBe(document)
        // The names of an object are texts too, and two of them may become one.
        const read = JSON.parse(cut(document, most, lengths)) as unknown[]
        expect(read).toHaveLength(3)
        if (typeof value !== 'object') expect(shape(read[0])).toEqual(shape(value))
        expect(read.slice(1)).toEqual(['x'.repeat(Math.min(most, 40)), 7])
      },
    ),
  )
})
