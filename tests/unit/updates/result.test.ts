import { describe, expect, test } from 'vitest'
import {
  afterSeconds,
  doubtOf,
  isPaused,
  mayBeApplied,
  openResult,
  ownRejection,
  putOffSeconds,
  toResult,
  unstored,
} from '../../../lib/updates/result.ts'
import type { AttemptState } from '../../../lib/updates/stored-attempt.ts'
import { START } from './machine.ts'

const io = { now: () => new Date(START) }
const result = (
  state: AttemptState,
  outcome: Record<string, unknown> | null = null,
  settleBy: string | null = null,
) => toResult('a', state, outcome, { id: 't-1' }, io, settleBy)

describe('what the caller of an update hears', () => {
  test('APPLIED is told with the transaction', () => {
    expect(result('APPLIED')).toEqual({
      kind: 'applied',
      attemptId: 'a',
      transaction: { id: 't-1' },
    })
  })

  test('REJECTED is told with the error of the platform', () => {
    const error = { code: -32600, message: 'no' }
    expect(result('REJECTED', { by: 'platform', error })).toEqual({
      kind: 'rejected',
      attemptId: 'a',
      error,
    })
  })

  test.each<[string, Record<string, unknown> | null, object]>([
    [
      'nothing more is known',
      null,
      {
        code: -32600,
        message: 'The update was refused before it was sent: refused',
        data: { reason: 'refused' },
      },
    ],
    [
      'for another reason',
      { reason: 'odd', seq: '7' },
      {
        code: -32600,
        message: 'The update was refused before it was sent: odd',
        data: { reason: 'odd', seq: '7' },
      },
    ],
    [
      'the refund is too large',
      { reason: 'refund_exceeds', total: '9' },
      {
        code: -32602,
        message: 'Refund amount exceeds amount_in',
        data: { reason: 'refund_exceeds', total: '9' },
      },
    ],
    [
      'an earlier update paid by custody',
      { reason: 'custody_paid', attemptId: 'b' },
      {
        code: -32600,
        message:
          'A person found that an earlier update of this transaction had paid, so this one is not sent; send it as a new update if it is to pay again.',
        data: { reason: 'custody_paid', attemptId: 'b' },
      },
    ],
    [
      'the payment belongs to another transaction',
      { reason: 'stellar_operation_claimed' },
      {
        code: -32600,
        message:
          'stellar_transaction_id refused: the payment was reported for another transaction before; allowed: another payment, or "force" with a note.',
        data: { reason: 'stellar_operation_claimed' },
      },
    ],
    [
      'the payment was reported before',
      { reason: 'reported_before' },
      {
        code: -32600,
        message:
          'stellar_transaction_id refused: the payment was reported for this transaction before; allowed: an Idempotency-Key that was not used before, or "force" with a note.',
        data: { reason: 'reported_before' },
      },
    ],
    [
      'a person decided, whatever made a person decide',
      { reason: 'custody may have paid', decision: 'rejected' },
      {
        code: -32600,
        message: 'The update was rejected: a person decided so.',
        data: { reason: 'decided' },
      },
    ],
  ])('REJECTED by us is told with its reason: %s', (_case, outcome, error) => {
    expect(ownRejection(outcome)).toEqual(error)
    expect(result('REJECTED', outcome)).toEqual({ kind: 'rejected', attemptId: 'a', error })
  })

  test.each<[AttemptState, Record<string, unknown> | null, string, object]>([
    ['EXPIRED', null, 'it expired.', { reason: 'expired' }],
    [
      'EXPIRED',
      { reason: 'old', expiresAt: '2026-01-01T00:00:00Z' },
      'it expired.',
      { reason: 'expired', expiresAt: '2026-01-01T00:00:00Z' },
    ],
    ['WITHDRAWN', { note: 'typo' }, 'it was withdrawn.', { reason: 'withdrawn', note: 'typo' }],
  ])('%s with %j is not applied', (state, outcome, ending, data) => {
    expect(result(state, outcome)).toEqual({
      kind: 'rejected',
      attemptId: 'a',
      state,
      error: { code: -32600, message: `The update was not applied: ${ending}`, data },
    })
  })

  test.each<[Record<string, unknown> | null, string]>([
    [null, 'the transaction did not change'],
    [
      { reason: 'the transaction did not change after 3 tries' },
      'the transaction did not change after 3 tries',
    ],
    [{ reason: 'custody may have paid', decision: 'not_applied' }, 'a person decided so.'],
  ])('NOT_APPLIED with %j says why', (outcome, why) => {
    expect(result('NOT_APPLIED', outcome)).toEqual({
      kind: 'rejected',
      attemptId: 'a',
      state: 'NOT_APPLIED',
      error: { code: -32603, message: `The update was not applied: ${why}` },
    })
  })

  test.each<[AttemptState, string | null]>([
    ['READY', '2026-02-03T04:08:06.000Z'],
    ['SENDING', '2026-02-03T04:08:06.000Z'],
    ['UNKNOWN', '2026-02-03T04:08:06.000Z'],
    // No machine settles these.
    ['MANUAL', null],
    ['LOST', null],
  ])('%s is open, and is settled in 180 s unless it waits for a person', (state, settleBy) => {
    expect(result(state)).toEqual({
      kind: 'open',
      attemptId: 'a',
      state,
      reason: 'The outcome is not known yet.',
      settleBy,
    })
    expect(result(state, { reason: 'timeout' }, '2026-02-03T05:00:00.000Z')).toEqual(
      openResult('a', state, 'timeout', '2026-02-03T05:00:00.000Z'),
    )
  })
})

test('an update that may not be stored is told as a database that does not answer', () => {
  expect(unstored()).toMatchObject({
    code: 'database_unavailable',
    message: 'Whether the update is stored is not known.',
  })
})

test.each([
  [null, 30],
  [0, 30],
  [30, 30],
  [31, 31],
  [60, 60],
  [61, 60],
])('another side that asks for %s s is asked again after %i s', (asked, seconds) => {
  expect(putOffSeconds(asked)).toBe(seconds)
})

test('a time in the future is given in UTC', () => {
  expect(afterSeconds(io, 90)).toBe('2026-02-03T04:06:36.000Z')
})

test('the marks of an outcome count only as true', () => {
  for (const outcome of [null, {}, { mayBeApplied: 'true', paused: 1 }]) {
    expect(mayBeApplied({ outcome })).toBe(false)
    expect(doubtOf({ outcome })).toEqual({})
    expect(isPaused({ outcome })).toBe(false)
  }
  const outcome = { mayBeApplied: true, paused: true, reason: 'x' }
  expect(mayBeApplied({ outcome })).toBe(true)
  expect(doubtOf({ outcome })).toEqual({ mayBeApplied: true })
  expect(isPaused({ outcome })).toBe(true)
})
