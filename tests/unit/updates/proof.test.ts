import { describe, expect, test } from 'vitest'
import type { PlatformReply } from '../../../lib/platform/reply.ts'
import { secondsToNextReading, sendAndWatch, settleIfShown } from '../../../lib/updates/proof.ts'
import type { AttemptState } from '../../../lib/updates/stored-attempt.ts'
import {
  APPLIED,
  ATTEMPT_ID,
  CHANGED,
  documentOf,
  machine,
  readyAttempt,
  type Shown,
  scriptedDatabase,
  shownAs,
  storedAttempt,
  unread,
} from './machine.ts'

const BEFORE = documentOf()
const AFTER = documentOf(APPLIED)
const UNCLEAR: PlatformReply = { kind: 'unclear', reason: 'timeout', body: '' }
const REFUSED: PlatformReply = { kind: 'error', code: -32600, message: 'no' }

/** Sends an update whose answer comes so many seconds later; null for one that never comes. */
async function watch(
  reply: PlatformReply,
  afterSeconds: number | null,
  readings: Shown[],
  unattended = false,
) {
  const { io, clock, read, slept } = machine({ readings })
  const from = clock.ms
  const due: { atMs: number; answer: () => void }[] = []
  const send = () =>
    new Promise<PlatformReply>((resolve) => {
      if (afterSeconds === 0) resolve(reply)
      else if (afterSeconds !== null) {
        due.push({ atMs: from + afterSeconds * 1000, answer: () => resolve(reply) })
      }
    })
  const sleep = async (ms: number) => {
    slept.push(ms)
    const end = clock.ms + ms
    for (const { atMs, answer } of due.splice(0)) {
      if (atMs > end) due.push({ atMs, answer })
      else {
        answer()
        clock.ms = atMs
        // The answer comes before the end of this sleep.
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    clock.ms = end
  }
  const result = await sendAndWatch(send, readyAttempt({ unattended }), shownAs(), { ...io, sleep })
  return { kind: result.kind, readings: read.length, sleptMs: slept, result }
}

describe('while no answer comes', () => {
  test('the transaction is read after 1, 3, 10, 30 and 60 s, and ends the wait as soon as it shows the update', async () => {
    expect(await watch(REFUSED, null, [BEFORE, BEFORE, BEFORE, BEFORE, AFTER])).toMatchObject({
      kind: 'shown',
      readings: 5,
      sleptMs: [1_000, 2_000, 7_000, 20_000, 30_000],
      result: { transaction: { status: 'pending_anchor' } },
    })
  })

  test('and nobody waits, it is read after 1.5 s first', async () => {
    expect(await watch(REFUSED, null, [BEFORE, AFTER], true)).toMatchObject({
      kind: 'shown',
      readings: 2,
      sleptMs: [1_500, 1_500],
    })
  })

  test.each<[string, Shown]>([
    ['unreadable', unread()],
    ['gone', null],
    ['changed by somebody', documentOf(CHANGED)],
  ])('a transaction that is %s proves nothing', async (_case, shown) => {
    expect(await watch(REFUSED, 2, [shown])).toMatchObject({ kind: 'error', readings: 1 })
  })

  test('for more than 60 s, the answer alone is waited for', async () => {
    expect(await watch(REFUSED, 0, [BEFORE])).toMatchObject({
      kind: 'error',
      readings: 0,
      sleptMs: [1_000],
    })
    const late = await watch(REFUSED, 60, [BEFORE])
    expect(late).toMatchObject({ kind: 'error', readings: 4 })
  })
})

describe('after the answer was lost', () => {
  test('the transaction is read at once, and after 1 and 3 s', async () => {
    expect(await watch(UNCLEAR, 0, [BEFORE])).toMatchObject({
      kind: 'unclear',
      readings: 3,
      sleptMs: [1_000, 1_000, 2_000],
    })
    expect(await watch(UNCLEAR, 0, [AFTER])).toMatchObject({ kind: 'shown', readings: 1 })
    expect(await watch(UNCLEAR, 0, [BEFORE, AFTER])).toMatchObject({ kind: 'shown', readings: 2 })
    expect(await watch(UNCLEAR, 0, [BEFORE, BEFORE, AFTER])).toMatchObject({ kind: 'shown' })
  })

  test('and nobody waits, after 1.5 and 3 s', async () => {
    expect(await watch(UNCLEAR, 0, [BEFORE], true)).toMatchObject({
      readings: 3,
      sleptMs: [1_500, 1_500, 1_500],
    })
  })

  test('later than 3 s after the send, it is read once more alone', async () => {
    expect(await watch(UNCLEAR, 5, [BEFORE])).toMatchObject({
      kind: 'unclear',
      readings: 3,
      sleptMs: [1_000, 2_000, 7_000],
    })
  })

  test('between 1 and 3 s after the send, it is read at once and after 3 s', async () => {
    expect(await watch(UNCLEAR, 2, [BEFORE])).toMatchObject({
      kind: 'unclear',
      readings: 3,
      sleptMs: [1_000, 2_000, 2_000],
    })
  })
})

test('any other answer is given on as it is, without a reading', async () => {
  const applied: PlatformReply = { kind: 'result', transaction: shownAs(APPLIED) }
  for (const reply of [applied, REFUSED]) {
    expect(await watch(reply, 0, [AFTER])).toMatchObject({ result: reply, readings: 0 })
  }
})

test('a fault of our own is not taken for a platform that cannot be read', async () => {
  const broken = new TypeError('broken')
  await expect(watch(UNCLEAR, 0, [broken])).rejects.toBe(broken)
})

test.each([
  [0, 1],
  [0.5, 0.5],
  [1, 2],
  [3, 7],
  [10, 20],
  [30, 30],
  [59, 1],
  [60, null],
  [61, null],
])('%s s after the send the next reading comes in %s s', (since, seconds) => {
  expect(secondsToNextReading(since)).toBe(seconds)
})

describe('a stored attempt that a reading may settle', () => {
  const RECORDED = { recorded: true, state: 'APPLIED', outcome: null, settleAt: null }
  const settle = async (fields: Parameters<typeof storedAttempt>[0], now = AFTER) => {
    const { db, calls } = scriptedDatabase({ record_outcome: [RECORDED] })
    const { io } = machine({ db })
    const attempt = storedAttempt({ state: 'UNKNOWN', post: null, ...fields })
    return { settled: await settleIfShown(attempt, shownAs(now), io), calls }
  }

  test.each<AttemptState>(['UNKNOWN', 'SENDING'])(
    'is applied from %s if it is shown',
    async (state) => {
      const { settled, calls } = await settle({ state, outcome: { reason: 'timeout' } })
      expect(settled).toEqual(RECORDED)
      expect(calls).toEqual([
        {
          name: 'record_outcome',
          args: {
            attemptId: ATTEMPT_ID,
            rpcId: 'rpc-1',
            from: state,
            to: 'APPLIED',
            outcome: { by: 'evidence', reason: 'the transaction shows the update' },
            transaction: AFTER,
            settleInSeconds: 60,
            lookAt: null,
          },
        },
      ])
    },
  )

  test('keeps the mark that an earlier send may have been applied', async () => {
    const { calls } = await settle({ outcome: { mayBeApplied: true } })
    expect(calls[0]?.args['outcome']).toEqual({
      by: 'evidence',
      reason: 'the transaction shows the update',
      mayBeApplied: true,
    })
  })

  test.each<[string, Parameters<typeof storedAttempt>[0], Record<string, unknown>]>([
    ['the transaction is unchanged', {}, BEFORE],
    ['somebody changed the transaction', {}, documentOf(CHANGED)],
    ['it was not read before the send', { pre: null }, AFTER],
    ['the reading before the send cannot be read', { pre: { id: 't-1' } }, AFTER],
    ...(['READY', 'APPLIED', 'MANUAL', 'REJECTED', 'LOST'] as const).map(
      (state): [string, object, Record<string, unknown>] => [`it is ${state}`, { state }, AFTER],
    ),
  ])('stays as it is when %s', async (_case, fields, now) => {
    expect(await settle(fields, now)).toEqual({ settled: null, calls: [] })
  })
})
