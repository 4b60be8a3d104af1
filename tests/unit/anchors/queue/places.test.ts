import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { nextPlaces, openPlaces } from '../../../../lib/anchors/queue/places.ts'

describe('how many checks run side by side', () => {
  test.each([
    ['a loop and a database in time', { loopMs: 0, databaseMs: 0 }, 33],
    ['a loop that is a little late', { loopMs: 100, databaseMs: 0 }, 32],
    ['a late loop', { loopMs: 151, databaseMs: 0 }, 24],
    ['a late database', { loopMs: 0, databaseMs: 3_001 }, 24],
    ['a loop at the edge of late', { loopMs: 150, databaseMs: 3_000 }, 32],
    ['a loop at the edge of in time', { loopMs: 40, databaseMs: 0 }, 32],
    ['a loop just in time', { loopMs: 39, databaseMs: 0 }, 33],
  ])('after %s', (_, late, places) => {
    expect(nextPlaces(32, late, 64)).toBe(places)
  })

  test('they stay between 8, or the most if that is less, and the most', () => {
    const late = fc.record({ loopMs: fc.nat(1_000), databaseMs: fc.nat(10_000) })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.array(late), (most, looks) => {
        let places = most
        for (const look of looks) {
          places = nextPlaces(places, look, most)
          expect(places).toBeGreaterThanOrEqual(Math.min(8, most))
          expect(places).toBeLessThanOrEqual(most)
        }
      }),
    )
  })
})

describe('the places of a run', () => {
  afterEach(() => {
    vi.useRealTimers()
  })
  const openTwo = () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    return openPlaces(2)
  }
  const isFree = async (places: ReturnType<typeof openPlaces>) => {
    let free = false
    places.free().then(() => {
      free = true
    })
    // A place that is free says so within a few microtasks.
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
    return free
  }

  test('a check gives its place up when it ends, or when it has taken half a second', async () => {
    const places = openTwo()
    const quick = Promise.withResolvers<void>()
    places.take(quick.promise)
    places.take(new Promise(() => {}))
    expect(await isFree(places)).toBe(false)
    quick.resolve()
    await quick.promise
    expect(await isFree(places)).toBe(true)
    places.take(new Promise(() => {}))
    expect(await isFree(places)).toBe(false)
    vi.advanceTimersByTime(500)
    expect(await isFree(places)).toBe(true)
    places.close()
  })

  test('three checks run for each place at most, however slow they are', async () => {
    const places = openTwo()
    for (let check = 0; check < 6; check += 1) {
      expect(await isFree(places)).toBe(true)
      places.take(new Promise(() => {}))
      vi.advanceTimersByTime(500)
    }
    expect(await isFree(places)).toBe(false)
    places.close()
  })

  test('they become fewer after a look at which the database was late, and one more after each other look', async () => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    })
    const places = openPlaces(16)
    const takeAll = async () => {
      let taken = 0
      while (await isFree(places)) {
        places.take(new Promise(() => {}))
        taken += 1
      }
      return taken
    }
    places.noteDatabaseMs(3_001)
    places.noteDatabaseMs(5)
    vi.advanceTimersByTime(100)
    expect(await takeAll()).toBe(12)
    vi.advanceTimersByTime(100)
    expect(await takeAll()).toBe(1)
    places.close()
    vi.advanceTimersByTime(100)
    expect(await takeAll()).toBe(0)
  })

  test('whoever waits for a place hears of one that a look adds', async () => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    })
    const places = openPlaces(9)
    places.noteDatabaseMs(3_001)
    vi.advanceTimersByTime(100)
    for (let check = 0; check < 8; check += 1) places.take(new Promise(() => {}))
    let free = false
    places.free().then(() => {
      free = true
    })
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
    expect(free).toBe(false)
    vi.advanceTimersByTime(100)
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
    expect(free).toBe(true)
    places.close()
  })

  test('are empty once every check has ended well', async () => {
    const places = openTwo()
    const check = Promise.withResolvers<void>()
    places.take(check.promise)
    expect(places.hasFailed()).toBe(false)
    check.resolve()
    await places.empty()
    expect(places.hasFailed()).toBe(false)
    places.close()
  })

  test('a slow check that ends gives up its place once', async () => {
    const places = openTwo()
    const slow = Promise.withResolvers<void>()
    places.take(slow.promise)
    vi.advanceTimersByTime(500)
    slow.resolve()
    await places.empty()
    places.take(new Promise(() => {}))
    places.take(new Promise(() => {}))
    expect(await isFree(places)).toBe(false)
    places.close()
  })

  test('a check that fails by a fault of our own ends the run once the others have ended', async () => {
    const places = openTwo()
    const other = Promise.withResolvers<void>()
    places.take(Promise.reject(new Error('fault')))
    places.take(other.promise)
    await places.free()
    expect(places.hasFailed()).toBe(true)
    other.resolve()
    await expect(places.empty()).rejects.toThrow('fault')
    places.close()
  })
})
