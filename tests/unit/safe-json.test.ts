import { describe, expect, test } from 'vitest'
import { excessOf, JsonRefusedError, parseSafeJson } from '../../lib/safe-json.ts'

function reasonOf(text: string): string {
  try {
    parseSafeJson(text)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof JsonRefusedError)) throw error
    return error.reason
  }
}

test.each([
  ['null', null],
  ['\uFEFF {"a": [1, "x"]}', { a: [1, 'x'] }],
  ['{"text":"__proto__","list":["constructor"]}', { text: '__proto__', list: ['constructor'] }],
  ['{"a":"\\"}{[","b":"\\\\"}', { a: '"}{[', b: '\\' }],
  ['{"Constructor":1,"proto":2}', { Constructor: 1, proto: 2 }],
])('%j is read as JSON.parse reads it', (text, value) => {
  expect(parseSafeJson(text)).toEqual(value)
})

test.each([
  '{"__proto__":{"polluted":true}}',
  '{"a":[{"constructor" : 1}]}',
  '{"prototype"\n:1}',
  String.raw`{"\u005f_proto__":{}}`,
  String.raw`{"\u005F\u005fprot\u006F__":{}}`,
  String.raw`{"constr\u0075ctor":{}}`,
])('a key that reaches a prototype is refused: %s', (text) => {
  expect(reasonOf(text)).toBe('forbidden_key')
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

test('64 levels are read and 65 are not', () => {
  expect(reasonOf('['.repeat(64) + ']'.repeat(64))).toBe('accepted')
  expect(reasonOf('['.repeat(65) + ']'.repeat(65))).toBe('too_deep')
  expect(reasonOf(`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`)).toBe('too_deep')
  expect(reasonOf('[],'.repeat(100))).toBe('malformed')
})

describe('a hostile text of 1 MB is refused', () => {
  test.each([
    ['brackets', '['.repeat(1_000_000), 'too_deep'],
    ['braces and quotes', '{"'.repeat(500_000), 'too_deep'],
    ['an open string', `"${'a'.repeat(1_000_000)}`, 'malformed'],
    ['backslashes', `"${'\\'.repeat(1_000_000)}`, 'malformed'],
    ['escaped quotes', `"${'\\"'.repeat(500_000)}`, 'malformed'],
    ['keys and spaces', `{${`"a"${' '.repeat(999)}`.repeat(1_000)}`, 'malformed'],
    ['closing brackets', ']'.repeat(1_000_000), 'malformed'],
    ['HTML', `<!doctype html>${'<p>'.repeat(300_000)}`, 'malformed'],
  ])('%s', (_, text, reason) => {
    expect(reasonOf(text)).toBe(reason)
  })
})

test('the message of a refusal shows no part of the text', () => {
  expect(() => parseSafeJson('{"secret": hunter2}')).toThrow('The text is not valid JSON.')
})

describe('excessOf', () => {
  const limits = { levels: 3, values: 4 }

  test.each([
    ['[[[1]]]', null],
    ['[[[[1]]]]', 'levels'],
    ['[{"a":[{', 'levels'],
    ['[[],[],[[]]]', null],
    ['[1,2,3,4,5]', null],
    ['[1,2,3,4,5,6]', 'values'],
    ['{"a":"[[[[,,,,,,","b":"\\"[[[["}', null],
    ['["[[[[', null],
    ['', null],
  ])('%s exceeds %j', (json, excess) => {
    expect(excessOf(json, limits)).toBe(excess)
  })

  test('a million brackets or values take linear time and no stack', () => {
    expect(excessOf('['.repeat(1_000_000), { levels: 2_000_000, values: 0 })).toBeNull()
    expect(excessOf(','.repeat(1_000_000), { levels: 0, values: 2_000_000 })).toBeNull()
  })
})
