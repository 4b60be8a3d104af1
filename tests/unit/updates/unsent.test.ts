import { describe, expect, test } from 'vitest'
import type { Move } from '../../../lib/updates/judge-reply.ts'
import { inDoubt, putOff, putOffReading, rejectUnsent } from '../../../lib/updates/unsent.ts'
import {
  ATTEMPT_ID,
  documentOf,
  machine,
  readyAttempt,
  scriptedDatabase,
  shownAs,
  storedAttempt,
} from './machine.ts'

const SETTLE_AT = '2026-02-03T04:05:36.000Z'
const recorded = (state: string, outcome: object | null = null) => ({
  recorded: true,
  state,
  outcome,
  settleAt: SETTLE_AT,
})
const ERROR = { code: -32600, message: 'no' } as const
const move = (to: Move['to']): Move => ({
  to,
  outcome: { by: 'us' },
  transaction: null,
  settleInSeconds: 5,
})

describe('the move of an attempt of which an earlier send may have been applied', () => {
  const doubted = readyAttempt({ mayBeApplied: true })
  test('is unknown instead of rejected: the rejection is of the last send alone', () => {
    expect(inDoubt(doubted, move('REJECTED'))).toEqual({
      to: 'UNKNOWN',
      outcome: { by: 'us', mayBeApplied: true },
      transaction: null,
      settleInSeconds: 180,
    })
  })

  test.each<Move['to']>(['APPLIED', 'READY', 'UNKNOWN'])('to %s keeps the mark', (to) => {
    expect(inDoubt(doubted, move(to))).toEqual({
      ...move(to),
      outcome: { by: 'us', mayBeApplied: true },
    })
  })

  test('without that mark is as it was judged', () => {
    expect(inDoubt(readyAttempt(), move('REJECTED'))).toEqual(move('REJECTED'))
  })
})

function world(answers: Record<string, readonly unknown[]>, readings = [documentOf()]) {
  const { db, calls } = scriptedDatabase(answers)
  return { ...machine({ db, readings }), calls }
}

describe('an attempt that is refused before it is sent', () => {
  test.each([
    ['READY', null],
    ['SENDING', shownAs()],
  ] as const)('is rejected from %s', async (from, transaction) => {
    const { io, calls } = world({ record_outcome: [recorded('REJECTED', { error: ERROR })] })
    const result = await rejectUnsent(readyAttempt({ rpcId: 'r' }), from, ERROR, transaction, io)
    expect(result).toEqual({ kind: 'rejected', attemptId: ATTEMPT_ID, error: ERROR })
    expect(calls).toEqual([
      {
        name: 'record_outcome',
        args: {
          attemptId: ATTEMPT_ID,
          rpcId: 'r',
          from,
          to: 'REJECTED',
          outcome: { by: 'us', error: ERROR },
          transaction: transaction === null ? null : documentOf(),
          settleInSeconds: null,
          lookAt: null,
        },
      },
    ])
  })

  test('is unknown if an earlier send may have been applied', async () => {
    const { io, calls } = world({ record_outcome: [recorded('UNKNOWN', { reason: 'x' })] })
    const attempt = readyAttempt({ mayBeApplied: true })
    const result = await rejectUnsent(attempt, 'SENDING', ERROR, shownAs(), io)
    expect(result).toMatchObject({ kind: 'open', state: 'UNKNOWN' })
    expect(calls[0]?.args).toMatchObject({
      from: 'SENDING',
      to: 'UNKNOWN',
      outcome: { by: 'us', error: ERROR, mayBeApplied: true },
      settleInSeconds: 180,
    })
  })

  test('is put off while it waits, if an earlier send may have been applied', async () => {
    const { io, calls } = world({ record_outcome: [recorded('READY')] })
    const attempt = readyAttempt({ mayBeApplied: true })
    const result = await rejectUnsent(attempt, 'READY', ERROR, null, io)
    const reason = 'The transaction could not be read: no'
    expect(result).toEqual({
      kind: 'open',
      attemptId: ATTEMPT_ID,
      state: 'READY',
      reason,
      settleBy: SETTLE_AT,
    })
    expect(calls[0]?.args).toMatchObject({
      from: 'READY',
      to: 'READY',
      outcome: { by: 'us', reason, mayBeApplied: true },
      settleInSeconds: 30,
    })
  })
})

describe('an attempt whose transaction cannot be read', () => {
  const failed = { failure: 'the platform is unreachable', code: 'unreachable' } as const
  const reason = 'The transaction could not be read: the platform is unreachable'

  test.each<[string, 'READY' | 'SENDING', boolean]>([
    ['somebody waits for it', 'READY', false],
    ['it is on its way', 'SENDING', false],
    ['it is on its way and nobody waits', 'SENDING', true],
  ])('is put off when %s', async (_case, from, unattended) => {
    const { io, calls } = world({ record_outcome: [recorded('READY')] })
    const result = await putOffReading(readyAttempt({ unattended }), from, failed, io)
    expect(result).toMatchObject({ kind: 'open', state: 'READY', reason, settleBy: SETTLE_AT })
    expect(calls).toEqual([
      {
        name: 'record_outcome',
        args: {
          attemptId: ATTEMPT_ID,
          rpcId: null,
          from,
          to: 'READY',
          outcome: { by: 'us', reason },
          transaction: null,
          settleInSeconds: 30,
          lookAt: null,
        },
      },
    ])
  })

  test('is marked while the breaker is open', async () => {
    const { io, calls } = world({ record_outcome: [recorded('READY')] })
    await putOffReading(readyAttempt(), 'READY', { failure: 'p', code: 'paused' }, io)
    expect(calls[0]?.args['outcome']).toMatchObject({ paused: true })
  })

  test.each<[boolean, 'unreachable' | 'paused', object]>([
    [false, 'unreachable', {}],
    [true, 'unreachable', { mayBeApplied: true }],
    [false, 'paused', { paused: true }],
  ])(
    'and nobody waits, is counted as unreadable (in doubt: %s, %s)',
    async (mayBeApplied, code, marks) => {
      const { io, calls, read } = world({
        find_others: [{ ids: ['t-2'] }],
        store_transactions: [{ stored: 1, earlier: [], wentBack: [] }],
        record_unreadable: [recorded('READY')],
      })
      const attempt = readyAttempt({ unattended: true, rpcId: 'r', mayBeApplied })
      const failure = { failure: 'the platform is unreachable', code }
      const result = await putOffReading(attempt, 'READY', failure, io)
      expect(result).toMatchObject({ kind: 'open', state: 'READY', reason, settleBy: SETTLE_AT })
      expect(calls.at(-1)).toEqual({
        name: 'record_unreadable',
        args: {
          attemptId: ATTEMPT_ID,
          rpcId: 'r',
          from: 'READY',
          outcome: { by: 'us', reason, ...marks },
          settleInSeconds: 30,
          othersAreRead: code === 'unreachable',
          manualAfterSeconds: 900,
        },
      })
      expect(read).toEqual(code === 'unreachable' ? ['t-2'] : [])
    },
  )

  test('is answered as it became meanwhile', async () => {
    const { io } = world({
      record_outcome: [recorded('APPLIED')],
      read_attempt: [storedAttempt()],
    })
    const result = await putOffReading(readyAttempt(), 'READY', failed, io)
    expect(result).toMatchObject({ kind: 'applied', attemptId: ATTEMPT_ID })
  })
})

test('an attempt that is put off says when it is tried again, with its marks', async () => {
  const { io, calls } = world({ record_outcome: [recorded('READY')] })
  const attempt = readyAttempt({ mayBeApplied: true, rpcId: 'r' })
  const result = await putOff(attempt, 'SENDING', 'busy', 45, io, { paused: true })
  expect(result).toEqual({
    kind: 'open',
    attemptId: ATTEMPT_ID,
    state: 'READY',
    reason: 'busy',
    settleBy: SETTLE_AT,
  })
  expect(calls[0]?.args).toEqual({
    attemptId: ATTEMPT_ID,
    rpcId: 'r',
    from: 'SENDING',
    to: 'READY',
    outcome: { by: 'us', reason: 'busy', paused: true, mayBeApplied: true },
    transaction: null,
    settleInSeconds: 45,
    lookAt: null,
  })
})
