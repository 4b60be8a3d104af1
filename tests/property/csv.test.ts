import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvOf } from '../../lib/csv.ts'

const COLUMNS = ['name', 'amount', 'count', 'isSure'] as const

const part = fc.oneof(
  fc.constantFrom(
    ...[
      '=',
      '+',
      '-',
      '@',
      '\t',
      '\r',
      '\n',
      ' ',
      ';',
      ',',
      '"',
      "'",
      '|',
      '%',
      '＝',
      '－',
      '\u00a0',
    ],
    ...['1', '1.5', '.', 'e', 'a', 'é', '=HYPERLINK("https://evil.example")', "cmd|'/c calc'!A0"],
  ),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
)
const text = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''))
const amount = fc
  .tuple(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }), fc.nat(9_999_999))
  .map(([units, stroops]) => `${units}.${String(stroops).padStart(7, '0')}`)
const row = fc.record({
  name: fc.oneof(text, fc.constant(null)),
  amount: fc.oneof(amount, fc.constant(null)),
  count: fc.maxSafeInteger(),
  isSure: fc.boolean(),
})

const NUMBER = /^-?\d+(\.\d+)?$/
const FORMULA = /^[\s]*[=+\-@\t\r|%＝＋－＠]/

/** Nothing is changed but that apostrophes are added. */
const plain = (cell: string) => cell.replaceAll("'", '')

test('a reader of CSV gets each row with its values, and no cell that a spreadsheet would run', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
      const csv = csvOf(COLUMNS, rows)
      const read = parse(csv, { columns: true, record_delimiter: '\r\n' }) as Record<
        string,
        string
      >[]
      expect(read).toHaveLength(rows.length)
      for (const [place, cells] of read.entries()) {
        const given = rows[place]!
        expect(Object.keys(cells)).toEqual([...COLUMNS])
        expect(cells['amount']).toBe(given.amount ?? '')
        expect(cells['count']).toBe(String(given.count))
        expect(cells['isSure']).toBe(String(given.isSure))
        expect(plain(cells['name']!)).toBe(plain(given.name ?? ''))
        for (const cell of Object.values(cells)) {
          expect(NUMBER.test(cell) || !FORMULA.test(cell), JSON.stringify(cell)).toBe(true)
          // A spreadsheet that separates by semicolons or tabs sees other cells in the same file.
          for (const inner of cell.split(/[;\t\r\n]/).slice(1)) {
            expect(/^ {0,4}[=+\-@|%＝＋－＠]/.test(inner), JSON.stringify(cell)).toBe(false)
          }
        }
      }
    }),
    { numRuns: 2_000 },
  )
})

test.each([
  ['=HYPERLINK("https://evil.example","x")', `"'=HYPERLINK(""https://evil.example"",""x"")"`],
  ['+1+1', `"'+1+1"`],
  ['-2+3', `"'-2+3"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1+1', `"'\t'=1+1"`],
  [' =1+1', `"' =1+1"`],
  ['\r=1', `"'\r'=1"`],
  ["|cmd|'/c calc'!A0", `"'|cmd|'/c calc'!A0"`],
  ['a\nb', '"a\nb"'],
  ['plain', 'plain'],
  ['\ta', `"'\ta"`],
  ['\ra', `"'\ra"`],
  ['＝1+1', `"'＝1+1"`],
  ['Acme;=1+1', `"Acme;'=1+1"`],
  ['Acme\n-1+1', `"Acme\n'-1+1"`],
  ['a,b', '"a,b"'],
  ['-5.25', '-5.25'],
  ['-0.0000001', '-0.0000001'],
  ['922337203685.4775807', '922337203685.4775807'],
  ['-5.25e3', `"'-5.25e3"`],
  ['-', `"'-"`],
  ['plain; text', 'plain; text'],
])('%j is written as %s', (value, field) => {
  expect(csvOf(['a', 'b'], [{ a: value, b: 1 }])).toBe(`a,b\r\n${field},1\r\n`)
})
