/** When every history begins. */
export const START_MS = Date.parse('2026-02-03T04:05:06.007Z')

/** A clock that moves only from event to event: hours pass in a millisecond, and always in the same order. */
export interface VirtualTime {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs `event` when `delayMs` have passed. An event that settles no promise returns false, which saves a tick. */
  after(delayMs: number, event: () => unknown): void
  sleep(delayMs: number): Promise<void>
  /** Runs events until `isOver`, or until none is left. */
  run(isOver: () => boolean): Promise<void>
}

interface Event {
  at: number
  run: () => unknown
}

export function createVirtualTime(startMs = START_MS): VirtualTime {
  let now = startMs
  /** The next event is the last one. Of two events at the same time, the one that was planned first runs first. */
  const events: Event[] = []

  function after(delayMs: number, run: () => unknown): void {
    const at = now + Math.max(0, delayMs)
    let place = events.length
    while (place > 0 && (events[place - 1]?.at ?? 0) <= at) place -= 1
    events.splice(place, 0, { at, run })
  }

  return {
    now: () => now,
    after,
    sleep: (delayMs) => new Promise((resolve) => after(delayMs, resolve)),
    run: async (isOver) => {
      await promisesSettled()
      while (!isOver()) {
        const event = events.pop()
        if (event === undefined) return
        now = event.at
        if (event.run() !== false) await promisesSettled()
      }
    },
  }
}

/** Node runs a tick that a promise asked for after every promise that can continue has continued. */
const promisesSettled = () => new Promise<void>((resolve) => process.nextTick(resolve))
