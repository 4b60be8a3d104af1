export interface MapLimitOptions {
  /** Once it returns true, no further item starts. */
  stopAt?: () => boolean
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
  const { stopAt } = options
  const results = new Array<R | undefined>(items.length).fill(undefined)
  const queue = items.entries()
  const failures: unknown[] = []

  async function work(): Promise<void> {
    while (failures.length === 0 && !stopAt?.()) {
      const next = queue.next()
      if (next.done) return
      const [index, item] = next.value
      try {
        results[index] = await run(item, index)
      } catch (error) {
        failures.push(error)
      }
    }
  }

  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  if (failures.length > 0) throw failures[0]
  return results
}
