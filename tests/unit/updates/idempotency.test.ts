import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type Caller, FULL_RIGHTS } from '../../../lib/caller.ts'
import { toAppError } from '../../../lib/db/errors.ts'
import type { PlatformReply } from '../../../lib/platform/reply.ts'
import { answerOnce, identityOfReplay, requestOf } from '../../../lib/updates/idempotency.ts'
import type { RequestedResult } from '../../../lib/updates/result.ts'
import type { RequestedUpdate } from '../../../lib/updates/submit.ts'
import {
  APPLIED,
  ATTEMPT_ID,
  documentOf,
  machine,
  modelDatabase,
  PARAMS,
  RECEIVED,
  START,
  scriptedDatabase,
  shownAs,
  storedAttempt,
} from './machine.ts'

const RESULT: PlatformReply = { kind: 'result', transaction: shownAs(APPLIED) }
const UNCLEAR: PlatformReply = { kind: 'unclear', reason: 'timeout', body: '' }
const SHOP: Caller = { keyName: 'shop', rights: FULL_RIGHTS }
const CLERK: Caller = { keyName: 'clerk', rights: new Set(['update']) }
const UPDATE: RequestedUpdate = { method: RECEIVED, params: PARAMS }
const TEXT = '{"the":"body"}'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const toAnswer = (results: RequestedResult[]) => ({
  status: results.some(({ kind }) => kind === 'open') ? 202 : 200,
  body: results.map(({ kind }) => kind),
  headers: { 'x-made': 'now' },
})

interface Asked {
  key?: string | null
  text?: string
  target?: string
  caller?: Caller
  updates?: RequestedUpdate[]
}

/** The service on the tables of the simulation. */
function service(replies: PlatformReply[] = [RESULT], readings = [documentOf()]) {
  const clock = { now: () => START }
  const database = modelDatabase(() => clock.now())
  const world = machine({ db: database.db, replies, readings })
  clock.now = () => world.clock.ms
  const answer = ({
    key = null,
    text = TEXT,
    target = '/api/x',
    caller = SHOP,
    updates = [UPDATE],
  }: Asked = {}) =>
    answerOnce(
      { body: { text, value: {} }, idempotencyKey: key, caller },
      updates,
      { origin: 'url', target },
      world.io,
      toAnswer,
    )
  return { ...database, ...world, answer }
}

describe('a request with an Idempotency-Key', () => {
  test('is answered once: a repeat gets the stored answer, and nothing is sent again', async () => {
    const { answer, sent } = service()
    expect(await answer({ key: 'k' })).toEqual({
      status: 200,
      body: ['applied'],
      headers: { 'x-made': 'now' },
    })
    expect(await answer({ key: 'k' })).toEqual({ status: 200, body: ['applied'] })
    expect(sent).toHaveLength(1)
  })

  test('is stored under the key, with the hash of its route and body', async () => {
    const { answer, calls } = service()
    await answer({ key: 'k' })
    const bodySha256 = sha256(`/api/x\n${TEXT}`)
    expect(calls[0]?.args).toMatchObject({
      key: 'k',
      holder: expect.stringMatching(/^[0-9a-f-]{36}$/),
      bodySha256,
    })
    expect(calls.at(-1)).toEqual({
      name: 'finish_request',
      args: {
        key: 'k',
        holder: calls[0]?.args['holder'],
        bodySha256,
        answer: { status: 200, body: '["applied"]' },
      },
    })
  })

  test.each<[string, Asked]>([
    ['another body', { text: '{}' }],
    ['another route', { target: '/api/y' }],
  ])('refuses %s under the same key', async (_case, other) => {
    const { answer, sent } = service()
    await answer({ key: 'k' })
    await expect(answer({ key: 'k', ...other })).rejects.toMatchObject({
      code: 'idempotency_conflict',
      message:
        'This Idempotency-Key came with another body before, or its update was forced by a key with the scope force; allowed: a new key, or the same request.',
    })
    expect(sent).toHaveLength(1)
  })

  test('is another request than the same one without the scope force, if it forces', async () => {
    const forced = [{ method: RECEIVED, params: { ...PARAMS, force: true } }]
    const hash = async (caller: Caller, updates: RequestedUpdate[]) => {
      const { answer, calls } = service()
      await answer({ key: 'k', caller, updates })
      return calls[0]?.args['bodySha256']
    }
    const plain = sha256(`/api/x\n${TEXT}`)
    expect(await hash(SHOP, forced)).toBe(plain)
    expect(await hash(CLERK, [UPDATE])).toBe(plain)
    expect(await hash(CLERK, [UPDATE, ...forced])).toBe(
      sha256(`/api/x\n${TEXT}\nwithout the scope force`),
    )
  })

  test.each([
    ['', 0],
    ['x'.repeat(256), 256],
  ])('of %# is refused with the length that is allowed', async (key, length) => {
    const { answer, calls } = service()
    await expect(answer({ key })).rejects.toMatchObject({
      code: 'invalid_parameter',
      details: [
        {
          path: 'Idempotency-Key',
          message: expect.stringMatching(
            new RegExp(`Idempotency-Key has ${length} characters.*1 to 255`),
          ),
        },
      ],
    })
    expect(calls).toEqual([])
  })

  test.each(['x', 'x'.repeat(255)])('of 1 and of 255 characters is taken', async (key) => {
    const { answer } = service()
    expect(await answer({ key })).toMatchObject({ status: 200 })
  })
})

describe('a repeat of a request with open updates', () => {
  test('is answered with what has become of them', async () => {
    const { answer, calls, tables } = service([UNCLEAR], [documentOf()])
    expect(await answer({ key: 'k' })).toMatchObject({ status: 202, body: ['open'] })
    const finished = calls.at(-1)?.args['answer'] as { results: string; open: object[] }
    const [{ id } = { id: '' }] = tables.attempts
    expect(finished.open).toEqual([{ index: 0, attemptId: id }])
    expect(JSON.parse(finished.results)).toMatchObject([{ kind: 'open', state: 'UNKNOWN' }])

    expect(await answer({ key: 'k' })).toMatchObject({ status: 202, body: ['open'] })
    const [row] = tables.attempts
    if (row === undefined) throw new TypeError('No attempt is stored')
    row.state = 'APPLIED'
    row.post = documentOf(APPLIED)
    expect(await answer({ key: 'k' })).toEqual({
      status: 200,
      body: ['applied'],
      headers: { 'x-made': 'now' },
    })
  })

  test('keeps the results of the others as they were', async () => {
    const { db } = scriptedDatabase({
      begin_updates: [
        {
          request: 'replay',
          answer: {
            status: 202,
            body: '[]',
            results: JSON.stringify([
              { kind: 'rejected', attemptId: null, error: { code: -32600, message: 'no' } },
              {
                kind: 'open',
                attemptId: ATTEMPT_ID,
                state: 'UNKNOWN',
                reason: 'x',
                settleBy: null,
              },
              { kind: 'open', attemptId: ATTEMPT_ID, state: 'READY', reason: 'y', settleBy: null },
              { kind: 'open', attemptId: ATTEMPT_ID, state: 'READY', reason: 'z', settleBy: null },
            ]),
          },
          updates: [begunAs(0, 'APPLIED'), begunAs(1, 'REJECTED'), begunAs(2, 'READY')],
        },
      ],
    })
    const { io } = machine({ db })
    const seen: unknown[] = []
    await answerOnce(
      { body: { text: TEXT, value: {} }, idempotencyKey: 'k', caller: SHOP },
      [UPDATE],
      { origin: 'rpc', target: '/api/x' },
      io,
      (results) => {
        seen.push(...results)
        return { status: 200, body: [] }
      },
    )
    expect(seen).toMatchObject([
      { kind: 'rejected', attemptId: null },
      { kind: 'rejected', attemptId: ATTEMPT_ID },
      { kind: 'open', state: 'READY', reason: 'y' },
      { kind: 'open', state: 'READY', reason: 'z' },
    ])
  })
})

const begunAs = (index: number, state: string) => ({
  index,
  attemptId: ATTEMPT_ID,
  seq: '1',
  created: false,
  state,
  rpcId: null,
  outcome: null,
  refusal: null,
  transaction: null,
})

describe('a request that another one holds', () => {
  const running = {
    code: 'idempotency_running',
    message: 'A request with this Idempotency-Key is being worked on. Ask again for its answer.',
    retryAfterSeconds: 2,
  }
  const on = (answers: Record<string, readonly unknown[]>) => {
    const { db } = scriptedDatabase({ read_attempt: [storedAttempt()], ...answers })
    const { io } = machine({ db, replies: [RESULT] })
    return answerOnce(
      { body: { text: TEXT, value: {} }, idempotencyKey: 'k', caller: SHOP },
      [UPDATE],
      { origin: 'rpc', target: '/api/x' },
      io,
      toAnswer,
    )
  }
  const begin = (request: string) => ({ request, answer: null, updates: [] })
  const applied = {
    begin_updates: [{ ...begin('new'), updates: [begunAs(0, 'APPLIED')] }],
  }

  test('is told to ask again', async () => {
    await expect(on({ begin_updates: [begin('running')] })).rejects.toMatchObject(running)
    await expect(on({ begin_updates: [begin('conflict')] })).rejects.toMatchObject({
      code: 'idempotency_conflict',
    })
  })

  test('because this process was silent for so long, is told to ask again', async () => {
    const finish_request = [{ finished: false, answer: null }]
    await expect(on({ ...applied, finish_request })).rejects.toMatchObject(running)
  })

  test('and that the other one answered first gets that answer', async () => {
    const finish_request = [{ finished: false, answer: { status: 202, body: '[1.50]' } }]
    const answer = await on({ ...applied, finish_request })
    expect(answer).toMatchObject({ status: 202 })
    expect(JSON.stringify(answer.body)).toBe('[1.50]')
  })
})

describe('a request without a key', () => {
  test('gets one, which only the same request can use', async () => {
    const { answer, calls } = service()
    await answer()
    const { key, holder } = calls[0]?.args ?? {}
    const hash = sha256(`/api/x\n${TEXT}`)
    expect(key).toMatch(new RegExp(`^anchor-ops-[0-9a-f-]{36}-${hash.slice(0, 32)}$`))
    expect(holder).toBeNull()
    expect(calls.map(({ name }) => name)).not.toContain('finish_request')

    const other = answer({ key: String(key), text: '{}' })
    await expect(other).rejects.toMatchObject({ code: 'idempotency_conflict' })
    expect(await answer({ key: String(key) })).toMatchObject({ status: 200 })
  })

  test.each(['x-', ''])(
    'leaves a key alone that only looks like a made one: %j',
    async (before) => {
      const { answer, calls } = service()
      const key = `${before}anchor-ops-${ATTEMPT_ID}-${'0'.repeat(32)}${before === '' ? 'x' : ''}`
      await answer({ key })
      expect(calls[0]?.args).toMatchObject({ key, holder: expect.any(String) })
    },
  )
})

describe('a database that does not answer', () => {
  const error = toAppError('begin_updates', { message: 'fetch failed' })
  const message =
    'The database did not answer "begin_updates" as expected. The updates may be stored: repeat the request with the Idempotency-Key of this answer.'

  test.each([null, 'k'])(
    'is told with the key for a repeat, also of a made one: %s',
    async (key) => {
      const { answer, failing } = service()
      failing.set('begin_updates', error)
      await expect(answer({ key })).rejects.toMatchObject({
        code: 'database_unavailable',
        message,
        cause: error,
        idempotencyKey: key ?? expect.stringMatching(/^anchor-ops-/),
      })
    },
  )

  test('and any other error is told as it is', async () => {
    const { answer, failing } = service()
    const broken = new TypeError('broken')
    failing.set('begin_updates', broken)
    await expect(answer()).rejects.toBe(broken)
    const other = toAppError('begin_updates', { code: 'AO002', message: 'no' })
    failing.set('begin_updates', other)
    await expect(answer()).rejects.toBe(other)
  })

  test('for a later update of the request leaves the key unanswered, so that a repeat stores it', async () => {
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
    const refusal = { code: 'refund_repeated', detail: {} }
    const { db, calls } = scriptedDatabase({
      begin_updates: [
        { request: 'new', answer: null, updates: [{ ...begunAs(0, 'REJECTED'), refusal }] },
        { request: 'new', answer: null, updates: [] },
      ],
    })
    const { io } = machine({ db })
    const answer = await answerOnce(
      { body: { text: TEXT, value: {} }, idempotencyKey: 'k', caller: SHOP },
      [refund, refund],
      { origin: 'rpc', target: '/api/x' },
      io,
      toAnswer,
    )
    expect(answer.body).toEqual(['rejected', 'unstored'])
    expect(calls.map(({ name }) => name)).not.toContain('finish_request')
  })
})

test('the replay of a failed attempt has a key that no caller can use', () => {
  const hash = sha256(`replay\n${ATTEMPT_ID}`)
  expect(identityOfReplay(ATTEMPT_ID)).toEqual({
    key: `anchor-ops-${ATTEMPT_ID}-${hash.slice(0, 32)}`,
    holder: null,
    bodySha256: hash,
  })
})

describe('the request of a call', () => {
  const body = { text: TEXT, value: {} }
  test('has its body, its caller and the header Idempotency-Key', () => {
    const request = new Request('https://x.example', { headers: { 'idempotency-key': 'k' } })
    expect(requestOf({ body, request, caller: SHOP })).toEqual({
      body,
      idempotencyKey: 'k',
      caller: SHOP,
    })
    const without = new Request('https://x.example')
    expect(requestOf({ body, request: without, caller: SHOP }).idempotencyKey).toBeNull()
  })

  test('without a body is refused', () => {
    const request = new Request('https://x.example')
    expect(() => requestOf({ body: null, request, caller: SHOP })).toThrow(
      expect.objectContaining({ code: 'invalid_request_body' }),
    )
  })
})
