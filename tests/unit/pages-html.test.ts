import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { html, joined, visible } from '../../lib/pages/html.ts'

describe('a template of a page', () => {
  test('shows any text between its tags and in its attributes, and lets none of it become markup', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = html`<p title="${text}">${text}</p>`.toString()
        const inside = shown.slice('<p title="'.length, -'</p>'.length)
        expect(inside.split('">')).toHaveLength(2)
        expect(inside.replace('">', '')).not.toMatch(/[<>"']/)
        expect(shown).not.toMatch(/\p{Bidi_Control}|\p{Cc}/u)
      }),
    )
  })

  test('keeps markup of its own, shows numbers, and shows nothing for null, undefined and false', () => {
    const inner = html`<b>${'<'}</b>`
    expect(html`${inner}${[inner, inner]}${0}${null}${undefined}${false}`.toString()).toBe(
      '<b>&lt;</b><b>&lt;</b><b>&lt;</b>0',
    )
    expect(html`${joined([inner, inner], ', ')}`.toString()).toBe('<b>&lt;</b>, <b>&lt;</b>')
  })

  test('shows what cannot be seen, and a mark that turns the direction of writing, as a sign', () => {
    expect(visible('a\u202eb\u2066c\u200ed\0e\u2028f\ud800')).toBe(
      'a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\ufffd',
    )
  })
})
