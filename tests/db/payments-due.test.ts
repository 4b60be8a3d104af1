import { beforeEach, describe, expect, test } from 'vitest'
import { type DuePayment, findDue, recordDue } from '../../lib/payments/due-store.ts'
import { decidePayment } from '../../lib/payments/open/store.ts'
import { type JudgedPayment, type ObservedAccount, recordGone } from '../../lib/payments/store.ts'
import { VERDICTS } from '../../lib/payments/verdict/codes.ts'
import { formatMuxedAccount } from '../../lib/stellar/muxed-account.ts'
import { storeTransactions } from '../../lib/updates/store.ts'
import { databases, describeMeetings, useDatabase } from '../helpers/database.ts'
import { creditOf, mustObserve, observedOf, record, refusedOf } from '../helpers/payment-rows.ts'
import { documentOf, move, mustBegin, mustSend, updateOf } from '../helpers/update-rows.ts'

const ANCHOR = 'GBN4NNCDGJO4XW4KQU3CBIESUJWFVBUZPOKUZHT7W7WRB7CWOA7BXVQF'
const WAITING = {
  status: 'pending_user_transfer_start',
  memo: 'memo',
  memo_type: 'text',
  started_at: '2026-01-01T00:00:00Z',
}
const MAY_CHANGE = [
  ...['no_match', 'catching_up', 'not_awaiting', 'paid_outside_window', 'ambiguous'],
  ...['wrong_account', 'wrong_asset', 'amount_unknown', 'amount_short', 'amount_over'],
  'already_paid',
]

describe.each(databases())('payments that are due: $name', (kind) => {
  const database = useDatabase(kind)
  const { db } = database
  let observed: ObservedAccount
  beforeEach(async () => {
    observed = await mustObserve(db)
  })

  let updates = 0
  const store = (change: object = {}) => {
    updates += 1
    const updated_at = new Date(Date.UTC(2026, 0, 2) + updates * 1_000).toISOString()
    return storeTransactions(db, [documentOf('t-1', { ...WAITING, updated_at, ...change })])
  }
  /** Records payments, and lets the time pass after which each is judged once more. */
  const has = async (...payments: JudgedPayment[]) => {
    await record(db, observed, payments)
    await database.query('update anchor_ops.payment set due_at = null')
  }
  const find = async (more: object = {}) => {
    const wanted = { account: observed.account, epoch: 1, limit: 200, before: null, ...more }
    return (await findDue(db, wanted)).payments
  }
  const due = async (more: object = {}) => (await find(more)).map((one) => one.operationId)
  const judged = (payment: DuePayment | undefined, verdict: JudgedPayment) => {
    if (payment === undefined) throw new Error('the payment is not due')
    return { ...verdict, ...payment }
  }

  test.each(VERDICTS.filter((code) => code !== 'credited'))(
    'a payment with the verdict %s is due after its transaction is stored, if it may change',
    async (code) => {
      await has(refusedOf('11', code))
      await store()
      expect(await due()).toEqual(MAY_CHANGE.includes(code) ? ['11'] : [])
    },
  )

  test.each<[string, object, Partial<JudgedPayment>]>([
    ['an id with zeros', { memo: '007', memo_type: 'id' }, { memo: { type: 'id', value: '7' } }],
    [
      'a hash in base64',
      { memo: Buffer.alloc(32, 0xab).toString('base64'), memo_type: 'hash' },
      { memo: { type: 'hash', value: 'ab'.repeat(32) } },
    ],
    [
      'the muxed id that was paid',
      { memo: '9', memo_type: 'id' },
      { memo: { type: 'none' }, toMuxedId: '9' },
    ],
    [
      'no memo, and whose muxed address was paid',
      { memo: null, withdraw_anchor_account: formatMuxedAccount({ account: ANCHOR, id: '9' }) },
      { memo: { type: 'none' }, to: ANCHOR, toMuxedId: '9' },
    ],
  ])('a payment is due when a transaction is stored with %s', async (_case, transaction, paid) => {
    await has(refusedOf('11', 'no_match', paid), refusedOf('12', 'no_match'))
    await store(transaction)
    expect(await due()).toEqual(['11'])
    const { verdict: _, update, ...ledgerPayment } = refusedOf('11', 'no_match', paid)
    expect(await find()).toEqual([
      { ...ledgerPayment, source: 'horizon', dueMark: expect.stringMatching(/^\d{16}$/) },
    ])
  })

  test('a payment that only its payer had shown is due once its receiver records it as catching_up', async () => {
    await record(db, observed, [refusedOf('11', 'outgoing')])
    const receiver = await mustObserve(db, { account: ANCHOR })
    await record(db, receiver, [refusedOf('11', 'catching_up')])
    expect(await due({ account: ANCHOR })).toEqual(['11'])
  })

  test.each<[string, object]>([
    ['another memo type', { memo_type: 'id' }],
    ['another memo', { memo: 'Memo' }],
    ['a later start', { started_at: '2026-01-01T00:01:06Z' }],
  ])('no payment is due when a transaction is stored with %s', async (_case, transaction) => {
    await has(refusedOf('11', 'no_match'))
    await store(transaction)
    expect(await due()).toEqual([])
  })

  test.each<[string, object, object]>([
    ['begins to wait', { status: 'incomplete' }, {}],
    ['ceases to wait', {}, { status: 'pending_anchor' }],
    ['ends', { status: 'pending_anchor' }, { status: 'expired' }],
    [
      'tells another end',
      { status: 'expired' },
      { status: 'expired', completed_at: '2026-01-02T00:00:00Z' },
    ],
    ['gets an amount', {}, { amount_in: { amount: '100' } }],
    ['gets an asset', {}, { amount_in: { asset: 'stellar:native' } }],
    ['expects another amount', {}, { amount_expected: { amount: '100' } }],
    ['expects another asset', {}, { amount_expected: { asset: 'stellar:native' } }],
    ['gets an account', {}, { withdraw_anchor_account: ANCHOR }],
    ['gets a destination', {}, { destination_account: ANCHOR }],
    ['gets a memo', { memo: null }, {}],
    ['loses its memo', {}, { memo: 'other' }],
    ['began earlier than it said', { started_at: '2026-01-01T00:05:00Z' }, {}],
    ['became another kind', { kind: 'deposit' }, {}],
  ])('a payment is due when its transaction %s', async (_case, before, after) => {
    await store(before)
    await has(refusedOf('11', 'ambiguous'))
    await store(before)
    expect(await due()).toEqual([])
    await store(after)
    expect(await due()).toEqual(['11'])
  })

  test('a payment is due when the platform no longer has a transaction that it may be for', async () => {
    await store()
    await has(refusedOf('11', 'ambiguous'))
    await recordGone(db, ['t-1'])
    expect(await due()).toEqual(['11'])
  })

  test('a payment is due when an update named the account that is to be paid', async () => {
    await store()
    await has(refusedOf('11', 'wrong_account'))
    const params = { transaction_id: 't-1', destination_account: ANCHOR }
    const update = updateOf('t-1', { method: 'request_onchain_funds', params })
    const attemptId = await mustBegin(db, update)
    const rpcId = await mustSend(db, attemptId)
    expect(await due()).toEqual([])
    await move(db, attemptId, rpcId, 'SENDING', 'APPLIED')
    expect(await due()).toEqual(['11'])
  })

  test('a new payment is judged once more, after every step that did not see it has ended', async () => {
    await record(db, observed, [refusedOf('11', 'no_match'), refusedOf('12', 'no_memo')])
    await record(db, observed, [creditOf('13', 't-1'), refusedOf('14', 'catching_up')])
    expect(await due()).toEqual(['14'])
    await database.query(`update anchor_ops.payment set due_at = due_at - interval '30 seconds'`)
    expect((await due()).toSorted()).toEqual(['11', '14'])
  })

  test('the longest due comes first, in pages that a later mark does not join', async () => {
    await has(...['13', '11', '12'].map((id) => refusedOf(id, 'no_match')))
    await store()
    const wanted = { account: observed.account, epoch: 1, limit: 2, before: null }
    const { before, payments } = await findDue(db, wanted)
    expect(payments.map(({ operationId }) => operationId)).toEqual(['11', '12'])
    await store({ status: 'incomplete' })
    expect(await due({ before })).toEqual([])
    expect(await due()).toEqual(['11', '12', '13'])
    expect(await due({ account: ANCHOR })).toEqual([])
    expect(await due({ epoch: 2 })).toEqual([])
  })

  test('a flood of dust with one memo keeps no other payment from being due at once', async () => {
    const payment = refusedOf('11', 'no_match', { closedAt: '2026-01-01T00:00:09.000Z' })
    await has(refusedOf('1', 'no_match', { isDust: true }), payment, refusedOf('12', 'no_match'))
    await database.query(
      `insert into anchor_ops.payment
        select (jsonb_populate_record(payment, jsonb_build_object('operation_id', n::text))).*
        from anchor_ops.payment, generate_series(1000, 6999) as n where operation_id = '1'`,
    )
    await store()
    const known = `select count(*)::int from anchor_ops.payment where due_at is not null`
    await due()
    const others = `select operation_id from anchor_ops.payment
      where due_at is not null and not is_dust order by operation_id`
    expect(await database.query(others)).toEqual([{ operation_id: '11' }, { operation_id: '12' }])
    // Each call goes on with the next 1,000 of the flood, until all are due.
    expect(await database.query(known)).toEqual([{ count: 1_002 }])
    for (let calls = 0; calls < 6; calls += 1) await due()
    expect(await database.query(known)).toEqual([{ count: 6_003 }])
    expect(await database.query('select from anchor_ops.due_name')).toEqual([])
  })

  test('the payments of a transaction are due though another one has a flood of payments', async () => {
    await has(refusedOf('11', 'no_match'))
    await database.query(
      `insert into anchor_ops.payment
        select (jsonb_populate_record(payment, jsonb_build_object('operation_id', n::text))).*
        from anchor_ops.payment, generate_series(1000, 7999) as n where operation_id = '11'`,
    )
    await has(refusedOf('12', 'no_match', { memo: { type: 'text', value: 'other' } }))
    await store()
    await storeTransactions(db, [documentOf('t-2', { ...WAITING, memo: 'other' })])
    await due()
    const known = `select due_at is not null as due from anchor_ops.payment where operation_id = '12'`
    expect(await database.query(known)).toEqual([{ due: true }])
  })

  describe('recording them', () => {
    const recordThem = (payments: (JudgedPayment & DuePayment)[], change: object = {}) =>
      recordDue(db, { ...observed, leaseSeconds: 60, payments, ...change })

    test('stores the new verdict with the update, and the payment is due no longer', async () => {
      await has(refusedOf('11', 'no_match'), refusedOf('12', 'amount_unknown'))
      await store()
      const [first, second] = await find()
      const answer = await recordThem([
        judged(first, creditOf('11', 't-1')),
        judged(second, refusedOf('12', 'amount_unknown')),
      ])
      expect(answer).toMatchObject({
        recorded: true,
        stored: 0,
        changed: 1,
        credited: [{ operationId: '11', transactionId: 't-1' }],
        verdicts: { credited: 1 },
      })
      expect(await due()).toEqual([])
      const cursors = await database.query('select cursor from anchor_ops.observer')
      expect(cursors).toEqual([{ cursor: '0' }])
    })

    test('leaves out a payment that was marked again since it was read, and it stays due', async () => {
      await has(refusedOf('11', 'no_match'))
      await store()
      const [first] = await find()
      await store({ amount_in: { amount: '7' } })
      const answer = await recordThem([judged(first, creditOf('11', 't-1'))])
      expect(answer).toMatchObject({ recorded: true, changed: 0, credited: [] })
      expect(await due()).toEqual(['11'])
    })

    test('leaves out a credit whose transaction has changed since it was judged, and it stays due', async () => {
      await has(refusedOf('11', 'no_match'), refusedOf('12', 'no_match'))
      await store()
      const [first, second] = await find()
      const answer = await recordThem([
        judged(first, { ...creditOf('11', 't-1'), transactionMark: 'of an earlier state' }),
        judged(second, refusedOf('12', 'not_awaiting')),
      ])
      expect(answer).toMatchObject({ recorded: true, changed: 1, credited: [], outdated: ['11'] })
      expect(await due()).toEqual(['11'])
    })

    test('records nothing for a process that lost the account', async () => {
      await has(refusedOf('11', 'no_match'))
      await store()
      const [first] = await find()
      const payments = [judged(first, creditOf('11', 't-1'))]
      expect(await recordThem(payments, { holder: observedOf().holder })).toEqual({
        recorded: false,
        reason: 'lease_lost',
      })
      expect(await due()).toEqual(['11'])
    })
  })

  test('a payment that a person closed is not due, and keeps its verdict, until it is open again', async () => {
    const decide = (decision: 'ignored' | 'reopen') => {
      const by = { note: 'n', keyName: 'ops', asked: {}, refund: null }
      return decidePayment(db, { operationId: '11', epoch: null, decision, ...by })
    }
    await store()
    await record(db, observed, [refusedOf('11', 'ambiguous')])
    await decide('ignored')
    await store({ amount_in: { amount: '7' } })
    expect(await due()).toEqual([])
    expect(await record(db, observed, [creditOf('11', 't-1')])).toMatchObject({ changed: 0 })
    await decide('reopen')
    expect(await due()).toEqual(['11'])
    expect(await record(db, observed, [creditOf('11', 't-1')])).toMatchObject({ changed: 1 })
  })
})

describeMeetings('a step that stores transactions', ({ database, other }) => {
  const { db } = database
  const observe = async (...payments: JudgedPayment[]) => {
    const observed = await mustObserve(db)
    await record(db, observed, payments)
    await database.query('update anchor_ops.payment set due_at = null')
    const wanted = { account: observed.account, epoch: 1, limit: 200, before: null }
    const due = async () => (await findDue(db, wanted)).payments
    return { observed, due }
  }
  const storing = (...transactions: object[]) =>
    other('select public.store_transactions($1)', [JSON.stringify(transactions)])
  const shown = (id: string, memo: string, change: object = {}) =>
    documentOf(id, { ...WAITING, memo, ...change })

  test('waits for no other one, in whatever order they name the payments', async () => {
    const memoOf = (value: string) => ({ memo: { type: 'text', value } as const })
    const { due } = await observe(
      refusedOf('11', 'no_match', memoOf('a')),
      refusedOf('12', 'no_match', memoOf('b')),
    )
    await storeTransactions(db, [shown('t-3', 'a', { status: 'incomplete' })])
    await other('begin')
    await storing(shown('t-1', 'a'))
    const updated_at = '2026-02-01T00:00:00Z'
    await storeTransactions(db, [shown('t-2', 'b'), shown('t-3', 'a', { updated_at })])
    await storing(shown('t-4', 'b'))
    await other('commit')
    expect((await due()).map(({ operationId }) => operationId)).toEqual(['11', '12'])
  })

  test('waits for no step that records payments, which are judged again when it has ended', async () => {
    const { observed, due } = await observe(...['11', '12'].map((id) => refusedOf(id, 'no_match')))
    await storeTransactions(db, [shown('t-1', 'memo')])
    const payments = (await due())
      .toReversed()
      .map((one) => ({ ...refusedOf(one.operationId, 'not_awaiting'), ...one }))
    await other('begin')
    await storing(shown('t-2', 'memo'))
    const answer = await recordDue(db, { ...observed, leaseSeconds: 60, payments })
    expect(answer).toMatchObject({ recorded: true, changed: 2 })
    expect(await due()).toEqual([])
    await other('commit')
    expect(await due()).toHaveLength(2)
  })

  test('20 of them, with looks beside them, end without a deadlock', async () => {
    const memos = Array.from({ length: 10 }, (_, place) => `m${place}`)
    const { due } = await observe(
      ...memos.map((value, place) =>
        refusedOf(String(100 + place), 'no_match', { memo: { type: 'text', value } }),
      ),
    )
    const steps = Array.from({ length: 20 }, (_, step) => {
      const ordered = step % 2 === 0 ? memos : memos.toReversed()
      return storeTransactions(
        db,
        ordered.map((memo, place) => shown(`t-${step}-${place}`, memo)),
      )
    })
    await Promise.all([...steps, ...steps.map(() => due())])
    expect(await due()).toHaveLength(10)
  })

  test('a look waits for no payment that another step has locked, and marks it later', async () => {
    const { due } = await observe(...['11', '12'].map((id) => refusedOf(id, 'no_match')))
    await other('begin')
    await other(`select from anchor_ops.payment where operation_id = '11' for update`)
    await storeTransactions(db, [shown('t-1', 'memo')])
    expect((await due()).map(({ operationId }) => operationId)).toEqual(['12'])
    await other('commit')
    expect((await due()).map(({ operationId }) => operationId)).toEqual(['12', '11'])
  })
})
