import { describe, expect, test } from 'vitest'
import { storeTransactions } from '../../lib/updates/store.ts'
import { readTransaction } from '../../lib/updates/store-reads.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import { mustFail } from '../helpers/database-rows.ts'
import {
  age,
  begin,
  documentOf,
  move,
  mustBegin,
  mustBeginSending,
  mustBeginUnknown,
  mustLeaveToPerson,
  mustLose,
  mustLoseAnswer,
  mustSend,
  refundOf,
  send,
  statesOf,
  updateOf,
} from '../helpers/update-rows.ts'

describe.each(databases())('sending: $name', (kind) => {
  const database = useDatabase(kind)
  const { db } = database

  /** The answer of a send that did not start. */
  const notStarted = (reason: string, state: string, more: object = {}) => ({
    started: false,
    reason,
    state,
    outcome: null,
    openAttemptId: null,
    isLive: false,
    earlier: [],
    wentBack: [],
    ...more,
  })
  const beginMany = async (number: number, transactionId = 't-1'): Promise<string[]> => {
    const ids: string[] = []
    while (ids.length < number) {
      const updates = Array.from({ length: Math.min(40, number - ids.length) }, (_, index) =>
        updateOf(transactionId, { index }),
      )
      ids.push(...(await begin(db, ...updates)).map(({ attemptId }) => attemptId ?? ''))
    }
    return ids
  }

  test('one of 200 concurrent senders of an attempt starts, and 199 are busy', async () => {
    const id = await mustBegin(db, updateOf('t-1'))
    const starts = await Promise.all(Array.from({ length: 200 }, () => send(db, id)))
    expect(starts.filter(({ started }) => started)).toEqual([
      { started: true, tries: 1, ledger: null, lookFor: [], earlier: [], wentBack: [] },
    ])
    expect(starts.filter(({ started }) => !started)).toEqual(
      Array(199).fill(notStarted('busy', 'SENDING', { openAttemptId: id, isLive: true })),
    )
    expect(await statesOf(db, 't-1')).toEqual(['SENDING'])
  })

  test('the oldest of 200 attempts of one transaction is SENDING, and the 199 others wait', async () => {
    const ids = await beginMany(200)
    const starts = await Promise.all(ids.toReversed().map((id) => send(db, id)))
    expect(starts.filter(({ started }) => started)).toHaveLength(1)
    const reasons = starts.flatMap((start) => (start.started ? [] : [start.reason]))
    expect(reasons.filter((reason) => reason !== 'busy' && reason !== 'order')).toEqual([])
    expect(await statesOf(db, 't-1')).toEqual(['SENDING', ...Array(199).fill('READY')])

    const later = await Promise.all(ids.slice(1).map((id) => send(db, id)))
    expect(later).toEqual(
      Array(199).fill(notStarted('busy', 'READY', { openAttemptId: ids[0], isLive: true })),
    )
  })

  test('attempts of 100 transactions are sent side by side', async () => {
    const ids = await Promise.all(
      Array.from({ length: 100 }, (_, place) => mustBegin(db, updateOf(`t-${place}`))),
    )
    const starts = await Promise.all(ids.map((id) => send(db, id)))
    expect(starts).toEqual(
      Array(100).fill({
        started: true,
        tries: 1,
        ledger: null,
        lookFor: [],
        earlier: [],
        wentBack: [],
      }),
    )
  })

  test('attempts of one transaction are sent in the order in which they were stored', async () => {
    const [first = '', second = '', third = ''] = await beginMany(3)
    expect(await send(db, second)).toEqual(
      notStarted('order', 'READY', { openAttemptId: first, isLive: true }),
    )
    for (const id of [first, second, third]) {
      const rpcId = await mustSend(db, id)
      await move(db, id, rpcId, 'SENDING', id === first ? 'REJECTED' : 'APPLIED')
    }
    expect(await statesOf(db, 't-1')).toEqual(['REJECTED', 'APPLIED', 'APPLIED'])
  })

  test('an attempt that was not sent keeps its place before younger ones', async () => {
    const [first = '', second = ''] = await beginMany(2)
    const rpcId = await mustSend(db, first)
    await move(db, first, rpcId, 'SENDING', 'READY')
    expect(await send(db, second)).toMatchObject({ reason: 'order', openAttemptId: first })
  })

  test.each([
    ['UNKNOWN', mustLoseAnswer],
    ['MANUAL', mustLeaveToPerson],
    ['LOST', mustLose],
  ] as const)(
    'an attempt that is %s blocks its transaction and no other',
    async (_state, leave) => {
      const [open = '', waiting = ''] = await beginMany(2)
      await leave(db, open)
      const blocked = { reason: 'busy', openAttemptId: open, isLive: false }
      expect(await send(db, waiting)).toMatchObject(blocked)
      await mustSend(db, await mustBegin(db, updateOf('t-2')))
    },
  )

  test('an attempt waits for the older one only while a process may be at work on it', async () => {
    const [first = '', second = ''] = await beginMany(2)
    const isLive = async () => {
      const start = await send(db, second)
      return start.started ? null : [start.reason, start.isLive]
    }
    expect(await isLive()).toEqual(['order', true])
    await move(db, first, null, 'READY', 'READY', { settleInSeconds: 3_600 })
    expect(await isLive()).toEqual(['order', false])
    await move(db, first, null, 'READY', 'READY')
    await age(database, first, 61)
    expect(await isLive()).toEqual(['order', false])
    await mustSend(db, first)
    expect(await isLive()).toEqual(['busy', true])
    await age(database, first, 61)
    expect(await isLive()).toEqual(['busy', false])
  })

  test('a finished attempt is not sent again', async () => {
    const [id, rpcId] = await mustBeginSending(db, updateOf('t-1'))
    await move(db, id, rpcId, 'SENDING', 'APPLIED', { outcome: { done: 'yes' } })
    expect(await send(db, id)).toEqual(notStarted('state', 'APPLIED', { outcome: { done: 'yes' } }))
  })

  test('an expired attempt ends EXPIRED instead of being sent, and no other waits for it', async () => {
    const old = await mustBegin(db, updateOf('t-1', { expiresInSeconds: -1 }))
    await mustSend(db, await mustBegin(db, updateOf('t-2')))
    const [young, rpcId] = await mustBeginSending(db, updateOf('t-1'))
    expect(await send(db, old)).toMatchObject({ reason: 'busy' })
    await move(db, young, rpcId, 'SENDING', 'APPLIED')
    const outcome = { reason: 'expired', expiresAt: expect.stringMatching(/Z$/) }
    expect(await send(db, old)).toEqual(notStarted('state', 'EXPIRED', { outcome }))
  })

  test('a refund is compared again with the transaction that was read just before the send', async () => {
    const id = await mustBegin(db, refundOf('t-1', 'r-1', '0.5000001'))
    const document = documentOf('t-1', { amount_in: { amount: '0.5' } })
    const figures = { refund: '0.5000001', refundedBefore: '0', amountIn: '0.5' }
    const outcome = { reason: 'refund_exceeds', ...figures }
    expect(await send(db, id, 'rpc', document)).toEqual(
      notStarted('state', 'REJECTED', { outcome }),
    )
  })

  test('the transaction read before a send is stored with its attempt, whether the send starts or not', async () => {
    const [first = '', second = ''] = await beginMany(2)
    await send(db, second, 'rpc-2', documentOf('t-1'))
    const later = documentOf('t-1', { status: 'error', updated_at: '2026-02-01T00:00:00Z' })
    await send(db, first, 'rpc-1', later)
    expect((await readTransaction(db, 't-1'))?.history).toMatchObject([
      { status: 'pending_anchor', attemptId: second },
      { status: 'error', attemptId: first },
    ])
  })

  test('what was read before the send is stored as pre', async () => {
    const id = await mustBegin(db, updateOf('t-1'))
    await mustSend(db, id)
    expect((await readTransaction(db, 't-1'))?.attempts).toMatchObject([
      { state: 'SENDING', pre: { status: 'pending_anchor' }, sentAt: expect.any(String) },
    ])
  })

  describe('a late outcome changes nothing', () => {
    const LATE = { outcome: { late: true }, transaction: documentOf('t-1', { status: 'error' }) }
    const untouched = async (id: string, state: string, outcome: object | null) => {
      expect(await readTransaction(db, 't-1')).toMatchObject({
        transaction: null,
        attempts: [{ attemptId: id, state, outcome }],
      })
    }

    test('of an earlier send', async () => {
      const [id, old] = await mustBeginUnknown(db, updateOf('t-1'))
      await move(db, id, old, 'UNKNOWN', 'READY', { outcome: { reason: 'quiet' } })
      const rpcId = await mustSend(db, id)
      expect(await move(db, id, old, 'SENDING', 'APPLIED', LATE)).toEqual({
        recorded: false,
        state: 'SENDING',
        outcome: { reason: 'quiet' },
        settleAt: null,
      })
      await untouched(id, 'SENDING', { reason: 'quiet' })
      expect(await move(db, id, rpcId, 'SENDING', 'APPLIED')).toMatchObject({ recorded: true })
    })

    test.each([
      ['READY', 'REJECTED'],
      ['SENDING', 'APPLIED'],
      ['SENDING', 'READY'],
    ] as const)('from %s to %s when it is UNKNOWN by now', async (from, to) => {
      const [id, rpcId] = await mustBeginUnknown(db, updateOf('t-1'))
      expect(await move(db, id, rpcId, from, to, LATE)).toEqual({
        recorded: false,
        state: 'UNKNOWN',
        outcome: { reason: 'test' },
        settleAt: expect.any(String),
      })
      await untouched(id, 'UNKNOWN', { reason: 'test' })
    })

    test('when another is recorded at the same time', async () => {
      const [id, rpcId] = await mustBeginSending(db, updateOf('t-1'))
      const recorded = await Promise.all(
        Array.from({ length: 50 }, (_, place) =>
          move(db, id, rpcId, 'SENDING', place % 2 ? 'APPLIED' : 'UNKNOWN'),
        ),
      )
      expect(recorded.filter((one) => one.recorded)).toHaveLength(1)
    })
  })

  test('an outcome is stored in one step with the transaction and its history', async () => {
    await storeTransactions(db, [documentOf('t-1')])
    const [id, rpcId] = await mustBeginSending(db, updateOf('t-1'))
    const after = documentOf('t-1', { status: 'completed', updated_at: '2026-01-02T00:00:00Z' })
    expect(
      await move(db, id, rpcId, 'SENDING', 'APPLIED', { outcome: { a: 1 }, transaction: after }),
    ).toEqual({ recorded: true, state: 'APPLIED', outcome: { a: 1 }, settleAt: null })
    expect(await readTransaction(db, 't-1')).toMatchObject({
      transaction: after,
      history: [
        { status: 'pending_anchor', attemptId: null },
        { status: 'completed', attemptId: id },
      ],
      attempts: [{ state: 'APPLIED', outcome: { a: 1 } }],
    })
  })

  test('a refused move stores no transaction either', async () => {
    const [id, rpcId] = await mustBeginSending(db, updateOf('t-1'))
    await mustFail(
      move(db, id, rpcId, 'SENDING', 'MANUAL', { transaction: documentOf('t-1') }),
      'internal_error',
    )
    expect(await readTransaction(db, 't-1')).toMatchObject({ transaction: null, history: [] })
  })

  test('an unknown attempt is not_found', async () => {
    const id = crypto.randomUUID()
    await mustFail(send(db, id), 'not_found')
    await mustFail(move(db, id, 'r', 'SENDING', 'APPLIED'), 'not_found')
  })

  test('20 concurrent senders of one transaction send one attempt after the other, in order', async () => {
    const ids = (await Promise.all(Array.from({ length: 20 }, () => beginMany(1)))).flat()
    const drain = async (id: string): Promise<void> => {
      const rpcId = crypto.randomUUID()
      let start = await send(db, id, rpcId)
      while (!start.started) start = await send(db, id, rpcId)
      await move(db, id, rpcId, 'SENDING', 'APPLIED')
    }
    await Promise.all(ids.map(drain))
    const moves = await database.query(
      `select attempt.seq::int as seq, to_state from anchor_ops.attempt_move as move
        join anchor_ops.attempt on attempt.id = move.attempt_id where to_state <> 'READY' order by move.seq`,
    )
    const seqs = moves.map(({ seq }) => Number(seq))
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    expect(moves.map((row) => row['to_state'])).toEqual(
      Array.from({ length: 40 }, (_, place) => (place % 2 ? 'APPLIED' : 'SENDING')),
    )
  })
})
