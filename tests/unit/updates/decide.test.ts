import { describe, expect, test } from 'vitest'
import { type Caller, FULL_RIGHTS } from '../../../lib/caller.ts'
import { AppError } from '../../../lib/errors.ts'
import type { PlatformProfile } from '../../../lib/platform/methods.ts'
import type { PlatformReply } from '../../../lib/platform/reply.ts'
import { decide } from '../../../lib/updates/decide.ts'
import { identityOfReplay } from '../../../lib/updates/idempotency.ts'
import type { AttemptState, StoredUpdate } from '../../../lib/updates/stored-attempt.ts'
import {
  APPLIED,
  ATTEMPT_ID,
  documentOf,
  machine,
  PROFILE,
  RECEIVED,
  type Shown,
  scriptedDatabase,
  shownAs,
  storedAttempt,
  unread,
} from './machine.ts'

const BOSS: Caller = { keyName: 'boss', rights: FULL_RIGHTS }
const CLERK: Caller = { keyName: 'clerk', rights: new Set(['decide']) }
const NEW_ID = '00000000-0000-4000-8000-000000000009'
const NOTE = 'seen in the bank'

const decision = (fields: object = {}) => ({
  id: '00000000-0000-4000-8000-00000000000d',
  at: '2026-02-03T04:00:00.000Z',
  keyName: 'boss',
  about: 'attempt',
  subject: ATTEMPT_ID,
  transactionId: 't-1',
  decision: 'applied',
  note: NOTE,
  reading: {},
  newAttemptId: null,
  ...fields,
})

interface Asked {
  stored?: StoredUpdate | null
  body?: object
  caller?: Caller
  answers?: Record<string, readonly unknown[]>
  readings?: Shown[]
  replies?: PlatformReply[]
  updates?: Error
  profile?: PlatformProfile
}

async function ask({
  stored = storedAttempt({ state: 'MANUAL' }),
  body = { decision: 'applied', note: NOTE },
  caller = BOSS,
  answers = {},
  readings = [documentOf()],
  replies = [],
  updates,
  profile = PROFILE,
}: Asked = {}) {
  const { db, calls } = scriptedDatabase({
    read_attempt: [stored],
    decide_attempt: [{ decided: true, state: 'APPLIED', decision: decision() }],
    read_attempts: [{ attempts: [], next: null }],
    ...answers,
  })
  const { io, read, sent } = machine({ db, readings, replies, profile })
  const answer = decide({ id: 't-1', attemptId: ATTEMPT_ID }, body, caller, {
    db,
    updates: async () => {
      if (updates !== undefined) throw updates
      return io
    },
  })
  return { answer: await answer.catch((error: unknown) => error), calls, read, sent }
}

const refusedWith = (answer: unknown) => {
  if (!(answer instanceof AppError)) throw new TypeError(`It was not refused: ${String(answer)}`)
  return { code: answer.code, message: answer.details?.[0]?.message ?? answer.message }
}

describe('a decision about an attempt', () => {
  test('is recorded with the name of the key, the note and 180 s of quiet', async () => {
    const { answer, calls } = await ask()
    expect(answer).toEqual({
      attempt: { id: ATTEMPT_ID, state: 'APPLIED' },
      decision: decision(),
      waiting: [],
    })
    expect(calls.map(({ name }) => name)).toEqual([
      'read_attempt',
      'decide_attempt',
      'read_attempts',
    ])
    expect(calls[1]?.args).toEqual({
      attemptId: ATTEMPT_ID,
      decision: 'applied',
      note: NOTE,
      keyName: 'boss',
      quietSeconds: 180,
    })
  })

  test.each(['applied', 'rejected', 'not_applied', 'withdrawn'])('may be %s', async (name) => {
    const { calls } = await ask({ body: { decision: name, note: NOTE } })
    expect(calls[1]?.args['decision']).toBe(name)
  })

  test.each<[string, object]>([
    ['without a note', { decision: 'applied' }],
    ['of another name', { decision: 'forgiven', note: NOTE }],
    ['with another key', { decision: 'applied', note: NOTE, force: true }],
    ['in a list', []],
  ])('%s is refused before anything is read', async (_case, body) => {
    const { answer, calls } = await ask({ body })
    expect(answer).toBeInstanceOf(AppError)
    expect(calls).toEqual([])
  })

  test.each<[string, StoredUpdate | null]>([
    ['is not stored', null],
    ['is of another transaction', storedAttempt({ transactionId: 't-2' })],
  ])('that %s is not found', async (_case, stored) => {
    const { answer, calls } = await ask({ stored })
    expect(refusedWith(answer)).toEqual({
      code: 'not_found',
      message: `The attempt "${ATTEMPT_ID}" in the path is no attempt of the transaction "t-1" that is stored; allowed: an attempt that GET /api/transactions/{id} shows`,
    })
    expect(calls).toHaveLength(1)
  })

  test.each<[object, string]>([
    [
      { decided: false, state: 'APPLIED', decision: decision() },
      'is APPLIED; "boss" decided applied at 2026-02-03T04:00:00.000Z: seen in the bank',
    ],
    [{ decided: false, state: 'SENDING', decision: null }, 'is SENDING'],
    [{ decided: true, state: 'SENDING', decision: null }, 'is SENDING'],
  ])(
    'that the database does not take is refused with who decided before: %j',
    async (decided, problem) => {
      const { answer } = await ask({ answers: { decide_attempt: [decided] } })
      expect(refusedWith(answer)).toEqual({
        code: 'decision_refused',
        message: `The attempt "${ATTEMPT_ID}" in the path ${problem}; allowed: MANUAL, LOST, UNKNOWN for more than 180 s, READY for as long after a send that may have been applied, or APPLIED before the platform went back or, more than 180 s ago, by a person; to be withdrawn: READY, unless an earlier send may have been applied`,
      })
    },
  )
})

describe('the updates that waited behind a decided one', () => {
  const id = (last: number) => `00000000-0000-4000-8000-00000000010${last}`
  const { transaction: _, ...base } = storedAttempt({ post: null })
  const waiting = (last: number, fields: object = {}) => ({
    ...base,
    attemptId: id(last),
    seq: String(last + 1),
    state: 'READY',
    ...fields,
  })

  const foresee = async (attempts: object[], asked: Asked = {}) => {
    const { answer, read, calls } = await ask({
      ...asked,
      answers: { read_attempts: [{ attempts, next: null }], ...asked.answers },
    })
    return { waiting: (answer as { waiting: object[] }).waiting, read, calls }
  }
  const next = (result: { waiting: object[] }) =>
    result.waiting.map((one) => (one as { next: string }).next)

  test('are sent if their own rules hold, one after another', async () => {
    const result = await foresee([
      waiting(1),
      waiting(2, { expiresAt: '2026-02-03T05:00:00.000Z' }),
    ])
    expect(result.waiting).toEqual([
      { id: id(1), method: RECEIVED, next: 'sent', expiresAt: null },
      { id: id(2), method: RECEIVED, next: 'in_turn', expiresAt: '2026-02-03T05:00:00.000Z' },
    ])
    expect(result.read).toEqual(['t-1'])
  })

  test.each<[string, Shown, string]>([
    ['its status refuses them', documentOf({ status: 'completed' }), 'refused'],
    ['the platform does not have it', null, 'refused'],
    ['the platform cannot be read', unread(), 'unread'],
  ])('are foreseen by the transaction as it is now: %s', async (_case, shown, expected) => {
    expect(next(await foresee([waiting(1)], { readings: [shown] }))).toEqual([expected])
  })

  test('are unread while no platform is configured, and the decision stands', async () => {
    const updates = new AppError('configuration_invalid', 'none')
    expect(next(await foresee([waiting(1)], { updates }))).toEqual(['unread'])
  })

  const payment = { custody: true, method: 'do_stellar_payment' }
  test.each<[string, object, object, string]>([
    ['the same payment by custody', payment, {}, 'refused'],
    ['another update', {}, {}, 'refused'],
    ['the same payment after one that did not pay', payment, { state: 'NOT_APPLIED' }, 'sent'],
    ['the same method, which does not pay', { ...payment, custody: false }, {}, 'sent'],
    ['another method that pays', { ...payment, method: 'notify_trust_set' }, {}, 'refused'],
  ])(
    'do not pay again what a person says was paid: %s',
    async (_case, fields, decided, expected) => {
      const result = await foresee([waiting(1, fields)], {
        stored: storedAttempt({ state: 'MANUAL', ...payment }),
        readings: [documentOf({ status: 'pending_anchor' })],
        profile: { release: '2.8', custody: true },
        answers: {
          decide_attempt: [{ decided: true, state: 'APPLIED', decision: decision(), ...decided }],
        },
      })
      expect(next(result)).toEqual([expected])
    },
  )

  test('may pay by another method than the decided one', async () => {
    const trust = waiting(1, { custody: true, method: 'notify_trust_set' })
    const result = await foresee([trust], {
      stored: storedAttempt({ state: 'MANUAL', ...payment }),
      readings: [documentOf({ status: 'pending_trust' })],
      profile: { release: '2.8', custody: true },
    })
    expect(next(result)).toEqual(['sent'])
  })

  test('wait while an older one, or one that is open, comes first', async () => {
    expect(next(await foresee([waiting(1), waiting(2, { state: 'MANUAL' })]))).toEqual(['in_turn'])
    expect(
      next(await foresee([waiting(1), waiting(-1 + 1, { attemptId: NEW_ID, seq: '0' })])),
    ).toEqual(['in_turn'])
  })

  test('are none without one that is READY and behind: nothing is read', async () => {
    const decided = waiting(0, { attemptId: ATTEMPT_ID, seq: '1' })
    const older = waiting(1, { seq: '0' })
    const { waiting: none, read } = await foresee([decided, older, waiting(2, { state: 'LOST' })])
    expect([none, read]).toEqual([[], []])
  })

  test('are read page by page', async () => {
    const answers = {
      read_attempts: [
        { attempts: [waiting(1)], next: '5' },
        { attempts: [waiting(2)], next: null },
      ],
    }
    const { waiting: all, calls } = await foresee([], { answers })
    expect(all).toHaveLength(2)
    const pages = calls.filter(({ name }) => name === 'read_attempts').map(({ args }) => args)
    expect(pages.map(({ cursor }) => cursor)).toEqual([null, '5'])
    expect(pages[0]).toMatchObject({
      states: ['READY', 'SENDING', 'UNKNOWN', 'MANUAL', 'LOST'],
      transactionId: 't-1',
      limit: 200,
    })
  })
})

describe('a replay of a failed attempt', () => {
  const failed = (state: AttemptState = 'REJECTED') => storedAttempt({ state, post: null })
  const body = { decision: 'replay', note: NOTE }
  const STARTED = { started: true, earlier: [], wentBack: [], tries: 1, ledger: null, lookFor: [] }
  const RESULT: PlatformReply = { kind: 'result', transaction: shownAs(APPLIED) }
  const begun = (fields: object = {}) => ({
    request: 'none',
    answer: null,
    updates: [
      {
        index: 0,
        attemptId: NEW_ID,
        seq: '2',
        created: true,
        state: 'READY',
        rpcId: null,
        outcome: null,
        refusal: null,
        transaction: null,
        ...fields,
      },
    ],
  })
  const none = { decisions: [], next: null }

  /** @param record the decisions that are stored after the update was submitted; the id that was asked for replaces `mine` */
  const replay = async ({
    isMine = true,
    newAttemptId = NEW_ID as string | null,
    before = none as object,
    ...asked
  }: Asked & { isMine?: boolean; newAttemptId?: string | null; before?: object } = {}) => {
    const after = { decisions: [] as object[], next: null }
    const updatesGiven: { replay: { decisionId: string } }[][] = []
    const { db, calls } = scriptedDatabase({
      read_attempt: [asked.stored ?? failed()],
      read_decisions: [before, after],
      begin_updates: [begun()],
      start_sending: [STARTED],
      record_outcome: [{ recorded: true, state: 'APPLIED', outcome: null, settleAt: null }],
      ...asked.answers,
    })
    const { io, sent } = machine({ db, replies: asked.replies ?? [RESULT] })
    const call = async <T>(name: string, args: Record<string, unknown>): Promise<T> => {
      if (name === 'begin_updates') {
        const given = args['updates'] as { replay: { decisionId: string } }[]
        updatesGiven.push(given)
        const id = isMine ? given[0]?.replay.decisionId : '00000000-0000-4000-8000-0000000000ff'
        const kept = { decision: 'replayed', id, newAttemptId }
        if (isMine || newAttemptId !== null) after.decisions.push(decision(kept))
      }
      return db.call<T>(name, args)
    }
    const answer = await decide({ id: 't-1', attemptId: ATTEMPT_ID }, body, asked.caller ?? BOSS, {
      db: { call },
      updates: async () => ({ ...io, db: { call } }),
    }).catch((error: unknown) => error)
    return { answer, calls, sent, updatesGiven }
  }

  test.each<AttemptState>(['REJECTED', 'NOT_APPLIED', 'EXPIRED', 'WITHDRAWN'])(
    'that is %s is sent as a new update, under a key of the failed one',
    async (state) => {
      const { answer, calls, sent, updatesGiven } = await replay({ stored: failed(state) })
      expect(answer).toMatchObject({
        attempt: { id: NEW_ID, state: 'APPLIED' },
        decision: { decision: 'replayed' },
      })
      expect(sent).toHaveLength(1)
      const begin = calls.find(({ name }) => name === 'begin_updates')
      expect(begin?.args).toMatchObject(identityOfReplay(ATTEMPT_ID))
      expect(updatesGiven[0]).toMatchObject([
        {
          method: RECEIVED,
          origin: 'replay',
          keyName: 'boss',
          replay: { attemptId: ATTEMPT_ID, note: NOTE, decisionId: expect.any(String) },
        },
      ])
      expect(calls.find(({ name }) => name === 'read_decisions')?.args).toMatchObject({
        about: 'attempt',
        subject: ATTEMPT_ID,
        descending: true,
        limit: 50,
      })
    },
  )

  test.each<[string, Parameters<typeof replay>[0], object]>([
    [
      'open',
      {
        answers: {
          record_outcome: [
            {
              recorded: true,
              state: 'READY',
              outcome: { reason: 'no route' },
              settleAt: '2026-02-03T04:06:06.000Z',
            },
          ],
        },
        replies: [{ kind: 'not_sent', code: 'unreachable', reason: 'no route' }],
      },
      {
        id: NEW_ID,
        state: 'READY',
        reason: 'no route',
        settleBy: '2026-02-03T04:06:06.000Z',
      },
    ],
    [
      'rejected',
      {
        answers: {
          record_outcome: [
            {
              recorded: true,
              state: 'REJECTED',
              outcome: { error: { code: -32600, message: 'no' } },
              settleAt: null,
            },
          ],
        },
      },
      { id: NEW_ID, state: 'REJECTED', reason: 'no' },
    ],
    [
      'expired',
      {
        answers: {
          record_outcome: [{ recorded: true, state: 'EXPIRED', outcome: null, settleAt: null }],
        },
      },
      { id: NEW_ID, state: 'EXPIRED', reason: 'The update was not applied: it expired.' },
    ],
  ])('says what became of the new attempt: %s', async (_case, asked, attempt) => {
    expect((await replay(asked)).answer).toMatchObject({ attempt })
  })

  test.each<AttemptState>(['READY', 'SENDING', 'UNKNOWN', 'MANUAL', 'LOST', 'APPLIED'])(
    'that is %s is refused',
    async (state) => {
      const { answer, sent } = await replay({ stored: failed(state) })
      expect(refusedWith(answer)).toEqual({
        code: 'decision_refused',
        message: `The attempt "${ATTEMPT_ID}" in the path is ${state}; allowed: REJECTED, NOT_APPLIED, EXPIRED, WITHDRAWN, to be replayed`,
      })
      expect(sent).toEqual([])
    },
  )

  test('by a key that may decide and not update is refused', async () => {
    const { answer, sent } = await replay({ caller: CLERK })
    expect(refusedWith(answer)).toEqual({
      code: 'forbidden',
      message:
        'The key "clerk" may decide, and a replay sends an update; this needs the scopes decide and update',
    })
    expect(sent).toEqual([])
  })

  const second = {
    code: 'decision_refused',
    message: `The attempt "${ATTEMPT_ID}" in the path was sent anew as attempt "${NEW_ID}"; "boss" decided replayed at 2026-02-03T04:00:00.000Z: seen in the bank; allowed: an attempt that was not sent anew`,
  }
  test('a second time is refused with who decided first, before and after it is stored', async () => {
    const decisions = [decision(), decision({ decision: 'replayed', newAttemptId: NEW_ID })]
    const early = await replay({ before: { decisions, next: null } })
    expect(refusedWith(early.answer)).toEqual(second)
    expect(early.calls.map(({ name }) => name)).not.toContain('begin_updates')
    const late = await replay({ isMine: false })
    expect(refusedWith(late.answer)).toEqual(second)
  })

  test.each<[string, object, string, string]>([
    [
      'is the credit of a payment that was given up',
      {
        refusal: {
          code: 'credit_given_up',
          detail: { operationId: '7', creditedBy: null },
        },
      },
      'its payment, operation 7, is no longer credited with it',
      'the update of a payment that is credited with it; another payment is assigned at POST /api/payments/{operation}',
    ],
    [
      'is refused for another reason',
      { refusal: { code: 'refund_repeated', detail: {} } },
      'A refund with this id was reported before.',
      'an update that may be sent and that no other attempt makes',
    ],
    [
      'waits as another attempt',
      { created: false, state: 'MANUAL', outcome: { reason: 'x' } },
      `the same update waits as attempt "${NEW_ID}"`,
      'an update that may be sent and that no other attempt makes',
    ],
  ])('that %s is not sent anew', async (_case, fields, why, allowed) => {
    const { answer, sent } = await replay({
      isMine: false,
      newAttemptId: null,
      answers: { begin_updates: [begun(fields)] },
    })
    expect(refusedWith(answer)).toEqual({
      code: 'decision_refused',
      message: `The attempt "${ATTEMPT_ID}" in the path is not sent anew: ${why}; allowed: ${allowed}`,
    })
    expect(sent).toEqual([])
  })

  test('whose update was applied by another attempt says so', async () => {
    const { answer } = await replay({ isMine: false, newAttemptId: null })
    expect(refusedWith(answer).message).toContain(
      `the same update was applied as attempt "${NEW_ID}"`,
    )
  })

  test('of which nobody knows whether it is stored is told so', async () => {
    const refund = {
      method: 'notify_refund_sent',
      params: {
        transaction_id: 't-1',
        refund: {
          id: 'R',
          amount: { amount: '1', asset: 'iso4217:USD' },
          amount_fee: { amount: '0', asset: 'iso4217:USD' },
        },
      },
    }
    const refusal = { code: 'refund_exceeds', detail: {} }
    const { answer } = await replay({
      stored: { ...failed(), ...refund },
      answers: {
        begin_updates: [
          begun({ attemptId: null, state: null, refusal }),
          new AppError('internal_error', 'broken'),
        ],
        store_transactions: [{ stored: 1, earlier: [], wentBack: [] }],
      },
    })
    expect(refusedWith(answer)).toEqual({
      code: 'database_unavailable',
      message: 'Whether the update is stored is not known.',
    })
  })

  test('that meets another request with its key has no result, which is a fault', async () => {
    const running = { request: 'running', answer: null, updates: [] }
    const { answer } = await replay({ answers: { begin_updates: [running] } })
    expect(answer).toEqual(new TypeError('A replay has no result'))
  })
})
