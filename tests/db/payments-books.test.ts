import { describe, expect, test } from 'vitest'
import type { LedgerMovement } from '../../lib/ledger/source.ts'
import {
  beginBooks,
  explainDifference,
  findBookAssets,
  openBook,
  readBookHealth,
  readBookLines,
  readBooks,
  reconcileBooks,
  recordMovements,
  recordSnapshot,
} from '../../lib/payments/books/store.ts'
import { assignPayment, decidePayment } from '../../lib/payments/open/store.ts'
import { archivePayments, type JudgedPayment } from '../../lib/payments/store.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import { mustFail } from '../helpers/database-rows.ts'
import {
  ACCOUNT,
  creditOf,
  mustObserve,
  OTHER_ACCOUNT,
  record,
  refusedOf,
} from '../helpers/payment-rows.ts'

const ISSUER = 'GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5'
const USDC = { kind: 'issued', code: 'USDC', issuer: ISSUER } as const
const USDC_NAME = `stellar:USDC:${ISSUER}`
const EVERYTHING = { account: null, asset: null, epoch: null, from: null, to: null }
const REFUND = {
  stellarTransaction: 'f'.repeat(64),
  choices: [['90']],
  amount: '100',
  differences: [],
}
const timeOf = (ledger: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, ledger)).toISOString()

function movement(ledger: number, stroops: string, change: Partial<LedgerMovement> = {}) {
  return {
    ...{ id: `${ledger}-1`, kind: 'payment_in', asset: USDC, stroops, ledger },
    ...{ operationId: String(ledger), transactionHash: String(ledger).padStart(64, '0') },
    closedAt: timeOf(ledger),
    ...change,
  } as LedgerMovement
}

describe.each(databases())('books: $name', (kind) => {
  const database = useDatabase(kind)
  const { db } = database
  const books = { account: ACCOUNT, epoch: 1 }

  const snapshot = (ledger: number, balances: Record<string, string>, isWhole = true) =>
    recordSnapshot(db, books, {
      ...{ ledger, closedAt: timeOf(ledger), isWhole },
      balances: Object.entries(balances).map(([name, stroops]) => ({
        asset: name === 'native' ? { kind: 'native' } : USDC,
        stroops,
      })),
    })
  const open = async (ledger = 10) => {
    await mustObserve(db)
    await openBook(db, { ...books, source: 'horizon', ledger, cursor: String(ledger) })
  }
  const movements = (
    list: readonly LedgerMovement[],
    change: Partial<Parameters<typeof recordMovements>[1]> = {},
  ) =>
    recordMovements(db, {
      ...{ ...books, source: 'horizon', expectedCursor: '10', cursor: '20', toLedger: 20 },
      ...{ isComplete: true, movements: list },
      ...change,
    })
  const reconcile = async () => (await reconcileBooks(db, books)).differences
  const usdc = async () =>
    (await readBooks(db, EVERYTHING)).books.find(({ asset }) => asset === USDC_NAME)

  test('agree when the movements between two snapshots explain them, to the stroop', async () => {
    await open()
    await snapshot(10, { native: '5', USDC: '9007199254740993' })
    await snapshot(20, { native: '5', USDC: '9007199254740995' })
    await movements([movement(11, '7'), movement(20, '-5', { kind: 'payment_out' })])
    expect(await reconcileBooks(db, books)).toEqual({ reconciled: 2, differences: [] })
    expect(await usdc()).toMatchObject({
      ...{ isRead: true, readUpTo: 20, opening: { ledger: 10 }, closing: { ledger: 20 } },
    })
    expect(await readBookHealth(db, [ACCOUNT])).toMatchObject({ differences: 0 })
  })

  test('differ once, and no more when the missing movement comes', async () => {
    await open()
    await snapshot(10, { USDC: '5' })
    await snapshot(20, { USDC: '8' })
    await movements([movement(11, '1')])
    const difference = {
      ...{ epoch: 1, account: ACCOUNT, asset: USDC_NAME, openingLedger: 10, closingLedger: 20 },
      ...{ opening: '5', moved: '1', closing: '8', difference: '-2' },
    }
    const [first] = await reconcile()
    expect(first).toMatchObject(difference)
    expect(await reconcile()).toEqual([first])
    expect(await readBookHealth(db, [ACCOUNT])).toMatchObject({ differences: 1 })

    await movements([movement(12, '2')], { expectedCursor: '20', cursor: '21' })
    expect(await reconcile()).toEqual([])
    expect(await readBookHealth(db, [ACCOUNT])).toMatchObject({ differences: 0 })
  })

  test('take a balance of a whole snapshot that it does not show for zero, and of another one for unknown', async () => {
    await open()
    await snapshot(10, { native: '5' })
    await snapshot(15, { native: '5', USDC: '3' }, false)
    await snapshot(20, { native: '5' })
    await movements([movement(11, '3'), movement(16, '-3', { kind: 'payment_out' })])
    expect(await reconcileBooks(db, books)).toEqual({ reconciled: 4, differences: [] })
  })

  test('do not compare a balance that no snapshot before shows', async () => {
    await open()
    await snapshot(10, { native: '5' }, false)
    await snapshot(20, { native: '5', USDC: '3' }, false)
    await movements([])
    expect(await reconcileBooks(db, books)).toEqual({ reconciled: 1, differences: [] })
    expect(await usdc()).toMatchObject({ opening: { ledger: 20 }, closing: null })
  })

  test('do not compare a period of which not all movements were read', async () => {
    await open(15)
    await snapshot(10, { USDC: '5' })
    await snapshot(20, { USDC: '8' })
    await snapshot(30, { USDC: '9' })
    await movements([movement(16, '1')], { expectedCursor: '15' })
    expect(await reconcileBooks(db, books)).toEqual({ reconciled: 0, differences: [] })
    expect(await usdc()).toMatchObject({ isRead: false })
    await movements([movement(21, '1')], { expectedCursor: '20', cursor: '30', toLedger: 30 })
    expect(await reconcileBooks(db, books)).toEqual({ reconciled: 1, differences: [] })
  })

  test('go on behind a gap of the source with a new span', async () => {
    await open()
    await snapshot(10, { USDC: '5' })
    await movements([movement(11, '1')])
    await snapshot(100, { USDC: '50' })
    await openBook(db, { ...books, source: 'horizon', ledger: 100, cursor: '100' })
    await snapshot(110, { USDC: '51' })
    await movements([movement(101, '1')], { expectedCursor: '100', cursor: '110', toLedger: 110 })
    expect(await reconcileBooks(db, books)).toEqual({ reconciled: 1, differences: [] })
    const period = { ...EVERYTHING, from: timeOf(10), to: timeOf(100) }
    expect((await readBooks(db, period)).books[0]).toMatchObject({ isRead: false })
  })

  test('store a page once, and none when another run has moved the cursor', async () => {
    await open()
    expect(await movements([movement(11, '1'), movement(10, '9')])).toEqual({
      recorded: true,
      movements: 1,
    })
    expect(await movements([movement(12, '1')])).toEqual({ recorded: false, movements: 0 })
    const again = { expectedCursor: '20', cursor: '20' }
    expect(await movements([movement(11, '1')], again)).toEqual({ recorded: true, movements: 0 })
    expect(await beginBooks(db, { account: ACCOUNT })).toMatchObject({
      book: { cursor: '20', toLedger: 20, source: 'horizon', isComplete: true },
    })
  })

  test('read the ledgers behind the last whole one again from another source', async () => {
    await open()
    await snapshot(10, { USDC: '0' })
    await movements([movement(11, '1'), movement(15, '4')], { toLedger: 12, isComplete: false })
    const other = { source: 'rpc', expectedCursor: '20', cursor: 'e-30', toLedger: 30 } as const
    await movements([movement(15, '4', { id: 'e-15' })], other)
    await snapshot(30, { USDC: '5' })
    expect(await reconcile()).toEqual([])
  })

  test('of another epoch are kept apart', async () => {
    await open()
    await snapshot(10, { USDC: '5' })
    await database.query('insert into anchor_ops.ledger_epoch (epoch) values (2)')
    expect(await beginBooks(db, { account: ACCOUNT })).toMatchObject({
      ...{ epoch: 2, book: null, snapshotAt: null },
    })
    expect(await readBooks(db, EVERYTHING)).toEqual({ presentEpoch: 2, books: [] })
    expect(await readBooks(db, { ...EVERYTHING, epoch: 1 })).toMatchObject({
      books: [{ epoch: 1 }],
    })
  })

  test('name each movement with its payment, its transaction and its update, page by page', async () => {
    const observed = await mustObserve(db)
    await openBook(db, { ...books, source: 'horizon', ledger: 10, cursor: '10' })
    await record(db, observed, [creditOf('11', 't-1')])
    await snapshot(10, { USDC: '0' })
    await movements([
      movement(11, '1000000000'),
      movement(12, '-5', { kind: 'trade' }),
      movement(12, '-7', { id: '12-2', kind: 'payment_out', operationId: '99' }),
      movement(13, '3', { kind: 'claim' }),
    ])
    const page = { ...EVERYTHING, account: ACCOUNT, asset: USDC_NAME, limit: 3, cursor: null }
    const first = await readBookLines(db, page)
    expect(first.lines).toMatchObject([
      { kind: 'payment_in', state: 'being_credited', transactionId: 't-1', attemptState: 'READY' },
      { kind: 'trade', state: null, attemptId: null },
      { kind: 'payment_out', state: null, operationId: '99' },
    ])
    expect((await readBookLines(db, { ...page, cursor: first.next })).lines).toMatchObject([
      { kind: 'claim', state: 'not_observed', stroops: '3' },
    ])
    await database.query("update anchor_ops.attempt set state = 'REJECTED'")
    expect((await readBookLines(db, page)).lines[0]).toMatchObject({ state: 'open' })
  })

  test('of an old period are the same before and after archiving', async () => {
    const observed = await mustObserve(db)
    await mustObserve(db, { account: OTHER_ACCOUNT })
    await openBook(db, { ...books, source: 'horizon', ledger: 10, cursor: '10' })
    await snapshot(10, { USDC: '0' })
    const none = (operationId: string, change: Partial<JudgedPayment> = {}) =>
      refusedOf(operationId, 'no_match', change)
    await record(db, observed, [
      ...[creditOf('11', 't-1'), none('12'), none('13', { isDust: true })],
      ...[none('14', { from: OTHER_ACCOUNT }), none('15'), none('16'), none('17')],
      refusedOf('18', 'outgoing', { from: ACCOUNT, kind: 'path_payment' }),
    ])
    const asked = { epoch: null, note: 'n', keyName: 'anna', asked: {} }
    const decide = (
      operationId: string,
      decision: 'refunded' | 'reported' | 'ignored' | 'reopen',
    ) =>
      decidePayment(db, {
        ...{ ...asked, operationId, decision },
        refund: decision === 'refunded' ? REFUND : null,
      })
    await decide('12', 'refunded')
    await decide('15', 'reported')
    await decide('15', 'reopen')
    await decide('15', 'ignored')
    await decide('16', 'reported')
    const { update } = creditOf('17', 't-2')
    if (update === null) throw new Error('no update')
    await assignPayment(db, {
      ...{ ...asked, operationId: '17', sentence: 'Assigned.', evidence: {} },
      update: { ...update, origin: 'assignment', keyName: 'anna' },
    })
    await database.query('alter table anchor_ops.attempt disable trigger attempt_guard')
    await database.query("update anchor_ops.attempt set state = 'APPLIED', settle_at = null")
    await database.query('alter table anchor_ops.attempt enable trigger attempt_guard')
    await movements([
      ...[11, 12, 13, 14, 15, 16, 17].map((ledger) => movement(ledger, '1000000000')),
      movement(18, '-5', { kind: 'payment_out' }),
      movement(18, '3', { id: '18-2', kind: 'trade' }),
    ])
    await database.query('update anchor_ops.payment set due_at = null')
    const read = async () => {
      const page = { ...EVERYTHING, account: ACCOUNT, asset: USDC_NAME, limit: 99, cursor: null }
      // An update is named by its payment, and later by its claim, which this test does not make.
      const { lines } = await readBookLines(db, page)
      return {
        groups: (await usdc())?.groups,
        lines: lines.map(({ attemptId: _, attemptState: __, ...line }) => line),
      }
    }
    const before = await read()
    expect(before.lines.map(({ state }) => state)).toEqual([
      ...['credited', 'refunded', 'dust', 'own', 'ignored', 'reported', 'assigned'],
      ...[null, 'outgoing'],
    ])
    expect(await archivePayments(db, { olderThanDays: 0, limit: 99 })).toBe(8)
    expect(await read()).toEqual(before)
  })

  test('begin and end with the last snapshot at or before a time', async () => {
    await open()
    for (const [ledger, balance] of [
      [10, '1'],
      [20, '2'],
      [30, '4'],
    ] as const)
      await snapshot(ledger, { USDC: balance })
    await movements([movement(15, '1'), movement(25, '2')], { toLedger: 30 })
    const between = async (from: number | null, to: number | null) => {
      const {
        books: [book],
      } = await readBooks(db, {
        ...{
          ...EVERYTHING,
          from: from === null ? null : timeOf(from),
          to: to === null ? null : timeOf(to),
        },
        ...{ account: ACCOUNT, asset: USDC_NAME },
      })
      const moved = book?.groups.map(({ stroops }) => stroops)
      return [book?.opening?.ledger, book?.closing?.ledger, moved]
    }
    expect(await between(null, null)).toEqual([10, 30, ['3']])
    expect(await between(10, 20)).toEqual([10, 20, ['1']])
    expect(await between(20, 30)).toEqual([20, 30, ['2']])
    expect(await between(19, 29)).toEqual([10, 20, ['1']])
    expect(await between(5, 20)).toEqual([undefined, 20, ['1']])
    expect(await between(22, 26)).toEqual([20, undefined, ['2']])
    expect(await between(1, 5)).toEqual([undefined, undefined, []])
  })

  test('explained by a person, a difference is no alarm and is not compared again', async () => {
    await open()
    await snapshot(10, { USDC: '5' })
    await snapshot(20, { USDC: '8' })
    await movements([])
    await reconcile()
    const asked = { account: ACCOUNT, asset: USDC_NAME, note: 'known', keyName: 'anna' }
    expect(await explainDifference(db, { ...asked, closingLedger: 99 })).toBeNull()
    const explained = () => explainDifference(db, { ...asked, closingLedger: 20 })
    expect(await explained()).toMatchObject({
      ...{ explained: true, difference: '-3' },
      decision: { about: 'books', decision: 'explained', keyName: 'anna', note: 'known' },
    })
    expect(await explained()).toMatchObject({ explained: false, decision: { keyName: 'anna' } })
    expect(await reconcile()).toEqual([])
    expect(await readBookHealth(db, [ACCOUNT])).toMatchObject({ differences: 0 })
  })

  test('know the assets of the movements, of the last snapshot and of what is awaited', async () => {
    await open()
    await snapshot(10, { native: '5', USDC: '1' })
    await movements([movement(11, '1', { asset: { ...USDC, code: 'EURC' } })])
    expect(await findBookAssets(db, ACCOUNT)).toEqual([
      `stellar:EURC:${ISSUER}`,
      USDC_NAME,
      'stellar:native',
    ])
  })

  test('hold only differences that add up', async () => {
    await open()
    await snapshot(10, { USDC: '5' })
    await snapshot(20, { USDC: '8' })
    await mustFail(
      database.query(
        `insert into anchor_ops.reconciliation
           (epoch, account, asset, closing_ledger, opening_ledger, opening, moved, closing, difference)
         values (1, $1, 'a', 20, 10, 5, 1, 8, 0)`,
        [ACCOUNT],
      ),
      '23514',
    )
  })
})
