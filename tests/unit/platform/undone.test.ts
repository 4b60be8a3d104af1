import { describe, expect, test } from 'vitest'
import { isLeftBehind, isUndone, tracesOfOthers } from '../../../lib/platform/undone.ts'

type Fields = Record<string, unknown>

const PRE = { id: 'T', status: 'pending_anchor', updated_at: '2024-07-01T00:00:00.000001Z' }
const refunds = (...ids: string[]) => ({ refunds: { payments: ids.map((id) => ({ id })) } })
const payments = (...ids: string[]) => ({ stellar_transactions: ids.map((id) => ({ id })) })

/** Whether an update that changed `post` is gone from a transaction that a later save left as `now`. */
function undone(pre: Fields, post: Fields, now: Fields): boolean {
  const before = { ...PRE, ...pre }
  const after = { ...before, ...post, updated_at: '2024-07-01T00:00:05.123456789Z' }
  const later = { ...before, ...now, updated_at: '2024-07-01T00:00:06Z' }
  return isUndone({ pre: before, post: after }, later)
}

describe('an applied update is gone', () => {
  test.each<[string, Fields, Fields, Fields]>([
    ['its refund is missing', {}, refunds('r1'), {}],
    ['another refund stands in the place of its own', {}, refunds('r1'), refunds('r2')],
    [
      'its refund is missing beside an earlier one',
      refunds('r0'),
      refunds('r0', 'r1'),
      refunds('r0'),
    ],
    [
      'its payment is missing',
      {},
      { status: 'completed', ...payments('h') },
      { status: 'completed' },
    ],
    ['a repeated payment is there once', payments('h'), payments('h', 'h'), payments('h')],
    ['its amount is the earlier one', { amount_out: '95' }, { amount_out: '90' }, {}],
    [
      'its amount is the earlier one beside the message of another',
      { amount_out: '95' },
      { amount_out: '90', message: 'ours' },
      { amount_out: '95', message: 'theirs' },
    ],
    [
      'the earlier status is back beside the message of another',
      {},
      { status: 'on_hold', message: 'ours' },
      { message: 'theirs' },
    ],
    [
      'the refund that it announced before has the earlier amount',
      { refunds: { payments: [{ id: 'r1', amount: '10' }] } },
      { status: 'refunded', refunds: { payments: [{ id: 'r1', amount: '20' }] } },
      { status: 'refunded' },
    ],
    ['it changed the status alone, and the earlier status is back', {}, { status: 'on_hold' }, {}],
    [
      'the earlier status is back beside an expected amount, which every update fills in',
      {},
      { status: 'expired', amount_expected: '100' },
      { amount_expected: '100' },
    ],
  ])('when %s', (_, pre, post, now) => {
    expect(undone(pre, post, now)).toBe(true)
  })
})

describe('an applied update is not gone', () => {
  test.each<[string, Fields, Fields, Fields]>([
    ['a later update went on from it', {}, { status: 'on_hold' }, { status: 'completed' }],
    ['a later update replaced its message', {}, { message: 'ours' }, { message: 'theirs' }],
    [
      'a later update replaced one of two values',
      { amount_out: '95' },
      { amount_out: '90', message: 'ours' },
      { amount_out: '90', message: 'theirs' },
    ],
    [
      'the status is back and its amount is left',
      {},
      { status: 'on_hold', amount_out: '90' },
      { amount_out: '90' },
    ],
    [
      'its refund is there and its message is the earlier one',
      { message: 'before' },
      { ...refunds('r1'), message: 'ours' },
      { ...refunds('r1'), message: 'before' },
    ],
    [
      'the refund that it changed is there and its message is the earlier one',
      { message: 'before', refunds: { payments: [{ id: 'r1', amount: '10' }] } },
      { message: 'ours', refunds: { payments: [{ id: 'r1', amount: '20' }] } },
      { message: 'before', refunds: { payments: [{ id: 'r1', amount: '20' }] } },
    ],
    ['another refund came after its own', {}, refunds('r1'), refunds('r1', 'r2')],
    ['only its deadline was cleared', {}, { user_action_required_by: '2024-08-01T00:00:00Z' }, {}],
    [
      'a time is written in another form',
      {},
      { completed_at: '2024-07-01T00:00:00.123456789Z' },
      { completed_at: '2024-07-01T00:00:00.123457Z' },
    ],
  ])('when %s', (_, pre, post, now) => {
    expect(undone(pre, post, now)).toBe(false)
  })

  test('when nothing was saved since, but for the digits that the platform rounds', () => {
    const post = { ...PRE, status: 'on_hold', updated_at: '2024-07-01T00:00:05.123456789Z' }
    const now = { ...post, updated_at: '2024-07-01T00:00:05.123457Z' }
    expect(isUndone({ pre: PRE, post }, now)).toBe(false)
  })
})

describe('an applied update is left behind by a platform that went back', () => {
  /** Whether the state with the time `at` lacks an update that changed `post` at second 5. */
  const leftBehind = (pre: Fields, post: Fields, now: Fields, at: string) => {
    const before = { ...PRE, ...pre, updated_at: '2024-07-01T00:00:03Z' }
    const after = { ...before, ...post, updated_at: '2024-07-01T00:00:05.123456789Z' }
    return isLeftBehind({ pre: before, post: after }, { ...before, ...now, updated_at: at })
  }
  const EARLIER = '2024-07-01T00:00:01Z'
  const message = { message: 'ours' }

  test.each<[string, boolean, Fields, Fields, Fields, string]>([
    ['its message is replaced', true, {}, message, { message: 'in the backup' }, EARLIER],
    ['its message is missing', true, {}, message, {}, EARLIER],
    ['its message is still there', false, {}, message, message, EARLIER],
    ['its payment is missing', true, {}, payments('h'), {}, EARLIER],
    [
      'its payment is missing beside its message',
      true,
      {},
      { ...message, ...payments('h') },
      message,
      EARLIER,
    ],
    [
      'its refund is still there beside another message',
      false,
      {},
      { ...message, ...refunds('r1') },
      { message: 'theirs', ...refunds('r1') },
      EARLIER,
    ],
    ['the status that it changed alone is another', true, {}, { status: 'on_hold' }, {}, EARLIER],
    [
      'the platform went back to the state before it, which has one of its values',
      true,
      { amount_out: '95' },
      { amount_out: '95', message: 'ours' },
      { message: 'theirs' },
      '2024-07-01T00:00:03Z',
    ],
    [
      'its message is replaced beside an expected amount, which every update fills in',
      true,
      {},
      { ...message, status: 'expired', amount_expected: '100' },
      { message: 'theirs', status: 'completed', amount_expected: '100' },
      EARLIER,
    ],
    [
      'it led to a status and an expected amount, and both are there',
      false,
      {},
      { status: 'on_hold', amount_expected: '100' },
      { status: 'on_hold', amount_expected: '100' },
      EARLIER,
    ],
    ['it changed nothing', false, {}, {}, {}, EARLIER],
    ['the state is its own', false, {}, message, {}, '2024-07-01T00:00:05.123457Z'],
    ['the state is later', false, {}, message, {}, '2024-07-01T00:00:06Z'],
  ])('when %s: %s', (_, expected, pre, post, now, at) => {
    expect(leftBehind(pre, post, now, at)).toBe(expected)
  })
})

describe('the traces of another writer', () => {
  const post = { ...PRE, status: 'completed', message: 'ours', amount_out: '95' }
  test.each<[string, Fields, Fields]>([
    [
      'are what neither the state before the update nor the one after it shows',
      { message: 'his' },
      { message: 'his' },
    ],
    ['leave out what he wrote back as it was', { status: 'pending_anchor' }, {}],
    ['leave out what he left as our update wrote it', { message: 'ours' }, {}],
    ['name a field that is gone as null', { id: undefined }, { id: null }],
    [
      'are no other spelling of the same instant',
      { updated_at: '2024-07-01T00:00:00.000001000Z' },
      {},
    ],
    ['hold his refund beside ours', refunds('ours', 'his'), refunds('ours', 'his')],
  ])('%s', (_, now, theirs) => {
    expect(tracesOfOthers({ pre: PRE, post }, { ...PRE, ...now })).toEqual(theirs)
  })
})
