import { expect, test } from 'vitest'
import { nearestNames } from '../../lib/nearest.ts'

const NAMES = ['amount_in', 'amount_out', 'amount_fee', 'message']

test.each([
  ['amount_inn', ['amount_in']],
  ['amountIn', ['amount_in']],
  ['AMOUNT-OUT', ['amount_out']],
  ['mesage', ['message']],
  ['amount', ['amount_in']],
  ['masseeg', []],
  ['mesasge', ['message']],
  ['msgesae', []],
  ['iban', []],
  ['', []],
  ['é', []],
  ['x'.repeat(100), []],
])('%s may mean %j', (name, nearest) => {
  expect(nearestNames(name, NAMES, 1)).toEqual(nearest)
})

test('two letters in the wrong order are one mistake', () => {
  expect(nearestNames('cvs', ['json', 'csv'], 1)).toEqual(['csv'])
  expect(nearestNames('jsno', ['json', 'csv'], 1)).toEqual(['json'])
  expect(nearestNames('xml', ['json', 'csv'], 1)).toEqual([])
})
