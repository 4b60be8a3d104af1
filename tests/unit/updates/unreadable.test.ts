import { describe, expect, test } from 'vitest'
import type { FailedReading } from '../../../lib/updates/context.ts'
import { putOffUnreadable } from '../../../lib/updates/unreadable.ts'
import { ATTEMPT_ID, documentOf, machine, type Shown, scriptedDatabase, unread } from './machine.ts'

const RECORDED = { recorded: true, state: 'UNKNOWN', outcome: null, settleAt: null }

/** @returns whether the database hears that others are read, what was read and what was stored */
async function others(code: FailedReading['code'], ids: string[], readings: Shown[] = []) {
  const { db, calls } = scriptedDatabase({
    find_others: [{ ids }],
    store_transactions: [{ stored: 1, earlier: [], wentBack: [] }],
    record_unreadable: [RECORDED],
  })
  const { io, read } = machine({ db, readings })
  const attempt = { attemptId: ATTEMPT_ID, rpcId: 'r', transactionId: 't-1' }
  const next = { from: 'UNKNOWN', outcome: { by: 'us' }, settleInSeconds: 60 } as const
  const recorded = await putOffUnreadable(attempt, { failure: 'f', code }, next, io)
  expect(recorded).toEqual(RECORDED)
  const { othersAreRead, ...args } = calls.at(-1)?.args ?? {}
  expect(args).toEqual({
    attemptId: ATTEMPT_ID,
    rpcId: 'r',
    from: 'UNKNOWN',
    outcome: { by: 'us' },
    settleInSeconds: 60,
    manualAfterSeconds: 900,
  })
  const stored = calls.filter(({ name }) => name === 'store_transactions')
  for (const { args } of stored) expect(args['transactions']).toEqual([readings.at(-1)])
  return { othersAreRead, read, calls: calls.map(({ name }) => name) }
}

describe('a transaction that cannot be read waits for a person only if others can be read', () => {
  test('the first other one that is read counts, and is stored', async () => {
    expect(await others('unreachable', ['t-2', 't-3'], [documentOf({ id: 't-2' })])).toEqual({
      othersAreRead: true,
      read: ['t-2'],
      calls: ['find_others', 'store_transactions', 'record_unreadable'],
    })
  })

  test('one that is gone, or of which alone the platform fails, leaves it to the next', async () => {
    const readings = [null, unread('unreachable', true), documentOf({ id: 't-4' })]
    expect(await others('refused', ['t-2', 't-3', 't-4'], readings)).toMatchObject({
      othersAreRead: true,
      read: ['t-2', 't-3', 't-4'],
    })
    expect(await others('refused', ['t-2'], [null])).toMatchObject({ othersAreRead: false })
  })

  test('a platform that does not answer is not asked further', async () => {
    expect(await others('unreachable', ['t-2', 't-3'], [unread()])).toMatchObject({
      othersAreRead: false,
      read: ['t-2'],
    })
  })

  test('none is known', async () => {
    expect(await others('unreachable', [])).toMatchObject({ othersAreRead: false, read: [] })
  })

  test.each<FailedReading['code']>(['paused', 'credential_refused', 'unprotected'])(
    'none is read after %s, which holds for all',
    async (code) => {
      expect(await others(code, ['t-2'], [documentOf()])).toEqual({
        othersAreRead: false,
        read: [],
        calls: ['record_unreadable'],
      })
    },
  )

  test('at most 3 others are asked of the database', async () => {
    const { db, calls } = scriptedDatabase({
      find_others: [{ ids: [] }],
      record_unreadable: [RECORDED],
    })
    const { io } = machine({ db })
    const next = { from: 'READY', outcome: {}, settleInSeconds: 30 } as const
    const attempt = { attemptId: ATTEMPT_ID, rpcId: null, transactionId: 't-1' }
    await putOffUnreadable(attempt, { failure: 'f', code: 'unreadable' }, next, io)
    expect(calls[0]).toEqual({ name: 'find_others', args: { transactionId: 't-1', limit: 3 } })
  })

  test('a fault of our own is thrown', async () => {
    const broken = new TypeError('broken')
    await expect(others('unreachable', ['t-2'], [broken])).rejects.toBe(broken)
  })
})
