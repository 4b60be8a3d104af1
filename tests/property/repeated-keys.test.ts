import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readObject } from '../../lib/anchors/check/info/read-json.ts'
import { repeatedKeys } from '../../lib/anchors/check/info/repeated-keys.ts'
import { readTransferInfo } from '../../lib/anchors/check/info/transfer.ts'

const RUNS = 5_000

/** A JSON value whose objects are lists of members, so that a key may stand twice. */
type Written = { literal: string } | { list: Written[] } | { members: [string, Written][] }

// The escaped spellings are the same keys as the plain ones. A key of one backslash is left out: after an object with the
// keys a and \\, V8 of Node 24.21 reads the second key of {"a":1,"\\"":1} as a backslash.
const KEYS = ['"a"', '"\\u0061"', '"b"', '"\\""', '"\\\\\\""', '"__proto__"', '""', '"a,b"', '"{"']
const LITERALS = ['1', 'true', 'null', '"a"', '"\\":"', '"[{,"', '1.50', '"a\\\\"', '{}', '[]']

const { value, object } = fc.letrec<{ value: Written; object: Written }>((tie) => ({
  object: fc.record({
    members: fc.array(fc.tuple(fc.constantFrom(...KEYS), tie('value')), { maxLength: 4 }),
  }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ literal: fc.constantFrom(...LITERALS) }),
    fc.record({ list: fc.array(tie('value'), { maxLength: 3 }) }),
    tie('object'),
  ),
}))

function write(written: Written, turn: boolean): string {
  if ('literal' in written) return written.literal
  if ('list' in written) return `[ ${written.list.map((one) => write(one, turn)).join(' ,')}]`
  const members = turn ? written.members.toReversed() : written.members
  return `{${members.map(([key, one]) => `${key} :\n${write(one, turn)}`).join(', ')}}`
}

/** The places by a walk over the tree, at most two levels deep. */
function placesOf(written: Written, place: (string | number)[] = []): string[] {
  if ('literal' in written) return []
  if ('list' in written) return written.list.flatMap((one, at) => placesOf(one, [...place, at]))
  const keys = written.members.map(([key]) => JSON.parse(key) as string)
  const twice = keys.filter((key, at) => keys.indexOf(key) !== at)
  return [
    ...twice.map((key) => JSON.stringify([...place, key].slice(0, 2))),
    ...written.members.flatMap(([, one], at) => placesOf(one, [...place, keys[at] ?? ''])),
  ]
}

test('the keys that stand twice are found, however they are spelled and whatever the texts hold', () => {
  fc.assert(
    fc.property(object, (written) => {
      const found = repeatedKeys(write(written, false)).map((place) => JSON.stringify(place))
      expect(found.toSorted()).toEqual([...new Set(placesOf(written))].sort())
    }),
    { numRuns: RUNS },
  )
})

test('what is read is the same whichever of two values stands first', () => {
  fc.assert(
    fc.property(object, (written) => {
      const [one, other] = [false, true].map((turn) => readObject(write(written, turn)))
      const { value: read, repeated } = one as { value: object; repeated: string[] }
      expect(other).toMatchObject({ repeated: expect.arrayContaining(repeated) })
      expect((other as { value: object }).value).toEqual(read)
    }),
    { numRuns: RUNS },
  )
})

test('a text without such a key is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), value), (any) => {
      expect(repeatedKeys(JSON.stringify(any))).toEqual([])
    }),
    { numRuns: RUNS },
  )
})

test('128 KB of keys are read in linear time', () => {
  const keys = Array.from({ length: 20_000 }, (_, at) => `"${at}":0`).join(',')
  expect(repeatedKeys(`{${keys}}`)).toEqual([])
  expect(repeatedKeys(`{${'"a":0,'.repeat(20_000)}"a":0}`)).toEqual([['a']])
})

test('an asset that is open in one of two values is not open', () => {
  const text = (flags: string) =>
    `{"deposit":{"USD":{${flags}},"EUR":{"enabled":true}},"withdraw":{},"fee":{"enabled":true}}`
  for (const flags of ['"enabled":true,"enabled":false', '"enabled":false,"enabled":true']) {
    const read = readTransferInfo('sep24', text(flags))
    expect(read).toMatchObject({ step: 'reachable', assets: { EUR: { deposit: {} } } })
    expect(Object.keys(read.assets ?? {})).toEqual(['EUR'])
    expect(read.findings).toContainEqual(
      expect.objectContaining({ code: 'info_key_twice', field: 'deposit.USD' }),
    )
  }
})
