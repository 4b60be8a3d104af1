import { beforeEach, describe, expect, test } from 'vitest'
import { decidePayment } from '../../lib/payments/open/store.ts'
import {
  findCandidates,
  type JudgedPayment,
  type ObservedAccount,
  readPayments,
} from '../../lib/payments/store.ts'
import { storeTransactions } from '../../lib/updates/store.ts'
import { readTransaction } from '../../lib/updates/store-reads.ts'
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
import {
  documentOf,
  mustBegin,
  mustLeaveToPerson,
  statesOf,
  updateOf,
} from '../helpers/update-rows.ts'

describe.each(databases())('recording payments: $name', (kind) => {
  const database = useDatabase(kind)
  const { db } = database
  let observed: ObservedAccount
  beforeEach(async () => {
    observed = await mustObserve(db)
  })

  const stored = async () =>
    (await readPayments(db, { verdict: null, since: null, limit: 200, cursor: null })).payments
  const verdicts = async () => (await stored()).map((one) => [one.operationId, one.verdict])
  const cursor = async () =>
    (await database.query('select cursor from anchor_ops.observer'))[0]?.['cursor']
  const numberOf = async (table: string) =>
    (await database.query(`select count(*)::int as n from anchor_ops.${table}`))[0]?.['n']

  test('payments, their updates and the cursor move together', async () => {
    const page = [refusedOf('10', 'no_memo'), creditOf('11', 't-1'), refusedOf('12', 'no_match')]
    const recorded = await record(db, observed, page, {
      cursor: '12',
      checkpoint: { sequence: 1_000, hash: 'f'.repeat(64) },
      completeUntil: '2026-01-01T00:00:05Z',
    })
    const [attempt] = (await readTransaction(db, 't-1'))?.attempts ?? []
    expect(recorded).toEqual({
      recorded: true,
      stored: 3,
      changed: 0,
      credited: [
        {
          operationId: '11',
          attemptId: attempt?.attemptId,
          transactionId: 't-1',
          method: 'notify_onchain_funds_received',
          params: attempt?.params,
        },
      ],
      verdicts: { no_memo: 1, credited: 1, no_match: 1 },
    })
    expect(attempt).toMatchObject({
      state: 'READY',
      naturalKey: 'operation 11 of epoch 1',
      origin: 'payment_observer',
      params: { transaction_id: 't-1', amount_in: { amount: '100.0000000' } },
    })
    expect(await cursor()).toBe('12')
  })

  test.each<[string, (payment: JudgedPayment) => JudgedPayment]>([
    ['an amount in place of a hash', (one) => ({ ...one, transactionHash: '100' })],
    ['an operation id that is not a number', (one) => ({ ...one, operationId: 'x' })],
    ['a time that is not an instant', (one) => ({ ...one, closedAt: 'some day' })],
    ['an update without a transaction', (one) => ({ ...one, update: updateOf('t-9') })],
    ['a credit without its update', () => ({ ...creditOf('13', 't-2'), update: null })],
    [
      'a credit with the update of another transaction',
      () => ({ ...creditOf('13', 't-2'), update: creditOf('13', 't-3').update }),
    ],
    [
      'a credit with the natural key of another operation',
      () => ({ ...creditOf('13', 't-2'), update: creditOf('14', 't-2').update }),
    ],
  ])('of a page with %s nothing is written and the cursor stays', async (_what, spoil) => {
    const page = [creditOf('11', 't-1'), spoil(refusedOf('12', 'no_match'))]
    await mustFail(record(db, observed, page, { cursor: '12' }), 'database_unavailable')
    expect(await cursor()).toBe('0')
    expect([await numberOf('payment'), await numberOf('attempt')]).toEqual([0, 0])
  })

  test('an operation is stored once, however often a page shows it', async () => {
    const page = [creditOf('11', 't-1'), creditOf('11', 't-1'), refusedOf('12', 'no_memo')]
    expect(await record(db, observed, page)).toMatchObject({ stored: 2 })
    expect(await record(db, observed, page)).toEqual({
      recorded: true,
      stored: 0,
      changed: 0,
      credited: [],
      verdicts: {},
    })
    expect(await numberOf('attempt')).toBe(1)
  })

  test('a credited operation stays credited, whichever source or account shows it again', async () => {
    await record(db, observed, [creditOf('11', 't-1')])
    for (const other of [{ source: 'rpc' }, { account: OTHER_ACCOUNT }] as const) {
      const again = await mustObserve(db, other)
      expect(
        await record(db, again, [creditOf('11', 't-2'), refusedOf('12', 'outgoing')]),
      ).toMatchObject({ credited: [], changed: 0 })
    }
    expect(await verdicts()).toEqual([
      ['11', 'credited'],
      ['12', 'outgoing'],
    ])
    expect(await numberOf('attempt')).toBe(1)
  })

  test.each(['no_match', 'not_awaiting', 'already_paid'] as const)(
    'a payment that was %s may get another verdict, and the old one is stored',
    async (before) => {
      const payment = refusedOf('11', before, { transactionId: 't-0' })
      await record(db, observed, [payment])
      expect(await record(db, observed, [payment])).toMatchObject({ changed: 0 })
      expect(await record(db, observed, [creditOf('11', 't-1')])).toMatchObject({
        stored: 0,
        changed: 1,
        credited: [{ operationId: '11', transactionId: 't-1' }],
        verdicts: { credited: 1 },
      })
      const [changed] = await stored()
      expect(changed).toMatchObject({
        verdict: 'credited',
        transactionId: 't-1',
        attemptState: 'READY',
        earlier: [{ verdict: before, sentence: `Judged ${before}.` }],
      })
      expect(Date.parse(changed?.judgedAt ?? '')).toBeGreaterThanOrEqual(
        Date.parse(changed?.recordedAt ?? ''),
      )
    },
  )

  test.each([
    ['amount_short', 'amount_over'],
    ['amount_over', 'wrong_asset'],
    ['amount_unknown', 'amount_short'],
    ['wrong_asset', 'wrong_account'],
    ['wrong_account', 'ambiguous'],
    ['ambiguous', 'amount_unknown'],
  ] as const)(
    'a payment that was %s may become %s or credited, and stays for its transaction',
    async (before, other) => {
      await record(db, observed, [refusedOf('11', before)])
      for (const code of ['no_match', 'not_awaiting', 'paid_outside_window'] as const) {
        expect(await record(db, observed, [refusedOf('11', code)])).toMatchObject({ changed: 0 })
      }
      expect(await record(db, observed, [refusedOf('11', other)])).toMatchObject({ changed: 1 })
      expect(await record(db, observed, [creditOf('11', 't-1')])).toMatchObject({ changed: 1 })
      expect(await verdicts()).toEqual([['11', 'credited']])
    },
  )

  test.each([
    ...(['no_match', 'not_awaiting', 'paid_outside_window', 'ambiguous', 'wrong_account'] as const),
    ...(['wrong_asset', 'amount_unknown', 'amount_short', 'amount_over', 'already_paid'] as const),
  ])('a payment that is %s again has the reasons of the last judgement', async (code) => {
    const judged = (sentence: string, transactionId: string) => {
      const verdict = { code, sentence, evidence: { sentence }, transactionId }
      return refusedOf('11', code, { verdict })
    }
    // A repeat is stored only where another payment is credited to its transaction.
    if (code === 'already_paid') await record(db, observed, [creditOf('9', 't-2')])
    await record(db, observed, [judged('first', 't-1')])
    const second = [judged('second', 't-2')]
    expect(await record(db, observed, second)).toMatchObject({ changed: 1 })
    expect(await record(db, observed, second)).toMatchObject({ changed: 0 })
    expect((await stored()).filter(({ operationId }) => operationId === '11')).toMatchObject([
      {
        ...{ verdict: code, sentence: 'second', evidence: { sentence: 'second' } },
        transactionId: 't-2',
        earlier: [{ verdict: code, sentence: 'first' }],
      },
    ])
  })

  test('a stored payment is no repeat of one that is not credited', async () => {
    await record(db, observed, [refusedOf('11', 'no_match'), refusedOf('12', 'no_match')])
    await decidePayment(db, {
      ...{ operationId: '11', epoch: null, decision: 'ignored', note: 'n', keyName: 'ana' },
      ...{ asked: {}, refund: null },
    })
    const verdict = {
      ...{ code: 'already_paid' as const, sentence: 's', evidence: {}, transactionId: 't-1' },
    }
    const page = [creditOf('11', 't-1'), refusedOf('12', 'already_paid', { verdict })]
    expect(await record(db, observed, page)).toMatchObject({ changed: 0, credited: [] })
    const [repeat] = (await stored()).filter(({ operationId }) => operationId === '12')
    expect(repeat).toMatchObject({ verdict: 'no_match' })
  })

  test('a payment that is judged again for a credited transaction stays already_paid', async () => {
    await record(db, observed, [creditOf('11', 't-1'), creditOf('12', 't-1')])
    expect(await record(db, observed, [creditOf('12', 't-1')])).toMatchObject({
      changed: 0,
      credited: [],
    })
    expect(await record(db, observed, [creditOf('12', 't-2')])).toMatchObject({
      changed: 1,
      credited: [{ operationId: '12', transactionId: 't-2' }],
    })
  })

  test('a page is not recorded if a transaction has changed since it was judged to be paid', async () => {
    const stores = (change: object) =>
      storeTransactions(db, [documentOf('t-1', { memo: 'memo', memo_type: 'text', ...change })])
    const credit = async () => {
      const memos = [{ type: 'text', value: 'memo' }]
      const [found] = await findCandidates(db, { memos })
      return creditOf('11', 't-1', found && { transactionMark: found.mark })
    }
    await stores({})
    const page = [await credit(), refusedOf('12', 'no_match')]
    await stores({ amount_expected: { amount: '7' } })
    const changed = { recorded: false, reason: 'transaction_changed' }
    expect(await record(db, observed, page, { cursor: '9' })).toEqual(changed)
    expect(await stored()).toEqual([])
    const again = [await credit(), refusedOf('12', 'no_match')]
    expect(await record(db, observed, again)).toMatchObject({ recorded: true, stored: 2 })
  })

  test.each([
    'sep31_path_payment',
    'update_refused',
    'manual_review',
    'transaction_failed',
    'no_memo',
  ] as const)('a payment that was %s is not judged anew', async (before) => {
    await record(db, observed, [refusedOf('11', before)])
    expect(await record(db, observed, [creditOf('11', 't-1')])).toMatchObject({
      changed: 0,
      credited: [],
    })
    expect(await verdicts()).toEqual([['11', before]])
    expect(await numberOf('attempt')).toBe(0)
  })

  test.each([
    ['payer first', [refusedOf('11', 'outgoing'), creditOf('11', 't-1')]],
    ['payee first', [creditOf('11', 't-1'), refusedOf('11', 'outgoing')]],
  ])('between two observed accounts the one that is paid decides: %s', async (_order, seen) => {
    const payee = await mustObserve(db, { account: OTHER_ACCOUNT })
    for (const payment of seen) {
      await record(db, payment.update === null ? observed : payee, [payment])
    }
    expect(await stored()).toMatchObject([{ verdict: 'credited', account: OTHER_ACCOUNT }])
    expect(await statesOf(db, 't-1')).toEqual(['READY'])
  })

  test('the second payment of a transaction is already_paid, on the same page and on the next', async () => {
    const first = await record(db, observed, [creditOf('11', 't-1'), creditOf('12', 't-1')])
    expect(first).toMatchObject({ verdicts: { credited: 1, already_paid: 1 } })
    expect(await record(db, observed, [creditOf('13', 't-1')])).toMatchObject({
      credited: [],
      verdicts: { already_paid: 1 },
    })
    const again = { verdict: 'already_paid', evidence: { code: 'credited', creditedBy: '11' } }
    expect(await stored()).toMatchObject([{ verdict: 'credited' }, again, again])
    expect(await statesOf(db, 't-1')).toEqual(['READY'])
  })

  test('a payment whose update is refused gets the refusal, and so do others of its transaction', async () => {
    const manual = await mustBegin(db, updateOf('t-1'))
    await mustLeaveToPerson(db, manual)
    const page = [creditOf('11', 't-1'), creditOf('12', 't-1'), creditOf('13', 't-2')]
    expect(await record(db, observed, page)).toMatchObject({
      credited: [{ operationId: '13' }],
      verdicts: { update_refused: 2, credited: 1 },
    })
    const refused = {
      verdict: 'update_refused',
      sentence: 'The payment is as expected, but its update was refused: blocked_by_manual.',
      evidence: { refusal: { code: 'blocked_by_manual', detail: { attemptId: manual } } },
      attemptId: null,
    }
    expect(await stored()).toMatchObject([refused, refused, { verdict: 'credited' }])
  })

  test('200 credits on one page become 200 updates, each with its own payment', async () => {
    const page = Array.from({ length: 200 }, (_, n) => creditOf(`${1_000 + n}`, `t-${n}`))
    const recorded = await record(db, observed, page)
    if (!recorded.recorded) throw new Error(recorded.reason)
    expect(recorded.credited.map((one) => [one.operationId, one.transactionId])).toEqual(
      page.map((one) => [one.operationId, one.verdict.transactionId]),
    )
    expect(
      await database.query(`
        select payment.operation_id from anchor_ops.payment join anchor_ops.attempt on attempt.id = payment.attempt_id
        where attempt.natural_key is distinct from format('operation %s of epoch 1', payment.operation_id)
          or attempt.transaction_id is distinct from payment.transaction_id`),
    ).toEqual([])
    expect(await numberOf('attempt')).toBe(200)
  })

  test('a page with an operation that belonged to another transaction is refused as ledger_changed', async () => {
    await record(db, observed, [refusedOf('11', 'no_match')])
    const changed = creditOf('11', 't-1', { transactionHash: 'e'.repeat(64) })
    const pages = [
      [creditOf('12', 't-2'), changed],
      [creditOf('13', 't-3'), creditOf('13', 't-3', { transactionHash: 'e'.repeat(64) })],
    ]
    for (const page of pages) {
      await mustFail(record(db, observed, page, { cursor: '12' }), 'ledger_changed')
    }
    expect(await cursor()).toBe('0')
    expect(await verdicts()).toEqual([['11', 'no_match']])
    expect(await numberOf('attempt')).toBe(0)
  })

  test('what the ledger shows is stored letter for letter', async () => {
    const amounts = ['922337203685.4775807', '0.0000001', '100.0000000', '0']
    const memos = [
      { type: 'text', value: ' ä\u202e ' },
      { type: 'id', value: '18446744073709551615' },
      { type: 'hash', value: 'f'.repeat(64) },
      { type: 'other', shown: 'return' },
    ] as const
    const page = amounts.map((amount, n) => {
      const memo = memos[n] ?? { type: 'none' as const }
      const id = `${9_223_372_036_854_775_800n + BigInt(n)}`
      const toMuxedId = '18446744073709551615'
      return creditOf(id, `t-${n}`, { amount, memo, fromMuxedId: '77', toMuxedId })
    })
    page.push(
      refusedOf('20', 'manual_review', {
        kind: 'account_merge',
        from: null,
        to: null,
        asset: null,
        amount: null,
        memo: { type: 'none' },
      }) as (typeof page)[number],
    )
    const recorded = await record(db, observed, page)
    const payments = await stored()
    const inOrder = payments.slice(1)
    expect(inOrder.map(({ amount }) => amount)).toEqual(amounts)
    expect(inOrder.map(({ memoType, memo }) => [memoType, memo])).toEqual(
      memos.map((memo) => [memo.type, memo.type === 'other' ? memo.shown : memo.value]),
    )
    expect(inOrder[0]).toMatchObject({
      account: ACCOUNT,
      source: 'horizon',
      ledger: 1_000,
      closedAt: '2026-01-01T00:00:05.000Z',
      fromMuxedId: '77',
      toMuxedId: '18446744073709551615',
      asset: 'stellar:USDC:GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5',
    })
    expect(payments[0]).toMatchObject({
      from: null,
      to: null,
      asset: null,
      amount: null,
      memoType: 'none',
      memo: null,
    })
    if (!recorded.recorded) throw new Error(recorded.reason)
    expect(recorded.credited.map(({ params }) => params['amount_in'])).toEqual(
      amounts.map((amount) => ({ amount })),
    )
  })

  test('no payment can be deleted, changed or judged against the rules, not even by the owner', async () => {
    await record(db, observed, [creditOf('11', 't-1'), refusedOf('12', 'no_match')])
    for (const sql of [
      'delete from anchor_ops.payment',
      `update anchor_ops.payment set amount = '1' where operation_id = '12'`,
      `update anchor_ops.payment set verdict = 'no_match', attempt_id = null where operation_id = '11'`,
    ]) {
      await mustFail(database.query(sql), 'AO002')
    }
    await mustFail(
      database.query(
        `update anchor_ops.payment set verdict = 'credited', transaction_id = 't-1',
           attempt_id = (select id from anchor_ops.attempt) where operation_id = '12'`,
      ),
      '23505',
    )
  })
})
