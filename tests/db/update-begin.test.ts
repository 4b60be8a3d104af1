import { describe, expect, test } from 'vitest'
import type { Database } from '../../lib/db/client.ts'
import { parseLosslessJson } from '../../lib/lossless-json.ts'
import {
  beginUpdates,
  finishRequest,
  type NewUpdate,
  readTransaction,
  storeTransactions,
} from '../../lib/updates/store.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import { mustFail } from '../helpers/database-rows.ts'
import {
  BODY_SHA256,
  begin,
  documentOf,
  itemOf,
  move,
  mustBegin,
  mustBeginSending,
  mustLeaveToPerson,
  mustSend,
  refundOf,
  send,
} from '../helpers/update-rows.ts'

const HOLDER = crypto.randomUUID()

describe.each(databases())('begin: $name', (kind) => {
  const database = useDatabase(kind)
  const { db } = database

  const request = (
    items: NewUpdate[],
    change: { key?: string; holder?: string | null; bodySha256?: string } = {},
  ) =>
    beginUpdates(db, {
      key: 'key-1',
      holder: crypto.randomUUID(),
      bodySha256: BODY_SHA256,
      updates: items,
      ...change,
    })
  const numberOf = async (table: string) =>
    (await database.query(`select count(*)::int as n from anchor_ops.${table}`))[0]?.['n']
  const die = () =>
    database.query(
      `update anchor_ops.update_request set taken_at = taken_at - interval '121 seconds'`,
    )

  describe('an Idempotency-Key', () => {
    test('lets exactly one of 200 requests begin; the others are running', async () => {
      const begun = await Promise.all(
        Array.from({ length: 200 }, () => request([itemOf('t-1'), itemOf('t-2', { index: 1 })])),
      )
      expect(begun.filter((one) => one.request === 'new')).toHaveLength(1)
      expect(begun.filter((one) => one.request === 'running')).toHaveLength(199)
      expect(await numberOf('update_request')).toBe(1)
      expect(await numberOf('attempt')).toBe(2)
    })

    test('with another body is a conflict, while the request runs and after', async () => {
      await request([itemOf('t-1')], { holder: HOLDER })
      const other = { bodySha256: 'b'.repeat(64) }
      const conflict = { request: 'conflict', answer: null, updates: [] }
      expect(await request([itemOf('t-1')], other)).toEqual(conflict)
      await finishRequest(db, {
        key: 'key-1',
        holder: HOLDER,
        bodySha256: BODY_SHA256,
        answer: { status: 200, body: '' },
      })
      expect(await request([itemOf('t-1')], other)).toEqual(conflict)
      expect(await numberOf('attempt')).toBe(1)
    })

    test('of a finished request gives the stored answer byte for byte, errors too', async () => {
      await request([itemOf('t-1')], { holder: HOLDER })
      const answer = { status: 502, body: '{"z":1, "a":922337203685.4775807,"ä":"\\u0000"}\n' }
      const finish = () =>
        finishRequest(db, { key: 'key-1', holder: HOLDER, bodySha256: BODY_SHA256, answer })
      expect(await finish()).toEqual({ finished: true, answer })
      expect(await request([itemOf('t-1')])).toEqual({ request: 'replay', answer, updates: [] })
      expect(await numberOf('attempt')).toBe(1)
    })

    test('is taken over 120 seconds after its process died, with the attempts it left', async () => {
      const items = [itemOf('t-1'), itemOf('t-2', { index: 1 })]
      const first = await request(items)
      const [sent, left] = first.updates
      await mustSend(db, sent?.attemptId ?? '')
      expect(await request(items)).toMatchObject({ request: 'running' })
      await die()

      const second = await request(items)
      expect(second).toMatchObject({
        request: 'new',
        updates: [
          { attemptId: sent?.attemptId, seq: sent?.seq, created: false, state: 'SENDING' },
          { attemptId: left?.attemptId, seq: left?.seq, created: false, state: 'READY' },
        ],
      })
      expect(await request(items)).toMatchObject({ request: 'running' })
      expect(await numberOf('attempt')).toBe(2)
    })

    test('is taken over by exactly one of 50 requests', async () => {
      await request([itemOf('t-1')])
      await die()
      const begun = await Promise.all(Array.from({ length: 50 }, () => request([itemOf('t-1')])))
      expect(begun.filter((one) => one.request === 'new')).toHaveLength(1)
      expect(begun.filter((one) => one.request === 'running')).toHaveLength(49)
    })

    test('has one answer, which the process gives that took it last', async () => {
      const [first, last] = [crypto.randomUUID(), crypto.randomUUID()]
      const finish = (holder: string, body: string, bodySha256 = BODY_SHA256) =>
        finishRequest(db, { key: 'key-1', holder, bodySha256, answer: { status: 200, body } })
      await request([itemOf('t-1')], { holder: first })
      await die()
      await request([itemOf('t-1')], { holder: last })
      expect(await finish(first, 'late')).toEqual({ finished: false, answer: null })
      const answer = { status: 200, body: 'last' }
      expect(await finish(last, 'last')).toEqual({ finished: true, answer })
      expect(await finish(first, 'late')).toEqual({ finished: false, answer })
      const unknown = { finished: false, answer: null }
      expect(await finish(last, 'last', 'b'.repeat(64))).toEqual(unknown)
    })

    test('may be begun twice by one request: what is stored is found, and the rest is stored', async () => {
      const items = [itemOf('t-1', { rpcId: 'first' }), itemOf('t-2', { index: 1 })]
      await storeTransactions(db, [documentOf('t-1')])
      const holder = crypto.randomUUID()
      const made = (await request(items.slice(0, 1), { holder })).updates[0]
      expect(made).toMatchObject({ created: true, state: 'SENDING', rpcId: 'first' })
      await storeTransactions(db, [documentOf('t-1', { updated_at: '2026-01-01T00:00:02Z' })])
      expect(await request(items, { holder })).toMatchObject({
        request: 'new',
        updates: [
          // The transaction is the one on which the send began, although another is stored now.
          { ...made, created: false, transaction: documentOf('t-1') },
          { created: true, state: 'READY' },
        ],
      })
    })

    test('that was made for a request stores nothing more once a caller has repeated it', async () => {
      const item = itemOf('t-1')
      const made = (await request([item], { holder: null })).updates[0]
      expect(await request([item])).toMatchObject({
        request: 'new',
        updates: [{ attemptId: made?.attemptId, created: false }],
      })
      const late = await request([item, itemOf('t-2', { index: 1 })], { holder: null })
      expect(late).toEqual({ request: 'running', answer: null, updates: [] })
    })

    test('of 255 characters is stored; one of 256 is refused with its request', async () => {
      expect(await request([itemOf('t-1')], { key: 'k'.repeat(255) })).toMatchObject({
        request: 'new',
      })
      await mustFail(request([itemOf('t-1')], { key: 'k'.repeat(256) }), 'database_unavailable')
      expect(await numberOf('attempt')).toBe(1)
    })
  })

  describe('an update without a natural key, of a caller without a key', () => {
    const begin = async (...items: NewUpdate[]) =>
      (await request(items, { key: crypto.randomUUID(), holder: null })).updates
    const both = [itemOf('t-1'), itemOf('t-1', { index: 1, params: { message: 'other' } })]

    test('is one with an equal update that was not sent', async () => {
      const first = await begin(...both)
      const again = await begin(...both)
      expect(again).toEqual(first.map((one) => ({ ...one, created: false })))
      await mustSend(db, first[0]?.attemptId ?? '')
      expect(await begin(itemOf('t-1'))).toMatchObject([{ created: true }])
    })

    test('is another one after an update of a third request, in the same request, or with a key', async () => {
      expect(await begin(itemOf('t-1'), itemOf('t-1', { index: 1 }))).toMatchObject([
        { created: true },
        { created: true },
      ])
      await begin(itemOf('t-1', { params: { message: 'other' } }))
      expect(await begin(itemOf('t-1'))).toMatchObject([{ created: true }])
      expect((await request([itemOf('t-1')])).updates).toMatchObject([{ created: true }])
    })
  })

  test('40 updates are stored in one call, in the order of index, and 41 are refused', async () => {
    let calls = 0
    const counting: Database = {
      call: (name, args) => {
        calls += 1
        return db.call(name, args)
      },
    }
    await storeTransactions(db, [documentOf('t-3')])
    const items = Array.from({ length: 40 }, (_, index) => itemOf(`t-${index % 7}`, { index }))
    const begun = await begin(counting, ...items.toReversed())
    expect(calls).toBe(1)
    expect(begun.map(({ index }) => index)).toEqual(items.map(({ index }) => index))
    const seqs = begun.map(({ seq }) => Number(seq))
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    expect(begun[3]).toEqual({
      index: 3,
      rpcId: null,
      attemptId: expect.any(String),
      seq: expect.any(String),
      created: true,
      state: 'READY',
      outcome: null,
      refusal: null,
      transaction: documentOf('t-3'),
    })
    expect(begun[4]?.transaction).toBeNull()
    await mustFail(begin(db, ...items, itemOf('t-1', { index: 40 })), 'database_unavailable')
    expect(await begin(db)).toEqual([])
  })

  test('no function has a loop, so a call runs as many statements for 40 updates as for one', async () => {
    expect(
      await database.query(
        `select proname from pg_proc
          where pronamespace in ('anchor_ops'::regnamespace, 'public'::regnamespace) and prosrc ~* '\\mloop\\M'`,
      ),
    ).toEqual([])
  })

  test('numbers of the caller are stored as their text, digit for digit', async () => {
    await mustBegin(
      db,
      itemOf('t-1', {
        params: {
          amount_in: { amount: parseLosslessJson('922337203685.4775807') },
          list: ['1e2', 'ä€𝄞'],
        },
      }),
    )
    expect((await readTransaction(db, 't-1'))?.attempts[0]?.params).toEqual({
      amount_in: { amount: '922337203685.4775807' },
      list: ['1e2', 'ä€𝄞'],
    })
  })

  describe('a natural key', () => {
    const hash = 'f'.repeat(64)
    const sent = (transactionId: string, change: Partial<NewUpdate> = {}) =>
      itemOf(transactionId, {
        method: 'notify_onchain_funds_sent',
        params: { stellar_transaction_id: hash },
        naturalKey: `notify_onchain_funds_sent:${hash}`,
        ...change,
      })

    test('repeated with the same update gives the attempt that has it', async () => {
      const [id, rpcId] = await mustBeginSending(db, sent('t-1'))
      await move(db, id, rpcId, 'SENDING', 'APPLIED', { outcome: { result: 1 } })
      expect(await begin(db, sent('t-1'))).toMatchObject([
        { attemptId: id, created: false, state: 'APPLIED', outcome: { result: 1 }, refusal: null },
      ])
      expect(await numberOf('attempt')).toBe(1)
    })

    test('is used once over all transactions', async () => {
      const id = await mustBegin(db, sent('t-1'))
      const used = {
        created: false,
        refusal: { code: 'natural_key_used', detail: { attemptId: id } },
      }
      expect(await begin(db, sent('t-2'))).toMatchObject([used])
      expect(await begin(db, sent('t-1', { params: { other: 1 } }))).toMatchObject([used])
      expect(await begin(db, sent('t-2', { naturalKey: 'other' }))).toMatchObject([
        { created: true },
      ])
    })

    test('that comes twice in one request is refused with the whole request', async () => {
      await mustFail(begin(db, sent('t-1'), sent('t-1', { index: 1 })), 'database_unavailable')
      expect(await numberOf('attempt')).toBe(0)
    })

    test.each(['REJECTED', 'NOT_APPLIED'] as const)('is free again after %s', async (end) => {
      const [id, rpcId] = await mustBeginSending(db, sent('t-1'))
      await move(db, id, rpcId, 'SENDING', 'UNKNOWN')
      await move(db, id, rpcId, 'UNKNOWN', end)
      expect(await begin(db, sent('t-1'))).toMatchObject([{ created: true, refusal: null }])
    })

    test('in 100 concurrent requests makes one attempt', async () => {
      const begun = await Promise.all(
        Array.from({ length: 100 }, (_, place) => begin(db, sent(`t-${place % 2}`))),
      )
      expect(begun.flat().filter(({ created }) => created)).toHaveLength(1)
      expect(await numberOf('attempt')).toBe(1)
    })

    test('in concurrent requests with keys in opposite order does not deadlock', async () => {
      const items = Array.from({ length: 20 }, (_, index) =>
        sent(`t-${index}`, { index, naturalKey: `k-${index}` }),
      )
      const opposite = items.toReversed().map((item, index) => ({ ...item, index }))
      const begun = await Promise.all(
        Array.from({ length: 20 }, (_, place) => begin(db, ...(place % 2 ? items : opposite))),
      )
      expect(begun.flat().filter(({ created }) => created)).toHaveLength(20)
    })
  })

  test('a MANUAL attempt blocks its transaction and no other', async () => {
    const id = await mustBegin(db, itemOf('t-1'))
    await mustLeaveToPerson(db, id)
    expect(await begin(db, itemOf('t-1'), itemOf('t-2', { index: 1 }))).toMatchObject([
      {
        attemptId: null,
        created: false,
        refusal: { code: 'blocked_by_manual', detail: { attemptId: id } },
      },
      { created: true, refusal: null },
    ])
    expect(await numberOf('attempt')).toBe(2)
  })

  describe('refunds', () => {
    const amountIn = (amount: string, change: Record<string, unknown> = {}) =>
      storeTransactions(db, [documentOf('t-1', { amount_in: { amount }, ...change })])
    const apply = async (item: NewUpdate) => {
      const [id, rpcId] = await mustBeginSending(db, item)
      await move(db, id, rpcId, 'SENDING', 'APPLIED')
      return id
    }

    test('add up exactly to seven decimals: 0.5000001 and 0.5 of 1.0000001, and not a stroop more', async () => {
      await amountIn('1.0000001')
      await apply(refundOf('t-1', 'r-1', '0.5000001'))
      expect(await begin(db, refundOf('t-1', 'r-3', '0.5000001'))).toMatchObject([
        {
          attemptId: null,
          created: false,
          refusal: {
            code: 'refund_exceeds',
            detail: {
              refund: '0.5000001',
              refundedBefore: '0.5000001',
              amountIn: '1.0000001',
            },
          },
        },
      ])
      await apply(refundOf('t-1', 'r-2', '0.5'))
      expect(await begin(db, refundOf('t-1', 'r-4', '0.0000001'))).toMatchObject([
        { refusal: { code: 'refund_exceeds' } },
      ])
      expect((await readTransaction(db, 't-1'))?.refunds).toMatchObject([
        { refundId: 'r-1', amount: '0.5000001', fee: '0', state: 'APPLIED' },
        { refundId: 'r-2', amount: '0.5', fee: '0', state: 'APPLIED' },
      ])
    })

    test('add up exactly at the greatest amount, with fees', async () => {
      await amountIn('922337203685.4775807')
      await apply(refundOf('t-1', 'r-1', '922337203685.4775805', { fee: '0.0000001' }))
      expect(
        await begin(db, refundOf('t-1', 'r-2', '0.0000001', { fee: '0.0000001' })),
      ).toMatchObject([{ refusal: { code: 'refund_exceeds' } }])
      await apply(refundOf('t-1', 'r-2', '0.0000001'))
    })

    test('with a known id are refused, with the same and with another amount', async () => {
      await amountIn('1')
      const id = await apply(refundOf('t-1', 'r-1', '0.5'))
      const repeated = {
        attemptId: id,
        created: false,
        state: 'APPLIED',
        refusal: { code: 'refund_repeated', detail: { refundId: 'r-1', attemptId: id } },
      }
      expect(await begin(db, refundOf('t-1', 'r-1', '0.5'))).toMatchObject([repeated])
      expect(await begin(db, refundOf('t-1', 'r-1', '0.4', { naturalKey: null }))).toMatchObject([
        repeated,
      ])
      expect(await numberOf('attempt')).toBe(1)
    })

    test('may share an id across transactions and methods', async () => {
      await amountIn('1')
      await mustBegin(db, refundOf('t-1', 'r-1', '0.5'))
      await mustBegin(
        db,
        refundOf('t-1', 'r-1', '0.5', { method: 'notify_refund_pending', naturalKey: 'pending' }),
      )
      await mustBegin(db, refundOf('t-2', 'r-1', '0.5'))
      expect(await numberOf('refund')).toBe(3)
    })

    test('do not count once they are rejected, and may come again', async () => {
      await amountIn('1')
      const [id, rpcId] = await mustBeginSending(db, refundOf('t-1', 'r-1', '1'))
      await move(db, id, rpcId, 'SENDING', 'REJECTED')
      const again = await apply(refundOf('t-1', 'r-1', '0.75'))
      expect((await readTransaction(db, 't-1'))?.refunds).toMatchObject([
        { refundId: 'r-1', amount: '0.75', attemptId: again },
      ])
    })

    test('count while their outcome is unknown', async () => {
      await amountIn('1')
      const [id, rpcId] = await mustBeginSending(db, refundOf('t-1', 'r-1', '0.75'))
      await move(db, id, rpcId, 'SENDING', 'UNKNOWN')
      expect(await begin(db, refundOf('t-1', 'r-2', '0.5'))).toMatchObject([
        { refusal: { code: 'refund_exceeds' } },
      ])
    })

    test('that only the platform shows count too, and recorded ones count once', async () => {
      await apply(refundOf('t-1', 'r-1', '0.25'))
      const payments = [
        { id: 'r-1', amount: { amount: '0.25' }, fee: { amount: '0' } },
        { id: 'elsewhere', amount: { amount: '0.2500001' }, fee: { amount: '0.1' } },
      ]
      await amountIn('1', { refunds: { payments } })
      expect(await begin(db, refundOf('t-1', 'r-2', '0.4'))).toMatchObject([
        { refusal: { code: 'refund_exceeds', detail: { refundedBefore: '0.6000001' } } },
      ])
      await mustBegin(db, refundOf('t-1', 'r-2', '0.3999999'))
    })

    test('of one request are judged one after the other, so a refused one leaves room for the next', async () => {
      const items = ['0.6', '0.6', '0.3'].map((amount, index) =>
        refundOf('t-1', `r-${index}`, amount, { index }),
      )
      const ids = (await begin(db, ...items)).map(({ attemptId }) => attemptId ?? '')
      const document = documentOf('t-1', { amount_in: { amount: '1' } })
      const states: unknown[] = []
      for (const [place, id] of ids.entries()) {
        const start = await send(db, id, `rpc-${place}`, document)
        states.push(start.started || start.outcome)
        if (start.started) await move(db, id, `rpc-${place}`, 'SENDING', 'APPLIED')
      }
      expect(states).toEqual([
        true,
        { reason: 'refund_exceeds', refund: '0.6', refundedBefore: '0.6', amountIn: '1' },
        true,
      ])
    })

    test('without an id are told apart by their attempts', async () => {
      await amountIn('1')
      const custody = (amount: string) =>
        itemOf('t-1', {
          method: 'do_stellar_refund',
          custody: true,
          refund: { id: null, amount, fee: '0', asset: 'stellar:native' },
        })
      await apply(custody('0.5'))
      await apply(custody('0.5'))
      expect(await begin(db, custody('0.0000001'))).toMatchObject([
        { refusal: { code: 'refund_exceeds' } },
      ])
    })

    test.each(['NaN', 'Infinity', '-1', 'x'])(
      'with an amount of %s are refused',
      async (amount) => {
        await mustFail(begin(db, refundOf('t-1', 'r-1', amount)), 'database_unavailable')
        expect(await numberOf('attempt')).toBe(0)
      },
    )
  })
})
