import { describe, expect, test } from 'vitest'
import { type CatalogLine, renderTable } from '../../../local/catalog-table.ts'

const line = (change: Partial<CatalogLine> = {}): CatalogLine => ({
  why: '',
  domain: 'a.example.org',
  state: 'operational',
  seps: '24+ 10',
  currencies: 'USD',
  countries: 'MX',
  evidence: '',
  ...change,
})

describe('the table of npm start', () => {
  test('an empty catalog is only the headings', () => {
    expect(renderTable([])).toBe('HOME DOMAIN  STATE  SEPS  CURRENCIES  COUNTRIES  WHY  EVIDENCE')
  })

  test('columns are as wide as their content and start at one place in every line', () => {
    const table = renderTable([
      line(),
      line({ domain: 'a-longer-name.example.org', state: 'unsure', evidence: 'toml_timeout' }),
    ])
    expect(table.split('\n')).toEqual([
      'HOME DOMAIN                STATE        SEPS    CURRENCIES  COUNTRIES  WHY  EVIDENCE',
      'a.example.org              operational  24+ 10  USD         MX',
      'a-longer-name.example.org  unsure       24+ 10  USD         MX              toml_timeout',
    ])
  })

  test('a long text is cut with an ellipsis, and the line stays short', () => {
    const table = renderTable([
      line({
        why: 'w'.repeat(200),
        domain: `${'d'.repeat(300)}.example.org`,
        state: 's'.repeat(100),
        seps: 'x '.repeat(100),
        currencies: 'USD '.repeat(100),
        countries: 'MX '.repeat(100),
        evidence: 'e'.repeat(2_000),
      }),
    ])
    for (const text of table.split('\n')) expect(text.length).toBeLessThanOrEqual(256)
    expect(table.split('\n')[1]?.match(/…/g)).toHaveLength(7)
  })

  test('no text of an anchor moves the cursor, breaks the line or changes its direction', () => {
    const table = renderTable([line({ evidence: 'a\u001b[2Jb\nc\u009bd\u202ee' })])
    expect(table.split('\n')).toHaveLength(2)
    expect(table.split('\n')[1]).toMatch(/a\ufffd\[2Jb\ufffdc\ufffdd\ufffde$/)
  })

  test('no line ends in spaces', () => {
    for (const text of renderTable([line(), line({ evidence: 'x', countries: '' })]).split('\n')) {
      expect(text).toBe(text.trimEnd())
    }
  })
})
