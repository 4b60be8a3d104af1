import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FINDINGS } from '../../lib/anchors/check/finding.ts'
import { ENDPOINT_FIELD } from '../../lib/anchors/check/toml/fields.ts'
import { readStellarToml } from '../../lib/anchors/check/toml/stellar-toml.ts'

const RUNS = 20_000
/** A NUL or a lone surrogate in JSON text, which jsonb refuses. The same text after an escaped backslash is allowed. */
const REFUSED_BY_JSONB = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/i
const field = fc.constantFrom(
  ...Object.values(ENDPOINT_FIELD),
  'SIGNING_KEY',
  'NETWORK_PASSPHRASE',
  'CURRENCIES',
  'DOCUMENTATION',
  '__proto__',
)
const value = fc.oneof(
  fc.constantFrom(
    ...['"', "'", '"""', '[', ']', '{', '1', 'true', '1979-05-27', '{ a = 1 }', '[{code="A"}]'],
    ...['"https://a.co"', '"http://10.0.0.1/x/"', "'{{X}}'"],
  ),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
)
const line = fc.oneof(
  fc
    .tuple(
      field,
      fc.constantFrom('=', ' = ', '\t=\t', '.x = ', ''),
      value,
      fc.constantFrom('', ' # note', ' s'),
    )
    .map((parts) => parts.join('')),
  field.map((name) => `[${name}]`),
  field.map((name) => `[[${name}]]`),
  fc.string({ unit: 'binary' }),
)
const tomlLike = fc
  .tuple(fc.array(line), fc.constantFrom('\n', '\r\n', '\r'))
  .map(([lines, end]) => lines.join(end))
const anyText = fc.oneof(
  { weight: 3, arbitrary: tomlLike },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ maxLength: 300 })
      .map((bytes) => Buffer.from(bytes).toString('utf8')),
  },
)

function isCoded(findings: { code: string; sep: number }[]): boolean {
  return findings.every(({ code, sep }) => Object.hasOwn(FINDINGS, code) && Number.isInteger(sep))
}

test('any text is a stellar.toml or a coded finding, and both fit into a row', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const { toml, salvaged, findings } = readStellarToml(text)
      expect(toml !== null || findings.length === 1).toBe(true)
      expect(isCoded(findings)).toBe(true)
      expect(salvaged).toBe(findings.some(({ code }) => code === 'toml_salvaged'))
      const row = JSON.stringify({ toml, findings })
      expect(REFUSED_BY_JSONB.test(row)).toBe(false)
      for (const endpoint of Object.values(toml?.endpoints ?? {})) {
        expect(new URL(endpoint).protocol).toMatch(/^https?:$/)
      }
    }),
    { numRuns: RUNS },
  )
})

test('a field below a table header never replaces a field above it', () => {
  fc.assert(
    fc.property(tomlLike, fc.constantFrom('', '\nx = y'), (below, fault) => {
      const text = `TRANSFER_SERVER = "https://above.co"\n[[CURRENCIES]]\n${below}${fault}`
      const { toml } = readStellarToml(text)
      // A text of several lines that is never closed may hide what it gives again.
      const isDoubtful = toml === null || toml.unusable['TRANSFER_SERVER'] === 'conflict'
      expect(toml?.endpoints ?? {}).toEqual(isDoubtful ? {} : { sep6: 'https://above.co' })
    }),
    { numRuns: RUNS / 4 },
  )
})
