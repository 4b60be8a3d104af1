import { describe, expect, test } from 'vitest'
import { createPace, workAtPace } from '../../../lib/updates/pace.ts'
import { createVirtualTime } from '../../simulation/virtual-time.ts'

const never = () => false

/** Works on items that take so long each, at a virtual clock. */
async function work(counts: readonly number[], durationMs: number, isOver: () => boolean = never) {
  const time = createVirtualTime()
  const startedMs = time.now()
  const pace = createPace(() => new Date(time.now()))
  let running = 0
  let most = 0
  let done = 0
  const taken: number[] = []
  const left = [...counts]
  const run = async () => {
    running += 1
    most = Math.max(most, running)
    await time.sleep(durationMs)
    running -= 1
    done += 1
  }
  const take = async (count: number) => {
    taken.push(count)
    await time.sleep(2)
    return Array.from({ length: left.shift() ?? 0 }, () => null)
  }
  let ended = false
  const working = workAtPace(take, run, { pace, isOver: () => isOver() || done > 5_000 })
  void working.then(() => {
    ended = true
  })
  await time.run(() => ended)
  await working
  return { most, done, taken, seconds: (time.now() - startedMs) / 1000 }
}

describe('stored updates', () => {
  test('start 10 side by side while they are short', async () => {
    expect(await work([500], 20)).toMatchObject({ most: 10, done: 500 })
  })

  test('that take a second each start 500 in a second, and keep up with 300 a second', async () => {
    const { most, done, seconds } = await work(
      Array.from({ length: 20 }, () => 128),
      1_080,
    )
    expect({ most, done }).toEqual({ most: 540, done: 2_560 })
    expect(done / seconds).toBeGreaterThan(300)
  })

  test('start at 300 a second while none has ended yet, as more of them come', async () => {
    const time = createVirtualTime()
    const pace = createPace(() => new Date(time.now()))
    const free: number[] = []
    const gate = Promise.withResolvers<void>()
    const watching = (async () => {
      void pace.run(() => gate.promise)
      for (let tenth = 0; tenth < 3; tenth += 1) {
        free.push(pace.free())
        await time.sleep(100)
      }
    })()
    let ended = false
    void watching.then(() => {
      ended = true
    })
    await time.run(() => ended)
    gate.resolve()
    expect(free).toEqual([9, 29, 59])
  })

  test('that take longer than the shortest one start at most 320 side by side', async () => {
    let nowMs = 0
    const pace = createPace(() => new Date(nowMs))
    const take = (ms: number) =>
      pace.run(async () => {
        nowMs += ms
      })
    await take(1_050)
    const asFastAsEver = pace.limit()
    for (let count = 0; count < 8; count += 1) await take(2_100)
    expect([asFastAsEver, pace.limit()]).toEqual([525, 320])
  })

  test('are taken until none is left and all that ran has ended', async () => {
    expect(await work([3, 0, 4], 50)).toMatchObject({ done: 7 })
  })

  test('do not start when the time is over', async () => {
    let asked = 0
    const { done } = await work([100], 20, () => ++asked > 3)
    expect(done).toBeLessThan(100)
  })

  test('share a pace between loops', async () => {
    const pace = createPace(() => new Date(0))
    const gate = Promise.withResolvers<void>()
    const first = pace.run(() => gate.promise)
    expect(pace.free()).toBe(9)
    const second = Promise.all(Array.from({ length: 9 }, () => pace.run(() => gate.promise)))
    expect(pace.free()).toBe(0)
    const started: number[] = []
    let given = false
    const take = async () => {
      if (given) return []
      given = true
      return [1, 2]
    }
    const third = workAtPace(take, async (item) => void started.push(item), { pace, isOver: never })
    await Promise.resolve()
    expect(started).toEqual([])
    gate.resolve()
    await Promise.all([first, second, third])
    expect(started).toEqual([1, 2])
  })

  test('that ran are waited for when taking more fails', async () => {
    const gate = Promise.withResolvers<void>()
    const items = [[1], null]
    let ended = false
    const take = async () => {
      const next = items.shift()
      if (next === null || next === undefined) throw new Error('away')
      return next
    }
    const run = async () => {
      await gate.promise
      ended = true
    }
    const working = workAtPace(take, run, { pace: createPace(() => new Date(0)), isOver: never })
    gate.resolve()
    await expect(working).rejects.toThrow('away')
    expect(ended).toBe(true)
  })
})
