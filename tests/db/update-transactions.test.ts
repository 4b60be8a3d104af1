import { describe, expect, test } from 'vitest'
import { parseLosslessJson } from '../../lib/lossless-json.ts'
import { startSending, storeTransactions } from '../../lib/updates/store.ts'
import { readTransaction, readTransactions } from '../../lib/updates/store-reads.ts'
import { decideAttempt } from '../../lib/updates/store-settling.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import { mustFail } from '../helpers/database-rows.ts'
import { documentOf, move, mustBegin, mustBeginSending, updateOf } from '../helpers/update-rows.ts'

describe.each(databases())('transactions: $name', (kind) => {
  const database = useDatabase(kind)
  const { db } = database

  const store = async (...documents: object[]) => {
    const { stored } = await storeTransactions(db, documents)
    return { stored }
  }
  const read = (change: Partial<Parameters<typeof readTransactions>[1]> = {}) =>
    readTransactions(db, {
      statuses: null,
      attemptStates: null,
      memos: null,
      externalTransactionId: null,
      stellarTransaction: null,
      account: null,
      order: 'asc',
      kind: null,
      sep: null,
      updatedSince: null,
      limit: 100,
      cursor: null,
      ...change,
    })
  const statuses = async (id: string) =>
    (await readTransaction(db, id))?.history.map(({ status }) => status)
  const at = (second: string) => ({ updated_at: `2026-01-01T00:00:${second}Z` })

  test('what filters and payments need of a transaction is in columns of its own, amounts digit for digit', async () => {
    const amount = (text: string) => ({ amount: text, asset: 'iso4217:USD' })
    const texts = {
      sep: '24',
      kind: 'deposit',
      status: 'completed',
      memo: '18446744073709551615',
      memo_type: 'id',
      source_account: 'GA',
      destination_account: 'GB',
      withdraw_anchor_account: 'GC',
      external_transaction_id: 'ext',
      refunds: { payments: [] },
      stellar_transactions: [{ id: 'f00' }],
    }
    const document = {
      id: 't-1',
      ...texts,
      amount_expected: amount('922337203685.4775807'),
      amount_in: amount('10.00'),
      started_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-01-01T00:00:01.123456789Z',
      completed_at: '2026-01-01T00:00:02Z',
      transfer_received_at: '2026-01-01T00:00:03Z',
      something_new: { kept: [true, null] },
    }
    expect(await store(document)).toEqual({ stored: 1 })
    const [row] = await database.query(
      `select to_jsonb(kept) - '{earlier_since,earlier_count,went_back,gone_at,first_seen_at,seen_at,started_at,platform_updated_at,completed_at,transfer_received_at}'::text[]
        || jsonb_build_object('times', (extract(epoch from platform_updated_at - started_at) * 1000000)::bigint || ' '
          || extract(epoch from completed_at - started_at)::int
          || extract(epoch from transfer_received_at - started_at)::int) as kept
        from anchor_ops.transaction as kept`,
    )
    expect(row?.['kept']).toEqual({
      id: 't-1',
      ...texts,
      amount_expected: '922337203685.4775807',
      amount_expected_asset: 'iso4217:USD',
      amount_in: '10.00',
      amount_in_asset: 'iso4217:USD',
      memo_value: '18446744073709551615',
      document,
      times: '1123457 23',
    })
    expect((await readTransaction(db, 't-1'))?.transaction).toEqual(document)
  })

  test('a number of the platform is stored as its text, digit for digit', async () => {
    await store(
      documentOf('t-1', { amount_in: { amount: parseLosslessJson('922337203685.4775807') } }),
    )
    expect((await readTransaction(db, 't-1'))?.transaction).toMatchObject({
      amount_in: { amount: '922337203685.4775807' },
    })
    expect(await database.query('select amount_in from anchor_ops.transaction')).toEqual([
      { amount_in: '922337203685.4775807' },
    ])
  })

  test('an older answer never replaces a newer one', async () => {
    const newer = documentOf('t-1', { status: 'completed', ...at('02.000002') })
    expect(await store(newer)).toEqual({ stored: 1 })
    expect(await store(documentOf('t-1', at('02.000001')))).toEqual({ stored: 0 })
    expect(await store(documentOf('t-1', { updated_at: null, started_at: null }))).toEqual({
      stored: 0,
    })
    expect((await readTransaction(db, 't-1'))?.transaction).toEqual(newer)
    expect(await statuses('t-1')).toEqual(['completed'])
  })

  describe('a platform that goes back', () => {
    const newer = documentOf('t-1', { status: 'completed', ...at('02') })
    const older = documentOf('t-1', at('01'))
    const pass = (seconds: number) =>
      database.query(
        'update anchor_ops.transaction set earlier_since = earlier_since - make_interval(secs => $1)',
        [seconds],
      )
    const record = () => readTransaction(db, 't-1')

    test('an earlier state counts when it is read again 180 s after it was first shown', async () => {
      await store(newer)
      const first = await storeTransactions(db, [older])
      expect(first).toEqual({
        stored: 0,
        wentBack: [],
        earlier: [{ id: 't-1', count: 1, confirmed: false, takeAt: expect.any(String) }],
      })
      await pass(170)
      const second = await storeTransactions(db, [older], first.earlier)
      expect(second).toMatchObject({ stored: 0, earlier: [{ count: 1, confirmed: true }] })
      expect(await record()).toMatchObject({ transaction: newer, wentBack: null })
      await pass(11)
      const event = {
        code: 'platform_went_back',
        from: newer['updated_at'],
        to: older['updated_at'],
        since: expect.any(String),
        takenAt: expect.any(String),
      }
      expect(await storeTransactions(db, [older], second.earlier)).toEqual({
        stored: 1,
        earlier: [],
        wentBack: [{ ...event, transactionId: 't-1' }],
      })
      expect(await record()).toMatchObject({
        transaction: older,
        earlierSince: null,
        wentBack: event,
      })
      expect(await statuses('t-1')).toEqual(['completed', 'pending_anchor'])
    })

    test('an earlier state that may be a late answer never counts', async () => {
      await store(newer)
      await store(older)
      await pass(500)
      expect(await store(older)).toEqual({ stored: 0 })
      const { earlier } = await storeTransactions(db, [older])
      const other = earlier.map((one) => ({ ...one, count: one.count + 1 }))
      expect(await storeTransactions(db, [older], other)).toMatchObject({ stored: 0, wentBack: [] })
      expect(await record()).toMatchObject({ transaction: newer, wentBack: null })
    })

    test('a state that is not earlier begins the 180 s anew', async () => {
      await store(newer)
      const { earlier } = await storeTransactions(db, [older])
      await pass(500)
      expect(await store(newer)).toEqual({ stored: 1 })
      expect(await record()).toMatchObject({ earlierSince: null })
      const again = await storeTransactions(db, [older], earlier)
      expect(again).toMatchObject({ stored: 0, earlier: [{ count: 2, confirmed: false }] })
      expect(await storeTransactions(db, [older], again.earlier)).toMatchObject({ stored: 0 })
    })

    test('the answer to an update is later than the transaction before it, whatever its time is', async () => {
      const [id, rpcId] = [await mustBegin(db, updateOf('t-1')), crypto.randomUUID()]
      const update = { attemptId: id, rpcId, ledger: null, claim: null, earlier: [] }
      await startSending(db, { ...update, pre: newer, transaction: newer })
      await move(db, id, rpcId, 'SENDING', 'APPLIED', { transaction: older })
      expect(await record()).toMatchObject({ transaction: older, earlierSince: null })
    })

    test('the applied updates that an earlier state may lack are to be looked for', async () => {
      const apply = async (second: string, settleInSeconds: number | null) => {
        const [id, rpcId] = await mustBeginSending(db, updateOf('t-1'))
        const transaction = documentOf('t-1', at(second))
        await move(db, id, rpcId, 'SENDING', 'APPLIED', { transaction, settleInSeconds })
      }
      const lookedFor = async () =>
        (await record())?.attempts.map(({ settleAt }) => settleAt !== null)
      for (const second of ['01', '03', '05']) await apply(second, null)
      const earlier = documentOf('t-1', at('02'))
      const first = await storeTransactions(db, [earlier])
      expect(await lookedFor()).toEqual([false, false, false])
      // From now on the settler reads the transaction, although nothing is to be sent.
      const second = await storeTransactions(db, [earlier], first.earlier)
      expect(await lookedFor()).toEqual([false, false, true])
      await pass(181)
      await storeTransactions(db, [earlier], second.earlier)
      expect(await lookedFor()).toEqual([false, true, true])
    })

    test('an applied attempt may be decided anew only if it ended before the platform went back', async () => {
      const [id, rpcId] = await mustBeginSending(db, updateOf('t-1'))
      await move(db, id, rpcId, 'SENDING', 'APPLIED', { transaction: newer })
      const decide = (decision: 'applied' | 'not_applied') =>
        decideAttempt(db, { attemptId: id, decision, note: 'n', keyName: 'ops', quietSeconds: 180 })
      expect(await decide('not_applied')).toMatchObject({ decided: false, state: 'APPLIED' })
      const { earlier } = await storeTransactions(db, [older])
      await pass(181)
      await storeTransactions(db, [older], earlier)
      expect(await decide('applied')).toMatchObject({ decided: false, state: 'APPLIED' })
      expect(await decide('not_applied')).toMatchObject({ decided: true, state: 'NOT_APPLIED' })
    })
  })

  test('a time that PostgreSQL cannot read makes no document unusable', async () => {
    const times = [
      '0000-01-01T00:00:00Z',
      '10000-01-01T00:00:00Z',
      '+10000-01-01T00:00:00Z',
      'soon',
    ]
    times.push('infinity', 'now', '2026-02-30T00:00:00Z', '9999-12-31T23:59:59-01:00', '')
    times.push('2026-06-30T23:59:60Z', '2026-06-30T24:00:00Z', '1900-01-01T00:00:00Z')
    for (const [index, time] of times.entries()) {
      const other = {
        completed_at: time,
        transfer_received_at: time,
        user_action_required_by: time,
      }
      const ids = [`t-${index}`, `u-${index}`, `v-${index}`] as const
      const documents = [
        documentOf(ids[0], other),
        documentOf(ids[1], { updated_at: time }),
        documentOf(ids[2], { updated_at: time, started_at: time }),
      ]
      expect([time, await store(...documents)]).toEqual([time, { stored: 3 }])
      for (const id of ids) expect((await readTransaction(db, id))?.id).toBe(id)
    }
    let cursor: string | null = null
    let count = 0
    do {
      const page = await read({ limit: 1, cursor })
      count += page.transactions.length
      cursor = page.next
    } while (cursor !== null)
    expect(count).toBe(3 * times.length)
  })

  test('of two answers in one call the newer one stays', async () => {
    const newer = documentOf('t-1', { status: 'error', ...at('03') })
    expect(await store(documentOf('t-1', at('02')), newer, documentOf('t-1', at('01')))).toEqual({
      stored: 1,
    })
    expect((await readTransaction(db, 't-1'))?.transaction).toEqual(newer)
  })

  test('an answer without updated_at is dated by started_at', async () => {
    await store(documentOf('t-1', { updated_at: undefined, status: 'incomplete' }))
    expect(await store(documentOf('t-1', at('01')))).toEqual({ stored: 1 })
    expect(await statuses('t-1')).toEqual(['incomplete', 'pending_anchor'])
  })

  test('history has one row for each change of the status, not for each answer', async () => {
    for (const [second, status] of [
      ['01', 'incomplete'],
      ['02', 'incomplete'],
      ['03', 'pending_anchor'],
      ['03', 'pending_anchor'],
      ['04', 'incomplete'],
    ] as const) {
      await store(documentOf('t-1', { status, ...at(second) }))
    }
    expect(await statuses('t-1')).toEqual(['incomplete', 'pending_anchor', 'incomplete'])
  })

  test('50 concurrent answers leave the newest one and a history that only goes forward', async () => {
    await Promise.all(
      Array.from({ length: 50 }, (_, place) =>
        store(
          documentOf('t-1', { status: `s-${place % 5}`, ...at(String(place).padStart(2, '0')) }),
        ),
      ),
    )
    const record = await readTransaction(db, 't-1')
    expect(record?.transaction).toMatchObject(at('49'))
    const times = record?.history.map(({ platformUpdatedAt }) => platformUpdatedAt) ?? []
    expect(times).toEqual(times.toSorted())
    for (const [place, { status }] of (record?.history ?? []).entries()) {
      expect(status).not.toBe(record?.history[place - 1]?.status)
    }
    expect(record?.history.at(-1)?.status).toBe('s-4')
  })

  test('40 transactions are stored in one call', async () => {
    const documents = Array.from({ length: 40 }, (_, place) => documentOf(`t-${place}`))
    expect(await store(...documents)).toEqual({ stored: 40 })
    expect(await store()).toEqual({ stored: 0 })
    expect((await read()).transactions).toHaveLength(40)
  })

  test('pages give every transaction, the longest unchanged first, and one that changes meanwhile comes again', async () => {
    const ids = Array.from({ length: 25 }, (_, place) => `t.${place}`)
    await store(...ids.map((id, place) => documentOf(id, at(`0${place % 5}.00000${place % 3}`))))
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await read({ limit: 4, cursor })
      seen.push(...page.transactions.map(({ id }) => id))
      cursor = page.next
      if (seen.length === 4) await store(documentOf(seen[0] ?? '', at('59')))
    } while (cursor !== null)
    expect(seen.slice(0, 25).toSorted()).toEqual(ids.toSorted())
    expect(seen.slice(25)).toEqual([seen[0]])
  })

  test('each filter gives the matching transactions only', async () => {
    await store(
      documentOf('t-1', { status: 'error', ...at('01') }),
      documentOf('t-2', { kind: 'deposit', ...at('02') }),
      documentOf('t-3', { sep: '31', ...at('03.000001') }),
    )
    const ids = async (change: Parameters<typeof read>[0]) =>
      (await read(change)).transactions.map(({ id }) => id)
    expect(await ids({ statuses: ['error'] })).toEqual(['t-1'])
    expect(await ids({ kind: 'deposit' })).toEqual(['t-2'])
    expect(await ids({ sep: '31' })).toEqual(['t-3'])
    expect(await ids({ updatedSince: '2026-01-01T00:00:02Z' })).toEqual(['t-2', 't-3'])
    expect(await ids({ statuses: ['error'], sep: '31' })).toEqual([])
  })

  test.each(['', 'x', '1', '-1.t-1', '1234567890123456789.t-1'])(
    'the cursor "%s" is an invalid parameter',
    async (cursor) => {
      await mustFail(read({ cursor }), 'invalid_parameter')
    },
  )

  test('a transaction that only attempts name can be read, and an unknown one is null', async () => {
    await mustBegin(db, updateOf('t-1'))
    expect(await readTransaction(db, 't-1')).toMatchObject({
      id: 't-1',
      transaction: null,
      seenAt: null,
      history: [],
      attempts: [{ state: 'READY' }],
      refunds: [],
    })
    expect(await readTransaction(db, 't-2')).toBeNull()
  })
})
