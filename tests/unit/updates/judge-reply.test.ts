import { describe, expect, test } from 'vitest'
import type { PlatformReply } from '../../../lib/platform/reply.ts'
import { judgeReply, type Move } from '../../../lib/updates/judge-reply.ts'
import {
  APPLIED,
  CHANGED,
  documentOf,
  machine,
  readyAttempt,
  type Shown,
  shownAs,
  unread,
} from './machine.ts'

const NOT_APPLICABLE =
  'RPC method[notify_offchain_funds_received] is not supported. Status[error], kind[deposit], protocol[24], funds received[false]'
const internal = (message = 'boom'): PlatformReply => ({ kind: 'error', code: -32603, message })
const refused = (status: number, retryAfterMs: number | null = null): PlatformReply => ({
  kind: 'refused',
  status,
  reason: `the platform answered ${status}`,
  retryAfterMs,
})

async function judge(
  reply: Parameters<typeof judgeReply>[0],
  fields: Parameters<typeof readyAttempt>[0] = {},
  readings: Shown[] = [documentOf()],
): Promise<{ move: Move; readings: number }> {
  const { io, read } = machine({ readings })
  const move = await judgeReply(reply, readyAttempt(fields), shownAs(), io)
  return { move, readings: read.length }
}

const withoutTransaction = ({ transaction, ...move }: Move) => ({
  ...move,
  shows: transaction?.status ?? null,
})

describe('a reply that needs no further reading', () => {
  test.each<[string, Parameters<typeof judge>[0], object, object]>([
    [
      'a result is applied, and is looked for once more after 60 s',
      { kind: 'result', transaction: shownAs(APPLIED) },
      {},
      {
        to: 'APPLIED',
        outcome: { by: 'platform' },
        shows: 'pending_anchor',
        settleInSeconds: 60,
      },
    ],
    [
      'a transaction that shows the update is proof',
      { kind: 'shown', transaction: shownAs(APPLIED) },
      {},
      {
        to: 'APPLIED',
        outcome: { by: 'evidence', reason: 'the transaction shows the update' },
        shows: 'pending_anchor',
        settleInSeconds: 60,
      },
    ],
    [
      'an unclear answer is unknown, and the transaction is read again 7 s later',
      { kind: 'unclear', reason: 'timeout', body: '<html>' },
      {},
      {
        to: 'UNKNOWN',
        outcome: { by: 'us', reason: 'timeout', body: '<html>' },
        shows: null,
        settleInSeconds: 7,
      },
    ],
    [
      'what was not sent is sent again after 30 s',
      { kind: 'not_sent', code: 'unreachable', reason: 'no route' },
      {},
      { to: 'READY', outcome: { by: 'us', reason: 'no route' }, shows: null, settleInSeconds: 30 },
    ],
    [
      'what an open breaker put off is marked, so that it goes out as soon as the platform answers',
      { kind: 'not_sent', code: 'paused', reason: 'paused' },
      {},
      {
        to: 'READY',
        outcome: { by: 'us', reason: 'paused', paused: true },
        shows: null,
        settleInSeconds: 30,
      },
    ],
    [
      'a lock conflict sends the update again at once',
      { kind: 'conflict', message: 'modified' },
      {},
      {
        to: 'READY',
        outcome: { by: 'us', reason: 'modified' },
        shows: null,
        settleInSeconds: null,
      },
    ],
    [
      'a lock conflict of custody money, which may be paid already, is unknown',
      { kind: 'conflict', message: 'modified' },
      { custody: true },
      {
        to: 'UNKNOWN',
        outcome: { by: 'us', reason: 'modified' },
        shows: null,
        settleInSeconds: 7,
      },
    ],
    [
      'an internal error of custody money, which may be paid already, is unknown',
      internal(),
      { custody: true },
      {
        to: 'UNKNOWN',
        outcome: { by: 'us', reason: 'boom', error: { code: -32603, message: 'boom' } },
        shows: null,
        settleInSeconds: 7,
      },
    ],
  ])('%s', async (_title, reply, fields, expected) => {
    const { move, readings } = await judge(reply, fields)
    expect(withoutTransaction(move)).toEqual(expected)
    expect(readings).toBe(0)
  })
})

const rejectedWith = (status: number) => ({
  to: 'REJECTED',
  outcome: {
    by: 'platform',
    error: {
      code: -32603,
      message: `the platform answered ${status}`,
      data: { reason: 'platform_refused', httpStatus: status },
    },
  },
  shows: 'pending_user_transfer_start',
  settleInSeconds: null,
})
const sentLater = (status: number, settleInSeconds = 30) => ({
  to: 'READY',
  outcome: { by: 'us', reason: `the platform answered ${status}` },
  shows: null,
  settleInSeconds,
})
const unknownAfter = (status: number, then = '') => ({
  to: 'UNKNOWN',
  outcome: { by: 'us', reason: `the platform answered ${status}${then}` },
  shows: null,
  settleInSeconds: 7,
})

describe('a refused request', () => {
  const attended = {}
  const unattended = { unattended: true }
  const custody = { custody: true }
  const unattendedCustody = { custody: true, unattended: true }
  test.each<[string, number, object, object]>([
    // 401 and 403 may be cured by a new credential, 404 by a new URL; a caller is told at once.
    ...[400, 401, 403, 404, 413].map((status): [string, number, object, object] => [
      'a caller who waits hears of',
      status,
      attended,
      rejectedWith(status),
    ]),
    ...[401, 403, 404].map((status): [string, number, object, object] => [
      'nobody waits, and sent again after',
      status,
      unattended,
      sentLater(status),
    ]),
    ...[200, 400, 413].map((status): [string, number, object, object] => [
      'nobody waits, and it is final:',
      status,
      unattended,
      rejectedWith(status),
    ]),
    ['sent again after', 429, attended, sentLater(429)],
    // The platform itself says with these that it has not begun.
    ...[200, 401, 403].map((status): [string, number, object, object] => [
      'custody money was not paid by',
      status,
      custody,
      rejectedWith(status),
    ]),
    ...[200, 401, 403].map((status): [string, number, object, object] => [
      'custody money is never sent again, even unattended, after',
      status,
      unattendedCustody,
      rejectedWith(status),
    ]),
    ...[400, 404, 413, 429].map((status): [string, number, object, object] => [
      'custody money may be paid although a gateway answered',
      status,
      unattendedCustody,
      unknownAfter(status),
    ]),
  ])('whose transaction is unchanged: %s %i', async (_case, status, fields, expected) => {
    const { move, readings } = await judge(refused(status), fields)
    expect(withoutTransaction(move)).toEqual(expected)
    expect(readings).toBe(1)
  })

  test.each([
    [1, 30],
    [30_000, 30],
    [30_001, 31],
    [45_000, 45],
    [60_000, 60],
    [600_000, 60],
  ])('with Retry-After of %i ms is sent again after %i s', async (retryAfterMs, seconds) => {
    const { move } = await judge(refused(429, retryAfterMs))
    expect(withoutTransaction(move)).toEqual(sentLater(429, seconds))
  })

  test.each([400, 401, 429])(
    'with %i whose transaction shows the update is applied',
    async (status) => {
      const { move } = await judge(refused(status), { unattended: true }, [documentOf(APPLIED)])
      expect(withoutTransaction(move)).toEqual({
        to: 'APPLIED',
        outcome: { by: 'evidence', reason: `the platform answered ${status}` },
        shows: 'pending_anchor',
        settleInSeconds: 60,
      })
    },
  )

  test.each<[string, Shown, string]>([
    ['changed by somebody', documentOf(CHANGED), ''],
    ['no longer at the platform', null, ''],
    ['unreadable', unread(), '; then: the platform is unreachable'],
  ])('whose transaction is %s is unknown', async (_case, shown, then) => {
    const { move } = await judge(refused(429), {}, [shown])
    expect(withoutTransaction(move)).toEqual(unknownAfter(429, then))
  })
})

describe('an error that has the id of the request', () => {
  const answered = (code: number, message: string) => ({ code, message })
  const rejected = (error: object, shows: string | null = 'pending_user_transfer_start') => ({
    to: 'REJECTED',
    outcome: { by: 'platform', error },
    shows,
    settleInSeconds: null,
  })

  test.each([-32600, -32601, -32602, -32603])(
    '%i rejects the update if nothing changed',
    async (code) => {
      const { move, readings } = await judge({ kind: 'error', code, message: 'no' })
      expect(withoutTransaction(move)).toEqual(rejected(answered(code, 'no')))
      expect(readings).toBe(1)
    },
  )

  test('other than -32603 rejects custody money too', async () => {
    const { move } = await judge({ kind: 'error', code: -32600, message: 'no' }, { custody: true })
    expect(withoutTransaction(move)).toEqual(rejected(answered(-32600, 'no')))
  })

  test('is outweighed by a transaction that shows the update', async () => {
    const { move } = await judge(internal(), {}, [documentOf(APPLIED)])
    expect(withoutTransaction(move)).toEqual({
      to: 'APPLIED',
      outcome: { by: 'evidence', error: answered(-32603, 'boom') },
      shows: 'pending_anchor',
      settleInSeconds: 60,
    })
  })

  test.each([-32600, -32603])(
    '%i is unknown while the transaction cannot be read',
    async (code) => {
      const { move } = await judge({ kind: 'error', code, message: 'no' }, {}, [unread('paused')])
      expect(withoutTransaction(move)).toEqual({
        to: 'UNKNOWN',
        outcome: {
          by: 'us',
          reason: 'no; then: the platform is paused',
          error: answered(code, 'no'),
        },
        shows: null,
        settleInSeconds: 7,
      })
    },
  )

  test.each<[string, Shown]>([
    ['changed', documentOf(CHANGED)],
    ['gone', null],
  ])('-32603 is unknown when the transaction is %s', async (_case, shown) => {
    const { move } = await judge(internal(), {}, [shown])
    expect(withoutTransaction(move)).toEqual({
      to: 'UNKNOWN',
      outcome: { by: 'us', reason: 'boom', error: answered(-32603, 'boom') },
      shows: null,
      settleInSeconds: 7,
    })
  })

  test.each<[string, Shown, string | null]>([
    ['changed', documentOf(CHANGED), 'error'],
    ['gone', null, null],
  ])('any other code is final when the transaction is %s', async (_case, shown, shows) => {
    const { move } = await judge({ kind: 'error', code: -32602, message: 'no' }, {}, [shown])
    expect(withoutTransaction(move)).toEqual(rejected(answered(-32602, 'no'), shows))
  })

  const AWAY = 'Error response from the server. Code: 503 - away'
  const UNKNOWN_HASH = 'Transaction (hash=abc) not found'

  test('is said to come from the ledger of the platform if it does', async () => {
    const { move } = await judge(internal(AWAY))
    expect(withoutTransaction(move)).toEqual(
      rejected({
        code: -32603,
        message: AWAY,
        data: { reason: 'platform_ledger_unavailable' },
      }),
    )
    const unknown = await judge(internal(UNKNOWN_HASH))
    expect(withoutTransaction(unknown.move)).toEqual(rejected(answered(-32603, UNKNOWN_HASH)))
  })

  test.each<[string, boolean, Parameters<typeof judge>[0]]>([
    ['payment_observer', true, internal(AWAY)],
    ['payment_observer', true, internal(UNKNOWN_HASH)],
    ['assignment', true, internal(AWAY)],
    ['assignment', true, internal(UNKNOWN_HASH)],
    ['payment_observer', false, internal('boom')],
    ['payment_observer', false, { kind: 'error', code: -32600, message: AWAY }],
    ['payment_observer', false, { kind: 'error', code: -32600, message: UNKNOWN_HASH }],
    ['rpc', false, internal(AWAY)],
    ['rpc', false, internal(UNKNOWN_HASH)],
  ])('with the origin %s is sent again: %s', async (origin, isSentAgain, reply) => {
    const { move } = await judge(reply, { origin })
    if (!isSentAgain) return expect(move.to).toBe('REJECTED')
    const reason = 'message' in reply ? reply.message : ''
    expect(withoutTransaction(move)).toEqual({
      to: 'READY',
      outcome: { by: 'us', reason },
      shows: null,
      settleInSeconds: 30,
    })
  })

  test('that refuses the status says which methods are legal now', async () => {
    const reply = { kind: 'error', code: -32600, message: NOT_APPLICABLE } as const
    const { move } = await judge(reply, {}, [documentOf(CHANGED)])
    expect(move.outcome['error']).toEqual({
      code: -32600,
      message: NOT_APPLICABLE,
      data: {
        explanation:
          'notify_offchain_funds_received is refused for this SEP-24 deposit in status error without funds received; allowed: pending_user_transfer_start, on_hold; pending_external with funds received. Legal now: nothing.',
        legalMethods: [],
      },
    })
  })

  test('that refuses the status of a transaction that is gone is explained by the reading before', async () => {
    const reply = { kind: 'error', code: -32600, message: NOT_APPLICABLE } as const
    const { move } = await judge(reply, {}, [null])
    const { data } = move.outcome['error'] as { data: { legalMethods: string[] } }
    expect(data.legalMethods).toContain('notify_offchain_funds_received')
  })

  test.each(['RPC method[x] is not supported. ', `Because: ${NOT_APPLICABLE}`])(
    'that says %j is passed on as it is',
    async (message) => {
      const { move } = await judge({ kind: 'error', code: -32600, message })
      expect(withoutTransaction(move)).toEqual(rejected(answered(-32600, message)))
    },
  )
})
