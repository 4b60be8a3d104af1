import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findCandidates } from '../../lib/payments/store.ts'
import { memoValue } from '../../lib/stellar/memo.ts'
import { storeTransactions } from '../../lib/updates/store.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import { creditOf, mustObserve, record } from '../helpers/payment-rows.ts'
import { documentOf, move, mustBegin, mustSend, updateOf } from '../helpers/update-rows.ts'

const WAITING = { status: 'pending_user_transfer_start' }

describe.each(databases())('candidates of a payment: $name', (kind) => {
  const database = useDatabase(kind)
  const { db } = database

  const store = (...documents: Record<string, unknown>[]) => storeTransactions(db, documents)
  const find = (value: string, type = 'text') => findCandidates(db, { memos: [{ type, value }] })
  const idsOf = async (value: string, type?: string) =>
    (await find(value, type)).map(({ id }) => id)
  const accountOf = async () => (await find('m'))[0]?.account
  const request = async (destination: string | undefined, to: 'APPLIED' | 'REJECTED') => {
    const params = { transaction_id: 't-1', destination_account: destination }
    const attemptId = await mustBegin(
      db,
      updateOf('t-1', { method: 'request_onchain_funds', params }),
    )
    await move(db, attemptId, await mustSend(db, attemptId), 'SENDING', to)
  }

  test('carry what the platform shows of them', async () => {
    const ISSUED = 'stellar:USDC:GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5'
    await store(
      documentOf('t-1', {
        ...WAITING,
        memo: '123',
        memo_type: 'id',
        amount_in: { amount: '922337203685.4775807', asset: ISSUED },
        amount_expected: { asset: ISSUED },
        withdraw_anchor_account: 'GANCHOR',
      }),
    )
    expect(await find('123', 'id')).toEqual([
      {
        id: 't-1',
        sep: '24',
        kind: 'withdrawal',
        status: 'pending_user_transfer_start',
        account: 'GANCHOR',
        memo: '123',
        memoType: 'id',
        amountIn: '922337203685.4775807',
        amountInAsset: ISSUED,
        amountExpected: null,
        amountExpectedAsset: ISSUED,
        startedAt: '2026-01-01T00:00:00.000Z',
        endedAt: null,
        creditedBy: null,
        creditRefused: false,
        mark: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    ])
  })

  test('have the same memo value in SQL and in TypeScript, for any text', async () => {
    const texts = fc.oneof(
      fc.string({ maxLength: 50 }).filter((text) => !text.includes('\0') && text.isWellFormed()),
      fc.stringMatching(/^\+{0,2}0{0,3}[0-9]{0,41}$/),
      fc.stringMatching(/^[0-9a-fA-F]{63,65}$/),
      fc.stringMatching(/^[A-Za-z0-9+/]{42,44}={0,2}$/),
    )
    const cases = fc.sample(fc.tuple(fc.constantFrom('id', 'text', 'hash', 'return'), texts), 2_000)
    const [row] = await database.query(
      `select array_agg(anchor_ops.memo_value(each.value ->> 0, each.value ->> 1) order by each.place) as values
       from jsonb_array_elements($1::jsonb) with ordinality as each (value, place)`,
      [JSON.stringify(cases)],
    )
    expect(row?.['values']).toEqual(cases.map(([type, text]) => memoValue(text, type)))
  })

  test.each([
    ['id', '7', ['7', '07', '+7', '+0007']],
    [
      'hash',
      'ab'.repeat(32),
      [
        'ab'.repeat(32),
        'AB'.repeat(32),
        Buffer.alloc(32, 0xab).toString('base64'),
        Buffer.alloc(32, 0xab).toString('base64').replace('=', ''),
      ],
    ],
  ])(
    'are found by the value of a memo of type %s, in whatever spelling',
    async (type, value, shown) => {
      await store(
        ...shown.map((memo, index) => documentOf(`t-${index}`, { memo, memo_type: type })),
      )
      expect(await idsOf(value, type)).toEqual(shown.map((_, index) => `t-${index}`))
    },
  )

  test('ended when the platform says, else when they were first seen closed since they were last open', async () => {
    const endedAt = async () => (await find('123', 'id')).map((one) => one.endedAt)
    let minute = 0
    const become = (status: string, more: object = {}) => {
      minute += 1
      const updated_at = `2026-01-02T00:0${minute}:00Z`
      return store(
        documentOf('t-1', {
          ...WAITING,
          memo: '123',
          memo_type: 'id',
          status,
          updated_at,
          ...more,
        }),
      )
    }
    await become('pending_user_transfer_start')
    expect(await endedAt()).toEqual([null])
    await become('error')
    const [failed] = await endedAt()
    expect(failed).toEqual(expect.any(String))
    await become('error', { message: 'still' })
    expect(await endedAt()).toEqual([failed])
    await become('pending_anchor')
    expect(await endedAt()).toEqual([null])
    await become('expired')
    expect(Date.parse((await endedAt())[0] ?? '')).toBeGreaterThanOrEqual(Date.parse(failed ?? ''))
    await become('completed', { completed_at: '2026-01-02T12:00:00Z' })
    expect(await endedAt()).toEqual(['2026-01-02T12:00:00.000Z'])
  })

  test('have the memo letter for letter: another type, a blank or another case does not match', async () => {
    await store(
      documentOf('text', { memo: '123', memo_type: 'text' }),
      documentOf('id', { memo: '123', memo_type: 'id' }),
      documentOf('blank', { memo: '123 ', memo_type: 'text' }),
      documentOf('case', { memo: 'Ä', memo_type: 'text' }),
      documentOf('none'),
    )
    expect(await idsOf('123')).toEqual(['text'])
    expect(await idsOf('123', 'id')).toEqual(['id'])
    expect(await idsOf('ä')).toEqual([])
    expect(await findCandidates(db, { memos: [] })).toEqual([])
  })

  test('may have a text longer than any memo, which is stored', async () => {
    const memo = randomBytes(20_000).toString('hex')
    expect(await store(documentOf('long', { memo, memo_type: 'text' }))).toMatchObject({
      stored: 1,
    })
    expect(await idsOf(memo)).toEqual([])
  })

  test('come once each for many memos, in any status', async () => {
    await store(
      documentOf('a', { memo: 'a', memo_type: 'text', status: 'completed' }),
      documentOf('b', { memo: 'b', memo_type: 'text', ...WAITING }),
    )
    const memos = ['a', 'b', 'a', 'c'].map((value) => ({ type: 'text', value }))
    expect((await findCandidates(db, { memos })).map(({ id, status }) => [id, status])).toEqual([
      ['a', 'completed'],
      ['b', 'pending_user_transfer_start'],
    ])
  })

  test('include one that waits behind any number of newer ones with its memo', async () => {
    await store(
      ...Array.from({ length: 30 }, (_, n) =>
        documentOf(`done-${n}`, {
          ...{ memo: 'm', memo_type: 'text', status: 'completed' },
          started_at: '2026-05-05T00:00:00Z',
        }),
      ),
      documentOf('open', { memo: 'm', memo_type: 'text', ...WAITING }),
    )
    const ids = await idsOf('m')
    expect(ids).toHaveLength(20)
    expect(ids).toContain('open')
  })

  test('name the operation that is credited to them', async () => {
    await store(documentOf('t-1', { memo: 'm', memo_type: 'text', ...WAITING }))
    const observed = await mustObserve(db)
    await record(db, observed, [creditOf('11', 't-1'), creditOf('12', 't-1')])
    expect(await find('m')).toMatchObject([{ id: 't-1', creditedBy: '11' }])
  })

  describe('the account to be paid', () => {
    const known = (change: Record<string, unknown> = {}) =>
      store(documentOf('t-1', { memo: 'm', memo_type: 'text', ...WAITING, ...change }))

    test('is the withdraw_anchor_account before all else', async () => {
      await known({ withdraw_anchor_account: 'GWITHDRAW', destination_account: 'GDESTINATION' })
      await request('GREQUESTED', 'APPLIED')
      expect(await accountOf()).toBe('GWITHDRAW')
    })

    test('is what our last applied request_onchain_funds asked for', async () => {
      await known({ destination_account: 'GDESTINATION' })
      await request('GFIRST', 'APPLIED')
      await request('GSECOND', 'APPLIED')
      await request('GTHIRD', 'REJECTED')
      expect(await accountOf()).toBe('GSECOND')
    })

    test('is the destination of a withdrawal or of a SEP-31 transaction, and not of a deposit', async () => {
      await known({ destination_account: 'GDESTINATION' })
      await request(undefined, 'APPLIED')
      expect(await accountOf()).toBe('GDESTINATION')
      await known({ sep: '31', kind: 'receive', destination_account: 'GRECEIVER' })
      expect(await accountOf()).toBe('GRECEIVER')
      await known({ kind: 'deposit', destination_account: 'GDESTINATION' })
      expect(await accountOf()).toBeNull()
    })

    test('is null when nothing tells it', async () => {
      await known({ sep: '6' })
      expect(await accountOf()).toBeNull()
    })
  })
})
