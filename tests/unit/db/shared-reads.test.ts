import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createSharedReads } from '../../../lib/db/shared-reads.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Readings that end when the test says so, in the order in which they began. */
function scripted() {
  const begun: { asked: string; end: PromiseWithResolvers<string> }[] = []
  const read = (asked: string) => () => {
    const end = Promise.withResolvers<string>()
    begun.push({ asked, end })
    return end.promise
  }
  return { begun, read, names: () => begun.map(({ asked }) => asked) }
}
/** Lets what waits for settled promises run. */
const turn = () => vi.advanceTimersByTimeAsync(0)

test('readings begin at once while places are free, then in the order in which they were asked', async () => {
  const { begun, read, names } = scripted()
  const ask = createSharedReads(2)
  const answers = ['a', 'b', 'c', 'd'].map((asked) => ask(asked, read(asked)))
  expect(names()).toEqual(['a', 'b'])
  begun[1]?.end.resolve('B')
  await turn()
  expect(names()).toEqual(['a', 'b', 'c'])
  begun[0]?.end.resolve('A')
  await turn()
  begun[2]?.end.resolve('C')
  begun[3]?.end.resolve('D')
  expect(await Promise.all(answers)).toEqual(['A', 'B', 'C', 'D'])
})

test('those who ask for the same share a reading that waits, and never one that has begun', async () => {
  const { begun, read, names } = scripted()
  const ask = createSharedReads(1)
  const first = ask('page', read('page'))
  const shared = [ask('page', read('page')), ask('page', read('page'))]
  begun[0]?.end.resolve('before')
  expect(await first).toBe('before')
  await turn()
  expect(names()).toEqual(['page', 'page'])
  // The second reading is under way, so this one may ask about what was stored since.
  const later = ask('page', read('page'))
  begun[1]?.end.resolve('then')
  expect(await Promise.all(shared)).toEqual(['then', 'then'])
  await turn()
  begun[2]?.end.resolve('after')
  expect(await later).toBe('after')
})

test('no answer is older than its question, whatever is asked and stored meanwhile', async () => {
  const step = fc.constantFrom('store', 'ask a', 'ask b', 'end')
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, atOnce) => {
        const ask = createSharedReads(atOnce)
        const ends: (() => void)[] = []
        const answers: Promise<boolean>[] = []
        let stored = 0
        const read = () => {
          const seen = stored
          return new Promise<number>((resolve) => void ends.push(() => resolve(seen)))
        }
        for (const one of steps) {
          if (one === 'store') stored += 1
          else if (one === 'end') ends.shift()?.()
          else {
            const askedAt = stored
            answers.push(ask(one, read).then((seen) => seen >= askedAt))
          }
          await turn()
        }
        while (ends.length > 0) {
          ends.shift()?.()
          await turn()
        }
        expect(await Promise.all(answers)).not.toContain(false)
      },
    ),
    { numRuns: 200 },
  )
})

test('a failed reading fails for those who share it, and not for the next one', async () => {
  const { begun, read } = scripted()
  const ask = createSharedReads(1)
  const first = ask('page', read('page'))
  const shared = [ask('page', read('page')), ask('page', read('page'))].map((answer) =>
    answer.catch(String),
  )
  begun[0]?.end.resolve('good')
  await first
  await turn()
  begun[1]?.end.reject(new Error('no database'))
  expect(await Promise.all(shared)).toEqual(['Error: no database', 'Error: no database'])
  const next = ask('page', read('page'))
  begun[2]?.end.resolve('good again')
  expect(await next).toBe('good again')
})

test('a reading that takes longer than a second gives up its place once, and keeps its caller', async () => {
  const { begun, read, names } = scripted()
  const ask = createSharedReads(1)
  const slow = ask('slow', read('slow'))
  const others = ['b', 'c'].map((asked) => ask(asked, read(asked)))
  await vi.advanceTimersByTimeAsync(999)
  expect(names()).toEqual(['slow'])
  await vi.advanceTimersByTimeAsync(1)
  expect(names()).toEqual(['slow', 'b'])
  begun[0]?.end.resolve('late')
  expect(await slow).toBe('late')
  await turn()
  // Its place was given up before, so that its end frees no second one.
  expect(names()).toEqual(['slow', 'b'])
  begun[1]?.end.resolve('B')
  await turn()
  begun[2]?.end.resolve('C')
  expect(await Promise.all(others)).toEqual(['B', 'C'])
  expect(vi.getTimerCount()).toBe(0)
})
