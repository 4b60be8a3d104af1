/**
 * A machine starts to send at most about this many stored updates in a second, so that callers still reach a platform that
 * answers about 750 a second: 500 while it answers as fast as ever, and 300 once updates take longer.
 */
export const STARTS_PER_SECOND = 500
const SLOWED_STARTS_PER_SECOND = 300
const FEWEST = 10
/**
 * With events on the platform answers after 1.02 to 1.08 s, so 500 updates a second are about 560 side by side. A web server
 * of 200 threads makes the others of them wait, and callers behind them; then updates take longer, and 320 are the most.
 */
const MOST = 600
const SLOWED_MOST = 320
/** Updates take longer when their mean is this many times the shortest. */
const SLOWED = 1.5
/** A call of the database that takes many items costs little more than one that takes a few: 45 ms among 17,000. */
const FEWEST_TAKEN = 50
/** The weight of the newest duration in the mean. */
const NEWEST = 1 / 8

/** How many stored updates are sent side by side. */
export interface Pace {
  limit(): number
  /** How many more may start now. */
  free(): number
  /** Counts work as running until it ends, and learns from how long it took. */
  run(work: () => Promise<void>): Promise<void>
  /** Waits until some work ends. */
  oneEnded(): Promise<void>
}

/**
 * Creates a pace: 10 side by side while updates take 20 ms or less, more if they take longer, 600 at most. Several loops may
 * share it.
 */
export function createPace(now: () => Date): Pace {
  let running = 0
  let meanMs: number | null = null
  let leastMs = Number.POSITIVE_INFINITY
  let firstMs: number | null = null
  let waiting: (() => void)[] = []

  const limit = () => {
    // Until one has ended, it is known only how long the first has been running.
    const firstFor = firstMs === null ? 0 : Math.max(0, now().getTime() - firstMs)
    const isSlowed = meanMs === null || meanMs > leastMs * SLOWED
    const [perSecond, most] = isSlowed
      ? [SLOWED_STARTS_PER_SECOND, SLOWED_MOST]
      : [STARTS_PER_SECOND, MOST]
    const steady = Math.round((perSecond * (meanMs ?? firstFor)) / 1000)
    return Math.min(Math.max(steady, FEWEST), most)
  }

  async function run(work: () => Promise<void>): Promise<void> {
    const startedMs = now().getTime()
    firstMs ??= startedMs
    running += 1
    try {
      await work()
    } finally {
      running -= 1
      const tookMs = Math.max(0, now().getTime() - startedMs)
      leastMs = Math.min(leastMs, tookMs)
      meanMs = meanMs === null ? tookMs : meanMs + (tookMs - meanMs) * NEWEST
      const woken = waiting
      waiting = []
      for (const wake of woken) wake()
    }
  }

  return {
    limit,
    free: () => Math.max(0, limit() - running),
    run,
    oneEnded: () => new Promise((resolve) => waiting.push(resolve)),
  }
}

/**
 * Works on items until none is left or `isOver`. More items are taken while others run, so that a slow one holds up no
 * other.
 *
 * @param take gives about so many items; none when none is left. It is called again when all that ran has ended
 * @param work must not throw
 */
export async function workAtPace<T>(
  take: (count: number) => Promise<readonly T[]>,
  work: (item: T) => Promise<void>,
  { pace, isOver }: { pace: Pace; isOver: () => boolean },
): Promise<void> {
  const all = new Set<Promise<void>>()
  let running = 0
  const start = (item: T) => {
    running += 1
    const done = pace.run(async () => {
      try {
        await work(item)
      } finally {
        // Before the pace wakes the loop, which waits as long as anything runs.
        running -= 1
      }
    })
    all.add(done)
    void done.finally(() => all.delete(done)).catch(() => {})
  }
  let queue: readonly T[] = []
  let taking: Promise<void> | null = null
  let foundNone = false
  let isDone = false
  const takeMore = async () => {
    const wasIdle = running === 0
    const half = Math.ceil(pace.limit() / 2)
    const taken = await take(Math.max(pace.free(), half, FEWEST_TAKEN))
    foundNone = taken.length === 0
    isDone = foundNone && wasIdle
    queue = [...queue, ...taken]
    taking = null
  }
  try {
    while (!isOver() && !isDone) {
      const starting = queue.slice(0, pace.free())
      queue = queue.slice(starting.length)
      for (const item of starting) start(item)
      // More are taken before the last ones start, so that no place waits for the database.
      const isShort = queue.length * 4 < pace.limit()
      if (taking === null && isShort && (!foundNone || running === 0)) taking = takeMore()
      await (taking === null ? pace.oneEnded() : Promise.race([taking, pace.oneEnded()]))
    }
  } finally {
    await Promise.allSettled([...all, taking])
  }
}
