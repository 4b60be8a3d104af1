import { describe, expect, test } from 'vitest'
import { createSharedAnswers } from '../../../lib/http/shared-answers.ts'

/** Shared answers on a clock of the test, and how often each was made. */
function sharing() {
  let nowMs = 0
  let made = 0
  const shared = createSharedAnswers<{ bytes: number | null; made: number }>(() => nowMs)
  const ask = (question = 'q', bytes: number | null = 100) =>
    shared.get(question, async () => ({ bytes, made: ++made }))
  const whichOf = async (question?: string, bytes?: number | null) =>
    (await ask(question, bytes)).made
  return {
    ...{ shared, ask, whichOf },
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}

describe('a shared answer', () => {
  test('is made once for a thousand who ask at once, and for who asks within a second', async () => {
    const { ask, whichOf, pass } = sharing()
    const all = await Promise.all(Array.from({ length: 1_000 }, () => ask()))
    expect(new Set(all.map(({ made }) => made))).toEqual(new Set([1]))
    pass(999)
    expect(await whichOf()).toBe(1)
    pass(1)
    expect(await whichOf()).toBe(2)
  })

  test('is older than a second for nobody, however long its making takes', async () => {
    const { shared, pass } = sharing()
    const slow = Promise.withResolvers<{ bytes: number; made: number }>()
    const first = shared.get('q', () => slow.promise)
    pass(1_000)
    const second = await shared.get('q', async () => ({ bytes: 1, made: 2 }))
    slow.resolve({ bytes: 1, made: 1 })
    expect([(await first).made, second.made]).toEqual([1, 2])
    // The one that was begun first does not take the place of the later one.
    expect((await shared.get('q', async () => ({ bytes: 1, made: 3 }))).made).toBe(2)
  })

  test('that fails is told to those who wait for it, and made again for the next', async () => {
    const { shared, whichOf } = sharing()
    const fail = () => Promise.reject(new Error('away'))
    const waiting = await Promise.allSettled([shared.get('q', fail), shared.get('q', fail)])
    expect(waiting.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await whichOf()).toBe(1)
  })

  test('that is an error of its own call is made again for the next', async () => {
    const { whichOf } = sharing()
    expect([await whichOf('q', null), await whichOf('q')]).toEqual([1, 2])
  })

  test('that was begun before a change is given to nobody who asks after it', async () => {
    const { shared, whichOf } = sharing()
    const slow = Promise.withResolvers<{ bytes: number; made: number }>()
    const first = shared.get('q', () => slow.promise)
    shared.forget()
    expect(await whichOf()).toBe(1)
    slow.resolve({ bytes: 1, made: 0 })
    expect((await first).made).toBe(0)
    expect(await whichOf()).toBe(1)
  })

  test.each([
    ['500 others', 500, 1],
    ['16 MB of others', 17, 1_000_000],
  ])(
    'is forgotten after %s, so that no number of questions fills the memory',
    async (_, count, bytes) => {
      const { whichOf } = sharing()
      await whichOf('first', bytes)
      for (let place = 0; place < count; place += 1) await whichOf(`other ${place}`, bytes)
      expect(await whichOf(`other ${count - 1}`)).toBe(count + 1)
      expect(await whichOf('first')).toBe(count + 2)
    },
  )

  test('that is larger than all that is kept is given and not kept', async () => {
    const { whichOf } = sharing()
    expect([await whichOf('q', 20_000_000), await whichOf('q')]).toEqual([1, 2])
  })
})
