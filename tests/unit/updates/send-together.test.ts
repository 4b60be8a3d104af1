import { describe, expect, test } from 'vitest'
import type { Database } from '../../../lib/db/client.ts'
import { toAppError } from '../../../lib/db/errors.ts'
import { sendingTogether } from '../../../lib/updates/send-together.ts'

type Args = Record<string, unknown>

const start = (attemptId: string): Args => ({ attemptId, transaction: {}, liveSeconds: 60 })
const applied = (attemptId: string): Args => {
  return { attemptId, from: 'SENDING', to: 'APPLIED', transaction: {} }
}
const undone = toAppError('start_sendings', { code: '55P03', message: 'lock timeout' })
const lost = toAppError('start_sendings', { message: 'fetch failed' })

/** A database that answers a single call with its name and attempt, and tells which calls it had. */
function createStub(many: (items: readonly Args[]) => unknown) {
  const calls: string[] = []
  const db: Database = {
    call: async <T>(name: string, args: Args): Promise<T> => {
      const items = (args['sends'] ?? args['outcomes'] ?? [args]) as Args[]
      calls.push(`${name} ${items.map(({ attemptId }) => attemptId).join(' ')}`)
      if (name === 'start_sendings') return { started: many(items) } as T
      if (name === 'record_outcomes') return { recorded: many(items) } as T
      return `${name} ${args['attemptId']}` as T
    },
  }
  return { calls, db: sendingTogether(db) }
}

const oneByOne = (items: readonly Args[]) => items.map(({ attemptId }) => `together ${attemptId}`)

const startAll = (db: Database, ids: readonly string[]) =>
  Promise.allSettled(ids.map((id) => db.call('start_sending', start(id))))

const told = (results: PromiseSettledResult<unknown>[]) =>
  results.map((one) => (one.status === 'fulfilled' ? one.value : one.reason))

describe('sends', () => {
  test('begin at once, and those that come meanwhile begin together after them', async () => {
    const { db, calls } = createStub(oneByOne)
    const results = await startAll(db, ['a', 'b', 'c'])
    expect(calls).toEqual(['start_sending a', 'start_sendings b c'])
    expect(told(results)).toEqual(['start_sending a', 'together b', 'together c'])
  })

  test('end together when they were applied, and alone otherwise', async () => {
    const { db, calls } = createStub(oneByOne)
    const outcomes = [applied('a'), applied('b'), { ...applied('c'), to: 'UNKNOWN' }, applied('d')]
    const results = await Promise.allSettled(outcomes.map((one) => db.call('record_outcome', one)))
    expect(calls).toEqual(['record_outcome a', 'record_outcome c', 'record_outcomes b d'])
    expect(told(results)).toEqual([
      'record_outcome a',
      'together b',
      'record_outcome c',
      'together d',
    ])
  })

  test('that the database leaves to a call of their own begin alone', async () => {
    const { db, calls } = createStub((items) =>
      items.map((_, place) => (place === 0 ? null : 'ok')),
    )
    const results = await startAll(db, ['a', 'b', 'c'])
    expect(calls).toEqual(['start_sending a', 'start_sendings b c', 'start_sending b'])
    expect(told(results)).toEqual(['start_sending a', 'start_sending b', 'ok'])
  })

  test('begin alone when the database has undone their step', async () => {
    const { db, calls } = createStub(() => {
      throw undone
    })
    const results = await startAll(db, ['a', 'b', 'c'])
    expect(calls.slice(2)).toEqual(['start_sending b', 'start_sending c'])
    expect(told(results)).toEqual(['start_sending a', 'start_sending b', 'start_sending c'])
  })

  test('are not begun again when the answer is lost', async () => {
    const { db, calls } = createStub(() => {
      throw lost
    })
    const results = await startAll(db, ['a', 'b', 'c'])
    expect(calls).toHaveLength(2)
    expect(told(results)).toEqual(['start_sending a', lost, lost])
  })

  test('hear of an answer that is not a list', async () => {
    const { db } = createStub(() => 'no list' as never)
    const results = await startAll(db, ['a', 'b', 'c'])
    expect(told(results)).toEqual(['start_sending a', undefined, undefined])
  })

  test('begin 50 in one step at most', async () => {
    const { db, calls } = createStub(oneByOne)
    await startAll(
      db,
      Array.from({ length: 61 }, (_, place) => String(place)),
    )
    expect(calls.map((call) => call.split(' ').length - 1)).toEqual([1, 50, 10])
  })
})
