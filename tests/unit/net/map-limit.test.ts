import { afterEach, describe, expect, test, vi } from 'vitest'
import { mapLimit } from '../../../lib/net/map-limit.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('items that take longer than yieldAfterMs', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  const hanging = () => {
    vi.useFakeTimers()
    const started: number[] = []
    const release = Promise.withResolvers<void>()
    const items = Array.from({ length: 20 }, (_, index) => index)
    const all = mapLimit(
      items,
      2,
      async (item) => {
        started.push(item)
        await release.promise
        return item
      },
      { yieldAfterMs: 500 },
    )
    return { started, release, all, items }
  }

  test('give their places to the next items, and mapLimit waits for them at the end', async () => {
    const { started, release, all, items } = hanging()
    await vi.advanceTimersByTimeAsync(499)
    expect(started).toEqual([0, 1])
    await vi.advanceTimersByTimeAsync(1)
    expect(started).toEqual([0, 1, 2, 3])
    release.resolve()
    await vi.runAllTimersAsync()
    expect(await all).toEqual(items)
  })

  test('are at most three times the limit', async () => {
    const { started, release, all } = hanging()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(started).toHaveLength(6)
    release.resolve()
    await vi.runAllTimersAsync()
    await all
    expect(started).toHaveLength(20)
  })
})

describe('mapLimit', () => {
  test.each([1, 2, 7, 100])(
    'with limit %i runs every item once, returns results in order and keeps the limit',
    async (limit) => {
      const items = Array.from({ length: 20 }, (_, i) => i)
      const started: number[] = []
      let running = 0
      let most = 0
      const results = await mapLimit(items, limit, async (item, index) => {
        started.push(index)
        most = Math.max(most, ++running)
        for (let turns = 0; turns <= (item * 7) % 4; turns++) await turn()
        running--
        return item * 2
      })
      expect(results).toEqual(items.map((item) => item * 2))
      expect(started).toEqual(items)
      expect(most).toBe(Math.min(limit, 20))
    },
  )

  test('starts nothing once stopAt returns true, and keeps the results so far', async () => {
    let started = 0
    const results = await mapLimit(['a', 'b', 'c', 'd'], 1, async (item) => item + ++started, {
      stopAt: () => started === 2,
    })
    expect(results).toEqual(['a1', 'b2', undefined, undefined])
  })

  test('starts nothing after an error, and throws it when the running items have ended', async () => {
    const ended: number[] = []
    const run = async (item: number) => {
      await turn()
      if (item === 0) throw new Error('first')
      await turn()
      ended.push(item)
    }
    await expect(mapLimit([0, 1, 2, 3, 4, 5], 2, run)).rejects.toThrow('first')
    expect(ended).toEqual([1])
  })

  test('returns no results for no items', async () => {
    expect(await mapLimit([], 4, async () => 1)).toEqual([])
  })

  test.each([0, -1, 1.5, Number.NaN])('refuses the limit %d', async (limit) => {
    await expect(mapLimit([1], limit, async () => 1)).rejects.toThrow(RangeError)
  })
})
