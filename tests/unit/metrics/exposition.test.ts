import fc from 'fast-check'
import parse from 'parse-prometheus-text-format'
import { describe, expect, test } from 'vitest'
import { writeExposition } from '../../../lib/metrics/exposition.ts'

describe('the text format of Prometheus', () => {
  test('is written to the letter', () => {
    const gauges = [
      { name: 'plain', help: 'One\\two\nthree "four".', samples: [{ value: 1.5 }] },
      {
        name: 'labelled',
        help: 'h',
        samples: [
          { labels: { a: 'x', b: 'say "hi"\\\n' }, value: '9007199254740993.0000001' },
          { labels: { a: 'ä' }, value: 0 },
        ],
      },
      { name: 'without_samples', help: 'h', samples: [] },
    ]
    expect(writeExposition(gauges)).toBe(
      [
        '# HELP plain One\\\\two\\nthree "four".',
        '# TYPE plain gauge',
        'plain 1.5',
        '# HELP labelled h',
        '# TYPE labelled gauge',
        'labelled{a="x",b="say \\"hi\\"\\\\\\n"} 9007199254740993.0000001',
        'labelled{a="ä"} 0',
        '',
      ].join('\n'),
    )
  })

  test('is read back by a parser of others, whatever stands in a label', () => {
    const label = fc.string({ unit: 'grapheme', maxLength: 40 })
    const sample = fc.record({ labels: fc.record({ one: label, two: label }), value: fc.integer() })
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 5 }), (samples) => {
        const [family] = parse(writeExposition([{ name: 'gauge_name', help: 'Help.', samples }]))
        expect(family).toMatchObject({ name: 'gauge_name', help: 'Help.', type: 'GAUGE' })
        expect(family?.metrics).toEqual(
          samples.map(({ labels, value }) => ({ labels, value: String(value) })),
        )
      }),
    )
  })
})
