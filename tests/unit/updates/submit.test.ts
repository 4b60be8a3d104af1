import { describe, expect, test } from 'vitest'
import { FULL_RIGHTS, type Right } from '../../../lib/caller.ts'
import { toAppError } from '../../../lib/db/errors.ts'
import type { PlatformReply } from '../../../lib/platform/reply.ts'
import { createPace } from '../../../lib/updates/pace.ts'
import {
  type RequestedUpdate,
  type RequestIdentity,
  sendAssigned,
  sendStored,
  submitUpdates,
  type UpdateSource,
} from '../../../lib/updates/submit.ts'
import {
  APPLIED,
  ATTEMPT_ID,
  documentOf,
  machine,
  modelDatabase,
  PARAMS,
  RECEIVED,
  type Shown,
  START,
  scriptedDatabase,
  shownAs,
  unread,
} from './machine.ts'

const RESULT: PlatformReply = { kind: 'result', transaction: shownAs(APPLIED) }
const HOLDER: RequestIdentity = { key: 'key-1', holder: 'http-1', bodySha256: 'a' }
const MADE: RequestIdentity = { key: 'made-1', holder: null, bodySha256: 'a' }
const from = (rights: ReadonlySet<Right> = FULL_RIGHTS): UpdateSource => ({
  origin: 'rpc',
  caller: { keyName: 'shop', rights },
  replay: null,
})
const received: RequestedUpdate = { method: RECEIVED, params: PARAMS }
const lost = () => toAppError('begin_updates', { message: 'fetch failed' })

interface World {
  readings?: Shown[]
  replies?: (PlatformReply | Error)[]
}

/** The service on the tables of the simulation. */
function service({ readings = [documentOf()], replies = [RESULT] }: World = {}) {
  const clock = { now: () => START }
  const database = modelDatabase(() => clock.now())
  const world = machine({ db: database.db, readings, replies })
  clock.now = () => world.clock.ms
  const submit = (
    updates: RequestedUpdate[],
    {
      identity = MADE,
      source = from(),
    }: { identity?: RequestIdentity; source?: UpdateSource } = {},
  ) => submitUpdates(updates, identity, source, world.io)
  /** The results of updates that were carried out. */
  const resultsOf = async (...args: Parameters<typeof submit>) => {
    const submitted = await submit(...args)
    if (submitted.kind !== 'done') throw new TypeError(`The request is ${submitted.kind}`)
    return submitted.results
  }
  return { ...database, ...world, submit, resultsOf }
}

/** The service on a database that gives these answers. */
function scripted(answers: Record<string, readonly unknown[]>, world: World = {}) {
  const { db, calls } = scriptedDatabase(answers)
  const { readings = [documentOf()], replies = [RESULT] } = world
  const shared = machine({ db, readings, replies })
  const submit = (updates: RequestedUpdate[], identity = MADE) =>
    submitUpdates(updates, identity, from(), shared.io)
  return { ...shared, calls, submit }
}

const begun = (fields: object = {}) => ({
  index: 0,
  attemptId: ATTEMPT_ID,
  seq: '1',
  created: true,
  state: 'READY',
  rpcId: null,
  outcome: null,
  refusal: null,
  transaction: null,
  ...fields,
})
const request = (updates: object[], fields: object = {}) => ({
  request: 'none',
  answer: null,
  updates,
  ...fields,
})

describe('an update of a request', () => {
  test('is stored before it is sent, with everything that makes it this update', async () => {
    const { resultsOf, calls, sent, attempts } = service()
    const [result] = await resultsOf([received])
    expect(result).toMatchObject({ kind: 'applied', transaction: documentOf(APPLIED) })
    expect(calls.map(({ name }) => name)).toEqual([
      'begin_updates',
      'start_sending',
      'record_outcome',
    ])
    expect(calls[0]?.args).toEqual({
      key: 'made-1',
      holder: null,
      bodySha256: 'a',
      takeoverSeconds: 120,
      updates: [
        {
          index: 0,
          transactionId: 't-1',
          method: RECEIVED,
          params: PARAMS,
          naturalKey: null,
          custody: false,
          origin: 'rpc',
          keyName: 'shop',
          refund: null,
          expiresInSeconds: null,
          rpcId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          forced: null,
          replay: null,
        },
      ],
    })
    expect(sent).toHaveLength(1)
    expect(attempts()).toMatchObject([{ state: 'APPLIED', origin: 'rpc' }])
  })

  test('takes its head start: the send that the database began with the stored transaction', async () => {
    const { resultsOf, sent, calls, attempts } = service({
      readings: [documentOf(), documentOf(APPLIED)],
      replies: [
        RESULT,
        {
          kind: 'result',
          transaction: shownAs({
            ...APPLIED,
            status: 'on_hold',
            updated_at: '2026-02-03T04:06:07Z',
          }),
        },
      ],
    })
    await resultsOf([received])
    const hold = { method: 'notify_transaction_on_hold', params: { transaction_id: 't-1' } }
    await resultsOf([hold], { identity: { ...MADE, key: 'made-2' } })
    expect(calls.slice(3).map(({ name }) => name)).toEqual(['begin_updates', 'record_outcome'])
    expect(attempts()[1]?.rpcId).toBe(sent[1]?.rpcId)
  })

  test.each<[string, RequestedUpdate, ReadonlySet<Right>, object]>([
    [
      'its method does not exist',
      { method: 'no_such_method', params: PARAMS },
      FULL_RIGHTS,
      { code: -32601 },
    ],
    [
      'its time limit is not a number of seconds',
      { method: RECEIVED, params: { ...PARAMS, expires_in_seconds: 'x' } },
      FULL_RIGHTS,
      { code: -32602, message: expect.stringContaining('expires_in_seconds') },
    ],
    [
      'it is forced without a note',
      { method: 'notify_onchain_funds_sent', params: { ...PARAMS, force: true } },
      FULL_RIGHTS,
      { code: -32602, message: expect.stringContaining('note') },
    ],
    [
      'it is forced by a key without the scope',
      { method: 'notify_onchain_funds_sent', params: { ...PARAMS, force: true, note: 'n' } },
      new Set(['update']),
      { code: -32600, data: { reason: 'missing_scope', scope: 'force' } },
    ],
    [
      'its params cannot be read',
      { method: RECEIVED, params: {} },
      FULL_RIGHTS,
      { code: -32603, message: 'transactionId is marked non-null but is null' },
    ],
    [
      'the platform would surely refuse its params',
      {
        method: RECEIVED,
        params: { ...PARAMS, external_transaction_id: 'x'.repeat(256) },
      },
      FULL_RIGHTS,
      { message: expect.stringContaining('external_transaction_id') },
    ],
  ])('is refused before it is stored when %s', async (_case, update, rights, error) => {
    const { resultsOf, calls } = service()
    const [result] = await resultsOf([update], { source: from(rights) })
    expect(result).toMatchObject({ kind: 'rejected', attemptId: null, error })
    expect(calls).toEqual([])
  })

  test('that is refused is kept under the key of its caller, whose repeat gets the same answer', async () => {
    const { resultsOf, calls } = service()
    const refused = { method: 'no_such_method', params: PARAMS }
    await resultsOf([refused], { identity: HOLDER })
    expect(calls).toMatchObject([{ name: 'begin_updates', args: { updates: [] } }])
  })

  test('has the fee in the form of the release, and a fee without an asset is refused', async () => {
    const { io, db } = service()
    const profile = { release: '4.2', custody: false } as const
    const fee = (amount_fee: object) => [
      {
        method: 'notify_amounts_updated',
        params: { transaction_id: 't-1', amount_out: { amount: '9' }, amount_fee },
      },
    ]
    const submit = (amount_fee: object) =>
      submitUpdates(fee(amount_fee), MADE, from(), { ...io, db, profile })
    expect(await submit({ amount: '1' })).toMatchObject({
      results: [{ kind: 'rejected', error: { message: expect.stringContaining('amount_fee') } }],
    })
  })

  test('that a person forces keeps the note, its time limit and its custody', async () => {
    const { calls, io } = service()
    const profile = { release: '2.8', custody: true } as const
    const update = {
      method: 'do_stellar_payment',
      params: { transaction_id: 't-1', expires_in_seconds: '60' },
    }
    const forced = {
      method: 'notify_onchain_funds_sent',
      params: {
        transaction_id: 't-1',
        stellar_transaction_id: 'ab'.repeat(32),
        force: true,
        note: 'seen',
      },
    }
    await submitUpdates([update, forced], MADE, from(), { ...io, profile })
    expect(calls[0]?.args['updates']).toMatchObject([
      { custody: true, expiresInSeconds: 60, forced: null, naturalKey: null },
      {
        custody: false,
        expiresInSeconds: null,
        forced: 'seen',
        rpcId: null,
        naturalKey: expect.stringContaining('notify_onchain_funds_sent'),
      },
    ])
  })
})

describe('the updates of a request', () => {
  const other = (id: string) => ({ method: RECEIVED, params: { ...PARAMS, transaction_id: id } })

  test('are answered in their order, side by side across transactions', async () => {
    const { resultsOf, sent } = service({ readings: [documentOf()], replies: [RESULT] })
    const results = await resultsOf([other('t-1'), { method: 'x', params: {} }, other('t-2')])
    expect(results.map(({ kind }) => kind)).toEqual(['applied', 'rejected', 'applied'])
    expect(sent).toHaveLength(2)
  })

  test('of one transaction wait behind one that is open', async () => {
    const { resultsOf, sent, attempts } = service({
      replies: [{ kind: 'unclear', reason: 'timeout', body: '' }],
    })
    const results = await resultsOf([received, { ...received }, other('t-2')])
    expect(results[0]).toMatchObject({ kind: 'open', state: 'UNKNOWN' })
    expect(results[1]).toEqual({
      kind: 'open',
      attemptId: attempts()[1]?.id,
      state: 'READY',
      reason: 'An earlier update of this transaction is not settled; this one is sent after it.',
      settleBy: null,
    })
    expect(sent).toHaveLength(2)
  })

  test('that name a refund twice are stored one after another, the later with all behind it', async () => {
    const asset = 'iso4217:USD'
    const refund = {
      method: 'notify_refund_sent',
      params: {
        transaction_id: 't-1',
        refund: { id: 'R', amount: { amount: '1', asset }, amount_fee: { amount: '0', asset } },
      },
    }
    const { resultsOf, calls } = service({ readings: [documentOf({ status: 'pending_anchor' })] })
    await resultsOf([refund, { ...refund }, received, other('t-2')])
    const stored = calls
      .filter(({ name }) => name === 'begin_updates')
      .map(({ args }) => (args['updates'] as { index: number }[]).map(({ index }) => index))
    expect(stored[0]).toEqual([0, 3])
    expect(stored.slice(1)).toEqual([[1], [2]])
  })
})

describe('a request', () => {
  test('without updates is stored only under the key of its caller', async () => {
    const { submit, calls } = service()
    expect(await submit([])).toEqual({ kind: 'done', results: [] })
    expect(calls).toEqual([])
    expect(await submit([], { identity: HOLDER })).toEqual({ kind: 'done', results: [] })
    expect(calls).toHaveLength(1)
  })

  test('that was answered before gets its answer, and nothing is sent', async () => {
    const answer = { status: 200, body: '{}' }
    const open = [begun({ state: 'UNKNOWN' })]
    const { submit, sent } = scripted({
      begin_updates: [request(open, { request: 'replay', answer })],
    })
    expect(await submit([received], HOLDER)).toEqual({ kind: 'replay', answer, open })
    expect(sent).toEqual([])
  })

  test.each(['running', 'conflict'] as const)('that is %s does nothing', async (kind) => {
    const { submit, sent } = scripted({ begin_updates: [request([], { request: kind })] })
    expect(await submit([received], HOLDER)).toEqual({ kind })
    expect(sent).toEqual([])
  })

  test('that cannot be stored is not sent, and its one repeat is made at once', async () => {
    const { submit, sent, calls } = scripted({ begin_updates: [lost()] })
    await expect(submit([received])).rejects.toMatchObject({ code: 'database_unavailable' })
    expect(calls).toHaveLength(2)
    expect(sent).toEqual([])
  })

  test('is not stored twice after an answer of the database that says so', async () => {
    const refused = toAppError('begin_updates', { code: '22023', message: 'no' })
    const { submit, calls } = scripted({ begin_updates: [refused] })
    await expect(submit([received])).rejects.toBe(refused)
    expect(calls).toHaveLength(1)
  })
})

describe('an update that was found stored', () => {
  test.each<[string, object, object]>([
    ['REJECTED', { error: { code: -32600, message: 'no' } }, { kind: 'rejected' }],
    ['UNKNOWN', { reason: 'timeout' }, { kind: 'open', reason: 'timeout' }],
    // The send of another process: this one must not send under its id.
    ['SENDING', { reason: 'x' }, { kind: 'open', state: 'SENDING' }],
  ])('as %s is answered so, and is not sent', async (state, outcome, expected) => {
    const { submit, sent } = scripted({
      begin_updates: [request([begun({ created: false, state, outcome, rpcId: 'another' })])],
    })
    expect(await submit([received])).toMatchObject({ results: [expected] })
    expect(sent).toEqual([])
  })

  test('as READY is sent under the doubt and the id that it has', async () => {
    const { submit, calls } = scripted(
      {
        begin_updates: [
          request([begun({ created: false, rpcId: 'old', outcome: { mayBeApplied: true } })]),
        ],
        record_outcome: [{ recorded: true, state: 'READY', outcome: null, settleAt: null }],
      },
      { readings: [unread()] },
    )
    await submit([received])
    expect(calls[1]?.args).toMatchObject({
      rpcId: 'old',
      from: 'READY',
      outcome: { mayBeApplied: true },
    })
  })

  test('without an attempt is a fault of the database', async () => {
    const { submit } = scripted({ begin_updates: [request([begun({ attemptId: null })])] })
    await expect(submit([received])).rejects.toThrow('A stored update has no attempt')
    const stateless = scripted({ begin_updates: [request([begun({ state: null })])] })
    await expect(stateless.submit([received])).rejects.toThrow('A stored update has no attempt')
  })

  test('under another code than its own is refused by the database', async () => {
    const cases: [string, object, object][] = [
      [
        'natural_key_used',
        { naturalKey: 'k' },
        {
          code: -32600,
          message: 'This Stellar transaction was reported before, with other params.',
          data: { reason: 'natural_key_used', naturalKey: 'k' },
        },
      ],
      [
        'credit_given_up',
        { operationId: '7', creditedBy: null },
        {
          code: -32600,
          message: 'its payment, operation 7, is no longer credited with it',
          data: { reason: 'credit_given_up', operationId: '7', creditedBy: null },
        },
      ],
      [
        'credit_given_up',
        { operationId: '7', creditedBy: '8' },
        {
          code: -32600,
          message:
            'its payment, operation 7, is given up, because operation 8 is credited to the transaction instead',
          data: { reason: 'credit_given_up', operationId: '7', creditedBy: '8' },
        },
      ],
      [
        'refund_repeated',
        { refundId: 'R' },
        {
          code: -32602,
          message: 'A refund with this id was reported before.',
          data: { reason: 'refund_repeated', refundId: 'R' },
        },
      ],
      [
        'blocked_by_manual',
        { attemptId: 'a' },
        {
          code: -32603,
          message:
            'An earlier update of this transaction waits for a person to say whether it was applied.',
          data: { state: 'manual', reason: 'blocked_by_manual', attemptId: 'a' },
        },
      ],
    ]
    for (const [code, detail, error] of cases) {
      const { submit, sent } = scripted({
        begin_updates: [request([begun({ state: 'REJECTED', refusal: { code, detail } })])],
      })
      expect(await submit([received])).toEqual({
        kind: 'done',
        results: [{ kind: 'rejected', attemptId: null, error }],
      })
      expect(sent).toEqual([])
    }
  })

  test('as applied before is told with the transaction, which is not sent to again', async () => {
    const { submit, sent } = scripted(
      { begin_updates: [request([begun({ created: false, state: 'APPLIED' })])] },
      { readings: [documentOf(APPLIED)] },
    )
    expect(await submit([received])).toEqual({
      kind: 'done',
      results: [{ kind: 'applied', attemptId: ATTEMPT_ID, transaction: documentOf(APPLIED) }],
    })
    expect(sent).toEqual([])
  })

  test('as applied before with other params is refused', async () => {
    const refusal = { code: 'natural_key_used', detail: {} }
    const { submit } = scripted(
      { begin_updates: [request([begun({ created: false, state: 'APPLIED', refusal })])] },
      { readings: [documentOf(APPLIED)] },
    )
    expect(await submit([received])).toMatchObject({
      results: [{ kind: 'rejected', error: { data: { reason: 'natural_key_used' } } }],
    })
  })
})

describe('a payment that is reported again from on_hold', () => {
  const onHold = documentOf({
    kind: 'withdrawal',
    status: 'on_hold',
    updated_at: '2026-02-03T04:20:00Z',
  })
  const payment = {
    method: 'notify_onchain_funds_received',
    params: {
      transaction_id: 't-1',
      stellar_transaction_id: 'ab'.repeat(32),
      amount_in: { amount: '100' },
    },
  }
  const before = request([begun({ created: false, state: 'APPLIED', transaction: onHold })])
  const after = (fields: object) => request([begun(fields)], { request: 'new' })

  const again = (first: object, ...then: unknown[]) =>
    scripted(
      {
        read_attempt: [null],
        begin_updates: [first, ...then],
        start_sending: [
          { started: true, earlier: [], wentBack: [], tries: 1, ledger: null, lookFor: [] },
        ],
        record_outcome: [{ recorded: true, state: 'APPLIED', outcome: null, settleAt: null }],
      },
      { readings: [onHold] },
    )

  test('under a new key is stored with a natural key of its own, and sent', async () => {
    const { submit, sent, calls } = again({ ...before, request: 'new' }, after({}))
    expect(await submit([payment], HOLDER)).toMatchObject({ results: [{ kind: 'applied' }] })
    expect(sent).toHaveLength(1)
    const later = calls.filter(({ name }) => name === 'begin_updates')[1]
    expect(later?.args['updates']).toMatchObject([
      { naturalKey: expect.stringContaining('on_hold') },
    ])
  })

  test('by a request that was taken over from a dead process is not meant again', async () => {
    const { submit, sent } = again({ ...before, request: 'new', takenOver: true })
    expect(await submit([payment], HOLDER)).toMatchObject({
      results: [{ kind: 'rejected', error: { data: { reason: 'reported_before' } } }],
    })
    expect(sent).toEqual([])
  })

  test('without a key is not meant again', async () => {
    const { submit, sent } = again(before)
    expect(await submit([payment])).toMatchObject({ results: [{ kind: 'rejected' }] })
    expect(sent).toEqual([])
  })

  test('that cannot be stored is told as unstored', async () => {
    const { submit, log } = again({ ...before, request: 'new' }, lost())
    expect(await submit([payment], HOLDER)).toMatchObject({ results: [{ kind: 'unstored' }] })
    expect(log).toMatchObject([['error', 'update_not_stored', { method: payment.method }]])
  })
})

describe('a later update of a request that is stored on its own', () => {
  const asset = 'iso4217:USD'
  const refund = {
    method: 'notify_refund_sent',
    params: {
      transaction_id: 't-1',
      refund: { id: 'R', amount: { amount: '1', asset }, amount_fee: { amount: '0', asset } },
    },
  }
  const rejected = begun({ refusal: { code: 'refund_repeated', detail: {} } })

  test.each<[string, unknown]>([
    ['the answer of the database is lost', lost()],
    ['another process has taken the request over', request([])],
  ])('is told as unstored, with its key, when %s', async (_case, second) => {
    const { submit } = scripted({ begin_updates: [request([rejected]), second] })
    expect(await submit([refund, refund])).toMatchObject({
      results: [{ kind: 'rejected' }, { kind: 'unstored', idempotencyKey: 'made-1' }],
    })
  })

  test('blocks what comes behind it when it is unstored', async () => {
    const { submit } = scripted({
      begin_updates: [request([rejected]), request([]), request([begun({ index: 2 })])],
    })
    expect(await submit([refund, refund, received])).toMatchObject({
      results: [
        { kind: 'rejected' },
        { kind: 'unstored' },
        { kind: 'open', state: 'READY', settleBy: null },
      ],
    })
  })
})

describe('a refund above amount_in as it was stored', () => {
  const asset = 'iso4217:USD'
  const refund = {
    method: 'notify_refund_sent',
    params: {
      transaction_id: 't-1',
      refund: { id: 'R', amount: { amount: '1', asset }, amount_fee: { amount: '0', asset } },
    },
  }
  const exceeds = begun({
    attemptId: null,
    state: null,
    refusal: { code: 'refund_exceeds', detail: { total: '9' } },
  })
  const refusedAgain = {
    kind: 'rejected',
    attemptId: null,
    error: {
      code: -32602,
      message: 'Refund amount exceeds amount_in',
      data: { reason: 'refund_exceeds', total: '9' },
    },
  }
  const STORED = { stored: 1, earlier: [], wentBack: [] }

  test('is judged again by the transaction as it is now', async () => {
    const { submit, calls } = scripted({
      begin_updates: [
        request([exceeds]),
        request([begun({ state: 'REJECTED', outcome: { reason: 'x' } })]),
      ],
      store_transactions: [STORED],
    })
    expect(await submit([refund])).toMatchObject({
      results: [{ kind: 'rejected', attemptId: ATTEMPT_ID }],
    })
    expect(calls.map(({ name }) => name)).toEqual([
      'begin_updates',
      'store_transactions',
      'begin_updates',
    ])
    expect(calls[1]?.args['transactions']).toEqual([documentOf()])
  })

  test.each<[string, Shown]>([
    ['cannot be read', unread()],
    ['is not there', null],
  ])('is refused when the transaction %s', async (_case, shown) => {
    const { submit, calls } = scripted(
      { begin_updates: [request([exceeds])] },
      { readings: [shown] },
    )
    expect(await submit([refund])).toEqual({ kind: 'done', results: [refusedAgain] })
    expect(calls).toHaveLength(1)
  })

  test('is refused when the transaction cannot be stored, which is logged', async () => {
    const error = toAppError('store_transactions', { message: 'fetch failed' })
    const { submit, log } = scripted({
      begin_updates: [request([exceeds])],
      store_transactions: [error],
    })
    expect(await submit([refund])).toEqual({ kind: 'done', results: [refusedAgain] })
    expect(log).toEqual([['error', 'transaction_not_stored', { transactionId: 't-1', error }]])
  })

  test('is read on its own when it is stored later than the first updates', async () => {
    const { submit, read } = scripted({
      begin_updates: [
        request([begun({ refusal: { code: 'refund_repeated', detail: {} } })]),
        request([{ ...exceeds, index: 1 }]),
        request([{ ...exceeds, index: 1 }]),
      ],
      store_transactions: [STORED],
    })
    expect(await submit([refund, refund])).toMatchObject({
      results: [{ kind: 'rejected' }, refusedAgain],
    })
    expect(read).toHaveLength(2)
  })
})

describe('an update whose send breaks off', () => {
  const interrupted = {
    kind: 'open',
    attemptId: ATTEMPT_ID,
    state: 'UNKNOWN',
    reason: 'The update is stored; what became of it is settled later.',
    settleBy: '2026-02-03T04:08:06.000Z',
  }
  const error = toAppError('start_sending', { message: 'fetch failed' })
  const broken = { begin_updates: [request([begun()])], start_sending: [error] }
  const stored = {
    attemptId: ATTEMPT_ID,
    operationId: '7',
    method: 'notify_onchain_funds_received',
    params: {
      transaction_id: 't-1',
      stellar_transaction_id: 'ab'.repeat(32),
      amount_in: { amount: '1' },
    },
  }
  const logged = (method: string) => [
    ['error', 'update_interrupted', { attemptId: ATTEMPT_ID, method, error }],
  ]

  test('is open, and is never told as failed', async () => {
    const { submit, log } = scripted(broken)
    expect(await submit([received])).toEqual({ kind: 'done', results: [interrupted] })
    expect(log).toEqual(logged(RECEIVED))
  })

  test('after a person assigned its payment, too', async () => {
    const { io, log } = scripted(broken, { readings: [documentOf({ kind: 'withdrawal' })] })
    expect(await sendAssigned(stored, io)).toEqual(interrupted)
    expect(log).toEqual(logged(stored.method))
  })

  test('keeps no other credit of the observer from being sent', async () => {
    const { io, log, sent } = scripted(
      {
        ...broken,
        start_sending: [
          error,
          { started: true, earlier: [], wentBack: [], tries: 1, ledger: null, lookFor: [] },
        ],
        record_outcome: [{ recorded: true, state: 'APPLIED', outcome: null, settleAt: null }],
      },
      { readings: [documentOf({ kind: 'withdrawal' })] },
    )
    const lists = [[stored], [{ ...stored, operationId: '8' }]]
    const limits = { pace: createPace(io.now), isOver: () => false }
    await sendStored(async () => lists.shift() ?? [], limits, io)
    expect(log).toEqual(logged(stored.method))
    expect(sent).toHaveLength(1)
  })
})

describe('the credit of a payment', () => {
  const credit = {
    attemptId: ATTEMPT_ID,
    operationId: '7',
    method: 'notify_onchain_funds_received',
    params: {
      transaction_id: 't-1',
      stellar_transaction_id: 'ab'.repeat(32),
      amount_in: { amount: '1' },
    },
  }
  const onHold = documentOf({ kind: 'withdrawal', status: 'on_hold' })
  const answers = {
    start_sending: [
      { started: true, earlier: [], wentBack: [], tries: 1, ledger: null, lookFor: [] },
    ],
    record_outcome: [{ recorded: true, state: 'APPLIED', outcome: null, settleAt: null }],
    read_attempt: [null],
  }

  test('that a person assigned is sent from on_hold too, and is answered', async () => {
    const { io, sent, calls } = scripted(answers, { readings: [onHold] })
    expect(await sendAssigned(credit, io)).toMatchObject({ kind: 'applied' })
    expect(sent).toHaveLength(1)
    expect(calls[0]?.args['claim']).toMatchObject({ choices: [['7']] })
  })

  test('of the observer is not sent from on_hold', async () => {
    const { io, sent, calls } = scripted(answers, { readings: [onHold] })
    const lists = [[credit]]
    const limits = { pace: createPace(io.now), isOver: () => false }
    await sendStored(async () => lists.shift() ?? [], limits, io)
    expect(sent).toEqual([])
    const outcome = calls.find(({ name }) => name === 'record_outcome')
    expect(outcome?.args).toMatchObject({ to: 'REJECTED' })
  })

  test('of the observer is sent, and claims its operation', async () => {
    const { io, sent, calls } = scripted(answers, {
      readings: [documentOf({ kind: 'withdrawal' })],
    })
    const lists = [[credit]]
    const limits = { pace: createPace(io.now), isOver: () => false }
    await sendStored(async () => lists.shift() ?? [], limits, io)
    expect(sent).toHaveLength(1)
    expect(calls[0]?.args['claim']).toMatchObject({ choices: [['7']] })
  })
})
