import { describe, expect, test } from 'vitest'
import { resolveMethod } from '../../../lib/platform/methods.ts'
import { appliedResult, isPast, notShown, resultOfStored } from '../../../lib/updates/applied.ts'
import {
  APPLIED,
  ATTEMPT_ID,
  documentOf,
  machine,
  PROFILE,
  scriptedDatabase,
  shownAs,
  storedAttempt,
} from './machine.ts'

const NOT_SHOWN = {
  kind: 'open',
  attemptId: ATTEMPT_ID,
  state: 'APPLIED',
  reason:
    'This update was applied before, and the transaction does not show it now. Read the attempt and the transaction.',
  settleBy: null,
}

describe('an applied attempt', () => {
  test('is answered with the transaction that was stored when it was applied', () => {
    const post = documentOf(APPLIED)
    const attempt = storedAttempt({ post, transaction: documentOf({ status: 'completed' }) })
    expect(appliedResult(attempt, { profile: PROFILE })).toEqual({
      kind: 'applied',
      attemptId: ATTEMPT_ID,
      transaction: post,
    })
  })

  // A person who decided that it was applied stored no transaction with it.
  test.each<[string, Record<string, unknown> | null, boolean]>([
    ['to which the update leads', documentOf(APPLIED), true],
    ['in which the update is no longer legal', documentOf({ status: 'completed' }), true],
    ['in which the update may still follow', documentOf(), false],
    ['that cannot be read', { id: 't-1' }, false],
    ['that is not stored', null, false],
  ])('without it is answered with a transaction %s: %s', (_case, transaction, isShown) => {
    const attempt = storedAttempt({ post: null, transaction })
    expect(appliedResult(attempt, { profile: PROFILE })).toEqual(
      isShown ? { kind: 'applied', attemptId: ATTEMPT_ID, transaction } : NOT_SHOWN,
    )
    expect(notShown(ATTEMPT_ID)).toEqual(NOT_SHOWN)
  })

  const HASH = 'ab'.repeat(32)
  test.each<[string[], boolean]>([
    [[HASH.toUpperCase()], true],
    [['cd'.repeat(32)], false],
    [[], false],
  ])('that reports a payment is shown by the payments %j: %s', (hashes, isShown) => {
    const transaction = documentOf({
      status: 'completed',
      stellar_transactions: hashes.map((id) => ({ id })),
    })
    const params = { transaction_id: 't-1', stellar_transaction_id: HASH }
    const method = 'notify_onchain_funds_sent'
    const attempt = storedAttempt({ method, params, post: null, transaction })
    const { kind } = appliedResult(attempt, { profile: PROFILE })
    expect(kind).toBe(isShown ? 'applied' : 'open')
  })
})

test.each([
  ['pending_user_transfer_start', false],
  ['on_hold', false],
  // The rules depend on funds that SEP-24 does not show: it may still follow.
  ['pending_external', false],
  ['pending_anchor', true],
  ['completed', true],
])('a transaction in %s may show notify_offchain_funds_received: %s', (status, expected) => {
  const method = resolveMethod('notify_offchain_funds_received', PROFILE)
  expect(isPast(method, shownAs({ status }), PROFILE)).toBe(expected)
})

test('a status that a method may keep counts as shown', () => {
  const method = resolveMethod('notify_amounts_updated', PROFILE)
  const now = shownAs({ sep: '6', kind: 'withdrawal', status: 'pending_anchor' })
  expect(isPast(method, { ...now, transfer_received_at: '2026-01-01T00:00:00Z' }, PROFILE)).toBe(
    true,
  )
})

describe('the result of an attempt as it is stored', () => {
  test('is made of its state and outcome while it is not applied', async () => {
    const { io } = machine()
    const outcome = { error: { code: -32600, message: 'no' } }
    expect(await resultOfStored(ATTEMPT_ID, { state: 'REJECTED', outcome }, io)).toEqual({
      kind: 'rejected',
      attemptId: ATTEMPT_ID,
      error: { code: -32600, message: 'no' },
    })
  })

  test.each([[storedAttempt()], [null]])('is read again once it is applied', async (stored) => {
    const { db, calls } = scriptedDatabase({ read_attempt: [stored] })
    const { io } = machine({ db })
    const result = await resultOfStored(ATTEMPT_ID, { state: 'APPLIED', outcome: null }, io)
    expect(result).toEqual(
      stored === null
        ? NOT_SHOWN
        : { kind: 'applied', attemptId: ATTEMPT_ID, transaction: stored.post },
    )
    expect(calls.map(({ name }) => name)).toEqual(['read_attempt'])
  })
})
