import { expect, test } from 'vitest'
import {
  isJsonNumber,
  isJsonObject,
  parseLosslessJson,
  scalarText,
} from '../../lib/lossless-json.ts'
import { JsonRefusedError } from '../../lib/safe-json.ts'

function reasonOf(text: string): string {
  try {
    parseLosslessJson(text)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof JsonRefusedError)) throw error
    return error.reason
  }
}

test.each([
  '{"amount":922337203685.4775807}',
  '[1,1.0,-0,1e2,1E-7,100000000000.0000001,12345678901234567890,1e999]',
  '{"id":1,"list":[[0.1],{"a":null,"b":true,"c":"1.10"}]}',
  '18446744073709551615',
])('%s is written back unchanged', (text) => {
  expect(JSON.stringify(parseLosslessJson(text))).toBe(text)
})

test('numbers, texts, objects and lists are told apart', () => {
  const [number, text, object] = parseLosslessJson('[1.0, "1.0", {}]') as unknown[]
  expect([number, text, object].map(isJsonNumber)).toEqual([true, false, false])
  expect([number, text, object, [], null].map(isJsonObject)).toEqual([
    false,
    false,
    true,
    false,
    false,
  ])
  expect([number, text, true, object, null].map(scalarText)).toEqual([
    '1.0',
    '1.0',
    'true',
    null,
    null,
  ])
})

test.each([
  ['{"a":1,"a":2}', 'duplicate_key'],
  ['[{"amount":"1","b":{},"amount":"2"}]', 'duplicate_key'],
  [String.raw`{"amount":"1","\u0061mount":"2"}`, 'duplicate_key'],
  ['{"a":{"a":{"a":[{"a":1},{"a":1}]}},"b":"a"}', 'accepted'],
  ['{"a":"\\"a\\":","b":"}{","c":["a","a"]}', 'accepted'],
  [String.raw`{"a":"\u0000"}`, 'forbidden_text'],
  [String.raw`{"\u0000":1}`, 'forbidden_text'],
  [String.raw`["\ud800"]`, 'forbidden_text'],
  [String.raw`["\ud83d\ude00 \\u0000"]`, 'accepted'],
  [String.raw`{"__pr\u006fto__":{}}`, 'forbidden_key'],
  ['['.repeat(65) + ']'.repeat(65), 'too_deep'],
  ['{"a":01}', 'malformed'],
  ['{"a":.5}', 'malformed'],
  ['{"a":+5}', 'malformed'],
  ['{"a":NaN}', 'malformed'],
  ["{'a':1}", 'malformed'],
  ['', 'malformed'],
])('%s is %s', (text, reason) => {
  expect(reasonOf(text)).toBe(reason)
})

test('256 KB of keys and of quotes are read', () => {
  const keys = Array.from({ length: 20_000 }, (_, index) => `"k${index}":${index}.10`)
  const text = `{${keys.join()}}`
  expect(JSON.stringify(parseLosslessJson(text))).toBe(text)
  expect(reasonOf(`["${'\\"'.repeat(125_000)}"]`)).toBe('accepted')
})
