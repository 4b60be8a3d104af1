import { describe, expect, test } from 'vitest'
import { recordOutcome, storeTransactions } from '../../lib/updates/store.ts'
import { readTransaction, readUpdateHealth } from '../../lib/updates/store-reads.ts'
import { claimUnsettled, decideAttempt, endLooks } from '../../lib/updates/store-settling.ts'
import { databases, useDatabase } from '../helpers/database.ts'
import { mustFail } from '../helpers/database-rows.ts'
import {
  age,
  documentOf,
  move,
  mustBegin,
  mustBeginSending,
  mustBeginUnknown,
  mustLeaveToPerson,
  mustLoseAnswer,
  mustSend,
  send,
  statesOf,
  updateOf,
} from '../helpers/update-rows.ts'

describe.each(databases())('settling: $name', (kind) => {
  const database = useDatabase(kind)
  const { db } = database

  const claim = (change: Partial<Parameters<typeof claimUnsettled>[1]> = {}) =>
    claimUnsettled(db, {
      holder: crypto.randomUUID(),
      limit: 100,
      sendingAfterSeconds: 60,
      readyAfterSeconds: 60,
      pausedToo: false,
      claimSeconds: 60,
      ...change,
    })
  const idsOf = (attempts: { attemptId: string }[]) => attempts.map(({ attemptId }) => attemptId)

  test('an attempt becomes UNKNOWN 60 seconds after an unanswered send, not before', async () => {
    const [stale, rpcId] = await mustBeginSending(db, updateOf('t-1'))
    await age(database, stale, 61)
    await mustSend(db, await mustBegin(db, updateOf('t-2')))
    await storeTransactions(db, [documentOf('t-1')])

    expect(await claim()).toMatchObject([
      {
        attemptId: stale,
        state: 'UNKNOWN',
        rpcId,
        pre: { status: 'pending_anchor' },
        outcome: { reason: 'sender_silent' },
        transaction: documentOf('t-1'),
        secondsSinceSent: expect.any(Number),
      },
    ])
    expect(await statesOf(db, 't-2')).toEqual(['SENDING'])
    expect(await move(db, stale, rpcId, 'SENDING', 'APPLIED')).toMatchObject({
      recorded: false,
      state: 'UNKNOWN',
    })
  })

  test('the time since the send is by the clock of the database', async () => {
    const [id] = await mustBeginUnknown(db, updateOf('t-1'))
    await age(database, id, 200)
    const [attempt] = await claim()
    expect(attempt?.secondsSinceSent).toBeGreaterThanOrEqual(200)
    const never = await mustBegin(db, updateOf('t-2'))
    await age(database, never, 60)
    expect(await claim()).toMatchObject([{ attemptId: never, secondsSinceSent: null }])
  })

  test('20 concurrent settlers share 60 attempts and claim none twice', async () => {
    const ids = await Promise.all(
      Array.from({ length: 60 }, async (_, place) => {
        const [id] = await mustBeginUnknown(db, updateOf(`t-${place}`))
        return id
      }),
    )
    const claimed: string[] = []
    while (claimed.length < 60) {
      const round = await Promise.all(Array.from({ length: 20 }, () => claim({ limit: 3 })))
      const taken = idsOf(round.flat())
      if (taken.length === 0) break
      claimed.push(...taken)
    }
    expect(claimed.toSorted()).toEqual(ids.toSorted())
    expect(await claim()).toEqual([])
  })

  test('an attempt that a dead settler claimed is claimed again after the claim has expired', async () => {
    const [id] = await mustBeginUnknown(db, updateOf('t-1'))
    expect(idsOf(await claim())).toEqual([id])
    expect(await claim()).toEqual([])
    await age(database, id, 61)
    expect(idsOf(await claim())).toEqual([id])
  })

  test('a settler claims the oldest attempts first, and one of each transaction', async () => {
    const [unknown] = await mustBeginUnknown(db, updateOf('t-1'))
    const behind = await mustBegin(db, updateOf('t-1'))
    const first = await mustBegin(db, updateOf('t-2'))
    const second = await mustBegin(db, updateOf('t-2'))
    const manual = await mustBegin(db, updateOf('t-3'))
    const blocked = await mustBegin(db, updateOf('t-3'))
    await mustLeaveToPerson(db, manual)
    for (const id of [behind, first, second, blocked]) await age(database, id, 61)
    expect(idsOf(await claim({ limit: 1 }))).toEqual([unknown])
    expect(idsOf(await claim())).toEqual([first])
    expect(await claim()).toEqual([])
  })

  test('looks for many applied attempts end in one call, or are put off', async () => {
    const applied: { attemptId: string; settleAt: string | null }[] = []
    for (const id of ['t-1', 't-2', 't-3']) {
      const [attemptId, rpcId] = await mustBeginSending(db, updateOf(id))
      const change = { settleInSeconds: 0 }
      const { settleAt } = await move(db, attemptId, rpcId, 'SENDING', 'APPLIED', change)
      applied.push({ attemptId, settleAt })
    }
    const thirdLook = applied.pop() ?? { attemptId: '', settleAt: null }
    const third = thirdLook.attemptId
    const [open] = await mustBeginUnknown(db, updateOf('t-4'))
    const looks = [...applied, { attemptId: open, settleAt: thirdLook.settleAt }]
    const ended = { looks, settleInSeconds: null }
    expect(await endLooks(db, ended)).toEqual({ ended: 2 })
    expect(await endLooks(db, ended)).toEqual({ ended: 0 })
    // An open attempt comes before a look, however old that is.
    expect(idsOf(await claim({ limit: 1 }))).toEqual([open])
    expect(idsOf(await claim())).toEqual([third])

    const stale = { attemptId: third, settleAt: '2026-01-01T00:00:00.000Z' }
    expect(await endLooks(db, { looks: [stale], settleInSeconds: null })).toEqual({ ended: 0 })
    await endLooks(db, { looks: [thirdLook], settleInSeconds: 60 })
    expect(await claim()).toEqual([])
    await age(database, third, 61)
    expect(idsOf(await claim())).toEqual([third])
    expect(await statesOf(db, 't-3')).toEqual(['APPLIED'])
  })

  test('an applied attempt is claimed once it is to be looked for, but not while a later one is on its way', async () => {
    const [first, rpcId] = await mustBeginSending(db, updateOf('t-1'))
    await move(db, first, rpcId, 'SENDING', 'APPLIED', {
      settleInSeconds: 60,
      transaction: documentOf('t-1'),
    })
    expect(await claim()).toEqual([])
    await age(database, first, 61)
    const looked = { attemptId: first, state: 'APPLIED', post: documentOf('t-1') }
    expect(await claim()).toMatchObject([looked])
    await age(database, first, 61)

    const second = await mustBegin(db, updateOf('t-1'))
    expect(await send(db, second)).toMatchObject({ started: true, lookFor: [looked] })
    await age(database, first, 61)
    expect(await claim()).toEqual([])
  })

  test('a READY attempt is not claimed for 60 seconds, nor before the time it was put off to', async () => {
    const id = await mustBegin(db, updateOf('t-1'))
    expect(await claim()).toEqual([])
    await age(database, id, 61)
    await move(db, id, null, 'READY', 'READY', { settleInSeconds: 3_600 })
    expect(await claim()).toEqual([])
    await move(db, id, null, 'READY', 'READY')
    expect(idsOf(await claim())).toEqual([id])
  })

  test('an UNKNOWN attempt is put off without a move, and is claimed after that time', async () => {
    const [id, rpcId] = await mustBeginUnknown(db, updateOf('t-1'))
    const { settleAt } = await move(db, id, rpcId, 'UNKNOWN', 'UNKNOWN', {
      outcome: null,
      settleInSeconds: 3_600,
    })
    expect(await claim()).toEqual([])
    const record = await readTransaction(db, 't-1')
    expect(record?.attempts[0]).toMatchObject({
      settleAt,
      outcome: { reason: 'test' },
    })
    expect(record?.attempts[0]?.moves.map(({ to }) => to)).toEqual(['READY', 'SENDING', 'UNKNOWN'])
    await move(db, id, rpcId, 'UNKNOWN', 'UNKNOWN')
    expect(idsOf(await claim())).toEqual([id])
  })

  test('a silent custody attempt becomes UNKNOWN and can never be READY again', async () => {
    const [id, rpcId] = await mustBeginSending(
      db,
      updateOf('t-1', { custody: true, method: 'do_stellar_payment' }),
    )
    await age(database, id, 1_000)
    expect(await claim()).toMatchObject([{ attemptId: id, custody: true, state: 'UNKNOWN' }])
    await mustFail(move(db, id, rpcId, 'UNKNOWN', 'READY'), 'internal_error')
    await age(database, id, 1_000)
    expect(await claim()).toMatchObject([{ attemptId: id, state: 'UNKNOWN', tries: 1 }])
    expect(await send(db, id)).toMatchObject({ started: false, reason: 'busy', state: 'UNKNOWN' })
  })

  test.each([
    ['no holder', { holder: null as unknown as string }],
    ['a claim of no time', { claimSeconds: 0 }],
  ])('%s is refused', async (_what, change) => {
    await mustFail(claim(change), 'database_unavailable')
  })

  describe('a person', () => {
    const decide = (attemptId: string, change: Partial<Parameters<typeof decideAttempt>[1]> = {}) =>
      decideAttempt(db, {
        attemptId,
        decision: 'applied',
        note: null,
        keyName: 'ops',
        quietSeconds: 180,
        ...change,
      })

    test('corrects the decision applied after 180 s, which frees the natural key', async () => {
      const asked = updateOf('t-1', { naturalKey: 'k' })
      const id = await mustBegin(db, asked)
      await mustLeaveToPerson(db, id)
      expect(await decide(id)).toMatchObject({ state: 'APPLIED' })
      expect(await decide(id, { decision: 'not_applied' })).toMatchObject({ decided: false })
      await age(database, id, 181)
      expect(await decide(id)).toMatchObject({ decided: false, state: 'APPLIED' })
      const corrected = await decide(id, { decision: 'not_applied' })
      expect(corrected).toMatchObject({ decided: true, state: 'NOT_APPLIED' })
      expect(await mustBegin(db, asked)).not.toBe(id)
    })

    test.each([
      ['applied', 'APPLIED'],
      ['rejected', 'REJECTED'],
      ['not_applied', 'NOT_APPLIED'],
    ] as const)(
      'decides that a MANUAL attempt is %s, which frees its transaction',
      async (decision, state) => {
        const id = await mustBegin(db, updateOf('t-1', { custody: true }))
        await mustLeaveToPerson(db, id)
        expect(await decide(id, { decision, note: 'seen in the bank' })).toMatchObject({
          decided: true,
          state,
          decision: {
            keyName: 'ops',
            decision,
            note: 'seen in the bank',
            reading: { state: 'MANUAL', outcome: { reason: 'test' } },
          },
        })
        const attempt = (await readTransaction(db, 't-1'))?.attempts[0]
        expect(attempt).toMatchObject({
          state,
          note: 'seen in the bank',
          outcome: { reason: 'test', decision },
        })
        expect(attempt?.moves.at(-1)).toMatchObject({
          from: 'MANUAL',
          to: state,
          detail: { note: 'seen in the bank' },
        })
        await mustSend(db, await mustBegin(db, updateOf('t-1')))
      },
    )

    test('may decide an UNKNOWN attempt 180 seconds after its send, with custody too', async () => {
      const id = await mustBegin(db, updateOf('t-1', { custody: true }))
      await mustLoseAnswer(db, id)
      const decideLate = () => decide(id, { decision: 'not_applied' })
      await age(database, id, 170)
      expect(await decideLate()).toMatchObject({ decided: false, state: 'UNKNOWN' })
      await age(database, id, 10)
      expect(await decideLate()).toMatchObject({ decided: true, state: 'NOT_APPLIED' })
      expect((await readTransaction(db, 't-1'))?.attempts[0]?.moves.map(({ to }) => to)).toEqual([
        'READY',
        'SENDING',
        'UNKNOWN',
        'MANUAL',
        'NOT_APPLIED',
      ])
      expect(await decideLate()).toMatchObject({ decided: false, state: 'NOT_APPLIED' })
    })

    test('may decide a READY attempt 180 seconds after a send that may have been applied', async () => {
      const [id, rpcId] = await mustBeginUnknown(db, updateOf('t-1'))
      await recordOutcome(db, {
        attemptId: id,
        rpcId,
        from: 'UNKNOWN',
        to: 'READY',
        outcome: { reason: 'test', mayBeApplied: true },
        transaction: null,
        settleInSeconds: 30,
      })
      await age(database, id, 170)
      expect(await decide(id)).toMatchObject({ decided: false, state: 'READY' })
      await age(database, id, 10)
      expect(await decide(id, { decision: 'withdrawn' })).toMatchObject({ decided: false })
      expect(await decide(id, { decision: 'rejected' })).toMatchObject({
        decided: true,
        state: 'REJECTED',
        decision: { decision: 'rejected', reading: { state: 'READY' } },
      })
    })

    test('cannot decide an attempt that is READY, SENDING, finished or unknown to us', async () => {
      const id = await mustBegin(db, updateOf('t-1'))
      expect(await decide(id)).toMatchObject({ decided: false, state: 'READY' })
      const rpcId = await mustSend(db, id)
      await age(database, id, 1_000)
      expect(await decide(id)).toMatchObject({ decided: false, state: 'SENDING' })
      await move(db, id, rpcId, 'SENDING', 'REJECTED')
      expect(await decide(id)).toMatchObject({ decided: false, state: 'REJECTED' })
      await mustFail(decide(crypto.randomUUID()), 'not_found')
    })

    test('cannot leave a note of 1,001 characters or make a fourth kind of decision', async () => {
      const id = await mustBegin(db, updateOf('t-1'))
      await mustLeaveToPerson(db, id)
      const bad = [
        { decision: 'applied', note: 'n'.repeat(1_001) },
        { decision: 'ready', note: null },
      ] as { decision: 'applied'; note: string | null }[]
      for (const decision of bad) {
        await mustFail(decide(id, decision), 'database_unavailable')
      }
      expect(await statesOf(db, 't-1')).toEqual(['MANUAL'])
    })
  })

  test('health counts the unfinished attempts and tells since when', async () => {
    expect(await readUpdateHealth(db)).toEqual({
      now: expect.any(String),
      ready: 0,
      sending: 0,
      unknown: 0,
      manual: 0,
      wentBack: 0,
      oldestReadyAt: null,
      oldestUnknownAt: null,
      oldestManualAt: null,
    })
    await mustLoseAnswer(db, await mustBegin(db, updateOf('t-1')))
    await mustLeaveToPerson(db, await mustBegin(db, updateOf('t-2')))
    await mustSend(db, await mustBegin(db, updateOf('t-3')))
    await mustBegin(db, updateOf('t-3'))
    await mustBegin(db, updateOf('t-4'))
    const done = await mustBegin(db, updateOf('t-5'))
    await move(db, done, null, 'READY', 'APPLIED')
    expect(await readUpdateHealth(db)).toEqual({
      now: expect.any(String),
      ready: 2,
      sending: 1,
      unknown: 1,
      manual: 1,
      wentBack: 0,
      oldestReadyAt: expect.any(String),
      oldestUnknownAt: expect.any(String),
      oldestManualAt: expect.any(String),
    })
  })
})
