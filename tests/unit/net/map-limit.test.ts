import { describe, expect, test } from 'vitest'
import { mapLimit } from '../../../lib/net/map-limit.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

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
