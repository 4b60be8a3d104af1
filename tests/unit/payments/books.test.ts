import { describe, expect, test } from 'vitest'
import { bookOf, describeDifference } from '../../../lib/payments/books/book.ts'
import { csvOfBooks } from '../../../lib/payments/books/csv.ts'
import type { StoredBook } from '../../../lib/payments/books/store.ts'

const STORED: StoredBook = {
  epoch: 1,
  account: 'G',
  asset: 'stellar:native',
  opening: { ledger: 10, closedAt: '2026-11-01T00:00:00.000Z', stroops: '100000000000000001' },
  closing: { ledger: 20, closedAt: '2026-11-02T00:00:00.000Z', stroops: '100000000000000003' },
  isRead: true,
  readUpTo: 21,
  groups: [
    { kind: 'fee', state: null, incoming: false, movements: 2, stroops: '-200' },
    { kind: 'payment_in', state: 'credited', incoming: true, movements: 1, stroops: '300' },
    { kind: 'payment_out', state: null, incoming: false, movements: 1, stroops: '-98' },
  ],
}
const line = (change: object = {}) => ({
  ...{ ledger: 11, closedAt: '2026-11-01T00:00:05.000Z', kind: 'payment_in', state: 'open' },
  ...{ amount: '-0.0000001', operationId: '47244644353', transactionHash: 'ab', verdict: null },
  ...{ transactionId: null, status: null, externalTransactionId: null, attemptId: null },
  attemptState: null,
  ...change,
})

describe('books', () => {
  test('are exact to the stroop beyond the numbers of JavaScript', () => {
    expect(bookOf(STORED)).toMatchObject({
      ...{
        opening: { balance: '10000000000.0000001' },
        closing: { balance: '10000000000.0000003' },
      },
      ...{ moved: '0.0000002', difference: '0', snapshots: 'both', movements: 'whole' },
      paymentsIn: [{ kind: 'payment_in', state: 'credited', movements: 1, amount: '0.00003' }],
      paymentsOut: [{ kind: 'payment_out', amount: '-0.0000098' }],
      other: [{ kind: 'fee', movements: 2, amount: '-0.00002' }],
    })
  })

  test.each([
    ['a movement is missing', { groups: [] }, '-0.0000002'],
    [
      'one stroop is too much',
      { closing: { ...STORED.closing, stroops: '100000000000000002' } },
      '0.0000001',
    ],
    ['there is no opening balance', { opening: null }, null],
    ['there is no closing balance', { closing: null }, null],
    ['movements are not read', { isRead: false }, null],
  ])('where %s tell the difference %#', (_case, change, difference) => {
    expect(bookOf({ ...STORED, ...change } as StoredBook).difference).toBe(difference)
  })

  test('that differ are described in words', () => {
    const comparison = {
      ...{ epoch: 1, account: 'G', asset: 'stellar:native', openingLedger: 1, closingLedger: 2 },
      ...{ opening: '0', moved: '0', closing: '15', difference: '-15', foundAt: null },
    }
    expect(describeDifference(comparison)).toBe(
      'The movements of stellar:native of G from ledger 1 to 2 and its balances differ by -0.0000015.',
    )
  })
})

describe('CSV', () => {
  const fields = (change: object) =>
    csvOfBooks({ books: [bookOf(STORED)], lines: [line(change)] }).split('\r\n')[1]

  // Which values are changed stands in tests/property/csv.test.ts.
  test('shows an external id without a formula', () => {
    expect(fields({ externalTransactionId: '=HYPERLINK("https://evil.example","x")' })).toBe(
      `G,stellar:native,11,2026-11-01T00:00:05.000Z,payment_in,open,-0.0000001,47244644353,ab,,,"'=HYPERLINK(""https://evil.example"",""x"")",,,`,
    )
  })

  test('has one line for each book without lines', () => {
    expect(
      csvOfBooks({ books: [bookOf(STORED), bookOf({ ...STORED, opening: null })], lines: null }),
    ).toBe(
      [
        'account,asset,snapshots,movements,openingLedger,openingAt,opening,moved,closingLedger,closingAt,closing,difference',
        'G,stellar:native,both,whole,10,2026-11-01T00:00:00.000Z,10000000000.0000001,0.0000002,20,2026-11-02T00:00:00.000Z,10000000000.0000003,0',
        'G,stellar:native,missing,whole,,,,0.0000002,20,2026-11-02T00:00:00.000Z,10000000000.0000003,',
        '',
      ].join('\r\n'),
    )
  })
})
