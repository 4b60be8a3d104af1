import { describe, expect, test } from 'vitest'
import type { Database } from '../../lib/db/client.ts'
import { parseLosslessJson } from '../../lib/lossless-json.ts'
import {
  beginUpdates,
  finishRequest,
  type NewUpdate,
  storeTransactions,
} from '../../lib/updates/store.ts'
import { readTransaction } from '../../lib/updates/store-reads.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import { mustFail } from '../helpers/database-rows.ts'
import {
  BODY_SHA256,
  begin,
  documentOf,
  move,
  mustBegin,
  mustBeginSending,
  mustLeaveToPerson,
  mustSend,
  refundOf,
  send,
  updateOf,
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
  /** The refusal of an update that is not stored, with the attempt that it names. */
  const refused = async (update: NewUpdate) => {
    const [{ attemptId, created, refusal } = {}] = await begin(db, update)
    expect(created).toBe(false)
    return { attemptId, ...refusal }
  }
  const die = () =>
    database.query(
      `update anchor_ops.update_request set taken_at = taken_at - interval '121 seconds'`,
    )

  describe('an Idempotency-Key', () => {
    test('lets exactly one of 200 requests begin; the others are running', async () => {
      const begun = await Promise.all(
        Array.from({ length: 200 }, () =>
          request([updateOf('t-1'), updateOf('t-2', { index: 1 })]),
        ),
      )
      expect(begun.filter((one) => one.request === 'new')).toHaveLength(1)
      expect(begun.filter((one) => one.request === 'running')).toHaveLength(199)
      expect(await numberOf('update_request')).toBe(1)
      expect(await numberOf('attempt')).toBe(2)
    })

    test('with another body is a conflict, while the request runs and after', async () => {
      await request([updateOf('t-1')], { holder: HOLDER })
      const other = { bodySha256: 'b'.repeat(64) }
      const conflict = { request: 'conflict', answer: null, updates: [] }
      expect(await request([updateOf('t-1')], other)).toEqual(conflict)
      await finishRequest(db, {
        key: 'key-1',
        holder: HOLDER,
        bodySha256: BODY_SHA256,
        answer: { status: 200, body: '' },
      })
      expect(await request([updateOf('t-1')], other)).toEqual(conflict)
      expect(await numberOf('attempt')).toBe(1)
    })

    test('of a finished request gives the stored answer byte for byte, errors too', async () => {
      await request([updateOf('t-1')], { holder: HOLDER })
      const answer = { status: 502, body: '{"z":1, "a":922337203685.4775807,"ä":"\\u0000"}\n' }
      const finish = () =>
        finishRequest(db, { key: 'key-1', holder: HOLDER, bodySha256: BODY_SHA256, answer })
      expect(await finish()).toEqual({ finished: true, answer })
      expect(await request([updateOf('t-1')])).toEqual({ request: 'replay', answer, updates: [] })
      expect(await numberOf('attempt')).toBe(1)
    })

    test('is taken over 120 seconds after its process died, with the attempts it left', async () => {
      const updates = [updateOf('t-1'), updateOf('t-2', { index: 1 })]
      const first = await request(updates)
      const [sent, left] = first.updates
      await mustSend(db, sent?.attemptId ?? '')
      expect(await request(updates)).toMatchObject({ request: 'running' })
      await die()

      const second = await request(updates)
      expect(second).toMatchObject({
        request: 'new',
        updates: [
          { attemptId: sent?.attemptId, seq: sent?.seq, created: false, state: 'SENDING' },
          { attemptId: left?.attemptId, seq: left?.seq, created: false, state: 'READY' },
        ],
      })
      expect(await request(updates)).toMatchObject({ request: 'running' })
      expect(await numberOf('attempt')).toBe(2)
    })

    test('is taken over by exactly one of 50 requests', async () => {
      await request([updateOf('t-1')])
      await die()
      const begun = await Promise.all(Array.from({ length: 50 }, () => request([updateOf('t-1')])))
      expect(begun.filter((one) => one.request === 'new')).toHaveLength(1)
      expect(begun.filter((one) => one.request === 'running')).toHaveLength(49)
    })

    test('has one answer, which the process gives that took it last', async () => {
      const [first, last] = [crypto.randomUUID(), crypto.randomUUID()]
      const finish = (holder: string, body: string, bodySha256 = BODY_SHA256) =>
        finishRequest(db, { key: 'key-1', holder, bodySha256, answer: { status: 200, body } })
      await request([updateOf('t-1')], { holder: first })
      await die()
      await request([updateOf('t-1')], { holder: last })
      expect(await finish(first, 'late')).toEqual({ finished: false, answer: null })
      const answer = { status: 200, body: 'last' }
      expect(await finish(last, 'last')).toEqual({ finished: true, answer })
      expect(await finish(first, 'late')).toEqual({ finished: false, answer })
      const unknown = { finished: false, answer: null }
      expect(await finish(last, 'last', 'b'.repeat(64))).toEqual(unknown)
    })

    test('may be begun twice by one request: what is stored is found, and the rest is stored', async () => {
      const items = [updateOf('t-1', { rpcId: 'first' }), updateOf('t-2', { index: 1 })]
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
      const item = updateOf('t-1')
      const made = (await request([item], { holder: null })).updates[0]
      expect(await request([item])).toMatchObject({
        request: 'new',
        updates: [{ attemptId: made?.attemptId, created: false }],
      })
      const late = await request([item, updateOf('t-2', { index: 1 })], { holder: null })
      expect(late).toEqual({ request: 'running', answer: null, updates: [] })
    })

    test('of 255 characters is stored; one of 256 is refused with its request', async () => {
      const longest = await request([updateOf('t-1')], { key: 'k'.repeat(255) })
      expect(longest.request).toBe('new')
      await mustFail(request([updateOf('t-1')], { key: 'k'.repeat(256) }), 'database_unavailable')
      expect(await numberOf('attempt')).toBe(1)
    })
  })

  describe('an update without a natural key, of a caller without a key', () => {
    const begin = async (...items: NewUpdate[]) =>
      (await request(items, { key: crypto.randomUUID(), holder: null })).updates
    const both = [updateOf('t-1'), updateOf('t-1', { index: 1, params: { message: 'other' } })]

    test('is one with an equal update that was not sent', async () => {
      const first = await begin(...both)
      const again = await begin(...both)
      expect(again).toEqual(first.map((one) => ({ ...one, created: false })))
      await mustSend(db, first[0]?.attemptId ?? '')
      expect(await begin(updateOf('t-1'))).toMatchObject([{ created: true }])
    })

    test('is another one after an update of a third request, in the same request, or with a key', async () => {
      expect(await begin(updateOf('t-1'), updateOf('t-1', { index: 1 }))).toMatchObject([
        { created: true },
        { created: true },
      ])
      await begin(updateOf('t-1', { params: { message: 'other' } }))
      expect(await begin(updateOf('t-1'))).toMatchObject([{ created: true }])
      expect((await request([updateOf('t-1')])).updates).toMatchObject([{ created: true }])
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
    const updates = Array.from({ length: 40 }, (_, index) => updateOf(`t-${index % 7}`, { index }))
    const begun = await begin(counting, ...updates.toReversed())
    expect(calls).toBe(1)
    expect(begun.map(({ index }) => index)).toEqual(updates.map(({ index }) => index))
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
    await mustFail(begin(db, ...updates, updateOf('t-1', { index: 40 })), 'database_unavailable')
    expect(await begin(db)).toEqual([])
  })

  test('no function has a loop, so a call runs as many statements for 40 updates as for one', async () => {
    // The pages of lists go over their filters, of which there are few. Payments are locked one by one in the order of their
    // keys, and books are compared period by period. At most 50 sends begin or end one by one, since each claims operations that
    // the next one may want.
    expect(
      await database.query(
        `select proname from pg_proc
          where pronamespace in ('anchor_ops'::regnamespace, 'public'::regnamespace) and prosrc ~* '\\mloop\\M'
            and proname not in ('filtered_page', 'lock_payment', 'lock_payments', 'lock_payments_of', 'mark_due', 'begin_observation', 'record_due', 'set_open_of_attempt', 'last_replay',
              'apply_dust', 'reconcile_books', 'start_sendings', 'record_outcomes')`,
      ),
    ).toEqual([])
  })

  test('numbers of the caller are stored as their text, digit for digit', async () => {
    const paramsOf = (amount: unknown) => ({ amount_in: { amount }, list: ['1e2', 'ä€𝄞'] })
    const params = paramsOf(parseLosslessJson('922337203685.4775807'))
    await mustBegin(db, updateOf('t-1', { params }))
    const stored = await readTransaction(db, 't-1')
    expect(stored?.attempts[0]?.params).toEqual(paramsOf('922337203685.4775807'))
  })

  describe('a natural key', () => {
    const hash = 'f'.repeat(64)
    const sent = (transactionId: string, change: Partial<NewUpdate> = {}) =>
      updateOf(transactionId, {
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
      const used = { code: 'natural_key_used', detail: { attemptId: id } }
      expect(await refused(sent('t-2'))).toMatchObject(used)
      expect(await refused(sent('t-1', { params: { other: 1 } }))).toMatchObject(used)
      await mustBegin(db, sent('t-2', { naturalKey: 'other' }))
    })

    test('that comes twice in one request is refused with the whole request', async () => {
      await mustFail(begin(db, sent('t-1'), sent('t-1', { index: 1 })), 'database_unavailable')
      expect(await numberOf('attempt')).toBe(0)
    })

    test.each(['REJECTED', 'NOT_APPLIED'] as const)('is free again after %s', async (end) => {
      const [id, rpcId] = await mustBeginSending(db, sent('t-1'))
      await move(db, id, rpcId, 'SENDING', 'UNKNOWN')
      await move(db, id, rpcId, 'UNKNOWN', end)
      await mustBegin(db, sent('t-1'))
    })

    test('in 100 concurrent requests makes one attempt', async () => {
      const begun = await Promise.all(
        Array.from({ length: 100 }, (_, place) => begin(db, sent(`t-${place % 2}`))),
      )
      expect(begun.flat().filter(({ created }) => created)).toHaveLength(1)
      expect(await numberOf('attempt')).toBe(1)
    })

    test('in concurrent requests with keys in opposite order does not deadlock', async () => {
      const updates = Array.from({ length: 20 }, (_, index) =>
        sent(`t-${index}`, { index, naturalKey: `k-${index}` }),
      )
      const opposite = updates.toReversed().map((update, index) => ({ ...update, index }))
      const begun = await Promise.all(
        Array.from({ length: 20 }, (_, place) => begin(db, ...(place % 2 ? updates : opposite))),
      )
      expect(begun.flat().filter(({ created }) => created)).toHaveLength(20)
    })
  })

  test('a MANUAL attempt blocks its transaction and no other', async () => {
    const id = await mustBegin(db, updateOf('t-1'))
    await mustLeaveToPerson(db, id)
    const refusal = { code: 'blocked_by_manual', detail: { attemptId: id } }
    expect(await begin(db, updateOf('t-1'), updateOf('t-2', { index: 1 }))).toMatchObject([
      { attemptId: null, created: false, refusal },
      { created: true, refusal: null },
    ])
    expect(await numberOf('attempt')).toBe(2)
  })

  describe('refunds', () => {
    const EXCEEDS = { code: 'refund_exceeds' }
    const amountIn = (amount: string, change: Record<string, unknown> = {}) =>
      storeTransactions(db, [documentOf('t-1', { amount_in: { amount }, ...change })])
    const apply = async (update: NewUpdate) => {
      const [id, rpcId] = await mustBeginSending(db, update)
      await move(db, id, rpcId, 'SENDING', 'APPLIED')
      return id
    }

    test('add up exactly to seven decimals: 0.5000001 and 0.5 of 1.0000001, and not a stroop more', async () => {
      await amountIn('1.0000001')
      await apply(refundOf('t-1', 'r-1', '0.5000001'))
      expect(await refused(refundOf('t-1', 'r-3', '0.5000001'))).toEqual({
        attemptId: null,
        code: 'refund_exceeds',
        detail: { refund: '0.5000001', refundedBefore: '0.5000001', amountIn: '1.0000001' },
      })
      await apply(refundOf('t-1', 'r-2', '0.5'))
      expect(await refused(refundOf('t-1', 'r-4', '0.0000001'))).toMatchObject(EXCEEDS)
      expect((await readTransaction(db, 't-1'))?.refunds).toMatchObject([
        { refundId: 'r-1', amount: '0.5000001', fee: '0', state: 'APPLIED' },
        { refundId: 'r-2', amount: '0.5', fee: '0', state: 'APPLIED' },
      ])
    })

    test('add up exactly at the greatest amount, with fees', async () => {
      await amountIn('922337203685.4775807')
      await apply(refundOf('t-1', 'r-1', '922337203685.4775805', { fee: '0.0000001' }))
      const over = refundOf('t-1', 'r-2', '0.0000001', { fee: '0.0000001' })
      expect(await refused(over)).toMatchObject(EXCEEDS)
      await apply(refundOf('t-1', 'r-2', '0.0000001'))
    })

    test('with a known id are refused, with the same and with another amount', async () => {
      await amountIn('1')
      const id = await apply(refundOf('t-1', 'r-1', '0.5'))
      const detail = { refundId: 'r-1', attemptId: id }
      const refusal = { code: 'refund_repeated', detail }
      for (const update of [
        refundOf('t-1', 'r-1', '0.5'),
        refundOf('t-1', 'r-1', '0.4', { naturalKey: null }),
      ]) {
        expect(await begin(db, update)).toMatchObject([
          { attemptId: id, created: false, state: 'APPLIED', refusal },
        ])
      }
      expect(await numberOf('attempt')).toBe(1)
    })

    test('may share an id across transactions and methods', async () => {
      await amountIn('1')
      await mustBegin(db, refundOf('t-1', 'r-1', '0.5'))
      const pending = { method: 'notify_refund_pending', naturalKey: 'pending' }
      await mustBegin(db, refundOf('t-1', 'r-1', '0.5', pending))
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
      expect(await refused(refundOf('t-1', 'r-2', '0.5'))).toMatchObject(EXCEEDS)
    })

    test('that only the platform shows count too, and recorded ones count once', async () => {
      await apply(refundOf('t-1', 'r-1', '0.25'))
      const payments = [
        { id: 'r-1', amount: { amount: '0.25' }, fee: { amount: '0' } },
        { id: 'elsewhere', amount: { amount: '0.2500001' }, fee: { amount: '0.1' } },
      ]
      await amountIn('1', { refunds: { payments } })
      expect(await refused(refundOf('t-1', 'r-2', '0.4'))).toMatchObject({
        ...EXCEEDS,
        detail: { refundedBefore: '0.6000001' },
      })
      await mustBegin(db, refundOf('t-1', 'r-2', '0.3999999'))
    })

    test('of one request are judged one after the other, so a refused one leaves room for the next', async () => {
      const updates = ['0.6', '0.6', '0.3'].map((amount, index) =>
        refundOf('t-1', `r-${index}`, amount, { index }),
      )
      const ids = (await begin(db, ...updates)).map(({ attemptId }) => attemptId ?? '')
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
        updateOf('t-1', {
          method: 'do_stellar_refund',
          custody: true,
          refund: { id: null, amount, fee: '0', asset: 'stellar:native' },
        })
      await apply(custody('0.5'))
      await apply(custody('0.5'))
      expect(await refused(custody('0.0000001'))).toMatchObject(EXCEEDS)
    })

    test.each(['NaN', 'Infinity', '-1', 'x'])(
      'with an amount of %s are refused',
      async (amount) => {
        await mustFail(begin(db, refundOf('t-1', 'r-1', amount)), 'database_unavailable')
        expect(await numberOf('attempt')).toBe(0)
      },
    )
  })

  test('no update is looked up by reading a whole table, also where no statistics exist', async () => {
    // Among 300 rows the plan of a lookup without `limit 1` reads all; among 30 some plans are by index anyway.
    const ids = Array.from({ length: 300 }, (_, index) => `t-${index}`)
    await storeTransactions(
      db,
      ids.map((id) => documentOf(id)),
    )
    const keyed = (id: string, index: number) => updateOf(id, { index, naturalKey: `key of ${id}` })
    for (let start = 0; start < ids.length; start += 40) {
      await begin(db, ...ids.slice(start, start + 40).map(keyed))
    }
    await begin(db, refundOf('t-2', 'r-1', '0.1'))
    const updates = [
      keyed('new', 0),
      keyed('t-1', 1),
      refundOf('t-2', 'r-1', '0.1', { index: 2, naturalKey: null }),
    ].map((update) => ({ ...update, refund: update.refund ?? null }))
    // All in one statement, because only the counts of one session are exact. A stored transaction is written again.
    // Counting the rows of "before" makes it complete before the calls; a bare `exists` would read one row of it.
    const [read] = await database.query(
      `with before as materialized (select relname, seq_scan from pg_stat_xact_user_tables),
      called as materialized (
        select public.begin_updates('key', $1, null, 120, $2::jsonb) as begun,
          public.store_transactions($3::jsonb) as stored
        where (select count(*) from before) > 0
      )
      select called.*, (
        select coalesce(jsonb_agg(relname), '[]') from pg_stat_xact_user_tables as after
        join before using (relname)
        where after.schemaname = 'anchor_ops' and after.seq_scan > before.seq_scan
      ) as scanned
      from called`,
      [BODY_SHA256, JSON.stringify(updates), JSON.stringify([documentOf('t-1')])],
    )
    expect(read).toMatchObject({
      begun: {
        updates: [
          { created: true },
          { created: false, refusal: null },
          { created: false, refusal: { code: 'refund_repeated' } },
        ],
      },
      stored: { stored: 1 },
    })
    expect(read?.['scanned']).toEqual([])
  })
})
