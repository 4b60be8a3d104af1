import { describe, expect, test } from 'vitest'
import { isLost, lookAgain } from '../../../lib/updates/look-again.ts'
import type { StoredUpdate } from '../../../lib/updates/stored-attempt.ts'
import {
  APPLIED,
  ATTEMPT_ID,
  documentOf,
  machine,
  type Shown,
  scriptedDatabase,
  shownAs,
  storedAttempt,
  unread,
} from './machine.ts'

const LOST = { recorded: true, state: 'LOST', outcome: null, settleAt: null }
const NOT_LOST = { recorded: false, state: 'REJECTED', outcome: null, settleAt: null }
const BEFORE = documentOf()
const AFTER = documentOf(APPLIED)
/** Another writer, who had read the transaction before the update, saved over it. */
const UNDONE = documentOf({ updated_at: '2026-02-03T04:06:00Z', message: 'by another' })
/** Later than the state before the update: a restore, or a writer that was slower than the update. */
const WENT_BACK = documentOf({ updated_at: '2026-02-03T04:00:01Z' })

async function look(
  document: Record<string, unknown>,
  isTruth: boolean,
  fields: Partial<StoredUpdate> = {},
  recorded: object = LOST,
) {
  const { db, calls } = scriptedDatabase({ record_outcome: [recorded] })
  const { io, log } = machine({ db })
  const lost = await isLost(storedAttempt(fields), shownAs(document), isTruth, io)
  return { lost, log, args: calls[0]?.args ?? null }
}

describe('an applied update', () => {
  test.each<[string, Record<string, unknown>]>([
    ['shows it', AFTER],
    [
      'goes on from it',
      documentOf({ ...APPLIED, status: 'completed', updated_at: '2026-02-03T05:00:00Z' }),
    ],
  ])('is not lost while a reading %s', async (_case, document) => {
    expect(await look(document, true)).toEqual({ lost: false, log: [], args: null })
  })

  test('that another writer saved over is lost, and a person is told', async () => {
    expect(await look(UNDONE, true)).toEqual({
      lost: true,
      log: [
        [
          'error',
          'update_lost',
          {
            attemptId: ATTEMPT_ID,
            transactionId: 't-1',
            method: 'notify_offchain_funds_received',
          },
        ],
      ],
      args: {
        attemptId: ATTEMPT_ID,
        rpcId: 'rpc-1',
        from: 'APPLIED',
        to: 'LOST',
        outcome: {
          by: 'evidence',
          reason: 'the update was applied, and a later reading does not show it any more',
          shown: AFTER,
          now: UNDONE,
          theirs: expect.anything(),
        },
        transaction: UNDONE,
        settleInSeconds: null,
        lookAt: '2026-02-03T04:06:06.000Z',
      },
    })
  })

  test('that the platform no longer shows after it went back is lost with that code', async () => {
    const { lost, log, args } = await look(WENT_BACK, true, { outcome: { mayBeApplied: true } })
    expect(lost).toBe(true)
    expect(log).toEqual([
      ['error', 'update_lost', expect.objectContaining({ code: 'platform_went_back' })],
    ])
    expect(args?.['outcome']).toMatchObject({
      code: 'platform_went_back',
      reason:
        'platform_went_back: the update was applied, and the platform went back to an earlier state that does not show it',
      mayBeApplied: true,
      theirs: expect.anything(),
    })
  })

  test('has no trace of others in a state from before it', async () => {
    const { args } = await look(documentOf({ updated_at: BEFORE['updated_at'] }), true)
    expect(args?.['outcome']).not.toHaveProperty('theirs')
  })

  test.each([BEFORE, documentOf({ updated_at: '2026-02-03T03:00:00Z' })])(
    'is not lost by the state before it, or an older one, that does not count: %#',
    async (document) => {
      expect(await look(document, false)).toEqual({ lost: false, log: [], args: null })
    },
  )

  test('is lost to a slower writer, whose time is before that of the update', async () => {
    const { lost, args } = await look(WENT_BACK, false)
    expect(lost).toBe(true)
    expect(args?.['outcome']).toMatchObject({
      reason: 'the update was applied, and a later reading does not show it any more',
      theirs: { updated_at: '2026-02-03T04:00:01Z' },
    })
    expect(args?.['outcome']).not.toHaveProperty('code')
  })

  test.each([{ pre: null }, { post: null }])('is not judged without %j', async (fields) => {
    expect(await look(UNDONE, true, fields)).toEqual({ lost: false, log: [], args: null })
  })

  test('that somebody decided meanwhile is not lost', async () => {
    const { lost, log } = await look(UNDONE, true, {}, NOT_LOST)
    expect([lost, log]).toEqual([false, []])
  })
})

describe('another look for an applied update', () => {
  const found = async (
    readings: Shown[],
    fields: Partial<StoredUpdate> = {},
    stores: object[] = [{ stored: 1, earlier: [], wentBack: [] }],
  ) => {
    const { db, calls } = scriptedDatabase({ record_outcome: [LOST], store_transactions: stores })
    const { io, read } = machine({ db, readings })
    const attempt = { ...storedAttempt(fields), secondsSinceSent: 60 }
    const answer = await lookAgain(attempt, io)
    return { answer, read: read.length, calls: calls.map(({ name }) => name) }
  }
  const earlier = [{ id: 't-1', count: 1, confirmed: true, takeAt: '2026-02-03T04:08:06.000Z' }]

  test.each<[string, Shown, string]>([
    ['shows it', AFTER, 'seen'],
    ['fails', unread(), 'later'],
    ['says that it is gone', null, 'seen'],
  ])('that %s', async (_case, shown, answer) => {
    expect(await found([shown])).toEqual({ answer, read: 1, calls: [] })
  })

  test('that does not show it finds it lost', async () => {
    expect(await found([UNDONE])).toEqual({ answer: 'lost', read: 1, calls: ['record_outcome'] })
  })

  test('at an earlier state than the stored one waits until that state counts', async () => {
    const waits = [{ stored: 0, earlier, wentBack: [] }]
    expect(await found([BEFORE], {}, waits)).toEqual({
      answer: 'later',
      read: 2,
      calls: ['store_transactions', 'store_transactions'],
    })
    expect(await found([BEFORE])).toEqual({
      answer: 'lost',
      read: 1,
      calls: ['store_transactions', 'record_outcome'],
    })
  })

  test('at a state between the update and the stored one finds it lost at once', async () => {
    const waits = [{ stored: 0, earlier, wentBack: [] }]
    const stored = documentOf({ ...APPLIED, updated_at: '2026-02-03T05:00:00Z' })
    expect(await found([UNDONE], { transaction: stored }, waits)).toMatchObject({ answer: 'lost' })
  })

  test('without a stored transaction counts as it is read', async () => {
    expect(await found([AFTER], { transaction: null })).toMatchObject({ answer: 'seen', calls: [] })
  })
})
