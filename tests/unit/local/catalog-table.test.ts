import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { REASONS } from '../../../lib/anchors/check/row/reasons.ts'
import { explainReasons } from '../../../local/catalog-lines.ts'
import { type CatalogLine, LEGEND, renderCatalog } from '../../../local/catalog-table.ts'

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

const plain = { width: 80, isWide: false, isColoured: false }

describe('the table of npm start', () => {
  test('shows the domain, the state, the SEPs and the first reason', () => {
    const lines = [line(), line({ domain: 'b.example', state: 'gone', why: 'toml_gone, stale, x' })]
    expect(renderCatalog(lines, plain).split('\n')).toEqual([
      'HOME DOMAIN    STATE        SEPS    WHY',
      'a.example.org  operational  24+ 10',
      'b.example      gone         24+ 10  toml_gone +2',
    ])
  })

  test.each([80, 100, 120])('fits a terminal of %i columns, whatever anchors say', (width) => {
    const lines = [
      line({ domain: `${'d'.repeat(60)}.example.org`, seps: '24+ 6* '.repeat(9) }),
      line({ why: `${'w'.repeat(50)}, x`, evidence: 'e'.repeat(2_000) }),
      line({ currencies: 'USD '.repeat(100), countries: 'MX '.repeat(100) }),
    ]
    for (const isColoured of [true, false]) {
      const table = stripVTControlCharacters(renderCatalog(lines, { ...plain, width, isColoured }))
      for (const text of table.split('\n')) expect(text.length).toBeLessThanOrEqual(width)
      expect(table).toContain('operational')
    }
  })

  test('has a legend and a meaning of every reason that fit a terminal of 80 columns', () => {
    const all = [line({ why: Object.keys(REASONS).join(', ') })]
    const texts = [LEGEND, explainReasons(all, 80)].join('\n').split('\n')
    for (const text of texts) expect(text.length).toBeLessThanOrEqual(80)
    for (const code of Object.keys(REASONS)) expect(texts.join('\n')).toContain(`\n${code} `)
  })

  test('has every column and reason if it is wide, one line for each home domain', () => {
    const wide = { ...plain, isWide: true }
    const lines = [line({ why: 'one, two', evidence: `toml_timeout ${'x'.repeat(100)}` })]
    const [titles, shown, ...others] = renderCatalog(lines, wide).split('\n')
    expect(titles).toMatch(/HOME DOMAIN +STATE +SEPS +WHY +CURRENCIES +COUNTRIES +EVIDENCE/)
    expect(shown).toMatch(/one, two +USD +MX +toml_timeout x{100}$/)
    expect(others).toEqual([])
  })

  test('has colours only where they are wanted', () => {
    const lines = [line(), line({ state: 'disabled' }), line({ state: 'unsure' })]
    const coloured = renderCatalog(lines, { ...plain, isColoured: true })
    for (const code of ['\u001b[32moperational', '\u001b[31mdisabled', '\u001b[33munsure']) {
      expect(coloured).toContain(code)
    }
    expect(renderCatalog(lines, plain)).not.toContain('\u001b')
    expect(stripVTControlCharacters(coloured)).toBe(renderCatalog(lines, plain))
  })

  test('no text of an anchor moves the cursor, breaks the line or changes its direction', () => {
    const table = renderCatalog([line({ why: 'a\u001b[2Jb\nc\u009bd\u202ee' })], plain)
    expect(table.split('\n')).toHaveLength(2)
    expect(table).toMatch(/a\ufffd\[2Jb\ufffdc\ufffdd\ufffde$/)
  })
})
