import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FINDINGS, finding, printable } from '../../../../lib/anchors/check/finding.ts'

test('docs/findings.md has exactly one row for every code, with its SEP, meaning and expectation', () => {
  const page = readFileSync(new URL('../../../../docs/findings.md', import.meta.url), 'utf8')
  const rows = page
    .split('\n')
    .filter((line) => /^\| `[a-z_0-9]+` \| (?:\d+|by field) \|/.test(line))
  expect(rows).toEqual(
    Object.entries(FINDINGS).map(
      ([code, { sep, meaning, expected }]) =>
        `| \`${code}\` | ${sep ?? 'by field'} | ${meaning} | ${expected} |`,
    ),
  )
})

test.each([
  ['a\u0000b\u202ec', 'a\uFFFDb\uFFFDc'],
  ['\ud800', '\uFFFD'],
  ['é 漢 👍', 'é 漢 👍'],
  [`${'x'.repeat(119)}👍`, `${'x'.repeat(119)}\uFFFD…`],
  [`a ${'S'.repeat(56)} b`, 'a S… b'],
  ['S'.repeat(57), 'S'.repeat(57)],
  [`G${'S'.repeat(55)}`, `G${'S'.repeat(55)}`],
])('%j is stored as %j', (text, expected) => {
  expect(printable(text)).toBe(expected)
})

test.each([
  ['a token', 'Bearer eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl!', 'Bearer …!'],
  ['half a token', 'said eyJhbGciOiJFZERTQSJ9', 'said …'],
  ['a challenge', 'https://AAAAAgAAAACW/egG4lTFgo3s0wBy9SXId1ektO4==', 'https://…'],
  ['an account', 'GCFIRY65OQE7DFP5KLNS2PF2LVZMUZYJX4OZIEQ36N2IQANUB5XVYOJR', undefined],
  ['a short word', 'AAAAAB', undefined],
])('a finding shows %s as it may be shown', (_, actual, expected = actual) => {
  expect(finding('info_field', { actual }).actual).toBe(expected)
})
