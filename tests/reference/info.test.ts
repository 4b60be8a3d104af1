import { describe, expect, test } from 'vitest'
import { readDirectPayment } from '../../lib/anchors/check/info/direct-payment.ts'
import { readQuotes } from '../../lib/anchors/check/info/quotes.ts'
import { readTransferInfo } from '../../lib/anchors/check/info/transfer.ts'
import type { TransferSupport } from '../../lib/anchors/check/offers.ts'
import { referenceJson, referenceText } from './reference.ts'

const index = referenceJson<{ file: string; kind: string }[]>('corpus/sep-info/index.json')

function read(file: string, kind = 'sep24-info') {
  return readTransferInfo(
    kind === 'sep6-info' ? 'sep6' : 'sep24',
    referenceText(`corpus/sep-info/${file}`),
  )
}

describe('real /info answers', () => {
  const isTransferInfo = ({ kind }: { kind: string }): boolean =>
    kind === 'sep6-info' || kind === 'sep24-info'

  test('every SEP-6 and SEP-24 answer is conformant, but for three: texts as amounts, not JSON, nothing open', () => {
    const steps = index
      .filter(isTransferInfo)
      .map(({ file, kind }) => [file, read(file, kind).step])
    expect(steps).toHaveLength(19)
    expect(steps.filter(([, step]) => step !== 'conformant')).toEqual([
      ['fixture-testanchor-sep24-info-strings.json', 'reachable'],
      ['spec-sep6-info.js.txt', 'declared'],
      ['soneso-ios-sep24-info-2.json', 'reachable'],
    ])
  })

  test('every other document is reported and not read as an answer', () => {
    const others = index.filter((entry) => !isTransferInfo(entry))
    expect(others).toHaveLength(51)
    for (const { file } of others) {
      const { step, findings } = read(file)
      expect([file, step, findings.map(({ code }) => code)]).toEqual([
        file,
        'declared',
        [expect.stringMatching(/^info_(?:shape|not_json)$/)],
      ])
    }
  })

  const steps = (kind: string, step: (text: string) => string) =>
    index
      .filter((one) => one.kind === kind)
      .map(({ file }) => [file, step(referenceText(`corpus/sep-info/${file}`))])

  test('every SEP-38 answer is conformant, but for methods of an asset of the ledger and a list of another name', () => {
    const found = steps('sep38-info', (text) => readQuotes(text).step)
    expect(found).toHaveLength(6)
    expect(found.filter(([, step]) => step !== 'conformant')).toEqual([
      ['stellar-intel-sep38-info.json', 'reachable'],
      ['anchor-platform-sep38-info-resource.json', 'declared'],
    ])
  })

  test('the countries of the example in SEP-38 are read as alpha-2', () => {
    const { quotes } = readQuotes(referenceText('corpus/sep-info/spec-sep38-info.json'))
    const methods = ['cash', 'ACH', 'PIX']
    const brl = { asset: 'iso4217:BRL', countries: ['BR'] }
    expect(quotes?.at(-1)).toEqual({ ...brl, sellMethods: methods, buyMethods: methods })
  })

  test('every SEP-31 answer is conformant', () => {
    const found = steps('sep31-info', (text) => readDirectPayment(text).step)
    expect(found).toHaveLength(4)
    expect(found.filter(([, step]) => step !== 'conformant')).toEqual([])
  })

  const shown = ({ enabled, ...amounts }: TransferSupport) =>
    [enabled ? 'on' : 'off', ...Object.entries(amounts).map((pair) => pair.join(' '))].join(', ')

  test.each([
    [
      'real-anclap-sep24-info',
      'ARS',
      { deposit: 'on, feeFixed 10, feePercent 1, minAmount 11, maxAmount 500000' },
    ],
    [
      'real-aps-sep24-info',
      'USDC',
      {
        deposit: 'on, feeFixed 0.25, feePercent 4.5, minAmount 9.34, maxAmount 669.61',
        withdraw: 'on, feeFixed 5, feePercent 1, minAmount 32.33, maxAmount 681.81',
      },
    ],
    ['real-bitnovo-sep24-info', 'USDC', { deposit: 'on' }],
    [
      'real-clpx-sep24-info',
      'CLPX',
      { deposit: 'on, feeFixed 0.0, feePercent 0.0, minAmount 14000.0, maxAmount 3500000.0' },
    ],
    ['real-cowrie-sep6-info', 'NGNT', { deposit: 'on, feeFixed 0, minAmount 100' }],
    ['fixture-testanchor-sep24-info-strings', 'USDC', { deposit: 'on, minAmount 1, maxAmount 10' }],
    [
      'spec-sep24-info',
      'native',
      { deposit: 'on, feeFixed 0.00001, feePercent 0', withdraw: 'on' },
    ],
    ['spec-sep24-info', 'ETH', { deposit: 'on, feeFixed 0.002, feePercent 0', withdraw: 'off' }],
  ])('%s.json is read for %s', (name, asset, expected) => {
    const support = Object.entries(read(`${name}.json`).assets?.[asset] ?? {})
    expect(Object.fromEntries(support.map(([way, one]) => [way, shown(one)]))).toEqual(expected)
  })
})
