/** If slow items give up their places, at most this many items run for each place. */
const MOST_PER_PLACE = 3

export interface MapLimitOptions {
  /** Once it returns true, no further item starts. */
  stopAt?: () => boolean
  /**
   * An item that runs longer gives its place to the next item and keeps running, so that a few hanging items do not hold
   * up the others. At most 3 times `limit` items run at once.
   */
  yieldAfterMs?: number
}

/**
 * Runs `run` over the items, at most `limit` at a time. After an error no further item starts.
 * @returns the results in the order of the items; undefined for an item that did not start
 * @throws the first error, once the running items have ended, and RangeError for a limit below 1
 */
export async function mapLimit<T, R>(
  items: readonly T[],
  limit: number,
  run: (item: T, index: number) => Promise<R>,
  options: MapLimitOptions = {},
): Promise<(R | undefined)[]> {
  if (!Number.isInteger(limit) || limit < 1) {
    throw new RangeError(`mapLimit cannot run: limit ${limit}; a whole number from 1 is allowed`)
  }
  const { stopAt, yieldAfterMs } = options
  const results = new Array<R | undefined>(items.length).fill(undefined)
  const queue = items.entries()
  const failures: unknown[] = []
  const running = new Set<Promise<void>>()
  const waiting: (() => void)[] = []

  async function work(): Promise<void> {
    while (failures.length === 0 && !stopAt?.()) {
      const next = queue.next()
      if (next.done) return
      const [index, item] = next.value
      const done: Promise<void> = run(item, index)
        .then(
          (result) => {
            results[index] = result
          },
          (error) => {
            failures.push(error)
          },
        )
        .finally(() => {
          running.delete(done)
          waiting.shift()?.()
        })
      running.add(done)
      await (yieldAfterMs === undefined ? done : endedOrAfter(done, yieldAfterMs))
      // Promise.race over the running items would add a reaction to each hanging promise in every round.
      while (running.size >= limit * MOST_PER_PLACE) {
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    }
  }

  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  await Promise.all(running)
  if (failures.length > 0) throw failures[0]
  return results
}

async function endedOrAfter(done: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([done, elapsed])
  clearTimeout(timer)
}
