import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseLosslessJson } from '../../lib/lossless-json.ts'
import { textOf } from '../../lib/text-of.ts'
import { unsafeTexts } from '../../scripts/check-texts.ts'

test('every JSON value has a text, also an object that a stranger made to have none', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(typeof textOf(JSON.parse(json))).toBe('string')
    }),
    { examples: [['{"toString":""}'], ['[{"toString":1,"valueOf":2}]'], ['{"__proto__":null}']] },
  )
})

test.each([
  ['7', '7'],
  ['1.50', '1.50'],
  ['"a"', 'a'],
  ['null', 'null'],
  ['{"a":1.50}', '{"a":1.50}'],
])('the JSON %s has the text %s, with every digit', (json, text) => {
  expect(textOf(parseLosslessJson(json))).toBe(text)
})

test('a text that is made of a value that may be an object is found, and no other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'texts-'))
  const file = join(folder, 'source.ts')
  const source = `
declare const value: unknown, one: string | number, list: string[], fields: Record<string, unknown>, at: Date
declare const html: (parts: TemplateStringsArray, ...values: unknown[]) => string
String(value)
void \`\${fields['a']}\`
String({})
String(one)
void \`\${list} \${at} \${one}\`
void html\`\${value}\`
export {}
`
  try {
    await writeFile(file, source)
    const found = unsafeTexts([file])
    expect(found.map((place) => place.replace(/^.*source\.ts:/, ''))).toEqual([
      '4 value',
      "5 fields['a']",
      '6 {}',
    ])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
