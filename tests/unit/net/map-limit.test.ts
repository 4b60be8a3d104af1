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

  test('give their places to the next ones and are waited for at the end', async () => {
    const { started, release, all, items } = hanging()
    await vi.advanceTimersByTimeAsync(499)
    expect(started).toEqual([0, 1])
    await vi.advanceTimersByTimeAsync(1)
    expect(started).toEqual([0, 1, 2, 3])
    release.resolve()
    await vi.runAllTimersAsync()
    expect(await all).toEqual(items)
  })

  test('are never more than three times the limit', async () => {
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
    'with limit %i: every item once, results in order, never more running',
    async (limit) => {
      const items = Array.from({ length: 20 }, (_, i) => i)
      const seen: number[] = []
      let running = 0
      let most = 0
      const results = await mapLimit(items, limit, async (item, index) => {
        seen.push(index)
        most = Math.max(most, ++running)
        for (let turns = 0; turns <= (item * 7) % 4; turns++) await turn()
        running--
        return item * 2
      })
      expect(results).toEqual(items.map((item) => item * 2))
      expect(seen).toEqual(items)
      expect(most).toBe(Math.min(limit, 20))
    },
  )

  test('nothing starts once stopAt answers true; what ran keeps its result', async () => {
    let started = 0
    const results = await mapLimit(['a', 'b', 'c', 'd'], 1, async (item) => item + ++started, {
      stopAt: () => started === 2,
    })
    expect(results).toEqual(['a1', 'b2', undefined, undefined])
  })

  test('after an error nothing starts, and it is thrown when the running ones have ended', async () => {
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

  test('no items give no results', async () => {
    expect(await mapLimit([], 4, async () => 1)).toEqual([])
  })

  test.each([0, -1, 1.5, Number.NaN])(
    'limit %d is refused rather than run nothing',
    async (limit) => {
      await expect(mapLimit([1], limit, async () => 1)).rejects.toThrow(RangeError)
    },
  )
})
