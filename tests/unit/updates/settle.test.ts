import { describe, expect, test } from 'vitest'
import type { Config } from '../../../lib/config.ts'
import { AppError } from '../../../lib/errors.ts'
import type { PlatformReply } from '../../../lib/platform/reply.ts'
import { settleOnSchedule, settleUpdates } from '../../../lib/updates/settle.ts'
import type { UnsettledAttempt } from '../../../lib/updates/store-settling.ts'
import {
  APPLIED,
  ATTEMPT_ID,
  CHANGED,
  documentOf,
  machine,
  type Shown,
  scriptedDatabase,
  shownAs,
  storedAttempt,
  unread,
} from './machine.ts'

const SETTLE_AT = '2026-02-03T04:06:06.000Z'
const STARTED = { started: true, earlier: [], wentBack: [], tries: 1, ledger: null, lookFor: [] }
const RESULT: PlatformReply = { kind: 'result', transaction: shownAs(APPLIED) }
const recorded = (state: string, outcome: object | null = null) => ({
  recorded: true,
  state,
  outcome,
  settleAt: SETTLE_AT,
})

const unsettled = (fields: Partial<UnsettledAttempt> = {}): UnsettledAttempt => ({
  ...storedAttempt({ state: 'UNKNOWN', post: null, transaction: documentOf() }),
  secondsSinceSent: 180,
  ...fields,
})

interface Run {
  attempts?: UnsettledAttempt[]
  readings?: Shown[]
  records?: unknown[]
  replies?: (PlatformReply | Error)[]
  more?: Record<string, readonly unknown[]>
}

async function settle({
  attempts = [unsettled()],
  readings = [documentOf()],
  records = [recorded('READY')],
  replies = [RESULT],
  more = {},
}: Run = {}) {
  const { db, calls } = scriptedDatabase({
    claim_unsettled: [{ attempts }, { attempts: [] }],
    record_outcome: records,
    start_sending: [STARTED],
    end_looks: [{ ended: 1 }],
    find_others: [{ ids: [] }],
    store_transactions: [{ stored: 1, earlier: [], wentBack: [] }],
    ...more,
  })
  const world = machine({ db, readings, replies })
  const settlement = await settleUpdates({ isOver: () => false }, world.io)
  const args = (name: string) => calls.filter((call) => call.name === name).map((call) => call.args)
  return { settlement, args, calls: calls.map(({ name }) => name), ...world }
}

const NOTHING = { settled: 0, applied: 0, rejected: 0, notApplied: 0, manual: 0, remaining: 0 }
const moved = (to: string, fields: object = {}) => ({
  attemptId: ATTEMPT_ID,
  rpcId: 'rpc-1',
  from: 'UNKNOWN',
  to,
  lookAt: null,
  ...fields,
})

test('attempts are claimed for 120 s, and what was silent for 60 s', async () => {
  const { settlement, args } = await settle({ attempts: [] })
  expect(settlement).toEqual(NOTHING)
  expect(args('claim_unsettled')).toEqual([
    {
      holder: expect.stringMatching(/^[0-9a-f-]{36}$/),
      limit: expect.any(Number),
      sendingAfterSeconds: 60,
      readyAfterSeconds: 60,
      pausedToo: true,
      claimSeconds: 120,
    },
  ])
})

describe('an unknown attempt', () => {
  test('whose transaction shows it is applied, however short ago it was sent', async () => {
    const { settlement, args } = await settle({
      attempts: [unsettled({ secondsSinceSent: 1 })],
      readings: [documentOf(APPLIED)],
      records: [recorded('APPLIED')],
    })
    expect(settlement).toEqual({ ...NOTHING, settled: 1, applied: 1 })
    expect(args('record_outcome')).toMatchObject([{ from: 'UNKNOWN', to: 'APPLIED' }])
  })

  test.each([
    [0, 1],
    [2, 1],
    [5, 5],
    [59, 1],
    [60, 120],
    [100, 80],
    [179, 1],
    [null, 1],
  ])('sent %s s ago is read again %i s later, and nothing else ends it', async (since, seconds) => {
    for (const shown of [documentOf(), documentOf(CHANGED), null]) {
      const { settlement, args, log } = await settle({
        attempts: [unsettled({ secondsSinceSent: since, outcome: { mayBeApplied: true } })],
        readings: [shown],
        records: [recorded('UNKNOWN')],
      })
      expect(settlement).toEqual({ ...NOTHING, remaining: 1 })
      expect(args('record_outcome')).toEqual([
        moved('UNKNOWN', { outcome: null, transaction: null, settleInSeconds: seconds }),
      ])
      expect(log).toEqual([])
    }
  })

  test('whose transaction did not change in 180 s is sent again', async () => {
    const { settlement, args, sent } = await settle({
      records: [recorded('READY'), recorded('APPLIED')],
    })
    expect(settlement).toEqual({ ...NOTHING, settled: 1, applied: 1 })
    expect(args('record_outcome')[0]).toEqual(
      moved('READY', {
        outcome: { by: 'evidence', reason: 'the transaction did not change' },
        transaction: documentOf(),
        settleInSeconds: null,
      }),
    )
    expect(sent).toHaveLength(1)
    expect(sent[0]?.rpcId).not.toBe('rpc-1')
  })

  test.each([
    [1, 'READY'],
    [2, 'READY'],
    [3, 'NOT_APPLIED'],
    [4, 'NOT_APPLIED'],
  ])('that did nothing after %i tries becomes %s', async (tries, to) => {
    const { settlement, args } = await settle({
      attempts: [unsettled({ tries })],
      records: [recorded(to === 'READY' ? 'WITHDRAWN' : to)],
    })
    expect(args('record_outcome')[0]).toMatchObject({ to })
    if (to !== 'NOT_APPLIED') return
    expect(args('record_outcome')[0]?.['outcome']).toEqual({
      by: 'evidence',
      reason: `the transaction did not change after ${tries} tries`,
    })
    expect(settlement).toEqual({ ...NOTHING, settled: 1, notApplied: 1 })
  })

  const HARMLESS = 'notify_amounts_updated'
  const legal = documentOf({
    sep: '6',
    kind: 'withdrawal',
    status: 'pending_anchor',
    transfer_received_at: '2026-02-01T00:00:00Z',
  })
  const harmless = {
    method: HARMLESS,
    params: { transaction_id: 't-1', amount_out: { amount: '9' }, amount_fee: { amount: '1' } },
    pre: legal,
    transaction: legal,
  }
  const changed = { ...legal, updated_at: '2026-02-03T04:05:07Z', message: 'by hand' }

  test('that a repeat would not harm is sent again after another change, and marked', async () => {
    const { args, sent } = await settle({
      attempts: [unsettled(harmless)],
      readings: [changed],
      records: [recorded('READY'), recorded('UNKNOWN')],
      replies: [{ kind: 'error', code: -32600, message: 'no' }],
    })
    expect(args('record_outcome')[0]).toMatchObject({
      to: 'READY',
      outcome: { by: 'evidence', reason: 'a repeat changes nothing', mayBeApplied: true },
    })
    expect(sent).toHaveLength(1)
    // A rejection of the repeat does not say that the first send was not applied.
    expect(args('record_outcome')[1]).toMatchObject({
      to: 'UNKNOWN',
      outcome: { mayBeApplied: true },
    })
  })

  test.each<[string, Partial<UnsettledAttempt>, Shown, string]>([
    [
      'its platform does not have the transaction any more',
      {},
      null,
      'the platform does not know the transaction any more',
    ],
    [
      'somebody changed the transaction',
      {},
      documentOf(CHANGED),
      'the transaction changed, and not clearly by this update',
    ],
    [
      'a repeat would count',
      {
        method: 'notify_refund_pending',
        params: { transaction_id: 't-1' },
        pre: documentOf({ status: 'pending_anchor' }),
      },
      documentOf({ ...CHANGED, status: 'pending_anchor' }),
      'the transaction changed, and not clearly by this update',
    ],
    [
      'a harmless repeat is not legal any more',
      harmless,
      { ...changed, status: 'completed' },
      'the transaction changed, and not clearly by this update',
    ],
    [
      'a harmless repeat was tried 3 times',
      { ...harmless, tries: 3 },
      changed,
      'the transaction changed, and not clearly by this update',
    ],
    [
      'a harmless repeat may pay',
      { ...harmless, custody: true },
      changed,
      'the transaction changed, and not clearly by this update',
    ],
    [
      'the transaction was not read before the send',
      { pre: null },
      documentOf(),
      'the transaction changed, and not clearly by this update',
    ],
    [
      'custody may have paid',
      { custody: true },
      documentOf(),
      'the transaction did not change, but custody may have paid',
    ],
    [
      'custody may have paid, after 3 tries',
      { custody: true, tries: 3 },
      documentOf(),
      'the transaction did not change, but custody may have paid',
    ],
    [
      'an earlier send may have been applied',
      { tries: 3, outcome: { mayBeApplied: true } },
      documentOf(),
      'an earlier send may have been applied',
    ],
  ])('waits for a person when %s', async (_case, fields, shown, reason) => {
    const { settlement, args, log, sent } = await settle({
      attempts: [unsettled(fields)],
      readings: [shown],
      records: [recorded('MANUAL')],
    })
    expect(settlement).toEqual({ ...NOTHING, settled: 1, manual: 1 })
    expect(args('record_outcome')).toEqual([
      moved('MANUAL', {
        outcome: {
          by: 'evidence',
          reason,
          ...(fields.outcome?.['mayBeApplied'] === true && { mayBeApplied: true }),
        },
        transaction: shown,
        settleInSeconds: null,
      }),
    ])
    const { method = 'notify_offchain_funds_received' } = fields
    expect(log).toEqual([
      [
        'error',
        'update_needs_a_person',
        { attemptId: ATTEMPT_ID, transactionId: 't-1', method, reason },
      ],
    ])
    expect(sent).toEqual([])
  })

  test('in doubt is sent again while tries are left', async () => {
    const { sent } = await settle({
      attempts: [unsettled({ tries: 2, outcome: { mayBeApplied: true } })],
      records: [recorded('READY'), recorded('APPLIED')],
    })
    expect(sent).toHaveLength(1)
  })

  test.each([
    ['READY', false],
    ['MANUAL', true],
  ])(
    'whose transaction cannot be read is put off for 60 s, or is left to a person: %s',
    async (state, isTold) => {
      const { args, log, settlement } = await settle({
        attempts: [unsettled({ outcome: { mayBeApplied: true } })],
        readings: [unread()],
        more: { record_unreadable: [recorded(state)] },
      })
      expect(args('record_unreadable')).toEqual([
        {
          attemptId: ATTEMPT_ID,
          rpcId: 'rpc-1',
          from: 'UNKNOWN',
          outcome: {
            by: 'us',
            reason: 'The transaction could not be read: the platform is unreachable',
            mayBeApplied: true,
          },
          settleInSeconds: 60,
          othersAreRead: false,
          manualAfterSeconds: 900,
        },
      ])
      expect(log.map(([, event]) => event)).toEqual(isTold ? ['update_needs_a_person'] : [])
      if (isTold) {
        expect(log[0]?.[2]).toMatchObject({ reason: 'the platform is unreachable' })
        expect(settlement).toEqual({ ...NOTHING, settled: 1, manual: 1 })
      }
    },
  )

  test('that somebody else left to a person is not told twice', async () => {
    const { log } = await settle({
      readings: [unread()],
      more: { record_unreadable: [{ ...recorded('MANUAL'), recorded: false }] },
    })
    expect(log).toEqual([])
  })

  test('whose stored reading is broken is told, and tried again when its claim ends', async () => {
    const { settlement, log } = await settle({
      attempts: [unsettled({ pre: { id: 't-1' } })],
      readings: [documentOf()],
    })
    expect(settlement).toEqual({ ...NOTHING, remaining: 1 })
    expect(log).toEqual([
      [
        'error',
        'settle_failed',
        {
          attemptId: ATTEMPT_ID,
          error: new AppError('internal_error', 'A stored transaction cannot be read.'),
        },
      ],
    ])
  })
})

describe('an attempt that its caller left', () => {
  const ready = (fields: Partial<UnsettledAttempt> = {}) =>
    unsettled({ state: 'READY', rpcId: null, pre: null, sentAt: null, ...fields })

  test.each<[string, unknown[], object]>([
    ['APPLIED', [recorded('APPLIED')], { settled: 1, applied: 1 }],
    [
      'REJECTED',
      [recorded('REJECTED', { error: { code: -32600, message: 'no' } })],
      { settled: 1, rejected: 1 },
    ],
    ['EXPIRED', [recorded('EXPIRED')], { settled: 1, rejected: 1 }],
    ['WITHDRAWN', [recorded('WITHDRAWN')], { settled: 1, rejected: 1 }],
    ['NOT_APPLIED', [recorded('NOT_APPLIED')], { settled: 1, notApplied: 1 }],
    ['MANUAL', [recorded('MANUAL')], { settled: 1, manual: 1 }],
    ['LOST', [recorded('LOST')], { settled: 1, manual: 1 }],
    ['UNKNOWN', [recorded('UNKNOWN')], { remaining: 1 }],
    ['READY', [recorded('READY')], { remaining: 1 }],
    ['SENDING', [recorded('SENDING')], { remaining: 1 }],
  ])('is sent, and counted by what became of it: %s', async (state, records, counts) => {
    const { settlement, sent, log } = await settle({ attempts: [ready()], records })
    expect(settlement).toEqual({ ...NOTHING, ...counts })
    expect(sent).toHaveLength(1)
    expect(log.map(([, event]) => event)).toEqual(
      state === 'MANUAL' ? ['update_needs_a_person'] : [],
    )
  })

  test('keeps what is known of it: its doubt, and the operation that it credits', async () => {
    const credit = {
      method: 'notify_onchain_funds_received',
      params: {
        transaction_id: 't-1',
        stellar_transaction_id: 'ab'.repeat(32),
        amount_in: { amount: '100' },
      },
      origin: 'payment_observer',
      naturalKey: 'operation 77 of epoch 1',
      outcome: { mayBeApplied: true },
    }
    const { args } = await settle({
      attempts: [ready(credit)],
      readings: [documentOf({ kind: 'withdrawal' })],
      replies: [{ kind: 'not_sent', code: 'unreachable', reason: 'x' }],
    })
    expect(args('start_sending')[0]?.['claim']).toEqual({
      stellarTransaction: 'ab'.repeat(32),
      choices: [['77']],
    })
    expect(args('record_outcome')[0]?.['outcome']).toMatchObject({ mayBeApplied: true })
  })

  test('that cannot be read is counted as unreadable, because nobody waits for it', async () => {
    const { calls } = await settle({
      attempts: [ready()],
      readings: [unread()],
      more: { record_unreadable: [recorded('READY')] },
    })
    expect(calls).toContain('record_unreadable')
  })
})

describe('an applied attempt', () => {
  const applied = (fields: Partial<UnsettledAttempt> = {}) =>
    unsettled({
      state: 'APPLIED',
      post: documentOf(APPLIED),
      transaction: documentOf(APPLIED),
      settleAt: SETTLE_AT,
      ...fields,
    })

  test('that is still shown is noted together with others, and is not counted', async () => {
    const others = [applied(), applied({ attemptId: '00000000-0000-4000-8000-000000000002' })]
    const { settlement, args } = await settle({
      attempts: others,
      readings: [documentOf(APPLIED)],
    })
    expect(settlement).toEqual(NOTHING)
    expect(args('end_looks')).toEqual([
      {
        looks: others.map(({ attemptId }) => ({ attemptId, settleAt: SETTLE_AT })),
        settleInSeconds: null,
      },
    ])
  })

  test('that cannot be read is looked for again after 60 s', async () => {
    const { settlement, args } = await settle({ attempts: [applied()], readings: [unread()] })
    expect(settlement).toEqual(NOTHING)
    expect(args('end_looks')).toMatchObject([{ settleInSeconds: 60 }])
  })

  test('that is gone is lost, and is counted as left to a person', async () => {
    const undone = documentOf({ updated_at: '2026-02-03T04:07:00Z' })
    const { settlement, calls } = await settle({
      attempts: [applied()],
      readings: [undone],
      records: [recorded('LOST')],
    })
    expect(settlement).toEqual({ ...NOTHING, settled: 1, manual: 1 })
    expect(calls).not.toContain('end_looks')
  })
})

describe('one that fails', () => {
  test('keeps no other one from being settled', async () => {
    const second = { ...unsettled(), attemptId: '00000000-0000-4000-8000-000000000002' }
    const broken = new TypeError('broken')
    const { settlement, log } = await settle({
      attempts: [unsettled({ transactionId: 't-2' }), second],
      readings: [broken, documentOf(APPLIED)],
      records: [recorded('APPLIED')],
    })
    expect(settlement).toEqual({ ...NOTHING, settled: 1, applied: 1, remaining: 1 })
    expect(log).toEqual([['error', 'settle_failed', { attemptId: ATTEMPT_ID, error: broken }]])
  })
})

describe('while the breaker is open', () => {
  const ready = unsettled({ state: 'READY', rpcId: null, pre: null, sentAt: null })
  const put = { by: 'us', reason: 'paused', paused: true }

  /** Settles an update that is put off, at a platform whose breaker lets a call out after so many seconds of waiting. */
  async function paused(closesAfterSeconds: number, overAfterSeconds = Number.POSITIVE_INFINITY) {
    const { db } = scriptedDatabase({
      record_outcome: [recorded('READY', put), recorded('APPLIED')],
      start_sending: [STARTED],
    })
    const world = machine({
      db,
      replies: [{ kind: 'not_sent', code: 'paused', reason: 'paused' }, RESULT],
    })
    const { io, clock } = world
    const from = clock.ms
    let waits = 0
    const claims: unknown[] = []
    const isPaused = () => waits < closesAfterSeconds
    const due = { first: true, again: true }
    const call = async <T>(name: string, args: Record<string, unknown>): Promise<T> => {
      if (name !== 'claim_unsettled') return db.call<T>(name, args)
      const isAgain = args['pausedToo'] === true && due.again
      const isTaken = due.first || isAgain
      if (!due.first && isAgain) due.again = false
      due.first = false
      if (isTaken) claims.push(args['pausedToo'])
      return { attempts: isTaken ? [{ ...ready, outcome: put }] : [] } as T
    }
    const sleep = async (ms: number) => {
      // The sender waits 1.5 s and longer for its answer.
      if (ms === 1_000) waits += 1
      await io.sleep(ms)
    }
    const isOver = () => clock.ms - from > overAfterSeconds * 1_000
    const platform = { ...io.platform, isPaused }
    const settlement = await settleUpdates({ isOver }, { ...io, db: { call }, platform, sleep })
    return { settlement, claims, waits }
  }

  test('what it put off is sent as soon as it lets a call out', async () => {
    const { settlement, claims, waits } = await paused(10)
    expect(settlement).toEqual({ ...NOTHING, settled: 1, applied: 1 })
    expect(waits).toBe(10)
    expect(claims).toEqual([false, true])
  })

  test('it is waited for 45 s at most', async () => {
    const { settlement, waits } = await paused(100)
    expect(settlement).toEqual({ ...NOTHING, remaining: 1 })
    expect(waits).toBe(45)
  })

  test('it is not waited for when the time is over', async () => {
    const { settlement, waits } = await paused(100, 5)
    expect(settlement).toEqual({ ...NOTHING, remaining: 1 })
    expect(waits).toBeLessThan(7)
  })

  test('nothing is waited for when nothing is open', async () => {
    const { db } = scriptedDatabase({ claim_unsettled: [{ attempts: [] }] })
    const { io, paused: breaker, slept } = machine({ db })
    breaker.is = true
    expect(await settleUpdates({ isOver: () => false }, io)).toEqual(NOTHING)
    expect(slept).toEqual([])
  })

  test('an attempt that was put off earlier makes the run look once more for others', async () => {
    const claimsWith = async (outcome: object | null) => {
      const { db } = scriptedDatabase({
        record_outcome: [recorded('READY', put)],
        start_sending: [STARTED],
      })
      const { io } = machine({
        db,
        replies: [{ kind: 'not_sent', code: 'unreachable', reason: 'x' }],
      })
      let claims = 0
      const call = async <T>(name: string, args: Record<string, unknown>): Promise<T> => {
        if (name !== 'claim_unsettled') return db.call<T>(name, args)
        claims += 1
        return { attempts: claims === 1 ? [{ ...ready, outcome }] : [] } as T
      }
      await settleUpdates({ isOver: () => false }, { ...io, db: { call } })
      return claims
    }
    expect(await claimsWith(put)).toBe((await claimsWith(null)) + 1)
  })
})

test('the scheduled run ends 90 s before its function does', async () => {
  const { db } = scriptedDatabase({ claim_unsettled: [{ attempts: [unsettled()] }] })
  const { io, clock } = machine({ db })
  let claims = 0
  const counting = {
    call: async <T>(name: string, args: Record<string, unknown>): Promise<T> => {
      claims += 1
      clock.ms += 105_000
      if (name === 'record_outcome') return recorded('UNKNOWN') as T
      return db.call<T>(name, args)
    },
  }
  const config = { sync: { maxDurationSeconds: 300 }, platform: {} } as Config
  const settlement = await settleOnSchedule({
    config,
    db,
    now: io.now,
    log: io.log,
    updates: async () => ({ ...io, db: counting }),
  })
  expect(settlement).toEqual({ ...NOTHING, remaining: 1 })
  expect(claims).toBeLessThan(6)
})

describe('a deployment without a platform', () => {
  const config = { sync: { maxDurationSeconds: 300 }, platform: null } as Config
  const NONE = {
    now: '2026-02-03T04:05:06.000Z',
    ready: 0,
    sending: 0,
    unknown: 0,
    manual: 1,
    wentBack: 0,
    oldestReadyAt: null,
    oldestUnknownAt: null,
    oldestManualAt: '2026-02-03T04:00:00.000Z',
  }
  const run = async (open: object) => {
    const { db } = scriptedDatabase({
      read_update_health: [{ ...NONE, ...open }],
      claim_unsettled: [{ attempts: [] }],
    })
    const { io, log } = machine({ db })
    let isAsked = false
    const settlement = await settleOnSchedule({
      config,
      db,
      now: io.now,
      log: io.log,
      updates: async () => {
        isAsked = true
        return io
      },
    })
    return { settlement, isAsked, log }
  }

  test('has nothing to settle, whatever waits for a person', async () => {
    const { settlement, isAsked } = await run({})
    expect(settlement).toEqual({ ...NOTHING, skipped: 'not_configured' })
    expect(isAsked).toBe(false)
  })

  test.each(['ready', 'sending', 'unknown'])(
    'asks for it while an attempt is %s',
    async (state) => {
      const { settlement, isAsked } = await run({ [state]: 1 })
      expect(settlement).toEqual(NOTHING)
      expect(isAsked).toBe(true)
    },
  )
})
