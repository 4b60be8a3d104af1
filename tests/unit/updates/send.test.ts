import { describe, expect, test } from 'vitest'
import { LedgerError } from '../../../lib/ledger/source.ts'
import type { PlatformReply } from '../../../lib/platform/reply.ts'
import { sendAttempt } from '../../../lib/updates/send.ts'
import {
  APPLIED,
  ATTEMPT_ID,
  documentOf,
  machine,
  readyAttempt,
  type Shown,
  scriptedDatabase,
  shownAs,
  storedAttempt,
  unread,
} from './machine.ts'
import { closed, HASH, ledgerOf } from './payout/payout.ts'

const SETTLE_AT = '2026-02-03T04:06:06.000Z'
const STARTED = {
  started: true,
  earlier: [],
  wentBack: [],
  tries: 1,
  ledger: null,
  lookFor: [],
}
const notStarted = (reason: string, fields: object = {}) => ({
  started: false,
  earlier: [],
  wentBack: [],
  reason,
  state: 'READY',
  outcome: null,
  openAttemptId: null,
  isLive: false,
  ...fields,
})
const recorded = (state: string, fields: object = {}) => ({
  recorded: true,
  state,
  outcome: null,
  settleAt: SETTLE_AT,
  ...fields,
})
const RESULT: PlatformReply = { kind: 'result', transaction: shownAs(APPLIED) }
const EARLIER = { id: 't-1', count: 1, confirmed: false, takeAt: '2026-02-03T04:08:06.000Z' }

interface Sent {
  starts?: object[]
  records?: object[]
  replies?: (PlatformReply | Error)[]
  readings?: Shown[]
  attempt?: Parameters<typeof readyAttempt>[0]
  headStart?: Parameters<typeof sendAttempt>[2]
  ledger?: NonNullable<Parameters<typeof machine>[0]>['ledger']
  refusal?: string | null
  more?: Record<string, readonly unknown[]>
  advanceMs?: number
}

async function send({
  starts = [STARTED],
  records = [recorded('APPLIED')],
  replies = [RESULT],
  readings,
  attempt = {},
  headStart = null,
  ledger = null,
  refusal = null,
  more = {},
  advanceMs = 0,
}: Sent = {}) {
  const { db, calls } = scriptedDatabase({
    start_sending: starts,
    record_outcome: records,
    ...more,
  })
  const world = machine({
    db,
    replies,
    ledger,
    refusal,
    ...(readings === undefined ? {} : { readings }),
  })
  const io = {
    ...world.io,
    db: {
      call: async <T>(name: string, args: Record<string, unknown>): Promise<T> => {
        // The process is frozen while the send begins.
        if (name === 'start_sending') world.clock.ms += advanceMs
        return db.call<T>(name, args)
      },
    },
  }
  const result = await sendAttempt(readyAttempt(attempt), io, headStart)
  const args = (name: string) => calls.filter((call) => call.name === name).map((call) => call.args)
  return { result, calls, args, ...world }
}

describe('an attempt that may be sent', () => {
  test('is SENDING before its request leaves, and is stored as it ended', async () => {
    const { result, args, sent, calls } = await send()
    expect(result).toEqual({
      kind: 'applied',
      attemptId: ATTEMPT_ID,
      transaction: documentOf(APPLIED),
    })
    expect(calls.map(({ name }) => name)).toEqual(['start_sending', 'record_outcome'])
    const [start] = args('start_sending')
    expect(start).toEqual({
      attemptId: ATTEMPT_ID,
      rpcId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      pre: documentOf(),
      transaction: documentOf(),
      ledger: null,
      claim: null,
      earlier: [],
      liveSeconds: 60,
    })
    const rpcId = start?.['rpcId']
    expect(sent).toEqual([
      {
        rpcId,
        method: 'notify_offchain_funds_received',
        params: { transaction_id: 't-1', external_transaction_id: 'bank-1' },
      },
    ])
    expect(args('record_outcome')).toEqual([
      {
        attemptId: ATTEMPT_ID,
        rpcId,
        from: 'SENDING',
        to: 'APPLIED',
        outcome: { by: 'platform' },
        transaction: documentOf(APPLIED),
        settleInSeconds: 60,
        lookAt: null,
      },
    ])
  })

  test('of which an earlier send may have been applied is not called rejected', async () => {
    const error = { kind: 'error', code: -32600, message: 'no' } as const
    const outcome = { by: 'platform', mayBeApplied: true }
    const { result, args } = await send({
      attempt: { mayBeApplied: true },
      replies: [error],
      records: [recorded('UNKNOWN', { outcome })],
    })
    expect(args('record_outcome')[0]).toMatchObject({ to: 'UNKNOWN', settleInSeconds: 180 })
    // Only 180 s after the send silence proves that nothing was applied.
    expect(result).toMatchObject({
      kind: 'open',
      state: 'UNKNOWN',
      settleBy: '2026-02-03T04:08:07.000Z',
    })
  })

  test('is told as put off, with the time of the next try', async () => {
    const { result } = await send({
      replies: [{ kind: 'not_sent', code: 'unreachable', reason: 'no route' }],
      records: [recorded('READY', { outcome: { reason: 'no route' } })],
    })
    expect(result).toEqual({
      kind: 'open',
      attemptId: ATTEMPT_ID,
      state: 'READY',
      reason: 'no route',
      settleBy: SETTLE_AT,
    })
  })

  test('that was settled meanwhile is answered as it became', async () => {
    const { result } = await send({
      records: [{ ...recorded('NOT_APPLIED'), recorded: false }],
    })
    expect(result).toMatchObject({ kind: 'rejected', state: 'NOT_APPLIED' })
  })

  test('that is rejected is told with the error', async () => {
    const error = { code: -32600, message: 'no' }
    const { result } = await send({
      replies: [{ kind: 'error', code: -32600, message: 'no' }],
      records: [recorded('REJECTED', { outcome: { error } })],
    })
    expect(result).toEqual({ kind: 'rejected', attemptId: ATTEMPT_ID, error })
  })

  test.each([
    [10_000, true],
    [10_001, false],
  ])('after %i ms in which the process stood still is sent: %s', async (advanceMs, isSent) => {
    const { sent, args } = await send({ advanceMs, records: [recorded('READY')] })
    expect(sent).toHaveLength(isSent ? 1 : 0)
    if (isSent) return
    expect(args('record_outcome')[0]).toMatchObject({
      to: 'READY',
      outcome: {
        by: 'us',
        reason: 'The process stood still before it could send.',
        paused: true,
      },
      settleInSeconds: 30,
    })
  })
})

describe('an attempt whose transaction cannot be sent to', () => {
  test('is put off when the transaction cannot be read', async () => {
    const { result, calls, sent } = await send({
      readings: [unread()],
      records: [recorded('READY')],
    })
    expect(result).toMatchObject({
      kind: 'open',
      reason: 'The transaction could not be read: the platform is unreachable',
    })
    expect([calls.length, sent.length]).toEqual([1, 0])
  })

  test('is put off when the platform lets everybody in', async () => {
    const { result, sent } = await send({
      refusal: 'it is unprotected',
      records: [recorded('READY')],
    })
    expect(result).toMatchObject({
      reason: 'The transaction could not be read: it is unprotected',
    })
    expect(sent).toEqual([])
  })

  test('is rejected when the platform does not have the transaction', async () => {
    const error = { code: -32600, message: 'Transaction with id[t-1] is not found' }
    const { args, sent } = await send({
      readings: [null],
      records: [recorded('REJECTED', { outcome: { error } })],
    })
    expect(args('record_outcome')[0]).toMatchObject({
      from: 'READY',
      to: 'REJECTED',
      outcome: { by: 'us', error },
      transaction: null,
    })
    expect(sent).toEqual([])
  })

  test.each<[string, Parameters<typeof readyAttempt>[0], Record<string, unknown>, object]>([
    [
      'its params are refused in this status',
      {
        name: 'notify_onchain_funds_sent',
        params: { transaction_id: 't-1', stellar_transaction_id: 'x' },
      },
      documentOf({ status: 'pending_stellar' }),
      { code: expect.any(Number), message: expect.stringContaining('stellar_transaction_id') },
    ],
    [
      'its method does not exist any more',
      { name: 'no_such_method' },
      documentOf(),
      { code: -32601, message: expect.stringContaining('no_such_method') },
    ],
  ])('is rejected before it is sent when %s', async (_case, attempt, shown, error) => {
    const { args, sent } = await send({
      attempt,
      readings: [shown],
      records: [recorded('REJECTED', { outcome: { error: { code: -32600, message: 'x' } } })],
    })
    expect(args('record_outcome')[0]).toMatchObject({
      rpcId: args('start_sending')[0]?.['rpcId'],
      from: 'SENDING',
      to: 'REJECTED',
      outcome: { by: 'us', error },
      transaction: shown,
    })
    expect(sent).toEqual([])
  })
})

describe('the credit of a payment', () => {
  const onHold = documentOf({ kind: 'withdrawal', status: 'on_hold' })
  const attempt = {
    name: 'notify_onchain_funds_received',
    params: {
      transaction_id: 't-1',
      stellar_transaction_id: HASH,
      amount_in: { amount: '100' },
    },
    operationId: '4294967297',
    unattended: true,
  }

  test('is not sent by a machine to a transaction that somebody put on hold', async () => {
    const { args, sent } = await send({
      attempt: { ...attempt, origin: 'payment_observer' },
      readings: [onHold],
      records: [recorded('REJECTED', { outcome: { error: { code: -32600, message: 'x' } } })],
    })
    expect(args('record_outcome')[0]?.['outcome']).toEqual({
      by: 'us',
      error: {
        code: -32600,
        message: 'Transaction with id[t-1] is on hold: no machine credits a payment to it.',
        data: { reason: 'on_hold' },
      },
    })
    expect(sent).toEqual([])
  })

  test.each([
    ['assignment', onHold],
    ['payment_observer', documentOf({ kind: 'withdrawal' })],
  ])('with the origin %s is sent to %j, and claims its operation', async (origin, shown) => {
    const { args, sent } = await send({ attempt: { ...attempt, origin }, readings: [shown] })
    expect(sent).toHaveLength(1)
    expect(args('start_sending')[0]?.['claim']).toEqual({
      stellarTransaction: HASH,
      choices: [['4294967297']],
    })
  })

  test('that others report claims the whole Stellar transaction, by its hash in lower case', async () => {
    const params = { ...attempt.params, stellar_transaction_id: HASH.toUpperCase() }
    const shown = documentOf({ kind: 'withdrawal' })
    const { args } = await send({
      attempt: { ...attempt, params, operationId: null, unattended: false },
      readings: [shown],
    })
    expect(args('start_sending')[0]?.['claim']).toEqual({ stellarTransaction: HASH, choices: [] })
  })

  test.each([undefined, '', `${HASH}0`, `x${HASH}`, 'x'.repeat(64)])(
    'whose Stellar transaction is %j claims nothing',
    async (hash) => {
      const params = {
        ...attempt.params,
        ...(hash !== undefined && { stellar_transaction_id: hash }),
      }
      if (hash === undefined) Reflect.deleteProperty(params, 'stellar_transaction_id')
      const { args } = await send({
        attempt: { ...attempt, params, operationId: null },
        readings: [documentOf({ kind: 'withdrawal' })],
        records: [recorded('REJECTED', { outcome: { error: { code: -32600, message: 'x' } } })],
      })
      expect(args('start_sending')[0]?.['claim']).toBeNull()
    },
  )
})

describe('an attempt that the ledger is asked about', () => {
  const attempt = {
    name: 'notify_onchain_funds_received',
    params: { transaction_id: 't-1', stellar_transaction_id: HASH, amount_in: { amount: '100' } },
  }
  const shown = documentOf({
    kind: 'withdrawal',
    amount_in: {
      amount: '100',
      asset:
        closed().payments[0] &&
        'stellar:USDC:GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN',
    },
  })

  test('reads its transaction once more after the ledger, and stores what the ledger shows', async () => {
    const ledger = ledgerOf({ transaction: closed() })
    const evidence = { source: 'horizon', claimed: ['4294967297'] }
    const { args, read, result } = await send({
      attempt,
      readings: [shown],
      ledger,
      starts: [{ ...STARTED, ledger: evidence }],
    })
    expect(read).toEqual(['t-1', 't-1'])
    expect(args('start_sending')[0]).toMatchObject({
      ledger: { source: 'horizon', stellarTransaction: { hash: HASH, found: true } },
      claim: { stellarTransaction: HASH, choices: [['4294967297']] },
    })
    expect(result).toMatchObject({ kind: 'applied', ledger: evidence })
  })

  test('is rejected if the ledger shows another payment, and claims nothing', async () => {
    const other = closed([], { successful: false })
    const { args, sent } = await send({
      attempt,
      readings: [shown],
      ledger: ledgerOf({ transaction: other }),
      records: [recorded('REJECTED', { outcome: { error: { code: -32600, message: 'x' } } })],
    })
    expect(sent).toEqual([])
    expect(args('start_sending')[0]).toMatchObject({ claim: null, ledger: { source: 'horizon' } })
    expect(args('record_outcome')[0]?.['outcome']).toMatchObject({
      error: { data: { reason: 'stellar_transaction_failed' } },
    })
  })

  test('is put off while the ledger cannot be read', async () => {
    const down = new LedgerError('ledger_rate_limited', 'horizon answered 429', {
      retryAfterSeconds: 40,
    })
    const { args, result, sent } = await send({
      attempt,
      readings: [shown],
      ledger: ledgerOf({ transaction: down }),
      records: [recorded('READY')],
    })
    expect(sent).toEqual([])
    expect(result).toMatchObject({
      kind: 'open',
      state: 'READY',
      reason: 'The ledger could not be read: horizon answered 429',
    })
    expect(args('record_outcome')[0]).toMatchObject({ from: 'READY', settleInSeconds: 40 })
  })

  test('asks for a transaction that was found once, however long it waits for its turn', async () => {
    const ledger = ledgerOf({ transaction: closed() })
    await send({
      attempt,
      readings: [shown],
      ledger,
      starts: [notStarted('busy', { isLive: true }), STARTED],
    })
    expect(ledger.asked).toEqual([`transaction ${HASH}`])
  })
})

describe('an attempt behind another one of its transaction', () => {
  const WAITS = 'Another update of this transaction is under way; this one is sent after it.'

  test('tries again while a process is at work on the other, at growing intervals', async () => {
    const live = notStarted('busy', { isLive: true })
    const { result, slept, sent } = await send({ starts: [live, live, live, STARTED] })
    expect(result.kind).toBe('applied')
    expect(sent).toHaveLength(1)
    const ceilings = [20, 40, 80]
    const turns = slept.slice(0, -1)
    turns.forEach((ms, index) => {
      expect(ms).toBeGreaterThanOrEqual((ceilings[index] ?? 0) / 2)
      expect(ms).toBeLessThanOrEqual(ceilings[index] ?? 0)
    })
    expect(turns).toHaveLength(3)
  })

  test('gives up after 30 tries, of which none waits longer than 500 ms', async () => {
    const { result, slept, args } = await send({ starts: [notStarted('busy', { isLive: true })] })
    expect(args('start_sending')).toHaveLength(30)
    expect(Math.max(...slept)).toBeLessThanOrEqual(500)
    expect(Math.min(...slept.slice(5))).toBeGreaterThanOrEqual(250)
    expect(result).toMatchObject({ kind: 'open', state: 'READY', reason: WAITS })
  })

  test.each(['busy', 'order'])(
    'that is %s without a live process waits for the settler',
    async (reason) => {
      const { result, slept, sent } = await send({ starts: [notStarted(reason)] })
      expect(result).toEqual({
        kind: 'open',
        attemptId: ATTEMPT_ID,
        state: 'READY',
        reason: WAITS,
        settleBy: '2026-02-03T04:05:36.000Z',
      })
      expect([slept.length, sent.length]).toEqual([0, 0])
    },
  )

  test('that has ended meanwhile is answered as it ended', async () => {
    const start = notStarted('state', { state: 'EXPIRED', outcome: { reason: 'expired' } })
    const { result } = await send({ starts: [start] })
    expect(result).toMatchObject({ kind: 'rejected', state: 'EXPIRED' })
  })
})

describe('a platform that shows an earlier state', () => {
  test('is read again, because the first answer may have come late', async () => {
    const start = notStarted('stale', { isLive: true, earlier: [EARLIER] })
    const { args, read, result } = await send({ starts: [start, STARTED] })
    expect(result.kind).toBe('applied')
    expect(read).toHaveLength(2)
    expect(args('start_sending').map(({ earlier }) => earlier)).toEqual([[], [EARLIER]])
  })

  test('makes the update wait until that state counts', async () => {
    const start = notStarted('stale', { earlier: [{ ...EARLIER, confirmed: true }] })
    const { result, args, log } = await send({ starts: [start], records: [recorded('READY')] })
    expect(result).toMatchObject({
      kind: 'open',
      state: 'READY',
      reason: expect.stringMatching(/^platform_went_back: /),
      settleBy: EARLIER.takeAt,
    })
    expect(args('record_outcome')[0]).toMatchObject({ from: 'READY', to: 'READY' })
    expect(log).toEqual([['warn', 'platform_shows_earlier_state', expect.anything()]])
  })

  test('and an update that ended meanwhile is answered as it ended', async () => {
    const start = notStarted('stale', { earlier: [{ ...EARLIER, confirmed: true }] })
    const ended = { ...recorded('EXPIRED'), recorded: false }
    const { result } = await send({ starts: [start], records: [ended] })
    expect(result).toMatchObject({ kind: 'rejected', state: 'EXPIRED' })
  })

  test('without a time for it leaves the update to the settler', async () => {
    const { result, args } = await send({ starts: [notStarted('stale')] })
    expect(result).toMatchObject({ kind: 'open', state: 'READY' })
    expect(args('record_outcome')).toEqual([])
    const other = notStarted('busy', { earlier: [EARLIER] })
    expect((await send({ starts: [other] })).args('record_outcome')).toEqual([])
  })

  test('is told to a person once that state counts', async () => {
    const wentBack = {
      code: 'platform_went_back',
      transactionId: 't-1',
      from: null,
      to: null,
      since: SETTLE_AT,
      takenAt: SETTLE_AT,
    }
    const { log } = await send({ starts: [{ ...STARTED, wentBack: [wentBack] }] })
    expect(log).toEqual([['error', 'platform_went_back', expect.anything()]])
  })
})

describe('a lock conflict', () => {
  const CONFLICT: PlatformReply = { kind: 'conflict', message: 'modified' }

  test('reads the transaction and sends again at once, under a new id', async () => {
    const { result, sent, args } = await send({
      replies: [CONFLICT, RESULT],
      records: [recorded('READY'), recorded('APPLIED')],
    })
    expect(result.kind).toBe('applied')
    expect(sent).toHaveLength(2)
    expect(sent[0]?.rpcId).not.toBe(sent[1]?.rpcId)
    expect(args('record_outcome')[0]).toMatchObject({ to: 'READY', settleInSeconds: null })
  })

  test('is followed at most 5 times', async () => {
    const { result, sent } = await send({ replies: [CONFLICT], records: [recorded('READY')] })
    expect(sent).toHaveLength(6)
    expect(result).toMatchObject({
      kind: 'open',
      state: 'READY',
      reason: 'Other requests keep changing the transaction; this update is sent later.',
    })
  })

  test('of custody money, which may be paid, is not followed', async () => {
    const { sent, result } = await send({
      attempt: { custody: true },
      replies: [CONFLICT],
      records: [recorded('UNKNOWN')],
    })
    expect(sent).toHaveLength(1)
    expect(result).toMatchObject({ state: 'UNKNOWN' })
  })

  test('of an attempt that was settled meanwhile is not followed', async () => {
    const { sent, result } = await send({
      replies: [CONFLICT],
      records: [{ ...recorded('REJECTED'), recorded: false }],
    })
    expect(sent).toHaveLength(1)
    expect(result).toMatchObject({ kind: 'rejected' })
  })
})

describe('an update that was applied before it', () => {
  const applied = storedAttempt({ attemptId: '00000000-0000-4000-8000-000000000002' })
  const { transaction: _, ...lookFor } = applied

  test('and is gone stops the send: a person must decide first', async () => {
    const undone = documentOf({ updated_at: '2026-02-03T04:06:00Z' })
    const { result, sent, args } = await send({
      readings: [undone],
      starts: [{ ...STARTED, lookFor: [lookFor] }],
      records: [recorded('LOST'), recorded('READY')],
    })
    expect(sent).toEqual([])
    expect(args('record_outcome')).toMatchObject([
      { attemptId: applied.attemptId, to: 'LOST' },
      { attemptId: ATTEMPT_ID, rpcId: args('start_sending')[0]?.['rpcId'], to: 'READY' },
    ])
    expect(result).toMatchObject({
      kind: 'open',
      state: 'READY',
      reason:
        'An earlier update of this transaction was applied and is gone; a person must decide about it first.',
    })
  })

  test('and is shown lets it be sent', async () => {
    const later = documentOf({ ...APPLIED, status: 'on_hold', updated_at: '2026-02-03T04:06:00Z' })
    const { sent } = await send({
      readings: [later],
      starts: [{ ...STARTED, lookFor: [lookFor] }],
    })
    expect(sent).toHaveLength(1)
  })
})

describe('the head start that the database gave while it stored the attempt', () => {
  const RPC_ID = 'rpc-of-the-start'
  const sending = (pre = documentOf(), sinceMs = Date.parse('2026-02-03T04:05:06.000Z')) => ({
    rpcId: RPC_ID,
    pre,
    sinceMs,
  })

  test('is kept if the platform still shows the same transaction', async () => {
    const reading = Promise.resolve({ transaction: shownAs() })
    const { sent, calls, read } = await send({ headStart: { reading, sending: sending() } })
    expect(sent[0]?.rpcId).toBe(RPC_ID)
    expect(calls.map(({ name }) => name)).toEqual(['record_outcome'])
    expect(read).toEqual([])
  })

  test('counts from the time at which the attempt was stored', async () => {
    const { sent } = await send({
      headStart: {
        reading: null,
        sending: sending(documentOf(), Date.parse('2026-02-03T04:04:55.999Z')),
      },
      records: [recorded('READY')],
    })
    expect(sent).toEqual([])
  })

  test('is given back if the transaction has changed, and the send begins anew', async () => {
    const { sent, args } = await send({
      headStart: { reading: null, sending: sending(documentOf({ message: 'older' })) },
      records: [recorded('READY'), recorded('APPLIED')],
    })
    expect(args('record_outcome')[0]).toMatchObject({
      rpcId: RPC_ID,
      from: 'SENDING',
      to: 'READY',
    })
    expect(sent).toHaveLength(1)
    expect(sent[0]?.rpcId).not.toBe(RPC_ID)
  })

  test('that cannot be given back is answered as the attempt became', async () => {
    const { result, sent } = await send({
      headStart: { reading: null, sending: sending(documentOf({ message: 'older' })) },
      records: [{ ...recorded('UNKNOWN'), recorded: false }],
    })
    expect(result).toMatchObject({ kind: 'open', state: 'UNKNOWN' })
    expect(sent).toEqual([])
  })

  test('is given back when the transaction cannot be read', async () => {
    const { args } = await send({
      headStart: { reading: null, sending: sending() },
      readings: [unread()],
      records: [recorded('READY')],
    })
    expect(args('record_outcome')).toMatchObject([{ rpcId: RPC_ID, from: 'SENDING', to: 'READY' }])
  })
})
