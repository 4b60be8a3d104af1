/** Most items under way for each place, when slow ones give theirs up. */
const MOST_PER_PLACE = 3

/**
 * Runs `run` over the items, at most `limit` at a time, and answers the results in the order of the items.
 * Once `stopAt` answers true no new item starts; what did not start is undefined. After the first error nothing starts
 * either, and that error is thrown when the running items have ended. Throws RangeError for a limit below 1.
 *
 * @param options.yieldAfterMs an item that takes longer gives its place to the next and goes on beside it, so that a few
 *   that hang do not hold up all others; three times `limit` are the most that are ever under way
 */
export async function mapLimit<T, R>(
  items: readonly T[],
  limit: number,
  run: (item: T, index: number) => Promise<R>,
  options: { stopAt?: () => boolean; yieldAfterMs?: number } = {},
): Promise<(R | undefined)[]> {
  if (!Number.isInteger(limit) || limit < 1) {
    throw new RangeError(`mapLimit cannot run: limit ${limit}; a whole number from 1 is allowed`)
  }
  const { stopAt, yieldAfterMs } = options
  const results = new Array<R | undefined>(items.length).fill(undefined)
  const queue = items.entries()
  const failures: unknown[] = []
  const underWay = new Set<Promise<void>>()
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
          underWay.delete(done)
          waiting.shift()?.()
        })
      underWay.add(done)
      await (yieldAfterMs === undefined ? done : endedOrAfter(done, yieldAfterMs))
      // Not a race of those under way: every race leaves a reaction behind on each that hangs.
      while (underWay.size >= limit * MOST_PER_PLACE) {
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
    }
  }

  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  await Promise.all(underWay)
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
