import { expect, test } from 'vitest'
import { beginUpdates, storeTransactions } from '../../lib/updates/store.ts'
import { readTransaction } from '../../lib/updates/store-reads.ts'
import { claimUnsettled } from '../../lib/updates/store-settling.ts'
import { describeMeetings } from '../helpers/database.ts'
import {
  age,
  BODY_SHA256,
  documentOf,
  move,
  mustBegin,
  mustBeginSending,
  mustSend,
  send,
  statesOf,
  updateOf,
} from '../helpers/update-rows.ts'

describeMeetings('updates: two transactions that meet', ({ database, other, meet }) => {
  const settle = () =>
    claimUnsettled(database.db, {
      holder: crypto.randomUUID(),
      limit: 10,
      sendingAfterSeconds: 60,
      readyAfterSeconds: 60,
      pausedToo: false,
      claimSeconds: 60,
    })
  const RECORD = `select public.record_outcome($1, $2, 'SENDING', $3, '{}', null, null)`

  test('the next attempt waits for the outcome that is being recorded, and then starts', async () => {
    const first = await mustBegin(database.db, updateOf('t-1'))
    const second = await mustBegin(database.db, updateOf('t-1'))
    const rpcId = await mustSend(database.db, first)
    const start = await meet(RECORD, [first, rpcId, 'APPLIED'], () => send(database.db, second))
    expect(start).toEqual({
      started: true,
      tries: 1,
      ledger: null,
      lookFor: [],
      earlier: [],
      wentBack: [],
    })
  })

  test('an update that is being stored comes before the one that is stored after it', async () => {
    const updates = [updateOf('t-1')]
    const young = await meet(
      `select public.begin_updates(null, null, null, 120, $1)`,
      [JSON.stringify(updates)],
      () => mustBegin(database.db, updateOf('t-1')),
    )
    expect(await send(database.db, young)).toMatchObject({ started: false, reason: 'order' })
  })

  test('a request waits for the one with its key that is being stored, and is then running', async () => {
    const again = await meet(
      `select public.begin_updates('key', $1, gen_random_uuid(), 120, $2)`,
      [BODY_SHA256, JSON.stringify([updateOf('t-1')])],
      () =>
        beginUpdates(database.db, {
          key: 'key',
          holder: crypto.randomUUID(),
          bodySha256: BODY_SHA256,
          updates: [updateOf('t-1')],
        }),
    )
    expect(again).toEqual({ request: 'running', answer: null, updates: [] })
  })

  test('a settler does not wait for an outcome that is being recorded, and leaves it alone', async () => {
    const [id, rpcId] = await mustBeginSending(database.db, updateOf('t-1'))
    await age(database, id, 61)
    await other('begin')
    await other(RECORD, [id, rpcId, 'APPLIED'])
    expect(await settle()).toEqual([])
    await other('commit')
    expect(await statesOf(database.db, 't-1')).toEqual(['APPLIED'])
  })

  test('an outcome that comes while a settler claims the attempt is late', async () => {
    const [id, rpcId] = await mustBeginSending(database.db, updateOf('t-1'))
    await age(database, id, 61)
    const late = await meet(
      `select public.claim_unsettled(gen_random_uuid(), 10, 60, 60, false, 60)`,
      [],
      () => move(database.db, id, rpcId, 'SENDING', 'APPLIED'),
    )
    expect(late).toEqual({
      recorded: false,
      state: 'UNKNOWN',
      outcome: { reason: 'sender_silent' },
      settleAt: expect.any(String),
    })
  })

  test('two concurrent answers that show a new transaction make one row of history', async () => {
    const newer = documentOf('t-1', { updated_at: '2026-02-01T00:00:00Z' })
    expect(
      await meet(
        `select public.store_transactions($1)`,
        [JSON.stringify([documentOf('t-1')])],
        () => storeTransactions(database.db, [newer]),
      ),
    ).toMatchObject({ stored: 1 })
    expect(await readTransaction(database.db, 't-1')).toMatchObject({
      transaction: newer,
      history: [{ status: 'pending_anchor' }],
    })
  })
})
